use super::*;

fn frame(did: &str, collection: Option<&str>) -> Envelope {
    let kind = if collection.is_some() { "commit" } else { "account" };
    Envelope { did: did.into(), kind: kind.into(), collection: collection.map(str::to_owned), time_us: 0 }
}

#[test]
fn queries_are_refused_as_by_the_real_server() {
    for query in
        ["wantedCollections=app.bsky.fo*", "wantedCollections=app", "wantedDids=nobody", "cursor=-5", "cursor=now"]
    {
        assert!(Subscription::v1(query).is_err(), "{query}");
    }
    let many = |count: usize| (0..count).map(|n| format!("wantedCollections=a.b.c{n}&")).collect::<String>();
    assert!(Subscription::v1(&many(100)).is_ok());
    assert!(Subscription::v1(&many(101)).is_err());
    for query in ["", "maxMessageSizeBytes=-1", "compress=false", "other=x", "wantedCollections=app.bsky.*"] {
        assert!(Subscription::v1(query).is_ok(), "{query}");
    }
}

#[test]
fn filters_let_accounts_through_whatever_the_collections() {
    let query = "wantedCollections=app.bsky.feed.post&wantedCollections=app.bsky.actor.*&wantedDids=did:plc:a";
    let filter = Subscription::v1(query).unwrap().filter;
    for (envelope, expected) in [
        (frame("did:plc:a", Some("app.bsky.feed.post")), true),
        (frame("did:plc:a", Some("app.bsky.actor.profile")), true),
        (frame("did:plc:a", Some("app.bsky.feed.like")), false),
        (frame("did:plc:a", None), true),
        (frame("did:plc:b", None), false),
    ] {
        assert_eq!(filter.lets_through(Some(&envelope), 10), expected, "{envelope:?}");
    }
    let small = Subscription::v1("maxMessageSizeBytes=100").unwrap().filter;
    assert!(small.lets_through(Some(&frame("did:plc:a", None)), 100));
    assert!(!small.lets_through(Some(&frame("did:plc:a", None)), 101));
}

#[test]
fn updates_replace_the_whole_filter() {
    let text = r#"{"type":"options_update","payload":{"wantedDids":["did:plc:a"]}}"#;
    let Update::Filter(filter) = Update::read(text) else { panic!() };
    assert!(filter.lets_through(Some(&frame("did:plc:a", Some("x.y.z"))), 1));
    assert!(!filter.lets_through(Some(&frame("did:plc:b", None)), 1));
    assert_eq!(Update::read("{"), Update::Unreadable);
    assert_eq!(Update::read(r#"{"type":"other"}"#), Update::Ignored);
    let bad = r#"{"type":"options_update","payload":{"wantedCollections":["x*"]}}"#;
    assert!(matches!(Update::read(bad), Update::Refused(_)));
}

#[test]
fn the_second_wire_forgives_nothing() {
    for query in [
        "wantedCollections=app.bsky.feed.post",
        "compress=true",
        "kinds=like",
        "kinds=account&collections=app.bsky.feed.post",
        "collections=app.bsky.fo*",
        "dids=nobody",
        "cursor=-5",
        "maxMessageSizeBytes=-1",
        "zstdDictionary=x",
    ] {
        assert!(Subscription::v2(query).is_err(), "{query}");
    }
    let query = "kinds=commit&collections=app.bsky.feed.post&cursor=7&zstdDictionary=3";
    let subscription = Subscription::v2(query).unwrap();
    assert_eq!((subscription.cursor, subscription.compression), (Cursor::Sequence(7), Compression::V2(3)));
    assert!(subscription.filter.lets_through(Some(&frame("did:plc:a", Some("app.bsky.feed.post"))), 1));
    assert!(!subscription.filter.lets_through(Some(&frame("did:plc:a", None)), 1));
}
