use std::sync::atomic::{AtomicI64, Ordering};

use parvis::clock::{Clock, SystemClock};
use parvis::demo::appview::AppViewSimulator;
use parvis::demo::frames::facets;
use parvis::demo::frames::wire::{self, Commit, POST, PROFILE};
use parvis::demo::jetstream::JetstreamSimulator;
use parvis::demo::player::Persona;
use parvis::demo::world::{SharedWorld, StoredPost};
use parvis::shutdown::Shutdown;
use serde_json::{Value, json};

/// The simulated networks, and a hand that writes on them.
pub struct SimulatedNetwork {
    pub jetstream: JetstreamSimulator,
    pub appview: AppViewSimulator,
    pub world: SharedWorld,
    last: AtomicI64,
    shutdown: Shutdown,
}

impl SimulatedNetwork {
    pub async fn start() -> Self {
        let shutdown = Shutdown::new();
        let world = SharedWorld::default();
        Self {
            jetstream: JetstreamSimulator::start(shutdown.clone()).await.unwrap(),
            appview: AppViewSimulator::start(world.clone(), shutdown.clone()).unwrap(),
            world,
            last: AtomicI64::new(0),
            shutdown,
        }
    }

    /// Waits until the program listens: a first connection without a cursor hears only what comes after it.
    pub async fn is_heard(&self) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while self.jetstream.clients() == 0 {
            assert!(std::time::Instant::now() < deadline, "nobody connected");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// A time later than every earlier one, in microseconds.
    fn now_us(&self) -> i64 {
        let now = SystemClock.now().as_micros();
        let last = self.last.fetch_max(now, Ordering::SeqCst);
        if last < now {
            return now;
        }
        self.last.fetch_add(1, Ordering::SeqCst) + 1
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

    fn record(text: &str, time_us: i64) -> Value {
        let created = parvis::domain::Timestamp::from_micros(time_us).to_rfc3339();
        json!({ "$type": POST, "text": text, "langs": ["fr"], "createdAt": created, "facets": facets(text, &[]) })
    }

    fn commit<'a>(did: &'a str, key: &'a str, collection: &'a str, time_us: i64) -> Commit<'a> {
        Commit { did, time_us, rev: format!("3{time_us:016}"), collection, rkey: key }
    }

    pub fn post(&self, author: &str, key: &str, text: &str) {
        self.write(author, key, text, false);
    }

    pub fn edit(&self, author: &str, key: &str, text: &str) {
        self.write(author, key, text, true);
    }

    fn write(&self, author: &str, key: &str, text: &str, is_edit: bool) {
        let (did, time_us) = (Self::did(author), self.now_us());
        let record = Self::record(text, time_us);
        self.world.lock().put_post(StoredPost {
            uri: Self::uri(author, key),
            cid: "bafyreib".into(),
            author: did.clone(),
            record: record.clone(),
            indexed: SystemClock.now(),
        });
        let commit = Self::commit(&did, key, POST, time_us);
        self.jetstream.push(if is_edit {
            commit.update(&record, "bafyreib")
        } else {
            commit.create(&record, "bafyreib")
        });
    }

    pub fn delete(&self, author: &str, key: &str) {
        let (did, time_us) = (Self::did(author), self.now_us());
        self.world.lock().delete_post(&Self::uri(author, key));
        self.jetstream.push(Self::commit(&did, key, POST, time_us).delete());
    }

    /// Deactivates or reactivates an account.
    pub fn set_active(&self, author: &str, active: bool) {
        let (did, time_us) = (Self::did(author), self.now_us());
        self.world.lock().set_active(&did, active);
        let status = (!active).then_some("deactivated");
        self.jetstream.push(wire::account(&did, time_us, 1, active, status));
    }

    /// The account goes for good.
    pub fn leave(&self, author: &str) {
        let (did, time_us) = (Self::did(author), self.now_us());
        self.world.lock().delete_account(&did);
        self.jetstream.push(wire::account(&did, time_us, 1, false, Some("deleted")));
    }

    /// The author puts labels on their profile.
    pub fn label(&self, author: &str, labels: &[&str]) {
        let (did, time_us) = (Self::did(author), self.now_us());
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
        self.jetstream.push(Self::commit(&did, "self", PROFILE, time_us).update(&record, "bafyreib"));
    }
}

impl Drop for SimulatedNetwork {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}
