//! A simulator of the sites whose feeds the cities list.
//!
//! Owns the feeds' hand-written items and the HTTP answers, conditional ones too. Does not own how feeds are read.
//! Invariant: the same items with the same dates in every run that starts at the same time.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::script::ScriptError;
use super::serve::{listen, serve};
use crate::clock::Clock;
use crate::domain::{FeedRef, Lane, Timestamp};
use crate::shutdown::Shutdown;

/// Slug and file.
const FILES: [(&str, &str); 6] = [
    ("nantes", include_str!("nantes.toml")),
    ("rennes", include_str!("rennes.toml")),
    ("tours", include_str!("tours.toml")),
    ("lausanne", include_str!("lausanne.toml")),
    ("montreal", include_str!("montreal.toml")),
    ("le-pellerin", include_str!("le-pellerin.toml")),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    feed: Vec<FeedScript>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedScript {
    key: String,
    lane: String,
    title: String,
    item: Vec<ItemScript>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemScript {
    /// Before the start; after it when negative. An event has `at` instead.
    #[serde(default)]
    hours: f64,
    /// How many days after the start `{fin}`, or the event, is.
    #[serde(default)]
    days: i64,
    /// The hour at which an event begins.
    at: Option<i8>,
    title: String,
    /// HTML.
    text: String,
}

/// A running server; clones are one. It ends with the [`Shutdown`] it was started with.
#[derive(Clone)]
pub struct FeedSimulator {
    address: SocketAddr,
    feeds: Arc<Vec<(&'static str, FeedScript)>>,
}

struct State {
    port: u16,
    feeds: Arc<Vec<(&'static str, FeedScript)>>,
    start: Timestamp,
    clock: Arc<dyn Clock>,
}

impl FeedSimulator {
    /// Listens on a free loopback port. Must be called inside a Tokio runtime.
    pub fn start(clock: Arc<dyn Clock>, shutdown: Shutdown) -> Result<Self, super::DemoError> {
        let feeds = Arc::new(load()?);
        let (listener, address) = listen()?;
        let state = web::Data::new(State { port: address.port(), feeds: feeds.clone(), start: clock.now(), clock });
        serve(listener, shutdown, move |routes| {
            routes
                .app_data(state.clone())
                .route("/{city}/{feed}.rss", web::get().to(answer))
                .route("/{city}/{feed}/{item}", web::get().to(item_page));
        })?;
        Ok(Self { address, feeds })
    }

    /// The feeds of a city, for its configuration.
    pub fn of(&self, city: &str) -> Vec<FeedRef> {
        let own = self.feeds.iter().filter(|(of, _)| *of == city);
        own.filter_map(|(_, feed)| {
            let url = format!("{}.rss", address(self.address.port(), city, &feed.key));
            Some(FeedRef { url, lane: Lane::parse(&feed.lane)? })
        })
        .collect()
    }
}

fn load() -> Result<Vec<(&'static str, FeedScript)>, ScriptError> {
    let mut feeds = Vec::new();
    for (city, text) in FILES {
        let broken = |error: toml::de::Error| ScriptError { city: city.to_owned(), reason: error.to_string() };
        let read: File = toml::from_str(text).map_err(broken)?;
        feeds.extend(read.feed.into_iter().map(|feed| (city, feed)));
    }
    Ok(feeds)
}

async fn answer(request: HttpRequest, path: web::Path<(String, String)>, state: web::Data<State>) -> HttpResponse {
    let (city, key) = path.into_inner();
    let Some((_, feed)) = state.feeds.iter().find(|(of, feed)| *of == city && feed.key == key) else {
        return HttpResponse::NotFound().finish();
    };
    let body = rss(feed, &address(state.port, &city, &key), state.start, state.clock.now());
    let mark = format!("\"{}\"", &blake3::hash(body.as_bytes()).to_hex()[..16]);
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known == Some(&mark) {
        return HttpResponse::NotModified().insert_header((header::ETAG, mark)).finish();
    }
    HttpResponse::Ok().insert_header((header::ETAG, mark)).content_type("application/rss+xml; charset=utf-8").body(body)
}

/// Where a feed's site is: under a name that leads to this machine everywhere.
fn address(port: u16, city: &str, key: &str) -> String {
    format!("http://{key}.{city}.localhost:{port}/{city}/{key}")
}

/// The page that an item leads to.
async fn item_page(path: web::Path<(String, String, String)>, state: web::Data<State>) -> HttpResponse {
    let (city, key, guid) = path.into_inner();
    let feed = state.feeds.iter().find(|(of, feed)| *of == city && feed.key == key).map(|(_, feed)| feed);
    let item = feed.and_then(|feed| Some((feed, feed.item.iter().find(|item| item.guid() == guid)?)));
    let Some((feed, item)) = item else { return HttpResponse::NotFound().finish() };
    let [site, title] = [&feed.title, &item.title].map(|text| escaped(&item.told(text, state.start)));
    let text = item.told(&item.text, state.start);
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(format!(
        "<!doctype html><html lang=\"fr\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <body style=\"max-width:36rem;margin:3rem auto;padding:0 1rem;font:1.125rem/1.5 sans-serif\"><p>{site}</p>\
         <h1>{title}</h1>{text}<p><small>Cette page est inventée pour la démonstration.</small></p>"
    ))
}

impl ItemScript {
    fn guid(&self) -> String {
        blake3::hash(self.title.as_bytes()).to_hex()[..16].to_owned()
    }

    fn date(&self, start: Timestamp) -> Timestamp {
        let Some(at) = self.at else { return start.plus_seconds((-self.hours * 3_600.0) as i64) };
        let day = civil(start.plus_seconds(self.days * 86_400));
        let begins = day.date().at(at, 0, 0, 0).to_zoned(day.time_zone().clone());
        begins.map_or(start, |begins| Timestamp::from_micros(begins.timestamp().as_microsecond()))
    }

    fn told(&self, text: &str, start: Timestamp) -> String {
        text.replace("{fin}", &day(start.plus_seconds(self.days * 86_400)))
    }
}

/// What the feed at `site` says at `now`. Events lie ahead; a notice is there from its date on.
fn rss(feed: &FeedScript, site: &str, start: Timestamp, now: Timestamp) -> String {
    let is_there = |item: &&ItemScript| item.at.is_some() || item.date(start) <= now;
    let mut items: Vec<&ItemScript> = feed.item.iter().filter(is_there).collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.date(start)));
    let items: String = items
        .into_iter()
        .map(|item| {
            let [title, text] = [&item.title, &item.text].map(|text| escaped(&item.told(text, start)));
            let (date, guid) = (rfc2822_of(item.date(start)), item.guid());
            format!(
                "<item><guid isPermaLink=\"false\">{guid}</guid><title>{title}</title><link>{site}/{guid}</link>\
                 <description>{text}</description><pubDate>{date}</pubDate></item>\n"
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>{}</title>\
         <language>fr</language><description/>\n{items}</channel></rss>\n",
        escaped(&feed.title)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn civil(at: Timestamp) -> jiff::Zoned {
    let zone = TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC);
    jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_zoned(zone)
}

/// `12 décembre`.
fn day(at: Timestamp) -> String {
    const MONTHS: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    let date = civil(at).date();
    let month = usize::try_from(date.month()).ok().and_then(|month| MONTHS.get(month.saturating_sub(1))).unwrap_or(&"");
    let number = if date.day() == 1 { String::from("1er") } else { date.day().to_string() };
    format!("{number} {month}")
}

fn rfc2822_of(at: Timestamp) -> String {
    rfc2822::to_string(&civil(at)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::sources::feed;

    #[test]
    fn every_feed_is_read_as_it_was_written() {
        let start = Timestamp::parse_rfc3339("2026-11-28T09:00:00Z").unwrap();
        let feeds = load().unwrap();
        assert!(feeds.len() >= 8);
        for (city, script) in &feeds {
            let address = url::Url::parse(&format!("http://{city}.example/{}.rss", script.key)).unwrap();
            assert!(Lane::parse(&script.lane).is_some(), "{city} {}", script.lane);
            let late = start.plus_seconds(30 * 86_400);
            let document =
                feed::read(rss(script, "http://ville.example", start, late).as_bytes(), &address, &TimeZone::UTC, late)
                    .unwrap();
            assert_eq!((document.items.len(), document.title.as_deref()), (script.item.len(), Some(&*script.title)));
            for item in &document.items {
                assert!(
                    !item.title.is_empty() && !item.title.contains("{fin}") && !item.summary.text.contains('<'),
                    "{item:?}"
                );
                assert!(item.published.is_some() && item.link.is_some());
            }
        }
        let (_, notices) = feeds.iter().find(|(city, feed)| *city == "le-pellerin" && feed.lane == "info").unwrap();
        let at_start = rss(notices, "http://ville.example", start, start);
        assert!(at_start.contains("jusqu’au 7 décembre") && !at_start.contains("Coupure d’eau"), "{at_start}");
        assert!(rss(notices, "http://ville.example", start, start.plus_seconds(600)).contains("Coupure d’eau"));
    }
}
