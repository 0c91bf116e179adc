//! The networks that speak beside Bluesky in every life: a Mastodon server, a relay of Nostr and a feed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpResponse, HttpServer, web};
use parvis::clock::{Clock, SystemClock};
use parvis::demo::mastodon::{Fault, MastodonSimulator, Person, status};
use parvis::demo::nostr::{Draft, RelaySimulator, SignedEvent};
use parvis::shutdown::Shutdown;
use serde_json::{Value, json};

use super::CITIES;
use super::oracle::token;

/// What has to happen to them in a campaign.
pub const EVERY: [&str; 10] = [
    "mastodon: said",
    "mastodon: edited",
    "mastodon: taken back",
    "mastodon: cut",
    "mastodon: out of order",
    "nostr: said",
    "nostr: taken back",
    "feed: said",
    "feed: taken back",
    "feed: out of order",
];

/// They speak of the cities whose tags stay.
const SPOKEN_OF: usize = 3;
const TOKEN: &str = "canary-token";

pub struct Beside {
    mastodon: MastodonSimulator,
    relay: RelaySimulator,
    feed: Arc<Feed>,
    feed_url: String,
    shutdown: Shutdown,
    rng: fastrand::Rng,
    number: u32,
    standing: Vec<Said>,
    gone: BTreeSet<String>,
}

#[derive(Default)]
struct Feed {
    /// Titles and dates, newest first.
    items: Mutex<Vec<(String, String)>>,
    is_down: Mutex<bool>,
}

struct Said {
    text: String,
    city: usize,
    by: By,
}

enum By {
    Mastodon(String),
    Nostr(Box<SignedEvent>),
    Feed,
}

impl Beside {
    pub async fn start(rng: fastrand::Rng) -> Self {
        let shutdown = Shutdown::new();
        let mastodon = MastodonSimulator::start(Arc::new(SystemClock), shutdown.clone()).await.unwrap();
        mastodon.set_token(TOKEN);
        let relay = RelaySimulator::start(shutdown.clone()).await.unwrap();
        relay.publish(Draft::new("ana", seconds(), 0, &[], r#"{"name":"ana"}"#).sign());
        let feed = Arc::<Feed>::default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let feed_url = format!("http://{}/feed.rss", listener.local_addr().unwrap());
        let served = web::Data::from(feed.clone());
        let app = move || App::new().app_data(served.clone()).route("/feed.rss", web::get().to(rss));
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
        let handle = server.handle();
        tokio::spawn(server);
        let stop = shutdown.clone();
        tokio::spawn(async move {
            stop.triggered().await;
            handle.stop(false).await;
        });
        let (standing, gone) = (Vec::new(), BTreeSet::new());
        Self { mastodon, relay, feed, feed_url, shutdown, rng, number: 0, standing, gone }
    }

    /// For the end of `parvis.toml`; writes the token beside it.
    pub fn settings(&self, folder: &Path) -> String {
        let file = folder.join("token");
        std::fs::write(&file, TOKEN).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        format!(
            "[source.feed]\n[[source.mastodon]]\nserver = {:?}\nevery_seconds = 15\ntoken = {{ file = \"token\" }}\n\
             agreement = \"ana@place.example, 2026-12-01, read:statuses\"\n[[source.nostr]]\nrelay = {:?}\n",
            self.mastodon.url(),
            self.relay.url(),
        )
    }

    /// For the end of a city's file.
    pub fn listed_by(&self, city: &str) -> String {
        if city != CITIES[0].0 {
            return String::new();
        }
        format!("[[feed]]\nurl = {:?}\nlane = \"people\"\n", self.feed_url)
    }

    /// What happens while the server is not running. `may_fail`: its next life needs nothing of them. Says what it was.
    pub fn while_down(&mut self, may_fail: bool) -> Vec<&'static str> {
        let mut fired = Vec::new();
        *self.feed.is_down.lock().unwrap() = false;
        if may_fail && self.rng.u8(..4) == 0 {
            *self.feed.is_down.lock().unwrap() = true;
            fired.push("feed: out of order");
        }
        if may_fail && self.rng.u8(..4) == 0 {
            self.mastodon.fail_next([Fault { status: 503, headers: Vec::new() }]);
            fired.push("mastodon: out of order");
        }
        let (text, city) = (self.text(0), 0);
        // A second apart, which is as fine as its dates are.
        let at = jiff::Timestamp::from_second((seconds() - 3_600) as i64 + i64::from(self.number)).unwrap();
        let date = jiff::fmt::rfc2822::to_string(&at.to_zoned(jiff::tz::TimeZone::UTC)).unwrap();
        self.feed.items.lock().unwrap().insert(0, (text.clone(), date));
        self.standing.push(Said { text, city, by: By::Feed });
        fired.push("feed: said");
        self.speak(&mut fired);
        self.take_back(|by| matches!(by, By::Feed), &mut fired);
        fired
    }

    /// What happens while it runs.
    pub fn while_up(&mut self) -> Vec<&'static str> {
        let mut fired = Vec::new();
        self.speak(&mut fired);
        if self.rng.u8(..4) == 0 {
            self.mastodon.cut();
            fired.push("mastodon: cut");
        }
        fired
    }

    fn speak(&mut self, fired: &mut Vec<&'static str>) {
        let city = self.rng.usize(..SPOKEN_OF);
        let text = self.text(city);
        let id = self.mastodon.post(status(&Person::new("ana"), &text, SystemClock.now()));
        self.standing.push(Said { text, city, by: By::Mastodon(id) });
        fired.push("mastodon: said");
        let city = self.rng.usize(..SPOKEN_OF);
        let text = self.text(city);
        let event = Draft::new("ana", seconds(), 1, &[&["t", CITIES[city].1]], &text).sign();
        self.relay.publish(event.clone());
        self.standing.push(Said { text, city, by: By::Nostr(Box::new(event)) });
        fired.push("nostr: said");
        match self.rng.u8(..4) {
            0 => self.take_back(|by| matches!(by, By::Mastodon(_)), fired),
            1 => self.take_back(|by| matches!(by, By::Nostr(_)), fired),
            2 => self.edit(fired),
            _ => {}
        }
    }

    fn edit(&mut self, fired: &mut Vec<&'static str>) {
        let Some(at) = self.one(|by| matches!(by, By::Mastodon(_))) else { return };
        let text = self.text(self.standing[at].city);
        let By::Mastodon(id) = &self.standing[at].by else { return };
        self.mastodon.edit(id, |status| {
            status["content"] = json!(format!("<p>{text}</p>"));
            status["edited_at"] = json!(SystemClock.now().to_rfc3339());
        });
        let before = std::mem::replace(&mut self.standing[at].text, text);
        self.gone.insert(token(&before).to_owned());
        fired.push("mastodon: edited");
    }

    fn take_back(&mut self, is_meant: impl Fn(&By) -> bool, fired: &mut Vec<&'static str>) {
        // Some stay, so that there is always something to see.
        if self.standing.iter().filter(|said| is_meant(&said.by)).count() < 4 {
            return;
        }
        // The oldest item of a feed may have slid out of it: that one is not known to be taken back.
        let oldest = self.standing.iter().position(|said| matches!(said.by, By::Feed));
        let meant = (0..self.standing.len()).filter(|at| is_meant(&self.standing[*at].by) && Some(*at) != oldest);
        let meant: Vec<usize> = meant.collect();
        let Some(at) = self.rng.choice(meant) else { return };
        let said = self.standing.remove(at);
        self.gone.insert(token(&said.text).to_owned());
        match said.by {
            By::Mastodon(id) => {
                self.mastodon.delete(&id);
                fired.push("mastodon: taken back");
            }
            By::Nostr(event) => {
                self.relay.publish(Draft::new("ana", seconds(), 5, &[&["e", &event.id], &["k", "1"]], "").sign());
                fired.push("nostr: taken back");
            }
            By::Feed => {
                self.feed.items.lock().unwrap().retain(|(item, _)| *item != said.text);
                fired.push("feed: taken back");
            }
        }
    }

    fn one(&mut self, is_meant: impl Fn(&By) -> bool) -> Option<usize> {
        let meant = (0..self.standing.len()).filter(|at| is_meant(&self.standing[*at].by));
        self.rng.choice(meant.collect::<Vec<usize>>())
    }

    fn text(&mut self, city: usize) -> String {
        self.number += 1;
        format!("qz9{:07}x #{}", self.number, CITIES[city].1)
    }

    /// In what a city's page differs from what stands.
    pub fn differences(&self, city: &str, posts: &[Value]) -> Vec<String> {
        let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
        let others = posts.iter().filter(|post| post["network"] != "bluesky");
        others.clone().for_each(|post| *shown.entry(post["text"].as_str().unwrap()).or_default() += 1);
        let standing = self.standing.iter().filter(|said| CITIES[said.city].0 == city);
        let mut wrong: Vec<String> = standing
            .filter(|said| shown.remove(&*said.text) != Some(1))
            .map(|said| format!("{city}: {} is missing, or there twice", said.text))
            .collect();
        let left = others.filter(|post| shown.contains_key(post["text"].as_str().unwrap()));
        wrong.extend(left.map(|post| format!("{city}: {} of {} is there", post["text"], post["network"])));
        wrong
    }

    pub fn gone(&self) -> &BTreeSet<String> {
        &self.gone
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}

fn seconds() -> u64 {
    SystemClock.now().as_micros().cast_unsigned() / 1_000_000
}

async fn rss(feed: web::Data<Feed>) -> HttpResponse {
    if *feed.is_down.lock().unwrap() {
        return HttpResponse::ServiceUnavailable().finish();
    }
    let items: String = feed
        .items
        .lock()
        .unwrap()
        .iter()
        .map(|(title, date)| {
            let link = token(title);
            format!(
                "<item><title>{title}</title><link>http://ville.example/{link}</link><guid>{link}</guid>\
                 <pubDate>{date}</pubDate></item>"
            )
        })
        .collect();
    HttpResponse::Ok().content_type("application/rss+xml").body(format!(
        "<rss version=\"2.0\"><channel><title>Blog</title><link>http://ville.example/</link>{items}</channel></rss>"
    ))
}
