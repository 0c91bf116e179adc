use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName};

/// Networks whose `X-Forwarded-For` is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<(IpAddr, u8)>);

impl TrustedProxies {
    /// Reads addresses and networks (`10.0.0.0/8`, `::1`). The error is for the operator.
    pub fn parse<S: AsRef<str>>(entries: &[S]) -> Result<Self, String> {
        let entries = entries.iter().map(|entry| parse_network(entry.as_ref()));
        entries.collect::<Result<_, _>>().map(Self)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|(network, bits)| prefix(*network, *bits) == prefix(address, *bits))
    }

    /// The nearest address that is not a trusted proxy: forwarded addresses are believed from the right, only as far
    /// as each was added by a proxy we trust.
    fn client(&self, peer: IpAddr, forwarded: &[&str]) -> IpAddr {
        let mut client = peer;
        for entry in forwarded.iter().rev() {
            if !self.trusts(client) {
                break;
            }
            match parse_forwarded(entry) {
                Some(address) => client = address,
                None => break,
            }
        }
        client.to_canonical()
    }
}

/// The client's address: the peer's, or the one that trusted proxies name.
pub fn client_address(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &TrustedProxies) -> IpAddr {
    const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let values = headers.get_all(FORWARDED_FOR).filter_map(|value| value.to_str().ok());
    let entries: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    trusted.client(peer, &entries)
}

pub fn client_of(request: &HttpRequest, trusted: &TrustedProxies) -> IpAddr {
    client_address(request.peer_addr().map(|peer| peer.ip()), request.headers(), trusted)
}

/// An address without what names a household: the last byte of IPv4, all but the /48 of IPv6.
pub fn truncated(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & 0xffff_ff00)),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 80 << 80)),
    }
}

/// Some proxies add a port, and brackets around IPv6.
fn parse_forwarded(entry: &str) -> Option<IpAddr> {
    entry.parse().ok().or_else(|| entry.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()))
}

fn parse_network(entry: &str) -> Result<(IpAddr, u8), String> {
    let wrong = || format!("`{entry}` is neither an IP address nor a network such as 10.0.0.0/8");
    let (address, bits) = entry.split_once('/').map_or((entry, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().map_err(|_not_parsed| wrong())?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Ok(width), |bits| bits.parse().map_err(|_not_parsed| wrong()))?;
    if bits > width { Err(wrong()) } else { Ok((address, bits)) }
}

/// The first bits of an address, with its family.
fn prefix(address: IpAddr, bits: u8) -> (bool, u128) {
    let cut = |value: u128, width: u32| value.checked_shr(width.saturating_sub(bits.into())).unwrap_or(0);
    match address {
        IpAddr::V4(v4) => (true, cut(v4.to_bits().into(), 32)),
        IpAddr::V6(v6) => (false, cut(v6.to_bits(), 128)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        TrustedProxies::parse(trusted).unwrap().client(peer.parse().unwrap(), forwarded).to_string()
    }

    #[test]
    fn h6_forwarded_addresses_are_believed_from_trusted_proxies_only() {
        assert_eq!(client(&[], "127.0.0.1", &["198.51.100.7"]), "127.0.0.1");
        assert_eq!(client(&["127.0.0.1"], "127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client(&["127.0.0.1"], "192.0.2.9", &["198.51.100.7"]), "192.0.2.9");
        // A forged entry stands left of what the proxy added.
        assert_eq!(client(&["127.0.0.1"], "127.0.0.1", &["1.1.1.1", "198.51.100.7"]), "198.51.100.7");
        let chain = ["203.0.113.5", "10.1.2.3"];
        assert_eq!(client(&["127.0.0.1", "10.0.0.0/8"], "127.0.0.1", &chain), "203.0.113.5");
        assert_eq!(client(&["::1"], "::1", &["[2001:db8::7]:443"]), "2001:db8::7");
        assert_eq!(client(&["127.0.0.1"], "127.0.0.1", &["nonsense"]), "127.0.0.1");
        assert_eq!(client(&["127.0.0.0/8"], "::ffff:127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client(&["0.0.0.0/0"], "192.0.2.9", &["198.51.100.7"]), "198.51.100.7");
    }

    #[test]
    fn networks_are_checked() {
        assert!(TrustedProxies::parse(&["10.0.0.0/33"]).is_err());
        assert!(TrustedProxies::parse(&["example.org"]).is_err());
        assert!(TrustedProxies::parse(&["fd00::/8", "10.0.0.1"]).is_ok());
    }

    #[test]
    fn logged_addresses_name_no_household() {
        let truncated = |address: &str| truncated(address.parse().unwrap()).to_string();
        assert_eq!(truncated("198.51.100.77"), "198.51.100.0");
        assert_eq!(truncated("2001:db8:1:2:3::4"), "2001:db8:1::");
        assert_eq!(truncated("::ffff:198.51.100.77"), "198.51.100.0");
    }
}
