use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::CITIES;
use super::execute::{Campaign, OVER};
use super::oracle::{Oracle, token};
use super::plan::{Act, Plan};

/// What is looked at, and what must be found.
impl Campaign {
    /// Waits until the pages are as they must be after the first lives of the plan; then nothing may change any more.
    pub(super) async fn settle(&mut self, lives: usize) {
        self.network.appview.recover();
        self.network.jetstream.resume();
        self.twin.resume();
        let so_far = Plan { lives: self.plan.lives.iter().take(lives).cloned().collect(), ..self.plan };
        let oracle = Oracle::of(so_far.acts());
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let wrong = self.differences(&oracle).await;
            if wrong.is_empty() {
                break;
            }
            if Instant::now() > deadline {
                let told = self.history(&so_far, &wrong[0]);
                self.fail(&format!("after life {lives}, lost, doubled or not taken back: {wrong:#?}\n{told}"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.gaps_are_told().await;
        for (city, follower) in &self.followers {
            let deadline = Instant::now() + Duration::from_secs(20);
            loop {
                // Read anew: what a network repeats may still come.
                let posts = self.server.posts_of(city).await;
                let page: BTreeMap<String, Value> =
                    posts.into_iter().map(|post| (text_of(&post, "id"), post)).collect();
                let followed = follower.now().posts;
                if followed == page {
                    break;
                }
                if Instant::now() > deadline {
                    let other = |id: &&String| page.get(*id) != followed.get(*id);
                    let ids: BTreeSet<&String> = page.keys().chain(followed.keys()).filter(other).collect();
                    let told: Vec<_> = ids.into_iter().map(|id| (page.get(id), followed.get(id))).collect();
                    self.fail(&format!("the follower of {city} has not what the page has: {told:#?}"));
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let wrong = follower.now().wrong;
            if !wrong.is_empty() {
                self.fail(&format!("the follower of {city}: {wrong:#?}"));
            }
        }
    }

    /// What the plan says of the author of the first post named.
    fn history(&self, plan: &Plan, wrong: &str) -> String {
        let author = wrong.split("did:plc:").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let mut people = vec![author.to_owned()];
        people.extend(plan.acts().filter_map(|act| match act {
            Act::Reply { author: replier, to, .. } if replier == author => Some(to.0.clone()),
            _ => None,
        }));
        let names = |act: &Act| people.iter().any(|name| format!("{act:?}").contains(&format!("\"{name}\"")));
        let named = |act: &&Act| names(act) || matches!(act, Act::Fault(_));
        let lives = plan.lives.iter().enumerate().map(|(number, life)| {
            let before: Vec<&Act> = life.before.iter().filter(named).collect();
            let acts: Vec<&Act> = life.acts.iter().filter(named).collect();
            format!("life {number}: {before:?}\n   up: {acts:?}\n   end: {:?}\n", life.end)
        });
        lives.collect()
    }

    /// D2: each stretch that could not be read is told, and still is after a restart.
    /// Waits until the server is connected to an instance.
    pub(super) async fn source_listens(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let state = self.server.source_state().await;
            if ["live", "catching_up", "silent"].contains(&&*state) {
                return;
            }
            if Instant::now() > deadline {
                self.fail(&format!("it does not connect: {state}"));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn gaps_are_told(&self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let health = self.server.json("/api/v1/cities/ville/sources").await;
            let told = health["sources"]
                .as_array()
                .unwrap()
                .iter()
                .find(|source| source["network"] == "bluesky")
                .unwrap()["gaps"]
                .as_array()
                .unwrap()
                .len();
            if told >= self.gaps.min(20) {
                return;
            }
            if Instant::now() > deadline {
                self.fail(&format!("{told} of {} gaps are told: {health}", self.gaps));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// In what the pages differ from the oracle.
    async fn differences(&self, oracle: &Oracle) -> Vec<String> {
        let mut wrong = Vec::new();
        for (city, _) in CITIES {
            let posts = self.server.posts_of(city).await;
            let mut missing = oracle.page(city);
            let mut last: BTreeMap<&str, usize> = BTreeMap::new();
            let mut position = i64::MAX;
            wrong.extend(self.beside.differences(city, &posts));
            for post in posts.iter().filter(|post| post["network"] == "bluesky") {
                let (uri, text) = (text_of(post, "native_id"), text_of(post, "text"));
                match missing.remove(&uri) {
                    Some(expected) if expected == text => {}
                    Some(expected) => wrong.push(format!("{city}: {uri} says {text} and not {expected}")),
                    None if oracle.may_be_there(&uri) => {}
                    None => wrong.push(format!("{city}: {uri} ({text}) is there, or there twice")),
                }
                let at = post["position"].as_i64().unwrap();
                if at >= position {
                    wrong.push(format!("{city}: {uri} at {at} stands below {position}"));
                }
                position = at;
                if let Some((author, number)) = oracle.order(city, &uri) {
                    // The page is newest first.
                    if last.insert(author, number).is_some_and(|later| later < number) {
                        wrong.push(format!("{city}: {uri} stands below what its author wrote before"));
                    }
                }
                // D7: nobody writes from the future, as it was when they wrote or changed it.
                let time = |key| post[key].as_str().and_then(parvis::domain::Timestamp::parse_rfc3339);
                let times = [time("created_at"), time("received_at").max(time("edited_at"))].map(Option::unwrap);
                if times[0].seconds_since(times[1]) > 300 {
                    wrong.push(format!("{city}: {uri} is dated {times:?}"));
                }
            }
            wrong.extend(missing.into_iter().map(|(uri, text)| format!("{city}: {uri} ({text}) is missing")));
        }
        wrong
    }

    /// What has gone is in no output and on no page of its own.
    pub(super) async fn look_closely(&self) {
        let mut gone = Oracle::of(self.plan.acts()).gone();
        gone.extend(self.beside.gone().iter().cloned());
        assert!(!gone.is_empty(), "nothing was taken back: the plan is too small");
        for (city, follower) in &self.followers {
            for path in
                [format!("/{city}"), format!("/api/v1/cities/{city}/posts?limit=100"), format!("/{city}/sources")]
            {
                let (status, text) = self.server.text(&path).await;
                assert_eq!(status, 200, "{path}");
                if let Some(token) = gone.iter().find(|token| text.contains(*token)) {
                    self.fail(&format!("{path} holds {token}, which has gone"));
                }
            }
            let followed = follower.now();
            for (ids, expected) in
                [(followed.posts.keys().collect::<Vec<_>>(), 200), (followed.gone.iter().collect(), 404)]
            {
                for id in ids.into_iter().take(10) {
                    let (status, _) = self.server.text(&format!("/{city}/why/{id}")).await;
                    assert_eq!(status, expected, "/{city}/why/{id}, seed {}", self.plan.seed);
                }
            }
        }
    }

    /// No byte of the database's files holds what has gone, once a start has cleared the pages: what SQLite's
    /// `secure_delete` does not reach lies in their unused parts.
    pub(super) async fn look_into_the_database(&mut self) {
        let mut gone = Oracle::of(self.plan.acts()).gone();
        gone.extend(self.beside.gone().iter().cloned());
        self.server.stop();
        self.begin(&[]).await;
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let content = self.server.database_bytes();
            let token = first_token(&content, &gone);
            let over = content.windows(OVER.len()).any(|window| window == OVER.as_bytes());
            if token.is_none() && !over {
                break;
            }
            if Instant::now() > deadline {
                self.fail(&format!("the database holds {token:?}, which has gone, or (over its time: {over})"));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.server.stop();
        let options = SqliteConnectOptions::new().filename(self.server.folder.path().join("parvis.db"));
        let mut database = options.connect().await.unwrap();
        let said: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut database).await.unwrap();
        database.close().await.unwrap();
        assert_eq!(said, "ok", "seed {}", self.plan.seed);
    }
}

fn text_of(post: &Value, key: &str) -> String {
    post[key].as_str().unwrap().to_owned()
}

/// The first of these tokens that the bytes hold.
fn first_token(bytes: &[u8], wanted: &BTreeSet<String>) -> Option<String> {
    let mark = b"qz";
    let starts = bytes.windows(mark.len()).enumerate().filter(|(_, window)| *window == mark).map(|(at, _)| at);
    let mut found = starts.filter_map(|at| Some(token(std::str::from_utf8(bytes.get(at..at + TOKEN_BYTES)?).ok()?)));
    found.find(|token| wanted.contains(*token)).map(str::to_owned)
}

/// `qz`, eight digits, `x`.
const TOKEN_BYTES: usize = 11;
