//! What the operator can tell the store to do, and how that is written down for a serving process to find.
//!
//! Owns the commands and their text form. Does not own their effect (`writer`) or their way (`operator`).
//! Invariant: what is written is read back as the same command by the same version.

use crate::domain::{Network, PostId, StaffWrite};

use super::staff;

/// An act of the operator. Each can be done again without harm.
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    Hide(PostId),
    Unhide(PostId),
    Erase(PostId),
    /// Erases everything of a person and never stores them again (L-24).
    PersonErase(Person),
    /// A leave request has been dealt with.
    CloseLeaveRequest(i64),
    /// A change of an account; never one of a session.
    Staff(StaffWrite),
}

/// What came of a command, in words for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// `false`: there is no such post, person or request, and nothing was changed.
    pub found: bool,
    pub summary: String,
}

/// A person as an operator names one: `@handle`, `handle`, `network:handle`, or a lasting id (`did:plc:…`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub network: Option<Network>,
    /// As given, without network and `@`.
    pub name: String,
}

impl Person {
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let (network, rest) = text
            .split_once(':')
            .and_then(|(network, rest)| Some((Some(Network::parse(&network.to_lowercase())?), rest)))
            .unwrap_or((None, text));
        let name = rest.trim().trim_start_matches('@').to_owned();
        Self { network, name }
    }

    /// Whether both name the same handle.
    pub fn is(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }

    /// The form in which handles are compared.
    pub(super) fn folded(&self) -> String {
        fold_handle(&self.name)
    }

    /// Whether the name can only be a lasting identity; such a person is suppressed without ever having been stored.
    pub(super) fn lasting_id(&self) -> Option<(Network, &str)> {
        if self.name.starts_with("did:") {
            return Some((self.network.unwrap_or(Network::Bluesky), &self.name));
        }
        let actor = self.name.starts_with("https://");
        self.network.filter(|_| actor).map(|network| (network, self.name.as_str()))
    }

    pub(super) fn to_token(&self) -> String {
        match self.network {
            Some(network) => format!("{}:{}", network.as_str(), self.name),
            None => self.name.clone(),
        }
    }
}

pub(super) fn fold_handle(handle: &str) -> String {
    handle.trim().trim_start_matches('@').to_lowercase()
}

impl Command {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Hide(_) => "hide",
            Self::Unhide(_) => "unhide",
            Self::Erase(_) => "erase",
            Self::PersonErase(_) => "person_erase",
            Self::CloseLeaveRequest(_) => "close_leave_request",
            Self::Staff(_) => "staff",
        }
    }

    pub(super) fn subject(&self) -> String {
        match self {
            Self::Hide(post) | Self::Unhide(post) | Self::Erase(post) => post.token(),
            Self::PersonErase(person) => person.to_token(),
            Self::CloseLeaveRequest(request) => request.to_string(),
            Self::Staff(write) => staff::to_json(write),
        }
    }

    /// `None` for what another version wrote.
    pub(super) fn parse(kind: &str, subject: &str) -> Option<Self> {
        Some(match kind {
            "hide" => Self::Hide(PostId::parse(subject)?),
            "unhide" => Self::Unhide(PostId::parse(subject)?),
            "erase" => Self::Erase(PostId::parse(subject)?),
            "person_erase" => Self::PersonErase(Person::parse(subject)),
            "close_leave_request" => Self::CloseLeaveRequest(subject.parse().ok()?),
            "staff" => Self::Staff(staff::from_json(subject)?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_back_as_written() {
        let post = PostId::from_u64(77);
        for command in [
            Command::Hide(post),
            Command::Unhide(post),
            Command::Erase(post),
            Command::PersonErase(Person::parse("bsky:@Ana.example")),
            Command::PersonErase(Person::parse("did:plc:ana")),
            Command::CloseLeaveRequest(3),
        ] {
            assert!(Command::parse(command.kind(), &command.subject()) == Some(command));
        }
    }

    #[test]
    fn people_are_named_in_several_ways() {
        let parse = |text| {
            let person = Person::parse(text);
            (person.network, person.folded())
        };
        assert_eq!(parse(" @Ana.Example "), (None, "ana.example".into()));
        assert_eq!(parse("mastodon:@ana@town.example"), (Some(Network::Mastodon), "ana@town.example".into()));
        assert_eq!(parse("did:plc:x"), (None, "did:plc:x".into()));
        assert_eq!(Person::parse("did:plc:x").lasting_id(), Some((Network::Bluesky, "did:plc:x")));
        assert_eq!(Person::parse("ana.example").lasting_id(), None);
    }
}
