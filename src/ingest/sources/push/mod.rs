//! Signed push: programs that send posts to a city by themselves, as its file lists them.
//!
//! Owns who may send (`doors`), what a signature proves, how a body is read, and how much is taken of each. Does not own the
//! route (`http`), nor what becomes of an item: the pipeline decides as of any other, and consent with it. Invariant:
//! nothing is parsed of a body before one of the city's senders has signed it.

mod decode;
mod doors;
mod lookup;
mod notice;
mod signature;
mod source;

use std::sync::Arc;

use crate::domain::{
    AuthorId, AuthorProfile, City, Event, Network, Observation, PushSender, RefuseReason, SourceId, Timestamp,
};

pub use decode::{BODY_BYTES_MAX, ITEMS_MAX, Item, decode};
pub use doors::{Doors, Entered};
pub use lookup::SenderLookup;
pub use notice::{taken_back, written};
pub use signature::{Signed, WINDOW_S, sign};
pub use source::Senders;

/// Who speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    pub author: AuthorId,
    pub name: String,
}

impl Sender {
    pub fn of(city: &City, sender: &PushSender) -> Self {
        Self { author: sender.author(&city.id), name: sender.name.clone() }
    }

    pub fn source(&self) -> SourceId {
        SourceId::new(&format!("{}:{}", Network::Push.as_str(), self.author.as_str()))
    }

    /// What the city's file says of it, which is all there is.
    pub fn profile(&self) -> AuthorProfile {
        AuthorProfile {
            name: Some(self.name.clone()),
            automated: true,
            ..AuthorProfile::assumed(self.author.clone(), Network::Push)
        }
    }

    /// What the pipeline is told of an item. Without the time at which it was sent: it is near ours, or it would not be here,
    /// and a sender whose clock is a little behind is not catching up.
    pub fn observation(&self, event: Event) -> Observation {
        Observation { source: self.source(), network: Network::Push, checkpoint: None, sent_at: None, event }
    }
}

/// What recorded bodies say, one a line, of the sender whose account is given (`nantes:voirie`), as these cities list it.
pub fn recorded(bytes: &[u8], account: &str, cities: &[Arc<City>], _now: Timestamp) -> Vec<Observation> {
    let senders = cities.iter().flat_map(|city| city.pushes.iter().map(move |sender| Sender::of(city, sender)));
    let listed = senders.into_iter().find(|sender| sender.author.as_str() == account);
    let sender = listed.unwrap_or_else(|| Sender { author: AuthorId::new(account), name: account.to_owned() });
    let bodies = bytes.split(|byte| *byte == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace));
    let events = bodies.flat_map(|body| match decode(body, &sender) {
        Ok(items) => items.into_iter().map(|item| item.event).collect(),
        Err(_unreadable) => vec![Event::Unreadable(RefuseReason::Malformed)],
    });
    events.map(|event| sender.observation(event)).collect()
}

#[cfg(test)]
mod tests;
