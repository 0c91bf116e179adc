use data_encoding::HEXLOWER;
use url::Url;

use super::{KeyKind, UtteranceKey};
use crate::domain::{AuthorId, FacetKind, IdKey, MediaKind, NativeId, Network, Post, PostId};

/// Longer declarations are none: no network's identities are.
const BYTES_MAX: usize = 2_048;
/// A bridge's address has its origin's in it, and that may be a bridge's again.
const BRIDGES_MAX: usize = 3;

/// Query parameters that say where a reader came from and not what is read, by how their names begin.
const TRACKERS: [&str; 20] = [
    "utm_",
    "mtm_",
    "pk_",
    "at_",
    "xtor",
    "xtref",
    "fbclid",
    "gclid",
    "dclid",
    "msclkid",
    "twclid",
    "yclid",
    "igshid",
    "igsh",
    "mc_cid",
    "mc_eid",
    "_hs",
    "hsctatracking",
    "ref_src",
    "wt_mc",
];

/// What a declared origin is looked for under.
pub(super) fn keys(key: &IdKey, declared: &str) -> Vec<UtteranceKey> {
    let mut keys = Vec::new();
    if declared.len() <= BYTES_MAX {
        let declared = declared.trim();
        collect(key, declared.strip_prefix("nostr:").unwrap_or(declared), BRIDGES_MAX, &mut keys);
    }
    keys
}

fn collect(key: &IdKey, declared: &str, bridges_left: usize, keys: &mut Vec<UtteranceKey>) {
    let post = |kind, network, id: &str| UtteranceKey {
        kind,
        hash: PostId::derive(key, network, &NativeId::new(id)).as_u64(),
    };
    if declared.starts_with("at://did:") {
        let id = declared.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        keys.push(post(KeyKind::Origin, Network::Bluesky, id));
    } else if let Some(id) = nostr_event(declared) {
        keys.push(post(KeyKind::Origin, Network::Nostr, &id));
    } else if let Some(page) = canonical(declared) {
        if let Some(within) = bridged(declared).filter(|_| bridges_left > 0) {
            return collect(key, within, bridges_left - 1, keys);
        }
        if let Some(id) = bluesky_record(&page) {
            return keys.push(post(KeyKind::OriginPage, Network::Bluesky, &id));
        }
        if let Some(id) = page.rsplit('/').next().and_then(nostr_event) {
            return keys.push(post(KeyKind::OriginPage, Network::Nostr, &id));
        }
        // It may be the identity itself, or the page that Mastodon makes of it.
        keys.push(post(KeyKind::Origin, Network::Mastodon, declared));
        keys.extend(mastodon_status(&page).map(|id| post(KeyKind::OriginPage, Network::Mastodon, &id)));
        keys.push(UtteranceKey { kind: KeyKind::OriginPage, hash: page_hash(key, &page) });
    }
}

/// Whose post a declaration names: an account on Bluesky, or on a server of Mastodon's form, for there it is in the address.
pub(super) fn author(declared: &str) -> Option<(Network, AuthorId)> {
    let mut declared = Some(declared.trim()).filter(|declared| declared.len() <= BYTES_MAX)?;
    for _ in 0..BRIDGES_MAX {
        declared = bridged(declared).unwrap_or(declared);
    }
    let page = canonical(declared);
    let record = page.as_deref().and_then(bluesky_record);
    if let Some(record) = record.as_deref().or(Some(declared)).and_then(|id| id.strip_prefix("at://did:")) {
        let account = record.split('/').next().filter(|account| !account.is_empty())?;
        return Some((Network::Bluesky, AuthorId::new(["did:", account].concat())));
    }
    let (host, path) = page.as_deref().and_then(|page| page.split_at_checked(page.find('/')?))?;
    let (user, _) = status_of(path)?;
    Some((Network::Mastodon, AuthorId::new(["https://", host, "/users/", user].concat())))
}

pub(super) fn page_hash(key: &IdKey, canonical: &str) -> u64 {
    key.hash64(&["utterance", "page", canonical])
}

/// What of an address names the page: host, path and query, without scheme, `www.`, fragment, trackers and the stroke at
/// the end. The two addresses of a Mastodon status are one. `None`: no address of the web.
pub(super) fn canonical(address: &str) -> Option<String> {
    let url = Url::parse(address.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?.trim_end_matches('.');
    let host = host.strip_prefix("www.").unwrap_or(host);
    if host.is_empty() {
        return None;
    }
    let mut page = host.to_owned();
    if let Some(port) = url.port() {
        page.push_str(&format!(":{port}"));
    }
    let path = url.path().trim_end_matches('/');
    match status_of(path) {
        Some((user, status)) => page.extend(["/@", user, "/", status]),
        None => page.push_str(path),
    }
    let is_tracker = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
        name.is_empty() || TRACKERS.iter().any(|tracker| name.starts_with(tracker))
    };
    let query = url.query().unwrap_or_default().split('&').filter(|pair| !is_tracker(pair));
    for (number, pair) in query.enumerate() {
        page.push(if number == 0 { '?' } else { '&' });
        page.push_str(pair);
    }
    Some(page)
}

/// The account and number in `/users/<account>/statuses/<number>`, or `/@<account>/<number>`.
fn status_of(path: &str) -> Option<(&str, &str)> {
    let (user, status) = match path.strip_prefix("/users/") {
        Some(rest) => rest.split_once("/statuses/")?,
        None => path.strip_prefix("/@")?.split_once('/')?,
    };
    let is_number = !status.is_empty() && status.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !user.is_empty() && !user.contains('/')).then_some((user, status))
}

fn mastodon_status(page: &str) -> Option<String> {
    let (host, path) = page.split_at_checked(page.find('/')?)?;
    let (user, status) = status_of(path)?;
    Some(["https://", host, "/users/", user, "/statuses/", status].concat())
}

fn bluesky_record(page: &str) -> Option<String> {
    let (author, record) = page.strip_prefix("bsky.app/profile/")?.split_once("/post/")?;
    let is_lasting = author.starts_with("did:") && !record.is_empty() && !record.contains(['/', '?']);
    is_lasting.then(|| ["at://", author, "/app.bsky.feed.post/", record].concat())
}

/// What Bridgy Fed (`https://bsky.brid.gy/convert/ap/at://…`, `https://fed.brid.gy/r/https://…`) and Mostr
/// (`https://mostr.pub/objects/…`) name in their own addresses.
fn bridged(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let (host, path) = rest.split_once('/')?;
    if host == "mostr.pub" {
        return path.strip_prefix("objects/").filter(|id| nostr_event(id).is_some());
    }
    if host != "brid.gy" && !host.ends_with(".brid.gy") {
        return None;
    }
    let within = match path.strip_prefix("convert/") {
        Some(rest) => rest.split_once('/')?.1,
        None => path.strip_prefix("r/")?,
    };
    within.contains("://").then_some(within)
}

/// The identity of an event: written out, with its kind where it may be replaced, or as a name (NIP-19).
fn nostr_event(text: &str) -> Option<String> {
    const HASH_BYTES: usize = 32;
    let is_hash = |text: &str| text.len() == 2 * HASH_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash(text) {
        return Some(text.to_ascii_lowercase());
    }
    if let Some((kind, rest)) = text.split_once(':')
        && let Some((author, _)) = rest.split_once(':')
        && kind.parse::<u16>().is_ok()
        && is_hash(author)
    {
        return Some(text.to_owned());
    }
    if !["note1", "nevent1", "naddr1"].iter().any(|prefix| text.starts_with(prefix)) {
        return None;
    }
    let (prefix, bytes) = bech32::decode(text).ok()?;
    let value = |wanted: u8| {
        let mut rest = bytes.as_slice();
        while let [kind, length, after @ ..] = rest {
            let (value, next) = after.split_at_checked(usize::from(*length))?;
            if *kind == wanted {
                return Some(value);
            }
            rest = next;
        }
        None
    };
    let hash = |bytes: &[u8]| (bytes.len() == HASH_BYTES).then(|| HEXLOWER.encode(bytes));
    match prefix.as_str() {
        "note" => hash(&bytes),
        "nevent" => hash(value(0)?),
        _ => {
            let kind = u32::from_be_bytes(value(3)?.try_into().ok()?);
            let name = std::str::from_utf8(value(0)?).ok()?;
            Some(format!("{kind}:{}:{name}", hash(value(2)?)?))
        }
    }
}

/// Whether two posts do not lead to different pages. One network shows a link as a card, another in the text, and some
/// tools leave it out: but where both have one, they have one in common.
pub(super) fn lead_to_the_same(a: &Post, b: &Post) -> bool {
    let (a, b) = (links(a), links(b));
    a.is_empty() || b.is_empty() || a.iter().any(|link| b.contains(link))
}

fn links(post: &Post) -> Vec<String> {
    let marked = post.facets.iter().filter(|facet| facet.kind == FacetKind::Link).map(|facet| facet.value.as_str());
    let cards =
        post.media.iter().filter(|medium| medium.kind == MediaKind::Link).filter_map(|medium| medium.url.as_deref());
    let written = post.text.split_whitespace().filter(|token| token.starts_with("http"));
    marked.chain(cards).chain(written).filter_map(canonical).collect()
}
