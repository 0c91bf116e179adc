//! A flood through the real pipeline, who is told of it by real servers, and when.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use standardwebhooks::Webhook as Foreign;
use tempfile::TempDir;

use super::super::past;
use super::*;
use crate::clock::{Clock, ManualClock, SystemClock};
use crate::config::MailSettings;
use crate::consent::Policy;
use crate::demo::frames::Stage;
use crate::demo::player::{self, Performance, Player};
use crate::demo::script::Scripts;
use crate::demo::world::SharedWorld;
use crate::demo::{Rate, appview};
use crate::domain::alert::{AlertDesk, Kind, OnDuty, Unsent, Webhook, alert_id};
use crate::domain::desk::{Fact, Spoken, Voice};
use crate::domain::{
    AuthorId, AuthorProfile, CityId, Event, Journal, NativeId, Network, Observation, OfficeHours, RawPost, SecretPlace,
    SourceId, SubjectHash,
};
use crate::ingest::sources::{decoder, profiles_from_file};
use crate::ingest::{Decode, Outbound};
use crate::intake::{Answer, Authors, Intake, KnownPosts};
use crate::matcher::CitySet;
use crate::notify::mail::Mailer;
use crate::pipeline;
use crate::store::{self, StoreOptions};

/// Two in the afternoon in Paris, on a Tuesday; within the hours of duty.
const START: &str = "2026-11-24T13:00:00Z";
const DAY_S: i64 = 86_400;
const SECRET: &str = "whsec_cGFydmlzLWNhbmFyeS1zZWNyZXQtb25l";

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn city() -> City {
    let file = "name = \"Nantes\"\nlanguages = [\"fr\"]\n[recipe]\nhashtags = [\"nantes\"]\nassembly = [\"manif44\"]\n\
        [desk]\nduty = \"mon-fri 09:00-17:00\"\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nantes.toml");
    std::fs::write(&path, file).unwrap();
    crate::config::read_city(&path).unwrap().0
}

/// A pipeline, a store that has counted three posts an hour for four weeks, and the look of each minute.
struct Town {
    alerts: Alerts,
    clock: Arc<ManualClock>,
    intake: Intake,
    said: u64,
    folder: TempDir,
}

impl Town {
    async fn new(city: City, mail: &MailSettings, private: bool) -> Self {
        Self::starting(city, mail, private, at(START)).await
    }

    async fn starting(city: City, mail: &MailSettings, private: bool, start: Timestamp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(start));
        let store = open(&folder, &clock).await;
        let cities = Arc::new(CitySet::compile([city.clone()]));
        let authors = Authors::new(store.id_key(), [], Default::default());
        let intake = Intake::new(store.id_key(), Policy::Standard, cities, KnownPosts::default(), authors);
        let mut town = Self { alerts: alerts(store, city, mail, private, &clock), clock, intake, said: 0, folder };
        town.say(1, "tiens #nantes").await;
        town.count_past().await;
        town
    }

    /// Four weeks in which three posts came in each hour, up to the midnight before.
    async fn count_past(&self) {
        let calendar = Calendar::new("Europe/Paris");
        let day = |at: Timestamp| calendar.bucket(crate::domain::desk::Width::Day, at).unwrap().start;
        let until = day(self.clock.now());
        let since = day(until.plus_seconds(-28 * DAY_S));
        let spoken = |number: i64| Spoken {
            at: since.plus_seconds(number * 1_200),
            voice: Voice::People,
            fact: Fact { who: SubjectHash(number as u64), assembly: false, values: Vec::new() },
        };
        let said = (0..28 * 24 * 3).map(spoken).collect();
        self.alerts.store.count_past(CityId::new("nantes"), calendar, (since, until), said).await.unwrap();
    }

    /// So many people say this now, through the whole pipeline.
    async fn say(&mut self, people: u64, text: &str) {
        let now = self.clock.now();
        for _ in 0..people {
            self.said += 1;
            let raw = raw(&format!("p{}", self.said), text, now);
            let observation = Observation {
                source: SourceId::new("bluesky"),
                network: Network::Bluesky,
                checkpoint: None,
                sent_at: Some(now),
                event: Event::Post(Box::new(raw)),
            };
            pipeline::observe(&mut self.intake, observation, now);
            for (network, author) in std::mem::take(&mut self.intake.questions) {
                let profile = AuthorProfile { checked_at: Some(now), ..AuthorProfile::assumed(author, network) };
                pipeline::answered(&mut self.intake, Answer::Found(Box::new(profile)), now);
            }
        }
        self.alerts.store.commit(Arc::new(self.intake.take_batch())).await.unwrap();
    }

    /// A minute passes, and the city is looked at.
    async fn minute(&self) {
        self.pass(60).await;
    }

    async fn pass(&self, seconds: i64) {
        self.clock.set(self.clock.now().plus_seconds(seconds));
        self.alerts.look_at_all(self.clock.now()).await;
    }

    async fn send(&self) {
        self.alerts.send_all(self.clock.now()).await;
    }

    async fn given(&self) -> Vec<(Kind, Option<u64>)> {
        let alerts = self.alerts.store.alerts(&CityId::new("nantes"), None, 100).await.unwrap();
        alerts.into_iter().map(|past| (past.alert.kind, past.alert.authors)).collect()
    }

    async fn unsent(&self) -> Vec<Unsent> {
        self.alerts.store.unsent(&CityId::new("nantes"), at("2026-01-01T00:00:00Z")).await.unwrap()
    }

    /// The process ends and begins anew, on the same database.
    async fn restart(&mut self) {
        self.alerts.store.close().await.unwrap();
        self.alerts.store = open(&self.folder, &self.clock).await;
    }
}

async fn open(folder: &TempDir, clock: &Arc<ManualClock>) -> Store {
    let options = StoreOptions { entropy: Some([7; 32]), ..StoreOptions::new(clock.clone()) };
    store::open(&format!("sqlite://{}", folder.path().join("a.db").display()), options, None).await.unwrap()
}

fn alerts(store: Store, city: City, mail: &MailSettings, private: bool, clock: &Arc<ManualClock>) -> Alerts {
    let directory = CityDirectory { cities: vec![Arc::new(city)], broken: Vec::new() };
    Alerts {
        store,
        directory: Arc::new(ArcSwap::from_pointee(directory)),
        clock: clock.clone(),
        pace: Pace::LIFE,
        sender: Sender {
            mailer: Mailer::new(mail, "https://parvis.example"),
            outbound: Outbound::new("", private).unwrap(),
            public_url: "https://parvis.example".into(),
        },
        shutdown: Shutdown::new(),
    }
}

fn raw(author: &str, text: &str, now: Timestamp) -> RawPost {
    let bare = RawPost::bare(AuthorId::new(author), NativeId::new(author), text, now);
    RawPost { languages: vec!["fr".into()], revision: "1".into(), ..bare }
}

#[tokio::test]
async fn feature_14_a_flood_through_the_pipeline_is_told_within_ten_minutes_and_once_whatever_happens_to_the_process() {
    let mut town = Town::new(city(), &MailSettings::default(), true).await;
    town.minute().await;
    assert_eq!(town.given().await, []);
    // Four people a minute.
    let mut minutes = 0;
    while town.given().await.is_empty() {
        minutes += 1;
        assert!(minutes <= 10, "nothing is told after ten minutes");
        town.say(4, "l'eau monte quai de la Fosse #nantes").await;
        town.minute().await;
    }
    let authors = town.given().await[0].1.unwrap();
    assert!((15..=40).contains(&authors), "{authors} people after {minutes} minutes");
    for _ in 0..5 {
        town.restart().await;
        town.say(4, "l'eau monte #nantes").await;
        town.minute().await;
        assert_eq!(town.given().await.len(), 1, "one event is one alert");
    }
    // It is calm for six hours: the event is over, and the next is another.
    for _ in 0..8 {
        town.pass(3_600).await;
    }
    assert_eq!(town.alerts.store.event(&CityId::new("nantes")).await.unwrap(), None);
    let past = town.alerts.store.alerts(&CityId::new("nantes"), None, 9).await.unwrap();
    assert!(past[0].ended_at.is_some_and(|ended| ended > past[0].alert.at), "{past:?}");
    town.say(60, "encore #nantes").await;
    town.minute().await;
    assert_eq!(town.given().await.len(), 2);
}

/// Nantes as it is shipped, and what the demonstration plays of it.
struct Played {
    intake: Intake,
    decoder: Box<dyn Decode>,
    stage: Stage,
    world: SharedWorld,
}

impl Played {
    fn take_in(&mut self, event: &player::Event, now: Timestamp) {
        if let Some(frame) = self.stage.perform(event, now) {
            pipeline::observe(&mut self.intake, self.decoder.decode(frame.as_bytes()), now);
        }
        for (network, author) in std::mem::take(&mut self.intake.questions) {
            let view = self.world.lock().visible(author.as_str()).map(appview::profile);
            let profile = view.and_then(|view| profiles_from_file(network, &view.to_string(), now).unwrap().pop());
            let answer = profile.map_or(Answer::Unknown(network, author), |profile| Answer::Found(Box::new(profile)));
            pipeline::answered(&mut self.intake, answer, now);
        }
    }
}

/// How many seconds after its start the demonstration of a rate gives its alerts, and of how many people, in so many minutes: its
/// posts are taken in and its minutes looked at as `demo` and `watch` do.
async fn given_while_played(rate: Rate, minutes: i64) -> Vec<(i64, Option<u64>)> {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/cities/nantes.toml");
    let city = crate::config::read_city(&file).unwrap().0;
    let (start, folder) = (at(START), tempfile::tempdir().unwrap());
    let clock = Arc::new(ManualClock::new(start));
    let store = open(&folder, &clock).await;
    let cities = Arc::new(CitySet::compile([city.clone()]));
    let authors = Authors::new(store.id_key(), [], Default::default());
    let intake = Intake::new(store.id_key(), Policy::Standard, cities, KnownPosts::default(), authors);
    let world = SharedWorld::default();
    let stage = Stage::new(world.clone());
    let mut played = Played { intake, decoder: decoder(Network::Bluesky).unwrap(), stage, world };
    let mut player = Player::new(&Scripts::load().unwrap(), 7, rate, start);
    while let Some(event) = player.next_until(start) {
        played.take_in(&event, event.at);
    }
    store.commit(Arc::new(played.intake.take_batch())).await.unwrap();
    past::count(&store, &played.intake, rate, 7, start.plus_seconds(-DAY_S)).await.unwrap();

    let speed = rate.default_speed();
    let pace = Pace::times(speed as u32);
    let looking = Alerts { pace, ..alerts(store, city, &MailSettings::default(), true, &clock) };
    let mut performance = Performance::new(player, rate, speed, start);
    let mut due = performance.next_due();
    for minute in 1..=minutes {
        while let Some((seconds, event)) = due.take_if(|(seconds, _)| *seconds < (minute * 60) as f64) {
            clock.set(start.plus_seconds(seconds as i64));
            played.take_in(&event, clock.now());
            due = performance.next_due();
        }
        clock.set(start.plus_seconds(minute * 60));
        looking.store.commit(Arc::new(played.intake.take_batch())).await.unwrap();
        looking.look_at_all(clock.now()).await;
    }
    let given = looking.store.alerts(&CityId::new("nantes"), None, 100).await.unwrap();
    given.into_iter().map(|past| (past.alert.at.seconds_since(start), past.alert.authors)).collect()
}

#[tokio::test]
async fn feature_14_the_demonstration_of_a_metropole_gives_an_alert_some_minutes_after_its_start_and_of_a_town_none() {
    let given = given_while_played(Rate::Metropole, 6).await;
    assert!(matches!(given.as_slice(), [(60..=300, Some(15..))]), "{given:?}");
    assert_eq!(given_while_played(Rate::Ville, 6).await, []);
}

#[tokio::test]
async fn l42_an_assembly_through_the_pipeline_gives_no_alert() {
    let mut town = Town::new(city(), &MailSettings::default(), true).await;
    for _ in 0..10 {
        town.say(6, "tous place Royale #nantes #manif44").await;
        town.minute().await;
    }
    assert_eq!(town.given().await, []);
    town.say(60, "l'eau monte #nantes").await;
    town.minute().await;
    assert_eq!(town.given().await, [(Kind::Unusual, Some(60))], "the same of others does");
}

/// A mail server that is not ours; `None` where it is not installed.
struct MailServer {
    port: u16,
    lines: mpsc::Receiver<String>,
    child: Child,
    _stdin: ChildStdin,
}

impl MailServer {
    fn start() -> Option<Self> {
        let Some(python) = std::env::var_os("AIOSMTPD_PYTHON") else {
            println!("AIOSMTPD_PYTHON is not set: the foreign mail server is not run here");
            return None;
        };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/app/alerts/mail_server.py");
        let mut child = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut read = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        read.read_line(&mut port).unwrap();
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || follow(read, &sender));
        Some(Self { port: port.trim().parse().unwrap(), lines, child, _stdin: stdin })
    }

    fn settings(&self) -> MailSettings {
        MailSettings {
            smtp: format!("smtp://127.0.0.1:{}", self.port),
            from: "Parvis <parvis@ville.example>".into(),
            ..MailSettings::default()
        }
    }

    /// What has come since the last time.
    fn taken(&self) -> Vec<Value> {
        let mut taken: Vec<Value> = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(300)) {
            taken.push(serde_json::from_str(&line).unwrap());
        }
        taken
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn follow(read: BufReader<ChildStdout>, sender: &mpsc::Sender<String>) {
    for line in read.lines().map_while(Result::ok) {
        if sender.send(line).is_err() {
            return;
        }
    }
}

fn with_mail(addresses: &[&str]) -> City {
    let mut city = city();
    city.on_duty.mail = addresses.iter().map(|address| (*address).to_owned()).collect();
    city
}

fn quoted_printable(content: &str) -> String {
    let joined = content.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let [first, others @ ..] = rest {
        let hex = (*first == b'=').then(|| others.get(..2)).flatten().and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &others[2..];
            }
            None => {
                bytes.push(*first);
                rest = others;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feature_14_mail_is_told_once_to_each_and_a_name_can_not_become_a_header() {
    let Some(server) = MailServer::start() else { return };
    let mut hostile = with_mail(&["veille@ville.example", "astreinte@ville.example"]);
    hostile.name = "Nantes\r\nBcc: evil@example.org\r\n\r\nbonjour".into();
    let mut town = Town::new(hostile, &server.settings(), true).await;
    town.say(45, "l'eau monte #nantes").await;
    town.minute().await;
    town.send().await;
    town.send().await;
    let mut taken = server.taken();
    taken.sort_by_key(|mail| mail["to"][0].to_string());
    assert_eq!(taken.len(), 2, "each once: {taken:?}");
    for (mail, to) in taken.iter().zip(["astreinte@ville.example", "veille@ville.example"]) {
        assert_eq!((&mail["from"], &mail["to"]), (&"parvis@ville.example".into(), &serde_json::json!([to])));
        let content = mail["content"].as_str().unwrap();
        let (headers, body) = content.split_once("\r\n\r\n").unwrap();
        assert!(!headers.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{headers}");
        let alert = town.alerts.store.alerts(&CityId::new("nantes"), None, 1).await.unwrap()[0].alert;
        let id = alert_id(&CityId::new("nantes"), &alert);
        assert!(headers.contains(&format!("Message-ID: <{id}@parvis.example>")), "{headers}");
        assert!(headers.contains(&format!("To: {to}")));
        let body = quoted_printable(body);
        for words in [
            "Le mardi 24 novembre 2026 à 14:01.",
            "46 messages d’habitants en une heure. 45 personnes au moins. D’habitude, un mardi vers 14\u{a0}h\u{a0}: 3.",
            "https://parvis.example/nantes",
            "https://parvis.example/desk/nantes",
        ] {
            assert!(body.contains(words), "{words} in {body}");
        }
    }
    assert_eq!(town.unsent().await, []);
    assert!(server.taken().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feature_14_a_refused_mail_is_tried_again_and_given_up_after_its_last_try() {
    let Some(server) = MailServer::start() else { return };
    let mut town =
        Town::new(with_mail(&["busy@ville.example", "nobody@ville.example"]), &server.settings(), true).await;
    town.say(45, "l'eau monte #nantes").await;
    town.minute().await;
    town.send().await;
    assert!(server.taken().is_empty());
    assert!(town.unsent().await[0].again_at.is_some(), "the desk says that it is tried again");
    town.restart().await;
    town.pass(59).await;
    town.send().await;
    assert!(server.taken().is_empty(), "not before its time");
    town.pass(1).await;
    town.send().await;
    let taken = server.taken();
    assert_eq!(taken.iter().map(|mail| &mail["to"][0]).collect::<Vec<_>>(), ["busy@ville.example"]);
    for _ in 0..200 {
        if town.unsent().await[0].again_at.is_none() {
            break;
        }
        town.pass(3_600).await;
        town.send().await;
    }
    assert_eq!(town.unsent().await.len(), 1);
    assert_eq!(town.unsent().await[0].again_at, None, "it is given up, and the desk says so");
    assert!(server.taken().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l74_outside_of_duty_nothing_is_sent_and_what_was_missed_is_told_at_its_next_beginning() {
    let Some(server) = MailServer::start() else { return };
    // Friday evening.
    let friday = at("2026-11-27T18:00:00+01:00");
    let mut town = Town::starting(with_mail(&["veille@ville.example"]), &server.settings(), true, friday).await;
    town.say(45, "l'eau monte #nantes").await;
    town.minute().await;
    assert_eq!(town.given().await.len(), 1, "on the page it stands at once");
    // It is over on Saturday; on Monday at half past eight something else begins.
    let monday = at("2026-11-30T08:30:00+01:00");
    while town.clock.now() < monday {
        town.pass(1_800).await;
        town.send().await;
    }
    town.say(60, "plus de tram #nantes").await;
    town.minute().await;
    town.send().await;
    assert_eq!(town.given().await.len(), 2);
    assert!(server.taken().is_empty(), "nobody is disturbed");
    assert_eq!(town.unsent().await, [], "and to wait is no failure");
    town.clock.set(at("2026-11-30T09:00:30+01:00"));
    town.send().await;
    town.send().await;
    let taken = server.taken();
    assert_eq!(taken.len(), 1, "once: {taken:?}");
    let body = quoted_printable(taken[0]["content"].as_str().unwrap());
    assert!(body.contains("60 personnes au moins."), "{body}");
    let over: Vec<&str> = body.lines().filter(|line| line.contains("sans pouvoir être dite plus tôt")).collect();
    assert_eq!(over.len(), 1, "{body}");
    assert!(over[0].contains("vendredi 27 novembre 2026 à 18:01"), "{over:?}");
}

/// Headers and a body.
type Request = (Vec<(String, String)>, Vec<u8>);

/// Answers requests with these in turn, and gives what came.
fn receiver(answers: Vec<u16>) -> (SocketAddr, mpsc::Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for status in answers {
            let (stream, _) = listener.accept().unwrap();
            let mut read = BufReader::new(stream.try_clone().unwrap());
            let (mut headers, mut line) = (Vec::new(), String::new());
            read.read_line(&mut line).unwrap();
            loop {
                line.clear();
                read.read_line(&mut line).unwrap();
                let Some((name, value)) = line.trim_end().split_once(": ") else { break };
                headers.push((name.to_ascii_lowercase(), value.to_owned()));
            }
            let length = headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse().unwrap();
            let mut body = vec![0; length];
            std::io::Read::read_exact(&mut read, &mut body).unwrap();
            let mut stream = stream;
            write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            sender.send((headers, body)).unwrap();
        }
    });
    (address, requests)
}

fn with_webhook(url: &str, folder: &TempDir) -> City {
    let file = folder.path().join("secret");
    std::fs::write(&file, SECRET).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut city = city();
    city.on_duty.hours = OfficeHours::parse("mon-sun 00:00-24:00").unwrap();
    city.on_duty.webhook = Some(Webhook { url: url.into(), secret: SecretPlace::File(file) });
    city
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feature_14_a_signed_request_is_verified_by_the_standards_own_library_and_is_the_same_when_it_comes_again() {
    let (address, requests) = receiver(vec![500, 302, 200]);
    let secrets = tempfile::tempdir().unwrap();
    // The library reads the system's clock.
    let city = with_webhook(&format!("http://{address}/alertes"), &secrets);
    let mut town = Town::starting(city, &MailSettings::default(), true, SystemClock.now()).await;
    town.say(45, "l'eau monte #nantes").await;
    town.minute().await;
    let mut ids = Vec::new();
    for pause in [60, 120, 300] {
        town.send().await;
        let (headers, body) = requests.recv_timeout(Duration::from_secs(5)).unwrap();
        let mut foreign = reqwest::header::HeaderMap::new();
        for (name, value) in headers.iter().filter(|(name, _)| name.starts_with("webhook-")) {
            let name = reqwest::header::HeaderName::from_bytes(name.as_bytes()).unwrap();
            foreign.insert(name, value.parse().unwrap());
        }
        Foreign::new(SECRET).unwrap().verify(&body, &foreign).unwrap();
        foreign.insert("webhook-id", "alert-other-1".parse().unwrap());
        assert!(Foreign::new(SECRET).unwrap().verify(&body, &foreign).is_err());
        ids.push(headers.iter().find(|(name, _)| name == "webhook-id").unwrap().1.clone());
        let said: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&said["type"], &said["data"]["alert"]["id"]), (&"alert".into(), &ids[0].as_str().into()));
        assert_eq!(said["data"]["alert"]["authors_at_least"], 45);
        town.pass(pause).await;
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    town.send().await;
    assert!(requests.recv_timeout(Duration::from_millis(300)).is_err(), "what was taken is not sent again");
    assert_eq!(town.unsent().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h4_a_webhook_leads_to_no_private_network() {
    let (address, requests) = receiver(vec![200]);
    let secrets = tempfile::tempdir().unwrap();
    let city = with_webhook(&format!("http://{address}/alertes"), &secrets);
    let mut town = Town::new(city, &MailSettings::default(), false).await;
    town.say(45, "l'eau monte #nantes").await;
    town.minute().await;
    town.send().await;
    assert!(requests.recv_timeout(Duration::from_millis(300)).is_err(), "nothing is connected to");
    assert!(town.unsent().await[0].again_at.is_some());
}

#[tokio::test]
async fn a6_without_its_secret_nothing_is_sent_and_who_is_listed_no_more_is_not_told() {
    let (address, requests) = receiver(vec![200]);
    let secrets = tempfile::tempdir().unwrap();
    let city = with_webhook(&format!("http://{address}/alertes"), &secrets);
    std::fs::remove_file(secrets.path().join("secret")).unwrap();
    let mut town = Town::new(city.clone(), &MailSettings::default(), true).await;
    town.say(45, "l'eau monte #nantes").await;
    town.minute().await;
    town.send().await;
    assert_eq!(town.unsent().await.len(), 1);
    let nobody = City { on_duty: OnDuty::default(), ..city };
    town.alerts.directory.store(Arc::new(CityDirectory { cities: vec![Arc::new(nobody)], broken: Vec::new() }));
    town.pass(60).await;
    town.send().await;
    assert_eq!(town.unsent().await, []);
    assert!(requests.recv_timeout(Duration::from_millis(300)).is_err());
}
