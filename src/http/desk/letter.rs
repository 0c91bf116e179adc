//! What is sent of alerts: a letter in the city's first language, and the same for programs.

use serde_json::{Value, json};

use super::alerts::{alert_words, whole};
use crate::domain::alert::{Alert, Kind, PastAlert, alert_id};
use crate::domain::{City, Timestamp};
use crate::http::page::{Calendar, Language, Words};

/// What is told of some alerts.
struct Told<'a> {
    /// What goes on, if it does.
    going: Option<&'a Alert>,
    /// What is over by now, told of in one line.
    over: Vec<&'a PastAlert>,
}

impl<'a> Told<'a> {
    fn of(alerts: &'a [PastAlert]) -> Self {
        let going = alerts.iter().rfind(|past| past.ended_at.is_none()).map(|past| &past.alert);
        Self { going, over: alerts.iter().filter(|past| past.ended_at.is_some()).collect() }
    }
}

/// The subject and the text.
pub fn letter(city: &City, alerts: &[PastAlert], public_url: &str) -> (String, String) {
    let language = city.languages.first().and_then(|language| Language::parse(language)).unwrap_or_default();
    let w = Words::new(language);
    let calendar = Calendar::new(&city.timezone, w);
    let Told { going, over } = Told::of(alerts);
    let subject = match going.map(|alert| alert.kind) {
        Some(Kind::Unusual) => w.with("letter-subject-unusual", "city", &city.name),
        Some(Kind::AnyPost) => w.with("letter-subject-any-post", "city", &city.name),
        None => w.with("letter-subject-over", "city", &city.name),
    };
    let mut lines = Vec::new();
    if let Some(alert) = going {
        lines.push(w.with("letter-at", "when", &calendar.full(alert.at)));
        lines.push(alert_words(alert, &calendar, w));
        lines.push(String::new());
    }
    if let Some(line) = over_line(&over, &calendar, w) {
        lines.push(line);
        lines.push(String::new());
    }
    let slug = city.id.as_str();
    lines.push(w.with("letter-square", "url", &format!("{public_url}/{slug}")));
    lines.push(w.with("letter-desk", "url", &format!("{public_url}/desk/{slug}")));
    lines.push(String::new());
    lines.push(w.t("letter-foot"));
    (subject, lines.join("\n") + "\n")
}

fn over_line(over: &[&PastAlert], calendar: &Calendar, w: Words) -> Option<String> {
    match over {
        [] => None,
        [past] => {
            let (from, until) = (past.alert.at, past.ended_at.unwrap_or(past.alert.at));
            let until = calendar.since(until, from);
            Some(w.with2("letter-over", "from", &calendar.full(from), "until", &until))
        }
        several => Some(w.count("letter-earlier", several.len())),
    }
}

/// The same as JSON, in the form of Standard Webhooks.
pub fn call(city: &City, alerts: &[PastAlert], public_url: &str, now: Timestamp) -> String {
    let Told { going, over } = Told::of(alerts);
    let data = json!({
        "city": city.id.as_str(),
        "url": format!("{public_url}/{}", city.id.as_str()),
        "alert": going.map(|alert| as_json(city, alert, None)),
        "over": over.iter().map(|past| as_json(city, &past.alert, past.ended_at)).collect::<Vec<_>>(),
    });
    json!({ "type": "alert", "timestamp": now.to_rfc3339(), "data": data }).to_string()
}

fn as_json(city: &City, alert: &Alert, ended_at: Option<Timestamp>) -> Value {
    json!({
        "id": alert_id(&city.id, alert),
        "kind": alert.kind.as_str(),
        "at": alert.at.to_rfc3339(),
        "ended_at": ended_at.map(Timestamp::to_rfc3339),
        "period_seconds": 3_600,
        "posts": alert.posts,
        "authors_at_least": alert.authors,
        "usual_posts": whole(alert.usual),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(begun: &str, ended: Option<&str>, authors: Option<u64>) -> PastAlert {
        let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        let alert = Alert { kind: Kind::Unusual, at: at(begun), posts: 45, authors, usual: 2.5 };
        PastAlert { number: 1, alert, ended_at: ended.map(at) }
    }

    fn city(name: &str, language: &str) -> City {
        City { name: name.into(), languages: vec![language.into()], ..crate::http::tests::city("nantes") }
    }

    #[test]
    fn feature_14_a_letter_says_how_many_in_which_time_what_is_usual_and_where_to_look() {
        let going = past("2026-11-24T14:10:00+01:00", None, Some(40));
        let (subject, text) = letter(&city("Nantes", "fr"), &[going], "https://parvis.example");
        assert_eq!(subject, "Nantes : bien plus de messages que d’habitude");
        assert_eq!(
            text,
            "Le mardi 24 novembre 2026 à 14:10.\n45 messages d’habitants en une heure. 40 personnes au moins. \
             D’habitude, un mardi vers 14 h : 3.\n\nCe que voient les habitants : https://parvis.example/nantes\n\
             Le bureau : https://parvis.example/desk/nantes\n\n\
             Ce courriel vient de Parvis. Les adresses qui le reçoivent sont dans le fichier de la ville.\n"
        );
        let few = past("2026-11-24T14:10:00+01:00", None, None);
        let (subject, text) = letter(&city("Nantes", "en"), &[few], "https://parvis.example");
        assert_eq!(subject, "Nantes: far more posts than usual");
        assert!(text.contains("Fewer than 5 people. Usually, on a Tuesday around 14:00: 3."), "{text}");
    }

    #[test]
    fn l74_what_is_over_when_duty_begins_is_said_in_one_line() {
        let over = past("2026-11-24T02:10:00+01:00", Some("2026-11-24T03:40:00+01:00"), Some(40));
        let going = past("2026-11-24T08:10:00+01:00", None, Some(15));
        let nantes = city("Nantes", "fr");
        let (subject, text) = letter(&nantes, &[over, going], "https://p.example");
        assert!(subject.starts_with("Nantes : bien plus"));
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("plus tôt")).collect();
        assert_eq!(
            lines,
            [
                "Une alerte a commencé le mardi 24 novembre 2026 à 02:10 et fini à 03:40, sans pouvoir être dite plus tôt."
            ]
        );
        let (subject, text) = letter(&nantes, &[over, over], "https://p.example");
        assert_eq!(subject, "Nantes : une alerte, finie entre-temps");
        assert!(text.starts_with("2 alertes ont commencé et fini sans pouvoir être dites plus tôt.\n"), "{text}");
        let called: Value =
            serde_json::from_str(&call(&nantes, &[over, going], "https://p.example", over.alert.at)).unwrap();
        assert_eq!(called["data"]["alert"]["authors_at_least"], 15);
        assert_eq!(called["data"]["over"][0]["ended_at"], "2026-11-24T02:40:00.000Z");
        assert_eq!(called["data"]["over"].as_array().unwrap().len(), 1);
    }
}
