//! G9: what one core does with a network's frames: decode, normalize, match 34,868 cities, consent.

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

const RUNS: usize = 3;
/// Frames between two commits: what is pending is dropped there, as the store would take it.
const COMMIT_EVERY: usize = 500;

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
        let mut rates = Vec::new();
        let mut outcomes = Vec::new();
        for _ in 0..=RUNS {
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
        let notes = format!(
            "{number} cities with tags, words and outlines; {} frames of {} bytes on average: {}. {}",
            frames.len(),
            bytes / frames.len(),
            mix.in_words(),
            outcomes.join(", ")
        );
        Row::new("G9", &format!("frame to decision, {name}"), Better::Larger, Figure::of(&rates[1..], "events/s"))
            .with_goal(400_000.0, Some(600_000.0))
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
