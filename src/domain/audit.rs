//! The log of what is done at a desk, as a chain that shows when it has been tampered with (A7).
//!
//! Owns a line's form, the chain and its verification. Does not own where lines are kept. Invariant: each line's code covers
//! its city, itself and the line before it, with a key that is not where the lines are; so what is changed, taken out, moved
//! or put in breaks the chain, and what is cut off its end is missed by whoever noted the head.

use super::{CityId, Timestamp};

/// Bytes of a reason that are kept; the rest is cut off.
const AUDIT_REASON_BYTES_MAX: usize = 500;

/// Signs of a line's code that are shown: enough to compare two copies by eye.
pub const AUDIT_CODE_CHARS: usize = 12;

/// What a line's code is made with. Never in the database, and never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuditKey(pub [u8; 32]);

/// What somebody did, before it is a line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// The name of an account; `operator` for the command line, `parvis` for what is done by itself.
    pub actor: String,
    pub act: &'static str,
    /// On what: a post's id, an account's name, a keyed hash of a person. Never a text.
    pub subject: String,
    pub reason: String,
}

/// One line of a city's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Contiguous from 1 in each city.
    pub number: i64,
    pub at: Timestamp,
    pub actor: String,
    pub act: String,
    pub subject: String,
    pub reason: String,
    pub mac: [u8; 32],
}

/// The end of a city's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// 0 before the first line.
    pub number: i64,
    pub mac: [u8; 32],
}

impl AuditHead {
    pub const BEGINNING: Self = Self { number: 0, mac: [0; 32] };
}

/// What is wrong with a chain, at which line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    #[error("line {0} is missing, or others were put before it")]
    Gap(i64),
    #[error("line {0} is not as it was written")]
    Changed(i64),
    #[error("the lines from {from} to {until} were written, and are gone")]
    CutOff { from: i64, until: i64 },
}

impl Act {
    /// The line that follows `head`.
    pub fn line(self, key: AuditKey, city: &CityId, head: AuditHead, at: Timestamp) -> AuditLine {
        let Self { actor, act, subject, mut reason } = self;
        reason.truncate(reason.floor_char_boundary(AUDIT_REASON_BYTES_MAX));
        let number = head.number.saturating_add(1);
        let mut line = AuditLine { number, at, actor, act: act.to_owned(), subject, reason, mac: [0; 32] };
        line.mac = line.code(key, city, &head.mac);
        line
    }
}

impl AuditLine {
    pub const fn head(&self) -> AuditHead {
        AuditHead { number: self.number, mac: self.mac }
    }

    /// Over every field with its length, so that no two lines have the same bytes.
    fn code(&self, key: AuditKey, city: &CityId, before: &[u8; 32]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&key.0);
        hasher.update(before).update(&self.number.to_le_bytes()).update(&self.at.as_micros().to_le_bytes());
        for field in [city.as_str(), &self.actor, &self.act, &self.subject, &self.reason] {
            hasher.update(&(field.len() as u64).to_le_bytes()).update(field.as_bytes());
        }
        hasher.finalize().into()
    }
}

/// Whether a city's lines, in order from the first, are what was written; `noted` is the head as it was noted elsewhere.
/// Lines beyond it are fine: it is noted after them.
pub fn verify(
    key: AuditKey,
    city: &CityId,
    lines: impl IntoIterator<Item = AuditLine>,
    noted: AuditHead,
) -> Result<AuditHead, AuditFault> {
    let mut head = AuditHead::BEGINNING;
    for line in lines {
        if line.number != head.number.saturating_add(1) {
            return Err(AuditFault::Gap(head.number.saturating_add(1)));
        }
        if line.code(key, city, &head.mac) != line.mac || (line.number == noted.number && line.mac != noted.mac) {
            return Err(AuditFault::Changed(line.number));
        }
        head = line.head();
    }
    if head.number < noted.number {
        return Err(AuditFault::CutOff { from: head.number.saturating_add(1), until: noted.number });
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: AuditKey = AuditKey([7; 32]);

    fn chain(acts: usize) -> Vec<AuditLine> {
        let mut head = AuditHead::BEGINNING;
        let acts = (0..acts).map(|number| Act {
            actor: "lea".into(),
            act: "hide",
            subject: format!("post{number}"),
            reason: "hors sujet".into(),
        });
        let city = CityId::new("ville");
        acts.enumerate()
            .map(|(second, act)| {
                let line = act.line(KEY, &city, head, Timestamp::from_micros(second as i64));
                head = line.head();
                line
            })
            .collect()
    }

    fn checked(lines: Vec<AuditLine>, noted: AuditHead) -> Result<AuditHead, AuditFault> {
        verify(KEY, &CityId::new("ville"), lines, noted)
    }

    #[test]
    fn a7_what_was_written_stands() {
        let lines = chain(5);
        let head = lines[4].head();
        assert_eq!(checked(lines.clone(), head), Ok(head));
        assert_eq!(checked(lines.clone(), lines[2].head()), Ok(head), "the head is noted after the line");
        assert_eq!(checked(Vec::new(), AuditHead::BEGINNING), Ok(AuditHead::BEGINNING));
    }

    #[test]
    fn a7_an_edit_a_deletion_the_last_one_too_and_a_reorder_are_found() {
        let whole = chain(5);
        let head = whole[4].head();
        let edits: [fn(&mut AuditLine); 5] = [
            |line| line.actor = "eva".into(),
            |line| line.act = "show".into(),
            |line| line.subject.push('x'),
            |line| line.reason.clear(),
            |line| line.at = line.at.plus_seconds(1),
        ];
        for edit in edits {
            for at in 0..5 {
                let mut lines = whole.clone();
                edit(&mut lines[at]);
                assert_eq!(checked(lines, head), Err(AuditFault::Changed(at as i64 + 1)));
            }
        }
        for at in 0..4 {
            let mut lines = whole.clone();
            lines.remove(at);
            assert_eq!(checked(lines, head), Err(AuditFault::Gap(at as i64 + 1)));
        }
        assert_eq!(checked(whole[..4].to_vec(), head), Err(AuditFault::CutOff { from: 5, until: 5 }));
        assert_eq!(checked(Vec::new(), head), Err(AuditFault::CutOff { from: 1, until: 5 }));
        let mut lines = whole.clone();
        lines.swap(1, 2);
        assert!(checked(lines, head).is_err());
        // Renumbered, so that nothing seems to be missing.
        let mut lines = whole.clone();
        lines.remove(1);
        lines.iter_mut().enumerate().for_each(|(at, line)| line.number = at as i64 + 1);
        assert_eq!(checked(lines, whole[3].head()), Err(AuditFault::Changed(2)));
        // A last line of another chain of the same key.
        let mut lines = whole;
        lines[4] = chain(6)[5].clone();
        lines[4].number = 5;
        assert!(checked(lines, head).is_err());
        assert!(verify(KEY, &CityId::new("bourg"), chain(5), head).is_err(), "another city's");
        assert!(verify(AuditKey([8; 32]), &CityId::new("ville"), chain(5), head).is_err(), "another key's");
    }

    #[test]
    fn a_long_reason_is_cut() {
        let act = Act { actor: "lea".into(), act: "hide", subject: String::new(), reason: "é".repeat(400) };
        let line = act.line(KEY, &CityId::new("ville"), AuditHead::BEGINNING, Timestamp::from_micros(0));
        assert_eq!(line.reason.len(), AUDIT_REASON_BYTES_MAX);
    }
}
