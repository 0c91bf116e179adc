use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::Filter;

use super::{card::zone_on_map, city::CityPage, filters::Links, outline::Outline};

pub struct MapView {
    pub outline: Arc<Outline>,
    /// Zones with how many of the posts shown are in each, most first.
    pub rows: Vec<MapRow>,
    pub marks: Vec<MapMark>,
    pub located: usize,
}

pub struct MapRow {
    pub zone: String,
    pub href: String,
    pub count: usize,
}

pub struct MapMark {
    pub zone: String,
    pub x: i32,
    pub y: i32,
    pub count: usize,
}

/// No map where there are no zones: it would show the emblem once more.
pub fn map(page: &CityPage<'_>, links: &Links<'_>) -> Option<MapView> {
    let outline = page.context.emblems.of(page.city).filter(|_| !page.city.zones.is_empty())?;
    let mut counts: BTreeMap<&str, usize> = page.city.zones.iter().map(|zone| (zone.name.as_str(), 0)).collect();
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
