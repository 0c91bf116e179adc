use bytes::Bytes;

use crate::domain::{CardRenderer, Cursor, Filter, Offset, Op};

use super::form::{self, Form, Framing};
use super::limits::LiveLimits;
use super::slice::{Entry, Rendering};

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
}

/// Joins the events of `entries` for a group, up to the limit of a frame. `at` gives city and epoch of the cursor.
pub(super) fn encode(
    entries: &[Entry],
    group: &Group,
    at: Cursor,
    renderer: &dyn CardRenderer,
    limits: &LiveLimits,
) -> Batch {
    let mut events = String::new();
    let mut to = at.offset;
    let mut passed = 0;
    for entry in entries {
        let event = event(entry, group, renderer);
        if let Some(event) = &event {
            if !events.is_empty() && events.len() + event.len() > limits.batch_bytes {
                break;
            }
            if !events.is_empty() {
                events.push(',');
            }
            events.push_str(event);
        }
        to = entry.offset;
        passed += 1;
    }
    let frame = (!events.is_empty()).then(|| frame(Cursor { offset: to, ..at }, &events, group.framing));
    Batch { to, entries: passed, frame }
}

/// One batch message. With no events it only moves the reader's cursor.
pub(super) fn frame(cursor: Cursor, events: &str, framing: Framing) -> Bytes {
    let token = cursor.token();
    Bytes::from(framing.frame("batch", Some(&token), &form::batch(&token, events)))
}

/// What an entry is for a group. A removal is for everybody: whoever has the post must lose it, and which filter
/// its old text matched is not remembered. For the same reason an update that a filter does not admit is a removal.
fn event(entry: &Entry, group: &Group, renderer: &dyn CardRenderer) -> Option<String> {
    let shown = |rendering: &Rendering, op: Op| {
        format!(r#"{{"op":"{}",{}}}"#, op.as_str(), rendering.members(group.form, renderer))
    };
    let removed = || Some(format!(r#"{{"op":"remove","id":"{}"}}"#, entry.post.token()));
    match (&entry.shown, entry.op) {
        (None, _) | (_, Op::Remove) => removed(),
        (Some(rendering), op) if group.filter.admits(&rendering.card) => Some(shown(rendering, op)),
        (Some(_), Op::Update) => removed(),
        (Some(_), Op::Post) => None,
    }
}
