use std::sync::Arc;

use askama::Template;

use crate::domain::{Announced, Card, City, Cursor, Filter, Lane, Page, SourceHealth, SourceState, Timestamp};

use super::{
    address::{Address, encode, filter_pairs},
    calendar::Calendar,
    card::{network_name, pin_line},
    context::PageContext,
    filters::{Choice, Group, Links},
    frame::Frame,
    map::{MapView, map},
    notices::{Notices, notices},
    rhythm::{Rhythm, quiet_rate},
    sections::{self, Entry, Section, folds, is_agenda},
    sources,
    text::web_address,
    words::Words,
};

/// What the feed's page is made from.
pub struct CityPage<'a> {
    pub context: &'a PageContext,
    pub city: &'a City,
    /// Read with `threads: true`.
    pub page: &'a Page,
    /// What is in force and to come; `None` where the page does not show it.
    pub announced: Option<&'a Announced>,
    /// What moderators pinned, newest first; empty where the page does not name it.
    pub pins: &'a [Arc<Card>],
    pub filter: &'a Filter,
    /// The position before which was asked; `None` on the live page.
    pub before: Option<u64>,
    /// [`crate::domain::FeedLog::recent_times`] over [`Rhythm::DAYS`], at most [`Rhythm::TIMES_MAX`].
    pub times: &'a [Timestamp],
    pub sources: &'a [SourceHealth],
}

pub fn render_city(page: &CityPage<'_>) -> String {
    CityView::new(page).render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "city.html")]
struct CityView<'a> {
    frame: Frame<'a>,
    w: Words,
    city: &'a City,
    state: String,
    as_of: String,
    here: String,
    live: LiveView,
    lanes: Vec<Choice>,
    groups: Vec<Group>,
    chosen: Vec<Choice>,
    clear: String,
    /// `None` on a page that does not name what is pinned.
    pins: Option<Vec<Pin>>,
    notices: Option<Notices>,
    sections: Vec<Section>,
    empty: Option<Empty>,
    quiet: Option<Quiet>,
    around: Option<Around>,
    older: Option<String>,
    newest: Option<String>,
    map: Option<MapView>,
    invite: Option<String>,
    participation: Option<String>,
    trouble: Vec<String>,
    reads: String,
    health: Vec<String>,
    sources_href: String,
    ask: String,
    /// The longest time for which any post is kept, in days.
    retention: usize,
}

/// What `<live-feed>` needs to join the live session from this page.
struct LiveView {
    url: String,
    cursor: String,
    query: String,
    /// Nothing is added at the top: an older page, or one in another order.
    older: bool,
    folds: bool,
}

/// A pinned post: where it stands on this page, or its own.
struct Pin {
    id: String,
    text: String,
    lang: Option<String>,
    href: String,
    why: String,
}

struct Empty {
    title: String,
    lines: Vec<String>,
    /// Of the square itself and not of a filter or an older page: shown with its outline.
    whole: bool,
}

/// What a square says of itself where little is said.
struct Quiet {
    usual: String,
    why: String,
}

/// Where the neighbourhood is read.
struct Around {
    name: String,
    href: String,
}

impl<'a> CityView<'a> {
    fn new(page: &CityPage<'a>) -> Self {
        let (city, context, filter) = (page.city, page.context, page.filter);
        let w = context.words();
        let calendar = Calendar::new(&city.timezone, w);
        let rhythm = Rhythm::of(page.times, context.now);
        let links = Links { context, city, filter };
        let mut here = Address::city(city.id.as_str()).filtered(filter);
        if let Some(before) = page.before {
            here = here.with("before", before.to_string());
        }
        let mut frame = Frame::new(context, Some(city), &here, w.with("city-title", "city", &city.name))
            .described(w.with("city-description", "city", &city.name));
        frame.noindex = !filter.is_empty() || page.before.is_some();
        let (lanes, chosen) = (links.lanes(), links.chosen());
        let notices = notices(page, rhythm, &links, &calendar, w);
        // Where nobody speaks, what the square is doing is what it announces.
        let announces = notices.as_ref().filter(|_| page.times.is_empty()).map(|notices| notices.summary.clone());
        frame.head = head_title(&frame.head, page, &lanes, &chosen, w);
        let by_event = page.announced.filter(|_| is_agenda(filter, page.before));
        let sections = match by_event {
            Some(announced) => sections::by_event(page, announced, &calendar, w),
            None => sections::by_arrival(page, &calendar, w),
        };
        let reads = sources::reads(page.sources, w);
        let is_whole = filter.is_empty() && page.before.is_none();
        Self {
            frame,
            w,
            city,
            state: announces.unwrap_or_else(|| state_line(page, rhythm, &calendar, w)),
            as_of: calendar.clock(context.now),
            here: here.language(context.carried()).to_string(),
            live: LiveView {
                url: format!("/api/v1/cities/{}/live", encode(city.id.as_str())),
                cursor: Cursor::new(&city.id, page.page.head.epoch, page.page.head.head).token(),
                query: filter_pairs(filter)
                    .iter()
                    .map(|(name, value)| format!("{name}={}", encode(value)))
                    .collect::<Vec<_>>()
                    .join("&"),
                older: page.before.is_some() || by_event.is_some(),
                folds: folds(filter),
            },
            pins: is_whole.then(|| pins(page)),
            notices,
            lanes,
            groups: links.groups(page),
            chosen,
            clear: links.to(&Filter { lane: filter.lane.clone(), ..Filter::default() }),
            empty: sections.is_empty().then(|| empty(page, &calendar, w)),
            quiet: quiet_rate(page.times, context.now).filter(|_| is_whole && !sections.is_empty()).map(|rate| Quiet {
                usual: sources::usual_sentence(rate, w),
                why: w.with2("quiet-why", "reads", &reads, "city", &city.name),
            }),
            around: city.around.as_ref().filter(|_| filter.lane.is_none()).map(|around| Around {
                name: around.name.clone(),
                href: links.to(&Filter { lane: Some(Lane::Around), ..Filter::default() }),
            }),
            sections,
            older: page.page.next.filter(|_| by_event.is_none()).map(|next| {
                Address::city(city.id.as_str())
                    .filtered(filter)
                    .with("before", next.to_string())
                    .language(context.carried())
                    .to_string()
            }),
            newest: page.before.map(|_| links.to(filter)),
            map: map(page, &links),
            invite: city.recipe.invite.clone(),
            participation: city.participation.as_deref().and_then(web_address),
            trouble: page
                .sources
                .iter()
                .filter(|source| sources::is_trouble(source.state))
                .map(|source| sources::state_sentence(source, &calendar, context.now, w))
                .collect(),
            reads,
            health: sources::in_brief(page.sources, &calendar, context.now, w),
            retention: usize::from(context.settings.retention.invited),
            sources_href: Address::below(city.id.as_str(), "sources").language(context.carried()).to_string(),
            ask: Address::below(city.id.as_str(), "ask").language(context.carried()).to_string(),
        }
    }
}

fn pins(page: &CityPage<'_>) -> Vec<Pin> {
    let here = |card: &Card| page.page.cards.iter().chain(&page.page.replies).any(|other| other.id == card.id);
    let pin = |card: &Arc<Card>| {
        let id = card.id.token();
        let why = Address::why(page.city.id.as_str(), card.id).language(Some(page.context.language)).to_string();
        let href = if here(card) { format!("#post-{id}") } else { why.clone() };
        Some(Pin { text: pin_line(card)?, lang: card.lang.clone(), href, why, id })
    };
    page.pins.iter().filter_map(pin).collect()
}

/// The title that a tab or a bookmark shows: what is chosen comes first, so that two of them can be told apart.
fn head_title(title: &str, page: &CityPage<'_>, lanes: &[Choice], chosen: &[Choice], w: Words) -> String {
    let lane = lanes.iter().filter(|lane| lane.current && page.filter.lane.is_some());
    let mut parts: Vec<String> = lane.chain(chosen).map(|choice| choice.text.clone()).collect();
    parts.extend(page.before.map(|_| w.t("paging-older")));
    if parts.is_empty() { title.to_owned() } else { format!("{} · {title}", parts.join(", ")) }
}

/// What the square is doing, in figures that follow its rhythm.
fn state_line(page: &CityPage<'_>, rhythm: Rhythm, calendar: &Calendar, w: Words) -> String {
    let now = page.context.now;
    let Some(last) = page.times.first().copied() else {
        return w.count("state-none", usize::try_from(Rhythm::DAYS).unwrap_or_default());
    };
    let today = calendar.date(now);
    let (key, count) = match rhythm {
        Rhythm::Live => ("state-live", page.times.iter().filter(|at| now.seconds_since(**at) < 86_400).count()),
        Rhythm::Today => ("state-today", page.times.iter().filter(|at| calendar.date(**at) == today).count()),
        Rhythm::Week => ("state-week", page.times.iter().filter(|at| now.seconds_since(**at) < 7 * 86_400).count()),
    };
    if count == 0 { w.with("state-quiet", "since", &calendar.since(last, now)) } else { w.count(key, count) }
}

/// Why nothing is here, since when, and what can be done.
fn empty(page: &CityPage<'_>, calendar: &Calendar, w: Words) -> Empty {
    let now = page.context.now;
    if page.before.is_some() {
        return Empty {
            title: w.t("empty-older"),
            lines: vec![w.count("empty-older-why", usize::from(page.context.settings.retention.invited))],
            whole: false,
        };
    }
    if !page.filter.is_empty() {
        return Empty { title: w.t("empty-filtered"), lines: vec![w.t("empty-filtered-why")], whole: false };
    }
    let mut lines = Vec::new();
    match page.sources.iter().min_by_key(|source| source.since) {
        None => lines.push(w.t("empty-no-source")),
        Some(source) if source.state == SourceState::Live || source.state == SourceState::Silent => {
            let network = network_name(source.network, w);
            lines.push(w.with2(
                "empty-reading-since",
                "network",
                &network,
                "since",
                &calendar.since(source.since, now),
            ));
        }
        Some(source) => lines.push(sources::state_sentence(source, calendar, now, w)),
    }
    if let Some(last) = page.times.first() {
        lines.push(w.with("empty-last", "since", &calendar.since(*last, now)));
    }
    Empty { title: w.with("empty-title", "city", &page.city.name), lines, whole: true }
}
