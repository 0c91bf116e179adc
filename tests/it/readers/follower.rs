use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use parvis::domain::Cursor;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::wire::{Frame, Wire, get, masked, upgrade};

/// A server that is stopped in the middle of a handshake may never answer it.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// How a reader reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Json,
    Html,
    /// Server-sent events.
    Events,
}

/// Which post each offset is about, as readers of everything were told. Two who are told differently are a defect.
#[derive(Default)]
pub struct Log(Mutex<BTreeMap<u64, String>>);

impl Log {
    fn told(&self, offset: u64, id: &str) {
        let mut log = self.0.lock().unwrap();
        let known = log.entry(offset).or_insert_with(|| id.to_owned());
        assert_eq!(known, id, "offset {offset} is two posts");
    }

    /// Whether `ids` come in this order in the part of the log between the offsets.
    fn holds_in_order(&self, (after, to): (u64, u64), ids: &[String]) -> bool {
        let log = self.0.lock().unwrap();
        let mut entries = log.range(after + 1..=to);
        ids.iter().all(|id| entries.by_ref().any(|(_, told)| told == id))
    }
}

/// A reader who keeps what it is told across connections, and minds that nothing is told twice or left out.
pub struct Follower {
    pub form: Form,
    /// The filter as a query, `&tag=sport` or nothing.
    pub filter: &'static str,
    pub cursor: String,
    /// Id to the post, or to the card's position and HTML.
    pub posts: BTreeMap<String, Value>,
    pub events: u64,
    /// What a filtered reader was told between two offsets, to be compared with the log in the end.
    passages: Vec<((u64, u64), Vec<String>)>,
}

impl Follower {
    pub fn new(form: Form, filter: &'static str, cursor: &str) -> Self {
        Self { form, filter, cursor: cursor.to_owned(), posts: BTreeMap::new(), events: 0, passages: Vec::new() }
    }

    /// Connects where it was, and follows until `enough` says so, the connection ends, or it has stayed for this long.
    /// False: nobody answered.
    pub async fn follow(&mut self, address: &str, log: &Log, stay: Duration, enough: impl Fn(&Self) -> bool) -> bool {
        let Ok(Some(mut wire)) = timeout(ANSWERED_WITHIN, self.connect(address)).await else { return false };
        let until = Instant::now() + stay;
        loop {
            while let Some(message) = self.message_here(&mut wire).await {
                self.told(&message, log);
            }
            if enough(self) {
                return true;
            }
            match tokio::time::timeout_at(until, wire.read_more()).await {
                Ok(Ok(true)) => {}
                _ => return true,
            }
        }
    }

    /// Connects, and leaves at whatever point of it the time is over.
    pub async fn turn_away(&self, address: &str, stay: Duration) {
        _ = timeout(stay, self.connect(address)).await;
    }

    async fn connect(&self, address: &str) -> Option<Wire> {
        let format = if self.form == Form::Html { "&format=html&hl=fr" } else { "" };
        let mut wire = Wire::open(address).await.ok()?;
        if self.form != Form::Events {
            let query = format!("?cursor={}{}{format}", self.cursor, self.filter);
            return upgrade(wire, &query, "").await.ok();
        }
        // A browser repeats the address it began with, and adds where it is.
        let path = format!("/api/v1/cities/ville/events?{}", self.filter.trim_start_matches('&'));
        wire.send(get(&path, &format!("Last-Event-ID: {}\r\n", self.cursor))).await.ok()?;
        let head = wire.head().await.ok()??;
        (head.status == 200).then_some(wire)
    }

    /// The next message that is here whole.
    async fn message_here(&self, wire: &mut Wire) -> Option<String> {
        if self.form == Form::Events {
            loop {
                let chunk = wire.chunk_here()?;
                let field = |name: &str| chunk.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                if let Some(data) = field("data: ") {
                    assert!(field("id: ").is_none_or(|id| data.contains(&id)), "the id is not the cursor: {chunk}");
                    return Some(data);
                }
            }
        }
        loop {
            match wire.frame_here()? {
                Frame::Text(text) => return Some(text),
                Frame::Ping(payload) => _ = wire.send(masked(0x8a, &payload)).await,
                Frame::Close(_) | Frame::Other(_) => {}
            }
        }
    }

    fn told(&mut self, message: &str, log: &Log) {
        let message: Value = serde_json::from_str(message).unwrap();
        match message["type"].as_str().unwrap() {
            "hello" => {
                assert_eq!(message["recovered"], true, "{self:?} was not taken up where it was");
                assert_eq!(message["cursor"], self.cursor.as_str(), "hello says another place than was asked for");
            }
            "batch" => self.batch(&message, log),
            other => assert_eq!(other, "sources"),
        }
    }

    fn batch(&mut self, message: &Value, log: &Log) {
        let cursor = message["cursor"].as_str().unwrap();
        let (before, after) = (offset(&self.cursor), offset(cursor));
        assert!(after > before, "{self:?} went from {before} to {after}");
        let mut ids = Vec::new();
        for event in message["events"].as_array().unwrap() {
            let body = if self.form == Form::Html { event } else { &event["post"] };
            let is_removal = event["op"] == "remove";
            let id = if is_removal { &event["id"] } else { &body["id"] }.as_str().unwrap().to_owned();
            if is_removal {
                self.posts.remove(&id);
            } else {
                let kept = match self.form {
                    Form::Html => serde_json::json!([body["position"], body["html"]]),
                    Form::Json | Form::Events => body.clone(),
                };
                self.posts.insert(id.clone(), kept);
            }
            ids.push(id);
        }
        self.events += ids.len() as u64;
        if self.filter.is_empty() {
            // Each entry of the log is one event: neither a hole nor a repetition can hide.
            assert_eq!(ids.len() as u64, after - before, "{self:?}: events between {before} and {after}");
            (before + 1..).zip(&ids).for_each(|(offset, id)| log.told(offset, id));
        } else {
            self.passages.push(((before, after), ids));
        }
        self.cursor = cursor.to_owned();
    }

    /// Whether what a filter let through came in the log's order, each entry once.
    pub fn was_in_order(&self, log: &Log) -> bool {
        self.passages.iter().all(|(range, ids)| log.holds_in_order(*range, ids))
    }
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a reader of {:?}{} at {}", self.form, self.filter, offset(&self.cursor))
    }
}

pub fn offset(cursor: &str) -> u64 {
    Cursor::parse(cursor).unwrap().offset.0
}

/// How long a reader stays: often too short to be told anything, seldom long.
pub fn stay(rng: &mut fastrand::Rng) -> Duration {
    Duration::from_micros(if rng.u8(..4) == 0 { rng.u64(..3_000) } else { rng.u64(..60_000) })
}
