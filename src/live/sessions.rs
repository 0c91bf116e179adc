use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use super::lock;

/// What sessions are counted by: an IPv4 address or an IPv6 /64. A school or a mobile network is one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressBlock(u64);

impl From<IpAddr> for AddressBlock {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            // `::/8` is reserved, so no IPv6 network collides with an IPv4 address here.
            IpAddr::V4(v4) => Self(u64::from(v4.to_bits())),
            IpAddr::V6(v6) => Self((v6.to_bits() >> 64) as u64),
        }
    }
}

impl AddressBlock {
    /// For who keeps no more than a hash of it.
    pub fn token(self) -> String {
        format!("{:x}", self.0)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMany {
    /// This address has its share.
    OfAddress,
    /// The server is full.
    InAll,
}

/// Counts open sessions. Clones are one; addresses are forgotten when their last session ends.
#[derive(Clone)]
pub struct Sessions(Arc<Counts>);

struct Counts {
    in_all_max: usize,
    of_address_max: usize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    in_all: usize,
    of_address: HashMap<AddressBlock, usize>,
}

/// A counted session; ends with its drop.
pub struct Permit {
    counts: Arc<Counts>,
    block: AddressBlock,
}

impl Sessions {
    pub fn new(in_all_max: usize, of_address_max: usize) -> Self {
        Self(Arc::new(Counts { in_all_max, of_address_max, open: Mutex::default() }))
    }

    pub fn admit(&self, block: AddressBlock) -> Result<Permit, TooMany> {
        let mut open = lock(&self.0.open);
        if open.in_all >= self.0.in_all_max {
            return Err(TooMany::InAll);
        }
        let of_address = open.of_address.entry(block).or_default();
        if *of_address >= self.0.of_address_max {
            return Err(TooMany::OfAddress);
        }
        *of_address += 1;
        open.in_all += 1;
        Ok(Permit { counts: Arc::clone(&self.0), block })
    }

    /// Sessions open now.
    pub fn count(&self) -> usize {
        lock(&self.0.open).in_all
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = lock(&self.counts.open);
        open.in_all = open.in_all.saturating_sub(1);
        if let Some(of_address) = open.of_address.get_mut(&self.block) {
            *of_address = of_address.saturating_sub(1);
            if *of_address == 0 {
                open.of_address.remove(&self.block);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(address: &str) -> AddressBlock {
        AddressBlock::from(address.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn w5_sessions_are_counted_by_address_and_in_all() {
        let sessions = Sessions::new(3, 2);
        let a1 = sessions.admit(block("2001:db8:0:1::1")).ok();
        let a2 = sessions.admit(block("2001:db8:0:1:ffff::2")).ok();
        assert!(a1.is_some() && a2.is_some());
        assert_eq!(sessions.admit(block("2001:db8:0:1::3")).err(), Some(TooMany::OfAddress));
        let other = sessions.admit(block("192.0.2.1")).ok();
        assert!(other.is_some());
        assert_eq!(sessions.admit(block("192.0.2.2")).err(), Some(TooMany::InAll));
        drop((a1, a2, other));
        assert_eq!(sessions.count(), 0);
        assert!(lock(&sessions.0.open).of_address.is_empty());
    }

    #[test]
    fn mapped_addresses_are_the_ipv4_ones() {
        assert_eq!(block("::ffff:192.0.2.1"), block("192.0.2.1"));
        assert_ne!(block("192.0.2.1"), block("192.0.2.2"));
    }
}
