//! `parvis city add`: writes a new city's file, and says what it chose.

mod draft;
mod feeds;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

use super::{ConfigFile, DEFAULT_CONFIG, block_on};
use crate::app::{self, Settings};
use crate::clock::{Clock, SystemClock};
use crate::config::read_city;
use crate::domain::fold_words;
use crate::gazetteer::{Candidate, Found, Gazetteer, GazetteerError, Place, Question, feature};
use draft::Draft;
use feeds::Proposed;

/// Writes `<slug>.toml` and `<slug>.geojson` into the cities' folder, looking the place up on geo.api.gouv.fr or
/// Nominatim unless an outline is given. Never overwrites.
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
    pub fn run(self) -> anyhow::Result<()> {
        let settings: Settings = self.config.load()?;
        let folder = settings.cities.folder.clone();
        self.refuse_to_overwrite(&folder, &self.slug_of(&self.name))?;
        let place = match (&self.boundary, self.no_boundary) {
            (None, false) => Some(block_on(self.look_up(&settings))?),
            _ => None,
        };
        let name = place.as_ref().map_or(self.name.as_str(), |place| &place.name);
        let slug = self.slug_of(name);
        self.refuse_to_overwrite(&folder, &slug)?;
        let today = SystemClock.now().to_rfc3339().chars().take(10).collect();
        let draft = Draft { name, slug: &slug, insee: self.insee.as_deref(), place: place.as_ref(), today };
        let outline = match (&self.boundary, &place) {
            (Some(file), _) => Some(std::fs::read_to_string(file).with_context(|| file.display().to_string())?),
            (None, Some(place)) => Some(self.outline(place, &draft)),
            (None, None) => None,
        };
        let feeds = self.feeds(&settings);
        let text = draft.text(&self.hashtags, outline.is_some(), &feeds);
        write(&folder, &slug, &text, outline.as_deref())?;
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
        for extension in ["toml", "geojson"] {
            let path = folder.join(format!("{slug}.{extension}"));
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

    async fn look_up(&self, settings: &Settings) -> anyhow::Result<Place> {
        let outbound = app::outbound(settings)?;
        let gazetteer = Gazetteer::new(&outbound, &settings.lookup, SystemClock.now());
        // Drawn on a terminal only; the library sees to that.
        let progress = indicatif::ProgressBar::new_spinner();
        progress.enable_steady_tick(Duration::from_millis(120));
        let question = Question { name: self.name.clone(), insee: self.insee.clone(), country: self.country.clone() };
        let found = gazetteer.find(&question, |what| progress.set_message(what.to_owned())).await;
        progress.finish_and_clear();
        match found {
            Ok(Found::Place(place)) => Ok(*place),
            Ok(Found::Candidates { candidates, have_this_name }) => {
                for candidate in &candidates {
                    eprintln!("{}", self.choice(candidate));
                }
                let many = candidates.len();
                if have_this_name {
                    bail!(
                        "{many} places are called {}; choose one with the command beside it (for a place in another \
                         country give --country CC)",
                        self.name
                    );
                }
                bail!("no place is called exactly {}; {many} come near, each with its command above", self.name)
            }
            Ok(Found::Nothing) => {
                bail!("no place called {} was found; check how it is written, or {BY_HAND}", self.name)
            }
            Err(error) => Err(advised(error)),
        }
    }

    /// A candidate, and under it the very command that means it.
    fn choice(&self, candidate: &Candidate) -> String {
        let Candidate { name, region, insee, population, ask } = candidate;
        let mut facts = vec![format!("{name} ({region})")];
        facts.extend(insee.iter().map(|code| format!("INSEE {code}")));
        facts.extend(population.map(|count| format!("{count} inhabitants")));
        let mut command = format!("parvis city add {}", quoted(ask));
        let mut option = |name: &str, value: &str| command.push_str(&format!(" --{name} {}", quoted(value)));
        insee.iter().for_each(|code| option("insee", code));
        self.country.iter().for_each(|country| option("country", country));
        self.hashtags.iter().for_each(|tag| option("hashtag", tag));
        self.slug.iter().for_each(|slug| option("slug", slug));
        if self.config.path != Path::new(DEFAULT_CONFIG) {
            option("config", &self.config.path.to_string_lossy());
        }
        format!("{}\n    {command}", facts.join(", "))
    }

    /// What the town's site names, as far as it can be asked: a city needs no feed.
    fn feeds(&self, settings: &Settings) -> Vec<Proposed> {
        let Some(site) = &self.site else { return Vec::new() };
        let named = app::outbound(settings).and_then(|outbound| block_on(feeds::of_site(&outbound, site)));
        match named {
            Ok(named) if named.is_empty() => {
                println!("note: {site} names no feed; look for one and add it as [[feed]]")
            }
            Ok(named) => return feeds::confirmed(named),
            Err(error) => println!("note: {site} could not be read: {error}; add its feeds as [[feed]]"),
        }
        Vec::new()
    }

    fn outline(&self, place: &Place, draft: &Draft<'_>) -> String {
        let (text, before, after) = feature(&place.outline, draft.properties());
        if after < before {
            println!("note: the outline had {before} points; it was simplified to {after}");
        }
        text
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

fn advised(error: GazetteerError) -> anyhow::Error {
    match &error {
        GazetteerError::UnknownCode(_) | GazetteerError::OtherName { .. } => {
            anyhow::anyhow!("{error}; without --insee the places of a name are listed with their codes")
        }
        GazetteerError::Setting { .. } => anyhow::anyhow!("{error}"),
        GazetteerError::Busy { .. } => anyhow::anyhow!("{error}; give the command again then, or {BY_HAND}"),
        _ => anyhow::anyhow!("{error}; {BY_HAND}"),
    }
}

/// Writes both files, or none: what the city's own check refuses is taken away again, so that the mended command can
/// be given. The outline comes first, for a running server waits for it.
fn write(folder: &Path, slug: &str, text: &str, outline: Option<&str>) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let file = folder.join(format!("{slug}.toml"));
    let outline_file = folder.join(format!("{slug}.geojson"));
    if let Some(outline) = outline {
        write_new(&outline_file, outline)?;
    }
    let written = write_new(&file, text);
    let refused = written.and_then(|()| match read_city(&file) {
        Ok(_) => Ok(()),
        Err(problems) => {
            std::fs::remove_file(&file).ok();
            let reasons: Vec<String> =
                problems.into_iter().filter(|problem| !problem.warning).map(|problem| problem.reason).collect();
            bail!("{}", reasons.join("; "))
        }
    });
    if refused.is_err() && outline.is_some() {
        std::fs::remove_file(&outline_file).ok();
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
