use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt;
use parvis::domain::Cursor;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;

/// What a citizen's page has become by following one city's live channel across every restart.
#[derive(Clone, Debug, Default)]
pub struct Followed {
    cursor: Option<String>,
    last: Option<Cursor>,
    /// By id.
    pub posts: BTreeMap<String, Value>,
    /// Ids that were there once and went.
    pub gone: BTreeSet<String>,
    pub connections: u32,
    /// What must not happen, in words.
    pub wrong: Vec<String>,
}

pub struct Follower {
    followed: watch::Receiver<Followed>,
    task: JoinHandle<()>,
}

impl Follower {
    /// Connects again and again with the cursor held, until dropped.
    pub fn start(url: String) -> Self {
        let (told, followed) = watch::channel(Followed::default());
        let task = tokio::spawn(async move {
            loop {
                follow(&url, &told).await;
                tokio::time::sleep(Duration::from_millis(15)).await;
            }
        });
        Self { followed, task }
    }

    pub fn now(&self) -> Followed {
        self.followed.borrow().clone()
    }

    /// Waits for the next message.
    pub async fn told(&self) {
        let mut followed = self.followed.clone();
        followed.mark_unchanged();
        let _ = followed.changed().await;
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(url: &str, told: &watch::Sender<Followed>) {
    let cursor = told.borrow().cursor.as_ref().map(|cursor| format!("?cursor={cursor}")).unwrap_or_default();
    let Ok((mut socket, _)) = tokio_tungstenite::connect_async(format!("{url}{cursor}")).await else { return };
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Text(text) = message {
            told.send_modify(|followed| followed.hear(&text));
        }
    }
}

impl Followed {
    fn hear(&mut self, text: &str) {
        let message: Value = serde_json::from_str(text).unwrap();
        match message["type"].as_str().unwrap() {
            "hello" => {
                self.connections += 1;
                if message["recovered"] != true {
                    self.wrong.push(format!("connection {} was not recovered", self.connections));
                }
            }
            "batch" => message["events"].as_array().unwrap().iter().for_each(|event| self.apply(event)),
            _ => return,
        }
        let cursor = message["cursor"].as_str().unwrap().to_owned();
        let at = Cursor::parse(&cursor).unwrap();
        if let Some(last) = self.last
            && (at.epoch != last.epoch || at.offset < last.offset || (at == last && message["type"] == "batch"))
        {
            self.wrong.push(format!("{at:?} came after {last:?}"));
        }
        (self.cursor, self.last) = (Some(cursor), Some(at));
    }

    fn apply(&mut self, event: &Value) {
        if event["op"] == "remove" {
            let id = event["id"].as_str().unwrap();
            if self.posts.remove(id).is_some() {
                self.gone.insert(id.to_owned());
            }
            return;
        }
        let id = event["post"]["id"].as_str().unwrap().to_owned();
        let before = self.posts.insert(id.clone(), event["post"].clone());
        self.gone.remove(&id);
        // What is edited out and in again between two commits is an update, and stands in its new place.
        if let Some(before) = before
            && event["op"] == "post"
        {
            self.wrong.push(format!("{id} came a second time: {event} after {before}"));
        }
    }
}
