//! H3, the text side: hundreds of hostile payloads, each in every field that somebody else writes, through the real
//! program and into everything that it says. What a browser makes of the same is in `web/e2e/hostile.test.mjs`.
//!
//! The pages may hold what they hold with harmless words in the same places, and nothing else.

use std::collections::BTreeSet;

use futures_util::StreamExt;
use parvis::clock::{Clock, SystemClock};
use parvis::domain::{Cursor, Offset};
use serde_json::{Value, json};

use crate::fuzz::targets::markup::{self, Shape};
use crate::support::server::{Server, client};

fn payloads() -> Vec<String> {
    let payloads: Vec<String> = serde_json::from_str(include_str!("../fixtures/hostile.json")).unwrap();
    let different = payloads.iter().collect::<BTreeSet<_>>().len();
    assert!(different >= 500 && different == payloads.len(), "{different} of {} payloads", payloads.len());
    payloads
}

/// A word with no harm in it, for the pages to be compared with.
fn harmless(number: usize) -> String {
    format!("mot{number}")
}

const AUTHORS: usize = 40;

fn did(author: usize) -> String {
    format!("did:plc:auteur{author}")
}

/// A post with the payload in every field that it has; the fields take turns where they exclude each other.
fn frame(number: usize, payload: &str, harmless_link: bool) -> String {
    let at = SystemClock.now().plus_seconds(-(number as i64));
    let text = format!("{payload} {number} #ville");
    let end = text.len();
    // What a facet marks lies on borders of characters, or it would be dropped.
    let first = payload.chars().next().map_or(1, char::len_utf8);
    let link = if harmless_link { "https://mot.example/".to_owned() } else { payload.to_owned() };
    let feature = |kind: &str, name: &str, value: &str| json!({ "$type": format!("app.bsky.richtext.facet#{kind}"), name: value });
    let external = json!({ "uri": link, "title": payload, "description": payload });
    let embed = match number % 3 {
        0 => json!({ "$type": "app.bsky.embed.images", "images": [{ "alt": payload }, { "alt": "" }] }),
        1 => json!({ "$type": "app.bsky.embed.external", "external": external }),
        _ => json!({ "$type": "app.bsky.embed.recordWithMedia",
            "media": { "$type": "app.bsky.embed.video", "alt": payload } }),
    };
    json!({
        "did": did(number % AUTHORS),
        "time_us": at.as_micros(),
        "kind": "commit",
        "commit": {
            "rev": payload, "operation": "create", "collection": "app.bsky.feed.post", "rkey": format!("k{number}"), "cid": payload,
            "record": {
                "$type": "app.bsky.feed.post",
                "createdAt": at.to_rfc3339(),
                "langs": [payload, "fr"],
                "text": text,
                "tags": [payload, "ville"],
                "facets": [
                    { "index": { "byteStart": end - 6, "byteEnd": end }, "features": [feature("tag", "tag", "ville")] },
                    { "index": { "byteStart": 0, "byteEnd": first }, "features": [feature("link", "uri", &link), feature("tag", "tag", payload), feature("mention", "did", payload)] },
                ],
                "location": { "$type": "community.lexicon.location.geo", "name": payload, "latitude": "47.15", "longitude": "-1.55" },
                "labels": { "values": [{ "val": payload }] },
                "embed": embed,
            },
        },
    })
    .to_string()
}

/// The same in a feed's document: its title, and those, the texts, the authors and the tags of its items. `from` is the
/// first item's number, `name` the feed's.
fn feed(name: &str, from: usize, words: &[String], harmless_link: bool) -> String {
    let items = words.iter().enumerate().map(|(number, payload)| {
        let number = from + number;
        let link = if harmless_link { "https://mot.example/" } else { payload };
        json!({
            "id": format!("{number} {payload}"), "url": format!("https://journal.example/{number}"),
            "title": format!("{payload} {number}"), "tags": [payload], "authors": [{ "name": payload, "url": link }],
            "content_html": format!("<p>{payload}</p> <a href=\"{link}\">{payload}</a> <img src=\"{link}\" alt=\"{payload}\">"),
            "date_published": SystemClock.now().plus_seconds(-(number as i64)).to_rfc3339(),
        })
    });
    let items: Vec<Value> = items.collect();
    json!({ "version": "https://jsonfeed.org/version/1.1", "title": name, "items": items }).to_string()
}

/// The same on a server of Mastodon, where texts are HTML. `name` is what the author's profile says.
fn status(number: usize, payload: &str, name: &str, harmless_link: bool) -> String {
    let home = format!("https://un.example/users/a{}", number % AUTHORS);
    let link = if harmless_link { "https://mot.example/" } else { payload };
    json!({
        "id": number.to_string(), "uri": format!("{home}/statuses/{number}"), "url": format!("{home}/{number}"),
        "created_at": SystemClock.now().plus_seconds(-(number as i64)).to_rfc3339(), "visibility": "public",
        "language": payload, "spoiler_text": if number.is_multiple_of(3) { payload } else { "" },
        "content": format!("<p>{payload}</p> <a href=\"{link}\">{payload}</a> <a class=\"mention hashtag\" href=\"{link}\">#ville</a>"),
        "tags": [{ "name": "ville" }, { "name": payload }],
        "mentions": [{ "acct": payload, "username": payload, "url": link }],
        "media_attachments": [{ "type": "image", "url": link, "description": payload }],
        "card": { "url": link, "title": payload, "description": payload },
        "account": {
            "id": "1", "acct": format!("a{}", number % AUTHORS), "username": name, "display_name": name, "uri": home,
            "url": home, "note": name, "discoverable": true, "indexable": true, "emojis": [{ "shortcode": name, "url": link }],
        },
    })
    .to_string()
}

/// Items that a document is read to.
const FEED_ITEMS: usize = 200;
const FEED: &str = "http://127.0.0.1:1/journal.json";

const OUTLINE: &str = r#"{"type":"Feature","properties":{"source":"Source","licence":"Licence"},
    "geometry":{"type":"Polygon","coordinates":[[[-1.6,47.1],[-1.4,47.1],[-1.4,47.3],[-1.6,47.3],[-1.6,47.1]]]}}"#;

/// A city that says the words wherever a city file says something.
fn city(words: &[String]) -> String {
    let word = |at: usize| toml::Value::String(words[at % words.len()].clone()).to_string();
    format!(
        "name = {}\nboundary = \"ville.geojson\"\nparticipation = {}\nlanguages = [\"fr\"]\n\
         [recipe]\ninvite = {}\nhashtags = [\"ville\", {}]\nwords = [{}]\nambiguous = [{}]\ncontext = [{}]\nassembly = [{}]\n\
         all_of = [[{}, \"ville2\"]]\n[recipe.exclude]\nhashtags = [{}]\nwords = [{}]\n\
         [[zone]]\nname = {}\nboundary = \"zone.geojson\"\nplaces = [{}]\n[around]\nname = {}\nhashtags = [\"autour\"]\n\
         [[official]]\nname = {}\ngroup = {}\nkind = \"institution\"\naccounts = [\"bsky:mairie.test.example\"]\n\
         [[feed]]\nurl = \"{FEED}\"\nlane = \"info\"\n",
        word(0),
        word(1),
        word(2),
        word(3),
        word(4),
        word(5),
        word(6),
        word(7),
        word(8),
        word(9),
        word(10),
        word(11),
        word(12),
        word(13),
        word(14),
        word(15),
    )
}

struct Said {
    shapes: BTreeSet<Shape>,
    wrong: Vec<String>,
    cards: usize,
}

impl Said {
    fn page(&mut self, path: &str, html: &str) {
        let (shapes, wrong) = markup::document(html);
        self.shapes.extend(shapes);
        self.wrong.extend(wrong.into_iter().map(|wrong| format!("{path}: {wrong}")));
        self.text(path, html);
    }

    /// Of nothing that leaves the server do the characters reorder what is around them.
    fn text(&mut self, path: &str, text: &str) {
        let reorders = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\0'..='\x08' | '\x0e'..='\x1f' | '\x7f');
        if let Some(at) = text.find(reorders) {
            let around: String = text[at..].chars().take(40).collect();
            self.wrong.push(format!("{path}: {around:?}"));
        }
    }
}

/// Starts the program on these words and reads everything that it says.
async fn everything(words: &[String], city_words: &[String], harmless_link: bool) -> Said {
    let mut server = Server::prepare_at(&["ws://127.0.0.1:1".to_owned()], "http://127.0.0.1:1", "");
    let folder = server.folder.path().to_owned();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("cities/ville.toml", &city(city_words));
    write(
        "cities/ville.geojson",
        &OUTLINE.replace("Source", &json_inner(&city_words[0])).replace("Licence", &json_inner(&city_words[1])),
    );
    write("cities/zone.geojson", OUTLINE);
    let frames: Vec<String> =
        words.iter().enumerate().map(|(number, word)| frame(number, word, harmless_link)).collect();
    write("frames.jsonl", &frames.join("\n"));
    let name_of = |author: usize| &words[author * 13 % words.len()];
    let profiles: Vec<Value> = (0..AUTHORS)
        .map(|author| {
            let word = name_of(author);
            // A handle that is no host name is dropped; the other half have one.
            let handle = if author % 2 == 0 { word.clone() } else { format!("a{author}.test.example") };
            json!({ "did": did(author), "handle": handle, "displayName": word, "description": word })
        })
        .collect();
    write("profiles.json", &json!({ "profiles": profiles }).to_string());
    let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let statuses: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(number, word)| status(number, word, name_of(number % AUTHORS), harmless_link))
        .collect();
    write("statuses.jsonl", &statuses.join("\n"));
    let replay = |network: &str, name: &str, more: &[&str]| {
        let path = file(name);
        let replayed = server.command(&[&["replay", "--source", network, &path, "--json"], more].concat());
        assert!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stderr));
        let tally: Value = serde_json::from_slice(&replayed.stdout).unwrap();
        println!("{network}: {tally}");
        tally["outcomes"]["admitted"].as_u64().unwrap() as usize
    };
    let of_documents = words.chunks(FEED_ITEMS).enumerate().map(|(number, some)| {
        write("journal.json", &feed(&words[0], number * FEED_ITEMS, some, harmless_link));
        replay("feed", "journal.json", &["--address", FEED])
    });
    let counts = [
        replay("bluesky", "frames.jsonl", &["--profiles", &file("profiles.json")]),
        of_documents.sum(),
        replay("mastodon", "statuses.jsonl", &[]),
    ];
    assert!(counts.iter().all(|count| *count >= words.len() * 9 / 10), "{counts:?}");
    let admitted = counts.iter().sum();
    server.start();

    let mut said = Said { shapes: BTreeSet::new(), wrong: Vec::new(), cards: 0 };
    let posts = server.posts().await;
    assert_eq!(posts.len(), admitted);
    said.text("json", &serde_json::to_string(&posts).unwrap());
    pages(&server, &posts, words, &mut said).await;
    streams(&server, admitted, &mut said).await;
    said
}

fn json_inner(text: &str) -> String {
    serde_json::to_string(text).unwrap().trim_matches('"').to_owned()
}

async fn pages(server: &Server, posts: &[Value], words: &[String], said: &mut Said) {
    let mut paths: Vec<String> = [
        "/",
        "/ville/recipe",
        "/ville/people",
        "/ville/ask",
        "/ville/sources",
        "/ville/about",
        "/ville/privacy",
        "/ville/accessibility",
        "/ville/leave",
        "/ville?hl=en",
        "/nulle-part",
    ]
    .map(str::to_owned)
    .into();
    for post in posts.iter().step_by(50) {
        let id = post["id"].as_str().unwrap();
        paths.extend([format!("/ville/why/{id}"), format!("/ville/leave?post={id}")]);
    }
    for word in words.iter().step_by(25) {
        let word: String = url::form_urlencoded::byte_serialize(word.as_bytes()).collect();
        paths.extend([
            format!("/{word}"),
            format!("/ville?tag={word}"),
            format!("/ville/{word}"),
            format!("/ville?{word}={word}"),
        ]);
    }
    for path in paths {
        let (_, html) = server.text(&path).await;
        said.page(&path, &html);
    }
    // The feed, to its end: each page names the position before which the next one begins.
    let mut before = u64::MAX;
    loop {
        let path = if before == u64::MAX { "/ville".to_owned() } else { format!("/ville?before={before}") };
        let (status, html) = server.text(&path).await;
        assert_eq!(status, 200, "{path}");
        said.page(&path, &html);
        said.cards += html.matches("<article class=\"card").count();
        let links = html.split("href=\"/ville?before=").skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok());
        match links.filter(|next| *next < before).min() {
            Some(next) => before = next,
            None => break,
        }
    }
}

/// The live channels, from the beginning of the log: every post again.
async fn streams(server: &Server, admitted: usize, said: &mut Said) {
    let page = server.json("/api/v1/cities/ville/posts?limit=1").await;
    let head = Cursor::parse(page["cursor"].as_str().unwrap()).unwrap();
    let cursor = Cursor { offset: Offset(0), ..head }.token();
    let address = server.live_url(&format!("?format=html&cursor={cursor}"));
    let (mut socket, _) = tokio_tungstenite::connect_async(address).await.unwrap();
    let mut cards = 0;
    while cards < admitted {
        let message = socket.next().await.unwrap().unwrap().into_text().unwrap();
        said.text("websocket", &message);
        cards += events(&serde_json::from_str(&message).unwrap(), said);
    }
    assert_eq!(cards, admitted);

    let address = server.url(&format!("/api/v1/cities/ville/events?format=html&cursor={cursor}"));
    let mut stream = client().get(address).send().await.unwrap().bytes_stream();
    let (mut text, mut cards) = (String::new(), 0);
    let mut bytes = Vec::new();
    while cards < admitted {
        bytes.extend(stream.next().await.unwrap().unwrap());
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        text.push_str(std::str::from_utf8(&bytes[..whole]).unwrap());
        bytes.drain(..whole);
        let blocks = text.rfind("\n\n").map_or(0, |at| at + 2);
        for line in text.drain(..blocks).collect::<String>().lines() {
            match line.split_once(':') {
                Some(("data", data)) => cards += events(&serde_json::from_str(data.trim()).unwrap(), said),
                Some(("event", name)) => assert!(["hello", "batch", "sources"].contains(&name.trim()), "{line}"),
                Some(("id", id)) => _ = Cursor::parse(id.trim()).unwrap(),
                Some(("retry" | "", _)) => {}
                other => assert!(other.is_none() && line.is_empty(), "a line that no server wrote: {line:?}"),
            }
        }
    }
    assert_eq!(cards, admitted);
}

/// Checks the cards of a live message; how many there are.
fn events(message: &Value, said: &mut Said) -> usize {
    let events = message["events"].as_array().map_or(&[][..], Vec::as_slice);
    for event in events {
        assert_eq!(event["op"], "post", "{event}");
        let html = event["html"].as_str().unwrap();
        markup::assert_card(html);
        said.text("a card", html);
    }
    events.len()
}

#[tokio::test]
async fn h3_hostile_words_are_words_in_everything_that_is_said() {
    let payloads = payloads();
    let words: Vec<String> = (0..60).map(harmless).collect();
    let template = everything(&words, &words, true).await;
    assert_eq!(template.wrong, Vec::<String>::new());
    // A city file's terms need a letter that can be folded; and a name is not cleaned, it is the operator's own.
    let of_city: Vec<String> = payloads
        .iter()
        .filter(|payload| {
            payload.chars().filter(|c| c.is_ascii_alphabetic()).count() > 4
                && payload.is_ascii()
                && !payload.contains(|c: char| c.is_control())
        })
        .step_by(7)
        .cloned()
        .collect();
    let hostile = everything(&payloads, &of_city, false).await;
    assert_eq!(hostile.wrong, Vec::<String>::new());
    let foreign: Vec<&Shape> = hostile.shapes.difference(&template.shapes).collect();
    assert!(foreign.is_empty(), "elements and attributes that no template has: {foreign:?}");
    assert!(hostile.cards >= payloads.len() * 27 / 10, "{} cards", hostile.cards);
}
