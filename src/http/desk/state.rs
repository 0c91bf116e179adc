use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::looks::Looks;
use crate::desk::{FormKey, Passwords, SessionToken, Throttle};
use crate::domain::alert::AlertDesk;
use crate::domain::desk::Counts;
use crate::domain::{
    CityId, MentionDesk, Moderation, Notices, Publisher, Register, Role, StaffDesk, StaffName, StaffWrite, Timestamp,
};
use crate::http::TrustedProxies;
use crate::live::{AddressBlock, lock};

/// Where secrets come from; `None`: the system has no randomness, and nobody can sign in.
pub type Entropy = fn() -> Option<[u8; 32]>;

/// What the desk's handlers need of the server, beside what pages need.
pub struct DeskState {
    pub staff: Arc<dyn StaffDesk>,
    pub mentions: Arc<dyn MentionDesk>,
    pub counts: Arc<dyn Counts>,
    pub moderation: Arc<dyn Moderation>,
    pub notices: Arc<dyn Notices>,
    /// The way of notices to the page; `None`: there is none, and none is published.
    pub publisher: Option<Arc<dyn Publisher>>,
    /// Whose turn it is to decide on one.
    pub(super) notices_turn: tokio::sync::Mutex<()>,
    pub alerts: Arc<dyn AlertDesk>,
    pub register: Arc<dyn Register>,
    pub trusted_proxies: TrustedProxies,
    /// Whoever opens a demonstration may be each of these; of a server none.
    pub officers: Vec<Officer>,
    pub(super) tried: Tried,
    pub(super) looks: Looks,
    pub(super) passwords: Passwords,
    pub(super) form_key: FormKey,
    pub(super) entropy: Entropy,
    /// Failures by the name that was typed, whether or not there is such an account.
    pub(super) names: Mutex<Throttle<StaffName>>,
    pub(super) addresses: Mutex<Throttle<AddressBlock>>,
}

/// Somebody invented whom one may be in a demonstration, by one click.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    pub name: StaffName,
    pub role: Role,
}

impl Officer {
    /// One of each role. Nobody signs in as one by a password.
    pub fn all() -> Vec<Self> {
        let officer = |role: Role| Some(Self { name: StaffName::parse(&format!("demo-{}", role.as_str()))?, role });
        Role::ALL.into_iter().filter_map(officer).collect()
    }

    /// The account, at the desks of these cities.
    pub fn account(&self, cities: impl IntoIterator<Item = CityId>) -> StaffWrite {
        let roles = cities.into_iter().map(|city| (city, self.role)).collect();
        // No hash, so that no password is the one.
        StaffWrite::Add { name: self.name.clone(), password: "none".to_owned(), roles }
    }
}

/// When each officer last came into the log. Anybody may click as often as they like, and a log is never cut: a minute's
/// first is told.
#[derive(Default)]
pub(super) struct Tried(Mutex<BTreeMap<Role, Timestamp>>);

impl Tried {
    pub fn is_told(&self, role: Role, now: Timestamp) -> bool {
        let mut tried = lock(&self.0);
        let is_told = tried.get(&role).is_none_or(|last| now.seconds_since(*last) >= 60);
        if is_told {
            tried.insert(role, now);
        }
        is_told
    }
}

impl DeskState {
    /// Takes some hundredths of a second: a hash is made. `None` without randomness.
    pub fn new<S>(store: Arc<S>, trusted_proxies: TrustedProxies, entropy: Entropy) -> Option<Self>
    where
        S: StaffDesk + MentionDesk + Counts + Moderation + Notices + AlertDesk + Register + 'static,
    {
        let mut salt = [0; 16];
        salt.copy_from_slice(entropy()?.get(..16)?);
        Some(Self {
            staff: store.clone(),
            mentions: store.clone(),
            counts: store.clone(),
            moderation: store.clone(),
            notices: store.clone(),
            publisher: None,
            notices_turn: tokio::sync::Mutex::default(),
            register: store.clone(),
            alerts: store,
            trusted_proxies,
            officers: Vec::new(),
            tried: Tried::default(),
            looks: Looks::default(),
            passwords: Passwords::new(salt),
            form_key: FormKey::new(entropy()?),
            entropy,
            names: Mutex::default(),
            addresses: Mutex::default(),
        })
    }

    pub(super) fn new_token(&self) -> Option<SessionToken> {
        (self.entropy)().map(SessionToken::new)
    }
}
