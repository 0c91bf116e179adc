use askama::Template;

use crate::domain::{COMPLAINT_WORDS_CHARS_MAX, Card, City, ComplaintKind};
use crate::http::page::{
    address::Address,
    card::{headline, network_name},
    context::PageContext,
    frame::Frame,
    text::web_address,
    words::Words,
};

use super::form::{Choice, ComplaintForm, Problem, motives};

/// What the report's page shows: what was sent, where it was not taken.
#[derive(Default)]
pub struct ReportPage {
    pub form: ComplaintForm,
    pub problem: Option<Problem>,
}

pub fn render_report(context: &PageContext, city: &City, card: &Card, page: &ReportPage) -> String {
    let w = context.words();
    let slug = city.id.as_str();
    let here = Address::below(slug, &format!("report/{}", card.id.token()));
    let name = card.author.name.as_deref().filter(|name| !name.trim().is_empty());
    let side = |kind: ComplaintKind| {
        let is_it = page.form.kind() == kind;
        let form = |text: &str| if is_it { text.to_owned() } else { String::new() };
        Side {
            kind: kind.as_str(),
            motives: motives(kind, if is_it { page.form.motive.as_str() } else { "" }, w),
            words: form(&page.form.words),
            contact: form(&page.form.contact),
            good_faith: is_it && !page.form.good_faith.is_empty(),
            wrong: page.problem.filter(|_| is_it).map(Problem::field).unwrap_or_default(),
        }
    };
    let ours = || format!("{}{}", context.settings.public_url, Address::why(slug, card.id));
    ReportView {
        frame: Frame::new(context, Some(city), &here, w.t("report-post-title")).hidden_from_search(),
        w,
        action: here.language(context.carried()).to_string(),
        problem: page.problem.map(|problem| problem.words(&context.settings.privacy.contact, w)),
        name: name.or(card.author.handle.as_deref()).unwrap_or_else(|| card.author.id.as_str()).to_owned(),
        network: network_name(card.network, w),
        // What stands behind a line on the square isn't read here by whoever did not open it.
        text: Some(headline(card)).filter(|text| !text.is_empty() && card.covered.is_none() && !card.sensitive),
        lang: card.lang.clone(),
        address: card.url.as_deref().and_then(web_address).unwrap_or_else(ours),
        report: side(ComplaintKind::Report),
        notice: side(ComplaintKind::Notice),
        words_max: COMPLAINT_WORDS_CHARS_MAX,
        leave: Address::below(slug, "leave").with("post", card.id.token()).language(context.carried()).to_string(),
    }
    .render()
    .unwrap_or_default()
}

#[derive(Template)]
#[template(path = "report_post.html")]
struct ReportView<'a> {
    frame: Frame<'a>,
    w: Words,
    action: String,
    problem: Option<String>,
    name: String,
    network: String,
    text: Option<String>,
    lang: Option<String>,
    address: String,
    report: Side,
    notice: Side,
    words_max: usize,
    leave: String,
}

/// One of the page's two forms.
struct Side {
    kind: &'static str,
    motives: Vec<Choice>,
    words: String,
    contact: String,
    good_faith: bool,
    /// The field to mend.
    wrong: &'static str,
}
