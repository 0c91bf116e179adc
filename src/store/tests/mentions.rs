//! The inbox of a city's desk: beside the pages, never on one by itself (L-40, S-50, S-51).

use super::erasure::gone;
use super::*;
use crate::store::{AHEAD_S, Lost, Operator, Retention, backup, restore};

const DAY_S: i64 = 86_400;
const WORD: &str = "xylophonequartz";

fn words(city: CityId) -> Addressed {
    Addressed { city, form: MentionForm::Words, expires_at: None }
}

fn pointer(city: CityId) -> Addressed {
    Addressed { form: MentionForm::Pointer, ..words(city) }
}

impl Draft {
    fn to(mut self, mentions: Vec<Addressed>) -> Self {
        self.mentions = mentions;
        self
    }

    /// On no page.
    fn for_the_desk(self) -> Self {
        self.placed(Vec::new()).to(vec![words(nantes())])
    }
}

fn zoe() -> AuthorProfile {
    AuthorProfile { name: Some("Zoe Vibraphone".into()), ..profile("zoe") }
}

fn name(name: &str) -> StaffName {
    StaffName::parse(name).unwrap()
}

fn answered(place: &Place, name: &str, seconds: i64) -> Change {
    let answer = Answer { at: after_s(seconds), url: Some(format!("https://example.org/re-{name}")) };
    Change::Answered { post: place.id(name), city: nantes(), answer }
}

async fn inbox(place: &Place, city: &CityId) -> Vec<MentionItem> {
    let query = MentionQuery { limit: 100, ..MentionQuery::default() };
    place.store.mentions(city, query).await.unwrap().items
}

async fn act(place: &Place, post: &str, act: DeskAct) -> DeskAnswer {
    place.store.act(&nantes(), place.id(post), act, name("lea")).await.unwrap()
}

async fn status(place: &Place, post: &str) -> MentionStatus {
    place.store.mention(&nantes(), place.id(post)).await.unwrap().unwrap().mention.state.status()
}

/// Post `a` is on the page and in the inbox, `b` in the inbox alone, `c` a pointer; all by people of their own.
async fn asked() -> Place {
    let place = Place::new().await;
    place.ops(draft(&place, "a").to(vec![words(nantes())]).upsert()).await;
    place.ops(draft(&place, "b").by(&zoe()).text(&format!("fuite {WORD}")).for_the_desk().upsert()).await;
    let hidden = draft(&place, "c").by(&profile("shy")).text("glockenspielbasalt");
    place.ops(hidden.placed(Vec::new()).to(vec![pointer(nantes())]).upsert()).await;
    place
}

#[tokio::test]
async fn l40_what_is_for_the_desk_alone_is_in_nothing_that_a_reader_is_given() {
    let place = asked().await;
    place.ops(draft(&place, "d").text(&format!("montré {WORD}")).upsert()).await;
    assert_eq!(place.texts().await, [format!("montré {WORD}"), "a".to_owned()]);
    for (search, lane) in [(Some(WORD), None), (Some("fuite"), None), (None, Some(Lane::People))] {
        let filter = Filter { lane, ..Filter::default() };
        let page = place.store.page(&nantes(), &filter, search, None, 100, true).await.unwrap();
        assert!(page.cards.iter().chain(&page.replies).all(|card| !card.text.contains("fuite")), "{search:?}");
    }
    assert!(place.store.card(&nantes(), place.id("b")).await.unwrap().is_none());
    assert_eq!(place.store.recent_times(&nantes(), NOON, 10).await.unwrap().len(), 2);
    assert_eq!(place.store.volumes(&nantes()).await.unwrap()[0].posts, 2);
    assert_eq!(place.head().await.head, Offset(2));
    let announced = place.store.announced(&nantes(), NOON, 10).await.unwrap();
    assert!(announced.notices.is_empty() && announced.events.is_empty());
    let counts = place.store.counts().await.unwrap();
    assert_eq!((counts.shown, counts.queued, counts.log_entries), (2, 0, 2));
    let heard: Vec<PostId> = place.heard.0.lock().unwrap().iter().map(|(_, entry)| entry.post).collect();
    assert_eq!(heard, [place.id("a"), place.id("d")]);
    assert!(place.store.posts_of_city(&nantes(), None, 10).await.unwrap().iter().all(|it| it.post.id != place.id("b")));
    // A reply to it is nobody's thread.
    let known = place.store.known_posts().await.unwrap();
    assert!(known.iter().all(|post| post.id != place.id("b") || post.cities.is_empty()));
}

#[tokio::test]
async fn s51_the_desk_sees_its_own_citys_items_newest_first_and_words_where_it_may() {
    let place = asked().await;
    place.ops(draft(&place, "d").to(vec![words(tours())]).upsert()).await;
    let items = inbox(&place, &nantes()).await;
    assert_eq!(items.iter().map(|item| item.post).collect::<Vec<_>>(), ["c", "b", "a"].map(|name| place.id(name)));
    assert_eq!(items.iter().map(|item| item.on_page).collect::<Vec<_>>(), [false, false, true]);
    let [c, b, a] = &items[..] else { panic!("{items:?}") };
    assert_eq!((c.words.as_ref(), c.url.as_deref()), (None, Some("https://example.org/c")));
    let said = b.words.as_ref().unwrap();
    assert_eq!((said.text.as_str(), said.name.as_deref()), (&*format!("fuite {WORD}"), Some("Zoe Vibraphone")));
    assert_eq!(a.mention, Mention::new(MentionForm::Words, NOON, NOON, None));
    assert_eq!(inbox(&place, &tours()).await.len(), 1);
    // Page by page, and by state.
    let query = MentionQuery { limit: 2, ..MentionQuery::default() };
    let first = place.store.mentions(&nantes(), query).await.unwrap();
    assert_eq!((first.items.len(), first.next), (2, Some(b.number)));
    let rest = place.store.mentions(&nantes(), MentionQuery { before: first.next, ..query }).await.unwrap();
    assert_eq!((rest.items.as_slice(), rest.next), (&items[2..], None));
    act(&place, "b", DeskAct::NoAnswerNeeded).await;
    let done = MentionQuery { status: Some(MentionStatus::NoAnswerNeeded), ..query };
    let done = place.store.mentions(&nantes(), done).await.unwrap();
    assert_eq!(done.items.iter().map(|item| item.post).collect::<Vec<_>>(), [place.id("b")]);
}

#[tokio::test]
async fn l40_of_a_pointer_neither_words_nor_name_are_on_the_disk_even_for_a_moment() {
    let place = asked().await;
    for trace in ["glockenspielbasalt", "shy.example"] {
        assert!(!place.holds_bytes(trace), "{trace}");
    }
    assert!(place.holds_bytes(WORD) && place.holds_bytes("zoe.example"), "the test would see nothing");
    // A look at the author notes no name either; one who is shown has one, and a pointer does not take it.
    let looked = AuthorProfile { checked_at: Some(after_s(9)), ..profile("shy") };
    place.commit(vec![author(looked.clone(), AuthorVerdict::Show)]).await;
    assert!(!place.holds_bytes("shy.example"));
    place.ops(draft(&place, "e").by(&looked).upsert()).await;
    let unlisted = draft(&place, "f").by(&AuthorProfile { checked_at: Some(after_s(10)), ..looked });
    place.ops(unlisted.placed(Vec::new()).to(vec![pointer(nantes())]).upsert()).await;
    assert_eq!(place.page(&nantes()).await[0].author.handle.as_deref(), Some("shy.example"));
}

#[tokio::test]
async fn l09_who_asks_for_signed_in_readers_later_leaves_pointers_and_nothing_else() {
    let place = asked().await;
    place.ops(draft(&place, "d").by(&zoe()).text("vibrant").to(vec![words(nantes())]).upsert()).await;
    place.ops(draft(&place, "e").by(&zoe()).text("elsewhere").upsert()).await;
    act(&place, "b", DeskAct::Assign(name("ana"))).await;
    let labels = vec![Label::plain("!no-unauthenticated")];
    let asks = AuthorProfile { labels, checked_at: Some(after_s(1)), ..zoe() };
    assert_eq!(place.ops(author(asks.clone(), AuthorVerdict::Point)).await, ["remove d", "remove e"]);
    for trace in [WORD, "vibrant", "elsewhere", "Vibraphone", "zoe.example"] {
        assert!(gone(&place, trace).await, "{trace}");
    }
    let items = inbox(&place, &nantes()).await;
    assert_eq!(items.len(), 4);
    assert!(items[0].words.is_none() && items[2].words.is_none() && items[3].words.is_some());
    assert_eq!(status(&place, "b").await, MentionStatus::Assigned, "what the desk has made of it stays");
    assert_eq!(place.texts().await, ["a"]);
    assert!(place.ops(author(asks, AuthorVerdict::Point)).await.is_empty());
    // The label is gone and the post is seen again: its words are the author's to give.
    let again = draft(&place, "b").by(&AuthorProfile { checked_at: Some(after_s(2)), ..zoe() }).text("de retour");
    place.ops(again.for_the_desk().upsert()).await;
    let back = place.store.mention(&nantes(), place.id("b")).await.unwrap().unwrap();
    assert_eq!(back.words.map(|words| (words.text, words.name)), Some(("de retour".into(), zoe().name)));
}

#[tokio::test]
async fn l10_a_post_that_its_own_label_points_at_goes_where_no_desk_has_it() {
    let place = asked().await;
    place.ops(draft(&place, "d").upsert()).await;
    let point = |name: &str| Change::Point { post: place.id(name) };
    assert_eq!(place.ops(point("a")).await, ["remove a"]);
    assert_eq!(place.ops(point("d")).await, ["remove d"]);
    assert!(inbox(&place, &nantes()).await[2].words.is_none());
    assert_eq!(place.store.counts().await.unwrap().posts, 3);
}

#[tokio::test]
async fn d5_deletion_edit_and_leaving_erase_what_the_desk_has() {
    for (what, change) in [
        ("deleted", delete("b")),
        ("left", leave("zoe")),
        ("purged", author(zoe(), AuthorVerdict::Purge)),
        ("erased", Change::Erase { post: PostId::from_u64(0), whole: true, at: NOON }),
        ("unmentioned", Change::Unmention { post: PostId::from_u64(0), city: nantes() }),
    ] {
        let place = asked().await;
        let b = place.id("b");
        let change = match change {
            Change::Erase { whole, at, .. } => Change::Erase { post: b, whole, at },
            Change::Unmention { city, .. } => Change::Unmention { post: b, city },
            change => change,
        };
        act(&place, "b", DeskAct::Assign(name("ana"))).await;
        let committed = place.commit(vec![change]).await;
        assert_eq!(committed.forgotten, [b], "{what}");
        assert!(committed.entries.is_empty(), "{what}: readers never knew of it");
        for trace in [WORD, "Vibraphone", "zoe.example"] {
            assert!(gone(&place, trace).await, "{what}: {trace}");
        }
        assert_eq!(inbox(&place, &nantes()).await.len(), 2, "{what}");
    }
    // An edit that no longer addresses the city, of one that is on the page.
    let place = asked().await;
    assert_eq!(place.ops(draft(&place, "a").revision("2").text("plus rien").upsert()).await, ["update plus rien"]);
    assert_eq!(inbox(&place, &nantes()).await.len(), 2);
    // One that leaves the page stays with the desk, and one that comes to it is the same item.
    let edit = |text: &str, revision: &str| draft(&place, "b").by(&zoe()).text(text).revision(revision);
    place.ops(edit("corrigé", "2").to(vec![words(nantes())]).upsert()).await;
    act(&place, "b", DeskAct::Assign(name("ana"))).await;
    assert!(gone(&place, WORD).await);
    assert_eq!(place.ops(Change::Unplace { post: place.id("b"), city: nantes() }).await, ["remove b"]);
    assert_eq!((status(&place, "b").await, inbox(&place, &nantes()).await.len()), (MentionStatus::Assigned, 2));
    // The pointer's author deletes it.
    place.commit(vec![delete("c")]).await;
    assert_eq!(inbox(&place, &nantes()).await.len(), 1);
}

#[tokio::test]
async fn l11_what_an_account_that_is_away_asked_is_held_back_until_it_returns() {
    let place = asked().await;
    place.commit(vec![author(zoe(), AuthorVerdict::Hide)]).await;
    assert_eq!(inbox(&place, &nantes()).await.len(), 2);
    assert_eq!(act(&place, "b", DeskAct::NoAnswerNeeded).await, DeskAnswer::NotFound);
    place.commit(vec![author(zoe(), AuthorVerdict::Show)]).await;
    assert_eq!(inbox(&place, &nantes()).await.len(), 3);
    // Nor are those shown who were never asked for.
    let unasked = AuthorProfile { checked_at: None, ..profile("bob") };
    place.ops(draft(&place, "d").by(&unasked).for_the_desk().upsert()).await;
    assert_eq!(inbox(&place, &nantes()).await.len(), 3);
}

#[tokio::test]
async fn s51_acts_and_answers_survive_a_restart_and_come_once() {
    let place = asked().await;
    act(&place, "a", DeskAct::Assign(name("ana"))).await;
    act(&place, "c", DeskAct::AnsweredElsewhere).await;
    place.commit(vec![answered(&place, "b", 60), answered(&place, "z", 60)]).await;
    let place = place.reopened().await;
    let statuses = async |place: &Place| {
        let items = inbox(place, &nantes()).await;
        items.into_iter().map(|item| item.mention).collect::<Vec<_>>()
    };
    let before = statuses(&place).await;
    let states: Vec<_> = before.iter().map(|mention| &mention.state).collect();
    let answer = Answer { at: after_s(60), url: Some("https://example.org/re-b".into()) };
    let expected =
        [&MentionState::AnsweredElsewhere, &MentionState::Answered(answer), &MentionState::Assigned(name("ana"))];
    assert_eq!(states, expected);
    assert_eq!(
        before.iter().map(|mention| mention.by.clone()).collect::<Vec<_>>(),
        [Some(name("lea")), None, Some(name("lea"))]
    );
    assert_eq!(place.store.addressed().await.unwrap(), ["a", "b", "c"].map(|name| (place.id(name), nantes())));
    // The network tells everything again.
    for again in ["a", "b"] {
        let draft = draft(&place, again);
        let draft =
            if again == "b" { draft.by(&zoe()).text(&format!("fuite {WORD}")).placed(Vec::new()) } else { draft };
        place.ops(draft.at(after_s(500)).to(vec![words(nantes())]).upsert()).await;
    }
    place.commit(vec![answered(&place, "b", 60), answered(&place, "b", 90)]).await;
    assert_eq!(statuses(&place).await, before);
    assert_eq!(act(&place, "b", DeskAct::Assign(name("ana"))).await, DeskAnswer::NotAllowed(MentionStatus::Answered));
    assert_eq!(act(&place, "z", DeskAct::Reopen).await, DeskAnswer::NotFound);
    let elsewhere = place.store.act(&tours(), place.id("a"), DeskAct::Reopen, name("lea")).await.unwrap();
    assert_eq!(elsewhere, DeskAnswer::NotFound, "another city's desk");
    place.clock.set(after_s(100));
    let DeskAnswer::Done(open) = act(&place, "b", DeskAct::Reopen).await else { panic!() };
    assert_eq!((open.state, open.since, open.by), (MentionState::New, after_s(100), Some(name("lea"))));
    place.commit(vec![answered(&place, "b", 60)]).await;
    assert_eq!(status(&place, "b").await, MentionStatus::New);
    place.commit(vec![answered(&place, "b", 110)]).await;
    assert_eq!(status(&place, "b").await, MentionStatus::Answered);
}

#[tokio::test]
async fn l44_earlier_exchanges_are_a_number_of_one_city_and_one_author() {
    let place = asked().await;
    for (name, city) in [("d", nantes()), ("e", nantes()), ("f", tours()), ("g", nantes())] {
        place.ops(draft(&place, name).by(&zoe()).placed(Vec::new()).to(vec![words(city)]).upsert()).await;
    }
    let elsewhere =
        Change::Answered { post: place.id("f"), city: tours(), answer: Answer { at: after_s(60), url: None } };
    place.commit(vec![answered(&place, "b", 60), elsewhere, answered(&place, "a", 60)]).await;
    act(&place, "d", DeskAct::AnsweredElsewhere).await;
    act(&place, "e", DeskAct::NoAnswerNeeded).await;
    let earlier =
        async |name: &str| place.store.mention(&nantes(), place.id(name)).await.unwrap().unwrap().earlier_exchanges;
    assert_eq!([earlier("b").await, earlier("d").await, earlier("e").await, earlier("g").await], [0, 1, 2, 2]);
}

#[tokio::test]
async fn s51_what_was_asked_since_is_told_for_the_figures() {
    let place = asked().await;
    place.ops(draft(&place, "d").by(&zoe()).for_the_desk().upsert()).await;
    place.commit(vec![answered(&place, "a", 60)]).await;
    act(&place, "c", DeskAct::AnsweredElsewhere).await;
    act(&place, "d", DeskAct::NoAnswerNeeded).await;
    let asked = place.store.asked(&nantes(), NOON).await.unwrap();
    let count = |answering| asked.iter().filter(|asked| asked.answering == answering && asked.at == NOON).count();
    let expected = [Answering::Open, Answering::NoAnswerNeeded, Answering::Elsewhere, Answering::InPublic(after_s(60))];
    assert_eq!((asked.len(), expected.map(count)), (4, [1; 4]));
    assert!(place.store.asked(&nantes(), after_s(1)).await.unwrap().is_empty());
    assert!(place.store.asked(&tours(), NOON).await.unwrap().is_empty());
}

#[tokio::test]
async fn l28_an_item_is_kept_thirty_days_and_its_page_as_long_as_its_tier() {
    let place = asked().await;
    let ends = Addressed { expires_at: Some(after_s(100)), ..words(nantes()) };
    place.ops(draft(&place, "d").placed(Vec::new()).to(vec![ends]).upsert()).await;
    let kept = async |seconds: i64, days: u32| {
        place.store.retain(after_s(seconds), Retention::from_days(days)).await.unwrap();
        (place.texts().await.len(), inbox(&place, &nantes()).await.len())
    };
    assert_eq!(kept(99, 30).await, (1, 4));
    assert_eq!(kept(100, 30).await, (1, 3), "its author gave it an end");
    assert_eq!(kept(7 * DAY_S + 1, 30).await, (0, 3));
    assert_eq!(kept(30 * DAY_S, 30).await, (0, 3));
    assert_eq!(kept(30 * DAY_S + 1, 300).await, (0, 0));
    assert_eq!(place.store.counts().await.unwrap().posts, 0);
    assert!(gone(&place, WORD).await);
    let place = asked().await;
    place.store.retain(after_s(5 * DAY_S + 1), Retention::from_days(5)).await.unwrap();
    assert!(inbox(&place, &nantes()).await.is_empty(), "the operator's days shorten it");
}

#[tokio::test]
async fn l28_what_a_wrong_clock_received_is_kept_no_longer_and_a_flood_goes_oldest_first() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").at(after_s(90 * DAY_S)).for_the_desk().upsert()).await;
    place.store.retain(NOON, Retention::from_days(30)).await.unwrap();
    let received = inbox(&place, &nantes()).await[0].mention.received_at;
    assert!(received <= after_s(AHEAD_S), "{received:?}");
    place.store.retain(after_s(30 * DAY_S + 1), Retention::from_days(30)).await.unwrap();
    assert!(inbox(&place, &nantes()).await.is_empty());

    let bound = super::super::retention::MENTIONS_MAX;
    let copies = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20002)
        INSERT INTO posts SELECT x, x, 'bluesky', 'at://' || x, author, url, text, facets, languages, tags, media, labels,
        created_at, edited_at, date_corrected, received_at, revision, reply_parent, reply_root, place_name, starts_at,
        ends_at, cancelled, sensitive, automated, moderated, checked_at FROM n, (SELECT * FROM posts LIMIT 1) WHERE x > 1";
    place.ops(draft(&place, "b").for_the_desk().upsert()).await;
    place.store.execute_for_test(copies).await.unwrap();
    place.store.execute_for_test("INSERT INTO posts_text (posts_text) VALUES ('rebuild')").await.unwrap();
    let items = "INSERT INTO mentions (post, city, pointer, asked_at, received_at, state, since)
        SELECT row, 1, 0, 1, (SELECT received_at FROM posts LIMIT 1), 'new', 1 FROM posts WHERE row > 1";
    place.store.execute_for_test(items).await.unwrap();
    place.store.retain(after_s(60), Retention::from_days(30)).await.unwrap();
    let left = place.store.addressed().await.unwrap();
    assert_eq!(i64::try_from(left.len()).unwrap(), bound);
    assert!(left.iter().all(|(post, _)| *post != place.id("b")), "the oldest went");
}

#[tokio::test]
async fn d9_a_restored_inbox_holds_nothing_that_went_since_and_waits_for_its_authors() {
    let place = asked().await;
    act(&place, "a", DeskAct::Assign(name("ana"))).await;
    let copy = place.folder.path().join("copy");
    backup(&url_of(&place.folder), &copy, NOON, |_, _| {}).await.unwrap();
    place.commit(vec![delete("b")]).await;
    place.store.close().await.unwrap();
    let options = StoreOptions { lost_journal: Lost::Refused, ..StoreOptions::new(place.clock.clone()) };
    restore(&url_of(&place.folder), &copy, true, options, |_, _| {}).await.unwrap();
    let place = Place::within(place.folder).await;
    assert!(inbox(&place, &nantes()).await.is_empty(), "nobody was asked for again yet");
    let fresh = |name: &str| AuthorProfile { checked_at: Some(after_s(60)), ..profile(name) };
    let show = ["ana", "zoe", "shy"].map(|name| author(fresh(name), AuthorVerdict::Show));
    place.commit(show.to_vec()).await;
    let back: Vec<PostId> = inbox(&place, &nantes()).await.iter().map(|item| item.post).collect();
    assert_eq!(back, [place.id("c"), place.id("a")]);
    assert_eq!(status(&place, "a").await, MentionStatus::Assigned);
    assert!(!place.holds_bytes(WORD) && !place.holds_bytes("shy.example"));
}

#[tokio::test]
async fn l25_a_person_is_given_what_desks_have_of_them_without_the_names_of_staff() {
    let place = asked().await;
    place.commit(vec![answered(&place, "b", 60)]).await;
    act(&place, "c", DeskAct::Assign(name("berthe"))).await;
    let operator = Operator::open(&url_of(&place.folder), place.clock.clone()).await.unwrap();
    let export = async |person: &str| {
        serde_json::from_str::<serde_json::Value>(&operator.person_export(person).await.unwrap()).unwrap()
    };
    let zoe = export("@zoe.example").await;
    let post = &zoe["accounts"][0]["posts"][0];
    assert_eq!((&post["text"], &post["cities"]), (&serde_json::json!(format!("fuite {WORD}")), &serde_json::json!([])));
    assert_eq!((&post["desks"][0]["city"], &post["desks"][0]["state"]), (&"nantes".into(), &"answered".into()));
    let shy = export("did:plc:shy").await;
    let desk = &shy["accounts"][0]["posts"][0]["desks"][0];
    assert_eq!((&desk["pointer"], &desk["state"]), (&true.into(), &"assigned".into()));
    for staff in ["berthe", "lea"] {
        assert!(place.holds_bytes(staff), "{staff} is there to be told");
        for told in [shy.to_string(), zoe.to_string()] {
            assert!(told.split(|c: char| !c.is_alphanumeric()).all(|word| word != staff), "{staff} in {told}");
        }
    }
}

#[tokio::test]
async fn a7_each_act_at_a_desk_is_a_line_of_the_citys_log_and_what_changes_nothing_is_none() {
    let place = asked().await;
    for done in [DeskAct::Assign(name("ana")), DeskAct::Assign(name("ana")), DeskAct::NoAnswerNeeded] {
        act(&place, "b", done).await;
    }
    assert!(matches!(act(&place, "b", DeskAct::AnsweredElsewhere).await, DeskAnswer::NotAllowed(_)));
    act(&place, "b", DeskAct::Reopen).await;
    place.commit(vec![answered(&place, "a", 60)]).await;
    let lines = place.store.audit(&nantes(), None, 10).await.unwrap();
    let lines: Vec<(i64, &str, &str, &str, &str)> =
        lines.iter().rev().map(|line| (line.number, &*line.actor, &*line.act, &*line.subject, &*line.reason)).collect();
    let post = place.id("b").token();
    assert_eq!(
        lines,
        [
            (1, "lea", "assign", &*post, "ana"),
            (2, "lea", "no_answer_needed", &*post, ""),
            (3, "lea", "reopen", &*post, "")
        ],
        "nor is what happens by itself"
    );
}

#[tokio::test]
async fn a8_of_what_the_operator_hides_the_desk_has_no_words_either() {
    let place = asked().await;
    place.ops(hide(&place, "b", true)).await;
    let item = place.store.mention(&nantes(), place.id("b")).await.unwrap().unwrap();
    assert_eq!((item.words, item.mention.form), (None, MentionForm::Words));
    place.ops(hide(&place, "b", false)).await;
    assert!(place.store.mention(&nantes(), place.id("b")).await.unwrap().unwrap().words.is_some());
}
