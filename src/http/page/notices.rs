use std::sync::Arc;

use crate::domain::{Card, Filter, Lane, Network};

use super::{
    calendar::Calendar, card::headline, city::CityPage, filters::Links, rhythm::Rhythm, text::site,
    when::when_in_short, words::Words,
};

/// Lines of each kind; the lane's page has all.
const LINES_MAX: usize = 4;

/// What is in force now and what is to come, in a few lines above what people say.
pub struct Notices {
    /// How much there is, in words.
    pub summary: String,
    /// Open on a quiet square, where it is what there is to know.
    pub open: bool,
    pub groups: Vec<NoticeGroup>,
}

pub struct NoticeGroup {
    pub heading: String,
    pub lines: Vec<NoticeLine>,
    /// The lane's page, and how many are there.
    pub all: Option<(String, String)>,
}

pub struct NoticeLine {
    pub text: String,
    pub href: String,
    /// Until when, or when it takes place.
    pub when: Option<String>,
    pub source: String,
}

/// `None` where nothing is announced, and on any page but the whole square's newest.
pub fn notices(
    page: &CityPage<'_>,
    rhythm: Rhythm,
    links: &Links<'_>,
    calendar: &Calendar,
    w: Words,
) -> Option<Notices> {
    let announced = page.announced.filter(|_| page.filter.is_empty() && page.before.is_none())?;
    // What moderators folded is read in its card alone.
    let open = |cards: &[Arc<Card>]| -> Vec<Arc<Card>> {
        cards.iter().filter(|card| card.covered.is_none()).cloned().collect()
    };
    let (notices, events) = (open(&announced.notices), open(&announced.events));
    if notices.is_empty() && events.is_empty() {
        return None;
    }
    let mut groups = Vec::new();
    let mut told = Vec::new();
    for (cards, lane, heading, count, all) in [
        (notices, Lane::Info, "notices-info", "notices-info-count", "notices-info-all"),
        (events, Lane::Agenda, "notices-agenda", "notices-agenda-count", "notices-agenda-all"),
    ] {
        if cards.is_empty() {
            continue;
        }
        told.push(w.count(count, cards.len()));
        let lane = links.to(&Filter { lane: Some(lane), ..Filter::default() });
        groups.push(NoticeGroup {
            heading: w.t(heading),
            lines: cards.iter().take(LINES_MAX).map(|card| line(card, &lane, calendar, w)).collect(),
            all: (cards.len() > LINES_MAX).then(|| (lane.clone(), w.count(all, cards.len()))),
        });
    }
    Some(Notices { summary: told.join(", "), open: rhythm == Rhythm::Week, groups })
}

fn line(card: &Card, lane: &str, calendar: &Calendar, w: Words) -> NoticeLine {
    let source = match card.network {
        Network::Feed => card.author.handle.clone(),
        _ => card.author.official.clone().or_else(|| card.author.name.clone()),
    };
    NoticeLine {
        text: headline(card),
        href: format!("{lane}#post-{}", card.id.token()),
        when: when_in_short(card, calendar, w),
        source: source.or_else(|| card.url.as_deref().and_then(site)).unwrap_or_default(),
    }
}
