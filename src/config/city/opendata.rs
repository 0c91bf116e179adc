//! `[[opendata]]`: a dataset of an Opendatasoft portal, and which of its fields say what.
//!
//! Owns the keys, the presets that fill them in, and their checks. Does not own how a portal is asked
//! (`ingest/sources/opendata`). Invariant: a dataset that is returned can be asked for, and each of its records can be told
//! from the others.

use serde::Deserialize;
use toml::{Spanned, Value};

use super::CityFile;
use super::reader::Reader;
use crate::domain::{DatasetRef, Fields, Lane};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetFile {
    /// `openagenda`: the public events of OpenAgenda in a French commune. It fills in everything but `insee`.
    pub preset: Option<Spanned<String>>,
    /// The commune's code, for a preset; the city's own `insee` where it is not given.
    pub insee: Option<Spanned<String>>,
    /// The portal's address, as in `https://data.ville.example`.
    pub portal: Option<Spanned<String>>,
    /// The dataset's identifier, as the address of its page has it.
    pub dataset: Option<Spanned<String>>,
    /// info, press, agenda or people.
    pub lane: Option<Spanned<String>>,
    /// The public body whose records these are; the cards say so.
    pub name: Option<Spanned<String>>,
    /// Which records: a condition of the portal's query language, as in `commune = "Nantes" and date_fin >= now()`.
    #[serde(rename = "where")]
    pub filter: Option<Spanned<String>>,
    pub fields: Option<FieldsFile>,
}

/// Each key is the name of a field of the dataset; `text` and `place` may be lists of them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FieldsFile {
    /// What stays the same when a record changes. Required, without a preset.
    pub id: Option<Spanned<String>>,
    /// Required, without a preset.
    pub title: Option<Spanned<String>>,
    pub text: Option<Spanned<Value>>,
    pub starts: Option<Spanned<String>>,
    pub ends: Option<Spanned<String>>,
    /// A list of `{begin, end}`, as JSON.
    pub timings: Option<Spanned<String>>,
    /// Where it is, in words.
    pub place: Option<Spanned<Value>>,
    /// Where it is: a point, or an outline whose middle is taken.
    pub point: Option<Spanned<String>>,
    pub url: Option<Spanned<String>>,
    pub published: Option<Spanned<String>>,
    pub updated: Option<Spanned<String>>,
    /// A yes, or a word as "annulé".
    pub cancelled: Option<Spanned<String>>,
    pub tags: Option<Spanned<String>>,
}

/// The longest address of a selection: the identities of its records are made of it.
const ADDRESS_MAX: usize = 900;
const NAME_MAX: usize = 100;
/// Fields of one list.
const JOINED_MAX: usize = 5;

impl Reader<'_> {
    pub(super) fn datasets(&mut self, file: &CityFile) -> Vec<DatasetRef> {
        let mut datasets: Vec<DatasetRef> = Vec::new();
        for entry in &file.opendata {
            let before = self.problems.len();
            let Some(dataset) = self.dataset(entry, file) else { continue };
            let address = dataset.address();
            if self.problems.len() > before {
                continue;
            }
            if address.len() > ADDRESS_MAX {
                self.refuse(entry, "`where` is too long: address and condition have 900 characters at most");
            } else if datasets.iter().any(|other| other.address() == address) {
                self.refuse(entry, "these records are listed already: they stand in one lane");
            } else {
                datasets.push(dataset);
            }
        }
        datasets
    }

    /// `None`, or something to mend, where it can't be asked for.
    fn dataset(&mut self, entry: &Spanned<DatasetFile>, file: &CityFile) -> Option<DatasetRef> {
        let written = entry.get_ref();
        let body = written.name.as_ref().map(|name| name.get_ref().trim().to_owned()).filter(|name| !name.is_empty());
        if body.as_ref().is_some_and(|name| name.chars().count() > NAME_MAX) {
            self.refuse(entry, "`name` has 100 characters at most");
        }
        let filter = written.filter.as_ref().map(|filter| filter.get_ref().trim().to_owned()).unwrap_or_default();
        let mut dataset = match written.preset.as_ref() {
            None => DatasetRef {
                portal: String::new(),
                dataset: String::new(),
                filter,
                lane: Lane::Agenda,
                title: String::new(),
                body: None,
                fields: Fields::default(),
                window: None,
            },
            Some(preset) if preset.get_ref() == "openagenda" => {
                let commune = self.commune(written, file);
                let Some(filter) = commune.or((!filter.is_empty()).then_some(filter)) else {
                    self.refuse(preset, "give `insee`, the commune's code, or a `where`: OpenAgenda has all of France");
                    return None;
                };
                DatasetRef::openagenda(filter)
            }
            Some(preset) => {
                self.refuse(preset, "no preset of this name; known: openagenda");
                return None;
            }
        };
        if let Some(unused) = written.insee.as_ref().filter(|_| written.preset.is_none()) {
            self.refuse(unused, "`insee` belongs to a preset: write the condition as `where`");
        }
        if let Some(portal) = &written.portal {
            match portal_of(portal.get_ref()) {
                Some(address) => dataset.portal = address,
                None => self.refuse(portal, "give the portal's address alone, as in https://data.ville.example"),
            }
        }
        if let Some(id) = &written.dataset {
            if is_name(id.get_ref()) {
                dataset.dataset.clone_from(id.get_ref());
            } else {
                self.refuse(id, "give the dataset's identifier: letters, digits, hyphens, @ and _");
            }
        }
        if written.preset.is_none() && (written.portal.is_none() || written.dataset.is_none()) {
            self.refuse(entry, "give `portal` and `dataset`, or a `preset`");
        }
        self.lane_of(entry, &mut dataset);
        self.fields(entry, &mut dataset.fields);
        if dataset.title.is_empty() {
            dataset.title.clone_from(&dataset.dataset);
        }
        if let Some(body) = body {
            dataset.title.clone_from(&body);
            dataset.body = Some(body);
        }
        Some(dataset)
    }

    /// The condition for a commune: a `where` beside it narrows it down.
    fn commune(&mut self, written: &DatasetFile, file: &CityFile) -> Option<String> {
        let own = file.insee.as_deref().filter(|_| written.insee.is_none() && written.filter.is_none());
        let code = written.insee.as_ref().map(|code| code.get_ref().as_str()).or(own)?;
        let is_code = |at: usize, c: char| c.is_ascii_digit() || (at == 1 && matches!(c, 'A' | 'B'));
        if code.len() != 5 || !code.chars().enumerate().all(|(at, c)| is_code(at, c)) {
            if let Some(given) = &written.insee {
                self.refuse(given, "a commune's code has five characters, as 44109 or 2A004");
            }
            return None;
        }
        let narrower =
            written.filter.as_ref().map(|filter| filter.get_ref().trim()).filter(|filter| !filter.is_empty());
        let commune = format!("location_insee=\"{code}\"");
        Some(narrower.map_or(commune.clone(), |filter| format!("{commune} and ({filter})")))
    }

    fn lane_of(&mut self, entry: &Spanned<DatasetFile>, dataset: &mut DatasetRef) {
        let written = entry.get_ref();
        let Some(lane) = &written.lane else {
            if written.preset.is_none() {
                self.refuse(entry, "give the lane: one of info, press, agenda, people");
            }
            return;
        };
        dataset.lane = self.lane(lane);
    }

    fn fields(&mut self, entry: &Spanned<DatasetFile>, fields: &mut Fields) {
        let written = entry.get_ref().fields.clone().unwrap_or_default();
        for (name, into) in [(&written.id, &mut fields.id), (&written.title, &mut fields.title)] {
            if let Some(name) = name {
                self.field(name, name.get_ref()).clone_into(into);
            }
        }
        for (name, into) in [
            (&written.starts, &mut fields.starts),
            (&written.ends, &mut fields.ends),
            (&written.timings, &mut fields.timings),
            (&written.point, &mut fields.point),
            (&written.url, &mut fields.url),
            (&written.published, &mut fields.published),
            (&written.updated, &mut fields.updated),
            (&written.cancelled, &mut fields.cancelled),
            (&written.tags, &mut fields.tags),
        ] {
            if let Some(name) = name {
                *into = Some(self.field(name, name.get_ref()).to_owned());
            }
        }
        for (names, into) in [(&written.text, &mut fields.text), (&written.place, &mut fields.place)] {
            let Some(names) = names else { continue };
            match joined(names.get_ref()) {
                Some(found) => *into = found.into_iter().map(|name| self.field(names, name).to_owned()).collect(),
                None => self.refuse(names, "give the name of a field, or a list of at most five"),
            }
        }
        if fields.id.is_empty() || fields.title.is_empty() {
            self.refuse(entry, "say which fields hold what: fields = { id = \"…\", title = \"…\" } at least");
        }
    }

    fn field<'a, T>(&mut self, at: &Spanned<T>, name: &'a str) -> &'a str {
        if !is_name(name) {
            self.refuse(at, "give the name of a field as the portal writes it: letters, digits and _");
        }
        name
    }
}

/// One name, or some.
fn joined(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(name) => Some(vec![name]),
        Value::Array(names) if names.len() <= JOINED_MAX => names.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// What stands in a portal's addresses and queries without being quoted.
fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '@');
    (1..=NAME_MAX).contains(&name.len()) && name.chars().all(is_plain)
}

fn portal_of(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let is_sound = matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty();
    (is_bare && is_sound && url.password().is_none()).then(|| url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{read, refusal};
    use super::*;

    fn file(entry: &str) -> String {
        format!("name = \"V\"\ninsee = \"44109\"\n[recipe]\nhashtags = [\"ville\"]\n{entry}\n")
    }

    fn dataset(entry: &str) -> DatasetRef {
        let (city, warnings) = read(&file(entry), "{}").unwrap();
        assert_eq!(warnings, []);
        city.datasets.into_iter().next().unwrap()
    }

    #[test]
    fn q05_a_preset_and_the_communes_code_are_enough() {
        let own = dataset("[[opendata]]\npreset = \"openagenda\"");
        assert_eq!(
            (own.filter.as_str(), &own.lane, &*own.title, &own.body),
            ("location_insee=\"44109\"", &Lane::Agenda, "OpenAgenda", &None)
        );
        assert_eq!(
            own.address(),
            "https://public.opendatasoft.com/explore/dataset/evenements-publics-openagenda/?where=location_insee%3D%2244109%22"
        );
        let other = dataset(
            "[[opendata]]\npreset = \"openagenda\"\ninsee = \"2A004\"\nwhere = \"age_min < 12\"\nlane = \"info\"\nname = \"Ville d’Ajaccio\"",
        );
        assert_eq!(other.filter, "location_insee=\"2A004\" and (age_min < 12)");
        assert_eq!(
            (other.lane, other.body.as_deref(), &*other.title),
            (Lane::Info, Some("Ville d’Ajaccio"), "Ville d’Ajaccio")
        );
        // Elsewhere than in France a place has no such code.
        let abroad = dataset("[[opendata]]\npreset = \"openagenda\"\nwhere = \"location_city = 'Lausanne'\"");
        assert_eq!(abroad.filter, "location_city = 'Lausanne'");
    }

    #[test]
    fn feature_10_any_dataset_is_read_by_its_fields() {
        let works = dataset(
            "[[opendata]]\nportal = \"https://data.ville.example/\"\ndataset = \"info-travaux@ville\"\nlane = \"info\"\nname = \"Ville\"\nwhere = \"fin >= now()\"\n\
             [opendata.fields]\nid = \"numero\"\ntitle = \"objet\"\ntext = [\"nature\", \"gene\"]\nplace = \"rue\"\nends = \"fin\"\npoint = \"geo\"",
        );
        assert_eq!(
            works.address(),
            "https://data.ville.example/explore/dataset/info-travaux@ville/?where=fin+%3E%3D+now%28%29"
        );
        assert_eq!(works.fields.names(), ["numero", "objet", "nature", "gene", "rue", "fin", "geo"]);
    }

    #[test]
    fn every_mistake_in_a_dataset_is_named_with_its_place_and_its_mend() {
        let whole = "[[opendata]]\nportal = \"https://data.ville.example\"\ndataset = \"travaux\"\nlane = \"info\"\nfields = { id = \"a\", title = \"b\" }";
        assert!(read(&file(whole), "{}").is_ok());
        for (entry, line, words) in [
            ("[[opendata]]\nlane = \"info\"".to_owned(), 5, "`portal` and `dataset`"),
            ("[[opendata]]\npreset = \"agenda\"".to_owned(), 6, "known: openagenda"),
            ("[[opendata]]\npreset = \"openagenda\"\ninsee = \"Nantes\"".to_owned(), 7, "five characters"),
            (whole.replace("lane = \"info\"\n", ""), 5, "give the lane"),
            (whole.replace("\"info\"", "\"infos\""), 8, "one of info"),
            (whole.replace("https://data.ville.example", "data.ville.example"), 6, "https://data.ville.example"),
            (whole.replace("ville.example", "ville.example/explore"), 6, "address alone"),
            (whole.replace("travaux", "tra vaux"), 7, "identifier"),
            (whole.replace(", title = \"b\"", ""), 5, "fields = {"),
            (whole.replace("\"b\"", "\"b\", ends = \"fin, select *\""), 9, "name of a field"),
            (whole.replace("\"b\"", "\"b\", place = 7"), 9, "list of at most five"),
            (whole.replace("\"b\"", "\"b\", date = \"x\""), 9, "date"),
            (format!("{whole}\ninsee = \"44109\""), 10, "belongs to a preset"),
            (format!("{whole}\n{whole}"), 10, "listed already"),
            (format!("{whole}\nwhere = \"{}\"", "x".repeat(900)), 5, "too long"),
        ] {
            let (found, _, reason) = refusal(&file(&entry), "{}");
            assert!(reason.contains(words), "{entry}: {reason}");
            assert_eq!(found, line, "{entry}: {reason}");
        }
        let nowhere = "name = \"V\"\n[recipe]\nhashtags = [\"ville\"]\n[[opendata]]\npreset = \"openagenda\"\n";
        assert!(refusal(nowhere, "{}").2.contains("give `insee`"));
    }
}
