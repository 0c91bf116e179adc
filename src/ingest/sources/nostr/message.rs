//! What a relay says: an array whose first element names the message (NIP-01, 42).
//!
//! Owns the form of relay messages. Does not own the events in them (`event`), nor what follows from a message.
//! Invariant: at most the first [`PARTS_MAX`] elements are held, and an event in a message is left unread.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::domain::RefuseReason;

const PARTS_MAX: usize = 4;

#[derive(Debug, PartialEq)]
pub enum Message<'a> {
    /// `event` is JSON that is yet to be read. Recordings leave the subscription out.
    Event {
        subscription: Cow<'a, str>,
        event: &'a str,
    },
    /// All that was stored has been sent.
    Eose(Cow<'a, str>),
    /// The relay ended a subscription, or did not take it: `prefix: reason`.
    Closed {
        subscription: Cow<'a, str>,
        reason: Cow<'a, str>,
    },
    Notice(Cow<'a, str>),
    /// The relay wants to know who asks.
    Auth,
    /// `OK`, `COUNT` and what is yet to be invented.
    Other,
}

impl<'a> Message<'a> {
    /// Reads JSON that is within the limits of a frame.
    pub fn read(json: &'a str) -> Result<Self, RefuseReason> {
        let Parts(parts) = serde_json::from_str(json).map_err(|_syntax| RefuseReason::Malformed)?;
        let mut parts = parts.into_iter();
        let name = parts.next().and_then(text).ok_or(RefuseReason::Malformed)?;
        let mut next = || parts.next().ok_or(RefuseReason::Malformed);
        Ok(match &*name {
            "EVENT" => {
                let first = next()?;
                match text(first) {
                    Some(subscription) => Self::Event { subscription, event: next()?.get() },
                    None => Self::Event { subscription: Cow::default(), event: first.get() },
                }
            }
            "EOSE" => Self::Eose(text(next()?).ok_or(RefuseReason::Malformed)?),
            "CLOSED" => Self::Closed {
                subscription: text(next()?).ok_or(RefuseReason::Malformed)?,
                // Some relays give no reason.
                reason: next().ok().and_then(text).unwrap_or_default(),
            },
            "NOTICE" => Self::Notice(next().ok().and_then(text).unwrap_or_default()),
            "AUTH" => Self::Auth,
            _ => Self::Other,
        })
    }
}

fn text(part: &RawValue) -> Option<Cow<'_, str>> {
    // A `Cow` that is read by itself does not borrow.
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);
    serde_json::from_str::<Borrowed<'_>>(part.get()).ok().map(|text| text.0)
}

struct Parts<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Parts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PartsVisitor;
        impl<'de> Visitor<'de> for PartsVisitor {
            type Value = Parts<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a message")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Parts<'de>, A::Error> {
                let mut parts = Vec::new();
                while parts.len() < PARTS_MAX {
                    match seq.next_element()? {
                        Some(part) => parts.push(part),
                        None => return Ok(Parts(parts)),
                    }
                }
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Parts(parts))
            }
        }
        deserializer.deserialize_seq(PartsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_is_read_and_what_follows_it_is_ignored() {
        let closed = |reason: &'static str| Message::Closed { subscription: "t0".into(), reason: reason.into() };
        for (json, expected) in [
            (r#"["EVENT","t0",{"id":1},7,8,9]"#, Message::Event { subscription: "t0".into(), event: r#"{"id":1}"# }),
            (r#"["EVENT", {"id":1}]"#, Message::Event { subscription: "".into(), event: r#"{"id":1}"# }),
            (r#"["EOSE","t0"]"#, Message::Eose("t0".into())),
            (r#"["CLOSED","t0","error: \"no\""]"#, closed("error: \"no\"")),
            (r#"["CLOSED","t0"]"#, closed("")),
            (r#"["NOTICE","slow down"]"#, Message::Notice("slow down".into())),
            (r#"["NOTICE",{}]"#, Message::Notice("".into())),
            (r#"["AUTH","challenge"]"#, Message::Auth),
            (r#"["OK","",false,"invalid: x"]"#, Message::Other),
            (r#"["SOMETHING"]"#, Message::Other),
        ] {
            assert_eq!(Message::read(json), Ok(expected), "{json}");
        }
    }

    #[test]
    fn h1_what_is_no_message_is_malformed() {
        for json in
            ["", "{}", "[]", "[7]", r#"["EVENT"]"#, r#"["EVENT","x"]"#, r#"["EOSE"]"#, r#"["EOSE",[]]"#, "[\"EOSE\""]
        {
            assert_eq!(Message::read(json), Err(RefuseReason::Malformed), "{json}");
        }
    }
}
