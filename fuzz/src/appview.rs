//! Answers of the AppView, and recorded profiles, down to what consent decides on them.

use parvis::consent::{Policy, judge_absolute};
use parvis::domain::{AuthorProfile, Label, Network, PostCheck};
use parvis::ingest::sources::bluesky::{posts_answer, profiles_answer};
use parvis::ingest::sources::profiles_from_file;
use parvis::normalize::clean_profile;

use super::sound;
use super::town::NOW;

pub fn run(data: &[u8]) {
    if let Some(profiles) = profiles_answer(data, NOW) {
        assert!(profiles.len() <= 25, "no more than was asked for");
        profiles.into_iter().for_each(judged);
    }
    if let Some(posts) = posts_answer(data) {
        assert!(posts.len() <= 25);
        let labels_of = |post: &PostCheck| post.labels.as_ref().map_or(0, Vec::len);
        assert!(
            posts
                .iter()
                .all(|post| post.native_id.as_str().starts_with("at://") && labels_of(post) <= Label::COUNT_MAX)
        );
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    match profiles_from_file(Network::Bluesky, text, NOW) {
        Ok(profiles) => profiles.into_iter().take(100).for_each(judged),
        Err(error) => assert!(error.to_string().len() <= 1_000 + data.len()),
    }
}

fn judged(profile: AuthorProfile) {
    assert!(profile.id.as_str().starts_with("did:") && profile.labels.len() <= Label::COUNT_MAX);
    assert!(profile.handle.as_ref().is_none_or(|handle| handle.is_ascii() && handle.contains('.')));
    let clean = clean_profile(profile);
    sound::profile(&clean);
    assert_eq!(clean_profile(clean.clone()), clean, "cleaning twice changes nothing");
    for policy in [Policy::Standard, Policy::Strict] {
        // Either answer will do; a profile that left is refused before anything of it is read.
        let _shown = judge_absolute(policy, &clean, false, NOW);
        assert!(judge_absolute(policy, &clean, true, NOW).is_err());
    }
}
