use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::domain::{Card, CardRenderer, FeedEntry, Offset, Op, PostId};

use super::form::Form;
use super::held::Held;

/// One entry of a tail. Its `shown` follows the post: replaced when the post changes, cleared when it goes.
#[derive(Clone)]
pub(super) struct Entry {
    pub offset: Offset,
    pub op: Op,
    pub post: PostId,
    /// `None`: delivered as a `remove`.
    pub shown: Option<Arc<Rendering>>,
}

impl Entry {
    pub fn new(entry: &FeedEntry, held: &Arc<Held>) -> Self {
        let shown = match entry.op {
            Op::Remove => None,
            Op::Post | Op::Update => entry.card.as_ref().map(|card| Arc::new(Rendering::new(card, held))),
        };
        Self { offset: entry.offset, op: entry.op, post: entry.post, shown }
    }
}

/// A card and what has been encoded of it: once per form, at the first reader of that form. Shared by all entries
/// of its post.
pub(super) struct Rendering {
    pub card: Arc<Card>,
    json: OnceLock<String>,
    french: OnceLock<String>,
    english: OnceLock<String>,
    /// Counts this rendering's bytes for the tail that holds it.
    held: Arc<Held>,
    counted: AtomicUsize,
}

impl Rendering {
    fn new(card: &Arc<Card>, held: &Arc<Held>) -> Self {
        let rendering = Self {
            card: Arc::clone(card),
            json: OnceLock::new(),
            french: OnceLock::new(),
            english: OnceLock::new(),
            held: Arc::clone(held),
            counted: AtomicUsize::new(0),
        };
        rendering.count(estimated_bytes(card));
        rendering
    }

    /// The members of an event after its `op`, as JSON without the braces.
    pub fn members(&self, form: Form, renderer: &dyn CardRenderer) -> &str {
        let (cell, language) = match form {
            Form::Json => (&self.json, None),
            Form::Html("en") => (&self.english, Some("en")),
            Form::Html(_) => (&self.french, Some("fr")),
        };
        cell.get_or_init(|| {
            let members = match language {
                None => format!(r#""post":{}"#, renderer.json(&self.card)),
                Some(language) => html_members(&self.card, &renderer.html(&self.card, language)),
            };
            self.count(members.len());
            members
        })
    }

    fn count(&self, bytes: usize) {
        self.counted.fetch_add(bytes, Ordering::Relaxed);
        self.held.add(bytes);
    }
}

impl Drop for Rendering {
    fn drop(&mut self) {
        self.held.remove(self.counted.load(Ordering::Relaxed));
    }
}

fn html_members(card: &Card, html: &str) -> String {
    let html = serde_json::Value::from(html);
    format!(r#""id":"{}","position":{},"html":{html}"#, card.id.token(), card.position)
}

/// The strings of a card and a flat sum for the rest; near enough for a bound.
fn estimated_bytes(card: &Card) -> usize {
    const FLAT: usize = 768;
    let media: usize = card.media.iter().map(|media| media.alt.len() + media.url.as_ref().map_or(0, String::len)).sum();
    let facets: usize = card.facets.iter().map(|facet| facet.value.len() + 40).sum();
    FLAT + card.text.len() + media + facets
}
