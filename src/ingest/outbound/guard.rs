//! Which addresses this server connects to by itself (H4).
//!
//! Owns the check of an address's form and of every number it resolves to. Does not own connections.
//! Invariant: unless private networks are allowed, no name, spelling or redirect leads outside public space, since what
//! is connected to is the very number that was checked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

use super::OutboundError;

/// Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Guard {
    pub allow_private_networks: bool,
}

impl Guard {
    /// Checks the form: one of `schemes`, a host, no user or password, port 80 or 443, and a literal address in public
    /// space. (A name is checked when it is resolved. `url` has by then turned octal, hexadecimal and decimal spellings
    /// into numbers.)
    pub fn check(self, url: &Url, schemes: &[&str]) -> Result<(), OutboundError> {
        let refused = |why: String| Err(OutboundError::Forbidden(why));
        if !schemes.contains(&url.scheme()) {
            return refused(format!("{}: the address must begin with {}", url.scheme(), schemes.join(" or ")));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refused("an address with a user name or password is not used".into());
        }
        let literal = match url.host() {
            None | Some(Host::Domain("")) => return refused("the address names no host".into()),
            Some(Host::Domain(_)) => None,
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        };
        if self.allow_private_networks {
            return Ok(());
        }
        if literal.is_some_and(|ip| !is_public(ip)) {
            return refused("the address is not in public space (see ingest.allow_private_networks)".into());
        }
        match url.port_or_known_default() {
            Some(80 | 443) => Ok(()),
            _ => refused("only ports 80 and 443 are used (see ingest.allow_private_networks)".into()),
        }
    }

    /// The addresses behind a host that may be connected to. Empty is an error.
    pub async fn resolve(self, host: &str, port: u16) -> Result<Vec<SocketAddr>, OutboundError> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found: Vec<SocketAddr> = if is_loopback_name(bare) {
            vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]
        } else {
            let found = tokio::net::lookup_host((bare, port)).await;
            found.map_err(|error| OutboundError::Unreachable(format!("name resolution failed: {error}")))?.collect()
        };
        let allowed = self.filter(found);
        if allowed.is_empty() {
            let why = "the name leads to no address in public space (see ingest.allow_private_networks)";
            return Err(OutboundError::Forbidden(why.into()));
        }
        Ok(allowed)
    }

    pub(super) fn filter(self, mut found: Vec<SocketAddr>) -> Vec<SocketAddr> {
        found.retain(|address| self.allow_private_networks || is_public(address.ip()));
        found
    }
}

/// `localhost` and every name below it lead home, whatever a resolver says (RFC 6761, 6.3).
fn is_loopback_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

/// Whether an address is globally reachable unicast by the IANA registries of special purposes.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let special = match ip.octets() {
        [0 | 10 | 127, ..] => true,
        [100, b, ..] => (64..128).contains(&b),
        [169, 254, ..] | [192, 168, ..] | [192, 0, 0 | 2, _] | [192, 88, 99, _] => true,
        [172, b, ..] => (16..32).contains(&b),
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        [a, ..] => a >= 224,
    };
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        // Where a network translates, IPv4 addresses come in these clothes: what counts is the address inside.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_public_v4(embedded(high, low)),
        // Teredo, ORCHID and other protocol assignments; documentation; 6to4, which may lead to any IPv4 address.
        [0x2001, b, ..] if b < 0x200 || b == 0xdb8 => false,
        [0x2002, ..] => false,
        [0x3fff, b, ..] if b < 0x1000 => false,
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}

/// Spellings of addresses outside public space: each is one case of H4.
#[cfg(test)]
pub fn addresses_at_home() -> Vec<String> {
    let hosts = "
            127.0.0.1 127.1 127.255.255.254 0.0.0.0 0 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 169.254.169.254
            169.254.0.1 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1
            198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
            2130706433 0x7f000001 0x7f.0.0.1 017700000001 0177.0.0.1 0x7f.1 0xa9fea9fe 3232235521 127.0.0.1.
            [::] [::1] [::ffff:127.0.0.1] [::ffff:10.0.0.1] [::ffff:a9fe:a9fe] [::127.0.0.1] [64:ff9b::127.0.0.1]
            [64:ff9b::10.0.0.1] [64:ff9b:1::1] [100::1] [2001::1] [2001:db8::1] [2001:10::1] [2002:7f00:1::] [2002:c0a8:1::1]
            [2002:808:808::] [3fff::1] [5f00::1] [fc00::1] [fd12:3456::1] [fe80::1] [fec0::1] [ff02::1] [ffff::1]
            [0:0:0:0:0:0:0:1] [0:0:0:0:0:ffff:7f00:1]
        localhost LOCALHOST localhost. mairie.localhost";
    hosts.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSED: Guard = Guard { allow_private_networks: false };
    const SCHEMES: &[&str] = &["http", "https", "ws", "wss"];

    fn verdict(address: &str) -> Result<(), OutboundError> {
        match Url::parse(address) {
            Ok(url) => CLOSED.check(&url, SCHEMES),
            Err(error) => Err(OutboundError::Forbidden(error.to_string())),
        }
    }

    #[test]
    fn h4_addresses_outside_public_space_are_refused_in_any_spelling() {
        let mut cases = 0;
        for host in addresses_at_home() {
            for scheme in SCHEMES {
                // A name is of good form, and is looked at again when it is resolved.
                let is_name = host.to_ascii_lowercase().contains("localhost");
                assert_eq!(verdict(&format!("{scheme}://{host}/")).is_ok(), is_name, "{scheme} {host}");
            }
            cases += 1;
        }
        assert!(cases >= 58, "{cases}");
    }

    #[test]
    fn h4_forms_that_hide_where_they_lead_are_refused() {
        for address in [
            "https://user@example.org/",
            "https://user:word@example.org/",
            "https://:word@example.org/",
            "https://example.org:8080/",
            "http://example.org:22/",
            "ftp://example.org/",
            "file:///etc/passwd",
            "gopher://example.org/",
            "data:text/plain,x",
            "https:///",
            "unix:/run/socket",
        ] {
            assert!(verdict(address).is_err(), "{address}");
        }
    }

    #[test]
    fn public_addresses_pass() {
        for host in [
            "8.8.8.8",
            "100.128.0.1",
            "172.32.0.1",
            "198.20.0.1",
            "192.0.1.1",
            "[2a00::1]",
            "[2606:4700::1]",
            "[64:ff9b::8.8.8.8]",
            "[::ffff:8.8.8.8]",
            "example.org",
            "example.org:443",
            "bücher.example",
        ] {
            assert_eq!(verdict(&format!("wss://{host}/")), Ok(()), "{host}");
        }
        assert_eq!(verdict("http://example.org:80/"), Ok(()));
    }

    #[tokio::test]
    async fn h4_a_name_that_leads_home_is_refused_when_it_is_resolved() {
        for home in ["localhost", "LOCALHOST.", "mairie.ville.localhost"] {
            assert!(matches!(CLOSED.resolve(home, 80).await, Err(OutboundError::Forbidden(_))), "{home}");
        }
        let open = Guard { allow_private_networks: true };
        let found = open.resolve("mairie.localhost", 80).await.unwrap();
        assert!(found.contains(&"127.0.0.1:80".parse().unwrap()) && found.iter().all(|at| at.ip().is_loopback()));
        // A rebinding name answers with both kinds: the private ones are never tried.
        let both = vec!["127.0.0.1:80".parse().unwrap(), "8.8.8.8:80".parse().unwrap()];
        assert_eq!(CLOSED.filter(both), ["8.8.8.8:80".parse().unwrap()]);
    }
}
