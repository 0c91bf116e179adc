use std::collections::BTreeMap;
use std::sync::Arc;

use parvis::consent::Policy;
use parvis::domain::{
    AuthorId, AuthorProfile, Change, Checkpoint, Event, IdKey, NativeId, Network, Observation, RawPost, Reply,
    SourceId, Timestamp,
};
use parvis::intake::{Answer, Authors, Intake, KnownPosts};
use parvis::matcher::CitySet;
use parvis::pipeline::{answered, observe};

use super::city::city;

pub const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

/// A pipeline with one city, whose tag is `ville`, and what comes to it.
pub struct Scene {
    pub intake: Intake,
    pub frames: u64,
}

impl Scene {
    pub fn new() -> Self {
        let key = IdKey::new([7; 32]);
        let set = CitySet::compile(vec![city("ville", "name = \"Ville\"\n[recipe]\nhashtags = [\"ville\"]\n")]);
        let authors = Authors::new(key, [], Default::default());
        Self { intake: Intake::new(key, Policy::Standard, Arc::new(set), KnownPosts::default(), authors), frames: 0 }
    }

    pub fn event(&mut self, event: Event) {
        self.event_at(NOW, event);
    }

    pub fn event_at(&mut self, at: Timestamp, event: Event) {
        self.frames += 1;
        let observation = Observation {
            source: SourceId::new("bluesky"),
            network: Network::Bluesky,
            checkpoint: Some(Checkpoint::new(self.frames.to_string())),
            sent_at: None,
            event,
        };
        observe(&mut self.intake, observation, at);
    }

    pub fn post(&mut self, author: &str, key: &str, text: &str) {
        self.event(Event::Post(Box::new(raw(author, key, text))));
    }

    pub fn reply(&mut self, author: &str, key: &str, to: &str, text: &str) {
        let reply = Reply { parent: NativeId::new(to), root: NativeId::new(to) };
        self.event(Event::Post(Box::new(RawPost { reply: Some(reply), ..raw(author, key, text) })));
    }

    pub fn found(&mut self, author: &str) {
        self.answer(AuthorProfile { handle: Some(format!("{author}.example")), ..assumed(author) });
    }

    pub fn answer(&mut self, profile: AuthorProfile) {
        self.intake.questions.clear();
        answered(&mut self.intake, Answer::Found(Box::new(profile)), NOW);
    }

    pub fn asked(&self) -> Vec<&str> {
        self.intake.questions.iter().map(|(_, author)| author.as_str()).collect()
    }

    /// Texts of the pending upserts that place something, in order; a deletion as `-id`, an author's verdict as `~`.
    pub fn pending(&mut self) -> Vec<String> {
        self.checkpoint_and_changes().1
    }

    pub fn checkpoint_and_changes(&mut self) -> (Option<String>, Vec<String>) {
        let batch = self.intake.take_batch();
        let changes = batch.changes.iter().map(|change| match change {
            Change::Upsert { post, placements, .. } if placements.is_empty() => format!("!{}", post.text),
            Change::Upsert { post, .. } => post.text.clone(),
            Change::Delete { native_id, .. } => format!("-{}", native_id.as_str()),
            Change::Author { verdict, .. } => format!("~{verdict:?}"),
            other => format!("{other:?}"),
        });
        let changes = changes.collect();
        (batch.checkpoints.into_iter().next().map(|(_, checkpoint)| checkpoint.as_str().to_owned()), changes)
    }

    pub fn tally(&self) -> BTreeMap<String, u64> {
        self.intake.tally.counts().map(|(label, count)| (label.to_owned(), count)).collect()
    }

    pub fn count(&self, label: &str) -> u64 {
        self.tally().get(label).copied().unwrap_or(0)
    }
}

pub fn assumed(author: &str) -> AuthorProfile {
    AuthorProfile::assumed(AuthorId::new(author), Network::Bluesky)
}

pub fn raw(author: &str, key: &str, text: &str) -> RawPost {
    let bare = RawPost::bare(AuthorId::new(author), NativeId::new(key), text, NOW);
    RawPost { languages: vec!["fr".into()], revision: "1".into(), ..bare }
}
