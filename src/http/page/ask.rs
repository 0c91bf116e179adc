use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use askama::Template;

use super::{
    account::{AccountView, compose},
    address::Address,
    calendar::Calendar,
    card::network_name,
    context::PageContext,
    frame::Frame,
    handlers::PageState,
    hours::{HoursView, duration},
    people::{Site, feed_view},
    text::web_address,
    visit::{Failure, Visit, html},
    words::Words,
};
use crate::domain::{ANSWERS_DAYS, AccountRef, Answers, City, Lane, Network, Official, Right, Role, TOO_FEW};
use crate::http::handlers::answers::answers_of;

/// What is known of the town's desk, beside what the city's file says.
#[derive(Default)]
pub struct AskPage {
    /// The networks that are read for the city.
    pub read: Vec<Network>,
    /// How it answered; `None`: it can't be read now.
    pub answers: Option<Answers>,
    /// Who has an account at the desk; `None`: it can't be read now.
    pub offices: Option<Vec<(Role, u64)>>,
}

/// `GET /{city}/ask` (S-47, S-48). It stands without its figures where the store is in trouble.
pub(super) async fn ask_page(request: &HttpRequest, state: &PageState) -> Result<HttpResponse, Box<Failure>> {
    let visit = Visit::of(request, state)?;
    let (context, city) = (&visit.context, &visit.city);
    let page = AskPage {
        read: state.sources_of(&city.id).iter().map(|source| source.network).collect(),
        answers: answers_of(&*state.mentions, city, context.now).await.ok(),
        offices: state.register.offices(&city.id).await.ok(),
    };
    Ok(html(context, StatusCode::OK, render_ask(context, city, &page)))
}

pub fn render_ask(context: &PageContext, city: &City, page: &AskPage) -> String {
    let w = context.words();
    let here = Address::below(city.id.as_str(), "ask");
    let bodies: Vec<Body> = city.officials.iter().filter_map(|body| Body::new(body, context, page, w)).collect();
    let networks = asked_on(city);
    let reads_inbox = |(role, accounts): &(Role, u64)| *accounts > 0 && role.rights().contains(&Right::Inbox);
    let has_desk = !bodies.is_empty();
    let calendar = Calendar::new(&city.timezone, w);
    AskView {
        frame: Frame::new(context, Some(city), &here, w.t("ask-title")),
        w,
        city,
        emergency: w.t(match city.country.as_deref() {
            Some("FR") => "ask-emergency-fr",
            Some("CH") => "ask-emergency-ch",
            Some("CA") => "ask-emergency-ca",
            _ => "ask-emergency",
        }),
        how: networks.iter().map(|network| how(*network, city, page, w)).collect(),
        is_unread: page.offices.as_ref().is_some_and(|offices| !offices.iter().any(reads_inbox)),
        kept: usize::from(context.settings.retention.desk),
        hours: has_desk.then(|| HoursView::new(&city.office_hours, &calendar, context.now, w)),
        days: usize::try_from(ANSWERS_DAYS).unwrap_or_default(),
        answers: page.answers.filter(|_| has_desk).map(|answers| figures(answers, w)),
        api: format!("/api/v1/cities/{}/answers", city.id.as_str()),
        bodies,
        participation: city.participation.as_deref().and_then(web_address),
        feeds: city
            .feeds
            .iter()
            .filter(|feed| feed.lane == Lane::Info)
            .map(|feed| feed_view(&feed.url, &feed.lane, w))
            .collect(),
        people: Address::below(city.id.as_str(), "people").language(context.carried()).to_string(),
    }
    .render()
    .unwrap_or_default()
}

#[derive(Template)]
#[template(path = "ask.html")]
struct AskView<'a> {
    frame: Frame<'a>,
    w: Words,
    city: &'a City,
    emergency: String,
    bodies: Vec<Body<'a>>,
    /// How it is done on each of their networks.
    how: Vec<String>,
    /// Nobody who may read the inbox has an account.
    is_unread: bool,
    /// Days for which the desk keeps what is addressed to it.
    kept: usize,
    hours: Option<HoursView>,
    days: usize,
    /// What is counted, and how much of it; empty when nothing was asked.
    answers: Option<Vec<(String, String)>>,
    api: String,
    participation: Option<String>,
    feeds: Vec<Site>,
    people: String,
}

struct Body<'a> {
    name: &'a str,
    /// Each with where a post to it is begun, and the words for that.
    accounts: Vec<(AccountView, Option<(String, String)>)>,
}

impl<'a> Body<'a> {
    /// `None`: it can't be asked.
    fn new(body: &'a Official, context: &PageContext, page: &AskPage, w: Words) -> Option<Self> {
        let begun =
            |account: &AccountRef| compose(account).map(|at| (at, w.with("ask-compose", "handle", &account.handle)));
        let accounts = body.accounts.iter().filter(|account| body.kind.answers() && takes_posts(account.network));
        let view = |account: &AccountRef| {
            let is_read = page.read.contains(&account.network);
            (AccountView::new(account, &context.settings, w), begun(account).filter(|_| is_read))
        };
        let accounts: Vec<_> = accounts.map(view).collect();
        (!accounts.is_empty()).then_some(Self { name: &body.name, accounts })
    }
}

/// The networks on which the town can be asked, in the order in which its file names them.
fn asked_on(city: &City) -> Vec<Network> {
    let mut networks = Vec::new();
    for account in city.officials.iter().filter(|body| body.kind.answers()).flat_map(|body| &body.accounts) {
        if takes_posts(account.network) && !networks.contains(&account.network) {
            networks.push(account.network);
        }
    }
    networks
}

/// People write there.
fn takes_posts(network: Network) -> bool {
    !network.is_listing() && network != Network::Push
}

/// What it takes on a network that a post reaches the desk.
fn how(network: Network, city: &City, page: &AskPage, w: Words) -> String {
    let tag = city.recipe.invite.as_ref().or(city.recipe.hashtags.first());
    match (network, tag) {
        (network, _) if !page.read.contains(&network) => w.with("ask-unread", "network", &network_name(network, w)),
        (Network::Mastodon, Some(tag)) => w.with("ask-how-mastodon", "tag", tag),
        (Network::Mastodon, None) => w.t("ask-how-mastodon-untagged"),
        (Network::Nostr, _) => w.t("ask-how-nostr"),
        (network, _) => w.with("ask-how", "network", &network_name(network, w)),
    }
}

/// The same figures as `/api/v1/cities/{city}/answers`; a share only of enough to be one.
fn figures(answers: Answers, w: Words) -> Vec<(String, String)> {
    let Answers { asked, answered, usual_delay_minutes } = answers;
    if asked == 0 {
        return Vec::new();
    }
    let share = answered.saturating_mul(100).saturating_add(asked / 2) / asked;
    let is_enough = usize::try_from(asked).is_ok_and(|asked| asked >= TOO_FEW);
    let answered = answered.to_string();
    vec![
        (w.t("answers-asked"), asked.to_string()),
        (
            w.t("answers-answered"),
            if is_enough { w.with2("ask-share", "count", &answered, "percent", &share.to_string()) } else { answered },
        ),
        (
            w.t("answers-delay"),
            usual_delay_minutes.map_or_else(|| w.t("answers-delay-unknown"), |delay| duration(delay, w)),
        ),
    ]
}
