use proptest::prelude::*;

use super::origin::{canonical, keys};
use super::words::Words;
use super::*;
use crate::domain::NativeId;

const KEY: IdKey = IdKey::new([7; 32]);

fn id(network: Network, native: &str) -> u64 {
    PostId::derive(&KEY, network, &NativeId::new(native)).as_u64()
}

fn hashes(declared: &str) -> Vec<u64> {
    keys(&KEY, declared).iter().map(|key| key.hash).collect()
}

#[test]
fn an_origin_is_found_by_every_way_in_which_networks_name_one() {
    let record = "at://did:plc:ana/app.bsky.feed.post/3kx";
    let bluesky = id(Network::Bluesky, record);
    for declared in [
        record,
        "at://did:plc:ana/app.bsky.feed.post/3kx/",
        " https://bsky.app/profile/did:plc:ana/post/3kx?ref_src=embed ",
        "https://bsky.brid.gy/convert/ap/at://did:plc:ana/app.bsky.feed.post/3kx",
        "https://fed.brid.gy/r/https://bsky.app/profile/did:plc:ana/post/3kx",
    ] {
        assert_eq!(hashes(declared), [bluesky], "{declared}");
    }
    let hex = "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e";
    let note = bech32::encode::<bech32::Bech32>(
        bech32::Hrp::parse("note").unwrap(),
        &data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap(),
    )
    .unwrap();
    let event = id(Network::Nostr, hex);
    for declared in [
        hex.to_owned(),
        hex.to_uppercase(),
        format!("nostr:{note}"),
        format!("https://njump.me/{note}"),
        format!("https://mostr.pub/objects/{hex}"),
        format!("https://fed.example/convert/x/{hex}")
            .replace("fed.example", "nostr.brid.gy")
            .replace("/x/", "/x/https://njump.me/"),
    ] {
        assert_eq!(hashes(&declared), [event], "{declared}");
    }
    let status = id(Network::Mastodon, "https://ville.example/users/ana/statuses/115");
    for declared in [
        "https://ville.example/users/ana/statuses/115",
        "https://ville.example/@ana/115",
        "https://VILLE.example/@ana/115/?utm_source=x",
    ] {
        assert!(hashes(declared).contains(&status), "{declared}");
    }
    assert_eq!(hashes("https://blog.example/a/")[1..], hashes("http://www.blog.example/a#b")[1..]);
    for nothing in ["", "at://ana.example/app.bsky.feed.post/3kx", "note1", "mailto:ana@ville.example", "7e7e"] {
        assert!(hashes(nothing).is_empty(), "{nothing}");
    }
    assert!(hashes(&format!("https://ville.example/{}", "a".repeat(3_000))).is_empty());
}

#[test]
fn l24_a_declaration_may_say_whose_post_it_names() {
    let author =
        |declared: &str| origin::author(declared).map(|(network, author)| format!("{network:?} {}", author.as_str()));
    for (declared, expected) in [
        ("at://did:plc:ana/app.bsky.feed.post/3kx", Some("Bluesky did:plc:ana")),
        ("https://bsky.app/profile/did:plc:ana/post/3kx", Some("Bluesky did:plc:ana")),
        ("https://bsky.brid.gy/convert/ap/at://did:plc:ana/app.bsky.feed.post/3kx", Some("Bluesky did:plc:ana")),
        ("https://ville.example/@ana/115", Some("Mastodon https://ville.example/users/ana")),
        ("https://ville.example/users/ana/statuses/115", Some("Mastodon https://ville.example/users/ana")),
        ("https://fed.brid.gy/r/https://ville.example/@ana/115", Some("Mastodon https://ville.example/users/ana")),
        ("https://blog.example/@ana", None),
        ("at://did:", None),
        ("7e7e", None),
    ] {
        assert_eq!(author(declared).as_deref(), expected, "{declared}");
    }
}

#[test]
fn an_event_that_may_be_replaced_is_named_by_its_address() {
    let author = "22".repeat(32);
    let mut bytes = vec![0, 4, b'f', b'e', b't', b'e', 2, 32];
    bytes.extend([0x22; 32]);
    bytes.extend([3, 4, 0, 0, 0x7c, 0xb3]);
    let name = bech32::encode::<bech32::Bech32>(bech32::Hrp::parse("naddr").unwrap(), &bytes).unwrap();
    let address = format!("31923:{author}:fete");
    assert_eq!(hashes(&address), [id(Network::Nostr, &address)]);
    assert_eq!(hashes(&name), [id(Network::Nostr, &address)]);
}

#[test]
fn a_page_is_one_whatever_brought_the_reader() {
    let page = |address: &str| canonical(address).unwrap_or_default();
    for (address, expected) in [
        ("https://www.Nantes.example/a/?utm_source=x&id=3&fbclid=y#b", "nantes.example/a?id=3"),
        ("http://nantes.example:80/a", "nantes.example/a"),
        ("https://nantes.example:8443/a?b&c=d", "nantes.example:8443/a?b&c=d"),
        ("https://ville.example/users/ana/statuses/1", "ville.example/@ana/1"),
        ("https://ville.example/users/ana/outbox", "ville.example/users/ana/outbox"),
        ("https://nantes.example/", "nantes.example"),
        ("ftp://nantes.example/", ""),
        ("http://./a", ""),
    ] {
        assert_eq!(page(address), expected, "{address}");
    }
    assert!(is_same_page("https://a.example/x?at_medium=rss", "http://a.example/x"));
    assert!(!is_same_page("https://a.example/x?p=1", "https://a.example/x?p=2"));
}

fn repeats(copy: &str, origin: &str) -> bool {
    Words::of(copy).repeat(&Words::of(origin))
}

#[test]
fn a_copy_says_what_its_origin_says_and_nothing_else() {
    let whole = "Samedi le marché de la Petite-Hollande revient sur l’île, avec trente producteurs du pays de Retz";
    for copy in [
        whole.to_uppercase().as_str(),
        "Samedi le marché de la Petite-Hollande revient sur l’île, avec trente prod… [https://ville.example/@ana/1]",
        "Samedi, le marché de la Petite Hollande revient sur l'ile avec trente producteurs du pays de Retz ville.example/abc…",
        "Samedi le marché de la Petite-Hollande revient sur l’île, avec vingt producteurs du pays de Retz",
    ] {
        assert!(repeats(copy, whole), "{copy}");
    }
    for other in [
        "",
        "Samedi le marché",
        "Samedi le marché de la Petite-Hollande est annulé sur l’île, sans aucun producteur du pays de Retz",
        &format!("{whole}. Moi j’irai avec mes enfants, qui vient ?"),
        "Le marché de la Petite-Hollande revient",
    ] {
        assert!(!repeats(other, whole), "{other}");
    }
    assert!(repeats("Bonjour @ana@ville.example !", "bonjour @ana.bsky.social"));
    assert!(!repeats("Bonjour @ana@ville.example !", "bonjour @bob.bsky.social"));
}

proptest! {
    #[test]
    fn h2_no_declaration_or_address_is_too_strange(text in "(at|https?|nostr)?(://|:)?[a-z0-9:/?&=.@%#é-]{0,60}|\\PC{0,40}") {
        let keys = keys(&KEY, &text);
        prop_assert!(keys.len() <= 3 && keys.iter().all(|key| key.kind.is_origin()));
        // What names the page stays what it is when it is asked for again.
        if let Some(page) = canonical(&text) {
            prop_assert_eq!(canonical(&format!("https://{page}")), Some(page));
        }
    }

    #[test]
    fn who_repeats_is_repeated_or_cut(a in "[abc ]{0,40}", b in "[abc ]{0,40}") {
        let (a, b) = (Words::of(&a), Words::of(&b));
        // A copy never adds more than it may.
        if a.repeat(&b) && a != b {
            prop_assert!(a.joined().split(' ').count() <= b.joined().split(' ').count() * 8 / 7 + 1);
        }
        prop_assert_eq!(a.is_empty() || a.repeat(&a), true);
    }
}
