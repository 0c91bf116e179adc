//! The desk's accounts, sessions and log, as the rest of the process asks for them.

use futures_util::future::{BoxFuture, FutureExt};
use serde_json::{Value, json};

use super::handle::Store;
use super::sqlite::staff;
use super::writer::Job;
use crate::domain::{
    Actor, AuditLine, CityId, OwnSession, Role, SessionHash, StaffDesk, StaffName, StaffSession, StaffUser, StaffWrite,
    StoreError,
};

impl StaffDesk for Store {
    fn user<'a>(&'a self, name: &'a StaffName) -> BoxFuture<'a, Result<Option<StaffUser>, StoreError>> {
        async move { staff::user(&mut *self.reader().pool.acquire().await?, name).await }.boxed()
    }

    fn users_of<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<StaffUser>, StoreError>> {
        async move { staff::users_of(&mut *self.reader().pool.acquire().await?, city).await }.boxed()
    }

    fn session(&self, session: SessionHash) -> BoxFuture<'_, Result<Option<StaffSession>, StoreError>> {
        async move { staff::session(&mut *self.reader().pool.acquire().await?, session).await }.boxed()
    }

    fn sessions_of(&self, user: i64, this: SessionHash) -> BoxFuture<'_, Result<Vec<OwnSession>, StoreError>> {
        async move { staff::sessions_of(&mut *self.reader().pool.acquire().await?, user, this).await }.boxed()
    }

    fn write(&self, actor: Actor, write: StaffWrite) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.ask(self.desk(), |answer| Job::Staff { actor, write, answer }).boxed()
    }

    fn audit<'a>(
        &'a self,
        city: &'a CityId,
        before: Option<i64>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<AuditLine>, StoreError>> {
        async move { staff::lines(&mut *self.reader().pool.acquire().await?, city, before, limit).await }.boxed()
    }
}

/// A change of an account as the operator's command line writes it down. Sessions are nobody's to change from there: of
/// them nothing is written.
pub(super) fn to_json(write: &StaffWrite) -> String {
    let pairs = |roles: &[(CityId, Role)]| -> Value {
        roles.iter().map(|(city, role)| json!([city.as_str(), role.as_str()])).collect()
    };
    let written = match write {
        StaffWrite::Add { name, password, roles } => {
            json!({ "do": "add", "name": name.as_str(), "password": password, "roles": pairs(roles) })
        }
        StaffWrite::Grant { name, roles } => json!({ "do": "grant", "name": name.as_str(), "roles": pairs(roles) }),
        StaffWrite::Revoke { name, roles } => json!({ "do": "revoke", "name": name.as_str(), "roles": pairs(roles) }),
        StaffWrite::Disable { name, disabled } => {
            json!({ "do": "disable", "name": name.as_str(), "disabled": disabled })
        }
        StaffWrite::Password { name, password, forget_second, .. } => {
            json!({ "do": "password", "name": name.as_str(), "password": password, "forget_second": forget_second })
        }
        StaffWrite::SetUpSecond { .. }
        | StaffWrite::GiveSecond { .. }
        | StaffWrite::Open { .. }
        | StaffWrite::Seen { .. }
        | StaffWrite::Close { .. }
        | StaffWrite::CloseOwn { .. }
        | StaffWrite::CloseOthers { .. } => Value::Null,
    };
    written.to_string()
}

/// `None` for what another version wrote.
pub(super) fn from_json(text: &str) -> Option<StaffWrite> {
    let written: Value = serde_json::from_str(text).ok()?;
    let name = StaffName::parse(written.get("name")?.as_str()?)?;
    let text = |field: &str| Some(written.get(field)?.as_str()?.to_owned());
    let is = |field: &str| written.get(field)?.as_bool();
    let roles = || -> Option<Vec<(CityId, Role)>> {
        let pair = |pair: &Value| Some((CityId::new(pair.get(0)?.as_str()?), Role::parse(pair.get(1)?.as_str()?)?));
        written.get("roles")?.as_array()?.iter().map(pair).collect()
    };
    Some(match text("do")?.as_str() {
        "add" => StaffWrite::Add { name, password: text("password")?, roles: roles()? },
        "grant" => StaffWrite::Grant { name, roles: roles()? },
        "revoke" => StaffWrite::Revoke { name, roles: roles()? },
        "disable" => StaffWrite::Disable { name, disabled: is("disabled")? },
        "password" => {
            StaffWrite::Password { name, password: text("password")?, forget_second: is("forget_second")?, keep: None }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_accounts_are_read_back_as_written_and_sessions_are_not_written() {
        let name = || StaffName::parse("lea").unwrap();
        let roles = || vec![(CityId::new("nantes"), Role::Moderator), (CityId::new("tours"), Role::Reader)];
        for write in [
            StaffWrite::Add { name: name(), password: "$argon2id$x".into(), roles: roles() },
            StaffWrite::Grant { name: name(), roles: roles() },
            StaffWrite::Revoke { name: name(), roles: Vec::new() },
            StaffWrite::Disable { name: name(), disabled: true },
            StaffWrite::Password { name: name(), password: "$".into(), forget_second: true, keep: None },
        ] {
            assert!(from_json(&to_json(&write)) == Some(write));
        }
        assert!(from_json(&to_json(&StaffWrite::Close { session: [1; 32] })).is_none());
    }
}
