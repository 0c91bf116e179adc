//! Standard Webhooks 1.0: who signed a request, and when.
//!
//! Owns the check of headers, time and signature, over values. Does not own secrets or the clock. Invariant: what is
//! compared is compared in constant time, and nothing of the body is parsed here.
//!
//! The library of the standard's authors reads the system's clock and takes no keyed hash of our own, so that it is the
//! tests' signer, and this is checked against it.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::{PushRefusal, Timestamp};

/// How far a request's time may be from ours (H5). What is older has been sent before.
pub const WINDOW_S: i64 = 300;
/// Bytes of a message's id.
pub const MESSAGE_BYTES_MAX: usize = 256;
/// Signatures looked at: the standard's senders give one for each of two secrets.
const SIGNATURES_MAX: usize = 8;

/// The headers and the body, as they came.
#[derive(Clone, Copy)]
pub struct Signed<'a> {
    pub message: &'a str,
    pub timestamp: &'a str,
    pub signatures: &'a str,
    pub body: &'a [u8],
}

impl Signed<'_> {
    /// Whether its headers can be such, and the time is near ours.
    pub fn check_headers(&self, now: Timestamp) -> Result<(), PushRefusal> {
        let id = self.message.as_bytes();
        // A full stop parts what is signed: with one in the id, two requests could have one signature.
        if id.is_empty()
            || id.len() > MESSAGE_BYTES_MAX
            || id.iter().any(|byte| !byte.is_ascii_graphic() || *byte == b'.')
        {
            let mend =
                "give up to 256 letters, digits and signs, without a full stop; the same again when you repeat it";
            return Err(PushRefusal::BadHeader { name: "webhook-id", mend });
        }
        let bad_time =
            PushRefusal::BadHeader { name: "webhook-timestamp", mend: "give the seconds since 1970, as digits" };
        // As it would be written: another form of the number would be another text that is signed.
        let seconds: i64 = self.timestamp.parse().map_err(|_error| bad_time.clone())?;
        if seconds < 0 || seconds.to_string() != self.timestamp {
            return Err(bad_time);
        }
        let sent_at = Timestamp::from_micros(seconds.saturating_mul(1_000_000));
        if now.seconds_since(sent_at).abs() > WINDOW_S { Err(PushRefusal::WrongTime) } else { Ok(()) }
    }

    /// Whether one of the signatures is by this key.
    pub fn is_by(&self, key: &[u8]) -> bool {
        let signatures = self.signatures.split(' ').filter_map(|one| one.strip_prefix("v1,"));
        let decoded = signatures.take(SIGNATURES_MAX).filter_map(|one| BASE64.decode(one.as_bytes()).ok());
        let Some(mac) = self.mac(key) else { return false };
        decoded.fold(false, |found, signature| found | mac.clone().verify_slice(&signature).is_ok())
    }

    fn mac(&self, key: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        for part in [self.message.as_bytes(), b".", self.timestamp.as_bytes(), b".", self.body] {
            mac.update(part);
        }
        Some(mac)
    }
}

/// The `webhook-signature` of a body: for the demonstration, which sends to itself.
pub fn sign(key: &[u8], message: &str, timestamp: &str, body: &[u8]) -> String {
    let mac = Signed { message, timestamp, signatures: "", body }.mac(key);
    format!("v1,{}", mac.map(|mac| BASE64.encode(&mac.finalize().into_bytes())).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"a key of twenty-four byte";
    const OTHER: &[u8] = b"another of twenty-four by";
    const SENT: &str = "1796040000";

    fn now() -> Timestamp {
        Timestamp::from_micros(1_796_040_000_000_000)
    }

    fn signed<'a>(signatures: &'a str, body: &'a [u8]) -> Signed<'a> {
        Signed { message: "msg_1", timestamp: SENT, signatures, body }
    }

    #[test]
    fn h5_the_standards_own_example_is_verified() {
        let key = BASE64.decode(b"C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        let body = br#"{"email":"test@example.com","username":"test_user"}"#;
        let signatures = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
        let one = Signed { message: "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", timestamp: "1649367553", signatures, body };
        assert!(one.is_by(&key) && !one.is_by(KEY));
        assert_eq!(sign(&key, one.message, one.timestamp, body), signatures);
    }

    #[test]
    fn h5_what_was_signed_is_what_came_or_it_is_refused() {
        let signature = sign(KEY, "msg_1", SENT, b"{}");
        assert!(signed(&signature, b"{}").is_by(KEY));
        assert!(!signed(&signature, b"{ }").is_by(KEY), "another body");
        assert!(!Signed { message: "msg_2", ..signed(&signature, b"{}") }.is_by(KEY), "another id");
        assert!(!Signed { timestamp: "1796040001", ..signed(&signature, b"{}") }.is_by(KEY), "another time");
        assert!(!signed(&signature, b"{}").is_by(OTHER), "another secret");
        let plain = signature.trim_start_matches("v1,");
        for forged in ["", "v1", "v1,", "v1,AAAA", "v1,!!!", plain, &format!("v1a,{plain}"), &signature[..30]] {
            assert!(!signed(forged, b"{}").is_by(KEY), "{forged}");
        }
    }

    #[test]
    fn h5_one_of_two_secrets_is_enough_while_one_takes_the_others_place() {
        let both = format!("v1a,AAAA {} {}", sign(OTHER, "msg_1", SENT, b"{}"), sign(KEY, "msg_1", SENT, b"{}"));
        assert!(signed(&both, b"{}").is_by(KEY) && signed(&both, b"{}").is_by(OTHER));
        let beyond = format!("{}{}", "v1,AAAA ".repeat(SIGNATURES_MAX), sign(KEY, "msg_1", SENT, b"{}"));
        assert!(!signed(&beyond, b"{}").is_by(KEY), "no request is compared without end");
    }

    #[test]
    fn h5_a_time_more_than_five_minutes_away_is_refused_whichever_way() {
        let at = |seconds: i64| signed("", b"").check_headers(now().plus_seconds(seconds));
        for (skew, is_taken) in [(0, true), (300, true), (-300, true), (301, false), (-301, false)] {
            assert_eq!(at(skew).is_ok(), is_taken, "{skew}");
        }
        assert_eq!(at(301), Err(PushRefusal::WrongTime));
        assert_eq!(at(0), Ok(()));
    }

    #[test]
    fn headers_that_can_not_be_such_are_named() {
        let of = |message: &str, timestamp: &str| match (Signed { message, timestamp, signatures: "", body: b"" })
            .check_headers(now())
        {
            Err(PushRefusal::BadHeader { name, .. }) => name,
            other => panic!("{other:?}"),
        };
        for id in ["", "a.b", "a b", "é", &"x".repeat(257)] {
            assert_eq!(of(id, SENT), "webhook-id", "{id}");
        }
        for time in ["", "now", "01796040000", "+1796040000", "1796040000.0", "-5", "99999999999999999999"] {
            assert_eq!(of("a", time), "webhook-timestamp", "{time}");
        }
        let far = Signed { message: "a", timestamp: "9223372036854775807", signatures: "", body: b"" };
        assert_eq!(far.check_headers(now()), Err(PushRefusal::WrongTime));
    }
}
