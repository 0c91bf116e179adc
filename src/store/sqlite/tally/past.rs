//! Days that are counted from a list, and not from posts: the past of a demonstration.
//!
//! Owns nothing but the way in: what is told of such a day is told by the rule of any.
//! Invariant: only a city that was never counted has such a past.

use sqlx::sqlite::SqliteConnection;

use super::{Place, close_one_day, statements};
use crate::domain::desk::{Calendar, Dimension, Fact, Plain, Spoken, Voice, Width};
use crate::domain::{CityId, StoreError, Timestamp};
use crate::store::sqlite::load::array;
use crate::store::sqlite::rows;

/// Days that are closed of one list: more than a past has.
const DAYS_MAX: usize = 100;

/// Closes the days from `since` to `until`, each where its day begins, by what was said in them, in order.
pub async fn close(
    connection: &mut SqliteConnection,
    city: &CityId,
    calendar: &Calendar,
    (since, until): (Timestamp, Timestamp),
    said: &[Spoken],
) -> Result<(), StoreError> {
    let row = statements::PLACES.first(connection, [array([city.as_str()]).into()]).await?;
    let Some(row) = row.filter(|row| rows::get::<Option<i64>>(row, "days_until").is_ok_and(|until| until.is_none()))
    else {
        return Ok(());
    };
    let mut place = Place { row: rows::get(&row, "row")?, hours_until: since, days_until: since };
    let begin = [place.row, since.as_micros(), since.as_micros()];
    statements::BEGIN_PLACE.run(connection, begin.map(Into::into)).await?;
    for _ in 0..DAYS_MAX {
        let Some(day) = calendar.bucket(Width::Day, place.days_until).filter(|day| day.end <= until) else { break };
        while place.hours_until < day.end {
            let Some(hour) = calendar.bucket(Width::Hour, place.hours_until) else { break };
            let within = said.iter().filter(|spoken| (hour.start..hour.end).contains(&spoken.at));
            super::write_hour(connection, &place, hour.start, plain(within)).await?;
            place.hours_until = hour.end;
        }
        let people = said.iter().filter(|spoken| (day.start..day.end).contains(&spoken.at));
        let people = people.filter(|spoken| spoken.voice == Voice::People);
        let facts: Vec<Fact> = people.map(|spoken| with_hour(spoken, calendar)).collect();
        close_one_day(connection, &facts, calendar, &place, day).await?;
        place.days_until = day.end;
    }
    let values = [place.row, place.hours_until.as_micros(), place.days_until.as_micros()];
    statements::MOVE_PLACE.run(connection, values.map(Into::into)).await?;
    Ok(())
}

fn plain<'a>(said: impl Iterator<Item = &'a Spoken>) -> Plain {
    let mut plain = Plain::default();
    for spoken in said {
        match spoken.voice {
            Voice::People if spoken.fact.assembly => {}
            Voice::People => plain.people += 1,
            Voice::Bodies => plain.bodies += 1,
            Voice::Automatic => plain.automatic += 1,
            Voice::Around => plain.around += 1,
        }
    }
    plain
}

fn with_hour(spoken: &Spoken, calendar: &Calendar) -> Fact {
    let mut fact = spoken.fact.clone();
    let hour = calendar.bucket(Width::Hour, spoken.at);
    fact.values.extend(hour.map(|hour| (Dimension::Hour, hour.start.to_rfc3339())));
    fact
}
