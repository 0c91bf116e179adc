//! Who plays in a round, and what happens to them besides posting.
//!
//! Owns the personas and the parts dealt out in one round of one script. Does not own when posts are said.
//! Invariant: a listed body is the same account in every round; everybody else is somebody new.

use std::collections::HashMap;
use std::sync::Arc;

use fastrand::Rng;

use super::event::{Persona, PostRef, Utterance};
use crate::demo::ids;
use crate::demo::script::{Author, CityScript, Expect, Line, Thread};
use crate::domain::Timestamp;

/// The domain under which all handles of the demonstration lie; `.example` never resolves.
const HANDLE_DOMAIN: &str = "demo.example";

/// The people of one round.
#[derive(Debug)]
pub(super) struct Cast {
    pub round: u32,
    members: HashMap<String, Member>,
    pub pauses: Option<String>,
    pub renames: Option<String>,
    pub renews_profile: Option<String>,
}

#[derive(Debug)]
struct Member {
    persona: Arc<Persona>,
    leaves: bool,
    /// Posts still to be said in this round.
    left: usize,
    last_post: Option<Timestamp>,
}

impl Cast {
    /// Deals the parts of round `round` (from 1) among the authors of `threads`.
    pub fn new(script: &CityScript, seed: u64, round: u32, threads: &[Arc<Thread>], rng: &mut Rng) -> Self {
        let mut members = HashMap::new();
        for author in &script.authors {
            let persona = Arc::new(persona(script, seed, round, author));
            members.insert(author.key.clone(), Member { persona, leaves: author.leaves, left: 0, last_post: None });
        }
        let mut ordinary = Vec::new();
        for line in threads.iter().flat_map(|thread| &thread.lines) {
            let author = &line.author;
            if let Some(member) = members.get_mut(&author.key) {
                member.left += 1;
            }
            // Only people whom the pages show can be seen to pause or to change their name.
            let shown = line.post.expect == Expect::Admitted && author.labels.is_empty();
            if shown && !author.official && !author.leaves && !ordinary.contains(&author.key) {
                ordinary.push(author.key.clone());
            }
        }
        rng.shuffle(&mut ordinary);
        let mut ordinary = ordinary.into_iter();
        let (pauses, renames, renews_profile) = (ordinary.next(), ordinary.next(), ordinary.next());
        Self { round, members, pauses, renames, renews_profile }
    }

    pub fn persona(&self, author: &str) -> Option<Arc<Persona>> {
        self.members.get(author).map(|member| Arc::clone(&member.persona))
    }

    /// Notes a post at `at`, and says whether it is the author's first of the round.
    pub fn speaks(&mut self, author: &str, at: Timestamp) -> bool {
        let Some(member) = self.members.get_mut(author) else { return false };
        let first = member.last_post.is_none();
        member.left = member.left.saturating_sub(1);
        member.last_post = member.last_post.max(Some(at));
        first
    }

    /// When the author's last post of the round was or will be, once all of them have a time.
    pub fn finished(&self, author: &str) -> Option<Timestamp> {
        self.members.get(author).filter(|member| member.left == 0)?.last_post
    }

    pub fn leaves(&self, author: &str) -> bool {
        self.members.get(author).is_some_and(|member| member.leaves)
    }

    /// The line as its author says it in this round. `thread` is where it stands; the first of it is the root.
    pub fn utter(&self, line: &Arc<Line>, thread: &Thread, seed: u64) -> Option<Utterance> {
        let reference = |line: &Arc<Line>| PostRef { round: self.round, key: line.post.key.as_str().into() };
        let parent = line.parent.and_then(|at| thread.lines.get(at)).map(reference);
        let root = parent.as_ref().and(thread.lines.first().map(reference));
        let (text, mentions) = self.with_mentions(&line.text.in_turn(wording_seed(seed, line), self.round));
        let author = self.persona(&line.author.key)?;
        Some(Utterance { post: reference(line), author, line: Arc::clone(line), text, parent, root, mentions })
    }

    /// The text after the line's edit, when it has one.
    pub fn edited(&self, line: &Line, seed: u64) -> Option<String> {
        let edit = line.edit.as_ref()?;
        Some(self.with_mentions(&edit.in_turn(wording_seed(seed, line), self.round)).0)
    }

    /// Replaces `@key` by the handle of that author, and tells whom the text mentions. Another `@word` stays.
    fn with_mentions(&self, text: &str) -> (String, Vec<(String, String)>) {
        let mut mentions = Vec::new();
        let mut spoken = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('@') {
            let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(after.len());
            let (word, behind) = after.split_at(end);
            spoken.push_str(before);
            spoken.push('@');
            match self.members.get(word) {
                Some(member) => {
                    spoken.push_str(&member.persona.handle);
                    mentions.push((member.persona.handle.clone(), member.persona.did.clone()));
                }
                None => spoken.push_str(word),
            }
            rest = behind;
        }
        spoken.push_str(rest);
        (spoken, mentions)
    }
}

fn wording_seed(seed: u64, line: &Line) -> u64 {
    ids::sub_seed(seed, &["wording", &line.post.key])
}

/// The account of `author` in round `round`, counted from 1. Bodies that a city lists have one account for ever,
/// whatever the seed, so that a configuration can name them.
pub(in crate::demo) fn persona(script: &CityScript, seed: u64, round: u32, author: &Author) -> Persona {
    let number = round.to_string();
    let (did, handle) = if author.official {
        (ids::did(0, &["official", script.slug, &author.key]), format!("{}.{HANDLE_DOMAIN}", author.handle))
    } else {
        let suffix = if round > 1 { format!("-{round}") } else { String::new() };
        (ids::did(seed, &[script.slug, &number, &author.key]), format!("{}{suffix}.{HANDLE_DOMAIN}", author.handle))
    };
    Persona { did, handle, name: author.name.clone(), bio: author.bio.clone(), labels: author.labels.clone() }
}

/// The handle that somebody takes instead of theirs.
pub(super) fn new_handle(old: &str) -> String {
    match old.split_once('.') {
        Some((label, domain)) => format!("{label}-ici.{domain}"),
        None => format!("{old}-ici"),
    }
}
