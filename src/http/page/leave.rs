use askama::Template;
use serde::Deserialize;

use crate::domain::{City, Network, PostId};

use super::{address::Address, card::network_name, context::PageContext, frame::Frame, words::Words};

/// A longer body is refused before it is read.
pub const LEAVE_FORM_BYTES_MAX: usize = 4 * 1024;
/// The longest handle of any network we know is 253 bytes; an `acct` may name a user and a server of that length.
const HANDLE_BYTES_MAX: usize = 512;

/// What the form sends. Nothing about it can be trusted.
#[derive(Debug, Default, Deserialize)]
pub struct LeaveForm {
    #[serde(default)]
    pub network: String,
    #[serde(default)]
    pub handle: String,
    #[serde(default)]
    pub post: String,
}

/// Why a request was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveProblem {
    HandleMissing,
    HandleImpossible,
    NetworkUnknown,
    /// Sent from another site's page.
    ForeignPage,
    /// The store can't keep it now.
    TryLater,
}

/// A request as it is kept for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveRequest {
    pub network: Network,
    /// As typed, without `@` and without white space around; lower case.
    pub handle: String,
    pub post: Option<PostId>,
}

impl LeaveForm {
    pub fn read(&self) -> Result<LeaveRequest, LeaveProblem> {
        let network = Network::parse(self.network.trim()).ok_or(LeaveProblem::NetworkUnknown)?;
        let handle = self.handle.trim().trim_start_matches('@').to_lowercase();
        // A profile's address is what people paste; its last part is the handle.
        let handle = match handle.strip_prefix("https://bsky.app/profile/") {
            Some(rest) => rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned(),
            None => handle,
        };
        if handle.is_empty() {
            return Err(LeaveProblem::HandleMissing);
        }
        let possible = handle.len() <= HANDLE_BYTES_MAX
            && !handle.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '/'));
        if !possible {
            return Err(LeaveProblem::HandleImpossible);
        }
        Ok(LeaveRequest { network, handle, post: PostId::parse(self.post.trim()) })
    }
}

/// What the form's page shows.
#[derive(Default)]
pub struct LeavePage {
    pub form: LeaveForm,
    pub problem: Option<LeaveProblem>,
    /// The networks that are read, or all that a form makes sense for when none is.
    pub networks: Vec<Network>,
}

pub fn render_leave(context: &PageContext, city: &City, page: &LeavePage) -> String {
    let w = context.words();
    let action = Address::below(city.id.as_str(), "leave");
    let post = PostId::parse(&page.form.post).map(PostId::token);
    let here = post.iter().fold(action.clone(), |here, post| here.with("post", post));
    let mut networks = page.networks.clone();
    networks.sort_unstable();
    networks.dedup();
    if networks.is_empty() {
        networks.push(Network::Bluesky);
    }
    LeaveView {
        frame: Frame::new(context, Some(city), &here, w.t("leave-title")).hidden_from_search(),
        w,
        contact: &context.settings.privacy.contact,
        action: action.language(context.carried()).to_string(),
        networks: networks
            .into_iter()
            .map(|network| NetworkOption {
                value: network.as_str(),
                name: network_name(network, w),
                chosen: page.form.network == network.as_str(),
            })
            .collect(),
        handle: &page.form.handle,
        post,
        problem: page.problem.map(|problem| {
            w.t(match problem {
                LeaveProblem::HandleMissing => "leave-problem-missing",
                LeaveProblem::HandleImpossible => "leave-problem-impossible",
                LeaveProblem::NetworkUnknown => "leave-problem-network",
                LeaveProblem::ForeignPage => "leave-problem-foreign",
                LeaveProblem::TryLater => "leave-problem-later",
            })
        }),
        at_handle: matches!(page.problem, Some(LeaveProblem::HandleMissing | LeaveProblem::HandleImpossible)),
    }
    .render()
    .unwrap_or_default()
}

pub fn render_leave_done(context: &PageContext, city: &City, request: &LeaveRequest) -> String {
    let w = context.words();
    let here = Address::below(city.id.as_str(), "leave");
    LeaveDoneView {
        frame: Frame::new(context, Some(city), &here, w.t("leave-done-title")).hidden_from_search(),
        w,
        contact: &context.settings.privacy.contact,
        handle: &request.handle,
        network: network_name(request.network, w),
    }
    .render()
    .unwrap_or_default()
}

#[derive(Template)]
#[template(path = "leave.html")]
struct LeaveView<'a> {
    frame: Frame<'a>,
    w: Words,
    contact: &'a str,
    action: String,
    networks: Vec<NetworkOption>,
    handle: &'a str,
    post: Option<String>,
    problem: Option<String>,
    at_handle: bool,
}

struct NetworkOption {
    value: &'static str,
    name: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "leave_done.html")]
struct LeaveDoneView<'a> {
    frame: Frame<'a>,
    w: Words,
    contact: &'a str,
    handle: &'a str,
    network: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(handle: &str) -> LeaveForm {
        LeaveForm { network: "bluesky".into(), handle: handle.into(), post: String::new() }
    }

    #[test]
    fn l24_a_handle_is_read_as_people_type_it() {
        for typed in [" @Lea.Example ", "lea.example", "https://bsky.app/profile/lea.example/post/3k"] {
            assert_eq!(form(typed).read().map(|request| request.handle), Ok("lea.example".to_owned()), "{typed}");
        }
    }

    #[test]
    fn impossible_handles_are_refused_with_their_reason() {
        assert_eq!(form(" @ ").read(), Err(LeaveProblem::HandleMissing));
        for typed in ["a b", "<script>", "x\u{0}y", &"a".repeat(513)] {
            assert_eq!(form(typed).read(), Err(LeaveProblem::HandleImpossible), "{typed}");
        }
        assert_eq!(LeaveForm::default().read(), Err(LeaveProblem::NetworkUnknown));
    }
}
