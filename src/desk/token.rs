use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use crate::domain::{SessionHash, Timestamp};

/// How long a form that nobody is signed in for can be sent.
const FORM_LASTS_S: i64 = 3_600;

/// What a browser holds of a session: 256 random bits. Only its hash is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionToken([u8; 32]);

impl SessionToken {
    pub const fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    pub fn parse(text: &str) -> Option<Self> {
        BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// As the cookie holds it.
    pub fn text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    pub fn hash(&self) -> SessionHash {
        Sha256::digest(self.0).into()
    }

    /// What a form of this session carries, so that no other site can send one (A4).
    pub fn form_token(&self) -> String {
        BASE64URL_NOPAD.encode(blake3::keyed_hash(&self.0, b"form").as_bytes())
    }

    /// Whether a form was this session's. Takes as long for every wrong one.
    pub fn is_form(&self, token: &str) -> bool {
        is_same(self.form_token().as_bytes(), token.as_bytes())
    }

    /// A secret for the second factor that this session may set up: the same each time that its page is shown.
    pub fn proposed_secret(&self) -> [u8; 20] {
        let mut secret = [0; 20];
        blake3::Hasher::new_keyed(&self.0).update(b"second factor").finalize_xof().fill(&mut secret);
        secret
    }
}

/// Signs the forms of whoever is not signed in. Each process has its own.
#[derive(Clone, Copy)]
pub struct FormKey([u8; 32]);

impl FormKey {
    pub const fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    pub fn token(&self, now: Timestamp) -> String {
        let at = now.as_micros() / 1_000_000;
        format!("{at}.{}", self.code(at))
    }

    pub fn is_token(&self, token: &str, now: Timestamp) -> bool {
        let Some((at, code)) = token.split_once('.') else { return false };
        let Ok(at) = at.parse::<i64>() else { return false };
        let age = (now.as_micros() / 1_000_000).saturating_sub(at);
        is_same(self.code(at).as_bytes(), code.as_bytes()) && (-60..=FORM_LASTS_S).contains(&age)
    }

    fn code(&self, at: i64) -> String {
        BASE64URL_NOPAD.encode(blake3::keyed_hash(&self.0, &at.to_le_bytes()).as_bytes())
    }
}

/// Compares hashes of both, so that how long it takes says nothing.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    blake3::hash(a) == blake3::hash(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a3_a_token_is_read_back_and_its_hash_is_another() {
        let token = SessionToken::new([7; 32]);
        assert!(SessionToken::parse(&token.text()) == Some(token));
        assert_ne!(token.hash(), [7; 32]);
        for other in ["", "abc", &"A".repeat(44)] {
            assert!(SessionToken::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a4_a_form_belongs_to_its_session() {
        let (ours, theirs) = (SessionToken::new([7; 32]), SessionToken::new([8; 32]));
        assert!(ours.is_form(&ours.form_token()));
        assert!(!ours.is_form(&theirs.form_token()) && !ours.is_form(""));
        assert_ne!(ours.form_token(), ours.text());
    }

    #[test]
    fn a4_a_form_of_nobody_is_good_for_an_hour_here() {
        let (key, now) = (FormKey::new([7; 32]), Timestamp::from_micros(1_800_000_000_000_000));
        let token = key.token(now);
        assert!(key.is_token(&token, now) && key.is_token(&token, now.plus_seconds(3_599)));
        assert!(!key.is_token(&token, now.plus_seconds(3_602)) && !key.is_token(&token, now.plus_seconds(-120)));
        assert!(!FormKey::new([8; 32]).is_token(&token, now));
        for bad in ["", ".", "1.", "x.y", &token.replace('.', ",")] {
            assert!(!key.is_token(bad, now), "{bad}");
        }
    }
}
