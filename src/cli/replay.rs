use std::collections::HashMap;
use std::io::{BufRead, Read};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};

use super::{ConfigFile, block_on};
use crate::app::{self, Settings};
use crate::clock::{Clock, ManualClock, SystemClock};
use crate::domain::{AuthorId, AuthorProfile, Journal, Network, Timestamp};
use crate::ingest::Decode;
use crate::ingest::sources::{self, Recording};
use crate::intake::{Answer, Dropped, Intake, Tally};
use crate::pipeline;

/// Puts recorded wire frames (one a line; of a feed or a dataset the whole document) through the pipeline into the store.
/// The network is never asked: without `--profiles` authors are decided on their network's defaults, and a server shows
/// their posts only once it has asked.
#[derive(clap::Args)]
pub struct Replay {
    /// The network the frames were recorded from
    #[arg(long, value_name = "NETWORK")]
    source: String,
    /// Recorded frames, or bodies of one sender, one a line; or the document of a feed or of a dataset
    file: PathBuf,
    /// Where a document was found: the address under which cities list it, of a dataset's selection the one that its cards
    /// name. Of signed bodies the sender's account, as in nantes:voirie
    #[arg(long, value_name = "URL", default_value = "https://replay.invalid/")]
    address: String,
    /// Profiles as the network answers for them; an author who is not in it is unknown
    #[arg(long, value_name = "FILE")]
    profiles: Option<PathBuf>,
    /// When it is: `recorded`, the frames' own time; `now`; or a time as in 2026-12-01T09:00:00Z
    #[arg(long, value_parser = ClockChoice::parse, default_value = "now")]
    clock: ClockChoice,
    /// Print the outcomes as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ClockChoice {
    Recorded,
    Now,
    At(Timestamp),
}

impl ClockChoice {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "recorded" => Ok(Self::Recorded),
            "now" => Ok(Self::Now),
            time => Timestamp::parse_rfc3339(time)
                .map(Self::At)
                .ok_or_else(|| "give recorded, now, or a time as in 2026-12-01T09:00:00Z".into()),
        }
    }

    /// The time until a frame says another.
    fn begin(self) -> Timestamp {
        match self {
            Self::At(time) => time,
            Self::Recorded | Self::Now => SystemClock.now(),
        }
    }
}

/// Frames between two commits.
const COMMIT_EVERY: usize = 500;

impl Replay {
    pub fn run(self) -> anyhow::Result<()> {
        block_on(self.replay())
    }

    async fn replay(self) -> anyhow::Result<()> {
        let settings: Settings = self.config.load()?;
        let Some(network) = Network::parse(&self.source) else { bail!("no network {:?}", self.source) };
        let Some(recording) = sources::recording(network) else { bail!("{} can't be read from a file", self.source) };
        let profiles = self.profiles.as_ref().map(|path| read_profiles(network, path)).transpose()?;
        let file = std::fs::File::open(&self.file).with_context(|| self.file.display().to_string())?;
        let clock = ManualClock::new(self.clock.begin());
        let store = app::open_store_alone(&settings).await?;
        let cities = app::read_cities(&settings)?;
        let set = Arc::new(cities.set);
        let mut intake = app::intake(&settings, &store, set.clone()).await?;
        intake.listed = app::listed_by_address(set.cities());
        let progress = self.progress(&file)?;
        let frames = match recording {
            Recording::Frames(decoder) => {
                let lines = std::io::BufReader::new(progress.wrap_read(file)).split(b'\n');
                self.frames(decoder, lines, &mut intake, &store, profiles.as_ref(), &clock).await?
            }
            Recording::Document(read) => {
                let mut document = Vec::new();
                progress.wrap_read(file).read_to_end(&mut document).with_context(|| self.file.display().to_string())?;
                let observations = read(&document, &self.address, set.cities(), clock.now());
                let frames = observations.len();
                for observation in observations {
                    pipeline::observe(&mut intake, observation, clock.now());
                }
                frames
            }
        };
        commit(&mut intake, &store).await?;
        store.close().await?;
        progress.finish_and_clear();
        print_tally(frames, &intake.tally, self.json);
        Ok(())
    }

    async fn frames(
        &self,
        mut decoder: Box<dyn Decode>,
        lines: impl Iterator<Item = std::io::Result<Vec<u8>>>,
        intake: &mut Intake,
        store: &dyn Journal,
        profiles: Option<&HashMap<AuthorId, AuthorProfile>>,
        clock: &ManualClock,
    ) -> anyhow::Result<usize> {
        let mut frames = 0_usize;
        for line in lines {
            let line = line.with_context(|| self.file.display().to_string())?;
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            frames += 1;
            let observation = decoder.decode(&line);
            match (self.clock, observation.sent_at) {
                (ClockChoice::Recorded, Some(at)) => clock.set(at),
                (ClockChoice::Recorded, None) | (ClockChoice::At(_), _) => {}
                (ClockChoice::Now, _) => clock.set(SystemClock.now()),
            }
            pipeline::observe(intake, observation, clock.now());
            answer_all(intake, profiles, clock);
            if frames.is_multiple_of(COMMIT_EVERY) {
                commit(intake, store).await?;
            }
        }
        Ok(frames)
    }

    fn progress(&self, file: &std::fs::File) -> anyhow::Result<indicatif::ProgressBar> {
        // Drawn on a terminal only; the library sees to that.
        let bar = indicatif::ProgressBar::new(file.metadata()?.len());
        bar.set_style(indicatif::ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}")?);
        Ok(bar)
    }
}

fn read_profiles(network: Network, path: &PathBuf) -> anyhow::Result<HashMap<AuthorId, AuthorProfile>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let profiles =
        sources::profiles_from_file(network, &text, SystemClock.now()).with_context(|| path.display().to_string())?;
    Ok(profiles.into_iter().map(|profile| (profile.id.clone(), profile)).collect())
}

fn answer_all(intake: &mut Intake, profiles: Option<&HashMap<AuthorId, AuthorProfile>>, clock: &dyn Clock) {
    for (network, author) in std::mem::take(&mut intake.questions) {
        let answer = match profiles {
            None => Answer::Assumed(Box::new(AuthorProfile::assumed(author, network))),
            Some(known) => match known.get(&author) {
                Some(profile) => Answer::Found(Box::new(profile.clone())),
                None => Answer::Unknown(network, author),
            },
        };
        pipeline::answered(intake, answer, clock.now());
    }
}

async fn commit(intake: &mut Intake, store: &dyn Journal) -> anyhow::Result<()> {
    let batch = intake.take_batch();
    // A replay moves no source's checkpoint: the recording is not the live stream.
    let batch = crate::domain::Batch { checkpoints: Vec::new(), ..batch };
    if !batch.is_empty() {
        let committed = store.commit(Arc::new(batch)).await?;
        intake.forget(Dropped::of(&committed));
        for (counted, reason) in committed.refused {
            intake.tally.refused_by_store(counted, reason);
        }
    }
    Ok(())
}

fn print_tally(frames: usize, tally: &Tally, json: bool) {
    if json {
        let outcomes: serde_json::Map<String, serde_json::Value> =
            tally.counts().map(|(label, count)| (label.to_owned(), count.into())).collect();
        println!("{}", serde_json::json!({ "frames": frames, "outcomes": outcomes }));
    } else {
        println!("{frames} frames");
        for (label, count) in tally.counts() {
            println!("{count:>8}  {label}");
        }
    }
}
