use askama::Template;

use crate::domain::{City, Network, SourceHealth, SourceState, Timestamp, Usual, Volume};

use super::{
    address::Address, calendar::Calendar, card::network_name, context::PageContext, frame::Frame, handlers::PageState,
    rhythm::usual_per_day, text::site, words::Words,
};

/// What this feed can see and what it can't (feature 7). `times` as in [`super::CityPage`].
pub fn render_sources(
    context: &PageContext,
    city: &City,
    sources: &[SourceHealth],
    times: &[Timestamp],
    volumes: &[Volume],
) -> String {
    SourcesView::new(context, city, sources, times, volumes).render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "sources.html")]
struct SourcesView<'a> {
    frame: Frame<'a>,
    w: Words,
    usual: Option<String>,
    sources: Vec<SourceView>,
    has_nostr: bool,
    register: String,
    /// Some account answers for the city.
    has_desk: bool,
    /// What could be read here and is not: its name, and what it takes.
    not_yet: Vec<(String, String)>,
}

/// What any city may have read, with the words for its name and for what it takes.
pub const NOT_YET: [(Network, &str, &str); 5] = [
    (Network::Mastodon, "network-mastodon", "sources-mastodon"),
    (Network::Feed, "sources-feeds-name", "sources-feeds"),
    (Network::OpenData, "network-opendata", "sources-opendata"),
    (Network::Nostr, "network-nostr", "sources-nostr"),
    (Network::Push, "network-push", "sources-push"),
];

/// How one source does, in words.
pub struct SourceView {
    pub name: Option<String>,
    pub state: String,
    pub trouble: bool,
    pub detail: String,
    pub last_event: Option<String>,
    pub last_post: Option<String>,
    pub share: Option<String>,
    pub missing: Option<String>,
    pub gaps: Vec<String>,
}

/// How each of some sources does; without what is usual where the store can't say it.
pub async fn source_views(
    state: &PageState,
    context: &PageContext,
    city: &City,
    sources: &[SourceHealth],
) -> Vec<SourceView> {
    let times = state.times(&city.id, context.now).await.unwrap_or_default();
    let volumes = state.log.volumes(&city.id).await.unwrap_or_default();
    views(context, city, sources, &times, &volumes)
}

fn views(
    context: &PageContext,
    city: &City,
    sources: &[SourceHealth],
    times: &[Timestamp],
    volumes: &[Volume],
) -> Vec<SourceView> {
    let w = context.words();
    let calendar = Calendar::new(&city.timezone, w);
    // Volumes reach as far back as the oldest post, four weeks at most.
    let days = times.last().map_or(0.0, |first| context.now.seconds_since(*first) as f64 / 86_400.0);
    let view = |source: &SourceHealth| {
        let view = SourceView::new(source, &calendar, context.now, Usual::of(source, volumes), days, w);
        match sender_name(source, city) {
            Some(name) => SourceView { name: Some(name.to_owned()), ..view },
            None => view,
        }
    };
    sources.iter().map(view).collect()
}

impl<'a> SourcesView<'a> {
    fn new(
        context: &PageContext,
        city: &'a City,
        sources: &[SourceHealth],
        times: &[Timestamp],
        volumes: &[Volume],
    ) -> Self {
        let w = context.words();
        let usual = usual_per_day(times, context.now);
        let here = Address::below(city.id.as_str(), "sources");
        let reads = |network| sources.iter().any(|source| source.network == network);
        let not_yet = NOT_YET.into_iter().filter(|(network, ..)| !reads(*network));
        Self {
            frame: Frame::new(context, Some(city), &here, w.with("sources-title", "city", &city.name)),
            w,
            usual: usual.map(|rate| usual_sentence(rate, w)),
            register: Address::below(city.id.as_str(), "register").language(context.carried()).to_string(),
            has_nostr: reads(Network::Nostr),
            has_desk: city.officials.iter().any(|official| official.kind.answers()),
            not_yet: not_yet.map(|(_, name, why)| (w.t(name), w.t(why))).collect(),
            sources: views(context, city, sources, times, volumes),
        }
    }
}

impl SourceView {
    /// `days`: over which `usual` was counted; too few tell no rate.
    fn new(source: &SourceHealth, calendar: &Calendar, now: Timestamp, usual: Usual, days: f64, w: Words) -> Self {
        let trouble = is_trouble(source.state);
        let away = now.seconds_since(source.since).max(0) as f64 / 86_400.0;
        let rate = usual.share.filter(|_| trouble && days >= 2.0).map(|_| usual.posts as f64 / days);
        let missing = rate.map(|rate| rounded(rate * away)).filter(|n| *n > 0);
        Self {
            name: source.own_name().map(str::to_owned),
            state: state_sentence(source, calendar, now, w),
            trouble,
            // A source that is live may have something to say of its connection; one that connects, why it had to.
            detail: source.detail.clone(),
            last_event: source.last_event_at.map(|at| w.with("sources-last-event", "when", &calendar.since(at, now))),
            last_post: usual.last_at.map(|at| w.with("sources-last-post", "when", &calendar.since(at, now))),
            share: usual.share.map(|share| w.count("sources-share", rounded(share * 100.0))),
            missing: missing.map(|n| w.count("sources-missing", n)),
            gaps: source
                .gaps
                .iter()
                .rev()
                .map(|gap| {
                    w.with2(
                        "sources-gap",
                        "from",
                        &calendar.since(gap.from, now),
                        "until",
                        // Of one day, the second time needs no date.
                        &calendar.since(gap.until, gap.from),
                    )
                })
                .collect(),
        }
    }
}

/// Whether a reader misses something because of this state.
pub const fn is_trouble(state: SourceState) -> bool {
    match state {
        SourceState::Live | SourceState::Connecting => false,
        SourceState::CatchingUp
        | SourceState::WaitingForProfiles
        | SourceState::Silent
        | SourceState::Down
        | SourceState::Refused
        | SourceState::Stopped => true,
    }
}

/// `Bluesky : coupé depuis 14:10, nouvel essai en cours.`
pub fn state_sentence(source: &SourceHealth, calendar: &Calendar, now: Timestamp, w: Words) -> String {
    let key = match source.state {
        SourceState::Connecting => "source-connecting",
        SourceState::Live if source.polled => "source-visited",
        SourceState::Live if source.network == Network::Push => "source-push",
        SourceState::Live => "source-live",
        SourceState::CatchingUp => "source-catching-up",
        SourceState::WaitingForProfiles => "source-waiting-for-profiles",
        SourceState::Silent => "source-silent",
        SourceState::Down => "source-down",
        SourceState::Refused => "source-refused",
        SourceState::Stopped => "source-stopped",
    };
    let network = source_name(source, w);
    w.with2(key, "network", &network, "since", &calendar.since(source.since, now))
}

/// Who sends by itself, as the city lists it.
fn sender_name<'a>(source: &SourceHealth, city: &'a City) -> Option<&'a str> {
    let account = source.own_name().filter(|_| source.network == Network::Push)?;
    let sender = city.pushes.iter().find(|sender| sender.author(&city.id).as_str() == account)?;
    Some(&sender.name)
}

/// The network's name, or the site's where the source is a list on one.
fn source_name(source: &SourceHealth, w: Words) -> String {
    let site = source.own_name().filter(|_| source.network.is_listing()).and_then(site);
    site.unwrap_or_else(|| network_name(source.network, w))
}

/// Which networks are read, in one sentence.
pub fn reads(sources: &[SourceHealth], w: Words) -> String {
    let is_feed = |source: &&SourceHealth| source.network == Network::Feed;
    let is_sender = |source: &&SourceHealth| source.network == Network::Push;
    let networks = sources
        .iter()
        .filter(|source| !is_feed(source) && !is_sender(source))
        .map(|source| network_name(source.network, w));
    let mut names: Vec<String> = Vec::new();
    for name in networks {
        // Sources that follow the cities come and go, so those of a network may stand apart.
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let feeds = sources.iter().filter(is_feed).count();
    names.extend((feeds > 0).then(|| w.count("reads-feeds", feeds)));
    let senders = sources.iter().filter(is_sender).count();
    names.extend((senders > 0).then(|| w.count("reads-senders", senders)));
    match names.split_last() {
        None => w.t("reads-nothing"),
        Some((only, [])) => w.with("reads", "networks", only),
        Some((last, others)) => w.with("reads", "networks", &w.with2("and", "a", &others.join(", "), "b", last)),
    }
}

/// How each source does, in few lines: feeds that are as they should be are one, so are datasets, and senders that are need
/// none.
pub fn in_brief(sources: &[SourceHealth], calendar: &Calendar, now: Timestamp, w: Words) -> Vec<String> {
    let is_quiet = |network: Network| network.is_listing() || network == Network::Push;
    let is_well = |source: &SourceHealth| is_quiet(source.network) && source.state == SourceState::Live;
    let others = sources.iter().filter(|source| !is_well(source));
    let mut lines: Vec<String> = others.map(|source| state_sentence(source, calendar, now, w)).collect();
    for (network, words) in [(Network::Feed, "feeds-visited"), (Network::OpenData, "datasets-visited")] {
        let well = sources.iter().filter(|source| source.network == network && is_well(source)).count();
        lines.extend((well > 0).then(|| w.count(words, well)));
    }
    lines
}

/// `D’ordinaire, environ 4 messages par jour.` From posts a day.
pub fn usual_sentence(rate: f64, w: Words) -> String {
    if rate >= 1.0 {
        w.count("sources-usual-day", rounded(rate))
    } else {
        w.count("sources-usual-week", rounded(rate * 7.0))
    }
}

fn rounded(value: f64) -> usize {
    // Figures here are small and not negative; the cast saturates otherwise.
    value.round() as usize
}
