//! Changes of accounts and sessions.
//!
//! Owns their transactions. Does not own what proves who somebody is (`desk`). Invariant: a change of an account and its
//! lines of the log are committed together, or neither is; and what ends an account's right to come in ends its sessions.

use super::Writer;
use crate::domain::{
    Act, Actor, CityId, Role, SESSION_LASTS_S, SESSION_RESTS_S, StaffName, StaffUser, StaffWrite, StoreError, Timestamp,
};
use crate::store::sqlite::rows;
use crate::store::sqlite::staff::{self, blob};
use crate::store::sqlite::statement::Value;

/// Accounts of an instance; at the bound none is added.
const USERS_MAX: i64 = 10_000;
/// Sessions of one account; at the bound the one that was longest not seen ends.
const SESSIONS_MAX: i64 = 20;

impl Writer {
    /// Whether what the change names was there. After an error nothing was written.
    pub(super) async fn change_staff(&mut self, actor: &Actor, write: &StaffWrite) -> Result<bool, StoreError> {
        self.begin().await?;
        let now = self.clock.now();
        let done = self.write_staff(actor, write, now).await;
        self.end(done).await
    }

    async fn write_staff(&mut self, actor: &Actor, write: &StaffWrite, now: Timestamp) -> Result<bool, StoreError> {
        match write {
            StaffWrite::Add { name, password, roles } => self.add_user(actor, name, password, roles, now).await,
            StaffWrite::Grant { name, roles } => self.change_roles(actor, name, roles, true, now).await,
            StaffWrite::Revoke { name, roles } => self.change_roles(actor, name, roles, false, now).await,
            StaffWrite::Disable { name, disabled } => {
                let Some(user) = staff::user(&mut self.connection, name).await? else { return Ok(false) };
                staff::DISABLE.run(&mut self.connection, [user.id.into(), i64::from(*disabled).into()]).await?;
                staff::CLOSE_OTHERS.run(&mut self.connection, [user.id.into(), Value::Null]).await?;
                let act = if *disabled { "account_disabled" } else { "account_enabled" };
                self.log_of(actor, &user, act, "", now).await?;
                Ok(true)
            }
            StaffWrite::Password { name, password, forget_second, keep } => {
                let Some(user) = staff::user(&mut self.connection, name).await? else { return Ok(false) };
                staff::PASSWORD.run(&mut self.connection, [user.id.into(), password.as_str().into()]).await?;
                if *forget_second {
                    staff::FORGET_SECOND.run(&mut self.connection, [user.id.into()]).await?;
                }
                let keep = keep.as_ref().map_or(Value::Null, blob);
                staff::CLOSE_OTHERS.run(&mut self.connection, [user.id.into(), keep]).await?;
                let act = if *forget_second { "password_and_second_factor_reset" } else { "password_changed" };
                self.log_of(actor, &user, act, "", now).await?;
                Ok(true)
            }
            StaffWrite::SetUpSecond { user, secret, step, from, to } => {
                let values = [(*user).into(), Value::Blob(secret.clone()), (*step).into()];
                let is_set = staff::SET_UP_SECOND.run(&mut self.connection, values).await? > 0;
                if !is_set || !self.make_whole(*user, from, to, now).await? {
                    return Err(StoreError::Unavailable("the second factor was set up meanwhile".into()));
                }
                self.log_of_row(actor, *user, "second_factor_set_up", now).await?;
                self.log_of_row(actor, *user, "signed_in", now).await
            }
            StaffWrite::GiveSecond { user, step, from, to } => {
                let is_new = staff::USE_STEP.run(&mut self.connection, [(*user).into(), (*step).into()]).await? > 0;
                if !is_new || !self.make_whole(*user, from, to, now).await? {
                    return Ok(false);
                }
                self.log_of_row(actor, *user, "signed_in", now).await
            }
            StaffWrite::Open { user, session, is_whole, is_told } => {
                let over = [now.plus_seconds(-SESSION_LASTS_S), now.plus_seconds(-SESSION_RESTS_S)];
                staff::SWEEP_SESSIONS.run(&mut self.connection, over.map(|at| at.as_micros().into())).await?;
                let row = staff::COUNT_SESSIONS.first(&mut self.connection, [(*user).into()]).await?;
                if row.map_or(Ok(0), |row| rows::get::<i64>(&row, "sessions"))? >= SESSIONS_MAX {
                    staff::CLOSE_OLDEST.run(&mut self.connection, [(*user).into()]).await?;
                }
                let values = [blob(session), (*user).into(), now.as_micros().into(), i64::from(*is_whole).into()];
                staff::OPEN.run(&mut self.connection, values).await?;
                if *is_whole && *is_told {
                    self.log_of_row(actor, *user, "signed_in", now).await?;
                }
                Ok(true)
            }
            StaffWrite::Seen { session } => {
                Ok(staff::SEEN.run(&mut self.connection, [blob(session), now.as_micros().into()]).await? > 0)
            }
            StaffWrite::Close { session } => Ok(staff::CLOSE.run(&mut self.connection, [blob(session)]).await? > 0),
            StaffWrite::CloseOthers { user, keep } => {
                let ended = staff::CLOSE_OTHERS.run(&mut self.connection, [(*user).into(), blob(keep)]).await?;
                Ok(ended > 0 && self.log_of_row(actor, *user, "sessions_ended", now).await?)
            }
            StaffWrite::CloseOwn { user, opened_at } => {
                let values = [(*user).into(), opened_at.as_micros().into()];
                let ended = staff::CLOSE_OWN.run(&mut self.connection, values).await?;
                Ok(ended > 0 && self.log_of_row(actor, *user, "sessions_ended", now).await?)
            }
        }
    }

    async fn add_user(
        &mut self,
        actor: &Actor,
        name: &StaffName,
        password: &str,
        roles: &[(CityId, Role)],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let row = staff::COUNT.first(&mut self.connection, []).await?;
        if row.map_or(Ok(0), |row| rows::get::<i64>(&row, "users"))? >= USERS_MAX {
            return Err(StoreError::Unavailable(format!("there are {USERS_MAX} accounts already")));
        }
        if staff::ADD.first(&mut self.connection, [name.as_str().into(), password.into()]).await?.is_none() {
            return Ok(false);
        }
        self.change_roles(actor, name, roles, true, now).await
    }

    async fn change_roles(
        &mut self,
        actor: &Actor,
        name: &StaffName,
        roles: &[(CityId, Role)],
        granted: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(user) = staff::user(&mut self.connection, name).await? else { return Ok(false) };
        let mut is_changed = false;
        for (city, role) in roles {
            let values = [user.id.into(), city.as_str().into(), role.as_str().into()];
            let changed = if granted {
                staff::GRANT.run(&mut self.connection, values).await?
            } else {
                staff::REVOKE.run(&mut self.connection, values).await?
            };
            if changed > 0 {
                is_changed = true;
                let act = if granted { "role_given" } else { "role_taken" };
                let act = line(actor, act, name, role.as_str());
                self.chain.append(&mut self.connection, city, act, now).await?;
            }
        }
        // Whoever may do more or less signs in anew (A3); of nobody else does a city say anything (A5).
        if is_changed {
            staff::CLOSE_OTHERS.run(&mut self.connection, [user.id.into(), Value::Null]).await?;
        }
        Ok(granted || is_changed)
    }

    async fn make_whole(
        &mut self,
        user: i64,
        from: &[u8; 32],
        to: &[u8; 32],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let values = [user.into(), blob(from), blob(to), now.as_micros().into()];
        Ok(staff::MAKE_WHOLE.run(&mut self.connection, values).await? > 0)
    }

    /// The same by an account's row; whether there is such an account.
    async fn log_of_row(
        &mut self,
        actor: &Actor,
        user: i64,
        act: &'static str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(user) = staff::user_by_row(&mut self.connection, user).await? else { return Ok(false) };
        self.log_of(actor, &user, act, "", now).await?;
        Ok(true)
    }

    /// A line in the log of each city in which somebody has a role.
    async fn log_of(
        &mut self,
        actor: &Actor,
        user: &StaffUser,
        act: &'static str,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for city in user.cities() {
            let act = line(actor, act, &user.name, reason);
            self.chain.append(&mut self.connection, &city, act, now).await?;
        }
        Ok(())
    }
}

fn line(actor: &Actor, act: &'static str, name: &StaffName, reason: &str) -> Act {
    Act { actor: actor.0.clone(), act, subject: name.as_str().to_owned(), reason: reason.to_owned() }
}
