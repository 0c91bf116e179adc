use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;

use super::ConfigFile;
use crate::clock::{Clock, SystemClock};
use crate::config::read_city;
use crate::domain::{City, Timestamp, fold_tag, fold_words};

/// Validates city files. Warnings are printed and leave the status at 0; a problem makes it 1.
#[derive(clap::Args)]
pub struct Check {
    /// Slugs of the cities to check (default: all)
    slugs: Vec<String>,
    #[command(flatten)]
    config: ConfigFile,
}

impl Check {
    pub fn run(self) -> anyhow::Result<()> {
        let folder = self.config.load()?.cities.folder;
        let mut slugs = self.slugs;
        if slugs.is_empty() {
            let entries =
                std::fs::read_dir(&folder).map_err(|error| anyhow::anyhow!("{}: {error}", folder.display()))?;
            slugs = entries
                .filter_map(|entry| entry.ok().map(|entry| entry.path()))
                .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
                .filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))
                .collect();
            slugs.sort();
        }
        let (mut cities, mut broken, now) = (Vec::new(), 0, SystemClock.now());
        for slug in &slugs {
            match read_city(&folder.join(format!("{slug}.toml"))) {
                Ok((city, warnings)) => {
                    for warning in &warnings {
                        println!("warning: {warning}");
                    }
                    for name in lapsed(&city, now) {
                        println!(
                            "warning: {slug}: {name} is listed no more: `until` has passed; put it off, or take them out"
                        );
                    }
                    println!("{slug}: {}, {} zones, sound", city.name, city.zones.len());
                    cities.push(city);
                }
                Err(problems) => {
                    broken += 1;
                    for problem in problems {
                        eprintln!("{}: {problem}", if problem.warning { "warning" } else { "error" });
                    }
                }
            }
        }
        for (term, slugs) in shared_terms(&cities) {
            println!(
                "warning: {term} admits posts to {} at once: if it is a name that they share, put it under `ambiguous`",
                slugs.join(" and ")
            );
        }
        if broken > 0 {
            bail!("{broken} of {} city files can't be used", cities.len() + broken);
        }
        Ok(())
    }
}

/// Those whose listing is over.
fn lapsed(city: &City, now: Timestamp) -> impl Iterator<Item = &str> {
    let zone = city.zone();
    let over = city.officials.iter().filter(move |official| official.listing.is_over(&zone, now));
    over.map(|official| official.name.as_str())
}

/// Tags and words by which several of the cities admit posts, as homonyms do.
fn shared_terms(cities: &[City]) -> BTreeMap<String, Vec<&str>> {
    let mut terms: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for city in cities {
        let recipe = &city.recipe;
        let tags = recipe.hashtags.iter().chain(&recipe.invite).map(|tag| format!("#{}", fold_tag(tag)));
        let words = recipe.words.iter().map(|word| format!("{:?}", fold_words(word).join(" ")));
        for term in tags.chain(words).collect::<BTreeSet<String>>() {
            terms.entry(term).or_default().push(city.id.as_str());
        }
    }
    terms.retain(|_, slugs| slugs.len() > 1);
    terms
}
