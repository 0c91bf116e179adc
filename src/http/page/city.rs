use std::collections::{BTreeMap, HashMap};

use askama::Template;

use crate::domain::{
    City, Cursor, Filter, Lane, Page, PostId, SourceHealth, SourceState, Timestamp, fold_tag,
};

use super::{
    address::{Address, encode, filter_pairs},
    calendar::Calendar,
    card::{network_name, render_card, zone_on_map},
    context::PageContext,
    frame::Frame,
    outline::Outline,
    rhythm::Rhythm,
    sources,
    words::Words,
};

/// At most so many tags are offered as filters.
const TAGS_MAX: usize = 8;

/// What the feed's page is made from.
pub struct CityPage<'a> {
    pub context: &'a PageContext,
    pub city: &'a City,
    /// Read with `threads: true`.
    pub page: &'a Page,
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
    rhythm: Rhythm,
    state: String,
    as_of: String,
    here: String,
    live: LiveView,
    lanes: Vec<Choice>,
    groups: Vec<Group>,
    chosen: Vec<Choice>,
    clear: String,
    sections: Vec<Section>,
    empty: Option<Empty>,
    older: Option<String>,
    newest: Option<String>,
    map: Option<MapView>,
    invite: Option<String>,
    trouble: Vec<String>,
    reads: String,
    health: Vec<String>,
    sources_href: String,
    /// The longest time for which any post is kept, in days.
    retention: usize,
}

/// What `<live-feed>` needs to join the live session from this page.
struct LiveView {
    url: String,
    cursor: String,
    query: String,
    older: bool,
}

struct Choice {
    text: String,
    href: String,
    current: bool,
}

/// One kind of filter in the rail.
struct Group {
    heading: String,
    choices: Vec<Choice>,
}

/// A day or a week of posts.
struct Section {
    key: String,
    heading: String,
    /// The date behind a word such as "today".
    date: Option<String>,
    entries: Vec<Entry>,
}

struct Entry {
    card: String,
    replies: Vec<String>,
    /// How many they are, in words.
    summary: String,
}

struct Empty {
    title: String,
    lines: Vec<String>,
}

struct MapView {
    outline: Outline,
    /// Zones with how many of the posts shown are in each, most first.
    rows: Vec<MapRow>,
    marks: Vec<MapMark>,
    located: usize,
}

struct MapRow {
    zone: String,
    href: String,
    count: usize,
}

struct MapMark {
    zone: String,
    x: i32,
    y: i32,
    count: usize,
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
        let sections = sections(page, rhythm, &calendar, w);
        Self {
            frame,
            w,
            city,
            rhythm,
            state: state_line(page, rhythm, &calendar, w),
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
                older: page.before.is_some(),
            },
            lanes: links.lanes(),
            groups: links.groups(page),
            chosen: links.chosen(),
            clear: links.to(&Filter { lane: filter.lane.clone(), ..Filter::default() }),
            empty: sections.is_empty().then(|| empty(page, &calendar, w)),
            sections,
            older: page.page.next.map(|next| {
                Address::city(city.id.as_str())
                    .filtered(filter)
                    .with("before", next.to_string())
                    .language(context.carried())
                    .to_string()
            }),
            newest: page.before.map(|_| links.to(filter)),
            map: map(page, &links),
            invite: city.recipe.invite.clone(),
            trouble: page
                .sources
                .iter()
                .filter(|source| sources::is_trouble(source.state))
                .map(|source| sources::state_sentence(source, &calendar, context.now, w))
                .collect(),
            reads: sources::reads(page.sources, w),
            health: page
                .sources
                .iter()
                .map(|source| sources::state_sentence(source, &calendar, context.now, w))
                .collect(),
            retention: usize::from(context.settings.retention.invited),
            sources_href: Address::below(city.id.as_str(), "sources").language(context.carried()).to_string(),
        }
    }
}

/// What the square is doing, in figures that follow its rhythm.
fn state_line(page: &CityPage<'_>, rhythm: Rhythm, calendar: &Calendar, w: Words) -> String {
    let now = page.context.now;
    let Some(last) = page.times.first().copied() else {
        return w.count("state-none", usize::try_from(Rhythm::DAYS).unwrap_or_default());
    };
    let today = calendar.date(now);
    let (key, count) = match rhythm {
        Rhythm::Live => {
            ("state-live", page.times.iter().filter(|at| now.seconds_since(**at) < 86_400).count())
        }
        Rhythm::Today => ("state-today", page.times.iter().filter(|at| calendar.date(**at) == today).count()),
        Rhythm::Week => (
            "state-week",
            page.times.iter().filter(|at| Calendar::week(calendar.date(**at)) == Calendar::week(today)).count(),
        ),
    };
    if count == 0 { w.with("state-quiet", "since", &calendar.since(last, now)) } else { w.count(key, count) }
}

fn sections(page: &CityPage<'_>, rhythm: Rhythm, calendar: &Calendar, w: Words) -> Vec<Section> {
    let mut replies: HashMap<PostId, Vec<String>> = HashMap::new();
    for reply in &page.page.replies {
        if let Some(thread) = reply.thread {
            replies.entry(thread).or_default().push(render_card(reply, page.city, w));
        }
    }
    let mut sections: Vec<Section> = Vec::new();
    for card in &page.page.cards {
        let date = rhythm.section(calendar, card.received_at);
        let key = date.to_string();
        let replies = replies.remove(&card.id).unwrap_or_default();
        let entry = Entry {
            card: render_card(card, page.city, w),
            summary: w.count("thread-replies", replies.len()),
            replies,
        };
        match sections.last_mut() {
            Some(section) if section.key == key => section.entries.push(entry),
            _ => {
                let (heading, date) = heading(rhythm, date, calendar, page.context.now, w);
                sections.push(Section { key, heading, date, entries: vec![entry] });
            }
        }
    }
    sections
}

fn heading(
    rhythm: Rhythm,
    date: jiff::civil::Date,
    calendar: &Calendar,
    now: Timestamp,
    w: Words,
) -> (String, Option<String>) {
    let today = calendar.date(now);
    if rhythm == Rhythm::Week {
        let week = Calendar::week(today);
        return match week.since(date).map(|span| span.get_days()) {
            Ok(0) => (w.t("section-this-week"), None),
            Ok(7) => (w.t("section-last-week"), None),
            _ => (w.with("section-week-of", "day", &calendar.day(date)), None),
        };
    }
    match today.since(date).map(|span| span.get_days()) {
        Ok(0) => (w.t("section-today"), Some(calendar.day(date))),
        Ok(1) => (w.t("section-yesterday"), Some(calendar.day(date))),
        _ => (calendar.day(date), None),
    }
}

/// Why nothing is here, since when, and what can be done.
fn empty(page: &CityPage<'_>, calendar: &Calendar, w: Words) -> Empty {
    let now = page.context.now;
    if page.before.is_some() {
        return Empty {
            title: w.t("empty-older"),
            lines: vec![
                w.count("empty-older-why", usize::from(page.context.settings.retention.invited)),
            ],
        };
    }
    if !page.filter.is_empty() {
        return Empty { title: w.t("empty-filtered"), lines: vec![w.t("empty-filtered-why")] };
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
    Empty { title: w.with("empty-title", "city", &page.city.name), lines }
}

/// No map where there are no zones: it would show the emblem once more.
fn map(page: &CityPage<'_>, links: &Links<'_>) -> Option<MapView> {
    let outline = Outline::of(page.city).filter(|_| !page.city.zones.is_empty())?;
    let mut counts: BTreeMap<&str, usize> =
        page.city.zones.iter().map(|zone| (zone.name.as_str(), 0)).collect();
    for card in page.page.cards.iter().chain(&page.page.replies) {
        if let Some(count) = zone_on_map(card, page.city).and_then(|zone| counts.get_mut(zone)) {
            *count += 1;
        }
    }
    let marks = outline
        .zones
        .iter()
        .map(|zone| MapMark {
            zone: zone.name.clone(),
            x: zone.x,
            y: zone.y,
            count: counts.get(zone.name.as_str()).copied().unwrap_or_default(),
        })
        .collect();
    let mut rows: Vec<MapRow> = counts
        .into_iter()
        .map(|(zone, count)| MapRow {
            zone: zone.to_owned(),
            href: links.to(&Filter { zone: Some(zone.to_owned()), ..links.filter.clone() }),
            count,
        })
        .collect();
    // Stable: zones of one count stay in the alphabet's order.
    rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    Some(MapView { outline, located: rows.iter().map(|row| row.count).sum(), rows, marks })
}

/// Addresses of this page under other filters.
struct Links<'a> {
    context: &'a PageContext,
    city: &'a City,
    filter: &'a Filter,
}

impl Links<'_> {
    fn to(&self, filter: &Filter) -> String {
        Address::city(self.city.id.as_str()).filtered(filter).language(self.context.carried()).to_string()
    }

    fn lanes(&self) -> Vec<Choice> {
        let w = self.context.words();
        let mut lanes = vec![
            (None, w.t("lane-all")),
            (Some(Lane::People), w.t("lane-people")),
            (Some(Lane::Info), w.t("lane-info")),
        ];
        if self.city.officials.iter().any(|official| official.kind == crate::domain::OfficialKind::Press) {
            lanes.push((Some(Lane::Press), w.t("lane-press")));
        }
        if self.city.around.is_some() {
            lanes.push((Some(Lane::Around), w.t("lane-around")));
        }
        // A lane that was asked for by its address has its tab, so that the page says where the reader is.
        if let Some(asked) = &self.filter.lane
            && !lanes.iter().any(|(lane, _)| lane.as_ref() == Some(asked))
        {
            lanes.push((Some(asked.clone()), lane_name(asked, w)));
        }
        lanes
            .into_iter()
            .map(|(lane, text)| Choice {
                current: lane == self.filter.lane,
                href: self.to(&Filter { lane, ..self.filter.clone() }),
                text,
            })
            .collect()
    }

    /// The filters in force, each leading to the page without it.
    fn chosen(&self) -> Vec<Choice> {
        let w = self.context.words();
        let without = |change: fn(&mut Filter)| {
            let mut filter = self.filter.clone();
            change(&mut filter);
            self.to(&filter)
        };
        let mut chosen = Vec::new();
        let mut push = |text: String, href: String| chosen.push(Choice { text, href, current: true });
        if let Some(zone) = &self.filter.zone {
            push(zone.clone(), without(|filter| filter.zone = None));
        }
        if let Some(tag) = &self.filter.tag {
            push(format!("#{tag}"), without(|filter| filter.tag = None));
        }
        if let Some(network) = self.filter.network {
            push(network_name(network, w), without(|filter| filter.network = None));
        }
        if let Some(lang) = &self.filter.lang {
            push(language_name(lang, w), without(|filter| filter.lang = None));
        }
        chosen
    }

    fn groups(&self, page: &CityPage<'_>) -> Vec<Group> {
        let w = self.context.words();
        let mut groups = Vec::new();
        let mut group = |key: &str, choices: Vec<Choice>, least: usize| {
            if choices.len() >= least {
                groups.push(Group { heading: w.t(key), choices });
            }
        };
        let zones = self.city.zones.iter().map(|zone| {
            self.toggle(zone.name.clone(), self.filter.zone.as_ref() == Some(&zone.name), |filter, on| {
                filter.zone = on.then(|| zone.name.clone());
            })
        });
        group("filter-zones", zones.collect(), 1);
        let tags = frequent_tags(page).into_iter().map(|(key, display)| {
            self.toggle(format!("#{display}"), self.filter.tag.as_ref() == Some(&key), |filter, on| {
                filter.tag = on.then(|| key.clone());
            })
        });
        group("filter-tags", tags.collect(), 1);
        let mut networks: Vec<_> = page.sources.iter().map(|source| source.network).collect();
        networks.sort_unstable();
        networks.dedup();
        let networks = networks.into_iter().map(|network| {
            self.toggle(network_name(network, w), self.filter.network == Some(network), |filter, on| {
                filter.network = on.then_some(network);
            })
        });
        // One network is no choice.
        group("filter-networks", networks.collect(), 2);
        let mut languages: Vec<&String> = page.page.cards.iter().filter_map(|card| card.lang.as_ref()).collect();
        languages.extend(&self.filter.lang);
        languages.sort_unstable();
        languages.dedup();
        let languages = languages.into_iter().map(|lang| {
            self.toggle(language_name(lang, w), self.filter.lang.as_ref() == Some(lang), |filter, on| {
                filter.lang = on.then(|| lang.clone());
            })
        });
        group("filter-languages", languages.collect(), 2);
        groups
    }

    /// A link that sets a filter, or takes it back when it is in force.
    fn toggle(&self, text: String, current: bool, set: impl FnOnce(&mut Filter, bool)) -> Choice {
        let mut filter = self.filter.clone();
        set(&mut filter, !current);
        Choice { text, href: self.to(&filter), current }
    }
}

/// Tags of at least two of the posts shown, most frequent first; not those of assemblies (L-42), and not the
/// invitation, which all its posts carry.
fn frequent_tags(page: &CityPage<'_>) -> Vec<(String, String)> {
    let recipe = &page.city.recipe;
    let left_out: Vec<String> = recipe.assembly.iter().chain(&recipe.invite).map(|tag| fold_tag(tag)).collect();
    let mut seen: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for card in &page.page.cards {
        let mut keys: Vec<(String, &String)> = card.tags.iter().map(|tag| (fold_tag(tag), tag)).collect();
        keys.sort();
        keys.dedup_by(|a, b| a.0 == b.0);
        for (key, display) in keys {
            seen.entry(key).or_insert_with(|| (0, display.clone())).0 += 1;
        }
    }
    let mut tags: Vec<_> = seen
        .into_iter()
        .filter(|(key, (count, _))| *count >= 2 && !left_out.contains(key))
        .map(|(key, (count, display))| (count, key, display))
        .collect();
    tags.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    tags.into_iter().take(TAGS_MAX).map(|(_, key, display)| (key, display)).collect()
}

fn lane_name(lane: &Lane, w: Words) -> String {
    match lane {
        Lane::Event(slug) => w.with("kind-event", "name", slug),
        other => w.t(&format!("lane-{}", other.to_token())),
    }
}

/// A language by its name where we have one, else by its code.
fn language_name(lang: &str, w: Words) -> String {
    let key = format!("language-{lang}");
    let name = w.t(&key);
    if name == key { lang.to_owned() } else { name }
}
