//! Who works at the desk: the people of a town hall, what each may do in which city, and what they do.
//!
//! Owns roles, rights and the acts on accounts. Does not own how somebody proves who they are (`desk`), nor where it is
//! kept (`store`). Invariant: a right is had in a city, never in all of them.

use futures_util::future::BoxFuture;

use super::{AuditLine, CityId, StoreError, Timestamp};

/// Longest name of an account, in bytes.
pub const STAFF_NAME_BYTES_MAX: usize = 64;

/// What somebody is at one city's desk. One person may be several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees the counts.
    Reader,
    /// Reads and marks what is addressed to the city, and drafts notices.
    Contributor,
    /// Hides, folds and pins; never sees the inbox, so that a volunteer can be one (S-21).
    Moderator,
    /// Publishes notices, and all that a contributor does.
    Publisher,
    /// The data protection officer: reads the log.
    Dpo,
    /// Gives and takes roles.
    Administrator,
}

/// What can be done at a desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    See,
    Inbox,
    Moderate,
    Publish,
    Protect,
    Administer,
}

impl Role {
    pub const ALL: [Self; 6] =
        [Self::Reader, Self::Contributor, Self::Moderator, Self::Publisher, Self::Dpo, Self::Administrator];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Contributor => "contributor",
            Self::Moderator => "moderator",
            Self::Publisher => "publisher",
            Self::Dpo => "dpo",
            Self::Administrator => "administrator",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    pub const fn rights(self) -> &'static [Right] {
        match self {
            Self::Reader => &[Right::See],
            Self::Contributor => &[Right::See, Right::Inbox],
            Self::Moderator => &[Right::See, Right::Moderate],
            Self::Publisher => &[Right::See, Right::Inbox, Right::Publish],
            Self::Dpo => &[Right::See, Right::Protect],
            Self::Administrator => &[Right::See, Right::Administer],
        }
    }

    /// Whether a password alone is not enough for it (A2).
    pub const fn needs_second_factor(self) -> bool {
        !matches!(self, Self::Reader | Self::Contributor)
    }
}

impl Right {
    pub const ALL: [Self; 6] = [Self::See, Self::Inbox, Self::Moderate, Self::Publish, Self::Protect, Self::Administer];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::See => "see",
            Self::Inbox => "inbox",
            Self::Moderate => "moderate",
            Self::Publish => "publish",
            Self::Protect => "protect",
            Self::Administer => "administer",
        }
    }
}

/// The name of an account: what somebody types to sign in, and what the log says of who did something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StaffName(String);

impl StaffName {
    /// Lower-case letters without accents, digits, and `.`, `-`, `_`, `@` between them. Capitals are taken as small.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.trim().to_ascii_lowercase();
        let is_sign = |byte: u8| matches!(byte, b'.' | b'-' | b'_' | b'@');
        let fits = (2..=STAFF_NAME_BYTES_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || is_sign(byte))
            && name.bytes().next().is_some_and(|byte| !is_sign(byte))
            // What is done from the command line, and what is done by itself, is nobody's.
            && ![Actor::operator(), Actor::automatic()].contains(&Actor(name.clone()));
        fits.then_some(Self(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An account as it is kept. It holds what proves who somebody is, so it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct StaffUser {
    pub id: i64,
    pub name: StaffName,
    /// In the form of the password hashing competition (`$argon2id$…`).
    pub password: String,
    /// The secret of the second factor, once it has been set up.
    pub second: Option<Vec<u8>>,
    /// The last step of the second factor that was used: a code is good once.
    pub second_step: i64,
    pub disabled: bool,
    pub roles: Vec<(CityId, Role)>,
}

impl StaffUser {
    pub fn has(&self, city: &CityId, right: Right) -> bool {
        self.roles.iter().any(|(of, role)| of == city && role.rights().contains(&right))
    }

    /// With which of their roles they do what takes a right in a city: the first in the order of [`Role::ALL`].
    pub fn role_with(&self, city: &CityId, right: Right) -> Option<Role> {
        let roles = self.roles.iter().filter(|(of, role)| of == city && role.rights().contains(&right));
        roles.map(|(_, role)| *role).min()
    }

    /// The cities at whose desks there is anything to do, in order.
    pub fn cities(&self) -> Vec<CityId> {
        let mut cities: Vec<CityId> = self.roles.iter().map(|(city, _)| city.clone()).collect();
        cities.sort();
        cities.dedup();
        cities
    }

    pub fn needs_second_factor(&self) -> bool {
        self.second.is_some() || self.roles.iter().any(|(_, role)| role.needs_second_factor())
    }
}

/// How long a session can last, used or not, and how long unused, in seconds (A3).
pub const SESSION_LASTS_S: i64 = 12 * 3_600;
pub const SESSION_RESTS_S: i64 = 30 * 60;
/// How long somebody may take to give the second factor.
pub const SECOND_FACTOR_S: i64 = 10 * 60;

/// The hash under which a session is kept: whoever reads the database can't take one over.
pub type SessionHash = [u8; 32];

/// Somebody is signed in, from one browser.
#[derive(Clone, PartialEq, Eq)]
pub struct StaffSession {
    pub user: StaffUser,
    pub opened_at: Timestamp,
    pub seen_at: Timestamp,
    /// Who needs a second factor has given it.
    pub is_whole: bool,
}

impl StaffSession {
    /// Whether it has not been open, or left alone, for too long.
    pub fn is_live(&self, now: Timestamp) -> bool {
        is_live(self.opened_at, self.seen_at, self.is_whole, now)
    }
}

impl OwnSession {
    pub fn is_live(&self, now: Timestamp) -> bool {
        is_live(self.opened_at, self.seen_at, self.is_whole, now)
    }
}

fn is_live(opened_at: Timestamp, seen_at: Timestamp, is_whole: bool, now: Timestamp) -> bool {
    let lasts_s = if is_whole { SESSION_LASTS_S } else { SECOND_FACTOR_S };
    now.seconds_since(opened_at) < lasts_s && now.seconds_since(seen_at) < SESSION_RESTS_S
}

/// A session as whoever it is of sees it. Of two that were opened at one instant both are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnSession {
    pub opened_at: Timestamp,
    pub seen_at: Timestamp,
    pub is_whole: bool,
    /// The one that asks.
    pub is_this: bool,
}

/// A change of accounts or sessions. Those of accounts, and that somebody came in, are written with a line of the log, in one transaction.
#[derive(Clone, PartialEq, Eq)]
pub enum StaffWrite {
    /// Makes an account.
    Add {
        name: StaffName,
        password: String,
        roles: Vec<(CityId, Role)>,
    },
    /// Gives roles to an account, on top of those that it has.
    Grant {
        name: StaffName,
        roles: Vec<(CityId, Role)>,
    },
    Revoke {
        name: StaffName,
        roles: Vec<(CityId, Role)>,
    },
    /// A disabled account can't sign in, and its sessions end.
    Disable {
        name: StaffName,
        disabled: bool,
    },
    /// Gives another password; every session ends but the one that is named. `forget_second`: the second factor is set up
    /// anew at the next sign-in.
    Password {
        name: StaffName,
        password: String,
        forget_second: bool,
        keep: Option<SessionHash>,
    },
    /// Sets the second factor up, with the step of the code that proved it; the session becomes whole under its new hash.
    SetUpSecond {
        user: i64,
        secret: Vec<u8>,
        step: i64,
        from: SessionHash,
        to: SessionHash,
    },
    /// Notes that a code was used, so that it is not used again; the session becomes whole under its new hash.
    GiveSecond {
        user: i64,
        step: i64,
        from: SessionHash,
        to: SessionHash,
    },
    /// `is_told`: in the log, once it is whole. Not each in a demonstration, where anybody may come in as often as they like.
    Open {
        user: i64,
        session: SessionHash,
        is_whole: bool,
        is_told: bool,
    },
    Seen {
        session: SessionHash,
    },
    /// Ends one session.
    Close {
        session: SessionHash,
    },
    /// Ends those of an account that were opened at this instant.
    CloseOwn {
        user: i64,
        opened_at: Timestamp,
    },
    /// Ends all sessions of an account but one.
    CloseOthers {
        user: i64,
        keep: SessionHash,
    },
}

/// Who did it, as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor(pub String);

impl Actor {
    /// Whoever has the machine's command line.
    pub fn operator() -> Self {
        Self("operator".into())
    }

    /// Nobody: what is done by itself.
    pub fn automatic() -> Self {
        Self("parvis".into())
    }
}

/// Accounts, sessions and the log, as the desk asks the store for them.
pub trait StaffDesk: Send + Sync {
    fn user<'a>(&'a self, name: &'a StaffName) -> BoxFuture<'a, Result<Option<StaffUser>, StoreError>>;

    /// Whoever has a role in a city, by name.
    fn users_of<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<StaffUser>, StoreError>>;

    /// `None` of a session that has ended or whose account is disabled.
    fn session(&self, session: SessionHash) -> BoxFuture<'_, Result<Option<StaffSession>, StoreError>>;

    /// The sessions of an account, the newest first. `this`: the one that asks.
    fn sessions_of(&self, user: i64, this: SessionHash) -> BoxFuture<'_, Result<Vec<OwnSession>, StoreError>>;

    /// Whether what it names was there.
    fn write(&self, actor: Actor, write: StaffWrite) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// The newest lines of a city's log before a number, at most `limit`.
    fn audit<'a>(
        &'a self,
        city: &'a CityId,
        before: Option<i64>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<AuditLine>, StoreError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s21_who_moderates_does_not_see_the_inbox() {
        assert!(Role::Moderator.rights().contains(&Right::Moderate));
        assert!(!Role::Moderator.rights().contains(&Right::Inbox));
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert!(role.rights().contains(&Right::See));
        }
    }

    #[test]
    fn a5_a_right_is_had_in_the_city_of_the_role_alone() {
        let user = StaffUser {
            id: 1,
            name: StaffName::parse("Lea.M").unwrap(),
            password: String::new(),
            second: None,
            second_step: 0,
            disabled: false,
            roles: vec![(CityId::new("nantes"), Role::Moderator), (CityId::new("tours"), Role::Reader)],
        };
        assert_eq!(user.name.as_str(), "lea.m");
        let has = |city: &str, right| user.has(&CityId::new(city), right);
        assert!(has("nantes", Right::Moderate) && has("tours", Right::See));
        assert!(!has("tours", Right::Moderate) && !has("rennes", Right::See) && !has("nantes", Right::Inbox));
        assert_eq!(user.cities(), [CityId::new("nantes"), CityId::new("tours")]);
    }

    #[test]
    fn names_of_accounts_are_plain() {
        for good in ["ab", "lea.m", "a-1_b@mairie.example"] {
            assert!(StaffName::parse(good).is_some(), "{good}");
        }
        for bad in ["operator", "Parvis", "", "a", ".lea", "léa", "a b", "<script>", &"a".repeat(65)] {
            assert!(StaffName::parse(bad).is_none(), "{bad}");
        }
    }
}
