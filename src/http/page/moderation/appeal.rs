use askama::Template;

use crate::domain::{COMPLAINT_WORDS_CHARS_MAX, City, Decision, PostId};
use crate::http::page::{address::Address, context::PageContext, frame::Frame, words::Words};

use super::form::{ComplaintForm, Problem};
use super::statement::Statement;

/// What the appeal's page shows.
pub struct AppealPage<'a> {
    pub decision: &'a Decision,
    pub post: PostId,
    pub form: ComplaintForm,
    pub problem: Option<Problem>,
}

pub fn render_appeal(context: &PageContext, city: &City, page: &AppealPage<'_>) -> String {
    let w = context.words();
    let here = Address::below(city.id.as_str(), &format!("appeal/{}", page.decision.number));
    let at_post = here.clone().with("post", page.post.token());
    AppealView {
        frame: Frame::new(context, Some(city), &at_post, w.t("appeal-title")).hidden_from_search(),
        w,
        action: here.language(context.carried()).to_string(),
        statement: Statement { appeal: None, ..Statement::new(page.decision, Some(page.post), city, context) },
        is_open: page.decision.ended.is_none(),
        problem: page.problem.map(|problem| problem.words(&context.settings.privacy.contact, w)),
        wrong: page.problem.map(Problem::field).unwrap_or_default(),
        words: &page.form.words,
        contact: &page.form.contact,
        post: page.post.token(),
        words_max: COMPLAINT_WORDS_CHARS_MAX,
    }
    .render()
    .unwrap_or_default()
}

#[derive(Template)]
#[template(path = "appeal.html")]
struct AppealView<'a> {
    frame: Frame<'a>,
    w: Words,
    action: String,
    statement: Statement,
    is_open: bool,
    problem: Option<String>,
    /// The field to mend.
    wrong: &'static str,
    words: &'a str,
    contact: &'a str,
    post: String,
    words_max: usize,
}
