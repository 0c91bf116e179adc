//! G9: what one core does with a network's frames: decode, normalize, match 34,868 cities, consent.

use std::borrow::Cow;
use std::sync::Arc;

use anyhow::Context;
use parvis::consent::Policy;
use parvis::domain::{AuthorId, AuthorProfile, IdKey, Network, SourceId, Timestamp};
use parvis::ingest::Decode;
use parvis::ingest::sources::bluesky::Decoder;
use parvis::intake::{Authors, Intake, KnownPosts};
use parvis::matcher::CitySet;
use parvis::pipeline;
use parvis_bench::communes::Country;
use parvis_bench::frames::{self, Mix};
use parvis_bench::{Better, CoreTime, Figure, Row, is_quick};
use serde::Deserialize;

const RUNS: usize = 3;
/// Frames between two commits: what is pending is dropped there, as the store would take it.
const COMMIT_EVERY: usize = 500;

/// The fields that any reader of the network needs, borrowed: what a plain `serde_json` costs on this machine.
#[derive(Deserialize)]
struct PlainFrame<'a> {
    did: &'a str,
    time_us: u64,
    #[serde(borrow)]
    commit: Option<PlainCommit<'a>>,
}

#[derive(Deserialize)]
struct PlainCommit<'a> {
    rkey: &'a str,
    #[serde(borrow)]
    record: Option<PlainRecord<'a>>,
}

#[derive(Deserialize)]
struct PlainRecord<'a> {
    #[serde(borrow, default)]
    text: Cow<'a, str>,
    #[serde(borrow, default)]
    langs: Vec<&'a str>,
    #[serde(borrow, default)]
    facets: Vec<PlainFacet<'a>>,
}

#[derive(Deserialize)]
struct PlainFacet<'a> {
    #[serde(borrow)]
    features: Vec<PlainFeature<'a>>,
}

#[derive(Deserialize)]
struct PlainFeature<'a> {
    #[serde(borrow, default)]
    tag: Cow<'a, str>,
}

/// Frames a second that are parsed and no more; the sum keeps the compiler from leaving anything out.
fn plain_rate(frames: &[Vec<u8>]) -> anyhow::Result<f64> {
    let start = CoreTime::start();
    let mut sum = 0;
    for frame in frames {
        let frame: PlainFrame<'_> = serde_json::from_slice(frame)?;
        sum += frame.did.len() + frame.time_us as usize % 2;
        let Some(commit) = frame.commit else { continue };
        sum += commit.rkey.len();
        let Some(record) = commit.record else { continue };
        sum += record.text.len() + record.langs.len();
        sum += record.facets.iter().flat_map(|facet| &facet.features).map(|feature| feature.tag.len()).sum::<usize>();
    }
    let seconds = start.seconds();
    anyhow::ensure!(std::hint::black_box(sum) > 0, "nothing was read");
    Ok(frames.len() as f64 / seconds)
}

/// Frames a second that are decoded to observations, the first of the stages.
fn decode_rate(frames: &[Vec<u8>]) -> f64 {
    let mut decoder = Decoder::new(SourceId::new("bluesky"));
    let start = CoreTime::start();
    for frame in frames {
        std::hint::black_box(decoder.decode(frame));
    }
    frames.len() as f64 / start.seconds()
}

fn main() -> anyhow::Result<()> {
    let count = if is_quick() { 30_000 } else { 100_000 };
    let country = Country::load()?;
    let cities: Vec<_> = country.communes.iter().map(frames::city).collect();
    let number = cities.len();
    let start = CoreTime::start();
    let cities = Arc::new(CitySet::compile(cities));
    eprintln!("{number} cities compiled in {:.1} s", start.seconds());

    let now = Timestamp::parse_rfc3339("2026-11-25T12:00:00Z").context("a date")?;
    for (name, mix) in [
        ("posts and profiles of the whole network", Mix::NETWORK),
        ("posts only", Mix::POSTS),
        ("French posts only", Mix::FRENCH),
    ] {
        let (frames, authors) = frames::frames(&mix, count, now)?;
        let bytes: usize = frames.iter().map(Vec::len).sum();
        let (mut rates, mut plain, mut decoded) = (Vec::new(), Vec::new(), Vec::new());
        let mut outcomes = Vec::new();
        for _ in 0..=RUNS {
            plain.push(plain_rate(&frames)?);
            decoded.push(decode_rate(&frames));
            let mut intake = intake(&cities, &authors, now);
            let mut decoder = Decoder::new(SourceId::new("bluesky"));
            let start = CoreTime::start();
            for (index, frame) in frames.iter().enumerate() {
                pipeline::observe(&mut intake, decoder.decode(frame), now);
                if index % COMMIT_EVERY == 0 {
                    drop(intake.take_batch());
                }
            }
            rates.push(frames.len() as f64 / start.seconds());
            outcomes = intake.tally.counts().map(|(label, count)| format!("{count} {label}")).collect();
        }
        // The first run warmed the caches.
        let figure = |rates: &[f64]| Figure::of(rates.get(1..).unwrap_or_default(), "events/s");
        let notes = format!(
            "{number} cities with tags, words and outlines; {} frames of {} bytes on average: {}. {}. Decoding alone: \
             {:.0} events/s. A plain read is serde_json with borrowed fields and nothing else; the goal was set on a \
             machine that did 1.19 M of those a second.",
            frames.len(),
            bytes / frames.len(),
            mix.in_words(),
            outcomes.join(", "),
            figure(&decoded).median,
        );
        Row::new("G9", &format!("frame to decision, {name}"), Better::Larger, figure(&rates))
            .with_goal(400_000.0, Some(600_000.0))
            .beside("plain read", &figure(&plain), None, None)
            .noting(&notes)
            .print();
    }
    Ok(())
}

/// The pipeline's memory with every author's profile at hand.
fn intake(cities: &Arc<CitySet>, authors: &[String], now: Timestamp) -> Intake {
    let key = IdKey::new([9; 32]);
    let profiles = authors.iter().map(|author| AuthorProfile {
        checked_at: Some(now),
        bio: "Lit, marche, écoute.".into(),
        ..AuthorProfile::assumed(AuthorId::new(author.as_str()), Network::Bluesky)
    });
    let authors = Authors::new(key, profiles, std::collections::HashSet::new());
    Intake::new(key, Policy::Standard, Arc::clone(cities), KnownPosts::default(), authors)
}
