use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE32_NOPAD;
use tokio::sync::Semaphore;

/// Fewer characters are refused: a sentence is easier to keep than a riddle.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// More bytes are refused: a hash takes as long as its password.
const PASSWORD_BYTES_MAX: usize = 256;
/// Hashes made at once, of 19 MiB each; and as many as may wait. Beyond, whoever comes is asked to come again.
const AT_ONCE: usize = 2;
const WAITING_MAX: usize = 30;

/// Why a password can't be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFault {
    TooShort,
    TooLong,
    /// It holds the account's name, or is one character again and again.
    TooPlain,
}

/// Verifies passwords, few at once (A1).
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// What the password of nobody is compared with, so that it takes as long as somebody's.
    nobody: Arc<str>,
}

/// Too many are trying at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

fn argon2() -> Argon2<'static> {
    // 19 MiB, two passes, one lane: what OWASP asks for at least.
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// Whether a new password can be an account's.
pub fn check_new(password: &str, name: &str) -> Result<(), PasswordFault> {
    let lower = password.to_lowercase();
    let mut characters = lower.chars();
    let first = characters.next();
    if password.chars().count() < PASSWORD_CHARS_MIN {
        Err(PasswordFault::TooShort)
    } else if password.len() > PASSWORD_BYTES_MAX {
        Err(PasswordFault::TooLong)
    } else if lower.contains(name) || characters.all(|c| Some(c) == first) {
        Err(PasswordFault::TooPlain)
    } else {
        Ok(())
    }
}

/// The hash that is kept of a password, with 16 random bytes of salt. Takes some hundredths of a second and 19 MiB.
pub fn hash(password: &str, salt: [u8; 16]) -> Result<String, argon2::password_hash::Error> {
    argon2().hash_password_with_salt(password.as_bytes(), &salt).map(|hash| hash.to_string())
}

/// A password that nobody chose, of 100 bits, in groups that can be read out.
pub fn generated(random: [u8; 13]) -> String {
    let letters = BASE32_NOPAD.encode(&random).to_lowercase();
    let groups: Vec<String> =
        letters.chars().take(20).collect::<Vec<_>>().chunks(5).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

impl Passwords {
    /// `salt`: any; nobody's hash is made with it.
    pub fn new(salt: [u8; 16]) -> Self {
        // Of a hash that could not be made nothing is ever right.
        let nobody = hash("", salt).unwrap_or_default();
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            places: Arc::new(Semaphore::new(WAITING_MAX)),
            nobody: nobody.into(),
        }
    }

    /// Whether a password is the one whose hash is kept; `None`: of an account that there is not, which takes as long.
    pub async fn is_right(&self, password: String, kept: Option<String>) -> Result<bool, Busy> {
        let _place = self.places.try_acquire().or(Err(Busy))?;
        let _turn = self.turns.acquire().await.or(Err(Busy))?;
        let is_somebodys = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.nobody.to_string());
        if password.len() > PASSWORD_BYTES_MAX {
            return Ok(false);
        }
        let verified = tokio::task::spawn_blocking(move || {
            let kept = PasswordHash::new(&kept).ok()?;
            argon2().verify_password(password.as_bytes(), &kept).ok()
        });
        Ok(verified.await.ok().flatten().is_some() && is_somebodys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_password_is_long_and_not_the_name() {
        assert_eq!(check_new("trois vaches bleues", "lea"), Ok(()));
        assert_eq!(check_new("court", "lea"), Err(PasswordFault::TooShort));
        assert_eq!(check_new("aaaaaaaaaaaaaaaa", "lea"), Err(PasswordFault::TooPlain));
        assert_eq!(check_new("Lea-Marzin-2026", "lea"), Err(PasswordFault::TooPlain));
        assert_eq!(check_new(&"ab".repeat(129), "lea"), Err(PasswordFault::TooLong));
    }

    #[test]
    fn a_generated_password_can_be_read_out() {
        let made = generated([0xa5; 13]);
        assert_eq!(made.len(), 23);
        assert!(made.split('-').all(|group| group.len() == 5), "{made}");
        assert_eq!(check_new(&made, "lea"), Ok(()));
    }

    #[tokio::test]
    async fn a1_a_password_is_right_for_its_own_hash_and_nobodys_for_none() {
        let passwords = Passwords::new([1; 16]);
        let kept = hash("trois vaches bleues", [2; 16]).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        let is_right = async |password: &str, kept: Option<&String>| {
            passwords.is_right(password.to_owned(), kept.cloned()).await.unwrap()
        };
        assert!(is_right("trois vaches bleues", Some(&kept)).await);
        assert!(!is_right("trois vaches vertes", Some(&kept)).await);
        assert!(!is_right("", None).await, "nobody has no password");
        assert!(!is_right("x", Some(&"rot".into())).await);
    }

    #[tokio::test]
    async fn a1_more_than_may_wait_are_asked_to_come_again() {
        let passwords = Passwords::new([1; 16]);
        let tries = (0..WAITING_MAX + 5).map(|_| passwords.is_right("x".into(), None));
        let done = futures_util::future::join_all(tries).await;
        assert_eq!(done.iter().filter(|done| **done == Err(Busy)).count(), 5);
    }
}
