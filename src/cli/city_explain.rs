use std::io::BufRead;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};

use super::ConfigFile;
use crate::app::Settings;
use crate::config::read_city;
use crate::domain::{AuthorProfile, Change, IdKey, Network, Placement, Timestamp};
use crate::ingest::sources;
use crate::intake::{Answer, Authors, Intake, KnownPosts};
use crate::matcher::CitySet;
use crate::pipeline;

/// Reads recorded frames and prints for each what the recipe and consent decide, and why. Stores nothing.
#[derive(clap::Args)]
pub struct Explain {
    /// The city's slug
    slug: String,
    /// The network the frames were recorded from
    #[arg(long, value_name = "NETWORK")]
    source: String,
    /// Recorded frames, one a line; `-` reads standard input
    file: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
}

impl Explain {
    pub fn run(self) -> anyhow::Result<()> {
        let settings: Settings = self.config.load()?;
        let file = settings.cities.folder.join(format!("{}.toml", self.slug));
        let (city, _) = read_city(&file).map_err(|problems| {
            anyhow::anyhow!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        })?;
        let Some(network) = Network::parse(&self.source) else { bail!("no network {:?}", self.source) };
        let Some(mut decoder) = sources::decoder(network) else { bail!("{} can't be read from a file", self.source) };
        let key = IdKey::new([0; 32]);
        let mut intake = Intake::new(
            key,
            crate::app::policy(&settings),
            Arc::new(CitySet::compile(vec![city])),
            KnownPosts::default(),
            Authors::new(key, [], Default::default()),
        );
        let input: Box<dyn BufRead> = match self.file.to_str() {
            Some("-") => Box::new(std::io::stdin().lock()),
            _ => Box::new(std::io::BufReader::new(
                std::fs::File::open(&self.file).with_context(|| self.file.display().to_string())?,
            )),
        };
        let mut now = Timestamp::default();
        for (index, line) in input.split(b'\n').enumerate() {
            let line = line?;
            if line.is_empty() {
                continue;
            }
            let observation = decoder.decode(&line);
            now = observation.sent_at.unwrap_or(now);
            let before = intake.tally.clone();
            pipeline::observe(&mut intake, observation, now);
            for (network, author) in std::mem::take(&mut intake.questions) {
                let profile = Box::new(AuthorProfile::assumed(author, network));
                pipeline::answered(&mut intake, Answer::Assumed(profile), now);
            }
            let outcome = intake.tally.added_since(&before).unwrap_or_default();
            println!("{}\t{outcome}\t{}", index + 1, why(&intake.take_batch().changes));
        }
        Ok(())
    }
}

fn why(changes: &[Change]) -> String {
    let placements = changes.iter().filter_map(|change| match change {
        Change::Upsert { placements, .. } => Some(placements),
        _ => None,
    });
    placements.flatten().map(placement).collect::<Vec<_>>().join("; ")
}

fn placement(placement: &Placement) -> String {
    let reasons: Vec<String> =
        placement.reasons.iter().map(|reason| format!("{} {}", reason.rule.as_str(), reason.value)).collect();
    let tier = placement.tier.map_or("for a moderator", |tier| tier.as_str());
    let zone = placement.zone.as_ref().map(|zone| format!(", zone {zone}")).unwrap_or_default();
    format!("{tier}: {}{zone}", reasons.join(", "))
}
