//! Closes the buckets of the desk's numbers.
//!
//! Owns when a bucket is closed, and the rows of numbers. Does not own the rule by which a number is told (`domain::desk`), nor
//! who is behind an open number (`people`).
//! Invariant: a bucket is closed once, after all before it, and changes no more; each instant is in one bucket of a width.
//!
//! A bucket is counted when it is closed, from the posts that stand then: whatever became of a post until then is in it
//! without a step of its own, and a commit costs nothing more than before. Of a day that is closed no more than
//! [`DAY_POSTS_MAX`] posts are read; a week and a month are made of what their days left (`people`).

pub mod past;
mod people;
pub mod read;
pub mod statements;

use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::insert::Inserts;
use super::load::array;
use super::{json, rows};
use crate::domain::desk::{
    Bucket, Calendar, DayClosed, Dimension, Fact, HOURS_MAX, Named, Plain, SERIES_MAX, Voice, Width, close_day,
    close_wider, values_of,
};
use crate::domain::{AuthorId, CityId, IdKey, Lane, StoreError, SubjectHash, Timestamp};
use crate::store::error::unreadable;

pub use people::{take_back, take_out};

/// A bucket is closed so long after its end: what arrived in it may still be on its way to the database. What is noted in
/// it later is counted nowhere.
const GRACE_S: i64 = 120;
/// Hours, or days in their weight of hours, that one transaction closes.
const STEPS: usize = 96;
const STEPS_OF_A_DAY: usize = 24;
/// Posts that are read of a day; those of them that came first.
const DAY_POSTS_MAX: i64 = 50_000;
/// Nothing is held for longer: of what is before, a server that was off has nothing to count.
const LOOK_BACK_S: i64 = 31 * DAY_S;
const DAY_S: i64 = 86_400;

/// A city that is counted.
struct Place {
    row: i64,
    hours_until: Timestamp,
    days_until: Timestamp,
}

/// Closes what is over, of each city in the time of its clocks, within a transaction that the caller holds. Returns whether
/// there is more.
pub async fn close(
    connection: &mut SqliteConnection,
    key: &IdKey,
    cities: &[(CityId, Calendar)],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let slugs = array(cities.iter().map(|(city, _)| city.as_str()));
    let mut left = STEPS;
    for row in statements::PLACES.all(connection, [slugs.into()]).await? {
        let slug = rows::city(&row)?;
        let Some((_, calendar)) = cities.iter().find(|(city, _)| *city == slug) else { continue };
        let Some(mut place) = place(connection, &row, calendar, now).await? else { continue };
        let mut is_moved = false;
        while let Some(hour) = due(calendar, Width::Hour, place.hours_until, now) {
            if left == 0 {
                break;
            }
            close_hour(connection, &place, hour).await?;
            place.hours_until = hour.end;
            (left, is_moved) = (left.saturating_sub(1), true);
        }
        // Its hours first: what a day has of others than people is what they had.
        while let Some(day) = due(calendar, Width::Day, place.days_until, now) {
            if left == 0 || place.hours_until < day.end {
                break;
            }
            let facts = facts(connection, key, calendar, &place, day).await?;
            close_one_day(connection, &facts, calendar, &place, day).await?;
            place.days_until = day.end;
            (left, is_moved) = (left.saturating_sub(STEPS_OF_A_DAY), true);
        }
        if is_moved {
            let values = [place.row, place.hours_until.as_micros(), place.days_until.as_micros()];
            statements::MOVE_PLACE.run(connection, values.map(Into::into)).await?;
        }
        if left == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How far a city is counted. One that is met for the first time is counted from the next day on: what there is of this one was
/// in part placed before it was known which posts are assemblies'.
async fn place(
    connection: &mut SqliteConnection,
    row: &SqliteRow,
    calendar: &Calendar,
    now: Timestamp,
) -> Result<Option<Place>, StoreError> {
    let city: i64 = rows::get(row, "row")?;
    let until = |column| rows::get::<Option<i64>>(row, column).map(|at| at.map(Timestamp::from_micros));
    let (hours, days) = (until("hours_until")?, until("days_until")?);
    let Some((hours_until, days_until)) = hours.zip(days) else {
        let next = |width| calendar.bucket(width, now).map(|bucket| bucket.end.as_micros());
        if let (Some(day), Some(hour)) = (next(Width::Day), next(Width::Hour)) {
            statements::BEGIN_PLACE.run(connection, [city, day, hour].map(Into::into)).await?;
        }
        return Ok(None);
    };
    let oldest = calendar.bucket(Width::Day, now.plus_seconds(-LOOK_BACK_S)).map(|day| day.start);
    let or_oldest = |until: Timestamp| oldest.map_or(until, |oldest| until.max(oldest));
    Ok(Some(Place { row: city, hours_until: or_oldest(hours_until), days_until: or_oldest(days_until) }))
}

/// The bucket after `until`, if it is over. It begins at `until`, though its city may have changed its clocks since: so no post
/// is counted twice.
fn due(calendar: &Calendar, width: Width, until: Timestamp, now: Timestamp) -> Option<Bucket> {
    let bucket = calendar.bucket(width, until)?;
    let is_over = bucket.end.plus_seconds(GRACE_S) <= now;
    is_over.then_some(Bucket { start: bucket.start.max(until), ..bucket })
}

/// Who speaks in a row of `HOUR`, `DAY` or `RECENT`.
fn voice(row: &SqliteRow) -> Result<Voice, StoreError> {
    let lane = Lane::parse(&rows::get::<String>(row, "lane")?).ok_or_else(|| unreadable("lane"))?;
    Ok(Voice::of(&lane, rows::get(row, "listed")?, rows::get(row, "automated")?, rows::network(row, "network")?))
}

async fn close_hour(connection: &mut SqliteConnection, place: &Place, hour: Bucket) -> Result<(), StoreError> {
    let (start, end) = (hour.start.as_micros(), hour.end.as_micros());
    let found = statements::HOUR.all(connection, [place.row, start, end].map(Into::into)).await?;
    let (plain, assemblies) = by_voice(&found)?;
    let people = plain.people.saturating_sub(assemblies);
    write_hour(connection, place, hour.start, Plain { people, ..plain }).await
}

async fn write_hour(
    connection: &mut SqliteConnection,
    place: &Place,
    start: Timestamp,
    plain: Plain,
) -> Result<(), StoreError> {
    let counts = [plain.people, plain.bodies, plain.automatic, plain.around]
        .map(|posts| i64::try_from(posts).unwrap_or(i64::MAX));
    let [people, bodies, automatic, around] = counts;
    let values = [place.row, start.as_micros(), people, bodies, automatic, around];
    statements::WRITE_HOUR.run(connection, values.map(Into::into)).await?;
    Ok(())
}

/// Posts by who speaks, from rows of `HOUR` or `OPEN`; and how many of the people's are assemblies'.
fn by_voice(found: &[SqliteRow]) -> Result<(Plain, u64), StoreError> {
    let (mut plain, mut assemblies) = (Plain::default(), 0);
    for row in found {
        let posts = rows::count(row, "posts")?;
        match voice(row)? {
            Voice::People => {
                plain.people += posts;
                assemblies += if rows::get(row, "assembly")? { posts } else { 0 };
            }
            Voice::Bodies => plain.bodies += posts,
            Voice::Automatic => plain.automatic += posts,
            Voice::Around => plain.around += posts,
        }
    }
    Ok((plain, assemblies))
}

async fn close_one_day(
    connection: &mut SqliteConnection,
    facts: &[Fact],
    calendar: &Calendar,
    place: &Place,
    day: Bucket,
) -> Result<(), StoreError> {
    let (week, month) = (calendar.bucket(Width::Week, day.start), calendar.bucket(Width::Month, day.start));
    // Nowhere but at the ends of time.
    let Some((week, month)) = week.zip(month) else { return Ok(()) };
    let DayClosed { told, traces } = close_day(facts);
    let told: Vec<Row> = told.into_iter().map(|named| Row { city: place.row, bucket: day, named }).collect();
    write(connection, &told).await?;
    let posts = i64::try_from(facts.len()).unwrap_or(i64::MAX);
    let (start, end) = (day.start.as_micros(), day.end.as_micros());
    statements::WRITE_PLAIN_DAY.run(connection, [place.row, start, posts, start, end].map(Into::into)).await?;
    let open = people::Open::month(connection, place.row, month).await?;
    open.note(connection, week, &traces).await?;
    if day.end >= week.end {
        close_longer(connection, place, &open, week).await?;
    }
    if day.end >= month.end {
        close_longer(connection, place, &open, month).await?;
        open.forget(connection).await?;
    }
    drop_old(connection, place, day).await
}

/// The posts of people in a day, as they are counted.
async fn facts(
    connection: &mut SqliteConnection,
    key: &IdKey,
    calendar: &Calendar,
    place: &Place,
    day: Bucket,
) -> Result<Vec<Fact>, StoreError> {
    let values = [place.row, day.start.as_micros(), day.end.as_micros(), DAY_POSTS_MAX].map(Into::into);
    let mut facts = Vec::new();
    for row in statements::DAY.all(connection, values).await? {
        if voice(&row)? != Voice::People {
            continue;
        }
        let network = rows::network(&row, "network")?;
        let author = AuthorId::new(rows::get::<String>(&row, "author_id")?);
        let tags = json::tags_in(rows::get(&row, "tags")?)?.into_iter().map(|tag| tag.key);
        let (zone, language): (Option<String>, Option<String>) = (rows::get(&row, "zone")?, rows::get(&row, "lang")?);
        let facets = json::facets_in(rows::get(&row, "facets")?)?;
        let mut values = values_of(zone.as_deref(), tags, language.as_deref(), network, &facets);
        let hour = calendar.bucket(Width::Hour, rows::time(&row, "received_at")?);
        values.extend(hour.map(|hour| (Dimension::Hour, hour.start.to_rfc3339())));
        let who = SubjectHash::derive(key, network, &author);
        facts.push(Fact { who, assembly: rows::get(&row, "assembly")?, values });
    }
    Ok(facts)
}

/// A number on its way into `tallies`.
struct Row {
    city: i64,
    bucket: Bucket,
    named: Named,
}

async fn write(connection: &mut SqliteConnection, told: &[Row]) -> Result<(), StoreError> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let mut inserts = Inserts::on(connection);
    let row = |values: super::insert::Values, Row { city, bucket, named }: &Row| {
        values
            .int(*city)
            .text(bucket.width.as_str())
            .text(named.dimension.as_str())
            .int(bucket.start.as_micros())
            .text(named.value.as_str())
            .int(number(named.posts))
            .int(named.authors.map(number))
    };
    inserts.add(&statements::WRITE_TALLIES, told, row).await?;
    inserts.finish().await
}

/// Closes a week or a month by what its days left.
async fn close_longer(
    connection: &mut SqliteConnection,
    place: &Place,
    open: &people::Open,
    bucket: Bucket,
) -> Result<(), StoreError> {
    let closed = close_wider(open.noted(connection, bucket).await?);
    let names = open.names(connection).await?;
    let named = |(dimension, cell, posts, authors)| {
        let value = if dimension == Dimension::All { String::new() } else { names.get(&(dimension, cell))?.clone() };
        Some(Row { city: place.row, bucket, named: Named { dimension, value, posts, authors } })
    };
    let told: Vec<Row> = closed.told.into_iter().filter_map(named).collect();
    write(connection, &told).await?;
    if bucket.width == Width::Week {
        open.tell_rest(connection, bucket, &closed.spent).await?;
    }
    let (start, end) = (bucket.start.as_micros().into(), bucket.end.as_micros().into());
    let values = [place.row.into(), bucket.width.as_str().into(), start, end];
    statements::WRITE_PLAIN.run(connection, values).await?;
    Ok(())
}

/// Hours of a day's cells are kept as long as hours are, days for [`SERIES_MAX`], weeks and months for ever: they are some
/// thousand rows a year.
async fn drop_old(connection: &mut SqliteConnection, place: &Place, day: Bucket) -> Result<(), StoreError> {
    let before = |days: usize| day.start.plus_seconds(-DAY_S * i64::try_from(days).unwrap_or(0)).as_micros();
    let (days, hours) = (before(SERIES_MAX), before(HOURS_MAX / 24));
    statements::DROP_DAYS.run(connection, [place.row, days].map(Into::into)).await?;
    statements::DROP_PLAIN_DAYS.run(connection, [place.row, days].map(Into::into)).await?;
    statements::DROP_HOUR_CELLS.run(connection, [place.row, hours].map(Into::into)).await?;
    Ok(())
}

/// Drops hours that are over their time, and what cities that are listed no more have left open.
pub async fn sweep(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), StoreError> {
    let hours = i64::try_from(HOURS_MAX).unwrap_or(0);
    statements::DROP_HOURS.run(connection, [now.plus_seconds(-hours * 3_600).as_micros().into()]).await?;
    let left = now.plus_seconds(-LOOK_BACK_S).as_micros();
    statements::LEFT_PEOPLE.run(connection, [left.into()]).await?;
    statements::LEFT_NAMES.run(connection, [left.into()]).await?;
    statements::LEFT_KEYS.run(connection, [left.into()]).await?;
    Ok(())
}
