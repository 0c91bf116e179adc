use crate::domain::{OfficeHours, Timestamp};

use super::{calendar::Calendar, moderation::as_sentence, words::Words};

/// Days of closing that are told.
const CLOSED_SAID: usize = 3;

/// When a desk is staffed, in words.
pub struct HoursView {
    /// Days and their hours, from Monday; like days together.
    pub week: Vec<(String, String)>,
    /// The next days on which it is closed beside those.
    pub closed: Option<String>,
    /// Nobody said any.
    pub assumed: bool,
}

impl HoursView {
    pub fn new(hours: &OfficeHours, calendar: &Calendar, now: Timestamp, w: Words) -> Self {
        let days = hours.closed_from(calendar.date(now)).take(CLOSED_SAID).map(|day| calendar.day(day));
        Self {
            week: week(hours, calendar, w),
            closed: listed(&days.collect::<Vec<_>>(), w),
            assumed: hours.are_assumed(),
        }
    }
}

/// Days that follow each other and have the same hours: the first, the last, and the hours.
type Stretch<'a> = (usize, usize, &'a [(u16, u16)]);

fn week(hours: &OfficeHours, calendar: &Calendar, w: Words) -> Vec<(String, String)> {
    let mut stretches: Vec<Stretch<'_>> = Vec::new();
    for (day, spans) in hours.week().iter().enumerate() {
        match stretches.last_mut().filter(|(.., same)| same == spans) {
            Some((_, last, _)) => *last = day,
            None => stretches.push((day, day, spans)),
        }
    }
    let said = |(first, last, spans): Stretch<'_>| {
        let name = |day| calendar.weekday_name(day);
        let days = match last - first {
            0 => name(first).to_owned(),
            1 => w.with2("and", "a", name(first), "b", name(last)),
            _ => w.with2("hours-days", "first", name(first), "last", name(last)),
        };
        let spans: Vec<String> =
            spans.iter().map(|(from, to)| w.with2("hours-span", "from", &clock(*from), "to", &clock(*to))).collect();
        (as_sentence(&days), listed(&spans, w).unwrap_or_else(|| w.t("hours-closed")))
    };
    stretches.into_iter().map(said).collect()
}

fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `a, b et c`
fn listed(parts: &[String], w: Words) -> Option<String> {
    let (last, others) = parts.split_last()?;
    Some(if others.is_empty() { last.clone() } else { w.with2("and", "a", &others.join(", "), "b", last) })
}

/// In office hours: a day of them is not a day of the clock, so that days are not told.
pub fn duration(minutes: u64, w: Words) -> String {
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    match minutes {
        0..60 => w.count("duration-minutes", number(minutes)),
        _ => w.count("duration-hours", number(minutes.saturating_add(30) / 60)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::Language;
    use super::*;

    #[test]
    fn s48_hours_are_said_in_words_and_like_days_together() {
        let hours = OfficeHours::parse("mon-thu 09:00-12:30 13:30-17:00, fri 9:00-12:00, sun 20:00-24:00").unwrap();
        let closed = ["2026-11-01", "2026-11-21", "2026-12-25"].map(|day| day.parse().unwrap());
        let now = Timestamp::parse_rfc3339("2026-11-21T15:42:00Z").unwrap();
        let said = |hours: OfficeHours, language| {
            let w = Words::new(language);
            HoursView::new(&hours, &Calendar::new("Europe/Paris", w), now, w)
        };
        let french = said(hours.closed_on(closed), Language::French);
        let pairs: Vec<(&str, &str)> = french.week.iter().map(|(days, hours)| (&**days, &**hours)).collect();
        assert_eq!(
            pairs,
            [
                ("Du lundi au jeudi", "de 09:00 à 12:30 et de 13:30 à 17:00"),
                ("Vendredi", "de 09:00 à 12:00"),
                ("Samedi", "fermé"),
                ("Dimanche", "de 20:00 à 24:00"),
            ]
        );
        assert_eq!(
            french.closed.as_deref(),
            Some("samedi 21 novembre et vendredi 25 décembre"),
            "what is over is not told"
        );
        assert!(!french.assumed);
        let english = said(OfficeHours::default(), Language::English);
        assert_eq!(english.week[0], ("Monday to Friday".into(), "09:00 to 17:00".into()));
        assert_eq!(english.week[1], ("Saturday and Sunday".into(), "closed".into()));
        assert!(english.assumed && english.closed.is_none());
    }
}
