//! Invented frames in the shape of the real ones, and a city file's worth of recipe for each commune.
//!
//! Owns the mix: kinds of events, languages, tags, replies, pictures, places, and the texts (the demonstration's).
//! Does not own the pipeline that they are put through.
//! Invariant: frames depend on the mix and their number alone.

use parvis::demo::script::Scripts;
use parvis::domain::{City, CityId, Look, Recipe, Timestamp, fold_tag};
use serde_json::{Value, json};

use crate::communes::Commune;

const SEED: u64 = 9;
const AUTHORS: usize = 5_000;

/// Names of communes that are everyday words of French: their cities list them as ambiguous. Names of three letters
/// and less (Y, Ger, Die) are not listed as words at all.
const COMMON: [&str; 24] = [
    "bon", "nice", "tours", "sept", "lens", "vals", "ville", "fontaine", "roche", "vigne", "marche", "prix", "cours",
    "port", "pont", "bois", "mars", "seul", "rue", "lune", "vue", "thé", "beau", "val",
];

/// Shares in percent.
pub struct Mix {
    /// Changes of profiles; deletions are half, account and identity events a quarter as many.
    pub profiles: u32,
    /// Of the posts.
    pub french: u32,
    pub undeclared: u32,
    pub tagged: u32,
    pub replies: u32,
    pub pictures: u32,
    /// In a thousand.
    pub places: u32,
}

impl Mix {
    pub const NETWORK: Self = Self { profiles: 8, ..Self::POSTS };
    pub const POSTS: Self =
        Self { profiles: 0, french: 4, undeclared: 5, tagged: 25, replies: 40, pictures: 20, places: 2 };
    pub const FRENCH: Self = Self { french: 100, ..Self::POSTS };

    pub fn in_words(&self) -> String {
        format!(
            "{} % changes of profiles; of the posts {} % in French, {} % without a language, {} % with tags, {} % replies, {} % with pictures, {} in 1,000 with coordinates",
            self.profiles, self.french, self.undeclared, self.tagged, self.replies, self.pictures, self.places
        )
    }
}

/// Every commune as a city: its name as hashtag and word, and its outline.
pub fn city(commune: &Commune) -> City {
    let name = &commune.name;
    let tag: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let is_common = COMMON.iter().any(|common| fold_tag(common) == fold_tag(name));
    let (clear, ambiguous) = match is_common {
        _ if fold_tag(name).len() <= 3 => (Vec::new(), Vec::new()),
        true => (Vec::new(), vec![name.clone()]),
        false => (vec![name.clone()], Vec::new()),
    };
    City {
        id: CityId::new(&format!("c{}", commune.code.to_lowercase())),
        name: name.clone(),
        country: Some("FR".into()),
        timezone: "Europe/Paris".into(),
        languages: vec!["fr".into()],
        boundary: Some(commune.outline.clone()),
        zones: Vec::new(),
        around: None,
        recipe: Recipe {
            invite: Some(format!("Parvis{tag}")),
            hashtags: if is_common { Vec::new() } else { vec![tag.clone(), format!("{tag}{}", commune.code)] },
            words: clear,
            ambiguous,
            context: vec!["mairie".into(), "commune".into()],
            ..Recipe::default()
        },
        recipe_hash: "0123456789abcdef".into(),
        officials: Vec::new(),
        feeds: Vec::new(),
        mastodon: Vec::new(),
        pushes: Vec::new(),
        datasets: Vec::new(),
        participation: None,
        office_hours: Default::default(),
        approve_notices: false,
        on_duty: Default::default(),
        look: Look { accent: "#123456".into(), accent_dark: "#abcdef".into() },
        attribution: Vec::new(),
    }
}

/// Texts by language, without tags.
struct Texts {
    french: Vec<String>,
    other: Vec<(String, String)>,
}

impl Texts {
    fn load() -> anyhow::Result<Self> {
        let scripts = Scripts::load()?;
        let (mut french, mut other) = (Vec::new(), Vec::new());
        for (script, line) in scripts.all().iter().flat_map(|script| script.lines().map(move |line| (script, line))) {
            // As many French texts that concern no city of the demonstration as such that do.
            for turn in 0..if script.is_elsewhere() { 200 } else { 2 } {
                let text = line.text.in_turn(SEED, turn);
                let words: Vec<&str> = text.split(' ').filter(|word| !word.starts_with('#')).collect();
                if line.post.lang == "fr" {
                    french.push(words.join(" "));
                } else {
                    other.push((line.post.lang.clone(), words.join(" ")));
                }
            }
        }
        Ok(Self { french, other })
    }

    fn pick(&self, is_french: bool, rng: &mut fastrand::Rng) -> (&str, String) {
        if is_french {
            return ("fr", self.french[rng.usize(..self.french.len())].clone());
        }
        let (lang, first) = &self.other[rng.usize(..self.other.len())];
        let more = self.other.iter().filter(|(other, _)| other == lang).nth(rng.usize(..4));
        (lang, more.map_or_else(|| first.clone(), |(_, more)| format!("{first} {more}")))
    }
}

/// So many frames, oldest first, and the accounts that they are of.
pub fn frames(mix: &Mix, count: usize, now: Timestamp) -> anyhow::Result<(Vec<Vec<u8>>, Vec<String>)> {
    let mut rng = fastrand::Rng::with_seed(SEED);
    let texts = Texts::load()?;
    let letters = |count: usize, rng: &mut fastrand::Rng| -> String {
        (0..count).map(|_| char::from(b"abcdefghijklmnopqrstuvwxyz234567"[rng.usize(..32)])).collect()
    };
    let authors: Vec<String> = (0..AUTHORS).map(|_| format!("did:plc:{}", letters(24, &mut rng))).collect();
    let mut posts: Vec<(String, String)> = Vec::new();
    let mut frames = Vec::with_capacity(count);
    let first = now.plus_seconds(-60).as_micros();
    for index in 0..count {
        let time_us = first + i64::try_from(index)? * 60_000_000 / i64::try_from(count)?;
        let did = &authors[rng.usize(..AUTHORS)];
        let (rkey, cid) = (format!("3m{}", letters(11, &mut rng)), format!("bafyrei{}", letters(52, &mut rng)));
        let rev = format!("3m{}", letters(11, &mut rng));
        let commit = |operation: &str, collection: &str, rkey: &str, record: Option<Value>| {
            let mut commit =
                json!({ "rev": rev, "operation": operation, "collection": collection, "rkey": rkey, "cid": cid });
            if let (Some(record), Some(commit)) = (record, commit.as_object_mut()) {
                commit.insert("record".into(), record);
            }
            json!({ "did": did, "time_us": time_us, "kind": "commit", "commit": commit })
        };
        let kind = rng.u32(..400);
        let frame = if kind < 4 * mix.profiles {
            let record = json!({ "$type": "app.bsky.actor.profile", "createdAt": "2025-03-01T08:00:00.000Z",
                "displayName": "Camille", "description": texts.pick(true, &mut rng).1 });
            commit("update", "app.bsky.actor.profile", "self", Some(record))
        } else if kind < 6 * mix.profiles && !posts.is_empty() {
            commit("delete", "app.bsky.feed.post", &rkey, None)
        } else if kind < 7 * mix.profiles {
            json!({ "did": did, "time_us": time_us, "kind": "identity", "identity":
                { "did": did, "handle": "camille.example", "seq": 30_000_000_000_u64 + index as u64, "time": "2026-11-25T11:59:00.000Z" } })
        } else {
            let record = post(mix, &texts, &posts, time_us, &cid, &mut rng)?;
            posts.push((format!("at://{did}/app.bsky.feed.post/{rkey}"), cid.clone()));
            commit("create", "app.bsky.feed.post", &rkey, Some(record))
        };
        frames.push(serde_json::to_vec(&frame)?);
    }
    Ok((frames, authors))
}

fn post(
    mix: &Mix,
    texts: &Texts,
    posts: &[(String, String)],
    time_us: i64,
    cid: &str,
    rng: &mut fastrand::Rng,
) -> anyhow::Result<Value> {
    const TAGS: [&str; 20] = [
        "art",
        "photography",
        "Kunst",
        "caturday",
        "冬",
        "dibujo",
        "música",
        "Nachtzug",
        "NowPlaying",
        "gamedev",
        "jardin",
        "fotografia",
        "sciencefiction",
        "birds",
        "Lecture",
        "weather",
        "ニャンコ",
        "pottery",
        "vélo",
        "radio",
    ];
    const CITY_TAGS: [&str; 6] = ["Nantes", "Rennes", "Brest", "LeMans", "SaintDenis", "Marseille13055"];
    let (lang, mut text) = texts.pick(rng.u32(..100) < mix.french, rng);
    let mut facets = Vec::new();
    if rng.u32(..100) < mix.tagged {
        for _ in 0..rng.usize(1..4) {
            let tag = if rng.u32(..100) == 0 { CITY_TAGS[rng.usize(..6)] } else { TAGS[rng.usize(..20)] };
            text.push(' ');
            let start = text.len();
            text.push('#');
            text.push_str(tag);
            facets.push(json!({ "$type": "app.bsky.richtext.facet",
                "features": [{ "$type": "app.bsky.richtext.facet#tag", "tag": tag }],
                "index": { "byteEnd": text.len(), "byteStart": start } }));
        }
    }
    let created = Timestamp::from_micros(time_us - 900_000).to_rfc3339();
    let mut record = json!({ "$type": "app.bsky.feed.post", "createdAt": created, "text": text });
    let Some(fields) = record.as_object_mut() else { return Ok(record) };
    if rng.u32(..100) >= mix.undeclared {
        fields.insert("langs".into(), json!([lang]));
    }
    if !facets.is_empty() {
        fields.insert("facets".into(), facets.into());
    }
    if rng.u32(..100) < mix.replies && !posts.is_empty() {
        // What is answered was mostly said long ago, or by somebody whom no city holds.
        let mut answered = || {
            let (uri, cid) = &posts[rng.usize(..posts.len())];
            let uri = if rng.u32(..100) < 5 { uri.clone() } else { uri.replace("post/3m", "post/3l") };
            json!({ "cid": cid, "uri": uri })
        };
        let (parent, root) = (answered(), answered());
        fields.insert("reply".into(), json!({ "parent": parent, "root": root }));
    }
    if rng.u32(..100) < mix.pictures {
        let picture = json!({ "alt": "", "aspectRatio": { "height": 1500, "width": 2000 },
            "image": { "$type": "blob", "ref": { "$link": cid }, "mimeType": "image/jpeg", "size": rng.u32(80_000..900_000) } });
        let pictures = vec![picture; rng.usize(1..3)];
        fields.insert("embed".into(), json!({ "$type": "app.bsky.embed.images", "images": pictures }));
    }
    if rng.u32(..1_000) < mix.places {
        let (lat, lon) = (42.5 + rng.f64() * 8.0, -4.0 + rng.f64() * 11.0);
        fields.insert(
            "location".into(),
            json!({ "$type": "community.lexicon.location.geo", "latitude": format!("{lat:.7}"), "longitude": format!("{lon:.7}") }),
        );
    }
    Ok(record)
}
