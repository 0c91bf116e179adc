use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::domain::Timestamp;

pub const CODE_DIGITS: usize = 6;
const STEP_S: i64 = 30;
/// Steps before and after now whose codes are taken: clocks differ, and people type slowly.
const DRIFT: i64 = 1;

/// The step whose code this is, near `now`; `None` of a wrong code. A step up to `used` is none: a code is good once
/// (RFC 6238, with SHA-1 and six digits, which every application knows).
pub fn step_of(code: &str, secret: &[u8], used: i64, now: Timestamp) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if code.len() != CODE_DIGITS || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let current = now.as_micros().div_euclid(1_000_000 * STEP_S);
    let steps = (-DRIFT..=DRIFT).map(|drift| current.saturating_add(drift)).filter(|step| *step > used);
    // All are looked at, so that how long it takes does not say which it was.
    steps.filter(|step| at_step(secret, *step).as_deref() == Some(&*code)).max()
}

/// What an application shows at a time.
#[cfg(test)]
pub fn code_at(secret: &[u8], now: Timestamp) -> String {
    at_step(secret, now.as_micros().div_euclid(1_000_000 * STEP_S)).unwrap_or_default()
}

fn at_step(secret: &[u8], step: i64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).ok()?;
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash.last()? & 0x0f);
    let bytes: [u8; 4] = hash.get(offset..offset.checked_add(4)?)?.try_into().ok()?;
    let number = (u32::from_be_bytes(bytes) & 0x7fff_ffff) % 1_000_000;
    Some(format!("{number:06}"))
}

/// What an application that makes codes is set up with; `host` is where the desk is, `name` whose account it is.
pub fn enrolment_uri(secret: &[u8], host: &str, name: &str) -> String {
    let escaped = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!(
        "otpauth://totp/{0}:{1}?secret={2}&issuer={0}",
        escaped(&format!("Parvis {host}")).replace('+', "%20"),
        escaped(name),
        BASE32_NOPAD.encode(secret),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    /// The vectors of RFC 6238, appendix B, cut to six digits.
    #[test]
    fn a2_codes_are_those_of_the_standard() {
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(step_of(code, SECRET, 0, at(seconds)), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a2_a_code_is_good_once_and_near_its_time() {
        let code = "081804";
        let step = 1_111_111_109 / 30;
        for (seconds, expected) in [(-30, Some(step)), (30, Some(step)), (-61, None), (61, None)] {
            assert_eq!(step_of(code, SECRET, 0, at(1_111_111_109 + seconds)), expected, "{seconds}");
        }
        assert_eq!(step_of(code, SECRET, step, at(1_111_111_109)), None, "used");
        assert_eq!(step_of("081 804", SECRET, 0, at(1_111_111_109)), Some(step), "as applications show it");
        for wrong in ["", "81804", "0818040", "08180x", "081805", "٠٨١٨٠٤"] {
            assert_eq!(step_of(wrong, SECRET, 0, at(1_111_111_109)), None, "{wrong}");
        }
    }

    #[test]
    fn an_application_is_told_whose_account_it_is() {
        assert_eq!(
            enrolment_uri(SECRET, "parvis.example", "lea@mairie.example"),
            "otpauth://totp/Parvis%20parvis.example:lea%40mairie.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Parvis%20parvis.example"
        );
    }
}
