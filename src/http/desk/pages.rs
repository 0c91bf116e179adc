use std::sync::Arc;

use actix_web::http::StatusCode;
use askama::Template;

use super::gate::Asked;
use super::sign_in::SignInProblem;
use crate::desk::CODE_DIGITS;
use crate::domain::{City, Right};
use crate::http::page::{Address, Frame, PageContext, Words};

/// Why somebody is not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A form of another site, or of a session that has ended.
    Foreign,
    NoRight,
    NotFound,
    TryLater,
}

impl Refused {
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Foreign | Self::NoRight => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TryLater => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// What stands around every page of somebody who is signed in.
pub struct Bar {
    pub name: String,
    pub token: String,
    /// The desk's pages that they may open in this city, with whether each is this one.
    pub links: Vec<(String, String, bool)>,
    /// They work at other desks too.
    pub has_others: bool,
}

impl Bar {
    pub fn new(asked: &Asked, here: &str) -> Option<Self> {
        let w = asked.context.words();
        let signed = asked.signed.as_ref().filter(|signed| signed.session.is_whole)?;
        let user = &signed.session.user;
        let pages = [
            ("", Right::See, "desk-now"),
            ("/alerts", Right::See, "desk-alerts"),
            ("/numbers", Right::See, "desk-numbers"),
            ("/watch", Right::See, "desk-watch"),
            ("/inbox", Right::Inbox, "desk-inbox"),
            ("/notices", Right::Inbox, "desk-notices"),
            ("/moderation", Right::Moderate, "desk-moderation"),
            ("/answers", Right::See, "desk-answers"),
            ("/sources", Right::See, "desk-sources"),
            ("/people", Right::Administer, "desk-people"),
            ("/log", Right::Protect, "desk-log"),
        ];
        let link = |city: &City, (page, right, words): (&str, Right, &str)| {
            let href = format!("/desk/{}{page}", city.id.as_str());
            user.has(&city.id, right).then(|| (w.t(words), href.clone(), href == here))
        };
        let links = asked.city.iter().flat_map(|city| pages.into_iter().filter_map(move |page| link(city, page)));
        let mut links: Vec<_> = links.collect();
        if asked.city.is_none() && here != "/desk" {
            links.push((w.t("desk-back"), "/desk".to_owned(), false));
        }
        Some(Self {
            name: user.name.as_str().to_owned(),
            token: signed.token.form_token(),
            links,
            has_others: user.cities().len() > 1 && here != "/desk",
        })
    }
}

pub fn frame<'a>(asked: &'a Asked, here: &str, title: String) -> Frame<'a> {
    Frame::new(&asked.context, asked.city.as_deref(), &Address::desk(here), title).of_desk()
}

pub struct SignInPage<'a> {
    pub name: &'a str,
    pub problem: Option<SignInProblem>,
}

#[derive(Template)]
#[template(path = "desk_sign_in.html")]
struct SignInView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    token: String,
    name: &'a str,
    to: String,
    problem: Option<String>,
    /// Whoever asks was signed in before.
    had_session: bool,
    /// Whom one may be in a demonstration: the role, and what it does.
    officers: Vec<(&'static str, String, String)>,
}

pub fn render_sign_in(asked: &Asked, page: &SignInPage<'_>) -> String {
    let w = asked.context.words();
    SignInView {
        frame: frame(asked, "", w.t("desk-sign-in-title")),
        w,
        bar: None,
        token: asked.form_token(),
        name: page.name,
        to: wanted(asked),
        problem: page.problem.map(|problem| problem_words(problem, w)),
        had_session: asked.had_session(),
        officers: asked
            .state
            .officers
            .iter()
            .map(|officer| officer.role.as_str())
            .map(|role| (role, w.t(&format!("role-{role}")), w.t(&format!("role-does-{role}"))))
            .collect(),
    }
    .render()
    .unwrap_or_default()
}

/// Where somebody wanted to go, as the address or the form says; where it leads is looked at when they are let in.
fn wanted(asked: &Asked) -> String {
    asked.fields.get("to").cloned().or_else(|| asked.query("to")).unwrap_or_default().chars().take(200).collect()
}

fn problem_words(problem: SignInProblem, w: Words) -> String {
    match problem {
        SignInProblem::Wrong => w.t("desk-wrong"),
        SignInProblem::WrongCode => w.t("desk-wrong-code"),
        SignInProblem::Wait(seconds) => w.count("desk-wait", usize::try_from(seconds).unwrap_or(usize::MAX)),
        SignInProblem::Busy => w.t("desk-busy"),
    }
}

pub struct CodePage {
    /// To be set up: what the application is told.
    pub secret: Option<[u8; 20]>,
    pub uri: Option<String>,
    pub problem: Option<SignInProblem>,
}

#[derive(Template)]
#[template(path = "desk_code.html")]
struct CodeView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    token: String,
    to: String,
    /// The secret in groups of four, as it is typed.
    secret: Option<String>,
    picture: Option<String>,
    uri: Option<String>,
    digits: usize,
    problem: Option<String>,
}

pub fn render_code(asked: &Asked, page: &CodePage) -> String {
    let w = asked.context.words();
    let title = if page.secret.is_some() { "desk-set-up-title" } else { "desk-code-title" };
    let secret = page.secret.map(|secret| data_encoding::BASE32_NOPAD.encode(&secret));
    CodeView {
        frame: frame(asked, "/code", w.t(title)),
        w,
        bar: None,
        token: asked.form_token(),
        to: wanted(asked),
        secret: secret.map(|secret| grouped(&secret)),
        picture: page.uri.as_deref().and_then(picture),
        uri: page.uri.clone(),
        digits: CODE_DIGITS,
        problem: page.problem.map(|problem| problem_words(problem, w)),
    }
    .render()
    .unwrap_or_default()
}

fn grouped(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

/// What a telephone reads, dark on light whatever the theme. `None` of what is too long for it, which this never is.
fn picture(uri: &str) -> Option<String> {
    let code = qrcode::QrCode::new(uri).ok()?;
    let svg = code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(200, 200).build();
    svg.find("<svg").and_then(|at| svg.get(at..)).map(str::to_owned)
}

#[derive(Template)]
#[template(path = "desk_cities.html")]
struct DesksView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    desks: Vec<(String, String)>,
}

pub fn render_desks(asked: &Asked, cities: &[Arc<City>]) -> String {
    let w = asked.context.words();
    DesksView {
        frame: frame(asked, "", w.t("desk-cities-title")),
        w,
        bar: Bar::new(asked, "/desk"),
        desks: cities.iter().map(|city| (city.name.clone(), format!("/desk/{}", city.id.as_str()))).collect(),
    }
    .render()
    .unwrap_or_default()
}

#[derive(Template)]
#[template(path = "desk_refused.html")]
struct RefusedView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    title: String,
    says: String,
}

pub fn render_refused(context: &PageContext, refused: Refused) -> String {
    let w = context.words();
    let (title, says) = match refused {
        Refused::Foreign => ("desk-foreign-title", "desk-foreign"),
        Refused::NoRight => ("desk-no-right-title", "desk-no-right"),
        Refused::NotFound => ("desk-not-found-title", "desk-not-found"),
        Refused::TryLater => ("desk-later-title", "desk-busy"),
    };
    RefusedView {
        frame: Frame::new(context, None, &Address::desk(""), w.t(title)).of_desk(),
        w,
        bar: None,
        title: w.t(title),
        says: w.t(says),
    }
    .render()
    .unwrap_or_default()
}
