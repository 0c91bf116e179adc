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
    if is_plain(address) { Some(address.to_owned()) } else { parsed(address) }
}

/// Whether an address is of the common form that the parser would give back as it is: a lower-case host of letters
/// that ends in a name, and a path without anything to encode or resolve.
fn is_plain(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://")) else { return false };
    let Some((host, path)) = rest.split_once('/') else { return false };
    let is_label = |label: &str| {
        let is_sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(is_sound) && !label.starts_with("xn--")
    };
    // A host that ends in a number is an IPv4 address, which is written in many ways.
    let ends_in_name = host.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_lowercase()));
    let is_in_path = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~:@/".contains(&byte);
    ends_in_name
        && host.split('.').all(is_label)
        && path.bytes().all(is_in_path)
        && path.split('/').all(|segment| !segment.starts_with('.'))
}

fn parsed(address: &str) -> Option<String> {
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
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_plain_address_is_what_the_parser_would_give(
            address in "https?://(bsky\\.app|[a-z0-9.-]{1,9}|0x[0-9a-f]{1,3}|[0-9]\\.1|xn--[a-z0-9-]{1,4})/[a-zA-Z0-9._~:@/%-]{0,12}"
        ) {
            prop_assert!(!is_plain(&address) || parsed(&address).as_deref() == Some(address.as_str()));
        }
    }

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
