use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::feeds::Proposed;
use crate::config::is_common_word;
use crate::domain::{Lane, fold_tag, fold_words};
use crate::gazetteer::{Place, fold_name, town_hall_tag};

/// A city's file before it is written.
pub struct Draft<'a> {
    pub name: &'a str,
    pub slug: &'a str,
    /// As given; what was looked up knows better.
    pub insee: Option<&'a str>,
    /// What was looked up.
    pub place: Option<&'a Place>,
    /// `2026-11-22`.
    pub today: String,
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
        if let Some(around) = self.place.and_then(|place| place.around.as_deref()) {
            line(
                "\n# What a small town shows when it is quiet itself. Give it an outline, and take the # away.".into(),
            );
            line(format!("# [around]\n# name = {}\n# hashtags = {}", quote(around), list(&[fold_tag(around)])));
        }
        text
    }

    /// What the outline's file says of itself; the page's attribution is taken from it.
    pub fn properties(&self) -> Map<String, Value> {
        let mut properties = Map::from_iter([("name".to_owned(), json!(self.name))]);
        if let Some(place) = self.place {
            properties.extend(place.insee.iter().map(|insee| ("insee".to_owned(), json!(insee))));
            properties.insert("source".into(), json!(place.source));
            properties.insert("licence".into(), json!(place.licence));
            properties.insert("date".into(), json!(self.today));
        }
        properties
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
