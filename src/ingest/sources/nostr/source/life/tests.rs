use super::*;
use crate::demo::nostr::{Draft, SignedEvent, pubkey};

const NOW: u64 = 1_795_600_000;
const SINCE: u64 = NOW - 3_600;
const DELETIONS_SINCE: u64 = NOW - 1_800;

fn since() -> Since {
    Since { posts: time(SINCE), deletions: time(DELETIONS_SINCE), gap: None }
}

/// One connection, with what was said and told so far.
struct Talk {
    memory: Memory,
    withdrawn: Withdrawn,
    reading: Reading,
}

impl Talk {
    fn new() -> Self {
        let reading = Reading { relay: Some("wss://relay.example".into()), ..Reading::default() };
        Self { memory: Memory::default(), withdrawn: Withdrawn::default(), reading }
    }

    fn life(&mut self, answer: usize) -> Life<'_> {
        let filters = vec![json!({"kinds": [1], "#t": ["nantes"]}), json!({"kinds": [1], "#g": ["gbquu8"]})];
        let limits = Limits { answer, ..Limits::default() };
        Life::new(&mut self.memory, &self.withdrawn, &self.reading, limits, filters, &since())
    }
}

fn shown(steps: Vec<Step>) -> Vec<String> {
    let one = |step| match step {
        Step::Ask(question) => question,
        Step::Tell(Event::Post(post)) => format!("post {}", post.text),
        Step::Tell(Event::Unreadable(reason)) => format!("unreadable {}", reason.as_str()),
        Step::Tell(Event::Gap(gap)) => format!(
            "gap {} {}",
            gap.from.seconds_since(time(0)).cast_unsigned(),
            gap.until.seconds_since(time(0)).cast_unsigned()
        ),
        Step::Tell(event) => event.kind().to_owned(),
        Step::Reached => "reached".into(),
        Step::Note(note) => format!("note {note}"),
        Step::End(error) => format!("end {error:?}"),
    };
    steps.into_iter().map(one).collect()
}

fn event(subscription: &str, event: &SignedEvent) -> String {
    format!(r#"["EVENT","{subscription}",{}]"#, event.json())
}

fn note(by: &str, at: u64, text: &str) -> SignedEvent {
    Draft::new(by, at, NOTE, &[&["t", "nantes"]], text).sign()
}

impl Life<'_> {
    fn said(&mut self, frame: &str) -> Vec<String> {
        shown(self.hear(frame.as_bytes(), NOW))
    }

    /// All stored answers end at once.
    fn with_nothing_stored(mut self) -> Self {
        for name in ["q0", "q1", DELETIONS] {
            self.said(&format!(r#"["EOSE","{name}"]"#));
        }
        assert!(self.is_live);
        self
    }
}

#[test]
fn the_questions_are_what_the_cities_ask_for_and_all_deletions() {
    let mut talk = Talk::new();
    let life = talk.life(50);
    let asked: Vec<Value> = shown(life.begin()).iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    assert_eq!(
        asked,
        [
            json!(["REQ", "q0", {"kinds": [1], "#t": ["nantes"], "since": SINCE, "limit": 50}]),
            json!(["REQ", "q1", {"kinds": [1], "#g": ["gbquu8"], "since": SINCE, "limit": 50}]),
            json!(["REQ", "gone", {"kinds": [5, 62], "since": DELETIONS_SINCE, "limit": 50}]),
        ]
    );
}

#[test]
fn d1_nothing_moves_the_position_before_every_stored_answer_was_read_to_its_end() {
    let mut talk = Talk::new();
    let mut life = talk.life(2);
    let (one, two, three) =
        (note("ana", NOW - 10, "un"), note("bob", NOW - 20, "deux"), note("bob", NOW - 30, "trois"));
    assert_eq!(life.said(&event("q0", &one)), ["post un"]);
    assert_eq!(life.said(&event("q0", &two)), ["post deux"]);
    assert_eq!(life.said(r#"["EOSE","q1"]"#), Vec::<String>::new());
    // What came may have been cut: the page before it is asked for, and again until nothing new comes.
    let page = |until: u64| {
        format!(r##"["REQ","back",{{"#t":["nantes"],"kinds":[1],"limit":2,"since":{SINCE},"until":{until}}}]"##)
    };
    let same = |asked: &[String], expected: &[String]| {
        let json =
            |list: &[String]| list.iter().map(|text| serde_json::from_str::<Value>(text).unwrap()).collect::<Vec<_>>();
        assert_eq!(json(asked), json(expected));
    };
    let close = || r#"["CLOSE","back"]"#.to_owned();
    same(&life.said(r#"["EOSE","q0"]"#), &[page(NOW - 20)]);
    assert_eq!(life.said(&event("back", &two)), Vec::<String>::new(), "it was told");
    assert_eq!(life.said(&event("back", &three)), ["post trois"]);
    assert_eq!(life.said(r#"["EOSE","gone"]"#), Vec::<String>::new());
    assert!(life.awaits());
    same(&life.said(r#"["EOSE","back"]"#), &[close(), page(NOW - 30)]);
    life.said(&event("back", &three));
    let last = life.said(r#"["EOSE","back"]"#);
    assert_eq!((&last[0], last[1].as_str()), (&close(), "reached"));
    assert!(!life.awaits() && last[2].contains(&pubkey("ana")) && last[2].contains(&three.id), "{last:?}");
    // From here on each event moves it.
    assert_eq!(life.said(&event("q0", &note("ana", NOW + 1, "quatre"))), ["post quatre", "reached"]);
    assert_eq!(life.said(r#"["EOSE","q0"]"#), Vec::<String>::new(), "said twice");
    assert_eq!(life.said(r#"["EOSE","about"]"#), ["reached"]);
}

#[test]
fn h5_what_is_not_proven_is_counted_and_of_no_consequence() {
    let mut talk = Talk::new();
    let mut life = talk.life(50).with_nothing_stored();
    let good = note("ana", NOW, "vrai");
    let forged = SignedEvent { content: "faux".into(), ..good.clone() };
    let deletion = Draft::new("ana", NOW, DELETION, &[&["e", &good.id]], "").sign();
    let forged_deletion = SignedEvent { pubkey: pubkey("bob"), ..deletion.clone() };
    for frame in [event("q0", &forged), event("gone", &forged_deletion)] {
        assert_eq!(life.said(&frame), ["unreadable bad_signature"]);
    }
    // That a false one came under its id takes nothing from the true one.
    assert_eq!(life.said(&event("q0", &good)), ["post vrai", "reached"]);
    for (frame, told) in [("", "malformed"), ("hello", "malformed"), (r#"["EVENT","q0",{}]"#, "malformed")] {
        assert_eq!(life.said(frame), [format!("unreadable {told}")]);
    }
}

#[test]
fn l15_what_was_taken_back_stays_away_whichever_relay_brings_it() {
    let mut talk = Talk::new();
    let (gone, kept) = (note("ana", NOW, "parti"), note("bob", NOW, "resté"));
    let deletion = Draft::new("ana", NOW + 1, DELETION, &[&["e", &gone.id], &["e", &kept.id]], "").sign();
    let mut life = talk.life(50).with_nothing_stored();
    assert_eq!(life.said(&event("gone", &deletion)), ["delete", "reached"]);
    assert_eq!(life.said(&event("q0", &gone)), ["unreadable deleted", "reached"]);
    assert_eq!(life.said(&event("q0", &kept)), ["post resté", "reached"], "only its author takes a post back");
    let mut other = Talk { withdrawn: talk.withdrawn.clone(), ..Talk::new() };
    assert_eq!(other.life(50).said(&event("q0", &gone)), ["unreadable deleted"]);
}

#[test]
fn l09_whoever_was_had_is_asked_about_soon_and_then_now_and_then() {
    let mut talk = Talk::new();
    let mut life = talk.life(50).with_nothing_stored();
    assert!(life.renew(NOW + 59).is_empty());
    let (one, event_of_a_calendar) =
        (note("ana", NOW, "un"), Draft::new("ville", NOW, TIME_EVENT, &[&["d", "x"]], "fête").sign());
    life.said(&event("q0", &one));
    life.said(&event("q0", &event_of_a_calendar));
    let about: Value = serde_json::from_str(&shown(life.renew(NOW + 60))[0]).unwrap();
    assert_eq!(about[1], ABOUT);
    assert_eq!(about[3]["authors"], json!([pubkey("ville"), pubkey("ana")]));
    assert_eq!((&about[4]["#e"], &about[4]["kinds"]), (&json!([one.id]), &json!([1, 5])));
    assert!(about[3]["kinds"].as_array().unwrap().contains(&0.into()) && about[3]["since"] == SINCE);
    assert!(life.renew(NOW + 120).is_empty(), "nothing new was had");
    let again: Value = serde_json::from_str(&shown(life.renew(NOW + 660))[0]).unwrap();
    assert_eq!(again[3]["since"], NOW + 60 - ABOUT_EVERY_S);
    let profile = Draft::new("ana", NOW, PROFILE, &[], r##"{"about":"#nobot"}"##).sign();
    assert_eq!(life.said(&event(ABOUT, &profile)), ["profile", "reached"]);
}

#[test]
fn h2_however_much_was_had_a_question_fits_the_relays_messages() {
    for message_bytes in [1_024, 4_096, 32 << 10, 256 << 10] {
        let mut talk = Talk::new();
        for number in 0..700 {
            talk.memory.authors.put(format!("{number:064}"));
            talk.memory.notes.put(format!("{number:064}"));
        }
        let limits = Limits { message_bytes, ..Limits::default() };
        let mut life = Life::new(&mut talk.memory, &talk.withdrawn, &talk.reading, limits, Vec::new(), &since());
        life.is_live = true;
        let asked = shown(life.renew(NOW));
        assert!(asked[0].len() <= message_bytes, "{} > {message_bytes}", asked[0].len());
    }
}

#[test]
fn l06_a_relay_that_declines_is_left_alone_and_says_why() {
    let closed = |reason: &str| {
        let mut talk = Talk::new();
        talk.life(50).said(&json!(["CLOSED", "q0", reason]).to_string()).remove(0)
    };
    for (reason, expected) in [
        ("auth-required: we only serve friends", "Refused { reason: \"the relay lets only those read who sign in"),
        (
            "restricted: paying members only",
            "Refused { reason: \"the relay declines: restricted: paying members only\", after: None",
        ),
        ("blocked: you", "Refused"),
        ("rate-limited: slow down", "after: Some(60s)"),
        ("error: could not connect to the database", "Retry { reason: \"the relay ended a subscription: error: could"),
        ("", "Retry { reason: \"the relay ended a subscription: no reason given"),
        ("\u{7}\n\n  a \u{0}b", "Retry { reason: \"the relay ended a subscription: a b\""),
    ] {
        assert!(closed(reason).contains(expected), "{reason}: {}", closed(reason));
    }
    assert!(closed(&format!("error: {}", "x".repeat(9_999))).len() < 300);
}

#[test]
fn a_relay_that_takes_fewer_questions_than_it_says_is_asked_fewer() {
    for frame in [
        r#"["NOTICE","rejected: too many subscriptions"]"#,
        r#"["CLOSED","q1","rate-limited: too many concurrent REQs"]"#,
        r#"["CLOSED","gone","error: Too many subscriptions"]"#,
    ] {
        let mut talk = Talk::new();
        let filters = (0..9).map(|_| json!({})).collect();
        let limits = Limits::default();
        let mut life = Life::new(&mut talk.memory, &talk.withdrawn, &talk.reading, limits, filters, &since());
        assert!(life.said(frame)[0].contains("Retry"), "{frame}");
        assert_eq!(talk.memory.subscriptions, Some(6));
        let mut life =
            Life::new(&mut talk.memory, &talk.withdrawn, &talk.reading, Limits::default(), vec![json!({})], &since());
        assert!(life.said(frame)[0].contains("Refused"), "fewer there are none");
    }
}

#[test]
fn what_is_not_told_beside_the_questions_is_noted_and_no_end() {
    let mut talk = Talk::new();
    let mut life = talk.life(50);
    life.said(r#"["EOSE","q0"]"#);
    life.said(r#"["EOSE","q1"]"#);
    let said = life.said(r#"["CLOSED","gone","error: kinds alone are not taken"]"#);
    assert!(
        said[0].starts_with("note the relay tells deletions only author by author") && said[1] == "reached",
        "{said:?}"
    );
    assert!(life.said(r#"["CLOSED","about","error: no"]"#)[0].starts_with("note"));
    assert_eq!(life.said(r#"["NOTICE","bonjour"]"#), ["note the relay says: bonjour"]);
    (0..5).for_each(|_| drop(life.said(r#"["NOTICE","encore"]"#)));
    assert!(life.said(r#"["NOTICE","sans fin"]"#).is_empty());
    for nothing in [r#"["AUTH","x"]"#, r#"["OK","",false,"invalid: "]"#, r#"["EOSE","unknown"]"#, r#"["COUNT","x",{}]"#]
    {
        assert!(life.said(nothing).is_empty(), "{nothing}");
    }
}

#[test]
fn d2_what_a_relay_will_not_give_is_told_as_a_gap() {
    let mut talk = Talk::new();
    let mut life = talk.life(1);
    let one = note("ana", NOW - 10, "un");
    life.said(&event("q0", &one));
    life.said(r#"["EOSE","q0"]"#);
    // The same again: it does not know `until`, or has more of that second than it gives.
    life.said(&event("back", &one));
    let said = life.said(r#"["EOSE","back"]"#);
    assert_eq!(said[1], format!("gap {} {}", NOW - 10, NOW - 9));
}
