use proptest::prelude::*;

use super::*;
use crate::domain::{AuthorId, LocationOrigin, RawFacet, RawPlace};

const NOW: Timestamp = Timestamp::from_micros(1_783_175_882_000_000);

fn raw(text: &str) -> RawPost {
    let id = NativeId::new("at://did:plc:ada/app.bsky.feed.post/3l");
    let bare = RawPost::bare(AuthorId::new("did:plc:ada"), id, text, NOW);
    RawPost { languages: vec!["fr".into()], revision: "3l".into(), ..bare }
}

const ID: PostId = PostId::from_u64(7);

fn normalized(raw: RawPost) -> Result<Post, RefuseReason> {
    normalize(Box::new(raw), Network::Bluesky, None, NOW).map(|draft| draft.complete(ID))
}

fn raw_facet(start: i64, end: i64, kind: FacetKind, value: &str) -> RawFacet {
    RawFacet { start, end, kind, value: value.to_owned() }
}

fn keys(post: &Post) -> Vec<&str> {
    post.tags.iter().map(|tag| tag.key.as_str()).collect()
}

#[test]
fn l01_only_public_posts_are_taken() {
    let restricted = RawPost { visibility: Visibility::Restricted, ..raw("Bonjour") };
    assert_eq!(normalized(restricted), Err(RefuseReason::NotPublic));
    assert!(normalized(raw("Bonjour")).is_ok());
}

#[test]
fn a_post_without_a_sound_identity_is_refused() {
    for id in ["", "a\nb", &"x".repeat(1_025)] {
        let post = RawPost { native_id: NativeId::new(id), ..raw("Bonjour") };
        assert_eq!(normalized(post), Err(RefuseReason::BadId), "{id:?}");
        let post = RawPost { author: AuthorId::new(id), ..raw("Bonjour") };
        assert_eq!(normalized(post), Err(RefuseReason::BadId), "{id:?}");
    }
    let reply = |parent: &str, root: &str| Some(Reply { parent: NativeId::new(parent), root: NativeId::new(root) });
    let half = normalized(RawPost { reply: reply("", "at://root"), ..raw("Bonjour") });
    assert_eq!(half.map(|post| post.reply), Ok(reply("at://root", "at://root")));
    assert_eq!(normalized(RawPost { reply: reply("", ""), ..raw("Bonjour") }), Err(RefuseReason::BadId));
}

#[test]
fn d7_dates_are_checked_against_the_time_of_arrival() {
    let at = |seconds| normalized(RawPost { created_at: Some(NOW.plus_seconds(seconds)), ..raw("Bonjour") });
    let created = |seconds| at(seconds).map(|post| post.created_at.seconds_since(NOW));
    assert_eq!(normalized(RawPost { created_at: None, ..raw("Bonjour") }), Err(RefuseReason::BadDate));
    assert_eq!(created(-48 * 3_600), Ok(-48 * 3_600));
    assert_eq!(created(-48 * 3_600 - 1), Err(RefuseReason::TooOld));
    assert_eq!(created(300), Ok(300));
    assert_eq!(created(301), Ok(0), "clamped");
    assert_eq!(created(24 * 3_600), Ok(0));
    assert_eq!(created(24 * 3_600 + 1), Err(RefuseReason::FromTheFuture));
    assert_eq!(created(10 * 365 * 86_400), Err(RefuseReason::FromTheFuture));
    let is_flagged = |seconds| at(seconds).map(|post| post.date_corrected);
    assert_eq!((is_flagged(300), is_flagged(301)), (Ok(false), Ok(true)));
}

#[test]
fn d7_a_date_is_refused_only_where_the_networks_clock_refuses_it_too() {
    let check = |created: i64, sent: i64| {
        let raw = RawPost { created_at: Some(NOW.plus_seconds(created)), ..raw("Bonjour") };
        let draft = normalize(Box::new(raw), Network::Bluesky, Some(NOW.plus_seconds(sent)), NOW);
        draft.map(|draft| draft.complete(ID).created_at.seconds_since(NOW))
    };
    let days = 86_400;
    // Our clock is three days ahead, or behind.
    assert_eq!(check(-3 * days, -3 * days), Ok(-3 * days));
    assert_eq!(check(3 * days, 3 * days), Ok(0), "set to the moment of arrival");
    assert_eq!(check(-6 * days, -3 * days), Err(RefuseReason::TooOld));
    assert_eq!(check(5 * days, 3 * days), Err(RefuseReason::FromTheFuture));
    // The network's clock is.
    assert_eq!((check(0, 3 * days), check(0, -3 * days)), (Ok(0), Ok(0)));
}

#[test]
fn a_held_post_is_not_refused_for_its_age() {
    let old = RawPost { created_at: Some(NOW.plus_seconds(-90 * 86_400)), edited: true, ..raw("Bonjour") };
    let post = normalize_held(Box::new(old), Network::Bluesky, None, NOW).map(|draft| draft.complete(ID));
    assert_eq!(post.map(|post| post.edited_at), Ok(Some(NOW)));
}

#[test]
fn nothing_to_show_is_refused() {
    assert_eq!(normalized(raw("\u{200b} \n\u{202e}")), Err(RefuseReason::Empty));
    let image = Media { kind: MediaKind::Image, url: None, alt: String::new() };
    let nowhere = Media { kind: MediaKind::Link, url: Some("javascript:x".into()), alt: String::new() };
    assert!(normalized(RawPost { media: vec![image], ..raw("") }).is_ok());
    assert_eq!(normalized(RawPost { media: vec![nowhere], ..raw("") }), Err(RefuseReason::Empty));
}

#[test]
fn unsound_facets_are_dropped_and_the_post_stays() {
    let text = "Été à #Nantes";
    let facets = vec![
        raw_facet(8, 15, FacetKind::Tag, "Nantes"),
        raw_facet(100, 107, FacetKind::Tag, "Dehors"),
        raw_facet(7, 3, FacetKind::Tag, "Inverse"),
        raw_facet(1, 5, FacetKind::Tag, "Coupe"),
        raw_facet(-4, 5, FacetKind::Tag, "Moins"),
        raw_facet(i64::MAX, i64::MIN, FacetKind::Tag, "Loin"),
        raw_facet(0, 5, FacetKind::Link, "javascript:alert(1)"),
        raw_facet(0, 5, FacetKind::Link, "https://nantes.fr@evil.example"),
        raw_facet(8, 10, FacetKind::Mention, "did:plc:overlap"),
    ];
    let post = normalized(RawPost { facets, ..raw(text) }).expect("a sound post");
    assert_eq!(post.facets, [facet(8, 15, FacetKind::Tag, "Nantes")]);
    assert_eq!(keys(&post), ["nantes"]);
}

#[test]
fn facets_are_put_in_order_and_follow_the_cleaning() {
    let text = "\u{feff}Cafe\u{301} #Nantes lien";
    let facets =
        vec![raw_facet(18, 22, FacetKind::Link, "https://nantes.fr"), raw_facet(10, 17, FacetKind::Tag, "Nantes")];
    let post = normalized(RawPost { facets, ..raw(text) }).expect("a sound post");
    let marked: Vec<_> = post.facets.iter().map(|facet| post.text.get(facet.start..facet.end)).collect();
    assert_eq!(marked, [Some("#Nantes"), Some("lien")]);
}

#[test]
fn tags_come_from_facets_and_the_list_or_else_from_the_text() {
    let facets = vec![raw_facet(0, 7, FacetKind::Tag, "Nantes")];
    let post = normalized(RawPost { facets, tags: vec!["#Loire".into(), "NANTES".into()], ..raw("#Nantes #texte") });
    assert_eq!(post.as_ref().map(keys), Ok(vec!["nantes", "loire"]), "the network marks tags, so the text is not read");
    let post = normalized(RawPost { tags: vec!["Loire".into()], ..raw("au bord de l'#Erdre") }).expect("a sound post");
    assert_eq!(keys(&post), ["erdre", "loire"]);
    assert_eq!(post.facets, [facet(13, 19, FacetKind::Tag, "Erdre")]);
    let broken = vec![raw_facet(90, 97, FacetKind::Tag, "Nantes")];
    let post = normalized(RawPost { facets: broken, ..raw("Bonjour #Nantes") });
    assert_eq!(post.as_ref().map(keys), Ok(vec!["nantes"]), "what a reader sees as a tag is one");
}

#[test]
fn places_media_and_labels_are_bounded() {
    let place = |lon_lat| {
        Some(RawPlace { lon_lat, name: Some(format!("Le\nLieu {}", "x".repeat(200))), origin: LocationOrigin::Place })
    };
    let medium = Media { kind: MediaKind::Image, url: Some("ftp://x.example/y".into()), alt: "é".repeat(3_000) };
    let labels =
        (0..250).map(|number| Label { negated: number < 125, ..Label::plain(format!("label{number}")) }).collect();
    let post = RawPost { place: place(Some((-1.55, 47.21))), media: vec![medium; 9], labels, ..raw("Bonjour") };
    let post = normalized(post).expect("a sound post");
    assert!(post.point.is_some());
    assert_eq!(post.place_name.map(|name| name.chars().count()), Some(100));
    assert_eq!((post.media.len(), post.labels.len()), (4, 100));
    assert!(post.labels.iter().all(|label| !label.negated), "what refuses is kept first");
    assert!(post.media.iter().all(|medium| medium.url.is_none() && medium.alt.chars().count() == 2_000));
    assert!(post.labels.iter().all(|label| !label.negated), "negations are the first to go");
    for impossible in [(f64::NAN, 1.0), (0.0, 0.0), (500.0, 1.0)] {
        let post = normalized(RawPost { place: place(Some(impossible)), ..raw("Bonjour") }).expect("a sound post");
        assert!(post.point.is_none());
    }
}

#[test]
fn a_profile_is_freed_of_disguises() {
    let profile = AuthorProfile {
        name: Some("Ada\u{202e}\n L.".into()),
        handle: Some(" \u{200b}".into()),
        ..AuthorProfile::assumed(AuthorId::new("did:plc:ada"), Network::Bluesky)
    };
    let clean = clean_profile(profile);
    assert_eq!((clean.name.as_deref(), clean.handle), (Some("Ada L."), None));
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a#＃é\u{301}\u{200b}\u{202e}\n \u{0}/:@.🚒&_1]{0,60}",
        Just("é#a ".repeat(4_000)),
        Just("\u{301}".repeat(20_000)),
    ]
}

fn any_facet() -> impl Strategy<Value = RawFacet> {
    let kind = prop_oneof![Just(FacetKind::Tag), Just(FacetKind::Mention), Just(FacetKind::Link)];
    let offset = || prop_oneof![4 => -2_i64..70, 1 => any::<i64>()];
    (offset(), offset(), kind, prop_oneof![any_text(), Just("https://nantes.fr".to_owned())])
        .prop_map(|(start, end, kind, value)| RawFacet { start, end, kind, value })
}

fn any_raw() -> impl Strategy<Value = RawPost> {
    let words = || proptest::collection::vec(any_text(), 0..6);
    let identity = || prop_oneof![4 => Just("id".to_owned()), 1 => any_text()];
    let medium = any_text().prop_map(|text| Media { kind: MediaKind::Link, url: Some(text.clone()), alt: text });
    let seconds = prop_oneof![4 => -300_000_i64..300_000, 1 => any::<i64>()];
    (
        (identity(), identity(), any_text(), proptest::collection::vec(any_facet(), 0..80)),
        (words(), proptest::option::of(seconds), words(), proptest::collection::vec(medium, 0..6)),
        (proptest::option::of((identity(), identity())), proptest::option::of(any::<(f64, f64)>()), any::<bool>()),
    )
        .prop_map(|((id, author, text, facets), (languages, seconds, tags, media), (reply, lon_lat, edited))| {
            RawPost {
                native_id: NativeId::new(id),
                author: AuthorId::new(author),
                url: Some(text.clone()),
                facets,
                languages,
                created_at: seconds.map(|seconds| NOW.plus_seconds(seconds)),
                edited,
                revision: text.clone(),
                media,
                reply: reply.map(|(parent, root)| Reply { parent: NativeId::new(parent), root: NativeId::new(root) }),
                place: Some(RawPlace { lon_lat, name: Some(text.clone()), origin: LocationOrigin::Geotag }),
                labels: tags.iter().map(|tag| Label::plain(tag.clone())).collect(),
                tags,
                ..raw(&text)
            }
        })
}

proptest! {
    /// H1: nothing that comes in panics, and what comes out is sound and bounded in every field.
    #[test]
    fn h1_whatever_comes_in_what_comes_out_is_sound(raw in any_raw()) {
        let Ok(post) = normalized(raw) else { return Ok(()) };
        prop_assert!(post.text.chars().count() <= TEXT_CHARS_MAX);
        prop_assert!(unicode_normalization::is_nfc(&post.text));
        prop_assert!(!post.text.is_empty() || !post.media.is_empty());
        prop_assert!(post.facets.len() <= 64 && post.tags.len() <= 32 && post.media.len() <= 4);
        prop_assert!(post.languages.len() <= 3 && post.labels.len() <= Label::COUNT_MAX);
        let mut end = 0;
        for facet in &post.facets {
            prop_assert!(end <= facet.start && facet.start < facet.end, "in order and apart");
            prop_assert!(post.text.get(facet.start..facet.end).is_some(), "inside, on borders");
            prop_assert!(facet.kind != FacetKind::Link || facet.value.starts_with("http"));
            end = facet.end;
        }
        for tag in &post.tags {
            prop_assert!(!tag.key.is_empty() && tag.display.len() <= 640);
        }
        prop_assert!(post.created_at <= NOW.plus_seconds(300));
        prop_assert!(NOW <= post.created_at.plus_seconds(48 * 3_600));
    }

    /// A post that was normalized once passes again unchanged: what is stored can be decided on again.
    #[test]
    fn normalizing_twice_changes_nothing_more(raw in any_raw()) {
        let Ok(post) = normalized(raw.clone()) else { return Ok(()) };
        let again = RawPost {
            text: post.text.clone(),
            facets: post.facets.iter().map(|facet| raw_facet(
                i64::try_from(facet.start).unwrap(), i64::try_from(facet.end).unwrap(), facet.kind, &facet.value,
            )).collect(),
            tags: post.tags.iter().map(|tag| tag.display.clone()).collect(),
            languages: post.languages.clone(),
            media: post.media.clone(),
            ..raw
        };
        let again = normalized(again).expect("still sound");
        prop_assert_eq!(&again.text, &post.text);
        // Where the range of the only tag lay under another one, the tag counts and its range is gone: the text is then
        // read for tags, as that of a post whose network marks none.
        if post.tags.is_empty() || post.facets.iter().any(|facet| facet.kind == FacetKind::Tag) {
            prop_assert_eq!(&again.facets, &post.facets);
        }
        prop_assert_eq!(&again.media, &post.media);
    }
}
