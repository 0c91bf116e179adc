//! The operator's settings of networks, read strictly: numbers within bounds, addresses of schemes that can be asked.
//!
//! Owns the `deserialize_with` functions of the networks' settings. Does not own the keys (`sources/<network>/config`).
//! Invariant: what is refused is refused with what was found and what may stand there.

use serde::{Deserialize, Deserializer, de};
use url::Url;

/// A number from `LEAST` to `MOST`.
pub fn within<'de, const LEAST: u32, const MOST: u32, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    // Read wide, so that a negative or huge number gets this message and not one about integer types.
    let value = i64::deserialize(deserializer)?;
    u32::try_from(value)
        .ok()
        .filter(|value| (LEAST..=MOST).contains(value))
        .ok_or_else(|| de::Error::custom(format!("{value} is not between {LEAST} and {MOST}")))
}

/// An address of one of these schemes. Whether it may be connected to is asked later, when it is known whether private
/// networks are allowed.
pub fn address<E: de::Error>(text: String, schemes: &[&str]) -> Result<String, E> {
    match Url::parse(&text) {
        Ok(url) if schemes.contains(&url.scheme()) && url.has_host() => Ok(text),
        Ok(_) => Err(E::custom(format!("{text:?} must begin with {}://", schemes.join(":// or ")))),
        Err(error) => Err(E::custom(format!("{text:?} is not an address: {error}"))),
    }
}
