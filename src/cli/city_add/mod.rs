//! `parvis city add`: writes a new city's file, and says what it chose.

mod draft;
mod feeds;
mod preset;
mod questions;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};

use super::{ConfigFile, DEFAULT_CONFIG, block_on};
use crate::app::{self, Settings};
use crate::clock::{Clock, SystemClock};
use crate::config::{check_outline, read_city};
use crate::domain::fold_words;
use crate::gazetteer::{Candidate, Found, Gazetteer, GazetteerError, Place, Question, Ring, feature};
use draft::{Draft, Outline};
use feeds::Proposed;
use preset::Preset;

/// Writes `<slug>.toml` and `<slug>.geojson` into the cities' folder, looking the place up on geo.api.gouv.fr or
/// Nominatim unless an outline is given. Never overwrites. At a terminal it asks what it can't know.
#[derive(clap::Args)]
pub struct Add {
    /// The city's name, as people write it; elsewhere than in France it may go on: "Springfield, Illinois"
    name: String,
    /// Its outline: GeoJSON Polygon, MultiPolygon, Feature or FeatureCollection in WGS 84; nothing is looked up then
    #[arg(long, value_name = "FILE.geojson")]
    boundary: Option<PathBuf>,
    /// The INSEE code of a French commune or arrondissement: tells it from others of its name
    #[arg(long, value_name = "CODE")]
    insee: Option<String>,
    /// The country to look in, as two letters: CH, BE, CA (default: France first, then everywhere)
    #[arg(long, value_name = "CC", conflicts_with = "insee", value_parser = country_code)]
    country: Option<String>,
    /// A tag that admits posts; may be given several times (default: derived from the name)
    #[arg(long = "hashtag", value_name = "TAG")]
    hashtags: Vec<String>,
    /// The city's address on the site, where another city has the one that its name gives
    #[arg(long, value_name = "SLUG")]
    slug: Option<String>,
    /// The town's own site: the feeds that its home page names are proposed
    #[arg(long, value_name = "URL")]
    site: Option<String>,
    /// Fill in what is the same for all towns of a country: public servers to read, the neighbourhood; there is: fr
    #[arg(long, value_name = "NAME")]
    preset: Option<Preset>,
    /// Look nothing up: posts are found by tags and words alone
    #[arg(long, conflicts_with_all = ["boundary", "country"])]
    no_boundary: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// Where an outline can be had when the services can't be asked.
const BY_HAND: &str = "get the outline by hand and give it with --boundary FILE.geojson (France: \
     https://geo.api.gouv.fr/communes?nom=NAME&format=geojson&geometry=contour; elsewhere: \
     https://nominatim.openstreetmap.org/ui, or the town's open data), or go without one: --no-boundary";

impl Add {
    pub fn run(mut self) -> anyhow::Result<()> {
        let settings: Settings = self.config.load()?;
        let folder = settings.cities.folder.clone();
        self.refuse_to_overwrite(&folder, &self.slug_of(&self.name))?;
        let place = match (&self.boundary, self.no_boundary) {
            (None, false) => Some(self.place(&settings)?),
            _ => None,
        };
        let name = place.as_ref().map_or(self.name.clone(), |place| place.name.clone());
        let slug = self.slug_of(&name);
        self.refuse_to_overwrite(&folder, &slug)?;
        let today = SystemClock.now().to_rfc3339().chars().take(10).collect();
        let feeds = self.feeds(&settings);
        let ring = self.ring(&settings, place.as_ref());
        let draft = Draft {
            name: &name,
            slug: &slug,
            insee: self.insee.as_deref(),
            place: place.as_ref(),
            preset: self.preset.as_ref(),
            ring: ring.as_ref(),
            today,
        };
        let outline = match (&self.boundary, &place) {
            (Some(file), _) => Some(std::fs::read_to_string(file).with_context(|| file.display().to_string())?),
            (None, Some(place)) => Some(simplified(&draft.outline_of(place))),
            (None, None) => None,
        };
        let text = draft.text(&self.hashtags, outline.is_some(), &feeds);
        let around = draft.around().map(|outline| simplified(&outline));
        let outlines = [(slug.clone(), outline), (draft.around_name(), around)];
        write(&folder, &slug, &text, &outlines.map(|(name, text)| Some((name, text?))))?;
        self.say(&folder, &slug, &draft);
        let open = feeds.iter().filter(|feed| feed.lane.is_none()).count();
        match open {
            0 => {}
            1 => println!("note: a feed of the town's site is in the file behind a #; take that away to show it"),
            _ => {
                println!("note: {open} feeds of the town's site are in the file behind a #; take it away to show them")
            }
        }
        Ok(())
    }

    fn slug_of(&self, name: &str) -> String {
        // What follows a comma tells the place from others; it is not part of its name.
        let name = name.split(',').next().unwrap_or(name);
        self.slug.clone().unwrap_or_else(|| fold_words(name).join("-"))
    }

    fn refuse_to_overwrite(&self, folder: &Path, slug: &str) -> anyhow::Result<()> {
        for ending in [".toml", ".geojson", "-around.geojson"] {
            let path = folder.join(format!("{slug}{ending}"));
            if path.exists() {
                bail!(
                    "{} exists already; edit it, or remove it first; another city of this name needs an address of \
                     its own: --slug {slug}-2",
                    path.display()
                );
            }
        }
        Ok(())
    }

    /// The place that is meant; at a terminal one of several is chosen, elsewhere they are listed and the command stops.
    fn place(&mut self, settings: &Settings) -> anyhow::Result<Place> {
        let (candidates, have_this_name) = match block_on(self.look_up(settings))? {
            Found::Place(place) => return Ok(*place),
            Found::Candidates { candidates, have_this_name } => (candidates, have_this_name),
            Found::Nothing => {
                bail!("no place called {} was found; check how it is written, or {BY_HAND}", self.name)
            }
        };
        let many = candidates.len();
        if questions::can_ask() && candidates.iter().all(|candidate| candidate.insee.is_some()) {
            for (number, candidate) in candidates.iter().enumerate() {
                println!("  {}  {}", number.saturating_add(1), facts(candidate));
            }
            let chosen = questions::which(many, &mut std::io::stdin().lock()).and_then(|chosen| candidates.get(chosen));
            let Some(chosen) = chosen else { bail!("no place was chosen") };
            (self.name, self.insee) = (chosen.ask.clone(), chosen.insee.clone());
            return match block_on(self.look_up(settings))? {
                Found::Place(place) => Ok(*place),
                _ => bail!("no place called {} was found", self.name),
            };
        }
        for candidate in &candidates {
            eprintln!("{}\n    {}", facts(candidate), self.command_for(candidate));
        }
        if have_this_name {
            bail!(
                "{many} places are called {}; choose one with the command beside it (for a place in another country \
                 give --country CC)",
                self.name
            );
        }
        bail!("no place is called exactly {}; {many} come near, each with its command above", self.name)
    }

    async fn look_up(&self, settings: &Settings) -> anyhow::Result<Found> {
        let outbound = app::outbound(settings)?;
        let gazetteer = Gazetteer::new(&outbound, &settings.lookup, SystemClock.now());
        let progress = spinner();
        let question = Question { name: self.name.clone(), insee: self.insee.clone(), country: self.country.clone() };
        let found = gazetteer.find(&question, |what| progress.set_message(what.to_owned())).await;
        progress.finish_and_clear();
        found.map_err(advised)
    }

    /// The neighbourhood that a preset fills in, where there is one and nobody says no: a city needs none.
    fn ring(&self, settings: &Settings, place: Option<&Place>) -> Option<Ring> {
        let (_, place) = (self.preset.as_ref()?, place?);
        let around = place.around.as_ref()?;
        let question = format!("Show what is said around it, in {}, in a lane of its own?", around.name);
        if questions::can_ask() && !questions::yes(&question, &mut std::io::stdin().lock()) {
            return None;
        }
        let progress = spinner();
        let ring = app::outbound(settings).and_then(|outbound| {
            let gazetteer = Gazetteer::new(&outbound, &settings.lookup, SystemClock.now());
            let ring =
                block_on(async { Ok(gazetteer.ring(place, |what| progress.set_message(what.to_owned())).await?) });
            let is_sound = |ring: &Ring| check_outline(&ring.outline).map_err(|reason| anyhow!("{reason}"));
            ring.and_then(|ring| ring.map(|ring| is_sound(&ring).map(|()| ring)).transpose())
        });
        progress.finish_and_clear();
        ring.unwrap_or_else(|error| {
            println!("note: the neighbourhood could not be had: {error}; it is in the file behind a #");
            None
        })
    }

    /// The very command that means a candidate.
    fn command_for(&self, candidate: &Candidate) -> String {
        let mut command = format!("parvis city add {}", quoted(&candidate.ask));
        let mut option = |name: &str, value: &str| command.push_str(&format!(" --{name} {}", quoted(value)));
        candidate.insee.iter().for_each(|code| option("insee", code));
        self.country.iter().for_each(|country| option("country", country));
        self.hashtags.iter().for_each(|tag| option("hashtag", tag));
        self.slug.iter().for_each(|slug| option("slug", slug));
        self.site.iter().for_each(|site| option("site", site));
        self.preset.iter().for_each(|preset| option("preset", preset.name));
        if self.config.path != Path::new(DEFAULT_CONFIG) {
            option("config", &self.config.path.to_string_lossy());
        }
        command
    }

    /// What the town's site names, as far as it can be asked: a city needs no feed. Where nobody can be asked, none is
    /// shown before somebody says so in the file.
    fn feeds(&self, settings: &Settings) -> Vec<Proposed> {
        let asks = questions::can_ask();
        let asked = || (asks && self.preset.is_some()).then(|| questions::site(&mut std::io::stdin().lock())).flatten();
        let Some(site) = self.site.clone().or_else(asked) else { return Vec::new() };
        let named = app::outbound(settings).and_then(|outbound| block_on(feeds::of_site(&outbound, &site)));
        match named {
            Ok(named) if named.is_empty() => {
                println!("note: {site} names no feed; look for one and add it as [[feed]]");
                Vec::new()
            }
            Ok(named) => {
                let lane = |feed: &_| if asks { feeds::likely_lane(feed) } else { None };
                let proposed = named.into_iter().map(|feed| Proposed { lane: lane(&feed), feed }).collect();
                if asks { questions::feeds(proposed, &mut std::io::stdin().lock()) } else { proposed }
            }
            Err(error) => {
                println!("note: {site} could not be read: {error}; add its feeds as [[feed]]");
                Vec::new()
            }
        }
    }

    fn say(&self, folder: &Path, slug: &str, draft: &Draft<'_>) {
        println!("{}: {} is ready at /{slug}", folder.join(format!("{slug}.toml")).display(), draft.name);
        for note in draft.notes(&self.hashtags) {
            println!("{note}");
        }
        if self.no_boundary {
            println!("note: without an outline (--boundary FILE.geojson) posts are found by tags and words alone");
        }
        if let Ok((_, warnings)) = read_city(&folder.join(format!("{slug}.toml"))) {
            warnings.iter().for_each(|warning| println!("warning: {warning}"));
        }
    }
}

/// Drawn on a terminal only; the library sees to that.
fn spinner() -> indicatif::ProgressBar {
    let spinner = indicatif::ProgressBar::new_spinner();
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

fn facts(candidate: &Candidate) -> String {
    let Candidate { name, region, insee, population, .. } = candidate;
    let mut facts = vec![format!("{name} ({region})")];
    facts.extend(insee.iter().map(|code| format!("INSEE {code}")));
    facts.extend(population.map(|count| format!("{count} inhabitants")));
    facts.join(", ")
}

/// The outline's file, and a word when it has fewer points than it had.
fn simplified(outline: &Outline<'_>) -> String {
    let (text, before, after) = feature(outline.polygons, outline.properties.clone());
    if after < before {
        println!("note: the outline of {} had {before} points; it was simplified to {after}", outline.name);
    }
    text
}

fn advised(error: GazetteerError) -> anyhow::Error {
    match &error {
        GazetteerError::UnknownCode(_) | GazetteerError::OtherName { .. } => {
            anyhow!("{error}; without --insee the places of a name are listed with their codes")
        }
        GazetteerError::Setting { .. } => anyhow!("{error}"),
        GazetteerError::Busy { .. } => anyhow!("{error}; give the command again then, or {BY_HAND}"),
        _ => anyhow!("{error}; {BY_HAND}"),
    }
}

/// Writes all files, or none: what the city's own check refuses is taken away again, so that the mended command can
/// be given. The outlines (name, text) come first, for a running server waits for them.
fn write(folder: &Path, slug: &str, text: &str, outlines: &[Option<(String, String)>]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let file = folder.join(format!("{slug}.toml"));
    let mut written = Vec::new();
    let mut begin = |path: PathBuf, text: &str| {
        write_new(&path, text)?;
        written.push(path);
        Ok(())
    };
    let outlines =
        outlines.iter().flatten().map(|(name, text)| (folder.join(format!("{name}.geojson")), text.as_str()));
    let begun: anyhow::Result<()> =
        outlines.chain([(file.clone(), text)]).try_for_each(|(path, text)| begin(path, text));
    let refused = begun.and_then(|()| match read_city(&file) {
        Ok(_) => Ok(()),
        Err(problems) => {
            let reasons: Vec<String> =
                problems.into_iter().filter(|problem| !problem.warning).map(|problem| problem.reason).collect();
            bail!("{}", reasons.join("; "))
        }
    });
    if refused.is_err() {
        written.iter().for_each(|path| std::fs::remove_file(path).unwrap_or_default());
    }
    refused
}

fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = std::fs::File::create_new(path).with_context(|| path.display().to_string())?;
    std::io::Write::write_all(&mut file, text.as_bytes()).with_context(|| path.display().to_string())
}

/// As a shell reads it back.
fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:#".contains(letter);
    if !text.is_empty() && !text.starts_with('#') && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn country_code(text: &str) -> Result<String, String> {
    let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_code { Ok(text.to_uppercase()) } else { Err("give two letters, as in CH".into()) }
}
