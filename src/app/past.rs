//! The demonstration's past, as numbers.
//!
//! Owns what of the played weeks is counted: every line goes through the stages that any post goes through, and is not stored.
//! Does not own the play (`demo`), nor the rule by which a number is told: the store closes these days as it closes any.
//! Invariant: the demonstration alone calls it, and a day is counted from here or from the posts that are stored, never from
//! both.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context;

use crate::demo::{Rate, Weeks, appview};
use crate::domain::desk::{Bucket, Calendar, Fact, Spoken, Voice, Width, values_of};
use crate::domain::{Change, City, CityId, Network, SubjectHash, Timestamp};
use crate::ingest::sources::{decoder, profiles_from_file};
use crate::intake::{Answer, Authors, Intake, KnownPosts};
use crate::pipeline;
use crate::store::Store;

/// Four weeks and a day: each hour of the week has been four times.
const DAYS: i64 = 29;
const DAY_S: i64 = 86_400;

/// Plays the weeks before `opens`, which is where the posts that are stored begin, and has them counted.
pub async fn count(store: &Store, present: &Intake, rate: Rate, seed: u64, opens: Timestamp) -> anyhow::Result<()> {
    let until = |city: &City| Calendar::new(&city.timezone).bucket(Width::Day, opens).map(|day: Bucket| day.end);
    let cities = present.cities.cities();
    let Some(latest) = cities.iter().filter_map(|city| until(city)).max() else { return Ok(()) };
    let spoken = speak(present, rate, seed, latest)?;
    for city in cities {
        let Some(until) = until(city) else { continue };
        let calendar = Calendar::new(&city.timezone);
        let since = calendar.bucket(Width::Day, until.plus_seconds(-DAYS * DAY_S)).map_or(until, |day| day.start);
        let mut said = spoken.get(&city.id).cloned().unwrap_or_default();
        said.retain(|spoken| (since..until).contains(&spoken.at));
        store.count_past(city.id.clone(), calendar, (since, until), said).await?;
    }
    Ok(())
}

/// What each city's square would have shown.
fn speak(present: &Intake, rate: Rate, seed: u64, until: Timestamp) -> anyhow::Result<HashMap<CityId, Vec<Spoken>>> {
    let mut weeks = Weeks::new(rate, seed, until.plus_seconds(-(DAYS + 1) * DAY_S), until)?;
    let world = weeks.world().clone();
    let authors = Authors::new(present.key, [], std::collections::HashSet::default());
    let mut intake = Intake::new(present.key, present.policy, present.cities.clone(), KnownPosts::default(), authors);
    intake.listed = present.listed.clone();
    let mut decoder = decoder(Network::Bluesky).context("no decoder")?;
    // What is decided of a line, the first time that it is said; it is said by others in every round.
    let mut decided: HashMap<Arc<str>, Vec<(CityId, Spoken)>> = HashMap::new();
    let mut spoken: HashMap<CityId, Vec<Spoken>> = HashMap::new();
    while let Some(said) = weeks.next() {
        let at = said.at;
        if !decided.contains_key(&said.key) {
            let Some(frame) = weeks.frame(&said) else { continue };
            pipeline::observe(&mut intake, decoder.decode(frame.as_bytes()), at);
            for (network, author) in std::mem::take(&mut intake.questions) {
                let view = world.lock().visible(author.as_str()).map(appview::profile);
                let profile = view.and_then(|view| profiles_from_file(network, &view.to_string(), at).ok()?.pop());
                let answer = match profile {
                    Some(profile) => Answer::Found(Box::new(profile)),
                    None => Answer::Unknown(network, author),
                };
                pipeline::answered(&mut intake, answer, at);
            }
            decided.insert(said.key.clone(), counted(intake.take_batch().changes));
        }
        let who = SubjectHash::derive(&present.key, Network::Bluesky, &said.author);
        for (city, decided) in decided.get(&said.key).into_iter().flatten() {
            let fact = Fact { who, ..decided.fact.clone() };
            spoken.entry(city.clone()).or_default().push(Spoken { at, fact, ..decided.clone() });
        }
    }
    Ok(spoken)
}

/// Where a post is shown, and as what the store counts it.
fn counted(changes: Vec<Change>) -> Vec<(CityId, Spoken)> {
    let mut counted = Vec::new();
    for change in changes {
        let Change::Upsert { post, placements, received_at, .. } = change else { continue };
        for placement in placements.iter().filter(|placement| placement.tier.is_some()) {
            let tags = post.tags.iter().map(|tag| tag.key.clone());
            let language = post.languages.first().map(String::as_str);
            let values = values_of(placement.zone.as_deref(), tags, language, post.network, &post.facets);
            let fact = Fact { who: SubjectHash(0), assembly: placement.assembly, values };
            let voice = Voice::of(&placement.lane, placement.official.is_some(), post.automated, post.network);
            counted.push((placement.city.clone(), Spoken { at: received_at, voice, fact }));
        }
    }
    counted
}
