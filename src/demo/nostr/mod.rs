//! Invented people of Nostr, who sign what they say; and a relay that has it.
//!
//! Owns their keys, the signing, and the relay of the demonstration. Invariant: a key is made from a name and nothing else,
//! so that nobody's secret is kept anywhere and the same words are the same event for ever.

mod posts;
mod relay;

use data_encoding::HEXLOWER;
use secp256k1::{Keypair, schnorr};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use posts::{every_event_once, perform};
pub use relay::RelaySimulator;

/// An event before it is signed, by whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Draft {
    pub by: String,
    /// Seconds since 1970.
    pub created_at: u64,
    pub kind: u16,
    pub tags: Vec<Vec<String>>,
    pub content: String,
}

/// An event as relays take and send it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedEvent {
    pub id: String,
    pub pubkey: String,
    pub created_at: u64,
    pub kind: u16,
    pub tags: Vec<Vec<String>>,
    pub content: String,
    pub sig: String,
}

impl Draft {
    pub fn new(by: &str, created_at: u64, kind: u16, tags: &[&[&str]], content: &str) -> Self {
        let tags = tags.iter().map(|tag| tag.iter().map(|value| (*value).to_owned()).collect()).collect();
        Self { by: by.to_owned(), created_at, kind, tags, content: content.to_owned() }
    }

    pub fn sign(&self) -> SignedEvent {
        let Self { by, created_at, kind, tags, content } = self.clone();
        let keys = keys(&by);
        let pubkey = pubkey(&by);
        let canonical = serde_json::to_vec(&(0, &pubkey, created_at, kind, &tags, &content)).unwrap_or_default();
        let id: [u8; 32] = Sha256::digest(canonical).into();
        let sig = schnorr::sign_no_aux_rand(&id, &keys).to_byte_array();
        let (id, sig) = (HEXLOWER.encode(&id), HEXLOWER.encode(&sig));
        SignedEvent { id, pubkey, created_at, kind, tags, content, sig }
    }
}

impl SignedEvent {
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The public key of an invented person.
pub fn pubkey(name: &str) -> String {
    HEXLOWER.encode(&keys(name).x_only_public_key().0.to_byte_array())
}

fn keys(name: &str) -> Keypair {
    // A hash that is no key occurs once in 2^128: the next one then.
    let hashes = (0_u8..=255).map(|round| Sha256::digest(format!("parvis, invented: {name} {round}")).into());
    #[expect(clippy::expect_used, reason = "256 hashes in a row that are no key occur never")]
    hashes.filter_map(|hash| Keypair::from_secret_bytes(hash).ok()).next().expect("a key")
}
