//! Accounts, sessions and the desk's log, as rows.
//!
//! Owns their statements and how rows are read. Does not own transactions, nor what a change means (`writer::staff`).
//! Invariant: a row that can't be read is an error, never an account with other rights.

use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::rows;
use super::statement::{Statement, Value, statements};
use crate::domain::{
    AuditHead, AuditLine, CityId, OwnSession, Role, SessionHash, StaffName, StaffSession, StaffUser, StoreError,
    Timestamp,
};
use crate::store::error::unreadable;

statements! {
    USER: 1 = "SELECT row, name, password, second, second_step, disabled FROM staff WHERE name = $1";
    USER_BY_ROW: 1 = "SELECT row, name, password, second, second_step, disabled FROM staff WHERE row = $1";
    USERS: 0 = "SELECT row, name, password, second, second_step, disabled FROM staff ORDER BY name";
    USERS_OF: 1 = "SELECT row, name, password, second, second_step, disabled FROM staff
        WHERE row IN (SELECT staff FROM staff_roles WHERE city = $1) ORDER BY name";
    COUNT: 0 = "SELECT count(*) AS users FROM staff";
    ROLES: 1 = "SELECT city, role FROM staff_roles WHERE staff = $1 ORDER BY city, role";
    ADD: 2 = "INSERT INTO staff (name, password) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING row";
    GRANT: 3 = "INSERT INTO staff_roles (staff, city, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    REVOKE: 3 = "DELETE FROM staff_roles WHERE staff = $1 AND city = $2 AND role = $3";
    DISABLE: 2 = "UPDATE staff SET disabled = $2 WHERE row = $1";
    PASSWORD: 2 = "UPDATE staff SET password = $2 WHERE row = $1";
    FORGET_SECOND: 1 = "UPDATE staff SET second = NULL, second_step = 0 WHERE row = $1";
    SET_UP_SECOND: 3 = "UPDATE staff SET second = $2, second_step = $3 WHERE row = $1 AND second IS NULL";
    USE_STEP: 2 = "UPDATE staff SET second_step = $2 WHERE row = $1 AND second_step < $2";
    SESSION: 1 = "SELECT staff, opened_at, seen_at, is_whole FROM staff_sessions WHERE session = $1";
    OPEN: 4 = "INSERT INTO staff_sessions (session, staff, opened_at, seen_at, is_whole) VALUES ($1, $2, $3, $3, $4)";
    SEEN: 2 = "UPDATE staff_sessions SET seen_at = $2 WHERE session = $1 AND seen_at < $2";
    MAKE_WHOLE: 4 = "UPDATE staff_sessions SET session = $3, is_whole = 1, opened_at = $4, seen_at = $4
        WHERE session = $2 AND staff = $1 AND NOT is_whole";
    SESSIONS_OF: 2 = "SELECT opened_at, seen_at, is_whole, session = $2 AS is_this FROM staff_sessions
        WHERE staff = $1 ORDER BY opened_at DESC";
    CLOSE_OWN: 2 = "DELETE FROM staff_sessions WHERE staff = $1 AND opened_at = $2";
    CLOSE: 1 = "DELETE FROM staff_sessions WHERE session = $1";
    /// NULL closes all.
    CLOSE_OTHERS: 2 = "DELETE FROM staff_sessions WHERE staff = $1 AND session IS NOT $2";
    /// Those that were opened before `$1`, or last seen before `$2`.
    SWEEP_SESSIONS: 2 = "DELETE FROM staff_sessions WHERE opened_at < $1 OR seen_at < $2";
    CLOSE_ALL: 0 = "DELETE FROM staff_sessions";
    COUNT_SESSIONS: 1 = "SELECT count(*) AS sessions FROM staff_sessions WHERE staff = $1";
    CLOSE_OLDEST: 1 = "DELETE FROM staff_sessions WHERE session IN
        (SELECT session FROM staff_sessions WHERE staff = $1 ORDER BY seen_at LIMIT 1)";
    WRITE_LINE: 8 = "INSERT INTO audit (city, number, at, actor, act, subject, reason, mac)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    HEADS: 0 = "SELECT city, number, mac FROM audit AS a
        WHERE number = (SELECT max(number) FROM audit WHERE city = a.city)";
    LINES: 3 = "SELECT number, at, actor, act, subject, reason, mac FROM audit
        WHERE city = $1 AND ($2 IS NULL OR number < $2) ORDER BY number DESC LIMIT $3";
    LINES_AFTER: 3 = "SELECT number, at, actor, act, subject, reason, mac FROM audit
        WHERE city = $1 AND number > $2 ORDER BY number LIMIT $3";
    LOGGED_CITIES: 0 = "SELECT DISTINCT city FROM audit ORDER BY city";
}

pub async fn user(connection: &mut SqliteConnection, name: &StaffName) -> Result<Option<StaffUser>, StoreError> {
    match USER.first(connection, [name.as_str().into()]).await? {
        Some(row) => read_user(connection, &row).await.map(Some),
        None => Ok(None),
    }
}

pub async fn user_by_row(connection: &mut SqliteConnection, row: i64) -> Result<Option<StaffUser>, StoreError> {
    match USER_BY_ROW.first(connection, [row.into()]).await? {
        Some(row) => read_user(connection, &row).await.map(Some),
        None => Ok(None),
    }
}

pub async fn users(connection: &mut SqliteConnection) -> Result<Vec<StaffUser>, StoreError> {
    let mut users = Vec::new();
    for row in USERS.all(connection, []).await? {
        users.push(read_user(connection, &row).await?);
    }
    Ok(users)
}

pub async fn users_of(connection: &mut SqliteConnection, city: &CityId) -> Result<Vec<StaffUser>, StoreError> {
    let mut users = Vec::new();
    for row in USERS_OF.all(connection, [city.as_str().into()]).await? {
        users.push(read_user(connection, &row).await?);
    }
    Ok(users)
}

async fn read_user(connection: &mut SqliteConnection, row: &SqliteRow) -> Result<StaffUser, StoreError> {
    let id: i64 = rows::get(row, "row")?;
    let mut roles = Vec::new();
    for role in ROLES.all(connection, [id.into()]).await? {
        let name: String = rows::get(&role, "role")?;
        let city: String = rows::get(&role, "city")?;
        roles.push((CityId::new(&city), Role::parse(&name).ok_or_else(|| unreadable("role"))?));
    }
    Ok(StaffUser {
        id,
        name: StaffName::parse(&rows::get::<String>(row, "name")?).ok_or_else(|| unreadable("name"))?,
        password: rows::get(row, "password")?,
        second: rows::get(row, "second")?,
        second_step: rows::get(row, "second_step")?,
        disabled: rows::get(row, "disabled")?,
        roles,
    })
}

pub async fn session(
    connection: &mut SqliteConnection,
    session: SessionHash,
) -> Result<Option<StaffSession>, StoreError> {
    let Some(row) = SESSION.first(connection, [blob(&session)]).await? else { return Ok(None) };
    let user = user_by_row(connection, rows::get(&row, "staff")?).await?;
    Ok(match user.filter(|user| !user.disabled) {
        Some(user) => Some(StaffSession {
            user,
            opened_at: Timestamp::from_micros(rows::get(&row, "opened_at")?),
            seen_at: Timestamp::from_micros(rows::get(&row, "seen_at")?),
            is_whole: rows::get(&row, "is_whole")?,
        }),
        None => None,
    })
}

/// As many as an account can have.
pub async fn sessions_of(
    connection: &mut SqliteConnection,
    user: i64,
    this: SessionHash,
) -> Result<Vec<OwnSession>, StoreError> {
    let own = |row: &SqliteRow| {
        Ok(OwnSession {
            opened_at: rows::time(row, "opened_at")?,
            seen_at: rows::time(row, "seen_at")?,
            is_whole: rows::get(row, "is_whole")?,
            is_this: rows::get(row, "is_this")?,
        })
    };
    SESSIONS_OF.all(connection, [user.into(), blob(&this)]).await?.iter().map(own).collect()
}

pub async fn write_line(connection: &mut SqliteConnection, city: &CityId, line: &AuditLine) -> Result<(), StoreError> {
    let AuditLine { number, at, actor, act, subject, reason, mac } = line;
    let values = [
        city.as_str().into(),
        (*number).into(),
        at.as_micros().into(),
        actor.as_str().into(),
        act.as_str().into(),
        subject.as_str().into(),
        reason.as_str().into(),
        blob(mac),
    ];
    WRITE_LINE.run(connection, values).await?;
    Ok(())
}

/// The end of each city's chain.
pub async fn heads(connection: &mut SqliteConnection) -> Result<Vec<(CityId, AuditHead)>, StoreError> {
    let head = |row: &SqliteRow| {
        let city: String = rows::get(row, "city")?;
        Ok((CityId::new(&city), AuditHead { number: rows::get(row, "number")?, mac: mac(row)? }))
    };
    HEADS.all(connection, []).await?.iter().map(head).collect()
}

/// Newest first.
pub async fn lines(
    connection: &mut SqliteConnection,
    city: &CityId,
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<AuditLine>, StoreError> {
    let values = [city.as_str().into(), before.into(), (limit as i64).into()];
    LINES.all(connection, values).await?.iter().map(line).collect()
}

/// Oldest first, after a number.
pub async fn lines_after(
    connection: &mut SqliteConnection,
    city: &CityId,
    after: i64,
    limit: usize,
) -> Result<Vec<AuditLine>, StoreError> {
    let values = [city.as_str().into(), after.into(), (limit as i64).into()];
    LINES_AFTER.all(connection, values).await?.iter().map(line).collect()
}

pub async fn logged_cities(connection: &mut SqliteConnection) -> Result<Vec<CityId>, StoreError> {
    let city = |row: &SqliteRow| Ok(CityId::new(&rows::get::<String>(row, "city")?));
    LOGGED_CITIES.all(connection, []).await?.iter().map(city).collect()
}

fn line(row: &SqliteRow) -> Result<AuditLine, StoreError> {
    Ok(AuditLine {
        number: rows::get(row, "number")?,
        at: Timestamp::from_micros(rows::get(row, "at")?),
        actor: rows::get(row, "actor")?,
        act: rows::get(row, "act")?,
        subject: rows::get(row, "subject")?,
        reason: rows::get(row, "reason")?,
        mac: mac(row)?,
    })
}

fn mac(row: &SqliteRow) -> Result<[u8; 32], StoreError> {
    rows::get::<Vec<u8>>(row, "mac")?.try_into().or(Err(unreadable("mac")))
}

pub fn blob(hash: &[u8; 32]) -> Value {
    Value::Blob(hash.to_vec())
}
