use url::{Host, Url};

/// A server's address as it is compared: without the last `/`. What is told to a server must not travel in the open, so
/// plain `http` stays on this machine.
pub fn server_address(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| format!("{text:?} is not an address: {error}"))?;
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && is_here) {
        return Err(format!("{text:?} must begin with https://"));
    }
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !is_bare || !url.username().is_empty() || url.password().is_some() {
        return Err(format!("{text:?} must be a server's address alone, as in https://mastodon.example"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}
