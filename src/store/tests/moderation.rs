//! What moderators decide, and what citizens ask of them (feature 12, L-50, L-51, Q-12).

use super::erasure::gone;
use super::*;
use crate::store::{Retention, backup, restore};

const DAY_S: i64 = 86_400;

fn actor(name: &str) -> Actor {
    Actor(name.into())
}

fn new(place: &Place, measure: Measure, post: &str) -> NewDecision {
    let until = (measure == Measure::Pin).then(|| after_s(DAY_S));
    NewDecision { measure, target: Target::Post(place.id(post)), motive: measure.motives()[0], until }
}

async fn decide(place: &Place, measure: Measure, post: &str) -> Decided {
    place.store.decide(&nantes(), new(place, measure, post), String::new(), actor("lea")).await.unwrap()
}

async fn block_word(place: &Place, word: &str) -> Decided {
    let target = Target::Word(Phrase::parse(word).unwrap());
    let new = NewDecision { measure: Measure::BlockWord, target, motive: Motive::Abuse, until: None };
    place.store.decide(&nantes(), new, String::new(), actor("lea")).await.unwrap()
}

async fn lift(place: &Place, number: i64, ending: Ending, by: &str) -> Decided {
    place.store.lift(&nantes(), number, ending, String::new(), actor(by)).await.unwrap()
}

async fn report(place: &Place, post: &str, from: &str, on_duty: bool) -> Complained {
    let new = NewComplaint::report(place.id(post), "abuse", "").unwrap();
    place.store.complain(&nantes(), new, key(&format!("{post}{from}")), from, on_duty).await.unwrap()
}

fn key(text: &str) -> FollowKey {
    FollowKey(blake3::hash(text.as_bytes()).into())
}

async fn queue(place: &Place) -> Vec<String> {
    place.store.queue(&nantes(), 0, 100).await.unwrap().into_iter().map(|queued| queued.post.text).collect()
}

async fn card(place: &Place, post: &str) -> Card {
    (*place.store.card(&nantes(), place.id(post)).await.unwrap().unwrap()).clone()
}

async fn in_both(place: &Place, name: &str) {
    let both = [nantes(), tours()].map(|city| placement(city, Some(Tier::Public)));
    place.ops(draft(place, name).placed(both.into()).upsert()).await;
}

fn heard(place: &Place) -> Vec<String> {
    let heard = std::mem::take(&mut *place.heard.0.lock().unwrap());
    heard
        .iter()
        .map(|(city, entry)| format!("{} {} {}", city.as_str(), entry.op.as_str(), place.name_of(entry.post)))
        .collect()
}

#[tokio::test]
async fn a8_what_is_hidden_in_one_city_is_gone_there_alone_and_told_at_once() {
    let place = Place::new().await;
    in_both(&place, "a").await;
    heard(&place);
    assert_eq!(decide(&place, Measure::Hide, "a").await, Ok(1));
    assert_eq!(heard(&place), ["nantes remove a"], "readers are told before the moderator is answered");
    assert!(place.texts().await.is_empty());
    assert_eq!(place.page(&tours()).await.len(), 1);
    assert_eq!(decide(&place, Measure::Hide, "a").await, Err(NotDecided::Standing));
    // It survives a restart, an edit, and being taken out of the recipe and in again.
    let place = place.reopened().await;
    assert!(place.texts().await.is_empty());
    in_both(&place, "a").await;
    place.ops(draft(&place, "a").text("a").revision("2").upsert()).await;
    place.commit(vec![Change::Unplace { post: place.id("a"), city: nantes() }]).await;
    place.ops(draft(&place, "a").text("a").revision("3").upsert()).await;
    assert!(place.texts().await.is_empty());
    let seen = place.store.moderated(&nantes(), place.id("a")).await.unwrap().unwrap();
    assert_eq!(seen.standing, Standing::Hidden);
    heard(&place);
    assert_eq!(lift(&place, 1, Ending::Lifted, "zoe").await, Ok(1));
    assert_eq!((place.texts().await, heard(&place)), (vec!["a".to_owned()], vec!["nantes post a".to_owned()]));
    assert_eq!(lift(&place, 1, Ending::Lifted, "zoe").await, Err(NotDecided::Standing));
    assert_eq!(lift(&place, 9, Ending::Lifted, "zoe").await, Err(NotDecided::NotFound));
    let log = place.store.decisions(&nantes(), DecisionQuery { limit: 10, ..DecisionQuery::default() }).await.unwrap();
    assert_eq!(log.len(), 1);
    assert_eq!(
        (log[0].measure, log[0].motive, log[0].ended),
        (Measure::Hide, Motive::Unrelated, Some((Ending::Lifted, NOON)))
    );
    assert!(
        place
            .store
            .decisions(&tours(), DecisionQuery { limit: 10, ..DecisionQuery::default() })
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_fold_and_a_pin_are_on_the_card_and_end_by_themselves() {
    let place = Place::new().await;
    in_both(&place, "a").await;
    assert_eq!(decide(&place, Measure::Pin, "a").await, Ok(1));
    let fold = NewDecision { until: Some(after_s(60)), ..new(&place, Measure::Fold, "a") };
    assert_eq!(place.store.decide(&nantes(), fold, String::new(), actor("lea")).await.unwrap(), Ok(2));
    let seen = card(&place, "a").await;
    assert_eq!((seen.pinned, seen.covered), (true, Some(Motive::Unrelated)));
    let elsewhere = place.store.card(&tours(), place.id("a")).await.unwrap().unwrap();
    assert_eq!((elsewhere.pinned, elsewhere.covered), (false, None));
    // The entry that readers were told of is the same card.
    let told = place.heard.0.lock().unwrap().last().unwrap().1.card.clone().unwrap();
    assert_eq!(*told, seen);
    assert_eq!(place.store.next_end().await.unwrap(), Some(after_s(60)));
    place.store.retain(after_s(59), Retention::from_days(30)).await.unwrap();
    assert!(card(&place, "a").await.covered.is_some());
    place.store.retain(after_s(60), Retention::from_days(30)).await.unwrap();
    let seen = card(&place, "a").await;
    assert_eq!((seen.pinned, seen.covered), (true, None));
    // What is hidden is not pinned.
    assert_eq!(decide(&place, Measure::Hide, "a").await, Ok(3));
    assert_eq!(lift(&place, 3, Ending::Lifted, "lea").await, Ok(3));
    assert!(!card(&place, "a").await.pinned);
    for (post, expected) in [("b", Ok(4)), ("c", Ok(5)), ("d", Ok(6)), ("e", Err(NotDecided::TooMany))] {
        in_both(&place, post).await;
        assert_eq!(decide(&place, Measure::Pin, post).await, expected, "{post}");
    }
}

#[tokio::test]
async fn what_waits_is_shown_when_a_moderator_admits_it_and_its_text_goes_when_not() {
    let place = Place::new().await;
    for name in ["a", "b"] {
        place.ops(draft(&place, name).text(&format!("{name} marimbaophicleide")).tier(None).upsert()).await;
    }
    assert_eq!(queue(&place).await.len(), 2);
    assert_eq!(decide(&place, Measure::Fold, "a").await, Err(NotDecided::Unsound), "nobody sees it");
    assert_eq!(decide(&place, Measure::Admit, "a").await, Ok(1));
    assert_eq!(place.texts().await, ["a marimbaophicleide"]);
    let shown = card(&place, "a").await;
    assert_eq!(shown.tier, Tier::Public);
    assert_eq!(shown.reasons.last().unwrap().rule, Rule::Moderator);
    // Its author's edit matches by the ambiguous term again.
    place.ops(draft(&place, "a").text("a encore").tier(None).revision("2").upsert()).await;
    assert_eq!(place.texts().await, ["a encore"]);
    assert_eq!(decide(&place, Measure::Admit, "a").await, Err(NotDecided::Unsound), "it waits no more");
    // What is not about the city goes at once, and does not come again.
    assert_eq!(decide(&place, Measure::Hide, "b").await, Ok(2));
    assert!(queue(&place).await.is_empty());
    assert!(gone(&place, "marimbaophicleide").await);
    place.ops(draft(&place, "b").text("b bombardonalto").tier(None).revision("2").upsert()).await;
    assert!(queue(&place).await.is_empty() && gone(&place, "bombardonalto").await);
    // What was admitted waits again when that is taken back.
    assert_eq!(lift(&place, 1, Ending::Lifted, "lea").await, Ok(1));
    assert_eq!((place.texts().await.len(), queue(&place).await), (0, vec!["a encore".to_owned()]));
    // Of what its own tag admits by now it is not for a moderator to say that it waits.
    assert_eq!(decide(&place, Measure::Admit, "a").await, Ok(3));
    place.ops(draft(&place, "a").text("a #nantes").revision("3").upsert()).await;
    assert_eq!(lift(&place, 3, Ending::Lifted, "lea").await, Ok(3));
    assert_eq!(place.texts().await, ["a #nantes"]);
}

#[tokio::test]
async fn who_asked_not_to_be_searched_is_admitted_as_such() {
    let place = Place::new().await;
    let shy =
        AuthorProfile { indexable: Some(false), ..AuthorProfile { network: Network::Mastodon, ..profile("shy") } };
    let mut waiting = draft(&place, "a").by(&shy).tier(None);
    waiting.post.network = Network::Mastodon;
    waiting.post.id = PostId::derive(&place.store.id_key(), Network::Mastodon, &native("a"));
    let id = waiting.post.id;
    place.ops(waiting.upsert()).await;
    let new =
        NewDecision { measure: Measure::Admit, target: Target::Post(id), motive: Motive::AboutTheCity, until: None };
    place.store.decide(&nantes(), new, String::new(), actor("lea")).await.unwrap().unwrap();
    assert_eq!(place.page(&nantes()).await[0].tier, Tier::Quiet);
}

#[tokio::test]
async fn a_blocked_author_and_a_blocked_word_are_hidden_in_the_city_what_comes_too() {
    let place = Place::new().await;
    in_both(&place, "a").await;
    in_both(&place, "b").await;
    place.ops(draft(&place, "c").by(&profile("bob")).text("Gros MÉCHANT loup").upsert()).await;
    place.ops(draft(&place, "d").by(&profile("bob")).text("méchantes gens").upsert()).await;
    assert_eq!(decide(&place, Measure::BlockAuthor, "a").await, Ok(1));
    assert_eq!(place.texts().await, ["méchantes gens", "Gros MÉCHANT loup"]);
    assert_eq!(place.page(&tours()).await.len(), 2, "in one city alone");
    in_both(&place, "e").await;
    assert_eq!(decide(&place, Measure::BlockAuthor, "b").await, Err(NotDecided::Standing));
    assert_eq!(block_word(&place, "gros mechant").await, Ok(2));
    assert_eq!(block_word(&place, "Gros  Méchant").await, Err(NotDecided::Standing));
    place.ops(draft(&place, "f").by(&profile("bob")).text("un gros méchant").upsert()).await;
    assert_eq!(place.texts().await, ["méchantes gens"]);
    let place = place.reopened().await;
    let on = |post: &'static str| {
        let (store, id) = (place.store.clone(), place.id(post));
        async move { store.decisions_on(&nantes(), id).await.unwrap().iter().map(|it| it.number).collect::<Vec<_>>() }
    };
    assert_eq!((on("e").await, on("f").await, on("d").await), (vec![1], vec![2], vec![]));
    assert_eq!(lift(&place, 2, Ending::Lifted, "zoe").await, Ok(2));
    assert_eq!(place.texts().await, ["un gros méchant", "méchantes gens", "Gros MÉCHANT loup"]);
    assert_eq!(lift(&place, 1, Ending::Lifted, "zoe").await, Ok(1));
    assert_eq!(place.texts().await.len(), 6, "{:?}", place.texts().await);
}

#[tokio::test]
async fn q12_three_people_fold_a_post_where_nobody_is_on_duty_until_somebody_looks() {
    let place = Place::new().await;
    for name in ["a", "b"] {
        place.ops(draft(&place, name).upsert()).await;
    }
    for from in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        assert_eq!(report(&place, "b", from, true).await, Complained::Taken);
    }
    assert_eq!(card(&place, "b").await.covered, None, "somebody is there to look");
    assert_eq!(report(&place, "a", "192.0.2.1", false).await, Complained::Taken);
    assert_eq!(report(&place, "a", "192.0.2.1", false).await, Complained::Again);
    assert_eq!(report(&place, "a", "192.0.2.2", false).await, Complained::Taken);
    assert_eq!(card(&place, "a").await.covered, None);
    assert_eq!(report(&place, "a", "192.0.2.3", false).await, Complained::Taken);
    assert_eq!(card(&place, "a").await.covered, Some(Motive::Reports));
    let log = place.store.decisions_on(&nantes(), place.id("a")).await.unwrap();
    assert!(log[0].is_automatic());
    // Those that came while somebody was there, when nobody is any more.
    place.store.fold_reported(&nantes()).await.unwrap();
    assert_eq!(card(&place, "b").await.covered, Some(Motive::Reports));
    // The reports still wait, for a person.
    let waiting = place.store.complaints(&nantes(), 0, 100).await.unwrap();
    assert_eq!((waiting.open, waiting.complaints.len()), (6, 6));
    // Somebody looks, and lets it stand: three others can't fold it again.
    let first = waiting.complaints.iter().find(|it| it.post == place.id("a")).unwrap().number;
    let rejected = place.store.reject(&nantes(), first, "Rien à redire.".into(), actor("lea")).await.unwrap();
    assert_eq!(rejected, Ok(first));
    assert_eq!(place.store.complaints(&nantes(), 0, 100).await.unwrap().open, 3, "all three of that post are answered");
    for from in ["192.0.2.4", "192.0.2.5", "192.0.2.6"] {
        assert_eq!(report(&place, "a", from, false).await, Complained::Taken);
    }
    assert_eq!(card(&place, "a").await.covered, None);
    assert_eq!(report(&place, "z", "192.0.2.4", false).await, Complained::NotFound);
}

/// Three reports while nobody is on duty fold the post: the number of that decision.
async fn folded_by_reports(place: &Place, name: &str) -> i64 {
    place.ops(draft(place, name).upsert()).await;
    for from in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        assert_eq!(report(place, name, from, false).await, Complained::Taken);
    }
    assert_eq!(card(place, name).await.covered, Some(Motive::Reports));
    place.store.decisions_on(&nantes(), place.id(name)).await.unwrap()[0].number
}

#[tokio::test]
async fn q12_what_a_moderator_opens_again_is_not_folded_again_by_the_same_reports() {
    for ending in [Ending::Lifted, Ending::Appeal] {
        let place = Place::new().await;
        let fold = folded_by_reports(&place, "a").await;
        assert_eq!(lift(&place, fold, ending, "lea").await, Ok(fold));
        assert_eq!(place.store.complaints(&nantes(), 0, 100).await.unwrap().open, 0, "they are answered by it");
        place.store.fold_reported(&nantes()).await.unwrap();
        assert_eq!(card(&place, "a").await.covered, None, "{ending:?}");
    }
}

#[tokio::test]
async fn q12_reports_that_are_rejected_open_what_they_folded() {
    let place = Place::new().await;
    folded_by_reports(&place, "a").await;
    let notice = NewComplaint::notice(place.id("a"), "illegal", "Voici pourquoi.", "ana@exemple.fr", true).unwrap();
    place.store.complain(&nantes(), notice, key("notice"), "192.0.2.9", true).await.unwrap();
    let waiting = place.store.complaints(&nantes(), 0, 100).await.unwrap().complaints;
    assert_eq!(waiting[0].kind, ComplaintKind::Notice, "what the law asks comes first");
    let rejected = place.store.reject(&nantes(), waiting[1].number, String::new(), actor("lea")).await.unwrap();
    assert_eq!(rejected, Ok(waiting[1].number));
    assert_eq!(card(&place, "a").await.covered, None);
    let left = place.store.complaints(&nantes(), 0, 100).await.unwrap();
    assert_eq!((left.open, left.complaints[0].kind), (1, ComplaintKind::Notice), "which has an answer of its own");
    let none = place.store.reject(&nantes(), waiting[0].number, String::new(), actor("lea")).await.unwrap();
    assert_eq!(none, Err(NotDecided::ReasonsMissing));
    let why = "C’est une opinion.".to_owned();
    place.store.reject(&nantes(), waiting[0].number, why.clone(), actor("lea")).await.unwrap().unwrap();
    let followed = place.store.followed(&nantes(), key("notice")).await.unwrap().unwrap();
    let ComplaintState::Closed(closed) = followed.state else { panic!("it is answered") };
    assert_eq!((closed.upheld, closed.answer), (false, why));
}

#[tokio::test]
async fn l50_a_notice_waits_on_while_its_post_is_pinned() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    let notice = NewComplaint::notice(place.id("a"), "illegal", "Voici pourquoi.", "ana@exemple.fr", true).unwrap();
    place.store.complain(&nantes(), notice, key("notice"), "192.0.2.9", true).await.unwrap();
    decide(&place, Measure::Pin, "a").await.unwrap();
    assert_eq!(place.store.followed(&nantes(), key("notice")).await.unwrap().unwrap().state, ComplaintState::Open);
}

#[tokio::test]
async fn l50_whoever_decided_does_not_pass_an_appeal_by_another_measure() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    place.store.decide(&nantes(), new(&place, Measure::Hide, "a"), String::new(), actor("lea")).await.unwrap().unwrap();
    let appeal = NewComplaint::appeal(place.id("a"), 1, Motive::Illegal, "Mais non.", "").unwrap();
    place.store.complain(&nantes(), appeal, key("appeal"), "192.0.2.9", true).await.unwrap();
    let fold = |by: &'static str| {
        let (store, new) = (place.store.clone(), new(&place, Measure::Fold, "a"));
        async move { store.decide(&nantes(), new, "Replié.".into(), actor(by)).await.unwrap() }
    };
    assert_eq!(fold("lea").await, Err(NotDecided::OwnDecision));
    assert_eq!(place.store.followed(&nantes(), key("appeal")).await.unwrap().unwrap().state, ComplaintState::Open);
    assert_eq!(fold("zoe").await, Ok(2), "somebody else may find a fold to be enough");
    let followed = place.store.followed(&nantes(), key("appeal")).await.unwrap().unwrap();
    let ComplaintState::Closed(closed) = followed.state else { panic!("it is answered") };
    assert_eq!((closed.by, closed.answer.as_str()), (actor("zoe"), "Replié."));
}

#[tokio::test]
async fn l50_who_complained_reads_what_was_decided_and_an_appeal_is_for_somebody_else() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    let notice = NewComplaint::notice(place.id("a"), "illegal", "Voici pourquoi.", "ana@exemple.fr", true).unwrap();
    let taken = place.store.complain(&nantes(), notice, key("notice"), "192.0.2.1", true).await.unwrap();
    assert_eq!(taken, Complained::Taken);
    let followed = |text: &'static str| {
        let store = place.store.clone();
        async move { store.followed(&nantes(), key(text)).await.unwrap() }
    };
    assert_eq!(followed("notice").await.unwrap().state, ComplaintState::Open);
    assert!(place.store.followed(&tours(), key("notice")).await.unwrap().is_none(), "of its own city");
    let hide = new(&place, Measure::Hide, "a");
    place.store.decide(&nantes(), hide, "C'est fait.".into(), actor("lea")).await.unwrap().unwrap();
    let ComplaintState::Closed(closed) = followed("notice").await.unwrap().state else { panic!("it is answered") };
    assert_eq!((closed.upheld, closed.decision, closed.answer.as_str()), (true, Some(1), "C'est fait."));

    let appeal = |number| NewComplaint::appeal(place.id("a"), number, Motive::Illegal, "Mais non.", "").unwrap();
    let sent = place.store.complain(&nantes(), appeal(1), key("appeal"), "192.0.2.9", true).await.unwrap();
    assert_eq!(sent, Complained::Taken);
    let again = place.store.complain(&nantes(), appeal(1), key("appeal2"), "192.0.2.9", true).await.unwrap();
    assert_eq!(again, Complained::Again);
    assert_eq!(
        place.store.complain(&nantes(), appeal(7), key("appeal3"), "192.0.2.9", true).await.unwrap(),
        Complained::NotFound
    );
    let number = place.store.complaints(&nantes(), 0, 10).await.unwrap().complaints[0].number;
    // Whoever decided decides neither way.
    let own = place.store.reject(&nantes(), number, String::new(), actor("lea")).await.unwrap();
    assert_eq!(own, Err(NotDecided::OwnDecision));
    assert_eq!(lift(&place, 1, Ending::Appeal, "lea").await, Err(NotDecided::OwnDecision));
    assert_eq!(lift(&place, 1, Ending::Appeal, "zoe").await, Ok(1));
    let ComplaintState::Closed(closed) = followed("appeal").await.unwrap().state else { panic!("it is answered") };
    assert!(closed.upheld && closed.by == actor("zoe"));
    assert_eq!(place.texts().await, ["a"]);
    // Afterwards all of it goes.
    place.store.retain(after_s(91 * DAY_S), Retention::from_days(30)).await.unwrap();
    assert!(followed("notice").await.is_none() && gone(&place, "ana@exemple.fr").await);
}

/// L-40 over random histories: what a moderator reads, citizens read too, or it waits for a moderator, or one decided on it.
#[tokio::test]
async fn l40_a_moderator_reads_nothing_more_than_citizens_but_what_waits_and_what_was_decided() {
    let seed = std::env::var("PARVIS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let mut rng = fastrand::Rng::with_seed(seed);
    let place = Place::new().await;
    let names: Vec<String> = (0..12).map(|number| format!("n{number}")).collect();
    let (mut read, mut hidden) = (0, 0);
    for step in 0..400 {
        let name = &names[rng.usize(0..names.len())];
        let by = profile(&format!("p{}", rng.u8(0..4)));
        let tier = (rng.u8(0..4) > 0).then_some(Tier::Public);
        match rng.u8(0..10) {
            0..=3 => {
                let mut draft = draft(&place, name).by(&by).tier(tier).revision(&format!("{step:06}"));
                if rng.bool() {
                    draft = draft.in_thread(place.id(&names[rng.usize(0..names.len())]));
                }
                place.commit(vec![draft.upsert()]).await;
            }
            4 => drop(place.commit(vec![delete(name)]).await),
            5 => drop(place.commit(vec![hide(&place, name, rng.bool())]).await),
            6 => {
                let verdict = [AuthorVerdict::Show, AuthorVerdict::Hide][rng.usize(0..2)];
                place.commit(vec![author(by, verdict)]).await;
            }
            7 | 8 => {
                let measure = [Measure::Hide, Measure::Fold, Measure::Admit, Measure::BlockAuthor][rng.usize(0..4)];
                let _refused = decide(&place, measure, name).await;
            }
            _ => {
                let number = rng.i64(1..=place.store.decisions(&nantes(), last(1)).await.unwrap().len() as i64 + 40);
                let _refused = lift(&place, number, Ending::Lifted, "zoe").await;
            }
        }
        for name in &names {
            let id = place.id(name);
            let Some(seen) = place.store.moderated(&nantes(), id).await.unwrap() else { continue };
            let is_shown = place.store.card(&nantes(), id).await.unwrap().is_some();
            let decisions = place.store.decisions_on(&nantes(), id).await.unwrap();
            let is_decided = decisions.iter().any(|it| it.ended.is_none() && it.measure.restricts());
            assert!(is_shown || seen.standing == Standing::Queued || is_decided, "seed {seed}, step {step}: {seen:?}");
            (read, hidden) = (read + 1, hidden + usize::from(is_decided && !is_shown));
        }
    }
    assert!(read > 500 && hidden > 50, "{read} {hidden}: too little happened");
}

fn last(limit: usize) -> DecisionQuery {
    DecisionQuery { before: None, limit }
}

#[tokio::test]
async fn a7_every_decision_is_a_line_of_the_desks_log() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    decide(&place, Measure::Fold, "a").await.unwrap();
    block_word(&place, "marimbaphone").await.unwrap();
    lift(&place, 1, Ending::Lifted, "zoe").await.unwrap();
    report(&place, "a", "192.0.2.1", true).await;
    let number = place.store.complaints(&nantes(), 0, 10).await.unwrap().complaints[0].number;
    place.store.reject(&nantes(), number, String::new(), actor("zoe")).await.unwrap().unwrap();
    let lines = place.store.audit(&nantes(), None, 100).await.unwrap();
    let said: Vec<String> =
        lines.iter().rev().map(|line| format!("{} {} {}", line.actor, line.act, line.reason)).collect();
    assert_eq!(
        said,
        ["lea fold unrelated", "lea block_word abuse", "zoe lift lifted", "zoe complaint_rejected report"]
    );
    assert!(lines.iter().all(|line| !line.subject.contains("marimbaphone")));
}

/// The place as it is after its copy was put back at that time.
async fn put_back(place: Place, copy: &std::path::Path, at: Timestamp) -> Place {
    place.store.close().await.unwrap();
    let clock = Arc::new(ManualClock::new(at));
    let options = StoreOptions { entropy: Some([7; 32]), ..StoreOptions::new(clock) };
    restore(&url_of(&place.folder), copy, true, options, |_, _| {}).await.unwrap();
    let place = Place::within(place.folder).await;
    let ask = ["ana", "bob", "cleo", "dora"].map(|name| author(profile(name), AuthorVerdict::Show));
    place.commit(ask.into()).await;
    place
}

async fn with_copy() -> (Place, std::path::PathBuf) {
    let place = Place::new().await;
    for (name, author) in [("a", "ana"), ("b", "bob"), ("c", "cleo"), ("d", "dora")] {
        place.ops(draft(&place, name).by(&profile(author)).upsert()).await;
    }
    for name in ["c", "d"] {
        decide(&place, Measure::Hide, name).await.unwrap();
    }
    let copy = place.folder.path().join("backup");
    backup(&url_of(&place.folder), &copy, NOON, |_, _| {}).await.unwrap();
    (place, copy)
}

#[tokio::test]
async fn d9_what_was_hidden_or_blocked_since_a_backup_stays_so_when_it_is_put_back() {
    let (place, copy) = with_copy().await;
    decide(&place, Measure::Hide, "a").await.unwrap();
    decide(&place, Measure::BlockAuthor, "b").await.unwrap();
    lift(&place, 1, Ending::Lifted, "lea").await.unwrap();
    // One that is not even held any more, and comes again.
    place.commit(vec![Change::Unplace { post: place.id("d"), city: nantes() }]).await;
    lift(&place, 2, Ending::Lifted, "lea").await.unwrap();
    let place = put_back(place, &copy, NOON).await;
    for (name, author) in [("e", "bob"), ("d", "dora")] {
        place.ops(draft(&place, name).by(&profile(author)).upsert()).await;
    }
    assert_eq!(place.texts().await, ["d", "c"]);
    let log = place.store.decisions(&nantes(), DecisionQuery { limit: 10, before: None }).await.unwrap();
    let standing: Vec<_> = log.iter().filter(|line| line.ended.is_none()).collect();
    assert_eq!(standing.len(), 2, "{log:?}");
    assert!(standing.iter().all(|line| line.motive == Motive::Lost && line.is_automatic()), "{log:?}");
}

#[tokio::test]
async fn d9_what_was_hidden_for_a_time_is_hidden_that_long_when_a_backup_is_put_back() {
    for (at, shown) in [(NOON, vec![]), (after_s(60), vec!["b", "a"])] {
        let (place, copy) = with_copy().await;
        let until = Some(after_s(60));
        for (measure, post) in [(Measure::Hide, "a"), (Measure::BlockAuthor, "b")] {
            let new = NewDecision { until, ..new(&place, measure, post) };
            place.store.decide(&nantes(), new, String::new(), actor("lea")).await.unwrap().unwrap();
        }
        let place = put_back(place, &copy, at).await;
        assert_eq!(place.texts().await, shown);
        place.store.retain(after_s(60), Retention::from_days(30)).await.unwrap();
        assert_eq!(place.texts().await, ["b", "a"], "put back at {}", at.to_rfc3339());
    }
}

#[tokio::test]
async fn l40_what_is_hidden_without_a_decision_of_its_city_is_not_for_its_moderators_to_read() {
    let place = Place::new().await;
    in_both(&place, "a").await;
    place.ops(draft(&place, "b").by(&profile("bob")).in_thread(place.id("a")).upsert()).await;
    let read = |post: &'static str| {
        let (store, id) = (place.store.clone(), place.id(post));
        async move { store.moderated(&nantes(), id).await.unwrap().map(|seen| seen.standing) }
    };
    assert_eq!((read("a").await, read("b").await), (Some(Standing::Shown), Some(Standing::Shown)));
    decide(&place, Measure::Hide, "a").await.unwrap();
    assert_eq!((read("a").await, read("b").await), (Some(Standing::Hidden), None), "the reply goes with its thread");
    lift(&place, 1, Ending::Lifted, "lea").await.unwrap();
    place.ops(hide(&place, "a", true)).await;
    assert_eq!((read("a").await, read("b").await), (None, None), "the operator's is the operator's");
}
