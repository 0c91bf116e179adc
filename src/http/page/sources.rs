use askama::Template;

use crate::domain::{City, Network, SourceHealth, SourceState, Timestamp};

use super::{
    address::Address, calendar::Calendar, card::network_name, context::PageContext, frame::Frame,
    rhythm::usual_per_day, text::site, words::Words,
};

/// What this feed can see and what it can't (feature 7). `times` as in [`super::CityPage`].
pub fn render_sources(context: &PageContext, city: &City, sources: &[SourceHealth], times: &[Timestamp]) -> String {
    SourcesView::new(context, city, sources, times).render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "sources.html")]
struct SourcesView<'a> {
    frame: Frame<'a>,
    w: Words,
    usual: Option<String>,
    sources: Vec<SourceView>,
    has_feeds: bool,
    has_nostr: bool,
}

struct SourceView {
    name: Option<String>,
    state: String,
    trouble: bool,
    detail: String,
    last_event: Option<String>,
    missing: Option<String>,
    gaps: Vec<String>,
}

impl<'a> SourcesView<'a> {
    fn new(context: &PageContext, city: &'a City, sources: &[SourceHealth], times: &[Timestamp]) -> Self {
        let w = context.words();
        let calendar = Calendar::new(&city.timezone, w);
        let usual = usual_per_day(times, context.now);
        let here = Address::below(city.id.as_str(), "sources");
        // With one source the usual level is that source's; with several it can't be told apart here.
        let of_one = usual.filter(|_| sources.len() == 1);
        Self {
            frame: Frame::new(context, Some(city), &here, w.with("sources-title", "city", &city.name)),
            w,
            usual: usual.map(|rate| usual_sentence(rate, w)),
            has_feeds: sources.iter().any(|source| source.network == Network::Feed),
            has_nostr: sources.iter().any(|source| source.network == Network::Nostr),
            sources: sources.iter().map(|source| SourceView::new(source, &calendar, context.now, of_one, w)).collect(),
        }
    }
}

impl SourceView {
    fn new(source: &SourceHealth, calendar: &Calendar, now: Timestamp, usual: Option<f64>, w: Words) -> Self {
        let trouble = is_trouble(source.state);
        let away = now.seconds_since(source.since).max(0) as f64 / 86_400.0;
        let missing = usual.filter(|_| trouble).map(|rate| rounded(rate * away)).filter(|n| *n > 0);
        Self {
            name: own_name(source).map(str::to_owned),
            state: state_sentence(source, calendar, now, w),
            trouble,
            // A source that is live may have something to say of its connection; one that connects, why it had to.
            detail: source.detail.clone(),
            last_event: source.last_event_at.map(|at| w.with("sources-last-event", "when", &calendar.since(at, now))),
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
        SourceState::Live if source.network == Network::Feed => "source-visited",
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

/// Where a network has several sources, what tells this one apart.
fn own_name(source: &SourceHealth) -> Option<&str> {
    source.source.as_str().strip_prefix(source.network.as_str())?.strip_prefix(':')
}

/// The network's name, or the site's where the source is a feed.
fn source_name(source: &SourceHealth, w: Words) -> String {
    let site = own_name(source).filter(|_| source.network == Network::Feed).and_then(site);
    site.unwrap_or_else(|| network_name(source.network, w))
}

/// Which networks are read, in one sentence.
pub fn reads(sources: &[SourceHealth], w: Words) -> String {
    let mut names: Vec<String> = sources.iter().map(|source| network_name(source.network, w)).collect();
    names.dedup();
    if names.is_empty() { w.t("reads-nothing") } else { w.with("reads", "networks", &names.join(", ")) }
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
