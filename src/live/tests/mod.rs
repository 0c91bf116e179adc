mod resume;
mod sessions;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::domain::{CommitListener, Cursor, Filter};

use super::fake::{CountingRenderer, FakeLog, Step};
use super::*;

/// A reader of SSE blocks: the page it shows, and the cursor it would come back with.
#[derive(Default)]
struct Reader {
    shown: BTreeMap<String, String>,
    cursor: Option<Cursor>,
    recovered: bool,
    messages: Vec<Value>,
}

impl Reader {
    fn opened(log: &FakeLog, filter: &Filter) -> Self {
        let ends = log.ends();
        let cursor = Some(Cursor::new(&log.city, ends.epoch, ends.head));
        Self { shown: log.visible(filter), cursor, ..Self::default() }
    }

    fn take(&mut self, block: &[u8]) {
        let block = String::from_utf8(block.to_vec()).unwrap();
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let message: Value = serde_json::from_str(&field("data: ").unwrap()).unwrap();
        if let Some(token) = field("id: ") {
            assert_eq!(message["cursor"], token.as_str());
            self.cursor = Some(Cursor::parse(&token).unwrap());
        }
        match message["type"].as_str().unwrap() {
            "hello" => self.recovered = message["recovered"].as_bool().unwrap(),
            "batch" => message["events"].as_array().unwrap().iter().for_each(|event| self.apply(event)),
            _ => {}
        }
        self.messages.push(message);
    }

    fn apply(&mut self, event: &Value) {
        match event["op"].as_str().unwrap() {
            "remove" => {
                self.shown.remove(event["id"].as_str().unwrap());
            }
            _ => {
                let text = |key: &str| event["post"][key].as_str().unwrap().to_owned();
                self.shown.insert(text("id"), text("text"));
            }
        }
    }
}

struct Stage {
    log: Arc<FakeLog>,
    renderer: Arc<CountingRenderer>,
    live: Arc<Live>,
}

fn stage(limits: LiveLimits) -> Stage {
    let log = FakeLog::new("nantes");
    let renderer = Arc::new(CountingRenderer::default());
    let live = Live::new(log.clone(), renderer.clone(), |health, _| format!("[{}]", health.len()), limits);
    live.open_city(&log.city, log.ends());
    Stage { log, renderer, live }
}

impl Stage {
    fn step(&self, step: Step) {
        self.live.committed(&self.log.apply(step));
    }

    fn put(&self, id: u64, text: &str) {
        self.step(Step::Put { id, text: text.into(), tag: "nantes" });
    }

    async fn open(&self, cursor: Option<Cursor>, filter: &Filter) -> Subscription {
        let request = Request { cursor, filter: filter.clone(), form: Form::Json, framing: Framing::Sse };
        self.live.subscribe(&self.log.city, request).await.unwrap()
    }
}

/// Takes frames until nothing comes for a while (of paused time).
async fn drain(subscription: &mut Subscription, reader: &mut Reader) {
    while let Ok(frame) = tokio::time::timeout(Duration::from_millis(1), subscription.next()).await {
        reader.take(&frame.unwrap());
    }
}

fn tagged(tag: &str) -> Filter {
    Filter { tag: Some(tag.into()), ..Filter::default() }
}

fn small() -> LiveLimits {
    LiveLimits { tail_entries: 12, batch_entries: 5, batch_bytes: 300, page_entries: 4, ..LiveLimits::default() }
}
