//! The last day that a notice names for itself: "jusqu'au 12 décembre", "du 3 au 12/12", "until 12 December".

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::Timestamp;

/// Days before and after its publication between which a day is believed to be meant as a notice's end.
const EARLIEST_DAYS: i64 = -1;
const LATEST_DAYS: i64 = 400;
/// Words that may stand between `du` and `au`: a weekday, a day, a month, a year.
const SPAN_WORDS: usize = 4;
/// Words that are looked through; an end is told at the beginning.
const WORDS_MAX: usize = 400;

/// The end, in `zone`, of the latest day that `text` names as its last. A day without a year is the first of its name
/// from the publication on.
pub fn end_of(text: &str, published: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let published = jiff::Timestamp::from_microsecond(published.as_micros()).ok()?.to_zoned(zone.clone()).date();
    let lower = text.to_lowercase().replace(['’', '\''], " ");
    let words: Vec<&str> = lower
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .take(WORDS_MAX)
        .collect();
    let last = (0..words.len()).filter_map(|at| last_day(words.get(at..)?, published)).max()?;
    let end = last.tomorrow().ok()?.to_zoned(zone.clone()).ok()?;
    Some(Timestamp::from_micros(end.timestamp().as_microsecond()))
}

/// The day that words which begin with a cue lead to.
fn last_day(words: &[&str], published: Date) -> Option<Date> {
    let (cue, rest) = words.split_first()?;
    match *cue {
        "jusqu" => {
            let (au, rest) = rest.split_first()?;
            matches!(*au, "au" | "à" | "a").then(|| day(rest, published))?
        }
        "until" | "till" | "through" => day(rest, published),
        "du" => {
            let au = rest.iter().take(SPAN_WORDS.saturating_add(1)).position(|word| *word == "au")?;
            day(rest.get(au.saturating_add(1)..)?, published)
        }
        _ => None,
    }
}

/// A date at the beginning of `words`, behind an article and a weekday.
fn day(words: &[&str], published: Date) -> Option<Date> {
    let words: Vec<&str> = words.iter().copied().skip_while(|word| is_filler(word)).take(3).collect();
    let [first, rest @ ..] = &words[..] else { return None };
    let (day, month, year) = match numeric(first) {
        Some(date) => date,
        None => {
            let [second, rest @ ..] = rest else { return None };
            let year = rest.first().and_then(|year| year_number(year));
            match (day_number(first), month_number(first)) {
                (Some(day), _) => (day, month_number(second)?, year),
                (None, Some(month)) => (day_number(second)?, month, year),
                (None, None) => return None,
            }
        }
    };
    let date = match year {
        Some(year) => Date::new(year, month, day).ok()?,
        None => {
            let this_year = Date::new(published.year(), month, day).ok();
            let next_year = Date::new(published.year().checked_add(1)?, month, day).ok();
            this_year.filter(|date| days(published, *date) >= EARLIEST_DAYS).or(next_year)?
        }
    };
    (EARLIEST_DAYS..=LATEST_DAYS).contains(&days(published, date)).then_some(date)
}

fn days(from: Date, to: Date) -> i64 {
    from.until(to).map_or(i64::MAX, |span| i64::from(span.get_days()))
}

fn is_filler(word: &str) -> bool {
    const FILLERS: [&str; 17] = [
        "le",
        "the",
        "au",
        "lundi",
        "mardi",
        "mercredi",
        "jeudi",
        "vendredi",
        "samedi",
        "dimanche",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    FILLERS.contains(&word)
}

/// `12/12`, `12/12/2026`, `12.12.26`.
fn numeric(word: &str) -> Option<(i8, i8, Option<i16>)> {
    let mut parts = word.split(['/', '.', '-']);
    let (day, month) = (day_number(parts.next()?)?, parts.next()?.parse().ok()?);
    let year = match parts.next() {
        Some(year) => Some(year_number(year)?),
        None => None,
    };
    parts.next().is_none().then_some((day, month, year))
}

fn day_number(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| c.is_alphabetic());
    let suffix = word.get(digits.len()..).unwrap_or_default();
    let is_ordinal = matches!(suffix, "" | "er" | "st" | "nd" | "rd" | "th");
    digits.parse().ok().filter(|day| is_ordinal && (1..=31).contains(day))
}

fn year_number(word: &str) -> Option<i16> {
    match word.len() {
        4 => word.parse().ok().filter(|year| (2000..=2199).contains(year)),
        2 => word.parse::<i16>().ok().map(|year| year.saturating_add(2000)),
        _ => None,
    }
}

fn month_number(word: &str) -> Option<i8> {
    Some(match word {
        "janvier" | "janv" | "january" | "jan" => 1,
        "février" | "fevrier" | "févr" | "fév" | "february" | "feb" => 2,
        "mars" | "march" | "mar" => 3,
        "avril" | "avr" | "april" | "apr" => 4,
        "mai" | "may" => 5,
        "juin" | "june" | "jun" => 6,
        "juillet" | "juil" | "july" | "jul" => 7,
        "août" | "aout" | "august" | "aug" => 8,
        "septembre" | "sept" | "september" | "sep" => 9,
        "octobre" | "oct" | "october" => 10,
        "novembre" | "nov" | "november" => 11,
        "décembre" | "decembre" | "déc" | "dec" | "december" => 12,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str) -> Option<String> {
        let published = Timestamp::parse_rfc3339("2026-11-28T09:00:00Z").unwrap();
        end_of(text, published, &TimeZone::get("Europe/Paris").unwrap()).map(Timestamp::to_rfc3339)
    }

    #[test]
    fn s18_a_notice_ends_with_the_day_it_names() {
        for text in [
            "Travaux rue de Strasbourg jusqu’au 12 décembre",
            "Fermée jusqu'au samedi 12 décembre 2026 inclus.",
            "du 3 au 12 décembre : circulation alternée",
            "Du lundi 30 novembre au samedi 12 décembre, la ligne est déviée",
            "jusqu'au 12/12",
            "jusqu'au 12/12/2026.",
            "Closed until Saturday 12 December",
            "closed until December 12, 2026",
            "jusqu'au 5 décembre, puis du 7 au 12 déc. sur rendez-vous",
        ] {
            assert_eq!(end(text).as_deref(), Some("2026-12-12T23:00:00.000Z"), "{text}");
        }
        assert_eq!(end("Jusqu'au 1er janvier").as_deref(), Some("2027-01-01T23:00:00.000Z"));
        // The clock has changed by then.
        assert_eq!(end("jusqu'au 12 avril").as_deref(), Some("2027-04-12T22:00:00.000Z"));
    }

    #[test]
    fn what_names_no_last_day_has_none() {
        for text in [
            "",
            "jusqu'au",
            "jusqu'au bout",
            "du pont au 12 rue Crébillon",
            "le 12 décembre à 20 h",
            "jusqu'au 31 février",
            "jusqu'au 12 décembre 2019",
            "jusqu'au 12 décembre 2038",
            "jusqu'au 40/12",
            "jusqu'au 12/13",
            "until 99",
            "du au du au",
        ] {
            assert_eq!(end(text), None, "{text}");
        }
    }
}
