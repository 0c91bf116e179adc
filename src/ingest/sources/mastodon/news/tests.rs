use super::*;
use crate::domain::Visibility;
use crate::ingest::sources::mastodon::decode;

const NOW: Timestamp = Timestamp::from_micros(1_795_600_800_000_000);
const KEY: IdKey = IdKey::new([7; 32]);

fn timeline(tags: &[&str]) -> Timeline {
    Timeline::new(&tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>())
}

/// A reader of the timelines `ville` and `bourg`.
fn news() -> News {
    let mut news = News::new(KEY, vec!["ailleurs.example".into()]);
    news.begin(vec![timeline(&["ville"]), timeline(&["bourg"])], Memory::default());
    news
}

fn seen_of(host: &str, id: &str, text: &str, tags: &[&str]) -> Seen {
    let tags: Vec<String> = tags.iter().map(|tag| format!(r#"{{"name":"{tag}"}}"#)).collect();
    let at = NOW.plus_seconds(-60).to_rfc3339();
    let json = format!(
        r#"{{"id":"{id}","uri":"https://{host}/{id}","created_at":"{at}","visibility":"public","content":"{text}","tags":[{}],"account":{{"uri":"https://{host}/ana"}}}}"#,
        tags.join(",")
    );
    decode::status(&json).unwrap().unwrap()
}

fn seen(id: &str, text: &str) -> Seen {
    seen_of("ville.example", id, text, &["Ville"])
}

fn page(ids: &[&str]) -> Page {
    Page { statuses: ids.iter().map(|id| seen(id, "bonjour")).collect(), unreadable: Vec::new() }
}

fn id_of(uri: &str) -> PostId {
    PostId::derive(&KEY, Network::Mastodon, &crate::domain::NativeId::new(uri))
}

/// What events say: texts, and ids of what is withdrawn (`-`) or gone for good (`x`).
fn told(events: impl IntoIterator<Item = Event>) -> Vec<String> {
    let name = |post: PostId| (0..100).find(|id| id_of(&format!("https://ville.example/{id}")) == post).unwrap();
    let short = |event| match event {
        Event::Post(post) => format!("{} {}", post.native_id.as_str().rsplit('/').next().unwrap(), post.text),
        Event::Withdrawn { post, for_good } => format!("{}{}", if for_good { "x" } else { "-" }, name(post)),
        other => other.kind().to_owned(),
    };
    events.into_iter().map(short).collect()
}

#[test]
fn d4_what_is_unchanged_is_told_once_and_what_changed_again() {
    let (mut news, ville) = (news(), timeline(&["ville"]));
    assert_eq!(told(news.of_page(&ville, page(&["12", "11"]), vec![], NOW)), ["12 bonjour", "11 bonjour"]);
    assert!(news.of_page(&ville, page(&["12", "11"]), vec![], NOW).is_empty());
    assert!(news.tell(seen("12", "bonjour"), None, NOW).is_none(), "it comes once for each tag");
    assert_eq!(told(news.tell(seen("12", "bonsoir"), None, NOW)), ["12 bonsoir"]);
    // The author is no longer to be shown: that comes with the status, and is news.
    let mut other = seen("11", "bonjour");
    other.post.profile.as_mut().unwrap().bio = "#nobot".into();
    assert_eq!(told(news.tell(other, None, NOW)), ["11 bonjour"]);
}

#[test]
fn d5_what_is_missing_between_others_is_withdrawn_and_may_come_back() {
    let (mut news, ville, bourg) = (news(), timeline(&["ville"]), timeline(&["bourg"]));
    news.of_page(&ville, page(&["14", "13", "12", "11"]), vec![], NOW);
    // At its ends a page says nothing: 11 slid out of it, and 14 may be newer than a page that comes from a cache.
    assert!(news.of_page(&ville, page(&["13", "12"]), vec![], NOW).is_empty());
    // Of other tags' pages it says nothing either.
    assert!(
        news.of_page(
            &bourg,
            Page {
                statuses: vec![
                    seen_of("ville.example", "15", "x", &["bourg"]),
                    seen_of("ville.example", "10", "y", &["bourg"])
                ],
                ..Page::default()
            },
            vec![],
            NOW
        )
        .len()
            == 2
    );
    assert_eq!(told(news.of_page(&ville, page(&["14", "13", "11"]), vec![], NOW)), ["-12"]);
    assert!(news.of_page(&ville, page(&["14", "13", "11"]), vec![], NOW).is_empty(), "told once");
    assert_eq!(told(news.of_page(&ville, page(&["14", "13", "12", "11"]), vec![], NOW)), ["12 bonjour"]);
    // An edit that takes the tag away.
    assert_eq!(told(news.tell(seen_of("ville.example", "12", "édité", &["bourg"]), None, NOW)), ["12 édité"]);
    assert!(news.of_page(&ville, page(&["14", "13", "11"]), vec![], NOW).is_empty(), "nobody awaits it there");
}

#[test]
fn ids_without_an_order_withdraw_nothing() {
    let (mut news, ville) = (news(), timeline(&["ville"]));
    news.of_page(&ville, page(&["9xa", "b", "zz", "1"]), vec![], NOW);
    assert!(news.of_page(&ville, page(&["9xa", "zz", "1"]), vec![], NOW).is_empty());
    // ULIDs and flake ids have one, and so have numbers of different lengths.
    for ids in [["01JB", "01J9", "01A0"], ["100", "99", "9"], ["AbZ", "AbC", "A0z"]] {
        let mut news = self::news();
        news.of_page(&ville, page(&ids), vec![], NOW);
        assert_eq!(news.of_page(&ville, page(&[ids[0], ids[2]]), vec![], NOW).len(), 1, "{ids:?}");
    }
}

#[test]
fn d5_a_deletion_may_come_before_its_status() {
    let mut news = news();
    assert!(news.delete("12".into()).is_none());
    assert!(news.tell(seen("12", "trop tard"), None, NOW).is_none());
    assert_eq!(told(news.tell(seen("13", "ici"), None, NOW)), ["13 ici"]);
    assert_eq!(told(news.delete("13".into())), ["x13"]);
    assert!(news.delete("13".into()).is_none() && news.tell(seen("13", "encore"), None, NOW).is_none());
    // A page from a cache does not bring it back, nor does a life that begins anew.
    assert!(news.of_page(&timeline(&["ville"]), page(&["13"]), vec![], NOW).is_empty());
    let (timelines, memory) = (news.timelines.clone(), Memory::default());
    news.begin(timelines, memory);
    assert!(news.tell(seen("13", "encore"), None, NOW).is_none());
    (0..2 * GONE_MAX).for_each(|id| _ = news.delete(id.to_string()));
    assert_eq!(news.gone.len(), GONE_MAX);
}

#[test]
fn l06_a_servers_people_are_told_by_that_server_alone() {
    let mut news = news();
    assert!(news.tell(seen_of("ailleurs.example", "1", "x", &["ville"]), None, NOW).is_none());
    assert!(news.memory.told.is_empty(), "nothing of it is remembered");
    assert!(news.tell(seen_of("tiers.example", "2", "x", &["ville"]), None, NOW).is_some());
}

#[test]
fn d2_what_lies_between_is_asked_for_where_a_page_does_not_reach() {
    let (mut news, ville) = (news(), timeline(&["ville"]));
    assert_eq!(news.missing_from(&ville, &page(&["12"]), false), None, "the first page ever");
    news.of_page(&ville, page(&["12", "11"]), vec![], NOW);
    assert_eq!(news.missing_from(&ville, &page(&["14", "13"]), false).as_deref(), Some("12"));
    assert_eq!(news.missing_from(&ville, &page(&["14", "13"]), true), None, "nothing lies below");
    assert_eq!(news.missing_from(&ville, &page(&["14", "12"]), false), None);
    assert_eq!(news.missing_from(&ville, &page(&["14", "9"]), false), None, "12 is deleted, and 9 older");
    assert_eq!(news.missing_from(&ville, &Page::default(), false), None);
    // A stream told the newest ones after a cut: what lies before the cut is still missing.
    news.tell(seen("30", "direct"), None, NOW);
    assert_eq!(news.missing_from(&ville, &page(&["30", "29"]), false).as_deref(), Some("12"));
    // Without an order whatever is known will do.
    assert_eq!(news.missing_from(&ville, &page(&["b", "30", "zzz"]), false), None);
    assert_eq!(news.missing_from(&ville, &page(&["b", "zzz"]), false).as_deref(), Some("12"));
}

#[test]
fn l21_the_memory_names_nobody() {
    let mut news = news();
    news.of_page(&timeline(&["ville"]), page(&["12"]), vec![], NOW);
    let stored = news.memory.checkpoint();
    for word in ["ana", "https", "ville.example", "bonjour"] {
        assert!(!stored.as_str().contains(word), "{word} in {stored:?}");
    }
}

#[test]
fn h1_an_unreadable_status_is_counted_once_though_every_page_brings_it() {
    let (mut news, ville) = (news(), timeline(&["ville"]));
    let with = |hash| Page { unreadable: vec![(RefuseReason::Malformed, hash)], ..page(&["12"]) };
    assert_eq!(told(news.of_page(&ville, with(1), vec![], NOW)), ["unreadable", "12 bonjour"]);
    assert!(news.of_page(&ville, with(1), vec![], NOW).is_empty());
    assert_eq!(told(news.of_page(&ville, with(2), vec![], NOW)), ["unreadable"]);
    (0..1_000).for_each(|hash| _ = news.of_page(&ville, with(hash), vec![], NOW));
    assert_eq!(news.unreadable.len(), UNREADABLE_MAX);
}

#[test]
fn an_answer_names_its_parent_where_that_is_known() {
    let mut news = news();
    let answer = |id: &str| Seen { answers: Some("12".into()), ..seen(id, "oui") };
    let parent = |event: Option<Event>| match event {
        Some(Event::Post(post)) => post.reply.map(|reply| reply.parent.as_str().to_owned()),
        other => panic!("{other:?}"),
    };
    assert_eq!(parent(news.tell(answer("13"), None, NOW)), None);
    news.tell(seen("12", "qui vient ?"), None, NOW);
    assert_eq!(parent(news.tell(answer("14"), None, NOW)).as_deref(), Some("https://ville.example/12"));
    assert!(news.tell(answer("13"), None, NOW).is_none(), "that its parent is known now is no news");
}

#[test]
fn l01_what_is_no_longer_public_is_told_so() {
    let mut news = news();
    news.tell(seen("12", "bonjour"), None, NOW);
    let mut hidden = seen("12", "bonjour");
    hidden.post.visibility = Visibility::Restricted;
    let Some(Event::Post(post)) = news.tell(hidden, None, NOW) else { panic!("it is news") };
    assert_eq!(post.visibility, Visibility::Restricted);
}

/// Tags are asked for together, so that a changed recipe makes other timelines of the same tags.
#[test]
fn d5_what_was_told_of_timelines_that_are_read_no_more_is_asked_for_by_itself() {
    let (mut news, ville) = (news(), timeline(&["ville"]));
    news.of_page(&ville, page(&["13", "12", "11"]), vec![], NOW);
    let (both, memory) = (timeline(&["port", "ville"]), news.memory.clone());
    news.begin(vec![both.clone()], memory);
    news.of_page(&both, page(&["13", "11"]), vec![], NOW);
    assert_eq!(news.memory.unseen(NOW), Some("12"));
    assert_eq!(told(news.missing("12")), ["-12"]);
    assert_eq!(news.memory.unseen(NOW), None, "the others were shown");
}

#[test]
fn d5_what_a_page_leaves_out_at_its_ends_is_asked_for_once() {
    let (mut news, ville) = (news(), timeline(&["ville"]));
    let all = ["14", "13", "12", "11"];
    news.of_page(&ville, page(&all), vec![], NOW);
    let mut asked = |shown: &[&str], is_last| {
        news.doubt(&ville, &page(shown), is_last);
        let mut asked = Vec::new();
        while let Some(id) = news.memory.unseen(NOW).map(str::to_owned) {
            // It is still there.
            news.tell(seen(&id, "bonjour"), None, NOW);
            asked.push(id);
        }
        asked
    };
    assert!(asked(&all, true).is_empty() && asked(&["14", "13"], false).is_empty(), "it sank");
    assert_eq!(asked(&["12", "11"], false), ["14", "13"]);
    assert!(asked(&["12", "11"], false).is_empty(), "once");
    assert_eq!(asked(&["13", "12"], true), ["11"]);
    assert!(asked(&all, true).is_empty());
    assert_eq!(asked(&[], true), all, "and again when a page has shown it");
}
