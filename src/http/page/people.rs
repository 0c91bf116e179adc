use askama::Template;
use jiff::civil::Date;

use crate::domain::{AccountRef, City, Lane, Listing, OfficialKind};

use super::{
    account::AccountView, address::Address, calendar::Calendar, context::PageContext, frame::Frame, recipe::own_word,
    text::site, text::web_address, words::Words,
};

/// Everyone whom the city's file lists, by what they are, and what being listed means (feature 20, S-34, S-53).
pub fn render_people(context: &PageContext, city: &City) -> String {
    let w = context.words();
    let here = Address::below(city.id.as_str(), "people");
    let below = |page| Address::below(city.id.as_str(), page).language(context.carried()).to_string();
    let privacy = &context.settings.privacy;
    let datasets = city.datasets.iter().map(|dataset| Site {
        href: web_address(&dataset.address()),
        name: dataset.title.clone(),
        lane: lane_name(&dataset.lane, w),
    });
    PeopleView {
        frame: Frame::new(context, Some(city), &here, w.with("listed-title", "city", &city.name)),
        w,
        by: match privacy.controller.as_str() {
            "" => w.t("listed-by-nobody"),
            controller => w.with("listed-by", "who", controller),
        },
        groups: groups(context, city),
        feeds: city.feeds.iter().map(|feed| feed_view(&feed.url, &feed.lane, w)).collect(),
        datasets: datasets.collect(),
        contact: Some(privacy.contact.as_str()).filter(|contact| !contact.is_empty()),
        ask: below("ask"),
        recipe: below("recipe"),
        sources: below("sources"),
        leave: below("leave"),
    }
    .render()
    .unwrap_or_default()
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeopleView<'a> {
    frame: Frame<'a>,
    w: Words,
    by: String,
    groups: Vec<Group>,
    feeds: Vec<Site>,
    datasets: Vec<Site>,
    contact: Option<&'a str>,
    ask: String,
    recipe: String,
    sources: String,
    leave: String,
}

/// Those of one kind.
struct Group {
    name: String,
    means: String,
    /// Whether whoever addresses them reaches the desk.
    answers: bool,
    entries: Vec<Entry>,
}

/// One who is listed; without a name where the file gives only an account.
struct Entry {
    name: String,
    hint: String,
    /// Each, and what proves it to be theirs.
    accounts: Vec<(AccountView, Option<String>)>,
    /// Why it is listed; empty where the file doesn't say.
    reason: String,
    /// Since when, and until when.
    term: Option<String>,
}

/// Where something is published, and in which lane it stands here.
pub(super) struct Site {
    pub href: Option<String>,
    pub name: String,
    pub lane: String,
}

/// The last is of those whose kind the file doesn't say.
pub(super) const KINDS: [Option<OfficialKind>; 6] = [
    Some(OfficialKind::Institution),
    Some(OfficialKind::Service),
    Some(OfficialKind::Elected),
    Some(OfficialKind::Press),
    Some(OfficialKind::Association),
    None,
];

fn groups(context: &PageContext, city: &City) -> Vec<Group> {
    let w = context.words();
    let group = |kind: Option<OfficialKind>| {
        let key = kind.map_or("unknown", OfficialKind::as_str);
        Group {
            name: w.t(&format!("listed-kind-{key}")),
            means: w.t(&format!("listed-means-{key}")),
            answers: kind.is_some_and(OfficialKind::answers),
            entries: entries(context, city, kind),
        }
    };
    KINDS.into_iter().map(group).filter(|group| !group.entries.is_empty()).collect()
}

fn entries(context: &PageContext, city: &City, kind: Option<OfficialKind>) -> Vec<Entry> {
    let w = context.words();
    let view = |account: &AccountRef| AccountView::new(account, &context.settings, w);
    let plain = |name: &str, hint: String, accounts| Entry {
        name: name.to_owned(),
        hint,
        accounts,
        reason: String::new(),
        term: None,
    };
    let Some(kind) = kind else {
        let is_said = |account: &AccountRef| city.officials.iter().any(|body| body.accounts.contains(account));
        let unsaid = city.recipe.accounts.iter().filter(|account| !is_said(account));
        return unsaid.map(|account| plain("", String::new(), vec![(view(account), None)])).collect();
    };
    let bodies = city.officials.iter().filter(|body| body.kind == kind).map(|body| Entry {
        name: body.name.clone(),
        hint: own_word(&w.t(&format!("official-{}", kind.as_str())), &body.group).unwrap_or_default().to_owned(),
        accounts: body.accounts.iter().map(|account| (view(account), proof(&body.listing, account, w))).collect(),
        reason: body.listing.reason.clone(),
        term: term(&body.listing, &Calendar::new(&city.timezone, w), w),
    });
    let senders = city.pushes.iter().filter(|sender| sender.kind == kind).map(|sender| {
        let hint = w.with("listed-sends", "lane", &lane_name(&sender.lane, w));
        plain(&sender.name, hint, Vec::new())
    });
    bodies.chain(senders).collect()
}

/// `prouvé par le domaine nantes.fr`
fn proof(listing: &Listing, account: &AccountRef, w: Words) -> Option<String> {
    let site = listing.site.as_deref().filter(|_| listing.proves(account))?;
    Some(w.with("listed-proven", "site", site))
}

/// `Du mardi 1er septembre 2026 au jeudi 31 décembre 2026.`
fn term(listing: &Listing, calendar: &Calendar, w: Words) -> Option<String> {
    let day = |day: Date| format!("{} {}", calendar.day(day), day.year());
    match (listing.since, listing.until) {
        (Some(since), Some(until)) => Some(w.with2("listed-term", "since", &day(since), "until", &day(until))),
        (Some(since), None) => Some(w.with("listed-since", "since", &day(since))),
        (None, Some(until)) => Some(w.with("listed-until", "until", &day(until))),
        (None, None) => None,
    }
}

fn lane_name(lane: &Lane, w: Words) -> String {
    w.t(&format!("lane-{}", lane.to_token()))
}

pub(super) fn feed_view(url: &str, lane: &Lane, w: Words) -> Site {
    let href = web_address(url);
    let name = site(url).unwrap_or_else(|| url.to_owned());
    Site { href, name, lane: lane_name(lane, w) }
}
