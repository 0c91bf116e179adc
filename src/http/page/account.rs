use crate::domain::{AccountRef, Network};

use super::{address::encode, card::network_name, context::PageSettings, text::web_address, words::Words};

/// An account that a city's file names, and where it is read.
pub struct AccountView {
    pub said: String,
    /// Its page on its network; `None`: its name doesn't tell which that is.
    pub page: Option<String>,
}

impl AccountView {
    pub fn new(account: &AccountRef, settings: &PageSettings, w: Words) -> Self {
        Self { said: account_line(account, w), page: profile(account, &settings.nostr_page) }
    }
}

/// `@nantes.fr sur Bluesky`
pub fn account_line(account: &AccountRef, w: Words) -> String {
    w.with2("recipe-account", "handle", &account.handle, "network", &network_name(account.network, w))
}

fn profile(account: &AccountRef, nostr_page: &str) -> Option<String> {
    let handle = account.handle.as_str();
    match account.network {
        Network::Bluesky if is_plain(handle) => web_address(&format!("https://bsky.app/profile/{handle}")),
        Network::Mastodon => {
            let (user, host) = handle.split_once('@').filter(|(user, host)| is_plain(user) && is_plain(host))?;
            web_address(&format!("https://{host}/@{user}"))
        }
        Network::Nostr if handle.starts_with("npub1") && is_plain(handle) && !nostr_page.is_empty() => {
            web_address(&format!("{nostr_page}{handle}"))
        }
        Network::Feed | Network::OpenData => web_address(handle),
        Network::Bluesky | Network::Nostr | Network::Push | Network::X => None,
    }
}

/// Where a post that mentions an account is begun, whoever is signed in there. A lasting identity is no mention.
pub fn compose(account: &AccountRef) -> Option<String> {
    let handle = account.handle.as_str();
    let is_name = account.network == Network::Bluesky && is_plain(handle) && !handle.starts_with("did:");
    is_name.then(|| format!("https://bsky.app/intent/compose?text={}", encode(&format!("@{handle} "))))
}

/// Nothing in it ends a part of an address.
fn is_plain(part: &str) -> bool {
    !part.is_empty() && part.chars().all(|letter| letter.is_alphanumeric() || "-._:~".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s47_an_account_is_led_to_on_its_own_network_and_nowhere_else() {
        use Network::{Bluesky, Feed, Mastodon, Nostr, X};
        for (network, handle, expected) in [
            (Bluesky, "nantes.fr", Some("https://bsky.app/profile/nantes.fr")),
            (Bluesky, "did:plc:ana", Some("https://bsky.app/profile/did:plc:ana")),
            (Bluesky, "a.b/../../x", None),
            (Bluesky, "a.b?q=\"", None),
            (Mastodon, "ville@social.example", Some("https://social.example/@ville")),
            (Mastodon, "ville@evil.example/x.example", None),
            (Mastodon, "ville@a@evil.example", None),
            (Nostr, "npub1abc", Some("https://page.example/npub1abc")),
            (Nostr, "abcdef", None),
            (Feed, "https://mairie.example/rss", Some("https://mairie.example/rss")),
            (Feed, "javascript:alert(1)", None),
            (X, "ville", None),
        ] {
            let account = AccountRef { network, handle: handle.into() };
            assert_eq!(profile(&account, "https://page.example/").as_deref(), expected, "{handle}");
        }
        let begun = |network, handle: &str| compose(&AccountRef { network, handle: handle.into() });
        let expected = "https://bsky.app/intent/compose?text=%40nantes.fr%20";
        assert_eq!(begun(Bluesky, "nantes.fr").as_deref(), Some(expected));
        for (network, handle) in [(Bluesky, "did:plc:ana"), (Bluesky, "a.b&x=y"), (Mastodon, "ville@social.example")] {
            assert_eq!(begun(network, handle), None, "{handle}");
        }
    }
}
