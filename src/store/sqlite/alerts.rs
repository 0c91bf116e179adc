//! Alerts and what of them is to be sent, as rows.
//!
//! Owns their statements, how they are written within a transaction that the caller holds, and how they are read. Does not own
//! when something is unusual (`monitor`), nor the sending.
//! Invariant: of a city one alert at most goes on, and an instant has one.

use std::collections::BTreeMap;

use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::load::array;
use super::read::{Reader, bounded, in_time};
use super::rows;
use super::statement::{Statement, Value, statements};
use crate::domain::alert::{
    ALERTS_KEPT_S, ALERTS_MAX, Alert, Channel, Dispatch, Event, Kind, Look, PastAlert, Receiver, Sent, UNSENT_MAX,
    Unsent,
};
use crate::domain::{CityId, StoreError, Timestamp};
use crate::store::error::unreadable;

statements! {
    EVENT: 1 = "SELECT kind, since, last FROM alert_events WHERE city = $1";
    WRITE_EVENT: 4 = "INSERT INTO alert_events (city, kind, since, last) VALUES ($1, $2, $3, $4)
        ON CONFLICT (city) DO UPDATE SET kind = excluded.kind, since = excluded.since, last = excluded.last";
    DROP_EVENT: 1 = "DELETE FROM alert_events WHERE city = $1";
    /// City, now: what went on ended when there was last more than is usual.
    END: 2 = "UPDATE alerts SET ended_at = coalesce((SELECT last FROM alert_events WHERE city = $1), $2)
        WHERE city = $1 AND ended_at IS NULL";
    /// City, kind, at, posts, authors, usual.
    WRITE: 6 = "INSERT INTO alerts (city, kind, at, posts, authors, usual_milli) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (city, at) DO NOTHING RETURNING row";
    /// Alert, channel, receiver, due.
    WRITE_DISPATCH: 4 = "INSERT INTO alert_dispatches (alert, channel, receiver, state, due_at) VALUES ($1, $2, $3, 'waiting', $4)";
    /// Those of a city beyond so many.
    TOO_MANY: 2 = "SELECT row FROM alerts WHERE city = $1 ORDER BY at DESC LIMIT -1 OFFSET $2";
    OVER: 1 = "SELECT row FROM alerts WHERE at < $1";
    DROP_DISPATCHES: 1 = "DELETE FROM alert_dispatches WHERE alert IN (SELECT value FROM json_each($1))";
    DROP: 1 = "DELETE FROM alerts WHERE row IN (SELECT value FROM json_each($1))";
    /// City, before which number, at most.
    ALERTS: 3 = "SELECT row, kind, at, posts, authors, usual_milli, ended_at FROM alerts
        WHERE city = $1 AND ($2 IS NULL OR at < (SELECT at FROM alerts WHERE row = $2)) ORDER BY at DESC LIMIT $3";
    /// Now, at most: all that waits for whoever is due something.
    DUE: 2 = "SELECT a.city AS slug, d.channel AS channel, d.receiver AS receiver, d.tries AS tries, a.row AS row, a.kind AS kind,
            a.at AS at, a.posts AS posts, a.authors AS authors, a.usual_milli AS usual_milli, a.ended_at AS ended_at
        FROM alert_dispatches AS d JOIN alerts AS a ON a.row = d.alert
        WHERE d.state = 'waiting' AND EXISTS (SELECT 1 FROM alert_dispatches AS due JOIN alerts AS b ON b.row = due.alert
            WHERE due.state = 'waiting' AND due.due_at <= $1 AND b.city = a.city AND due.channel = d.channel
            AND due.receiver = d.receiver)
        ORDER BY a.at LIMIT $2";
    /// Alerts, channel, receiver, state, failed tries more, due.
    DISPATCHED: 6 = "UPDATE alert_dispatches SET state = $4, tries = tries + $5, due_at = $6
        WHERE alert IN (SELECT value FROM json_each($1)) AND channel = $2 AND receiver = $3 AND state = 'waiting'";
    UNLISTED: 3 = "DELETE FROM alert_dispatches
        WHERE alert IN (SELECT value FROM json_each($1)) AND channel = $2 AND receiver = $3 AND state = 'waiting'";
    /// City, since, at most: by alert and channel, however many receivers.
    UNSENT: 3 = "SELECT a.at AS at, d.channel AS channel, min(CASE d.state WHEN 'waiting' THEN d.due_at END) AS again_at
        FROM alerts AS a JOIN alert_dispatches AS d ON d.alert = a.row
        WHERE a.city = $1 AND a.at >= $2 AND (d.state = 'given_up' OR (d.state = 'waiting' AND d.tries > 0))
        GROUP BY a.row, d.channel ORDER BY a.at DESC, d.channel LIMIT $3";
}

/// What waits and is read at once; the rest is read when this has been sent.
const DUE_MAX: usize = 1_000;

/// Writes what came of a look, with what is to be sent of it.
pub async fn write(connection: &mut SqliteConnection, look: &Look, now: Timestamp) -> Result<(), StoreError> {
    let city = look.city.as_str();
    if look.event.is_none() || look.alert.is_some() {
        END.run(connection, [city.into(), now.as_micros().into()]).await?;
    }
    match &look.event {
        Some(Event { kind, since, last }) => {
            let values = [city.into(), kind.as_str().into(), since.as_micros().into(), last.as_micros().into()];
            WRITE_EVENT.run(connection, values).await?;
        }
        None => {
            DROP_EVENT.run(connection, [city.into()]).await?;
        }
    }
    let Some(alert) = &look.alert else { return Ok(()) };
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let values = [
        city.into(),
        alert.kind.as_str().into(),
        alert.at.as_micros().into(),
        number(alert.posts).into(),
        alert.authors.map(number).into(),
        ((alert.usual * 1_000.0).round() as i64).into(),
    ];
    let Some(row) = WRITE.first(connection, values).await? else { return Ok(()) };
    let row: i64 = rows::get(&row, "row")?;
    for Receiver { channel, address } in &look.receivers {
        let values = [row.into(), channel.as_str().into(), address.as_str().into(), look.due_at.as_micros().into()];
        WRITE_DISPATCH.run(connection, values).await?;
    }
    let over = TOO_MANY.all(connection, [city.into(), ALERTS_MAX.into()]).await?;
    drop_all(connection, &over).await
}

async fn drop_all(connection: &mut SqliteConnection, over: &[SqliteRow]) -> Result<(), StoreError> {
    if over.is_empty() {
        return Ok(());
    }
    let found = over.iter().map(|row| rows::get::<i64>(row, "row")).collect::<Result<Vec<_>, _>>()?;
    let found = array(found);
    DROP_DISPATCHES.run(connection, [found.as_str().into()]).await?;
    DROP.run(connection, [found.into()]).await?;
    Ok(())
}

/// Drops what was kept for long enough.
pub async fn sweep(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), StoreError> {
    let over = OVER.all(connection, [now.plus_seconds(-ALERTS_KEPT_S).as_micros().into()]).await?;
    drop_all(connection, &over).await
}

/// Notes what became of a dispatch.
pub async fn dispatched(connection: &mut SqliteConnection, dispatch: &Dispatch, sent: &Sent) -> Result<(), StoreError> {
    let alerts = array(dispatch.alerts.iter().map(|past| past.number));
    let Receiver { channel, address } = &dispatch.receiver;
    let key = [alerts.into(), channel.as_str().into(), address.as_str().into()];
    let (state, tries, due) = match sent {
        Sent::Yes => ("sent", 0, None),
        Sent::Later(at) => ("waiting", 1, Some(at)),
        Sent::Waits(at) => ("waiting", 0, Some(at)),
        Sent::GivenUp => ("given_up", 1, None),
        Sent::Unlisted => {
            UNLISTED.run(connection, key).await?;
            return Ok(());
        }
    };
    let [alerts, channel, address] = key;
    let due = due.map_or(0, |at| at.as_micros());
    let values = [alerts, channel, address, state.into(), Value::Int(tries), due.into()];
    DISPATCHED.run(connection, values).await?;
    Ok(())
}

fn past(row: &SqliteRow) -> Result<PastAlert, StoreError> {
    let authors: Option<i64> = rows::get(row, "authors")?;
    let alert = Alert {
        kind: kind(row)?,
        at: rows::time(row, "at")?,
        posts: rows::count(row, "posts")?,
        authors: authors.and_then(|authors| u64::try_from(authors).ok()),
        usual: rows::get::<i64>(row, "usual_milli")? as f64 / 1_000.0,
    };
    Ok(PastAlert { number: rows::get(row, "row")?, alert, ended_at: rows::optional_time(row, "ended_at")? })
}

fn kind(row: &SqliteRow) -> Result<Kind, StoreError> {
    Kind::parse(&rows::get::<String>(row, "kind")?).ok_or_else(|| unreadable("kind"))
}

fn channel(row: &SqliteRow) -> Result<Channel, StoreError> {
    Channel::parse(&rows::get::<String>(row, "channel")?).ok_or_else(|| unreadable("channel"))
}

impl Reader {
    pub async fn event(&self, city: &CityId) -> Result<Option<Event>, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let row = EVENT.first(&mut limited.connection, [city.as_str().into()]).await?;
            let event = |row: &SqliteRow| {
                Ok(Event { kind: kind(row)?, since: rows::time(row, "since")?, last: rows::time(row, "last")? })
            };
            row.as_ref().map(event).transpose()
        })
        .await
    }

    pub async fn alerts(&self, city: &CityId, before: Option<i64>, limit: usize) -> Result<Vec<PastAlert>, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let most = usize::try_from(ALERTS_MAX).unwrap_or(usize::MAX);
            let values = [city.as_str().into(), before.into(), bounded(limit, most).into()];
            ALERTS.all(&mut limited.connection, values).await?.iter().map(past).collect()
        })
        .await
    }

    pub async fn unsent(&self, city: &CityId, since: Timestamp) -> Result<Vec<Unsent>, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let values = [city.as_str().into(), since.as_micros().into(), bounded(UNSENT_MAX, UNSENT_MAX).into()];
            let unsent = |row: &SqliteRow| {
                let again_at = rows::optional_time(row, "again_at")?;
                Ok(Unsent { at: rows::time(row, "at")?, channel: channel(row)?, again_at })
            };
            UNSENT.all(&mut limited.connection, values).await?.iter().map(unsent).collect()
        })
        .await
    }

    /// All that waits for each receiver who is due something.
    pub async fn due(&self, now: Timestamp) -> Result<Vec<Dispatch>, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let values = [now.as_micros().into(), bounded(DUE_MAX, DUE_MAX).into()];
            let mut found: BTreeMap<(CityId, Receiver), Dispatch> = BTreeMap::new();
            for row in DUE.all(&mut limited.connection, values).await? {
                let (city, address) = (rows::city(&row)?, rows::get(&row, "receiver")?);
                let receiver = Receiver { channel: channel(&row)?, address };
                let tries = u32::try_from(rows::get::<i64>(&row, "tries")?).unwrap_or(u32::MAX);
                let dispatch = found.entry((city.clone(), receiver.clone()));
                let dispatch = dispatch.or_insert(Dispatch { city, receiver, alerts: Vec::new(), tries });
                // What is new is not given up for what has waited long.
                dispatch.tries = dispatch.tries.min(tries);
                dispatch.alerts.push(past(&row)?);
            }
            Ok(found.into_values().collect())
        })
        .await
    }
}
