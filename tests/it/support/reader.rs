use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

/// A reader who keeps what the live channel tells: the state that must equal the page's.
#[derive(Default)]
pub struct Reader {
    pub cursor: Option<String>,
    pub posts: BTreeMap<String, Value>,
    pub recovered: Vec<bool>,
    /// Every frame as it came, for looking for what must not be there.
    pub frames: Vec<String>,
}

impl Reader {
    /// Connects with the cursor held and applies what comes for `duration`, or until the connection ends.
    pub async fn read_for(&mut self, url: &str, duration: Duration) {
        let cursor = self.cursor.as_ref().map(|cursor| format!("?cursor={cursor}")).unwrap_or_default();
        let Ok((mut socket, _)) = tokio_tungstenite::connect_async(format!("{url}{cursor}")).await else { return };
        let deadline = tokio::time::Instant::now() + duration;
        while let Ok(Some(Ok(message))) = tokio::time::timeout_at(deadline, socket.next()).await {
            if let Message::Text(text) = message {
                self.apply(&text);
            }
        }
    }

    fn apply(&mut self, text: &str) {
        self.frames.push(text.to_owned());
        let message: Value = serde_json::from_str(text).unwrap();
        match message["type"].as_str().unwrap() {
            "hello" => {
                let recovered = message["recovered"].as_bool().unwrap();
                self.recovered.push(recovered);
                self.cursor = Some(message["cursor"].as_str().unwrap().to_owned());
            }
            "batch" => {
                for event in message["events"].as_array().unwrap() {
                    match event["op"].as_str().unwrap() {
                        "remove" => {
                            self.posts.remove(event["id"].as_str().unwrap());
                        }
                        _ => {
                            let post = event["post"].clone();
                            self.posts.insert(post["id"].as_str().unwrap().to_owned(), post);
                        }
                    }
                }
                self.cursor = Some(message["cursor"].as_str().unwrap().to_owned());
            }
            _ => {}
        }
    }
}
