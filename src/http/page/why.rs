use askama::Template;

use crate::domain::{Card, CardCopy, City, Decision, PostId, Reason, Rule, Tier};

use super::{
    address::Address,
    calendar::Calendar,
    card::{network_name, render_card},
    context::PageContext,
    frame::Frame,
    moderation::Statement,
    text::web_address,
    words::Words,
};

/// Why a post is here, in plain words, with everything needed to take the decision again (feature 6). `folds`: what moderators
/// folded it by.
pub fn render_why(context: &PageContext, city: &City, card: &Card, folds: &[Decision]) -> String {
    let w = context.words();
    let calendar = Calendar::new(&city.timezone, w);
    let slug = city.id.as_str();
    let retention = context.settings.retention;
    let days = match card.tier {
        Tier::Invited => retention.invited,
        Tier::Public => retention.public,
        Tier::Quiet => retention.quiet,
    };
    let until = card.received_at.plus_seconds(i64::from(days) * 86_400);
    let here = Address::why(slug, card.id);
    WhyView {
        frame: Frame::new(context, Some(city), &here, w.t("why-title")).hidden_from_search(),
        w,
        city,
        card: render_card(card, city, w),
        reasons: card.reasons.iter().map(|reason| sentence(reason, card, city, context, w)).collect(),
        statements: folds.iter().map(|fold| Statement::new(fold, Some(card.id), city, context)).collect(),
        copies: card.copies.iter().map(|copy| elsewhere(copy, w)).collect(),
        network: network_name(card.network, w),
        source: card.native_id.as_str().to_owned(),
        created: calendar.full(card.created_at),
        date_corrected: card.date_corrected,
        received: calendar.full(card.received_at),
        edited: card.edited_at.map(|at| calendar.full(at)),
        place: place(card, city, w),
        tier: w.t(&format!("tier-{}", card.tier.as_str())),
        until: w.count_with("why-until", usize::from(days), "day", &calendar.day(calendar.date(until))),
        recipe: card.recipe.clone(),
        recipe_changed: card.recipe != city.recipe_hash,
        recipe_href: Address::below(slug, "recipe").language(context.carried()).to_string(),
        leave_href: Address::below(slug, "leave").with("post", card.id.token()).language(context.carried()).to_string(),
    }
    .render()
    .unwrap_or_default()
}

#[derive(Template)]
#[template(path = "why.html")]
struct WhyView<'a> {
    frame: Frame<'a>,
    w: Words,
    city: &'a City,
    card: String,
    reasons: Vec<Sentence>,
    statements: Vec<Statement>,
    copies: Vec<Sentence>,
    network: String,
    source: String,
    created: String,
    date_corrected: bool,
    received: String,
    edited: Option<String>,
    place: String,
    tier: String,
    until: String,
    recipe: String,
    recipe_changed: bool,
    recipe_href: String,
    leave_href: String,
}

struct Sentence {
    text: String,
    href: Option<String>,
    rule: &'static str,
    value: String,
}

fn sentence(reason: &Reason, card: &Card, city: &City, context: &PageContext, w: Words) -> Sentence {
    let value = reason.value.as_str();
    let key = format!("why-rule-{}", reason.rule.as_str());
    let href = (reason.rule == Rule::Thread)
        .then(|| PostId::parse(value))
        .flatten()
        .filter(|root| *root != card.id)
        .map(|root| Address::why(city.id.as_str(), root).language(context.carried()).to_string());
    Sentence {
        text: w.with2(&key, "value", value, "city", &city.name),
        href,
        rule: reason.rule.as_str(),
        value: reason.value.clone(),
    }
}

/// Where else it is, and by what that is known to be the same.
fn elsewhere(copy: &CardCopy, w: Words) -> Sentence {
    let bond = copy.bond.as_str();
    Sentence {
        text: w.with(&format!("why-copy-{bond}"), "network", &network_name(copy.network, w)),
        href: web_address(&copy.url),
        rule: bond,
        value: copy.url.clone(),
    }
}

fn place(card: &Card, city: &City, w: Words) -> String {
    match (&card.zone, card.zone_from_text, card.location) {
        (Some(zone), true, _) => w.with("why-place-text", "zone", zone),
        (Some(zone), false, Some(at)) => {
            w.count_with("why-place-point", usize::try_from(at.precision_m).unwrap_or(usize::MAX), "zone", zone)
        }
        (Some(zone), false, None) => w.with("why-place-zone", "zone", zone),
        (None, _, Some(at)) => {
            w.count_with("why-place-city", usize::try_from(at.precision_m).unwrap_or(usize::MAX), "city", &city.name)
        }
        (None, _, None) => w.t("why-place-none"),
    }
}
