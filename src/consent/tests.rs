use std::sync::Arc;

use super::*;
use crate::domain::{
    AuthorId, City, CityId, ExactPoint, Lane, ListedAs, LocationOrigin, Look, NativeId, Network, PostId, Reason,
    Recipe, Schedule, Weight, ZoneHit,
};

const NOW: Timestamp = Timestamp::from_micros(1_783_175_882_000_000);
const POLICIES: [Policy; 2] = [Policy::Standard, Policy::Strict];

fn author(network: Network) -> AuthorProfile {
    AuthorProfile::assumed(AuthorId::new("did:plc:ada"), network)
}

/// Somebody on Mastodon who switched everything on.
fn opted_in() -> AuthorProfile {
    AuthorProfile { discoverable: Some(true), indexable: Some(true), ..author(Network::Mastodon) }
}

fn post() -> Post {
    let point = ExactPoint::new(-1.553_621, 47.218_371);
    Post {
        id: PostId::from_u64(1),
        network: Network::Bluesky,
        native_id: NativeId::new("at://did:plc:ada/app.bsky.feed.post/1"),
        author: AuthorId::new("did:plc:ada"),
        url: None,
        text: "Un soir de Loire #nantes".into(),
        facets: Vec::new(),
        languages: vec!["fr".into()],
        created_at: NOW,
        edited_at: None,
        date_corrected: false,
        revision: String::new(),
        tags: Vec::new(),
        media: Vec::new(),
        reply: None,
        point: point.map(|point| (point, LocationOrigin::Geotag)),
        place_name: None,
        schedule: Schedule::default(),
        labels: Vec::new(),
        automated: false,
        copy_of: None,
        addressed: Vec::new(),
        unlisted: false,
    }
}

fn matched(rule: Rule) -> Match {
    let city = City {
        id: CityId::new("nantes"),
        name: "Nantes".into(),
        country: Some("FR".into()),
        timezone: "Europe/Paris".into(),
        languages: vec!["fr".into()],
        boundary: None,
        zones: Vec::new(),
        around: None,
        recipe: Recipe::default(),
        recipe_hash: "0123456789abcdef".into(),
        officials: Vec::new(),
        feeds: Vec::new(),
        mastodon: Vec::new(),
        pushes: Vec::new(),
        datasets: Vec::new(),
        participation: None,
        office_hours: Default::default(),
        approve_notices: false,
        on_duty: Default::default(),
        look: Look { accent: "#123456".into(), accent_dark: "#abcdef".into() },
        attribution: Vec::new(),
    };
    Match {
        city: Arc::new(city),
        reasons: vec![Reason { rule, value: "nantes".into() }],
        ambiguous: rule == Rule::Ambiguous,
        zone: Some(ZoneHit { name: "Centre-ville".into(), from_text: false }),
        located: true,
        assembly: false,
        lane: Lane::People,
        thread: None,
        listed: None,
    }
}

fn listed() -> Match {
    let listed = ListedAs { name: "Ville".into(), body: Some("Ville de Nantes".into()), lane: None };
    Match { listed: Some(listed), ..matched(Rule::Account) }
}

/// What becomes of an ordinary post by this author, matched by a hashtag.
fn tier(policy: Policy, author: &AuthorProfile) -> Result<Option<Tier>, RefuseReason> {
    tier_of(policy, author, &matched(Rule::Hashtag))
}

fn tier_of(policy: Policy, author: &AuthorProfile, matched: &Match) -> Result<Option<Tier>, RefuseReason> {
    decide(policy, &post(), author, matched, false, NOW).map(|placement| placement.tier)
}

/// Refused under both policies, whoever invites or lists them, and by the author's judgement alone.
fn assert_absolute(author: &AuthorProfile, reason: RefuseReason) {
    for policy in POLICIES {
        assert_eq!(judge_author(policy, author, false, NOW), Err(reason));
        for matched in [matched(Rule::Hashtag), matched(Rule::Invite), matched(Rule::Ambiguous), listed()] {
            assert_eq!(tier_of(policy, author, &matched), Err(reason), "{policy:?}");
        }
    }
}

/// What a post without an invitation meets.
fn judge_author(policy: Policy, author: &AuthorProfile, left: bool, now: Timestamp) -> Result<(), RefuseReason> {
    judge_absolute(policy, author, left, now)?;
    judge_opt_in(policy, author)
}

#[test]
fn l02_noindex_and_not_discoverable_refuse_on_every_network() {
    for network in Network::ALL {
        let flags = AuthorProfile { discoverable: Some(true), indexable: Some(true), ..author(network) };
        assert_absolute(&AuthorProfile { noindex: Some(true), ..flags.clone() }, RefuseReason::NoIndex);
        assert_absolute(&AuthorProfile { discoverable: Some(false), ..flags }, RefuseReason::NotDiscoverable);
    }
}

#[test]
fn l02_missing_flags_are_the_networks_default_in_standard() {
    for network in Network::ALL {
        assert_eq!(tier(Policy::Standard, &author(network)), Ok(Some(Tier::Public)), "{network:?}");
    }
    let off = AuthorProfile { noindex: Some(false), ..opted_in() };
    assert_eq!(tier(Policy::Standard, &off), Ok(Some(Tier::Public)));
}

#[test]
fn l02_missing_flags_refuse_in_strict_where_a_network_has_them() {
    let strict = |author: &AuthorProfile| tier(Policy::Strict, author);
    assert_eq!(strict(&opted_in()), Ok(Some(Tier::Public)));
    let refused = Err(RefuseReason::NotOptedIn);
    assert_eq!(strict(&author(Network::Mastodon)), refused);
    assert_eq!(strict(&AuthorProfile { discoverable: None, ..opted_in() }), refused);
    assert_eq!(strict(&AuthorProfile { indexable: None, ..opted_in() }), refused);
    assert_eq!(strict(&AuthorProfile { indexable: Some(false), ..opted_in() }), refused);
    assert_eq!(judge_author(Policy::Strict, &author(Network::Mastodon), false, NOW), Err(RefuseReason::NotOptedIn));
    // There is no flag to ask for, so strict admits as standard does.
    assert_eq!(strict(&author(Network::Bluesky)), Ok(Some(Tier::Public)));
}

#[test]
fn l02_not_indexable_is_quiet_where_it_is_a_search_flag() {
    let quiet = AuthorProfile { indexable: Some(false), ..opted_in() };
    assert_eq!(tier(Policy::Standard, &quiet), Ok(Some(Tier::Quiet)));
    let elsewhere = AuthorProfile { network: Network::Bluesky, ..quiet };
    assert_eq!(tier(Policy::Standard, &elsewhere), Ok(Some(Tier::Public)));
}

#[test]
fn l03_each_tier_has_its_reason() {
    let by = |author: &AuthorProfile, matched: &Match| tier_of(Policy::Standard, author, matched);
    let ada = author(Network::Bluesky);
    assert_eq!(by(&ada, &listed()), Ok(Some(Tier::Invited)));
    assert_eq!(by(&ada, &matched(Rule::Invite)), Ok(Some(Tier::Invited)));
    for rule in [Rule::Hashtag, Rule::Word, Rule::AllOf, Rule::Geotag, Rule::Thread, Rule::Around] {
        assert_eq!(by(&ada, &matched(rule)), Ok(Some(Tier::Public)), "{rule:?}");
    }
    assert_eq!(by(&ada, &matched(Rule::Ambiguous)), Ok(None), "queued");
}

#[test]
fn l03_an_invitation_overrides_flags_left_at_their_default() {
    let by_default = AuthorProfile { indexable: Some(false), ..author(Network::Mastodon) };
    for policy in POLICIES {
        for matched in [matched(Rule::Invite), listed()] {
            assert_eq!(tier_of(policy, &by_default, &matched), Ok(Some(Tier::Invited)), "{policy:?}");
        }
    }
}

#[test]
fn l04_marks_in_the_bio_refuse() {
    let marked = AuthorProfile { bio: "<p>#<span>NoBot</span></p>".into(), ..opted_in() };
    assert_absolute(&marked, RefuseReason::NoBot);
    let botanist = AuthorProfile { bio: "#nobotany".into(), ..opted_in() };
    assert_eq!(tier(Policy::Standard, &botanist), Ok(Some(Tier::Public)));
}

#[test]
fn l05_a_locked_account_refuses_in_strict_only() {
    let locked = AuthorProfile { locked: true, ..opted_in() };
    assert_eq!(tier(Policy::Standard, &locked), Ok(Some(Tier::Public)));
    assert_eq!(tier(Policy::Strict, &locked), Err(RefuseReason::NotOptedIn));
    assert_eq!(tier_of(Policy::Strict, &locked, &matched(Rule::Invite)), Err(RefuseReason::NotOptedIn));
}

#[test]
fn l09_no_unauthenticated_is_refused() {
    let asked = AuthorProfile { labels: vec![Label::plain("!no-unauthenticated")], ..opted_in() };
    assert_absolute(&asked, RefuseReason::NoUnauthenticated);
    let on_post = Post { labels: vec![Label::plain("!no-unauthenticated")], ..post() };
    let decided = decide(Policy::Standard, &on_post, &opted_in(), &matched(Rule::Invite), false, NOW);
    assert_eq!(decided, Err(RefuseReason::NoUnauthenticated));
}

#[test]
fn l10_adult_and_hidden_labels_are_refused_on_author_and_post() {
    for value in ["!hide", "!warn", "porn", "sexual", "nudity", "graphic-media"] {
        let labels = vec![Label::plain("bot"), Label::plain(value)];
        assert_absolute(&AuthorProfile { labels: labels.clone(), ..opted_in() }, RefuseReason::Labelled);
        for matched in [matched(Rule::Hashtag), matched(Rule::Invite), listed()] {
            let decided =
                decide(Policy::Standard, &Post { labels: labels.clone(), ..post() }, &opted_in(), &matched, false, NOW);
            assert_eq!(decided, Err(RefuseReason::Labelled), "{value}");
        }
    }
    for harmless in ["bot", "spoiler", "Porn"] {
        let labelled = AuthorProfile { labels: vec![Label::plain(harmless)], ..opted_in() };
        assert_eq!(tier(Policy::Standard, &labelled), Ok(Some(Tier::Public)), "{harmless}");
    }
}

#[test]
fn l10_negated_and_expired_labels_are_not_in_force() {
    let negation = Label { negated: true, ..Label::plain("porn") };
    let expired = Label { expires_at: Some(NOW), ..Label::plain("!hide") };
    let running = Label { expires_at: Some(NOW.plus_seconds(1)), ..Label::plain("!hide") };
    let with = |labels: Vec<Label>| {
        let post = Post { labels: labels.clone(), ..post() };
        let of_author = tier(Policy::Standard, &AuthorProfile { labels, ..opted_in() });
        let of_post = decide(Policy::Standard, &post, &opted_in(), &matched(Rule::Hashtag), false, NOW);
        assert_eq!(of_author.is_ok(), of_post.is_ok());
        of_author
    };
    assert_eq!(with(vec![Label::plain("porn"), negation]), Ok(Some(Tier::Public)));
    assert_eq!(with(vec![expired]), Ok(Some(Tier::Public)));
    assert_eq!(with(vec![running]), Err(RefuseReason::Labelled));
}

#[test]
fn l11_an_inactive_account_is_refused_until_it_comes_back() {
    for status in [AccountStatus::Hidden, AccountStatus::Deleted] {
        assert_absolute(&AuthorProfile { status, ..opted_in() }, RefuseReason::AuthorInactive);
    }
    assert_eq!(judge_author(Policy::Standard, &opted_in(), false, NOW), Ok(()));
}

#[test]
fn l04_l09_l10_an_objection_in_brief_is_judged_as_the_whole_profile() {
    let expired = Label { expires_at: Some(NOW.plus_seconds(-1)), ..Label::plain("porn") };
    let taken_back = [Label::plain("!warn"), Label { negated: true, ..Label::plain("!warn") }].to_vec();
    let with = |bio: &str, labels| AuthorProfile {
        bio: bio.into(),
        labels,
        name: Some("Ada".into()),
        handle: Some("ada.example".into()),
        ..author(Network::Bluesky)
    };
    for profile in [
        with("Je lis.", vec![Label::plain("bot")]),
        with(&format!("{}#<b>NoBot</b>", "x".repeat(9_000)), vec![]),
        with("", [vec![Label::plain("spam"); 19], vec![Label::plain(SIGNED_IN_ONLY)]].concat()),
        with("", vec![expired]),
        with("", taken_back),
        with("", vec![Label::plain("nudity")]),
    ] {
        let brief = in_brief(profile.clone());
        assert_eq!(
            judge_absolute(Policy::Standard, &brief, false, NOW),
            judge_absolute(Policy::Standard, &profile, false, NOW)
        );
        assert!(brief.weight() < 1_000, "{brief:?}");
        assert_eq!((&brief.name, &brief.handle), (&None, &None));
    }
}

#[test]
fn l24_who_left_stays_out() {
    for policy in POLICIES {
        assert_eq!(judge_author(policy, &opted_in(), true, NOW), Err(RefuseReason::AuthorLeft));
        for matched in [matched(Rule::Invite), listed()] {
            let decided = decide(policy, &post(), &opted_in(), &matched, true, NOW);
            assert_eq!(decided, Err(RefuseReason::AuthorLeft));
        }
    }
}

#[test]
fn l29_a_placement_holds_the_cell_and_not_the_point() {
    let placement = decide(Policy::Standard, &post(), &opted_in(), &matched(Rule::Geotag), false, NOW);
    let location = placement.expect("shown").location.expect("in the city");
    assert_eq!(location.precision_m, 1_000);
    assert!(location.lon != -1.553_621 && location.lat != 47.218_371);
    let elsewhere = Match { located: false, ..matched(Rule::Hashtag) };
    let placement = decide(Policy::Standard, &post(), &opted_in(), &elsewhere, false, NOW);
    assert_eq!(placement.map(|placement| placement.location), Ok(None));
}

#[test]
fn l42_an_assembly_is_on_no_map() {
    let assembly = Match { assembly: true, ..matched(Rule::Hashtag) };
    let placement = decide(Policy::Standard, &post(), &opted_in(), &assembly, false, NOW).expect("an ordinary post");
    assert_eq!((placement.location, placement.zone, placement.zone_from_text), (None, None, false));
}

#[test]
fn feature6_a_placement_says_why_and_by_which_recipe() {
    let placement = decide(Policy::Standard, &post(), &opted_in(), &listed(), false, NOW).expect("shown");
    assert_eq!(placement.recipe, "0123456789abcdef");
    assert_eq!(placement.official.as_deref(), Some("Ville de Nantes"));
    assert_eq!(placement.reasons, listed().reasons);
    assert_eq!(placement.zone.as_deref(), Some("Centre-ville"));
}

#[test]
fn l15_what_nostr_says_of_a_post_and_of_its_author_is_honoured() {
    let nostr = author(Network::Nostr);
    let base = Post { network: Network::Nostr, ..post() };
    let ends = |seconds: i64| Schedule { ends_at: Some(NOW.plus_seconds(seconds)), ..Schedule::default() };
    let labelled = |label: &str| Post { labels: vec![Label::plain(label)], ..base.clone() };
    for matched in [matched(Rule::Hashtag), matched(Rule::Geotag), matched(Rule::Invite), listed()] {
        let decided =
            |post: &Post, author: &AuthorProfile| decide(Policy::Standard, post, author, &matched, false, NOW);
        let over = Post { schedule: ends(0), ..base.clone() };
        assert_eq!(decided(&over, &nostr), Err(RefuseReason::Expired), "NIP-40, in whatever lane");
        let placed = decided(&Post { schedule: ends(60), ..base.clone() }, &nostr).unwrap();
        assert_eq!(placed.expires_at, Some(NOW.plus_seconds(60)));
        assert_eq!(decided(&labelled("nudity"), &nostr), Err(RefuseReason::Labelled), "NIP-36 for what is never shown");
        assert!(decided(&labelled("content-warning"), &nostr).is_ok(), "NIP-36: shown behind a fold");
        let hidden = AuthorProfile { labels: vec![Label::plain("!no-unauthenticated")], ..nostr.clone() };
        assert_eq!(decided(&base, &hidden), Err(RefuseReason::NoUnauthenticated), "NIP-32");
        let gone = AuthorProfile { status: AccountStatus::Deleted, ..nostr.clone() };
        assert_eq!(decided(&base, &gone), Err(RefuseReason::AuthorInactive), "NIP-62");
    }
    for rule in [Rule::Hashtag, Rule::Geotag] {
        let placed = decide(Policy::Standard, &base, &nostr, &matched(rule), false, NOW).unwrap();
        assert_eq!(placed.tier, Some(Tier::Public), "a tag and a place are alike");
    }
}

/// What the desk may keep of a post like this, on a network and under a policy.
fn kept(policy: Policy, post: &Post, author: &AuthorProfile, left: bool) -> Result<MentionForm, RefuseReason> {
    hear(policy, post, author, left, NOW).map(|(form, _)| form)
}

#[test]
fn l40_what_a_desk_hears_of_each_network_and_signal() {
    use MentionForm::{Pointer, Words};
    let signed_in = vec![Label::plain("!no-unauthenticated")];
    let adult = vec![Label::plain("porn")];
    for network in Network::ALL {
        let known = AuthorProfile { discoverable: Some(true), indexable: Some(true), ..author(network) };
        let quiet = AuthorProfile { indexable: Some(false), ..known.clone() };
        let shy = AuthorProfile { labels: signed_in.clone(), ..known.clone() };
        let says = Post { network, ..post() };
        let unlisted = Post { unlisted: true, ..says.clone() };
        let on_post = Post { labels: signed_in.clone(), ..says.clone() };
        for (post, author, expected) in [
            (&says, &known, Ok(Words)),
            (&says, &quiet, Ok(Words)),
            (&unlisted, &known, Ok(Pointer)),
            (&says, &shy, Ok(Pointer)),
            (&unlisted, &shy, Ok(Pointer)),
            (&on_post, &known, Ok(Pointer)),
            (&Post { labels: adult.clone(), ..says.clone() }, &known, Err(RefuseReason::Labelled)),
            (&Post { labels: [&signed_in[..], &adult].concat(), ..says.clone() }, &known, Err(RefuseReason::Labelled)),
            (&unlisted, &AuthorProfile { labels: adult.clone(), ..known.clone() }, Err(RefuseReason::Labelled)),
        ] {
            assert_eq!(kept(Policy::Standard, post, author, false), expected, "{network:?} {post:?} {author:?}");
        }
        // An absolute refusal stays one, whatever else is said beside it.
        for base in [&known, &shy] {
            for (refused, reason) in [
                (AuthorProfile { noindex: Some(true), ..base.clone() }, RefuseReason::NoIndex),
                (AuthorProfile { discoverable: Some(false), ..base.clone() }, RefuseReason::NotDiscoverable),
                (AuthorProfile { bio: "#nobot".into(), ..base.clone() }, RefuseReason::NoBot),
                (AuthorProfile { status: AccountStatus::Deleted, ..base.clone() }, RefuseReason::AuthorInactive),
                (AuthorProfile { status: AccountStatus::Hidden, ..base.clone() }, RefuseReason::AuthorInactive),
            ] {
                for (policy, post) in POLICIES.into_iter().flat_map(|policy| [(policy, &says), (policy, &unlisted)]) {
                    assert_eq!(kept(policy, post, &refused, false), Err(reason), "{network:?} {policy:?}");
                }
            }
            assert_eq!(kept(Policy::Standard, &says, base, true), Err(RefuseReason::AuthorLeft));
        }
        // To address a town hall opts nobody in.
        let bare = kept(Policy::Strict, &says, &author(network), false);
        let expected = if network == Network::Mastodon { Err(RefuseReason::NotOptedIn) } else { Ok(Words) };
        assert_eq!(bare, expected, "{network:?}");
    }
    let ends = Schedule { ends_at: Some(NOW), ..Schedule::default() };
    let over = Post { network: Network::Nostr, schedule: ends, ..post() };
    assert_eq!(kept(Policy::Standard, &over, &author(Network::Nostr), false), Err(RefuseReason::Expired));
}

#[test]
fn l01_an_unlisted_post_is_on_no_page_whoever_is_invited() {
    let unlisted = Post { unlisted: true, ..post() };
    for (policy, matched) in POLICIES.into_iter().zip([matched(Rule::Invite), listed()]) {
        assert_eq!(decide(policy, &unlisted, &opted_in(), &matched, false, NOW), Err(RefuseReason::NotPublic));
    }
}
