//! A simulator of the portal that has the cities' public events.
//!
//! Owns the hand-written events and the answers of version 2.1 of the interface. Does not own how a portal is read. Invariant:
//! the same events at the same times in every run that starts at the same time; each lies in its city.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span};
use serde::Deserialize;
use serde_json::{Value, json};

use super::rate::Rate;
use super::script::ScriptError;
use super::serve::{listen, serve};
use crate::clock::Clock;
use crate::domain::{DatasetRef, Timestamp};
use crate::shutdown::Shutdown;

/// Slug, time zone and file.
const FILES: [(&str, &str, &str); 6] = [
    ("nantes", "Europe/Paris", include_str!("nantes.toml")),
    ("rennes", "Europe/Paris", include_str!("rennes.toml")),
    ("tours", "Europe/Paris", include_str!("tours.toml")),
    ("lausanne", "Europe/Zurich", include_str!("lausanne.toml")),
    ("montreal", "America/Toronto", include_str!("montreal.toml")),
    ("le-pellerin", "Europe/Paris", include_str!("le-pellerin.toml")),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    event: Vec<EventScript>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventScript {
    /// After the start; before it when negative.
    days: i32,
    /// `20:30`.
    at: String,
    hours: f64,
    /// More times, a week apart.
    #[serde(default)]
    weeks: i32,
    /// Seconds after the start.
    off_after: Option<i64>,
    title: String,
    text: String,
    place: String,
    #[serde(default)]
    address: String,
    /// Longitude and latitude.
    point: (f64, f64),
    #[serde(default)]
    tags: Vec<String>,
}

struct Agenda {
    city: &'static str,
    zone: TimeZone,
    events: Vec<EventScript>,
}

/// A running server; clones are one. It ends with the [`Shutdown`] it was started with.
#[derive(Clone)]
pub struct AgendaSimulator {
    address: SocketAddr,
}

struct State {
    port: u16,
    agendas: Vec<Agenda>,
    start: Timestamp,
    clock: Arc<dyn Clock>,
}

impl AgendaSimulator {
    /// Listens on a free loopback port. Must be called inside a Tokio runtime.
    pub fn start(rate: Rate, clock: Arc<dyn Clock>, shutdown: Shutdown) -> Result<Self, super::DemoError> {
        let agendas = load(rate)?;
        let (listener, address) = listen()?;
        let state = web::Data::new(State { port: address.port(), agendas, start: clock.now(), clock });
        serve(listener, shutdown, move |routes| {
            routes
                .app_data(state.clone())
                .route("/api/explore/v2.1/catalog/datasets/{city}/records", web::get().to(records))
                .route("/{city}/events/{event}", web::get().to(event_page));
        })?;
        Ok(Self { address })
    }

    /// The events of a city, for its configuration.
    pub fn of(&self, city: &str) -> Vec<DatasetRef> {
        let known = FILES.iter().filter(|(slug, ..)| *slug == city);
        let dataset = |(slug, ..): &(&str, &str, &str)| DatasetRef {
            portal: portal(self.address.port()),
            dataset: (*slug).to_owned(),
            title: "Agenda partagé (démonstration)".into(),
            ..DatasetRef::openagenda(String::new())
        };
        known.map(dataset).collect()
    }
}

/// The first event stands for a village's, and each of the rest that its size allows.
fn load(rate: Rate) -> Result<Vec<Agenda>, ScriptError> {
    let mut agendas = Vec::new();
    for (city, zone, text) in FILES {
        let broken = |reason: String| ScriptError { city: city.to_owned(), reason };
        let File { event } = toml::from_str(text).map_err(|error| broken(error.to_string()))?;
        let zone = TimeZone::get(zone).map_err(|error| broken(error.to_string()))?;
        let events = event.into_iter().step_by(rate.one_toot_in()).collect();
        agendas.push(Agenda { city, zone, events });
    }
    Ok(agendas)
}

/// Under a name that leads to this machine everywhere.
fn portal(port: u16) -> String {
    format!("http://agenda.localhost:{port}")
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    limit: usize,
    #[serde(default)]
    offset: usize,
}

async fn records(city: web::Path<String>, asked: web::Query<Asked>, state: web::Data<State>) -> HttpResponse {
    let Some(agenda) = state.agendas.iter().find(|agenda| agenda.city == *city) else {
        return HttpResponse::NotFound().json(json!({"error_code": "UnknownDataset", "message": "no such dataset"}));
    };
    let since = state.clock.now().seconds_since(state.start);
    let page = agenda.events.iter().skip(asked.offset).take(asked.limit);
    let results: Vec<Value> = page.map(|event| event.record(agenda, &portal(state.port), state.start, since)).collect();
    HttpResponse::Ok().json(json!({"total_count": agenda.events.len(), "results": results}))
}

/// The page that an event leads to.
async fn event_page(path: web::Path<(String, String)>, state: web::Data<State>) -> HttpResponse {
    let (city, uid) = path.into_inner();
    let agenda = state.agendas.iter().find(|agenda| agenda.city == city);
    let event = agenda.and_then(|agenda| agenda.events.iter().find(|event| event.uid() == uid));
    let Some(event) = event else { return HttpResponse::NotFound().finish() };
    let EventScript { title, text, place, address, .. } = event;
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(format!(
        "<!doctype html><html lang=\"fr\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <body style=\"max-width:36rem;margin:3rem auto;padding:0 1rem;font:1.125rem/1.5 sans-serif\"><h1>{title}</h1>\
         <p>{text}</p><p>{place} {address}</p><p><small>Cette page est inventée pour la démonstration.</small></p>"
    ))
}

impl EventScript {
    fn uid(&self) -> String {
        blake3::hash(self.title.as_bytes()).to_hex()[..12].to_owned()
    }

    /// As version 2.1 of the interface gives it, `since` so many seconds after the start.
    fn record(&self, agenda: &Agenda, portal: &str, start: Timestamp, since: i64) -> Value {
        let times: Vec<(String, String)> = (0..=self.weeks).filter_map(|week| self.time(agenda, start, week)).collect();
        let timings: Vec<Value> = times.iter().map(|(begin, end)| json!({"begin": begin, "end": end})).collect();
        let is_off = self.off_after.is_some_and(|after| since >= after);
        let (id, fr, en) = if is_off { (6, "Annulé", "Cancelled") } else { (1, "Programmé", "Scheduled") };
        let (lon, lat) = self.point;
        json!({
            "uid": self.uid(), "title_fr": self.title, "description_fr": self.text,
            "canonicalurl": format!("{portal}/{}/events/{}", agenda.city, self.uid()),
            "firstdate_begin": times.first().map(|(begin, _)| begin), "lastdate_end": times.last().map(|(_, end)| end),
            "timings": Value::from(timings).to_string(), "keywords_fr": self.tags,
            "location_name": self.place, "location_address": self.address,
            "location_coordinates": {"lon": lon, "lat": lat},
            "status": json!({"id": id, "label": {"fr": fr, "en": en}}).to_string(),
            "updatedat": start.plus_seconds(-3_600).to_rfc3339(),
        })
    }

    /// Beginning and end of its time of a week.
    fn time(&self, agenda: &Agenda, start: Timestamp, week: i32) -> Option<(String, String)> {
        let start = jiff::Timestamp::from_microsecond(start.as_micros()).ok()?.to_zoned(agenda.zone.clone());
        let days = Span::new().try_days(self.days.saturating_add(week.saturating_mul(7))).ok()?;
        let begin: DateTime = start.date().checked_add(days).ok()?.to_datetime(self.at.parse::<Time>().ok()?);
        let begin = begin.to_zoned(agenda.zone.clone()).ok()?;
        let lasts = SignedDuration::try_from_secs_f64(self.hours * 3_600.0).ok()?;
        let end = begin.checked_add(lasts).ok()?;
        let told = |at: &jiff::Zoned| at.timestamp().to_string();
        Some((told(&begin), told(&end)))
    }
}

#[cfg(test)]
mod tests {
    use geo::{Contains, Point};

    use super::*;
    use crate::config::CityFiles;
    use crate::ingest::sources::opendata;

    #[test]
    fn every_event_is_read_as_it_was_written_and_lies_in_its_city() {
        let start = Timestamp::parse_rfc3339("2026-11-28T09:00:00Z").unwrap();
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/cities");
        let cities = CityFiles::read(&folder, &|_| {}, start).unwrap();
        let fields = DatasetRef::openagenda(String::new()).fields;
        let agendas = load(Rate::Metropole).unwrap();
        assert_eq!(agendas.len(), 6);
        for agenda in &agendas {
            let city = cities.cities().find(|city| city.id.as_str() == agenda.city).unwrap();
            assert_eq!(agenda.zone, TimeZone::get(&city.timezone).unwrap(), "{}", agenda.city);
            let read = |since| {
                let results: Vec<Value> = agenda
                    .events
                    .iter()
                    .map(|event| event.record(agenda, "http://portail.example", start, since))
                    .collect();
                let answer = json!({"total_count": results.len(), "results": results}).to_string();
                opendata::read(answer.as_bytes(), &fields, &agenda.zone, start).unwrap()
            };
            let page = read(0);
            assert_eq!(page.items.len(), agenda.events.len());
            for item in &page.items {
                let (lon, lat) = item.lon_lat.unwrap();
                let inside = city.boundary.as_ref().unwrap().contains(&Point::new(lon, lat));
                assert!(inside, "{}: {} is at {lon} {lat}", agenda.city, item.title);
                let schedule = item.schedule.unwrap();
                assert!(schedule.over_at().unwrap() > start && !schedule.cancelled, "{}", item.title);
                assert!(item.link.is_some() && item.place.is_some() && !item.summary.text.is_empty());
            }
            let off = |page: opendata::Page| page.items.iter().filter(|item| item.schedule.unwrap().cancelled).count();
            assert_eq!((off(page), off(read(90))), (0, 1), "{}", agenda.city);
        }
        assert!(load(Rate::Village).unwrap().iter().all(|agenda| (1..=3).contains(&agenda.events.len())));
    }
}
