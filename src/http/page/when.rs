//! When what a card announces takes place, in words.

use crate::domain::{Card, Schedule, Timestamp};

use super::{calendar::Calendar, words::Words};

/// An end within this long of the beginning is a time of the same evening, whatever the date.
const ONE_EVENING_S: i64 = 20 * 3_600;

/// What a schedule says, as people say it.
enum When {
    Days { first: Timestamp, last: Timestamp },
    Time { from: Timestamp, to: Option<Timestamp> },
    Until(Timestamp),
}

impl When {
    fn of(schedule: Schedule, calendar: &Calendar) -> Option<Self> {
        // An end at midnight is that of the day before.
        let last = |end: Timestamp| end.plus_seconds(-1);
        let Some(from) = schedule.starts_at else { return schedule.ends_at.map(|end| Self::Until(last(end))) };
        let is_midnight = |at: Timestamp| calendar.clock(at) == "00:00";
        Some(match schedule.ends_at {
            Some(end) if is_midnight(from) && is_midnight(end) => Self::Days { first: from, last: last(end) },
            None if is_midnight(from) => Self::Days { first: from, last: from },
            Some(end) if end.seconds_since(from) > ONE_EVENING_S => Self::Days { first: from, last: last(end) },
            to => Self::Time { from, to },
        })
    }
}

/// `Le samedi 12 décembre, de 15:00 à 17:00`, `Du samedi 12 décembre au dimanche 13 décembre`, `Jusqu’au samedi 12
/// décembre`, and whether it is off.
pub fn when(card: &Card, calendar: &Calendar, words: Words) -> Option<String> {
    let day = |at: Timestamp| calendar.day(calendar.date(at));
    let told = When::of(card.schedule, calendar).map(|when| match when {
        When::Until(last) => words.with("card-until", "day", &day(last)),
        When::Days { first, last } if calendar.date(first) == calendar.date(last) => {
            words.with("card-starts", "day", &day(first))
        }
        When::Days { first, last } => words.with2("card-days", "first", &day(first), "last", &day(last)),
        When::Time { from, to: None } => {
            words.with("card-starts", "day", &format!("{}, {}", day(from), calendar.clock(from)))
        }
        When::Time { from, to: Some(to) } => {
            let times = words.with2("card-times", "from", &calendar.clock(from), "to", &calendar.clock(to));
            words.with("card-starts", "day", &format!("{}, {times}", day(from)))
        }
    });
    match (card.schedule.cancelled, told) {
        (false, told) => told,
        (true, None) => Some(words.t("card-cancelled")),
        (true, Some(told)) => Some(words.with("card-cancelled-when", "when", &told)),
    }
}

/// The same in the few words of a list.
pub fn when_in_short(card: &Card, calendar: &Calendar, words: Words) -> Option<String> {
    if card.schedule.cancelled {
        return Some(words.t("card-cancelled"));
    }
    When::of(card.schedule, calendar).map(|when| match when {
        When::Days { first, last } if calendar.date(first) == calendar.date(last) => calendar.day(calendar.date(first)),
        When::Until(last) | When::Days { last, .. } => {
            words.with("notices-until", "day", &calendar.day(calendar.date(last)))
        }
        When::Time { from, .. } => calendar.short(from),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::samples::card;
    use super::super::words::Language;
    use super::*;

    #[test]
    fn feature_10_when_it_is_is_said_as_people_say_it() {
        let at = |text: &str| Timestamp::parse_rfc3339(&format!("{text}:00Z"));
        for (from, to, french, short) in [
            ("2026-12-12T14:00", "2026-12-12T16:30", "Le samedi 12 décembre, de 15:00 à 17:30", "12\u{a0}déc., 15:00"),
            ("2026-12-12T20:00", "2026-12-13T01:00", "Le samedi 12 décembre, de 21:00 à 02:00", "12\u{a0}déc., 21:00"),
            ("2026-12-12T14:00", "", "Le samedi 12 décembre, 15:00", "12\u{a0}déc., 15:00"),
            ("2026-12-11T23:00", "2026-12-12T23:00", "Le samedi 12 décembre", "samedi 12 décembre"),
            ("2026-12-11T23:00", "", "Le samedi 12 décembre", "samedi 12 décembre"),
            (
                "2026-12-11T23:00",
                "2027-01-01T23:00",
                "Du samedi 12 décembre au vendredi 1er janvier",
                "jusqu’au vendredi 1er janvier",
            ),
            (
                "2026-12-12T14:00",
                "2026-12-14T16:00",
                "Du samedi 12 décembre au lundi 14 décembre",
                "jusqu’au lundi 14 décembre",
            ),
            ("", "2026-12-12T23:00", "Jusqu’au samedi 12 décembre", "jusqu’au samedi 12 décembre"),
        ] {
            let words = Words::new(Language::French);
            let calendar = Calendar::new("Europe/Paris", words);
            let mut card = card(1, "Bal");
            card.schedule = Schedule { starts_at: at(from), ends_at: at(to), cancelled: false };
            assert_eq!(when(&card, &calendar, words).as_deref(), Some(french));
            assert_eq!(when_in_short(&card, &calendar, words).as_deref(), Some(short));
            card.schedule.cancelled = true;
            assert_eq!(when(&card, &calendar, words), Some(format!("Annulé. {french}")));
            assert_eq!(when_in_short(&card, &calendar, words).as_deref(), Some("Annulé"));
        }
    }
}
