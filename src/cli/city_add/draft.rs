use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::feeds::Proposed;
use super::preset::Preset;
use crate::config::is_common_word;
use crate::domain::{Lane, fold_tag, fold_words};
use crate::gazetteer::{Place, Ring, fold_name, town_hall_tag};

/// A city's file before it is written.
pub struct Draft<'a> {
    pub name: &'a str,
    pub slug: &'a str,
    /// As given; what was looked up knows better.
    pub insee: Option<&'a str>,
    /// What was looked up.
    pub place: Option<&'a Place>,
    pub preset: Option<&'a Preset>,
    /// What lies around it, where that is wanted.
    pub ring: Option<&'a Ring>,
    /// `2026-11-22`.
    pub today: String,
}

/// An outline to be written, and what its file says of itself; the page's attribution is taken from that.
pub struct Outline<'a> {
    pub name: &'a str,
    pub polygons: &'a geo::MultiPolygon<f64>,
    pub properties: Map<String, Value>,
}

/// What a new recipe asks for.
struct Terms {
    hashtags: Vec<String>,
    ambiguous: Vec<String>,
    context: Vec<String>,
}

impl Draft<'_> {
    /// The file, with the reason of every choice that is not plain. `hashtags`: those that were asked for.
    pub fn text(&self, hashtags: &[String], has_outline: bool, feeds: &[Proposed]) -> String {
        let mut text = String::new();
        let mut line = |line: String| writeln!(text, "{line}").unwrap_or_default();
        let from = self
            .place
            .map_or_else(String::new, |place| format!(" Names and outline: {}, {}.", place.source, place.licence));
        line(format!("# Written by `parvis city add` on {}.{from}", self.today));
        line("# A changed file is live within ten seconds; `parvis city check` says what is wrong with it.".into());
        line(format!("name = {}", quote(self.name)));
        if let Some(place) = self.place {
            if !place.country.is_empty() {
                line(format!("country = {}", quote(&place.country)));
            }
            let insee = place.insee.as_deref().or(self.insee);
            insee.iter().for_each(|insee| line(format!("insee = {}", quote(insee))));
            place.population.iter().for_each(|count| line(format!("population = {count}")));
            line(format!("timezone = {}", quote(place.timezone)));
            if !place.languages.is_empty() {
                line(format!("languages = {}", list(&place.languages)));
            }
        } else {
            self.insee.iter().for_each(|insee| line(format!("insee = {}", quote(insee))));
        }
        if has_outline {
            line(format!("boundary = {}", quote(&format!("{}.geojson", self.slug))));
        }
        if let Some(preset) = self.preset {
            line("# Public servers whose timelines of the tags below are read, within their rules.".into());
            line(format!("mastodon = {}", list(&preset.mastodon)));
        }
        let terms = self.terms(hashtags);
        line("\n# A post is admitted when any line admits it. `parvis city explain` shows what a recipe does.".into());
        line("[recipe]".into());
        line(format!("invite = {}", quote(&format!("Parvis{}", capitals(&fold_name(self.name))))));
        line(format!("hashtags = {}", list(&terms.hashtags)));
        if !terms.ambiguous.is_empty() {
            line("# This name is also a word, or other places have it: it admits only beside a term of `context`, a zone, a".into());
            line(
                "# geotag or a listed account; else a moderator is asked. Add what is said in this town alone.".into(),
            );
            line(format!("ambiguous = {}", list(&terms.ambiguous)));
            line(format!("context = {}", list(&terms.context)));
        }
        for Proposed { feed, lane } in feeds {
            let open = if lane.is_some() { "" } else { "# " };
            let lane = lane.as_ref().map_or_else(|| "info".to_owned(), Lane::to_token);
            line(format!(
                "\n{open}[[feed]] # {}\n{open}url = {}\n{open}lane = {}",
                feed.title,
                quote(&feed.url),
                quote(&lane)
            ));
        }
        if self.place.is_some_and(|place| place.insee.is_some()) {
            line("\n# The public events of the commune from OpenAgenda, by its code above.".into());
            line("[[opendata]]\npreset = \"openagenda\"".into());
        }
        self.around_text(&mut line);
        text
    }

    /// A town that is quiet itself shows what is said around it.
    fn around_text(&self, line: &mut impl FnMut(String)) {
        if let Some(ring) = self.ring {
            line(
                "\n# What is said around it, in a lane of its own. A tag belongs here when no other place has it."
                    .into(),
            );
            line(format!("[around]\nname = {}", quote(&ring.name)));
            line(format!("boundary = {}", quote(&format!("{}.geojson", self.around_name()))));
            line(format!("hashtags = {}", list(&ring_tags(ring, self.name))));
        } else if let Some(around) = self.place.and_then(|place| place.around.as_ref()) {
            line(
                "\n# What a small town shows when it is quiet itself. Give it an outline, and take the # away.".into(),
            );
            let tags = list(&[fold_tag(&around.name)]);
            line(format!("# [around]\n# name = {}\n# hashtags = {tags}", quote(&around.name)));
        }
    }

    /// The outline of what was looked up.
    pub fn outline_of<'p>(&self, place: &'p Place) -> Outline<'p> {
        let mut properties = self.origin(&place.name, &place.source, place.licence);
        properties.extend(place.insee.iter().map(|insee| ("insee".to_owned(), json!(insee))));
        Outline { name: &place.name, polygons: &place.outline, properties }
    }

    pub fn around(&self) -> Option<Outline<'_>> {
        let ring = self.ring?;
        let properties = self.origin(&ring.name, &ring.source, ring.licence);
        Some(Outline { name: &ring.name, polygons: &ring.outline, properties })
    }

    /// Of the neighbourhood's outline, without ending.
    pub fn around_name(&self) -> String {
        format!("{}-around", self.slug)
    }

    fn origin(&self, name: &str, source: &str, licence: &str) -> Map<String, Value> {
        let facts = [("name", name), ("source", source), ("licence", licence), ("date", &self.today)];
        facts.into_iter().map(|(key, value)| (key.to_owned(), json!(value))).collect()
    }

    /// What whoever typed the command should know of what was chosen for them.
    pub fn notes(&self, hashtags: &[String]) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(place) = self.place {
            let region = place.region.as_ref().map(|region| format!(" ({region})")).unwrap_or_default();
            notes.push(format!("outline: {}{region}, from {}, {}", place.name, place.source, place.licence));
            if !place.timezone_is_sure {
                notes.push(format!(
                    "note: the time zone is a guess ({}); change it in the file if it is wrong",
                    place.timezone
                ));
            }
            if place.languages.is_empty() {
                notes.push("note: the languages spoken there are not known here: give `languages` in the file".into());
            }
            if !place.homonyms.is_empty() {
                notes.push(format!("warning: other places have this name: {}", place.homonyms.join("; ")));
            }
        }
        let terms = self.terms(hashtags);
        let tags = terms.hashtags.iter().map(|tag| format!("#{tag}")).collect::<Vec<_>>().join(", ");
        if hashtags.is_empty() {
            notes.push(format!("hashtags: {tags} (suggested from the name; change them in the file)"));
        }
        if let Some(ring) = self.ring {
            let tags = ring_tags(ring, self.name).iter().map(|tag| format!("#{tag}")).collect::<Vec<_>>().join(", ");
            notes.push(format!("around it: {} ({tags}), in a lane of its own", ring.name));
        }
        if let Some(preset) = self.preset {
            notes.push(format!("read beside what the server reads: {}", preset.mastodon.join(", ")));
        }
        if !terms.ambiguous.is_empty() {
            notes.push(format!(
                "warning: #{} is also a word, or the name of other places: by itself it asks a moderator",
                fold_tag(self.name)
            ));
        }
        for tag in hashtags.iter().filter(|tag| self.is_risky(tag)) {
            notes.push(format!(
                "warning: #{} is also a word, or the name of other places: consider `ambiguous`",
                tag.trim_start_matches('#')
            ));
        }
        notes
    }

    fn terms(&self, given: &[String]) -> Terms {
        let key = fold_tag(self.name);
        if !given.is_empty() {
            let hashtags = given.iter().map(|tag| tag.trim_start_matches('#').to_owned()).collect();
            return Terms { hashtags, ambiguous: vec![], context: vec![] };
        }
        if !self.is_risky(&key) {
            // Of an arrondissement people write `paris11`.
            let short = fold_name(self.name).replace(' ', "");
            let hashtags = if short == key { vec![key] } else { vec![short, key] };
            return Terms { hashtags, ambiguous: vec![], context: vec![] };
        }
        let mut hashtags = Vec::new();
        let insee = self.place.and_then(|place| place.insee.as_deref()).or(self.insee);
        if let Some(department) = insee.and_then(department) {
            hashtags.push(format!("{key}{}", department.to_lowercase()));
        }
        // Homonyms share their town hall's name too.
        if self.place.is_none_or(|place| place.homonyms.is_empty()) || hashtags.is_empty() {
            hashtags.push(town_hall_tag(self.name));
        }
        let region = self.place.and_then(|place| place.region.as_deref());
        let context = region.and_then(|region| region.split(',').next()).map(str::to_owned);
        // A context that holds the name would let it vouch for itself.
        let words = fold_words(self.name);
        let vouches =
            |context: &String| fold_words(context).windows(words.len().max(1)).any(|run| run == words.as_slice());
        Terms {
            hashtags,
            ambiguous: vec![key],
            context: context.filter(|context| !vouches(context)).into_iter().collect(),
        }
    }

    /// Whether a tag that is the name would gather what is not about the city.
    fn is_risky(&self, tag: &str) -> bool {
        let key = fold_tag(tag);
        let is_name = key == fold_tag(self.name);
        is_common_word(&key)
            || key.chars().count() < 4
            || (is_name && self.place.is_some_and(|place| !place.homonyms.is_empty()))
    }
}

/// The tags of a neighbourhood: its own name, and those of neighbours that mean nothing else.
fn ring_tags(ring: &Ring, city: &str) -> Vec<String> {
    let mut tags = vec![fold_tag(&ring.name)];
    tags.extend(ring.neighbours.iter().map(|name| fold_tag(name)));
    tags.retain(|tag| tag.chars().count() >= 4 && !is_common_word(tag) && *tag != fold_tag(city));
    tags.dedup();
    tags
}

/// The département of an INSEE code.
fn department(insee: &str) -> Option<&str> {
    insee.get(..if insee.starts_with("97") || insee.starts_with("98") { 3 } else { 2 })
}

/// `SaintEtienne`, for the invitation tag.
fn capitals(name: &str) -> String {
    let capital = |word: &String| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    fold_words(name).iter().map(capital).collect()
}

fn quote(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(items: &[String]) -> String {
    format!("[{}]", items.iter().map(|item| quote(item)).collect::<Vec<_>>().join(", "))
}
