//! The recipe's semantics by the plainest means: every city in turn, every term in turn, no index. The oracle that
//! [`super::CitySet`] is tested against; slow, and meant to be read beside the description of the city file.

use std::collections::BTreeSet;
use std::sync::Arc;

use geo::{Intersects, MultiPolygon, Point};

use super::compiled::REASONS_MAX;
use super::{MatchContext, Matches, is_dated_tag};
use crate::domain::{
    City, FoldedWords, Lane, ListedAs, Match, Network, OfficialKind, Post, Reason, Rule, ZoneHit, fold_tag, fold_words,
};

pub(super) fn matches(cities: &[Arc<City>], post: &Post, context: &MatchContext<'_>) -> Matches {
    let mut all = Matches::default();
    for city in cities {
        match judge(city, post, context) {
            Some(found) if excluded(city, post) => {
                all.excluded = true;
                drop(found);
            }
            Some(found) => all.found.push(found),
            None => {}
        }
        if addresses(city, post, context) {
            all.addressed.push(city.id.clone());
        }
    }
    all.addressed.sort();
    all
}

fn addresses(city: &City, post: &Post, context: &MatchContext<'_>) -> bool {
    let bodies = |account| {
        let here = context.listed.of(post.network, account).filter(|(id, _)| **id == city.id);
        here.filter_map(|(_, listed)| listed.body.as_ref()).collect::<Vec<_>>()
    };
    let kinds = [OfficialKind::Institution, OfficialKind::Service];
    let speaks = |body: &String| city.officials.iter().any(|it| it.name == *body && kinds.contains(&it.kind));
    bodies(&post.author).is_empty() && post.addressed.iter().any(|account| bodies(account).into_iter().any(speaks))
}

fn judge(city: &Arc<City>, post: &Post, context: &MatchContext<'_>) -> Option<Match> {
    let recipe = &city.recipe;
    let listed: Option<&ListedAs> =
        context.listed.of(post.network, &post.author).find(|(id, _)| **id == city.id).map(|(_, listed)| listed);
    let assembly =
        post.tags.iter().any(|tag| is_dated_tag(&tag.key)) || recipe.assembly.iter().any(|term| has_tag(post, term));
    let in_city = inside(post, city.boundary.as_ref());
    let in_zones: Vec<_> = city.zones.iter().filter(|zone| inside(post, zone.boundary.as_ref())).collect();
    let around = city.around.as_ref();
    let in_around = around.is_some_and(|around| inside(post, around.boundary.as_ref()));
    let zone_of_point =
        in_zones.iter().find(|zone| !assembly && (listed.is_some() || !zone.below_cell)).map(|zone| zone.name.clone());
    let place = zone_of_point.clone().unwrap_or_else(|| city.name.clone());

    let networks = &recipe.word_networks;
    let words_count = post.reply.is_none()
        && if networks.is_empty() { post.network == Network::Bluesky } else { networks.contains(&post.network) }
        && post.languages.iter().any(|language| city.languages.contains(language));

    let mut reasons = BTreeSet::new();
    let mut admit = |rule, value: String| {
        reasons.insert(Reason { rule, value });
    };
    if let Some(term) = recipe.invite.as_ref().filter(|term| has_tag(post, term)) {
        admit(Rule::Invite, term.clone());
    }
    for term in &recipe.hashtags {
        if has_tag(post, term) {
            admit(Rule::Hashtag, shown(term, recipe.hashtags.iter(), fold_tag));
        }
    }
    for term in &recipe.words {
        if words_count && has_phrase(post, term) {
            admit(Rule::Word, shown(term, recipe.words.iter(), fold_words));
        }
    }
    for group in &recipe.all_of {
        let tags: Vec<_> = group.iter().filter(|tag| !fold_tag(tag).is_empty()).collect();
        if !tags.is_empty() && tags.iter().all(|tag| has_tag(post, tag)) {
            admit(Rule::AllOf, group.join("+"));
        }
    }
    if in_city {
        admit(Rule::Geotag, place.clone());
    }
    if let (Some(listed), None) = (listed, &post.reply) {
        admit(Rule::Account, listed.name.clone());
    }
    let thread = context
        .thread
        .filter(|known| post.reply.is_some() && known.cities.contains(&city.id))
        .map(|known| known.thread);
    if let Some(thread) = thread {
        admit(Rule::Thread, thread.token());
    }

    let mut local_terms: Vec<&String> = recipe.context.iter().collect();
    for zone in &city.zones {
        local_terms.push(&zone.name);
        local_terms.extend(&zone.places);
    }
    local_terms.extend(around.map(|around| &around.name));
    let mut open = BTreeSet::new();
    for term in &recipe.ambiguous {
        let as_tag = has_tag(post, term).then(|| shown(term, recipe.ambiguous.iter(), fold_tag));
        let as_word = (words_count && has_phrase(post, term)).then(|| shown(term, recipe.ambiguous.iter(), fold_words));
        for written in [as_tag, as_word].into_iter().flatten() {
            let mut beside = BTreeSet::new();
            for local in local_terms.iter().filter(|local| fold_tag(local) != fold_tag(&written)) {
                if has_tag(post, local) {
                    beside.insert(shown(local, local_terms.iter().copied(), fold_tag));
                }
                if has_phrase(post, local) {
                    beside.insert(shown(local, local_terms.iter().copied(), fold_words));
                }
            }
            if let Some(local) = beside.first() {
                admit(Rule::Ambiguous, format!("{written} + {local}"));
            } else if in_city {
                admit(Rule::Ambiguous, format!("{written} + {place}"));
            } else if let Some(listed) = listed {
                admit(Rule::Ambiguous, format!("{written} + {}", listed.name));
            } else {
                open.insert(Reason { rule: Rule::Ambiguous, value: written });
            }
        }
    }

    let mut lane = Lane::People;
    let mut ambiguous = false;
    if reasons.is_empty()
        && let Some(around) = around
    {
        for term in &around.hashtags {
            if has_tag(post, term) {
                reasons.insert(Reason { rule: Rule::Around, value: shown(term, around.hashtags.iter(), fold_tag) });
            }
        }
        if in_around {
            reasons.insert(Reason { rule: Rule::Around, value: around.name.clone() });
        }
        if !reasons.is_empty() {
            lane = Lane::Around;
        }
    }
    if reasons.is_empty() {
        reasons = open;
        ambiguous = true;
    }
    if reasons.is_empty() {
        return None;
    }

    let only_thread = reasons.iter().all(|reason| reason.rule == Rule::Thread);
    let stated = listed.and_then(|listed| listed.lane.clone()).filter(|_| lane == Lane::People && !only_thread);
    if let Some(stated) = stated {
        lane = stated;
    } else if lane == Lane::People && !only_thread && post.schedule.starts_at.is_some() {
        lane = Lane::Agenda;
    } else if lane == Lane::People && !only_thread {
        let body = listed.and_then(|listed| listed.body.clone());
        for official in city.officials.iter().rev().filter(|official| Some(&official.name) == body.as_ref()) {
            lane = match official.kind {
                OfficialKind::Press => Lane::Press,
                OfficialKind::Institution | OfficialKind::Service => Lane::Info,
                OfficialKind::Elected | OfficialKind::Association => Lane::People,
            };
        }
    }
    let zone_of_text = if assembly || lane == Lane::Around { None } else { zone_of_text(city, post) };
    let zone = match zone_of_point {
        Some(name) => Some(ZoneHit { name, from_text: false }),
        None => zone_of_text.map(|name| ZoneHit { name, from_text: true }),
    };
    Some(Match {
        city: Arc::clone(city),
        reasons: reasons.into_iter().take(REASONS_MAX).collect(),
        ambiguous,
        zone,
        located: in_city || in_around || !in_zones.is_empty(),
        assembly,
        lane,
        thread: if only_thread { thread } else { None },
        listed: listed.cloned(),
    })
}

fn excluded(city: &City, post: &Post) -> bool {
    city.recipe.exclude_hashtags.iter().any(|term| has_tag(post, term))
        || city.recipe.exclude_words.iter().any(|term| has_phrase(post, term))
}

fn inside(post: &Post, outline: Option<&MultiPolygon<f64>>) -> bool {
    let point = post.point.map(|(point, _)| Point::new(point.lon(), point.lat()));
    point.zip(outline).is_some_and(|(point, outline)| outline.intersects(&point))
}

fn has_tag(post: &Post, term: &str) -> bool {
    let key = fold_tag(term);
    !key.is_empty() && post.tags.iter().any(|tag| tag.key == key)
}

fn has_phrase(post: &Post, term: &str) -> bool {
    !places_of(post, term).is_empty()
}

/// Where a phrase stands in the text, in words from its start.
fn places_of(post: &Post, term: &str) -> Vec<(usize, usize)> {
    let (text, phrase) = (FoldedWords::new(&post.text), fold_words(term));
    let words: Vec<String> = (0..text.len()).filter_map(|number| text.get(number)).map(str::to_owned).collect();
    if phrase.is_empty() {
        return Vec::new();
    }
    let at = |(start, window): (usize, &[String])| (window == phrase).then_some((start, start + phrase.len()));
    words.windows(phrase.len()).enumerate().filter_map(at).collect()
}

/// The first in byte order of the ways in which a term stands in its list.
fn shown<'a, K: PartialEq>(term: &str, list: impl Iterator<Item = &'a String>, fold: fn(&str) -> K) -> String {
    list.filter(|other| fold(other) == fold(term)).min().expect("the term is in its list").clone()
}

fn zone_of_text(city: &City, post: &Post) -> Option<String> {
    let mut named = Vec::new();
    for zone in &city.zones {
        for name in std::iter::once(&zone.name).chain(&zone.places) {
            for (start, end) in places_of(post, name) {
                named.push((start, end, &zone.name));
            }
        }
    }
    let outermost: BTreeSet<_> = named
        .iter()
        .filter(|(start, end, _)| {
            !named.iter().any(|(from, to, _)| from <= start && end <= to && end - start < to - from)
        })
        .map(|(.., zone)| *zone)
        .collect();
    if outermost.len() == 1 { outermost.first().map(|zone| (*zone).clone()) } else { None }
}
