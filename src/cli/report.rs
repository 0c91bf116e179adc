use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::ValueEnum;
use jiff::civil::Date;

use super::{ConfigFile, block_on};
use crate::app;
use crate::clock::{Clock, SystemClock};
use crate::domain::desk::{Bucket, Calendar};
use crate::domain::{ANSWERS_DAYS, Answers, City, CityId, Gap, MentionDesk, Network, SourceId, StaffDesk, Timestamp};
use crate::http::{MonthReport, ReportForm, render_report};
use crate::monitor::{MonthView, NoMonth, month_view};
use crate::store::{self, Store};

/// Gaps that are looked through, the newest.
const GAPS_MAX: usize = 1_000;
/// Lines of the log that are read at once, and in all.
const LINES_AT_ONCE: usize = 1_000;
const LINES_MAX: usize = 100_000;

/// The numbers are those of the desk, and the server may go on.
#[derive(clap::Args)]
pub struct Report {
    /// The city's slug
    city: String,
    /// The month. It is of whole weeks: those whose Thursday lies in it
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    month: Date,
    #[arg(long, default_value = "md")]
    format: Format,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Md,
    Html,
    Json,
}

/// The month's first day.
fn month(text: &str) -> Result<Date, String> {
    let wrong = || "give a month as 2026-11".to_owned();
    if text.len() != 7 {
        return Err(wrong());
    }
    format!("{text}-01").parse().map_err(|_unreadable| wrong())
}

impl Report {
    pub fn run(self) -> anyhow::Result<()> {
        let settings = self.config.load()?;
        let read = app::read_cities(&settings)?;
        let slug = CityId::new(&self.city);
        let city = read.set.cities().iter().find(|city| city.id == slug);
        let city = city
            .with_context(|| format!("no city is called {:?}: `parvis city check` lists those that are", self.city))?;
        let form = match self.format {
            Format::Md => ReportForm::Markdown,
            Format::Html => ReportForm::Html,
            Format::Json => ReportForm::Json,
        };
        let clock = Arc::new(SystemClock);
        let report = block_on(async {
            // A serving process goes on, and is not asked.
            let store = store::open_beside(&settings.store.url, clock.clone()).await?;
            report(&store, city, self.month, clock.now()).await
        })?;
        print!("{}", render_report(&report, city, form, clock.now()));
        Ok(())
    }
}

/// All that is told of a month; an error says what to do where there is nothing.
async fn report(store: &Store, city: &City, month: Date, now: Timestamp) -> anyhow::Result<MonthReport> {
    let calendar = Calendar::new(&city.timezone);
    let bucket = calendar.month(month).context("there is no such month")?;
    let month = match month_view(store, &city.id, &calendar, bucket, now).await? {
        Ok(month) => month,
        Err(why) => bail!("{}", said(why, &bucket, &calendar)),
    };
    Ok(MonthReport {
        answers: answers(store, city, &month, now).await?,
        gaps: gaps(store, city, bucket).await?,
        acts: acts(store, city, bucket).await?,
        month,
    })
}

fn said(why: NoMonth, bucket: &Bucket, calendar: &Calendar) -> String {
    let name = calendar.name(bucket).unwrap_or_default();
    match why {
        NoMonth::Open(end) => format!(
            "{name} is not closed: it ends at {}, and its numbers are made two minutes later; ask again then",
            end.to_rfc3339()
        ),
        NoMonth::NotClosed => {
            format!(
                "{name} is over and its numbers are not made yet: start `parvis serve`, and ask again a minute later"
            )
        }
        NoMonth::NotCounted(Some(since)) => format!(
            "{name} was not counted: the city is counted since {}; ask for a month that ends later",
            since.to_rfc3339()
        ),
        NoMonth::NotCounted(None) => {
            format!(
                "{name} was not counted: no `parvis serve` has counted this city yet; it begins the day after its first start"
            )
        }
    }
}

/// To what was asked in the month, as far as it is kept.
async fn answers(
    store: &Store,
    city: &City,
    month: &MonthView,
    now: Timestamp,
) -> anyhow::Result<Option<(Timestamp, Answers)>> {
    let kept = now.plus_seconds(-ANSWERS_DAYS * 86_400);
    let since = month.bucket.start.max(kept);
    if since >= month.bucket.end {
        return Ok(None);
    }
    let mut asked = store.asked(&city.id, since).await?;
    asked.retain(|asked| asked.at < month.bucket.end);
    Ok(Some((since, Answers::of(&asked, since, &city.office_hours, &city.zone()))))
}

/// What no source of the city could read, oldest first, as far as it lies in the month.
async fn gaps(store: &Store, city: &City, month: Bucket) -> anyhow::Result<Vec<(Network, Gap)>> {
    let within = |gap: Gap| Gap { from: gap.from.max(month.start), until: gap.until.min(month.end) };
    let gaps = store.gaps(GAPS_MAX).await?.into_iter();
    let gaps = gaps.filter_map(|(source, gap)| Some((network_for(city, &source)?, within(gap))));
    Ok(gaps.filter(|(_, gap)| gap.from < gap.until).collect())
}

/// The network of a source that is read for a city: a list, or a sender, only where the city lists it.
fn network_for(city: &City, source: &SourceId) -> Option<Network> {
    let (network, name) = source.as_str().split_once(':').unwrap_or((source.as_str(), ""));
    let network = Network::parse(network)?;
    let is_listed = match network {
        Network::Feed => city.feeds.iter().any(|feed| feed.url == name),
        Network::OpenData => city.datasets.iter().any(|dataset| dataset.address() == name),
        Network::Push => city.pushes.iter().any(|sender| sender.author(&city.id).as_str() == name),
        Network::Bluesky | Network::Mastodon | Network::Nostr | Network::X => true,
    };
    is_listed.then_some(network)
}

/// How often each act was done at the city's desk in the month, by its name.
async fn acts(store: &Store, city: &City, month: Bucket) -> anyhow::Result<Vec<(String, u64)>> {
    let (mut acts, mut before): (BTreeMap<String, u64>, _) = (BTreeMap::new(), None);
    for _ in 0..LINES_MAX / LINES_AT_ONCE {
        let lines = store.audit(&city.id, before, LINES_AT_ONCE).await?;
        let is_last = lines.len() < LINES_AT_ONCE || lines.last().is_some_and(|line| line.at < month.start);
        before = lines.last().map(|line| line.number);
        for line in lines.into_iter().filter(|line| month.start <= line.at && line.at < month.end) {
            *acts.entry(line.act).or_default() += 1;
        }
        if is_last {
            break;
        }
    }
    Ok(acts.into_iter().collect())
}
