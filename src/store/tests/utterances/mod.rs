//! One utterance, one card: what is folded under what, and what becomes of it when something goes.

mod orders;

use super::*;
use crate::domain::utterance::{Bond, UTTERANCE_MAX};
use crate::store::{Operator, Retention, backup, restore};

const WORDS: &str = "Le marché de la Petite-Hollande revient samedi matin";

/// A post of ana's on Bluesky; her bridge's copy of it and her own cross-post, on Mastodon.
fn said(place: &Place, name: &str) -> Draft {
    draft(place, name).text(WORDS)
}

fn on_mastodon(place: &Place, name: &str) -> Draft {
    let id = format!("https://ville.example/users/ana/statuses/{name}");
    on(place, Network::Mastodon, &id, "https://ville.example/users/ana")
        .url(&format!("https://ville.example/@ana/{name}"))
}

fn on(place: &Place, network: Network, id: &str, author: &str) -> Draft {
    let mut draft = said(place, "x");
    draft.post.network = network;
    draft.post.native_id = NativeId::new(id);
    draft.post.id = PostId::derive(&place.store.id_key(), network, &draft.post.native_id);
    draft.post.author = AuthorId::new(author);
    draft.author = AuthorProfile {
        name: Some(author.into()),
        checked_at: Some(NOON),
        ..AuthorProfile::assumed(AuthorId::new(author), network)
    };
    draft
}

fn bridged(place: &Place, name: &str) -> Draft {
    let mut copy = on_mastodon(place, name);
    copy.post.author = AuthorId::new("https://bridge.example/ana");
    copy.author.id = copy.post.author.clone();
    copy.copy_of(native(name).as_str())
}

impl Draft {
    fn url(mut self, url: &str) -> Self {
        self.post.url = Some(url.into());
        self
    }

    fn copy_of(mut self, origin: &str) -> Self {
        self.post.copy_of = Some(origin.into());
        self
    }

    fn official(mut self, body: &str) -> Self {
        for placement in &mut self.placements {
            (placement.official, placement.lane) = (Some(body.into()), Lane::Info);
        }
        self
    }

    fn id(&self) -> PostId {
        self.post.id
    }
}

/// What readers of Nantes are told of a change: `op` with the network, and how many copies its card has.
async fn told(place: &Place, changes: Vec<Change>) -> Vec<String> {
    let committed = place.commit(changes).await;
    let said = committed.refused.iter().map(|(_, reason)| reason.as_str().to_owned()).collect::<Vec<_>>();
    let entries = committed.entries.into_iter().filter(|(city, _)| *city == nantes()).flat_map(|(_, entries)| entries);
    let entry = |entry: FeedEntry| match entry.card {
        Some(card) => format!("{} {}+{}", entry.op.as_str(), card.network.as_str(), card.copies.len()),
        None => entry.op.as_str().to_owned(),
    };
    said.into_iter().chain(entries.map(entry)).collect()
}

/// The page as networks with the networks of their copies, newest first; it is what the log says too.
async fn shown(place: &Place) -> Vec<String> {
    let page = place.page(&nantes()).await;
    let mut replica = std::collections::BTreeMap::new();
    for entry in place.store.entries(&nantes(), Offset(0), 10_000).await.unwrap() {
        match entry.card {
            Some(card) => replica.insert(entry.post, card),
            None => replica.remove(&entry.post),
        };
    }
    assert_eq!(replica.len(), page.len());
    for card in &page {
        assert_eq!(replica.get(&card.id), Some(card));
        assert_eq!(place.store.card(&nantes(), card.id).await.unwrap().as_ref(), Some(card));
    }
    page.iter().map(|card| with_copies(card)).collect()
}

fn with_copies(card: &Card) -> String {
    let copies = card.copies.iter().map(|copy| copy.network.as_str()).collect::<Vec<_>>().join(",");
    format!("{}[{copies}]", card.network.as_str())
}

fn gone(id: &str) -> Change {
    Change::Delete { network: Network::Mastodon, native_id: NativeId::new(id), by: None, at: NOON }
}

#[tokio::test]
async fn d4_a_declared_copy_is_folded_under_its_origin_whichever_comes_first() {
    for batched in [false, true] {
        for order in [[0, 1], [1, 0]] {
            let place = Place::new().await;
            let changes = [said(&place, "a").upsert(), bridged(&place, "a").upsert()];
            let changes: Vec<Change> = order.into_iter().map(|at| changes[at].clone()).collect();
            if batched {
                place.commit(changes).await;
            } else {
                for change in changes {
                    place.commit(vec![change]).await;
                }
            }
            assert_eq!(shown(&place).await, ["bluesky[mastodon]"], "{batched} {order:?}");
            let card = place.page(&nantes()).await.remove(0);
            let copy = &card.copies[0];
            assert_eq!((copy.url.as_str(), copy.bond), ("https://ville.example/@ana/a", Bond::Declared));
            let place = place.reopened().await;
            assert_eq!(shown(&place).await, ["bluesky[mastodon]"]);
            // What comes again is known as one.
            let again = vec![bridged(&place, "a").upsert(), said(&place, "a").upsert()];
            assert!(told(&place, again).await.is_empty());
        }
    }
}

#[tokio::test]
async fn d4_readers_are_told_once_of_what_is_folded() {
    let place = Place::new().await;
    assert_eq!(told(&place, vec![bridged(&place, "a").upsert()]).await, ["post mastodon+0"]);
    assert_eq!(told(&place, vec![said(&place, "a").upsert()]).await, ["remove", "post bluesky+1"]);
    assert_eq!(told(&place, vec![gone("https://ville.example/users/ana/statuses/a")]).await, ["update bluesky+0"]);
    assert_eq!(told(&place, vec![bridged(&place, "a").upsert()]).await, ["deleted"]);
    // Two copies of what we don't hold: the first.
    let other = on(&place, Network::Nostr, &"ab".repeat(32), &"cd".repeat(32)).url("https://njump.example/x");
    let second = bridged(&place, "b");
    let other = other.copy_of(native("b").as_str());
    assert_eq!(told(&place, vec![second.upsert()]).await, ["post mastodon+0"]);
    assert_eq!(told(&place, vec![other.upsert()]).await, ["update mastodon+1"]);
}

#[tokio::test]
async fn d4_nobody_gets_under_another_by_naming_them() {
    let place = Place::new().await;
    let insult = bridged(&place, "a").text("Le maire ment, ne le croyez pas, venez plutôt manifester");
    place.commit(vec![said(&place, "a").official("Ville de Nantes").upsert(), insult.upsert()]).await;
    assert_eq!(shown(&place).await.len(), 2);
    // A citizen's words on an article are not the article.
    let article = |title: &str| {
        let feed = "https://journal.example/rss";
        on(&place, Network::Feed, &format!("{feed} 1"), feed)
            .url("https://journal.example/marche?utm_source=rss")
            .text(title)
    };
    let citizen =
        on_mastodon(&place, "c").text(&format!("{WORDS} et comme toujours personne ne nous a demandé notre avis"));
    place.commit(vec![article(WORDS).upsert(), citizen.copy_of("https://journal.example/marche").upsert()]).await;
    assert_eq!(shown(&place).await.len(), 4);
}

#[tokio::test]
async fn d5_a_bridges_copy_dies_with_its_origin_and_does_not_come_after_it() {
    for (go, reason) in [("delete", "deleted"), ("erase", "erased"), ("purge", "deleted"), ("leave", "author_left")] {
        let place = Place::new().await;
        place.commit(vec![said(&place, "a").upsert(), bridged(&place, "a").upsert()]).await;
        let change = match go {
            "delete" => delete("a"),
            "erase" => Change::Erase { post: place.id("a"), whole: false, at: NOON },
            "purge" => author(profile("ana"), AuthorVerdict::Purge),
            _ => leave("ana"),
        };
        let committed = place.commit(vec![change]).await;
        assert!(committed.forgotten.contains(&bridged(&place, "a").id()), "{go}");
        assert!(shown(&place).await.is_empty(), "{go}");
        assert_eq!(place.store.counts().await.unwrap().posts, 0);
        let again = told(&place, vec![bridged(&place, "a").upsert()]).await;
        assert_eq!(again, [reason], "{go}");
        // Nor does another bridge's.
        let other = on(&place, Network::Nostr, &"ab".repeat(32), "key").copy_of(native("a").as_str());
        assert_eq!(told(&place, vec![other.upsert()]).await, [reason], "{go}");
        place.store.close().await.unwrap();
        assert!(!place.holds_bytes("Petite-Hollande"), "{go}");
    }
}

#[tokio::test]
async fn d5_a_copy_goes_with_an_origin_that_we_never_held() {
    let place = Place::new().await;
    place.commit(vec![bridged(&place, "a").upsert(), bridged(&place, "b").upsert()]).await;
    assert_eq!(told(&place, vec![delete("a")]).await, ["remove"]);
    assert_eq!(told(&place, vec![bridged(&place, "a").upsert()]).await, ["deleted"]);
    let name = place.id("b").as_u64();
    assert_eq!(told(&place, vec![Change::OriginRefused { name, at: NOON }]).await, ["remove"]);
    assert_eq!(told(&place, vec![bridged(&place, "b").upsert()]).await, ["deleted"]);
    // By somebody's word alone nothing goes, where anybody may name anything.
    place.commit(vec![bridged(&place, "c").upsert()]).await;
    let by = Some(AuthorId::new("key"));
    let retract = Change::Delete { network: Network::Bluesky, native_id: native("c"), by, at: NOON };
    assert!(told(&place, vec![retract]).await.is_empty());
}

#[tokio::test]
async fn l24_who_leaves_takes_the_copies_of_what_we_never_held() {
    for purged in [false, true] {
        let place = Place::new().await;
        // More than one utterance may have.
        let many: Vec<Change> = (0..UTTERANCE_MAX + 2).map(|n| bridged(&place, &n.to_string()).upsert()).collect();
        place.commit(many).await;
        assert_eq!(place.page(&nantes()).await.len(), UTTERANCE_MAX + 2);
        let change = if purged { author(profile("ana"), AuthorVerdict::Purge) } else { leave("ana") };
        place.commit(vec![change]).await;
        assert!(shown(&place).await.is_empty(), "{purged}");
        assert_eq!(place.store.counts().await.unwrap().posts, 0);
        let expected: &[&str] = if purged { &["post mastodon+0"] } else { &["author_left"] };
        assert_eq!(told(&place, vec![bridged(&place, "later").upsert()]).await, expected);
    }
}

#[tokio::test]
async fn l14_a_copy_is_hidden_and_expires_with_its_origin() {
    let place = Place::new().await;
    place.commit(vec![said(&place, "a").tier(Some(Tier::Quiet)).upsert(), bridged(&place, "a").upsert()]).await;
    assert_eq!(told(&place, vec![author(profile("ana"), AuthorVerdict::Hide)]).await, ["remove"]);
    assert!(shown(&place).await.is_empty());
    assert_eq!(told(&place, vec![author(profile("ana"), AuthorVerdict::Show)]).await, ["update bluesky+1"]);
    // Quiet for 72 hours, whatever the bridge says of it.
    place.store.retain(after_s(73 * 3_600), Retention::from_days(30)).await.unwrap();
    assert!(shown(&place).await.is_empty());
    assert_eq!(place.store.counts().await.unwrap().posts, 0);
}

#[tokio::test]
async fn d4_a_listed_bodys_same_words_are_one_card_and_a_cross_post_lives_on() {
    let place = Place::new().await;
    let body = "Ville de Nantes";
    place.commit(vec![said(&place, "a").official(body).upsert()]).await;
    let cross = || on_mastodon(&place, "9").official(body);
    assert_eq!(told(&place, vec![cross().upsert()]).await, ["update bluesky+1"]);
    assert_eq!(told(&place, vec![delete("a")]).await, ["remove", "post mastodon+0"]);
    assert_eq!(shown(&place).await, ["mastodon[]"]);
    assert_eq!(told(&place, vec![said(&place, "a").official(body).upsert()]).await, ["deleted"]);
    // It keeps its place when others come and go.
    let position = place.page(&nantes()).await[0].position;
    place.commit(vec![said(&place, "b").official(body).upsert()]).await;
    place.commit(vec![delete("b")]).await;
    assert_eq!(place.page(&nantes()).await[0].position, position);
}

#[tokio::test]
async fn d4_what_is_not_the_same_words_of_one_body_within_a_day_stays_apart() {
    let body = "Ville de Nantes";
    let link = |address: &str| Media { kind: MediaKind::Link, url: Some(address.into()), alt: String::new() };
    type Change = fn(&mut Draft);
    let near: [(&str, Change); 7] = [
        ("another body", |draft| draft.placements[0].official = Some("Métropole".into())),
        ("no body", |draft| draft.placements[0].official = None),
        ("a day later", |draft| draft.post.created_at = after_s(24 * 3_600 + 1)),
        ("another hour", |draft| draft.post.text = draft.post.text.replace("matin", "soir")),
        ("another lane", |draft| draft.placements[0].lane = Lane::Agenda),
        ("an answer", |draft| draft.post.reply = Some(Reply { parent: native("z"), root: native("z") })),
        ("another link", |draft| draft.post.media[0].url = Some("https://nantes.example/piscine".into())),
    ];
    let with = |place: &Place, first: bool| {
        let mut draft = if first { said(place, "a") } else { on_mastodon(place, "9") };
        draft.post.media =
            vec![link(if first { "https://nantes.example/a?utm_medium=x" } else { "http://www.nantes.example/a/" })];
        draft.official(body)
    };
    let place = Place::new().await;
    place.commit(vec![with(&place, true).upsert(), with(&place, false).upsert()]).await;
    assert_eq!(shown(&place).await, ["bluesky[mastodon]"]);
    for (what, change) in near {
        let place = Place::new().await;
        let mut other = with(&place, false);
        change(&mut other);
        place.commit(vec![with(&place, true).upsert(), other.upsert()]).await;
        assert_eq!(shown(&place).await.len(), 2, "{what}");
    }
    // Few words are said twice by chance, and what one account says twice it means twice.
    let place = Place::new().await;
    let short = |draft: Draft| draft.text("Bonne année 2027 !").official(body).upsert();
    place.commit(vec![short(said(&place, "a")), short(on_mastodon(&place, "9"))]).await;
    place.commit(vec![said(&place, "b").official(body).upsert(), said(&place, "c").official(body).upsert()]).await;
    assert_eq!(shown(&place).await.len(), 4);
    place
        .commit(vec![
            on_mastodon(&place, "7").official(body).upsert(),
            on_mastodon(&place, "8").official(body).upsert(),
        ])
        .await;
    assert_eq!(shown(&place).await.len(), 4, "each of the two has its own");
}

#[tokio::test]
async fn d4_an_article_in_three_feeds_is_one_line_of_the_press() {
    let place = Place::new().await;
    let item = |feed: &str, address: &str, title: &str| {
        let mut item = on(&place, Network::Feed, &format!("https://{feed}/rss 1"), &format!("https://{feed}/rss"));
        item.placements[0].lane = Lane::Press;
        item.url(address).text(title)
    };
    place
        .commit(vec![
            item("a.example", "https://journal.example/pont?utm_source=a", "Le pont ferme").upsert(),
            item("b.example", "http://www.journal.example/pont/", "Le pont ferme.").upsert(),
            item("c.example", "https://journal.example/pont#suite", "LE PONT FERME").upsert(),
        ])
        .await;
    assert_eq!(shown(&place).await, ["feed[]"], "there is nowhere else to read it");
    place
        .commit(vec![
            item("d.example", "https://journal.example/pont", "Le pont rouvre").upsert(),
            item("e.example", "https://journal.example/quai", "Le pont ferme").upsert(),
            item("f.example", "https://journal.example/", "Météo").upsert(),
            item("g.example", "https://journal.example/", "Météo").upsert(),
        ])
        .await;
    assert_eq!(shown(&place).await.len(), 5);
    let volumes = place.store.volumes(&nantes()).await.unwrap();
    assert_eq!(volumes.iter().map(|volume| volume.posts).sum::<usize>(), 7, "what a card stands for was brought too");
    assert_eq!(place.store.recent_times(&nantes(), NOON, 100).await.unwrap().len(), 5, "and was said once");
}

/// An event on a list of a site, which names its hall.
fn event(place: &Place, network: Network, list: &str, title: &str) -> Draft {
    let mut event = on(place, network, &format!("{list} {title}"), list).url(&format!("https://{list}.example/e/1"));
    event.post.text = format!("{title}\nOn vient comme on est.");
    event.post.schedule.starts_at = Some(NOON.plus_seconds(86_400));
    event.post.place_name = Some("Salle Cosmopolis".into());
    for placement in &mut event.placements {
        placement.lane = Lane::Agenda;
    }
    event
}

#[tokio::test]
async fn feature_24_the_same_event_on_two_lists_is_one_entry_and_a_person_speaks_for_themselves() {
    let title = "Veillée des contes de la Loire";
    let place = Place::new().await;
    let other = || event(&place, Network::Feed, "ville", "VEILLÉE : contes de la Loire");
    place.commit(vec![event(&place, Network::OpenData, "agenda", title).upsert()]).await;
    place.commit(vec![other().upsert()]).await;
    assert_eq!(shown(&place).await, ["opendata[feed]"]);
    // One list knows first that it is off.
    let mut off = other();
    (off.post.schedule.cancelled, off.post.revision) = (true, "9".into());
    place.commit(vec![off.upsert()]).await;
    assert_eq!(shown(&place).await.len(), 2);
    for (network, list, title) in
        [(Network::Feed, "ville", "Veillée des contes de la Loire pour enfants"), (Network::Nostr, "ana", title)]
    {
        let place = Place::new().await;
        let first = event(&place, Network::OpenData, "agenda", "Veillée des contes de la Loire");
        place.commit(vec![first.upsert(), event(&place, network, list, title).upsert()]).await;
        assert_eq!(shown(&place).await.len(), 2, "{list}");
    }
}

#[tokio::test]
async fn a8_what_the_operator_hides_is_hidden_however_it_is_said() {
    let place = Place::new().await;
    let body = "Ville de Nantes";
    let (first, cross) = (said(&place, "a").official(body), on_mastodon(&place, "9").official(body));
    let cross_id = cross.id();
    place.commit(vec![first.upsert(), cross.upsert()]).await;
    assert_eq!(told(&place, vec![hide(&place, "a", true)]).await, ["remove"]);
    assert!(told(&place, vec![delete("a")]).await.is_empty(), "nor does its copy take its place");
    let place = place.reopened().await;
    assert!(shown(&place).await.is_empty());
    assert_eq!(told(&place, vec![Change::Hide { post: cross_id, hidden: false }]).await, ["post mastodon+0"]);

    place.commit(vec![said(&place, "b").official(body).upsert()]).await;
    let all = Change::Hide { post: place.id("b"), hidden: true };
    assert_eq!(told(&place, vec![all]).await, ["remove"]);
    assert_eq!(told(&place, vec![Change::Hide { post: cross_id, hidden: false }]).await, ["update mastodon+1"]);
    let whole = Change::Erase { post: cross_id, whole: true, at: NOON };
    assert_eq!(told(&place, vec![whole]).await, ["remove"]);
    assert_eq!(told(&place, vec![said(&place, "b").official(body).upsert()]).await, ["erased"]);
}

#[tokio::test]
async fn a8_what_a_citys_moderators_decide_is_so_however_it_is_said() {
    let place = Place::new().await;
    let body = "Ville de Nantes";
    let (first, cross) = (said(&place, "a").official(body), on_mastodon(&place, "9").official(body));
    let cross_id = cross.id();
    place.commit(vec![first.upsert()]).await;
    let decide = |measure: Measure, post: PostId| {
        let new = NewDecision { measure, target: Target::Post(post), motive: Motive::Misleading, until: None };
        let store = place.store.clone();
        async move { store.decide(&nantes(), new, String::new(), Actor("lea".into())).await.unwrap() }
    };
    assert_eq!(decide(Measure::Fold, place.id("a")).await, Ok(1));
    place.commit(vec![cross.upsert()]).await;
    assert_eq!(told(&place, vec![delete("a")]).await, ["remove", "post mastodon+0"]);
    assert_eq!(place.page(&nantes()).await[0].covered, Some(Motive::Misleading), "also when the first has gone");
    assert_eq!(decide(Measure::Fold, cross_id).await, Err(NotDecided::Standing));
    assert_eq!(decide(Measure::Hide, cross_id).await, Ok(2));
    place.commit(vec![said(&place, "b").official(body).upsert()]).await;
    assert!(shown(&place).await.is_empty());
    assert!(place.store.decisions_on(&nantes(), place.id("b")).await.unwrap().iter().any(|it| it.number == 2));
    place.store.lift(&nantes(), 2, Ending::Lifted, String::new(), Actor("lea".into())).await.unwrap().unwrap();
    assert_eq!(shown(&place).await.len(), 1);
}

#[tokio::test]
async fn q7_replies_to_a_copy_hang_under_the_card() {
    let place = Place::new().await;
    place.commit(vec![bridged(&place, "a").upsert()]).await;
    let copy = bridged(&place, "a").id();
    let reply = draft(&place, "r").text("Merci").in_thread(copy).upsert();
    place.commit(vec![reply]).await;
    place.commit(vec![said(&place, "a").upsert()]).await;
    let page = place.store.page(&nantes(), &Filter::default(), None, None, 10, true).await.unwrap();
    assert_eq!(page.cards.iter().map(|card| with_copies(card)).collect::<Vec<_>>(), ["bluesky[mastodon]"]);
    let reply = &page.replies[0];
    assert_eq!((page.replies.len(), reply.thread, reply.reply_to), (1, Some(place.id("a")), Some(place.id("a"))));
    shown(&place).await;
    // A thread that is hidden is hidden whole, by whichever of its posts an answer came in.
    assert_eq!(told(&place, vec![hide(&place, "a", true)]).await, ["remove", "remove"]);
    shown(&place).await;
}

#[tokio::test]
async fn l27_a_quiet_copy_is_not_told_of() {
    let place = Place::new().await;
    let quiet = bridged(&place, "a").tier(Some(Tier::Quiet));
    place.commit(vec![said(&place, "a").upsert(), quiet.upsert()]).await;
    assert_eq!(shown(&place).await, ["bluesky[]"]);
}

#[tokio::test]
async fn h2_an_utterance_and_its_copies_are_bounded() {
    let place = Place::new().await;
    place.commit(vec![said(&place, "a").upsert()]).await;
    let copy = |number: usize| {
        let id = format!("{number:064x}");
        on(&place, Network::Nostr, &id, &id)
            .url(&format!("https://njump.example/{number:02}"))
            .copy_of(native("a").as_str())
    };
    for number in 0..UTTERANCE_MAX + 4 {
        place.commit(vec![copy(number).upsert()]).await;
    }
    let page = place.page(&nantes()).await;
    assert_eq!(page.len(), 1 + 5, "the origin and what is over the bound");
    let card = page.iter().find(|card| card.id == place.id("a")).unwrap();
    let urls: Vec<&str> = card.copies.iter().map(|copy| copy.url.as_str()).collect();
    assert_eq!(urls.len(), CardCopy::MAX);
    assert!(urls.is_sorted() && urls[0].ends_with("/00"));
    assert_eq!(shown(&place).await.len(), 6);
}

#[tokio::test]
async fn d9_a_restored_copy_folds_as_before_and_brings_no_copy_back() {
    let place = Place::new().await;
    place.commit(vec![said(&place, "a").upsert(), bridged(&place, "a").upsert()]).await;
    place.commit(vec![said(&place, "b").text("Le tram s’arrête à Commerce jusqu’à lundi").upsert()]).await;
    let other = bridged(&place, "b").text("Le tram s’arrête à Commerce jusqu’à lundi");
    place.commit(vec![other.upsert()]).await;
    let eves = bridged(&place, "e").copy_of("at://did:plc:eve/app.bsky.feed.post/e");
    let eves_id = eves.id();
    place.commit(vec![eves.upsert()]).await;
    let copy = place.folder.path().join("copy");
    backup(&url_of(&place.folder), &copy, NOON, |_, _| {}).await.unwrap();
    place.commit(vec![delete("a"), leave("eve")]).await;
    place.store.close().await.unwrap();
    let options = StoreOptions { entropy: Some([7; 32]), ..StoreOptions::new(place.clock.clone()) };
    restore(&url_of(&place.folder), &copy, true, options, |_, _| {}).await.unwrap();
    let place = Place::within(place.folder).await;
    assert!(shown(&place).await.is_empty(), "nobody has been asked yet");
    let held = place.store.known_posts().await.unwrap();
    assert!(held.len() == 2 && held.iter().all(|post| post.id != eves_id), "{held:?}");
    let bridge = AuthorProfile { checked_at: Some(after_s(60)), ..bridged(&place, "b").author };
    place.commit(vec![author(bridge, AuthorVerdict::Show)]).await;
    assert!(shown(&place).await.is_empty(), "a copy does not come before its origin's author was asked for");
    let ana = AuthorProfile { checked_at: Some(after_s(60)), ..profile("ana") };
    place.commit(vec![author(ana, AuthorVerdict::Show)]).await;
    assert_eq!(shown(&place).await, ["bluesky[mastodon]"]);
    assert_eq!(told(&place, vec![bridged(&place, "a").upsert()]).await, ["deleted"]);
}

#[tokio::test]
async fn l25_what_is_held_of_a_post_tells_of_its_copies() {
    let place = Place::new().await;
    place.commit(vec![said(&place, "a").upsert(), bridged(&place, "a").upsert()]).await;
    assert_eq!(place.store.origins().await.unwrap(), [(bridged(&place, "a").id(), place.id("a").as_u64())]);
    let operator = Operator::open(&url_of(&place.folder), place.clock.clone()).await.unwrap();
    let whole = operator.person_export("did:plc:ana").await.unwrap();
    assert!(whole.contains("https://ville.example/@ana/a"), "{whole}");
    let copy = operator.person_export("mastodon:https://bridge.example/ana").await.unwrap();
    assert!(copy.contains(&format!("\"shown_by\": \"{}\"", place.id("a").token())), "{copy}");
}
