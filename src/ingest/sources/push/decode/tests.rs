use super::*;
use crate::domain::{AuthorId, MediaKind, RawPost, Timestamp};

fn sender() -> Sender {
    Sender { author: AuthorId::new("nantes:voirie"), name: "Voirie".into() }
}

fn items(body: &str) -> Vec<Item> {
    decode(body.as_bytes(), &sender()).unwrap()
}

fn fault(body: &str) -> String {
    let mut items = items(body);
    assert_eq!(items.len(), 1, "{body}");
    let item = items.remove(0);
    assert!(matches!(item.event, Event::Unreadable(RefuseReason::Malformed)) && item.native_id.is_none(), "{item:?}");
    item.detail.unwrap()
}

fn post(body: &str) -> (Item, RawPost) {
    let item = items(body).remove(0);
    let Event::Post(post) = item.event.clone() else { panic!("{item:?}") };
    (item, *post)
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

const WHOLE: &str = r##"{
    "id": "travaux/17", "url": "https://ville.example/17", "text": "Pont fermé #Pont", "lang": "fr",
    "created_at": "2026-11-29T08:00:00+01:00", "updated_at": "2026-11-29T09:00:00Z", "tags": ["travaux"],
    "media": [{"url": "https://ville.example/a.jpg", "alt": "Le pont"}, {"kind": "link", "url": "https://ville.example/b"}],
    "location": {"lat": 47.2, "lon": -1.55}, "starts_at": "2026-12-01T07:00:00Z", "ends_at": "2026-12-04T17:00:00Z",
    "cancelled": true
}"##;

#[test]
fn every_field_of_a_post_is_read() {
    let (item, post) = post(WHOLE);
    assert_eq!(item.id.as_deref(), Some("travaux/17"));
    assert_eq!(item.native_id.unwrap().as_str(), "nantes:voirie travaux/17");
    assert_eq!((&*post.text, post.url.as_deref()), ("Pont fermé #Pont", Some("https://ville.example/17")));
    assert_eq!((post.languages, post.tags), (vec!["fr".to_owned()], vec!["travaux".to_owned()]));
    assert_eq!(post.created_at, Some(at("2026-11-29T07:00:00Z")));
    assert!(post.edited && post.automated && post.schedule.cancelled);
    assert_eq!(post.revision, format!("{:020}", at("2026-11-29T09:00:00Z").as_micros()));
    assert_eq!(post.media.iter().map(|medium| medium.kind).collect::<Vec<_>>(), [MediaKind::Image, MediaKind::Link]);
    assert_eq!((post.media[0].alt.as_str(), post.place.unwrap().lon_lat), ("Le pont", Some((-1.55, 47.2))));
    assert_eq!(post.schedule.starts_at, Some(at("2026-12-01T07:00:00Z")));
    let profile = post.profile.unwrap();
    assert_eq!((profile.id, profile.name.as_deref()), (AuthorId::new("nantes:voirie"), Some("Voirie")));
    // What is null is not there.
    let (_, bare) = self::post(
        r#"{"id":"a","text":"b","created_at":"2026-11-29T08:00:00Z","url":null,"tags":null,"media":null,"location":null,"deleted":null}"#,
    );
    assert!(!bare.edited && bare.revision.is_empty() && bare.media.is_empty() && bare.place.is_none());
}

#[test]
fn what_is_wrong_in_an_item_is_named_and_spoils_no_other() {
    let with = |field: &str| format!(r#"{{"id":"a","text":"b","created_at":"2026-11-29T08:00:00Z",{field}}}"#);
    for (body, words) in [
        (with(r#""txt":"b""#), "`txt` is no field; known: url, text, lang"),
        (with(r#""text":5"#), "`text` is no text"),
        (with(&format!(r#""text":"{}""#, "x".repeat(60_001))), "longer than 60000 bytes"),
        (with(r#""updated_at":"yesterday""#), "`updated_at` is no time"),
        (with(r#""cancelled":"no""#), "neither true nor false"),
        (with(r#""deleted":1"#), "`deleted` is neither"),
        (with(r#""tags":"a""#), "`tags` is no list"),
        (with(r#""tags":[1]"#), "a tag is no text"),
        (with(&format!(r#""tags":[{}"a"]"#, "\"a\",".repeat(32))), "more than 32 entries"),
        (with(r#""media":[{"kind":"sound"}]"#), "none of image, video, link"),
        (with(r#""media":[{"src":"x"}]"#), "`src` is no field; known: url, alt, kind"),
        (with(r#""location":{"lat":47.123456}"#), "`location.lon`"),
        (with(r#""location":{"lat":91,"lon":1}"#), "between -90 and 90"),
        (with(r#""location":{"lat":1,"lon":1,"precision_m":5}"#), "`precision_m` is no field; known: lat, lon"),
        (with(r#""revision":-1"#), "no whole number"),
        (with(r#""starts_at":"2026-12-02T00:00:00Z","ends_at":"2026-12-01T00:00:00Z""#), "before `starts_at`"),
        (r#"{"text":"b","created_at":"2026-11-29T08:00:00Z"}"#.into(), "`id` is missing"),
        (r#"{"id":" ","created_at":"2026-11-29T08:00:00Z"}"#.into(), "`id` is missing"),
        (r#"{"id":"a\u0000","created_at":"2026-11-29T08:00:00Z"}"#.into(), "control characters"),
        (format!(r#"{{"id":"{}"}}"#, "x".repeat(501)), "`id` is longer than 500 bytes"),
        (r#"{"id":"a","text":"b"}"#.into(), "`created_at` is missing"),
        (r#"["a"]"#.into(), "this is no object"),
    ] {
        let told = fault(&body);
        assert!(told.contains(words) && !told.contains("47.123456"), "{words}: {told}");
    }
    let three =
        r#"{"posts":[{"id":"a","text":"b","created_at":"2026-11-29T08:00:00Z"},7,{"id":"c","deleted":true,"txt":1}]}"#;
    let three = items(three);
    assert!(matches!(three[0].event, Event::Post(_)) && matches!(three[1].event, Event::Unreadable(_)));
    assert!(matches!(&three[2].event, Event::Delete { native_id } if native_id.as_str() == "nantes:voirie c"));
    assert_eq!(three.iter().map(|item| item.id.as_deref()).collect::<Vec<_>>(), [Some("a"), None, Some("c")]);
}

#[test]
fn h2_a_body_that_can_not_be_answered_item_by_item_is_refused_whole() {
    let refused = |body: &[u8]| match decode(body, &sender()) {
        Err(PushRefusal::Unreadable { fault, .. }) => fault,
        other => panic!("{other:?}"),
    };
    for (body, words) in [
        (Vec::new(), "no JSON"),
        (b"{\"id\":".to_vec(), "no JSON: line 1, column 6"),
        (b"\xff\xfe".to_vec(), "not UTF-8"),
        (b"7".to_vec(), "neither a post"),
        (b"[]".to_vec(), "nothing in it"),
        (b"{\"posts\":[]}".to_vec(), "nothing in it"),
        (b"{\"posts\":{}}".to_vec(), "`posts` is no list"),
        (b"{\"posts\":[{}],\"id\":\"a\"}".to_vec(), "beside `posts` there is `id`"),
        (format!("[{}{{}}]", "{},".repeat(100)).into_bytes(), "more than 100"),
        (format!("{}{}", "[".repeat(129), "]".repeat(129)).into_bytes(), "128 levels"),
        (vec![b' '; BODY_BYTES_MAX + 1], "64 KiB"),
    ] {
        assert!(refused(&body).contains(words), "{words}: {}", refused(&body));
    }
    assert_eq!(items(&format!("[{}{{}}]", "{},".repeat(99))).len(), 100);
}

#[test]
fn versions_are_ordered_as_their_sender_numbers_or_dates_them() {
    let revision = |field: &str| {
        post(&format!(r#"{{"id":"a","text":"b","created_at":"2026-11-29T08:00:00Z"{field}}}"#)).1.revision
    };
    assert_eq!(revision(""), "");
    assert!(revision(",\"revision\":9") < revision(",\"revision\":10"));
    assert!(
        revision(",\"updated_at\":\"2026-11-29T08:00:00Z\"")
            < revision(",\"updated_at\":\"2026-11-29T10:00:00+01:00\"")
    );
    assert_eq!(revision(",\"revision\":\"r7\",\"updated_at\":\"2026-11-29T08:00:00Z\""), "r7");
}

fn event(kind: &str, more: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"e1","source":"https://ville.example/voirie","type":"example.ville.{kind}","time":"2026-11-29T08:00:00Z"{more}}}"#
    )
}

#[test]
fn cloud_events_carry_posts_and_take_them_back() {
    let data = r#","data":{"id":"a","text":"b"},"traceparent":"x""#;
    let (item, made) = post(&event("notice.created", data));
    let native = "nantes:voirie https://ville.example/voirie a";
    assert_eq!((item.id.as_deref(), item.native_id.unwrap().as_str()), (Some("a"), native));
    assert!(!made.edited && made.created_at == Some(at("2026-11-29T08:00:00Z")));
    assert_eq!(
        made.revision,
        format!("{:020}", at("2026-11-29T08:00:00Z").as_micros()),
        "the same event is one version"
    );
    let dated = r#","data":{"id":"a","text":"b","created_at":"2026-11-28T08:00:00Z"}"#;
    let (_, changed) = post(&event("notice.updated", dated));
    assert!(changed.edited && changed.created_at == Some(at("2026-11-28T08:00:00Z")));
    for gone in [event("notice.deleted", r#","subject":"a""#), event("notice.deleted", r#","data":{"id":"a"}"#)] {
        assert!(matches!(&items(&gone)[0].event, Event::Delete { native_id } if native_id.as_str() == native));
    }
    let batch = format!("[{},{}]", event("notice.created", data), event("notice.deleted", r#","subject":"c""#));
    assert_eq!(items(&batch).len(), 2);
    for (body, words) in [
        (event("notice.moved", data), "`type` does not end in"),
        (event("notice.updated", data), "in `data`: `created_at` is missing"),
        (event("notice.created", r#","data":{"id":"a","txt":"b"}"#), "in `data`: `txt` is no field"),
        (event("notice.created", r#","data":[]"#), "`data` is no object"),
        (event("notice.created", r#","data_base64":"e30=""#), "`data_base64` is not read"),
        (event("notice.deleted", ""), "in `data`: `id` is missing"),
        (event("notice.created", data).replace("1.0", "0.3"), "`specversion`"),
        (event("notice.created", data).replace("https://ville.example/voirie", ""), "`source` is missing"),
        (event("notice.created", data).replace("https://ville", "https:// ville"), "`source` is no address"),
        (event("notice.created", data).replace("\"e1\"", "5"), "`id` is no text"),
    ] {
        let told = fault(&body);
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn h5_no_sender_can_name_what_is_anothers() {
    let of = |author: &str, body: &str| {
        let sender = Sender { author: AuthorId::new(author), name: String::new() };
        decode(body.as_bytes(), &sender).unwrap()[0].native_id.clone().unwrap()
    };
    let (plain, event) = (r#"{"id":"x a","deleted":true}"#, event("x.deleted", r#","subject":"a""#));
    assert_ne!(of("nantes:voirie", plain), of("nantes:piscines", plain));
    assert_ne!(of("nantes:voirie", plain), of("nantes:voirie", &event));
    assert!(of("nantes:voirie", plain).as_str().starts_with("nantes:voirie "), "and no account has a space in it");
}
