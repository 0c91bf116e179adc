use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, bail};

use super::ConfigFile;
use crate::config::read_city;
use crate::domain::{fold_tag, fold_words};

/// Writes `<slug>.toml` (and `.geojson`) into the cities' folder. Never overwrites.
#[derive(clap::Args)]
pub struct Add {
    /// The city's name, as people write it
    name: String,
    /// Its outline: GeoJSON Polygon, MultiPolygon, Feature or FeatureCollection in WGS 84
    #[arg(long, value_name = "FILE.geojson")]
    boundary: Option<PathBuf>,
    /// The INSEE code of a French commune
    #[arg(long, value_name = "CODE")]
    insee: Option<String>,
    /// A tag that admits posts; may be given several times (default: the name itself)
    #[arg(long = "hashtag", value_name = "TAG")]
    hashtags: Vec<String>,
    #[command(flatten)]
    config: ConfigFile,
}

impl Add {
    pub fn run(self) -> anyhow::Result<()> {
        let folder = self.config.load()?.cities.folder;
        let slug = fold_words(&self.name).join("-");
        let file = folder.join(format!("{slug}.toml"));
        let outline = folder.join(format!("{slug}.geojson"));
        for path in [&file, &outline] {
            if path.exists() {
                bail!("{} exists already; edit it, or remove it first", path.display());
            }
        }
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        if let Some(boundary) = &self.boundary {
            std::fs::copy(boundary, &outline).with_context(|| boundary.display().to_string())?;
        }
        std::fs::write(&file, self.text(&slug)).with_context(|| file.display().to_string())?;
        match read_city(&file) {
            Ok((city, warnings)) => {
                println!("{}: {} is ready at /{slug}", file.display(), city.name);
                for warning in warnings {
                    println!("warning: {warning}");
                }
                if self.boundary.is_none() {
                    println!(
                        "note: without an outline (--boundary FILE.geojson) posts are found by tags and words alone"
                    );
                }
                Ok(())
            }
            Err(problems) => {
                // A refused city leaves nothing behind, so that the mended command can be given again.
                std::fs::remove_file(&file).ok();
                std::fs::remove_file(&outline).ok();
                let reasons: Vec<String> = problems.into_iter().map(|problem| problem.reason).collect();
                bail!("{}", reasons.join("; "))
            }
        }
    }

    fn text(&self, slug: &str) -> String {
        let quote = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let hashtags = match self.hashtags.as_slice() {
            [] => vec![fold_tag(&self.name)],
            given => given.iter().map(|tag| tag.trim_start_matches('#').to_owned()).collect(),
        };
        let invite: String = fold_words(&self.name)
            .iter()
            .map(|word| {
                let mut letters = word.chars();
                letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
            })
            .collect();
        let mut text = String::new();
        let mut line = |line: String| writeln!(text, "{line}").unwrap_or_default();
        line(format!("name = {}", quote(&self.name)));
        if let Some(insee) = &self.insee {
            line(format!("insee = {}", quote(insee)));
        }
        if self.boundary.is_some() {
            line(format!("boundary = {}", quote(&format!("{slug}.geojson"))));
        }
        line("\n# A post is admitted when any line admits it. `parvis city explain` shows what a recipe does.".into());
        line("[recipe]".into());
        line(format!("invite = {}", quote(&format!("Parvis{invite}"))));
        line(format!("hashtags = [{}]", hashtags.iter().map(|tag| quote(tag)).collect::<Vec<_>>().join(", ")));
        text
    }
}
