use jiff::tz::TimeZone;

use crate::domain::{OfficeHours, Timestamp};

/// Days over which it is told how a city answers: as long as an item is kept.
pub const ANSWERS_DAYS: i64 = 30;
/// Fewer public answers than this tell nothing about the next.
pub const TOO_FEW: usize = 5;

/// What became of a question, for the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answering {
    Open,
    /// It asked nothing: it counts for nothing.
    NoAnswerNeeded,
    InPublic(Timestamp),
    /// Where nobody can see when: it counts as answered and not for the delay.
    Elsewhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub at: Timestamp,
    pub answering: Answering,
}

/// How a city answers who addresses it: a promise to citizens that anybody can check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    pub asked: u64,
    pub answered: u64,
    /// The median of the public answers, in office hours; `None`: too few to tell.
    pub usual_delay_minutes: Option<u64>,
}

impl Answers {
    /// Of what was asked at `since` or later.
    pub fn of(asked: &[Asked], since: Timestamp, hours: &OfficeHours, zone: &TimeZone) -> Self {
        let mut answers = Self::default();
        let mut delays = Vec::new();
        for asked in asked.iter().filter(|asked| asked.at >= since && asked.answering != Answering::NoAnswerNeeded) {
            answers.asked += 1;
            answers.answered += u64::from(asked.answering != Answering::Open);
            if let Answering::InPublic(at) = asked.answering {
                delays.push(hours.minutes_between(zone, asked.at, at));
            }
        }
        answers.usual_delay_minutes = median(delays);
        answers
    }
}

fn median(mut delays: Vec<u64>) -> Option<u64> {
    if delays.len() < TOO_FEW {
        return None;
    }
    delays.sort_unstable();
    // The two in the middle, which are one when their number is odd.
    let (low, high) = (delays.get((delays.len() - 1) / 2)?, delays.get(delays.len() / 2)?);
    Some(low.midpoint(*high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s51_the_usual_delay_is_the_median_of_five_and_the_share_counts_what_asked_something() {
        // Monday, 14:00 in Paris; all within office hours of one afternoon.
        let two = Timestamp::parse_rfc3339("2026-11-30T13:00:00Z").unwrap();
        let asked = |answering| Asked { at: two, answering };
        let after = |minutes: i64| asked(Answering::InPublic(two.plus_seconds(60 * minutes)));
        let (hours, zone) = (OfficeHours::default(), TimeZone::get("Europe/Paris").unwrap());
        let of = |asked: &[Asked]| Answers::of(asked, two, &hours, &zone);
        let mut all = vec![after(90), after(10), after(20), after(30)];
        all.extend([asked(Answering::Open), asked(Answering::Elsewhere), asked(Answering::NoAnswerNeeded)]);
        all.push(Asked { at: two.plus_seconds(-1), answering: Answering::Open });
        assert_eq!(of(&all), Answers { asked: 6, answered: 5, usual_delay_minutes: None }, "four are too few to tell");
        all.push(after(60));
        assert_eq!(of(&all), Answers { asked: 7, answered: 6, usual_delay_minutes: Some(30) });
        all.push(after(70));
        assert_eq!(of(&all).usual_delay_minutes, Some(45));
        assert_eq!(of(&[]), Answers::default());
    }
}
