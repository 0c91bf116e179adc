//! City files: one `<slug>.toml` with its outlines becomes one [`City`] value, or a list of what to mend.
//!
//! Owns the file format and its checks. Does not own matching: terms are handed on as written. Invariant: a city that
//! is returned has a valid outline or none, and names no account, colour or time zone that can't exist.

mod boundary;
mod check;
mod file;

pub use file::CityFile;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Spanned;

use super::line_and_column;
use crate::domain::{AccountRef, Around, City, CityId, Look, Network, Official, OfficialKind, Recipe, Zone};

/// Something to mend in a city file, with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}:{column}: {reason}", file.display())]
pub struct CityProblem {
    pub file: PathBuf,
    pub line: usize,
    pub column: usize,
    pub reason: String,
    /// A warning leaves the city running; anything else refuses the file.
    pub warning: bool,
}

/// All city files of a folder, as read at one moment.
#[derive(Debug, Default)]
pub struct CityFolder {
    pub cities: Vec<City>,
    /// Slug and problems of each file that can't be used.
    pub broken: BTreeMap<String, Vec<CityProblem>>,
    /// Changes whenever a byte of a city file or of an outline it names changes.
    pub fingerprint: String,
}

/// Addresses that mean something else.
const RESERVED: [&str; 20] = [
    "api",
    "desk",
    "operator",
    "assets",
    "healthz",
    "readyz",
    "metrics",
    "openapi",
    "static",
    "well-known",
    "admin",
    "embed",
    "wall",
    "week",
    "login",
    "logout",
    "favicon",
    "robots",
    "sitemap",
    "parvis",
];

/// Most cities that a folder may hold; further files are reported as broken.
const CITIES_MAX: usize = 40_000;

/// Reads every `*.toml` of `folder`, in the order of their names. A broken file does not hide the others.
pub fn read_folder(folder: &Path) -> std::io::Result<CityFolder> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    let mut read = CityFolder::default();
    let mut fingerprint = blake3::Hasher::new();
    for (index, file) in files.iter().enumerate() {
        let slug = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if index >= CITIES_MAX {
            let problem = problem(file, "", None, &format!("more than {CITIES_MAX} city files"));
            read.broken.insert(slug, vec![problem]);
            continue;
        }
        match read_city(file) {
            Ok((city, _warnings, hash)) => {
                fingerprint.update(hash.as_bytes());
                read.cities.push(city);
            }
            Err(problems) => {
                fingerprint.update(&std::fs::read(file).unwrap_or_default());
                read.broken.insert(slug, problems);
            }
        }
    }
    read.fingerprint = fingerprint.finalize().to_hex().to_string();
    Ok(read)
}

/// Reads one city file with the outlines it names. Returns the city, its warnings and a hash over all bytes read.
pub fn read_city(path: &Path) -> Result<(City, Vec<CityProblem>, String), Vec<CityProblem>> {
    let text = std::fs::read_to_string(path).map_err(|error| vec![problem(path, "", None, &error.to_string())])?;
    let file: CityFile = toml::from_str(&text)
        .map_err(|error| vec![problem(path, &text, error.span(), &error.message().trim().replace('\n', " "))])?;
    let mut reader = Reader { path, text: &text, problems: Vec::new(), hash: blake3::Hasher::new() };
    reader.hash.update(text.as_bytes());
    let city = reader.city(&file);
    let refused = reader.problems.iter().any(|problem| !problem.warning);
    match city {
        Some(city) if !refused => Ok((city, reader.problems, reader.hash.finalize().to_hex().to_string())),
        _ => Err(reader.problems),
    }
}

fn problem(path: &Path, text: &str, span: Option<std::ops::Range<usize>>, reason: &str) -> CityProblem {
    let (line, column) = span.map_or((1, 1), |span| line_and_column(text, span.start));
    CityProblem { file: path.to_owned(), line, column, reason: reason.to_owned(), warning: false }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    problems: Vec<CityProblem>,
    hash: blake3::Hasher,
}

impl Reader<'_> {
    fn refuse<T>(&mut self, at: &Spanned<T>, reason: &str) {
        self.problems.push(problem(self.path, self.text, Some(at.span()), reason));
    }

    fn warn<T>(&mut self, at: &Spanned<T>, reason: &str) {
        let warning = CityProblem { warning: true, ..problem(self.path, self.text, Some(at.span()), reason) };
        self.problems.push(warning);
    }

    fn city(&mut self, file: &CityFile) -> Option<City> {
        let slug = self.path.file_stem()?.to_string_lossy().into_owned();
        if let Err(reason) = check_slug(&slug) {
            self.problems.push(problem(self.path, self.text, None, &reason));
        }
        if file.name.get_ref().trim().is_empty() {
            self.refuse(&file.name, "give the city's name");
        }
        let timezone = file.timezone.get_ref();
        if jiff::tz::TimeZone::get(timezone).is_err() {
            self.refuse(&file.timezone, "no such time zone: use an IANA name, as in Europe/Paris");
        }
        let mut attribution = Vec::new();
        let boundary = file.boundary.as_ref().and_then(|at| self.boundary(at, timezone, &mut attribution));
        let zones = file
            .zone
            .iter()
            .map(|zone| {
                let boundary = zone.boundary.as_ref().and_then(|at| self.boundary(at, timezone, &mut attribution));
                let below_cell = boundary.as_ref().is_some_and(|outline| boundary::square_kilometres(outline) < 1.0);
                if below_cell {
                    self.warn(
                        &zone.name,
                        "smaller than a privacy cell of 1 km: posts of private persons show the city instead",
                    );
                }
                Zone { name: zone.name.get_ref().clone(), boundary, below_cell, places: strings(&zone.places) }
            })
            .collect();
        let around = file.around.as_ref().map(|around| Around {
            name: around.name.get_ref().clone(),
            boundary: around.boundary.as_ref().and_then(|at| self.boundary(at, timezone, &mut attribution)),
            hashtags: strings(&around.hashtags),
        });
        let recipe = self.recipe(file);
        let officials = self.officials(file);
        let look = self.look(file);
        let languages: Vec<String> =
            if file.languages.is_empty() { vec!["fr".into()] } else { strings(&file.languages) };
        let city = City {
            id: CityId::new(&slug),
            name: file.name.get_ref().clone(),
            timezone: timezone.clone(),
            languages: languages.iter().map(|language| language.to_lowercase()).collect(),
            boundary,
            zones,
            around,
            recipe_hash: recipe_hash(file),
            recipe,
            officials,
            participation: file.participation.clone(),
            look,
            attribution,
        };
        for feed in &file.feed {
            if !matches!(feed.lane.get_ref().as_str(), "info" | "press" | "agenda" | "people") {
                self.refuse(&feed.lane, "one of info, press, agenda, people");
            }
            match url::Url::parse(feed.url.get_ref()) {
                Ok(url) if matches!(url.scheme(), "http" | "https") => {
                    self.warn(&feed.url, "feeds are not read by this version: the page will not show it yet");
                }
                _ => self.refuse(&feed.url, "give a whole http or https address"),
            }
        }
        for event in &file.event {
            self.warn(&event.name, "event lanes are not opened by this version: its tags admit nothing by themselves");
        }
        self.check_terms(file, &city);
        self.check_zones(file, &city);
        Some(city)
    }

    fn boundary(
        &mut self,
        at: &Spanned<PathBuf>,
        timezone: &str,
        attribution: &mut Vec<String>,
    ) -> Option<geo::MultiPolygon<f64>> {
        let path = self.path.parent().unwrap_or(Path::new(".")).join(at.get_ref());
        let read = boundary::read(&path, timezone);
        match read {
            Ok(outline) => {
                self.hash.update(outline.text.as_bytes());
                if let Some(line) = outline.attribution.filter(|line| !attribution.contains(line)) {
                    attribution.push(line);
                }
                Some(outline.polygons)
            }
            Err(reason) => {
                self.refuse(at, &format!("{}: {reason}", at.get_ref().display()));
                None
            }
        }
    }

    fn recipe(&mut self, file: &CityFile) -> Recipe {
        let recipe = &file.recipe;
        let word_networks = recipe
            .word_networks
            .iter()
            .filter_map(|name| {
                let network = Network::parse(name.get_ref());
                if network.is_none() {
                    self.refuse(name, &format!("no network of this name; known: {}", network_names()));
                }
                network
            })
            .collect();
        Recipe {
            invite: recipe.invite.as_ref().map(|tag| tag.get_ref().clone()),
            hashtags: strings(&recipe.hashtags),
            words: strings(&recipe.words),
            word_networks: if recipe.word_networks.is_empty() { vec![Network::Bluesky] } else { word_networks },
            all_of: recipe.all_of.iter().map(|group| strings(group.get_ref())).collect(),
            ambiguous: strings(&recipe.ambiguous),
            context: strings(&recipe.context),
            accounts: self.accounts(&recipe.accounts),
            assembly: strings(&recipe.assembly),
            exclude_hashtags: strings(&recipe.exclude.hashtags),
            exclude_words: strings(&recipe.exclude.words),
        }
    }

    fn accounts(&mut self, accounts: &[Spanned<String>]) -> Vec<AccountRef> {
        let mut read = Vec::new();
        for account in accounts {
            match parse_account(account.get_ref()) {
                Ok(reference) => read.push(reference),
                Err(reason) => self.refuse(account, &reason),
            }
        }
        read
    }

    fn officials(&mut self, file: &CityFile) -> Vec<Official> {
        file.official
            .iter()
            .map(|official| {
                let kind = match official.kind.get_ref().as_str() {
                    "elected" => OfficialKind::Elected,
                    "service" => OfficialKind::Service,
                    "press" => OfficialKind::Press,
                    "association" => OfficialKind::Association,
                    other => {
                        if other != "institution" {
                            self.refuse(&official.kind, "one of institution, elected, service, press, association");
                        }
                        OfficialKind::Institution
                    }
                };
                Official {
                    name: official.name.clone(),
                    group: official.group.clone(),
                    kind,
                    accounts: self.accounts(&official.accounts),
                }
            })
            .collect()
    }

    fn look(&mut self, file: &CityFile) -> Look {
        for (colour, page, name) in
            [(&file.look.accent, "#f7f4ee", "light"), (&file.look.accent_dark, "#14181d", "dark")]
        {
            match check::contrast(colour.get_ref(), page) {
                None => self.refuse(colour, "give a colour as #rrggbb"),
                Some(ratio) if ratio < 4.5 => self.refuse(
                    colour,
                    &format!("contrast {ratio:.1}:1 on the {name} page ({page}); at least 4.5:1 is needed to be read"),
                ),
                Some(_) => {}
            }
        }
        Look { accent: file.look.accent.get_ref().clone(), accent_dark: file.look.accent_dark.get_ref().clone() }
    }
}

/// A slug is an address: lower-case ASCII letters, digits and inner hyphens, and none that means something else.
pub fn check_slug(slug: &str) -> Result<(), String> {
    let sound = slug.len() <= 64
        && !slug.is_empty()
        && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !slug.starts_with('-')
        && !slug.ends_with('-');
    if !sound {
        return Err(format!("the file name is the city's address: use a-z, 0-9 and hyphens, not {slug:?}"));
    }
    if RESERVED.contains(&slug) {
        return Err(format!("{slug:?} is an address of the server itself: name the file differently"));
    }
    Ok(())
}

fn parse_account(text: &str) -> Result<AccountRef, String> {
    let Some((network, handle)) = text.split_once(':') else {
        return Err("write the network before the account, as in bsky:nantes.fr".into());
    };
    let Some(network) = Network::parse(network) else {
        return Err(format!("no network {network:?}; known: bsky, {}", network_names()));
    };
    let handle = handle.trim_start_matches('@').to_lowercase();
    if handle.is_empty() || handle.contains(char::is_whitespace) {
        return Err("the account's name is missing, as in bsky:nantes.fr".into());
    }
    Ok(AccountRef { network, handle })
}

fn network_names() -> String {
    Network::ALL.map(Network::as_str).join(", ")
}

fn strings(spanned: &[Spanned<String>]) -> Vec<String> {
    spanned.iter().map(|value| value.get_ref().clone()).collect()
}

/// 16 hexadecimal digits over everything that decides whether a post is admitted.
fn recipe_hash(file: &CityFile) -> String {
    let decides = format!(
        "{:?}{:?}{:?}{:?}",
        file.recipe.without_spans(),
        file.languages_plain(),
        file.zones_plain(),
        file.around_plain()
    );
    blake3::hash(decides.as_bytes()).to_hex().chars().take(16).collect()
}

#[cfg(test)]
mod tests;
