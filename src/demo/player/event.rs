//! What happens on the stage, before it has a form on the wire.
//!
//! Owns the events and the personas of the play. Does not own record keys, content ids or JSON.
//! Invariant: an event names what it changes by [`PostRef`] or DID, so it can be replayed on any clock.

use std::sync::Arc;

use crate::demo::script::Line;
use crate::domain::Timestamp;

/// Something that happens at a simulated instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub at: Timestamp,
    /// The script it comes from; [`crate::demo::script::ELSEWHERE`] for the background.
    pub city: &'static str,
    pub act: Act,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Post(Box<Utterance>),
    Edit {
        author: Arc<Persona>,
        post: PostRef,
        text: String,
    },
    Delete {
        author: Arc<Persona>,
        post: PostRef,
    },
    /// The profile record now reads like this.
    Profile(Arc<Persona>),
    /// The account's handle is now this.
    Handle {
        author: Arc<Persona>,
        handle: String,
    },
    Account {
        author: Arc<Persona>,
        status: Status,
    },
    /// A frame that breaks the network's rules, as real ones do.
    Broken {
        author: Arc<Persona>,
        fault: Fault,
    },
}

/// An account's state, as the network's `account` events tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    Deactivated,
    Deleted,
}

/// The ways in which background records are wrong. All are valid JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    FacetOutsideText,
    NoText,
    UnknownEmbed,
    BadDate,
}

impl Fault {
    pub(super) const ALL: [Self; 4] = [Self::FacetOutsideText, Self::NoText, Self::UnknownEmbed, Self::BadDate];
}

/// A post of a script in one round of its play.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PostRef {
    pub round: u32,
    /// Unique over all scripts.
    pub key: Arc<str>,
}

/// One post as it is said this time.
#[derive(Clone, Debug)]
pub struct Utterance {
    pub post: PostRef,
    pub author: Arc<Persona>,
    pub line: Arc<Line>,
    pub text: String,
    pub parent: Option<PostRef>,
    pub root: Option<PostRef>,
    /// Handles that the text mentions, with their DIDs.
    pub mentions: Vec<(String, String)>,
}

impl PartialEq for Utterance {
    /// The line is the script's and follows from the key.
    fn eq(&self, other: &Self) -> bool {
        (&self.post, &self.author, &self.text, &self.parent, &self.root, &self.mentions)
            == (&other.post, &other.author, &other.text, &other.parent, &other.root, &other.mentions)
    }
}

/// Who an author of the script is in this round.
#[derive(Clone, Debug, PartialEq)]
pub struct Persona {
    pub did: String,
    pub handle: String,
    pub name: String,
    pub bio: String,
    /// Self-labels of the profile.
    pub labels: Vec<String>,
}
