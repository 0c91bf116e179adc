use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::domain::{Announced, Card, Filter, Lane, PostId, Timestamp};

use super::{calendar::Calendar, card::render_card, city::CityPage, words::Words};

/// A day of posts.
pub struct Section {
    pub key: String,
    pub heading: String,
    /// The date behind a word such as "today".
    pub date: Option<String>,
    pub entries: Vec<Entry>,
}

pub enum Entry {
    /// A card with its thread, and how many replies that is in words.
    Card { card: String, replies: Vec<String>, summary: String },
    /// Automatic cards behind one line that says how many they are.
    Folded { cards: Vec<String>, summary: String },
}

/// Between two automatic cards that stand by themselves there are so many of people, at least: so they are at most one in
/// three of what is seen. The browser knows the same figure (`web/src/live/folding.ts`).
const PEOPLE_BETWEEN: usize = 2;

/// Whether the page is that of the events to come, which stand in the order in which they take place.
pub fn is_agenda(filter: &Filter, before: Option<u64>) -> bool {
    *filter == (Filter { lane: Some(Lane::Agenda), ..Filter::default() }) && before.is_none()
}

/// Whether automatic cards are folded together: where everything stands, and not where a reader asked for a part of it.
pub const fn folds(filter: &Filter) -> bool {
    filter.lane.is_none() && filter.network.is_none()
}

/// The posts by the day on which they came, newest first, what sites say by themselves folded where it would crowd people
/// out. Where nobody speaks, it is what there is to read.
pub fn by_arrival(page: &CityPage<'_>, calendar: &Calendar, w: Words) -> Vec<Section> {
    let mut replies: HashMap<PostId, Vec<String>> = HashMap::new();
    for reply in &page.page.replies {
        if let Some(thread) = reply.thread {
            replies.entry(thread).or_default().push(render_card(reply, page.city, w));
        }
    }
    let cards = &page.page.cards;
    let may_fold = folds(page.filter) && cards.iter().any(|card| !card.automated);
    let mut people = PEOPLE_BETWEEN;
    let day_of = |card: &Arc<Card>| calendar.date(card.received_at);
    let days = cards.chunk_by(|a, b| day_of(a) == day_of(b)).filter_map(|day| {
        let mut entries = Vec::new();
        for card in day {
            let rendered = render_card(card, page.city, w);
            if card.automated && may_fold && people < PEOPLE_BETWEEN {
                fold(&mut entries, rendered, w);
                continue;
            }
            people = if card.automated { 0 } else { people.saturating_add(1) };
            let replies = replies.remove(&card.id).unwrap_or_default();
            entries.push(Entry::Card { card: rendered, summary: w.count("thread-replies", replies.len()), replies });
        }
        Some(section(day_of(day.first()?), entries, calendar, page.context.now, w))
    });
    days.collect()
}

/// The events by the day on which they take place; those that have begun, under today.
pub fn by_event(page: &CityPage<'_>, announced: &Announced, calendar: &Calendar, w: Words) -> Vec<Section> {
    let now = page.context.now;
    let day_of = |card: &Arc<Card>| calendar.date(card.schedule.starts_at.map_or(now, |start| start.max(now)));
    let days = announced.events.chunk_by(|a, b| day_of(a) == day_of(b)).filter_map(|day| {
        let cards = day.iter().map(|card| render_card(card, page.city, w));
        let entries = cards.map(|card| Entry::Card { card, replies: Vec::new(), summary: String::new() }).collect();
        Some(section(day_of(day.first()?), entries, calendar, now, w))
    });
    days.collect()
}

/// Puts a card behind its day's line of folded ones, which stands where the first of them stood.
fn fold(entries: &mut Vec<Entry>, card: String, w: Words) {
    for entry in &mut *entries {
        if let Entry::Folded { cards, summary } = entry {
            cards.push(card);
            *summary = w.count("folded-automatic", cards.len());
            return;
        }
    }
    entries.push(Entry::Folded { cards: vec![card], summary: w.count("folded-automatic", 1) });
}

fn section(day: Date, entries: Vec<Entry>, calendar: &Calendar, now: Timestamp, w: Words) -> Section {
    let name = calendar.day(day);
    let (heading, date) = match calendar.date(now).since(day).map(|span| span.get_days()) {
        Ok(0) => (w.t("section-today"), Some(name)),
        Ok(1) => (w.t("section-yesterday"), Some(name)),
        _ => (name, None),
    };
    Section { key: day.to_string(), heading, date, entries }
}
