use std::sync::{Arc, Mutex};

use crate::desk::{FormKey, Passwords, SessionToken, Throttle};
use crate::domain::{StaffDesk, StaffName};
use crate::http::TrustedProxies;
use crate::live::AddressBlock;

/// Where secrets come from; `None`: the system has no randomness, and nobody can sign in.
pub type Entropy = fn() -> Option<[u8; 32]>;

/// What the desk's handlers need of the server, beside what pages need.
pub struct DeskState {
    pub staff: Arc<dyn StaffDesk>,
    pub trusted_proxies: TrustedProxies,
    pub(super) passwords: Passwords,
    pub(super) form_key: FormKey,
    pub(super) entropy: Entropy,
    /// Failures by the name that was typed, whether or not there is such an account.
    pub(super) names: Mutex<Throttle<StaffName>>,
    pub(super) addresses: Mutex<Throttle<AddressBlock>>,
}

impl DeskState {
    /// Takes some hundredths of a second: a hash is made. `None` without randomness.
    pub fn new(staff: Arc<dyn StaffDesk>, trusted_proxies: TrustedProxies, entropy: Entropy) -> Option<Self> {
        let mut salt = [0; 16];
        salt.copy_from_slice(entropy()?.get(..16)?);
        Some(Self {
            staff,
            trusted_proxies,
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
