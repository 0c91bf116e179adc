use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::domain::{CardRenderer, Cursor, Filter, Offset, Op, PostId};

use super::form::{self, Form, Framing};
use super::held::{Held, Weight};
use super::limits::LiveLimits;
use super::slice::Entry;

/// Sessions that get the same bytes when they stand at the same position.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Group {
    pub filter: Filter,
    pub form: Form,
    pub framing: Framing,
}

/// What a group gets from one position.
#[derive(Clone)]
pub(super) struct Batch {
    /// The position after it.
    pub to: Offset,
    /// Entries it went through.
    pub entries: u64,
    /// `None`: none of them was for this group.
    pub frame: Option<Bytes>,
    /// It ends where a limit was reached, not where the log ended.
    pub is_full: bool,
    pub made_at: Instant,
}

impl Batch {
    /// Whether it is what a session is to get now; `head`: where the log ends. One that went to the end is given out for
    /// a moment after more was committed: made anew for every commit, it would be made for a handful of sessions each
    /// time while one pass over all of them runs.
    pub fn is_fresh(&self, head: Offset, now: Instant) -> bool {
        const MOMENT: Duration = Duration::from_millis(1);
        self.is_full || self.to == head || now.duration_since(self.made_at) < MOMENT
    }
}

/// A batch that the sessions of one group share; whoever comes first encodes it, outside the tail's lock. It counts for
/// the tail that keeps it.
pub(super) struct Shared {
    batch: OnceLock<(Batch, Weight)>,
    held: Arc<Held>,
}

impl Shared {
    /// What one takes beside its frame.
    const FLAT: usize = 256;

    pub fn new(held: &Arc<Held>) -> Arc<Self> {
        Arc::new(Self { batch: OnceLock::new(), held: held.clone() })
    }

    pub fn get(&self) -> Option<&Batch> {
        self.batch.get().map(|(batch, _)| batch)
    }

    pub fn get_or_encode(&self, encode: impl FnOnce() -> Batch) -> Batch {
        let encoded = || {
            let batch = encode();
            let bytes = Self::FLAT + batch.frame.as_ref().map_or(0, Bytes::len);
            (batch, Weight::new(&self.held, bytes))
        };
        self.batch.get_or_init(encoded).0.clone()
    }
}

/// Joins the events of `entries` for a group, up to the limit of a frame. `at` gives city and epoch of the cursor.
pub(super) fn encode(
    entries: &[Entry],
    group: &Group,
    at: Cursor,
    renderer: &dyn CardRenderer,
    now: Instant,
    limits: &LiveLimits,
) -> Batch {
    let mut events: Vec<Event> = Vec::new();
    let mut bytes = 0;
    let mut to = at.offset;
    let mut passed = 0;
    for entry in entries {
        if let Some(event) = Event::of(entry, group, renderer) {
            let joined = bytes + event.bytes() + 1;
            if !events.is_empty() && joined > limits.batch_bytes {
                break;
            }
            bytes = joined;
            events.push(event);
        }
        to = entry.offset;
        passed += 1;
    }
    let frame = (!events.is_empty()).then(|| frame(Cursor { offset: to, ..at }, &events, group.framing));
    let is_full = entries.last().is_some_and(|last| last.offset != to) || entries.len() >= limits.batch_entries;
    Batch { to, entries: passed, frame, is_full, made_at: now }
}

/// One batch message. With no events it only moves the reader's cursor.
pub(super) fn frame(cursor: Cursor, events: &[Event], framing: Framing) -> Bytes {
    let token = cursor.token();
    // What an event and its comma take, and what is around all of them.
    let room = events.iter().map(|event| event.bytes() + 1).sum::<usize>() + form::BATCH_BYTES;
    let mut message = String::with_capacity(room);
    form::begin_batch(&mut message, &token);
    for (index, event) in events.iter().enumerate() {
        if index > 0 {
            message.push(',');
        }
        event.write(&mut message);
    }
    form::end_batch(&mut message);
    Bytes::from(framing.frame("batch", Some(&token), &message))
}

/// What an entry is for a group.
pub(super) enum Event<'a> {
    Shown { op: Op, members: &'a str },
    Removed(PostId),
}

impl<'a> Event<'a> {
    /// A removal is for everybody: whoever has the post must lose it, and which filter its old text matched is not
    /// remembered. For the same reason an update that a filter does not admit is a removal.
    fn of(entry: &'a Entry, group: &Group, renderer: &dyn CardRenderer) -> Option<Self> {
        match (&entry.shown, entry.op) {
            (None, _) | (_, Op::Remove) => Some(Self::Removed(entry.post)),
            (Some(rendering), op) if group.filter.admits(&rendering.card) => {
                Some(Self::Shown { op, members: rendering.members(group.form, renderer) })
            }
            (Some(_), Op::Update) => Some(Self::Removed(entry.post)),
            (Some(_), Op::Post) => None,
        }
    }

    /// Bytes of the event as JSON, or a few more.
    const fn bytes(&self) -> usize {
        const AROUND: usize = r#"{"op":"update",}"#.len();
        const REMOVED: usize = r#"{"op":"remove","id":"0123456789abc"}"#.len();
        match self {
            Self::Shown { members, .. } => members.len() + AROUND,
            Self::Removed(_) => REMOVED,
        }
    }

    fn write(&self, message: &mut String) {
        match self {
            Self::Shown { op, members } => {
                for part in [r#"{"op":""#, op.as_str(), r#"","#, members, "}"] {
                    message.push_str(part);
                }
            }
            Self::Removed(post) => {
                for part in [r#"{"op":"remove","id":""#, &post.token(), r#""}"#] {
                    message.push_str(part);
                }
            }
        }
    }
}
