//! Invented identifiers in the networks' own forms: DIDs, record keys, content ids.
//!
//! Owns the derivation of every identifier and sub-seed of the demonstration. Does not own who or what they name.
//! Invariant: an identifier depends on nothing but the arguments, so the same seed plays the same day again.

use data_encoding::BASE32_NOPAD;

/// The alphabet of the AT Protocol's time-sorted keys: its order is ASCII order, so keys sort as their times do.
const SORTABLE: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

fn digest(seed: u64, parts: &[&str]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    for part in parts {
        // The length keeps ("ab", "c") apart from ("a", "bc").
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize()
}

/// A seed for one part of the play, independent of all others.
pub(super) fn sub_seed(seed: u64, parts: &[&str]) -> u64 {
    u64::from_le_bytes(digest(seed, parts).as_bytes().first_chunk().copied().unwrap_or_default())
}

/// `did:plc:demo` and twenty characters: the length and alphabet of a real one, and plainly not one.
pub(super) fn did(seed: u64, parts: &[&str]) -> String {
    let encoded = BASE32_NOPAD.encode(digest(seed, parts).as_bytes()).to_lowercase();
    format!("did:plc:demo{}", encoded.get(..20).unwrap_or_default())
}

/// The content id of a record: CIDv1, dag-cbor, SHA-256 by its prefix; the digest is BLAKE3, which nobody checks.
pub(super) fn record_cid(content: &str) -> String {
    cid(0x71, content)
}

/// The content id of a blob such as an image.
pub(super) fn blob_cid(content: &str) -> String {
    cid(0x55, content)
}

fn cid(codec: u8, content: &str) -> String {
    let mut bytes = vec![0x01, codec, 0x12, 0x20];
    bytes.extend_from_slice(blake3::hash(content.as_bytes()).as_bytes());
    format!("b{}", BASE32_NOPAD.encode(&bytes).to_lowercase())
}

/// A time-sorted key: 53 bits of microseconds and 10 bits of a clock's id, in thirteen characters.
pub(super) fn tid(micros: i64, author: &str) -> String {
    let micros = u64::try_from(micros).unwrap_or(0) & ((1 << 53) - 1);
    let value = (micros << 10) | (sub_seed(0, &["clock", author]) & 0x3ff);
    (0..13u32)
        .rev()
        .filter_map(|place| {
            let digit = usize::try_from((value >> (place * 5)) & 0x1f).ok()?;
            SORTABLE.get(digit).map(|byte| char::from(*byte))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_the_networks_forms() {
        let did = did(7, &["nantes", "lea"]);
        assert_eq!(did.len(), "did:plc:".len() + 24);
        assert!(did.bytes().skip(8).all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')), "{did}");
        assert_eq!(record_cid("x").len(), 59);
        assert!(record_cid("x").starts_with("bafyrei"));
        assert!(blob_cid("x").starts_with("bafkrei"));
    }

    #[test]
    fn keys_sort_as_their_times() {
        let author = "did:plc:demo";
        let early = tid(1_783_175_882_000_000, author);
        assert_eq!(early.len(), 13);
        assert!(early < tid(1_783_175_882_000_001, author));
        assert!(matches!(early.as_bytes()[0], b'2'..=b'7' | b'a'..=b'j'), "the top bit is zero: {early}");
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(did(1, &["ab", "c"]), did(1, &["a", "bc"]));
        assert_ne!(did(1, &["a"]), did(2, &["a"]));
    }
}
