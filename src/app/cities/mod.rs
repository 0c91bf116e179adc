//! The cities of the folder at the start, and who the accounts are that they list.
//!
//! Owns reading and compiling all cities, opening their tails, and asking the networks for listed accounts. Does not
//! own the file format (`config`), nor what happens to a changed city (`reload`). Invariant: the start waits for no
//! network longer than it says.

mod listed;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use crate::config::{CityFiles, CityProblem};
use crate::domain::{City, FeedLog, StoreError, Timestamp};
use crate::live::Live;
use crate::matcher::CitySet;

pub use listed::{Answers, Listed, resolvers};

/// All cities as read at one moment: the compiled snapshot, and what can't be used.
pub struct Cities {
    pub set: CitySet,
    /// Slug and first problem of each broken file.
    pub broken: Vec<(String, String)>,
    /// For looking again.
    pub files: CityFiles,
}

/// Reads and compiles a folder of city files. `amend` may change a city before it is compiled (the demonstration lists
/// its own bodies).
pub fn read(folder: &Path, amend: &dyn Fn(&mut City), now: Timestamp) -> anyhow::Result<Cities> {
    let files = CityFiles::read(folder, amend, now)
        .with_context(|| format!("{}: the cities can't be read", folder.display()))?;
    let broken = files.broken().map(|(slug, problems)| (slug.to_owned(), first_problem(problems))).collect();
    Ok(Cities { set: CitySet::compile(files.cities().cloned()), broken, files })
}

/// The line that says why a file can't be used.
pub fn first_problem(problems: &[CityProblem]) -> String {
    problems.iter().find(|problem| !problem.warning).map(ToString::to_string).unwrap_or_default()
}

/// Opens the cities' tails with what was last shown, so that readers who come back after a restart are served from
/// memory.
pub async fn open_tails(live: &Live, log: &dyn FeedLog, cities: &[Arc<City>]) -> Result<(), StoreError> {
    for city in cities {
        live.open_city(&city.id, log.head(&city.id).await?);
        live.warm_city(&city.id).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::domain::{Cursor, Filter, Offset};
    use crate::live::fake::{CountingRenderer, FakeLog, Step};
    use crate::live::{Form, Framing, LiveLimits, Request};

    #[tokio::test]
    async fn w1_after_a_restart_readers_who_come_back_cost_the_store_nothing() {
        let log = FakeLog::new("ville");
        (0..30).for_each(|id| _ = log.apply(Step::Put { id, text: "avant".into(), tag: "ville" }));
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ville.toml"), "name = \"V\"\n[recipe]\nhashtags = [\"ville\"]\n").unwrap();
        let cities = read(folder.path(), &|_| {}, Timestamp::from_micros(0)).unwrap();
        let live =
            Live::new(log.clone(), Arc::new(CountingRenderer::default()), |_, _| String::new(), LiveLimits::default());
        open_tails(&live, &*log, cities.set.cities()).await.unwrap();
        let reads = log.reads.load(Ordering::SeqCst);
        for offset in [0, 10, 29] {
            let cursor = Some(Cursor::new(&log.city, log.epoch, Offset(offset)));
            let request = Request { cursor, filter: Filter::default(), form: Form::Json, framing: Framing::Sse };
            let mut subscription = live.subscribe(&log.city, request).await.unwrap();
            let hello = subscription.next().await.unwrap();
            assert!(String::from_utf8_lossy(&hello).contains("\"recovered\":true"), "{hello:?}");
            let batch = subscription.next().await.unwrap();
            assert!(String::from_utf8_lossy(&batch).contains("\"batch\""), "{batch:?}");
        }
        assert_eq!(log.reads.load(Ordering::SeqCst), reads, "all of it was in memory");
    }
}
