use std::collections::{HashMap, HashSet};

use super::*;

const SMALL: &str = r##"
[[author]]
key = "anna"
name = "Anna"
handle = "anna"

[[post]]
key = "x-1"
author = "anna"
lang = "fr"
hour = 7
text = "Bonjour {à tous|tout le monde} #X"
expect = "admitted"

[[post]]
key = "x-2"
author = "anna"
lang = "fr"
hour = 8
text = "Rebonjour"
expect = "admitted"
reply_to = "x-1"
"##;

fn read(text: &str) -> Result<CityScript, String> {
    parse("x", "X", "UTC0", text, &mut HashSet::new())
}

#[test]
fn shipped_posts_are_sound() {
    let scripts = Scripts::load().unwrap();
    assert_eq!(scripts.cities().count(), 6);
    let posts: usize = scripts.cities().map(|city| city.lines().count()).sum();
    assert!(posts >= 240, "{posts} posts");
    let kept_away = |expect| scripts.cities().flat_map(|city| city.lines()).filter(|l| l.post.expect == expect).count();
    assert!(kept_away(Expect::Refused) >= 5 && kept_away(Expect::Queued) >= 5);
}

#[test]
fn every_city_can_show_every_case() {
    for city in Scripts::load().unwrap().cities() {
        let has = |what: &str, found: bool| assert!(found, "{} has no {what}", city.slug);
        has("thread", city.threads.iter().any(|thread| thread.lines.len() > 1));
        has("edit", city.lines().any(|line| line.edit.is_some()));
        has("deletion", city.lines().any(|line| line.post.delete_after_minutes.is_some()));
        has("place", city.lines().any(|line| line.post.place.is_some()));
        has("image without a description", city.lines().any(|line| line.post.image_no_alt));
        has("self-label", city.lines().any(|line| !line.post.labels.is_empty()));
        has("author who leaves", city.authors.iter().any(|author| author.leaves));
        has("profile for signed-in readers", city.authors.iter().any(|author| !author.labels.is_empty()));
        has("queued post", city.lines().any(|line| line.post.expect == Expect::Queued));
        has("refused post", city.lines().any(|line| line.post.expect == Expect::Refused));
        has("listed body", city.authors.iter().any(|author| author.official));
        has("week of village posts", city.threads.iter().filter(|thread| thread.is_village()).count() >= 5);
        has("wordings", city.lines().filter(|line| line.text.variants() > 1).count() * 2 > city.lines().count());
    }
}

/// A village's too, so that at each rate something waits for an answer and something has one.
#[test]
fn feature_5_some_posts_to_a_towns_account_are_answered_and_some_are_not() {
    for city in Scripts::load().unwrap().cities() {
        let answers = |author: &Author| matches!(author.group.as_deref(), Some("ville" | "service"));
        let bodies: Vec<&str> = city.authors.iter().filter(|it| answers(it)).map(|it| &*it.key).collect();
        let is_to_body = |line: &Line| bodies.iter().any(|key| line.post.text.contains(&format!("@{key}")));
        let is_answered = |thread: &Thread| {
            thread.lines.iter().any(|line| line.parent == Some(0) && bodies.contains(&&*line.author.key))
        };
        let asked: Vec<(bool, bool)> = city
            .threads
            .iter()
            .filter(|thread| thread.lines.first().is_some_and(|line| is_to_body(line)))
            .map(|thread| (thread.is_village(), is_answered(thread)))
            .collect();
        for (is_village, answered) in [(true, true), (true, false), (false, true), (false, false)] {
            assert!(asked.contains(&(is_village, answered)), "{}: village {is_village}, {answered}", city.slug);
        }
    }
}

#[test]
fn every_author_speaks_and_handles_are_nobodys_twice() {
    let mut handles = HashMap::new();
    for script in Scripts::load().unwrap().all() {
        for author in &script.authors {
            assert!(script.lines().any(|line| line.author.key == author.key), "{}: {}", script.slug, author.key);
            assert_eq!(handles.insert(author.handle.clone(), script.slug), None, "{}", author.handle);
        }
    }
}

#[test]
fn replies_stand_behind_what_they_answer() {
    for script in Scripts::load().unwrap().all() {
        for thread in &script.threads {
            for (at, line) in thread.lines.iter().enumerate() {
                assert_eq!(line.parent.is_some(), at > 0);
                assert_eq!(
                    line.parent.map(|parent| thread.lines[parent].post.key.clone()),
                    line.post.reply_to,
                    "{}",
                    line.post.key
                );
                assert!(line.parent.is_none_or(|parent| parent < at));
            }
        }
    }
}

#[test]
fn posts_from_elsewhere_name_no_city() {
    let scripts = Scripts::load().unwrap();
    let elsewhere = scripts.all().iter().find(|script| script.is_elsewhere()).unwrap();
    for line in elsewhere.lines() {
        for index in 0..line.text.variants() {
            let text = line.text.variant(index).to_lowercase();
            for name in ["nantes", "rennes", "tours", "lausanne", "montr", "pellerin", "roazhon", "naoned", "parvis"] {
                assert!(!text.contains(name), "{text}");
            }
        }
    }
}

#[test]
fn mistakes_in_a_file_are_named() {
    assert!(read(SMALL).is_ok());
    for (from, to, word) in [
        ("hour = 7", "hour = 24", "x-1"),
        ("hour = 7", "hour = 7\ncolour = 3", "colour"),
        ("author = \"anna\"", "author = \"ann\"", "no author `ann`"),
        ("reply_to = \"x-1\"", "reply_to = \"x-9\"", "x-9"),
        ("reply_to = \"x-1\"", "reply_to = \"x-2\"", "circle"),
        ("key = \"x-2\"", "key = \"x-1\"", "same key"),
        ("{à tous|tout le monde}", "{à tous", "brace"),
        ("handle = \"anna\"", "handle = \"Anna B\"", "handle"),
        ("handle = \"anna\"", "handle = \"anna\"\nofficial = true", "group"),
        ("hour = 7", "hour = 7\nplace = { lat = 91.0, lon = 0.0, name = \"X\" }", "Earth"),
        ("hour = 7", "hour = 7\ndelete_after_minutes = 900", "minutes"),
        ("hour = 7", "hour = 7\nimage = \"a\"\nimage_no_alt = true", "exclude"),
        ("Rebonjour", &"ho".repeat(200), "400"),
    ] {
        let error = read(&SMALL.replacen(from, to, 1)).expect_err(to);
        assert!(error.contains(word), "{to}: {error}");
    }
}

#[test]
fn a_namesake_in_another_town_adds_the_town() {
    let mut handles = HashSet::from(["anna".to_owned()]);
    let script = parse("x", "X", "UTC0", SMALL, &mut handles).unwrap();
    assert_eq!(script.authors[0].handle, "anna-x");
}
