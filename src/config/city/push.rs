//! The senders of signed deliveries that a city lists (`[[push]]`).
//!
//! Owns what of such a table is refused or warned of. Does not own the secrets: they are read by who verifies with them,
//! and here only to say what is wrong with one. Invariant: no message holds anything of a secret.

use std::path::Path;

use super::CityFile;
use super::reader::Reader;
use crate::config::Secret;
use crate::domain::{City, PushSender, fold_words};

/// Posts that a sender may send within an hour. As many as a request holds are the least.
const PER_HOUR: std::ops::RangeInclusive<i64> = 100..=100_000;
const PER_HOUR_UNLESS_TOLD: u32 = 200;
/// Bytes of a sender's name; its identity is made of it, and those of its posts of that.
const NAME_BYTES_MAX: usize = 100;
/// One, and another while one takes the other's place.
const SECRETS: std::ops::RangeInclusive<usize> = 1..=2;

impl Reader<'_> {
    pub(super) fn pushes(&mut self, file: &CityFile) -> Vec<PushSender> {
        let mut senders: Vec<PushSender> = Vec::new();
        for push in &file.push {
            let (kind, lane) = (self.kind(&push.kind), self.lane(&push.lane));
            let name = push.name.get_ref().trim();
            let key = fold_words(name).join("-");
            if key.is_empty() || name.len().max(key.len()) > NAME_BYTES_MAX {
                self.refuse(&push.name, &format!("give a name with a letter in it, of {NAME_BYTES_MAX} bytes at most"));
            } else if senders.iter().any(|other| other.key == key) {
                self.refuse(&push.name, "another sender has this name: its posts could not be told from that one's");
            }
            if !SECRETS.contains(&push.secrets.get_ref().0.len()) {
                self.refuse(&push.secrets, "give one secret, or two while one takes the other's place");
            }
            let per_hour = push.per_hour.as_ref().and_then(|written| {
                let per_hour = Some(*written.get_ref()).filter(|number| PER_HOUR.contains(number));
                if per_hour.is_none() {
                    self.refuse(written, &format!("between {} and {} posts", PER_HOUR.start(), PER_HOUR.end()));
                }
                u32::try_from(per_hour?).ok()
            });
            senders.push(PushSender {
                key,
                name: name.to_owned(),
                kind,
                lane,
                secrets: push.secrets.get_ref().0.iter().map(|secret| self.place(secret).into()).collect(),
                per_hour: per_hour.unwrap_or(PER_HOUR_UNLESS_TOLD),
            });
        }
        senders
    }

    pub(super) fn place(&self, secret: &Secret) -> Secret {
        let mut place = secret.clone();
        place.make_path_relative_to(self.path.parent().unwrap_or(Path::new(".")));
        place
    }

    /// Warns of secrets that can't be used. They may be there where the server runs, so that they refuse no file.
    pub(super) fn check_secrets(&mut self, file: &CityFile, city: &City) {
        for (push, sender) in file.push.iter().zip(&city.pushes) {
            for place in &sender.secrets {
                if let Err(reason) = Secret::from(place.clone()).reveal().and_then(|secret| secret.webhook_key()) {
                    self.warn(&push.secrets, &format!("{reason}; nothing of this sender is taken with it"));
                }
            }
        }
    }
}
