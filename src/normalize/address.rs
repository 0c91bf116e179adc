use url::Url;

/// Longer addresses are dropped; browsers and servers agree on no more.
const BYTES_MAX: usize = 2_048;

/// The address as a browser will understand it, when it is one that a reader can be sent to: `http` or `https`, a
/// host, and no user name or password, which serve to disguise the host (`https://nantes.fr@example.net`).
/// The parsed form is given back and not the written one, so that what is shown is what is visited: international
/// hosts become punycode, and control characters are gone.
pub(super) fn sound(address: &str) -> Option<String> {
    let address = address.trim();
    if address.len() > BYTES_MAX {
        return None;
    }
    let url = Url::parse(address).ok()?;
    let leads_to_web = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty());
    let plain = url.username().is_empty() && url.password().is_none();
    // An empty user part (`https://@host`) is dropped by the parser, so the written form is asked too.
    let authority = address.split_once("//").map_or("", |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let written_plain = !authority.contains('@');
    let address = String::from(url);
    (leads_to_web && plain && written_plain && address.len() <= BYTES_MAX).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_without_disguise_are_sound() {
        assert_eq!(sound("https://nantes.fr/a?b#c").as_deref(), Some("https://nantes.fr/a?b#c"));
        assert_eq!(sound(" HTTP://Nantes.FR ").as_deref(), Some("http://nantes.fr/"));
        assert_eq!(sound("https://nаntes.fr").as_deref(), Some("https://xn--nntes-4ve.fr/"), "a Cyrillic letter shows");
        for bad in [
            "javascript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "ftp://nantes.fr",
            "https://",
            "//nantes.fr",
            "nantes.fr",
            "https://nantes.fr@evil.example/",
            "https://nantes.fr:x@evil.example/",
            "https://@evil.example/",
            "https:\\\\a@evil.example",
            "",
        ] {
            assert_eq!(sound(bad), None, "{bad}");
        }
        assert_eq!(sound(&format!("https://nantes.fr/{}", "a".repeat(3_000))), None);
    }
}
