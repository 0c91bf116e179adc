//! The hand-written posts: the shipped cities decide of each what its author expected.

use std::sync::Arc;

use parvis::config::CityFiles;
use parvis::consent::Policy;
use parvis::demo::{OfficialBody, Rehearsal, rehearse, script::Expect};
use parvis::domain::{AuthorProfile, Change, Event, IdKey, ListedAs, Network, PostId, RawPost, Timestamp};
use parvis::ingest::sources::{decoder, profiles_from_file};
use parvis::intake::{Answer, Authors, Intake, KnownPosts};
use parvis::matcher::{CitySet, ListedAccounts, Matches};
use parvis::normalize::normalize;
use parvis::pipeline::{answered, observe};

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

#[test]
fn s06_every_sample_post_ends_as_its_script_says_and_in_its_own_city() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/cities");
    let files = CityFiles::read(&folder, &|_| {}, NOW).unwrap();
    let set = Arc::new(CitySet::compile(files.cities().cloned()));
    let mut wrong = Vec::new();
    for seed in 0..3 {
        let Rehearsal { said, world, officials } = rehearse(seed, NOW).unwrap();
        let key = IdKey::new([3; 32]);
        let mut intake = Intake::new(
            key,
            Policy::Standard,
            set.clone(),
            KnownPosts::default(),
            Authors::new(key, [], Default::default()),
        );
        intake.listed = listed(officials);
        let mut decoder = decoder(Network::Bluesky).unwrap();
        assert!(said.len() >= 240, "{} posts", said.len());
        for post in &said {
            let before = intake.tally.clone();
            observe(&mut intake, decoder.decode(post.frame.as_bytes()), NOW);
            for (network, author) in std::mem::take(&mut intake.questions) {
                let view = world.lock().visible(author.as_str()).map(parvis::demo::appview::profile);
                let profile = view.and_then(|view| profiles_from_file(network, &view.to_string(), NOW).unwrap().pop());
                let answer = profile.map_or(Answer::Unknown(network, author), |profile: AuthorProfile| {
                    Answer::Found(Box::new(profile))
                });
                answered(&mut intake, answer, NOW);
            }
            let outcome = intake.tally.added_since(&before).unwrap_or_else(|| "several".into());
            let is_right = match post.expect {
                Expect::Admitted => outcome == "admitted",
                Expect::Queued => outcome == "queued",
                Expect::Refused => outcome.starts_with("refused."),
            };
            let cities: Vec<String> = intake
                .take_batch()
                .changes
                .iter()
                .filter_map(|change| match change {
                    Change::Upsert { placements, .. } => Some(placements),
                    _ => None,
                })
                .flatten()
                .filter(|placement| placement.tier.is_some() && placement.lane.to_token() != "around")
                .map(|placement| placement.city.as_str().to_owned())
                .collect();
            if !is_right || cities.iter().any(|city| city != post.city) {
                wrong.push(format!("{} (seed {seed}): {:?} but {outcome} in {cities:?}", post.key, post.expect));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn s06_every_sample_status_and_event_is_shown_and_in_its_own_city() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/cities");
    let files = CityFiles::read(&folder, &|_| {}, NOW).unwrap();
    let set = Arc::new(CitySet::compile(files.cities().cloned()));
    let key = IdKey::new([3; 32]);
    let authors = Authors::new(key, [], Default::default());
    let mut intake = Intake::new(key, Policy::Standard, set, KnownPosts::default(), authors);
    let at = NOW.plus_seconds(-60);
    let statuses = parvis::demo::mastodon::every_status_once(at).unwrap();
    let statuses = statuses.into_iter().map(|(city, status)| (Network::Mastodon, city, status.to_string()));
    let events = parvis::demo::nostr::every_event_once(at).unwrap();
    let events = events.into_iter().map(|(city, event)| (Network::Nostr, city, event.json()));
    for (network, city, frame) in statuses.chain(events) {
        let before = intake.tally.clone();
        observe(&mut intake, decoder(network).unwrap().decode(frame.as_bytes()), NOW);
        for (network, author) in std::mem::take(&mut intake.questions) {
            answered(&mut intake, Answer::Found(Box::new(AuthorProfile::assumed(author, network))), NOW);
        }
        let outcome = intake.tally.added_since(&before);
        assert_eq!(outcome.as_deref(), Some("admitted"), "{frame}");
        let changes = intake.take_batch().changes;
        let placements = changes.iter().filter_map(|change| match change {
            Change::Upsert { placements, .. } => Some(placements),
            _ => None,
        });
        let shown = placements.flatten().filter(|placement| placement.lane.to_token() != "around");
        assert!(shown.clone().count() == 1 && shown.clone().all(|shown| shown.city.as_str() == city), "{frame}");
    }
}

/// What the first look dismisses, no city would have had: for every sample post, and for posts made of pieces of them.
#[test]
fn s04_a_first_look_dismisses_nothing_that_a_city_asks_for() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/cities");
    let files = CityFiles::read(&folder, &|_| {}, NOW).unwrap();
    let set = Arc::new(CitySet::compile(files.cities().cloned()));
    let Rehearsal { said, officials, .. } = rehearse(0, NOW).unwrap();
    let key = IdKey::new([3; 32]);
    let authors = Authors::new(key, [], Default::default());
    let mut intake = Intake::new(key, Policy::Standard, set, KnownPosts::default(), authors);
    intake.listed = listed(officials);
    let mut decoder = decoder(Network::Bluesky).unwrap();
    let posts: Vec<RawPost> = said
        .iter()
        .filter_map(|post| match decoder.decode(post.frame.as_bytes()).event {
            Event::Post(raw) => Some(*raw),
            _ => None,
        })
        .collect();
    let seed = std::env::var("PARVIS_SEED").map_or(4, |seed| seed.parse().unwrap());
    let mut rng = fastrand::Rng::with_seed(seed);
    let pieces: Vec<&str> = posts.iter().flat_map(|post| post.text.split_inclusive(' ')).collect();
    let made = (0..2_000).map(|_| {
        let text = (0..rng.usize(1..12)).map(|_| pieces[rng.usize(..pieces.len())]).collect();
        let RawPost { languages, reply, place, author, .. } = posts[rng.usize(..posts.len())].clone();
        let languages = if rng.bool() { languages } else { Vec::new() };
        RawPost { text, languages, reply, place, author, facets: Vec::new(), ..posts[0].clone() }
    });
    let made: Vec<RawPost> = made.collect();
    let (mut matched, mut dismissed) = (0, 0);
    for raw in posts.iter().chain(&made) {
        let Ok(draft) = normalize(Box::new(raw.clone()), Network::Bluesky, None, NOW) else { continue };
        let may_concern = intake.may_concern(&draft);
        let matches = intake.matches(&draft.complete(PostId::from_u64(1)));
        assert!(may_concern || matches == Matches::default(), "seed {seed}: {raw:?}");
        matched += usize::from(!matches.found.is_empty());
        dismissed += usize::from(!may_concern);
    }
    assert!(matched > 300 && dismissed > 300, "seed {seed}: {matched} matched, {dismissed} dismissed");
}

/// The demonstration's own bodies, as its cities list them.
fn listed(officials: Vec<OfficialBody>) -> ListedAccounts {
    let mut listed = ListedAccounts::default();
    for body in officials {
        let listing = ListedAs { name: body.handle, body: Some(body.name), lane: None };
        listed.insert(
            Network::Bluesky,
            parvis::domain::AuthorId::new(body.did),
            parvis::domain::CityId::new(body.city),
            listing,
        );
    }
    listed
}
