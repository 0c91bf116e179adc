use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use parvis::clock::{Clock, SystemClock};
use parvis::demo::appview::AppViewSimulator;
use parvis::demo::frames::facets;
use parvis::demo::frames::wire::{self, Commit, POST, PROFILE};
use parvis::demo::jetstream::JetstreamSimulator;
use parvis::demo::player::Persona;
use parvis::demo::world::{SharedWorld, StoredPost};
use parvis::shutdown::Shutdown;
use serde_json::{Value, json};

/// What happened, before an instance of the network has stamped it.
type Frame = Arc<dyn Fn(i64) -> String + Send + Sync>;

/// The simulated networks, and a hand that writes on them.
pub struct SimulatedNetwork {
    /// The first instance.
    pub jetstream: JetstreamSimulator,
    /// Every instance, with how much later than the first it stamps the same event, in microseconds.
    instances: Vec<(JetstreamSimulator, i64)>,
    pub appview: AppViewSimulator,
    pub world: SharedWorld,
    wire: Mutex<Wire>,
    shutdown: Shutdown,
}

/// The way from an event to the instances.
#[derive(Default)]
struct Wire {
    /// The last stamp given since the clock was put back.
    last: i64,
    /// The last time at which something was written.
    written: i64,
    /// How far the network's clock is ahead of ours, in microseconds.
    ahead: i64,
    /// While frames are kept back: what came, with its author.
    kept_back: Option<Vec<(String, Frame)>>,
    /// What was sent, newest last.
    sent: VecDeque<Frame>,
}

/// How far back [`SimulatedNetwork::rewind`] can reach.
const SENT_KEPT: usize = 1_000;

impl Wire {
    /// The network's time in microseconds, later than at every earlier call but for a clock that was put back.
    fn stamp(&mut self) -> i64 {
        self.last = (SystemClock.now().as_micros() + self.ahead).max(self.last + 1);
        self.last
    }

    fn send(&mut self, instances: &[(JetstreamSimulator, i64)], frame: Frame) {
        let stamp = self.stamp();
        for (instance, skew) in instances {
            instance.push(frame(stamp + skew));
        }
        if self.sent.len() == SENT_KEPT {
            self.sent.pop_front();
        }
        self.sent.push_back(frame);
    }
}

impl SimulatedNetwork {
    pub async fn start() -> Self {
        let shutdown = Shutdown::new();
        let world = SharedWorld::default();
        let jetstream = JetstreamSimulator::start(shutdown.clone()).await.unwrap();
        Self {
            instances: vec![(jetstream.clone(), 0)],
            jetstream,
            appview: AppViewSimulator::start(world.clone(), shutdown.clone()).unwrap(),
            world,
            wire: Mutex::default(),
            shutdown,
        }
    }

    /// A further instance of the network, which stamps the same events so much later. To be added before anything is
    /// written.
    pub async fn add_instance(&mut self, skew: Duration) -> JetstreamSimulator {
        let instance = JetstreamSimulator::start(self.shutdown.clone()).await.unwrap();
        self.instances.push((instance.clone(), i64::try_from(skew.as_micros()).unwrap()));
        instance
    }

    pub fn endpoints(&self) -> Vec<String> {
        self.instances.iter().map(|(instance, _)| instance.url()).collect()
    }

    /// Waits until the program listens: a first connection without a cursor hears only what comes after it.
    pub async fn is_heard(&self) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while self.jetstream.clients() == 0 {
            assert!(std::time::Instant::now() < deadline, "nobody connected");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Tells of something that `did` did.
    fn send(&self, did: &str, frame: impl Fn(i64) -> String + Send + Sync + 'static) {
        let mut wire = self.wire.lock().unwrap();
        match &mut wire.kept_back {
            Some(kept) => kept.push((did.to_owned(), Arc::new(frame))),
            None => wire.send(&self.instances, Arc::new(frame)),
        }
    }

    /// The time at which something is written: the order of revisions, which no clock of the network disturbs.
    fn written_at(&self) -> i64 {
        let mut wire = self.wire.lock().unwrap();
        wire.written = SystemClock.now().as_micros().max(wire.written + 1);
        wire.written
    }

    /// Moves the network's clock. Put back, it gives stamps of which it has given later ones.
    pub fn step_clock(&self, seconds: i64) {
        let mut wire = self.wire.lock().unwrap();
        wire.ahead += seconds * 1_000_000;
        if seconds < 0 {
            wire.last = 0;
        }
    }

    /// Keeps back what is written from now on.
    pub fn keep_back(&self) {
        self.wire.lock().unwrap().kept_back.get_or_insert_default();
    }

    /// Sends what was kept back: each author's frames in order, the authors mixed. Whether the order is another one.
    pub fn let_go_mixed(&self, rng: &mut fastrand::Rng) -> bool {
        let mut wire = self.wire.lock().unwrap();
        let mut lanes: BTreeMap<String, VecDeque<(usize, Frame)>> = BTreeMap::new();
        for (at, (did, frame)) in wire.kept_back.take().unwrap_or_default().into_iter().enumerate() {
            lanes.entry(did).or_default().push_back((at, frame));
        }
        let mut order = Vec::new();
        while !lanes.is_empty() {
            let did = lanes.keys().nth(rng.usize(..lanes.len())).unwrap().clone();
            let lane = lanes.get_mut(&did).unwrap();
            let (at, frame) = lane.pop_front().unwrap();
            if lane.is_empty() {
                lanes.remove(&did);
            }
            order.push(at);
            wire.send(&self.instances, frame);
        }
        !order.is_sorted()
    }

    /// Every instance sends its last frames again, stamped as before. How many.
    pub fn repeat(&self, count: usize) -> usize {
        for (instance, _) in &self.instances {
            let log = instance.log();
            log.iter().skip(log.len().saturating_sub(count)).for_each(|frame| instance.push(frame.clone()));
        }
        self.wire.lock().unwrap().sent.len().min(count)
    }

    /// The network has lost its place and sends its last events again as if they were new. How many.
    pub fn rewind(&self, count: usize) -> usize {
        let mut wire = self.wire.lock().unwrap();
        let from = wire.sent.len().saturating_sub(count);
        let again: Vec<Frame> = wire.sent.iter().skip(from).cloned().collect();
        again.iter().for_each(|frame| wire.send(&self.instances, frame.clone()));
        again.len()
    }

    /// Nothing before this moment can be read any more.
    pub fn forget_all(&self) {
        let now = self.wire.lock().unwrap().stamp();
        for (instance, skew) in &self.instances {
            instance.forget_before(u64::try_from(now + skew).unwrap());
        }
    }

    pub fn did(author: &str) -> String {
        format!("did:plc:{author}")
    }

    /// Makes an account known, with the labels given.
    pub fn join(&self, author: &str, labels: &[&str]) {
        let persona = Persona {
            did: Self::did(author),
            handle: format!("{author}.test.example"),
            name: author.to_owned(),
            bio: String::new(),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        };
        self.world.lock().join(&persona, SystemClock.now());
    }

    pub fn uri(author: &str, key: &str) -> String {
        format!("at://{}/{POST}/{key}", Self::did(author))
    }

    fn commit<'a>(did: &'a str, key: &'a str, collection: &'a str, time_us: i64, rev: i64) -> Commit<'a> {
        Commit { did, time_us, rev: format!("3{rev:016}"), collection, rkey: key }
    }

    pub fn post(&self, author: &str, key: &str, text: &str) {
        self.write(author, key, text, Written::default());
    }

    /// A post that ends with the mention of an account.
    pub fn mention(&self, author: &str, key: &str, text: &str, whom: &str) {
        let mentions = Some((whom.to_owned(), Self::did(whom)));
        self.write(author, key, &format!("{text} @{whom}"), Written { mentions, ..Written::default() });
    }

    pub fn edit(&self, author: &str, key: &str, text: &str) {
        self.write(author, key, text, Written { is_edit: true, ..Written::default() });
    }

    /// A post dated so many seconds ahead of its writing, or behind it.
    pub fn post_dated(&self, author: &str, key: &str, text: &str, ahead: i64) {
        self.write(author, key, text, Written { ahead, ..Written::default() });
    }

    /// An answer to a post, given by its author and key.
    pub fn reply(&self, author: &str, key: &str, text: &str, to: (&str, &str)) {
        self.write(author, key, text, Written { reply_to: Some(Self::uri(to.0, to.1)), ..Written::default() });
    }

    fn write(&self, author: &str, key: &str, text: &str, how: Written) {
        let (did, key, rev, is_edit) = (Self::did(author), key.to_owned(), self.written_at(), how.is_edit);
        let created = SystemClock.now().plus_seconds(how.ahead).to_rfc3339();
        let mut record = json!({
            "$type": POST, "text": text, "langs": ["fr"], "createdAt": created, "facets": facets(text, how.mentions.as_slice()),
        });
        if let Some(uri) = how.reply_to {
            let address = json!({ "uri": uri, "cid": "bafyreib" });
            record["reply"] = json!({ "parent": address, "root": address });
        }
        self.world.lock().put_post(StoredPost {
            uri: Self::uri(author, &key),
            cid: "bafyreib".into(),
            author: did.clone(),
            record: record.clone(),
            indexed: SystemClock.now(),
        });
        self.send(&did.clone(), move |time_us| {
            let commit = Self::commit(&did, &key, POST, time_us, rev);
            if is_edit { commit.update(&record, "bafyreib") } else { commit.create(&record, "bafyreib") }
        });
    }

    pub fn delete(&self, author: &str, key: &str) {
        let (did, key, rev) = (Self::did(author), key.to_owned(), self.written_at());
        self.world.lock().delete_post(&Self::uri(author, &key));
        self.send(&did.clone(), move |time_us| Self::commit(&did, &key, POST, time_us, rev).delete());
    }

    /// Deactivates or reactivates an account.
    pub fn set_active(&self, author: &str, active: bool) {
        let did = Self::did(author);
        self.world.lock().set_active(&did, active);
        let status = (!active).then_some("deactivated");
        self.send(&did.clone(), move |time_us| wire::account(&did, time_us, 1, active, status));
    }

    /// The account goes for good.
    pub fn leave(&self, author: &str) {
        let did = Self::did(author);
        self.world.lock().delete_account(&did);
        self.send(&did.clone(), move |time_us| wire::account(&did, time_us, 1, false, Some("deleted")));
    }

    /// The author puts labels on their profile.
    pub fn label(&self, author: &str, labels: &[&str]) {
        let (did, rev) = (Self::did(author), self.written_at());
        let values: Vec<Value> = labels.iter().map(|label| json!({ "val": label })).collect();
        let record = json!({
            "$type": PROFILE, "displayName": author,
            "labels": { "$type": "com.atproto.label.defs#selfLabels", "values": values },
        });
        self.world.lock().set_profile(&Persona {
            did: did.clone(),
            handle: format!("{author}.test.example"),
            name: author.to_owned(),
            bio: String::new(),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        });
        self.send(&did.clone(), move |time_us| {
            Self::commit(&did, "self", PROFILE, time_us, rev).update(&record, "bafyreib")
        });
    }
}

/// How a post is written.
#[derive(Default)]
struct Written {
    is_edit: bool,
    /// Seconds by which its date is ahead of the clock.
    ahead: i64,
    reply_to: Option<String>,
    /// An account that the text names, with its identity.
    mentions: Option<(String, String)>,
}

impl Drop for SimulatedNetwork {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}
