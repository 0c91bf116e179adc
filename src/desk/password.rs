use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use data_encoding::{BASE32_NOPAD, BASE64_NOPAD};
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

/// Makes and compares hashes, few at once (A1).
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// What hashes were made in, to be used again: a system's allocator does not give back what is asked for and freed
    /// so often. At most [`AT_ONCE`].
    memory: Arc<Mutex<Vec<Memory>>>,
    /// What the password of nobody is compared with, so that it takes as long as somebody's.
    nobody: Arc<str>,
}

#[derive(Default)]
struct Memory {
    blocks: Vec<Block>,
    /// Blocks filled so far: what a hash costs, without the noise of a clock.
    #[cfg(test)]
    filled: u64,
}

/// Too many are trying at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// 19 MiB, two passes, one lane: what OWASP asks for at least.
const PARAMS: Params = Params::DEFAULT;
const HASH_BYTES: usize = 32;

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
pub fn hash(password: &str, salt: [u8; 16]) -> Option<String> {
    hash_in(&mut Memory::default(), password, salt)
}

fn hash_in(memory: &mut Memory, password: &str, salt: [u8; 16]) -> Option<String> {
    let out = hashed(memory, PARAMS, password, &salt)?;
    let (m, t, p) = (PARAMS.m_cost(), PARAMS.t_cost(), PARAMS.p_cost());
    Some(format!("$argon2id$v=19$m={m},t={t},p={p}${}${}", BASE64_NOPAD.encode(&salt), BASE64_NOPAD.encode(&out)))
}

fn hashed(memory: &mut Memory, params: Params, password: &str, salt: &[u8]) -> Option<[u8; HASH_BYTES]> {
    // A hash that asks for more than ours is none of ours.
    let blocks = params.block_count();
    if blocks > PARAMS.block_count() {
        return None;
    }
    memory.blocks.resize(PARAMS.block_count(), Block::new());
    #[cfg(test)]
    {
        memory.filled = memory.filled.saturating_add(u64::from(params.m_cost()).saturating_mul(params.t_cost().into()));
    }
    let mut out = [0; HASH_BYTES];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2
        .hash_password_into_with_memory(password.as_bytes(), salt, &mut out, memory.blocks.get_mut(..blocks)?)
        .ok()?;
    Some(out)
}

/// Whether a password is the one whose hash is kept.
fn is_right_in(memory: &mut Memory, password: &str, kept: &str) -> bool {
    let Ok(kept) = PasswordHash::new(kept) else { return false };
    let (Some(salt), Some(expected), Ok(params)) = (kept.salt.as_deref(), kept.hash, Params::try_from(&kept)) else {
        return false;
    };
    let Some(out) = hashed(memory, params, password, salt) else { return false };
    // Hashes of both are compared, so that how long it takes says nothing.
    blake3::hash(&out) == blake3::hash(expected.as_bytes())
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
        let mut memory = Memory::default();
        // Of a hash that could not be made nothing is ever right.
        let nobody = hash_in(&mut memory, "", salt).unwrap_or_default();
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            places: Arc::new(Semaphore::new(WAITING_MAX)),
            memory: Arc::new(Mutex::new(vec![memory])),
            nobody: nobody.into(),
        }
    }

    /// Whether a password is the one whose hash is kept; `None`: of an account that there is not, which takes as long.
    pub async fn is_right(&self, password: String, kept: Option<String>) -> Result<bool, Busy> {
        let is_somebodys = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.nobody.to_string());
        if password.len() > PASSWORD_BYTES_MAX {
            return Ok(false);
        }
        let is_right = self.in_turn(move |memory| is_right_in(memory, &password, &kept)).await?;
        Ok(is_right && is_somebodys)
    }

    /// The hash that is kept of a new password.
    pub async fn hash(&self, password: String, salt: [u8; 16]) -> Result<String, Busy> {
        self.in_turn(move |memory| hash_in(memory, &password, salt)).await?.ok_or(Busy)
    }

    /// Blocks that all hashes together filled, once none is under way.
    #[cfg(test)]
    pub fn work(&self) -> u64 {
        self.memory.lock().unwrap().iter().map(|memory| memory.filled).sum()
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let _place = self.places.try_acquire().or(Err(Busy))?;
        // It goes with the work, which goes on when whoever waits for it goes away.
        let turn = self.turns.clone().acquire_owned().await.or(Err(Busy))?;
        let kept = self.memory.clone();
        let worked = tokio::task::spawn_blocking(move || {
            let lent = || kept.lock().unwrap_or_else(PoisonError::into_inner);
            let mut memory = lent().pop().unwrap_or_default();
            let done = work(&mut memory);
            lent().push(memory);
            drop(turn);
            done
        });
        worked.await.or(Err(Busy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the library makes it, so that no hash is lost when it is ours no more.
    #[test]
    fn hashes_are_of_the_common_form() {
        use argon2::password_hash::{PasswordHasher, PasswordVerifier};
        let ours = hash("trois vaches bleues", [2; 16]).unwrap();
        assert!(Argon2::default().verify_password(b"trois vaches bleues", &*ours).is_ok());
        let theirs = Argon2::default().hash_password_with_salt(b"trois vaches bleues", &[2; 16]).unwrap().to_string();
        assert_eq!(ours, theirs);
        let larger = ours.replace("m=19456", "m=1048576");
        assert!(!is_right_in(&mut Memory::default(), "trois vaches bleues", &larger), "not a gibibyte for anybody");
    }

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
