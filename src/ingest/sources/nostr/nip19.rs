//! The names that people see of keys and events: `npub1…`, `nevent1…`, `naddr1…` (NIP-19).
//!
//! Owns writing them, and reading a person's. Does not own where they lead.

use bech32::{Bech32, Hrp};
use data_encoding::HEXLOWER;

/// The values that a name is made of, each behind its type and length.
const SPECIAL: u8 = 0;
const AUTHOR: u8 = 2;
const KIND: u8 = 3;

/// A person's name; `None` for what is no key.
pub fn npub(pubkey: &str) -> Option<String> {
    encode("npub", &HEXLOWER.decode(pubkey.as_bytes()).ok()?)
}

/// The key behind a person's name.
pub fn pubkey(npub: &str) -> Option<String> {
    let (prefix, bytes) = bech32::decode(npub).ok()?;
    (prefix.as_str() == "npub" && bytes.len() == 32).then(|| HEXLOWER.encode(&bytes))
}

/// One event, and who signed it.
pub fn nevent(id: &str, pubkey: &str) -> Option<String> {
    let mut values = Vec::new();
    put(&mut values, SPECIAL, &HEXLOWER.decode(id.as_bytes()).ok()?)?;
    put(&mut values, AUTHOR, &HEXLOWER.decode(pubkey.as_bytes()).ok()?)?;
    encode("nevent", &values)
}

/// An event that its author may replace, whatever its version. `None` when `d` is longer than such a name may hold.
pub fn naddr(kind: u16, pubkey: &str, d: &str) -> Option<String> {
    let mut values = Vec::new();
    put(&mut values, SPECIAL, d.as_bytes())?;
    put(&mut values, AUTHOR, &HEXLOWER.decode(pubkey.as_bytes()).ok()?)?;
    put(&mut values, KIND, &u32::from(kind).to_be_bytes())?;
    encode("naddr", &values)
}

fn put(values: &mut Vec<u8>, kind: u8, value: &[u8]) -> Option<()> {
    values.extend([kind, u8::try_from(value.len()).ok()?]);
    values.extend(value);
    Some(())
}

fn encode(prefix: &str, bytes: &[u8]) -> Option<String> {
    bech32::encode::<Bech32>(Hrp::parse(prefix).ok()?, bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of NIP-19.
    #[test]
    fn names_are_as_the_standard_writes_them() {
        let hex = "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e";
        let name = "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg";
        assert_eq!(npub(hex).as_deref(), Some(name));
        assert_eq!(pubkey(name).as_deref(), Some(hex));
        for wrong in ["", "npub1", hex, &name.replace("qz", "zq"), &npub("00").unwrap(), &nevent(hex, hex).unwrap()] {
            assert_eq!(pubkey(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn events_carry_their_values_in_order() {
        let (id, author) = ("11".repeat(32), "22".repeat(32));
        let (prefix, bytes) = bech32::decode(&nevent(&id, &author).unwrap()).unwrap();
        assert_eq!((prefix.as_str(), bytes.len()), ("nevent", 68));
        let (prefix, bytes) = bech32::decode(&naddr(31_923, &author, "fête").unwrap()).unwrap();
        assert_eq!(prefix.as_str(), "naddr");
        assert_eq!(bytes[..7], [0, 5, b'f', 0xc3, 0xaa, b't', b'e']);
        assert_eq!(bytes[41..], [3, 4, 0, 0, 0x7c, 0xb3]);
        assert_eq!(naddr(31_923, &author, &"x".repeat(256)), None);
    }
}
