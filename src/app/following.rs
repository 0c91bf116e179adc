use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::domain::{City, SourceId, StoreError};
use crate::ingest::Supervisor;
use crate::ingest::sources::CitySources;
use crate::store::Store;

/// Gaps that are looked through for those of a source that is started.
const GAPS_MAX: usize = 1_000;

/// The running sources, those that cities' files ask for kept in step with the files.
pub struct Following {
    supervisor: Supervisor,
    makes: CitySources,
    store: Store,
    /// Sources that run whatever the cities ask for.
    fixed: HashSet<SourceId>,
    /// Those that run for cities, each with the number that it was made under.
    running: HashMap<SourceId, u64>,
}

impl Following {
    pub fn new(supervisor: Supervisor, makes: CitySources, store: Store, fixed: HashSet<SourceId>) -> Self {
        Self { supervisor, makes, store, fixed, running: HashMap::new() }
    }

    /// Starts what these cities ask for and does not run, and ends what none of them asks for. What is to be read in another
    /// way is ended and started again, from where the store has it.
    pub async fn follow(&mut self, cities: &[Arc<City>]) -> Result<(), StoreError> {
        let wanted = self.makes.of(cities);
        let is_running = |id: &SourceId, number: u64| self.running.get(id) == Some(&number);
        let (stay, new): (Vec<_>, Vec<_>) = wanted
            .into_iter()
            .map(|(source, number)| (source.id(), source, number))
            .partition(|(id, _, number)| is_running(id, *number));
        let stay: HashSet<SourceId> = stay.into_iter().map(|(id, ..)| id).collect();
        self.running.retain(|id, _| stay.contains(id));
        self.supervisor.keep_only(&self.fixed.union(&stay).cloned().collect());
        if new.is_empty() {
            return Ok(());
        }
        let gaps = self.store.gaps(GAPS_MAX).await?;
        for (id, source, number) in new {
            // What can't be asked for is read anew, when a backup waits for it.
            let anew = source.lookup().is_none() && self.store.has_unchecked(source.network()).await?;
            let stored = if anew { None } else { self.store.checkpoint(&id).await? };
            let told = gaps.iter().filter(|(source, _)| *source == id).map(|(_, gap)| gap.clone());
            self.supervisor.add(source, stored, told);
            self.running.insert(id, number);
        }
        Ok(())
    }

    /// Waits until all sources have stopped.
    pub async fn stopped(self) {
        self.supervisor.stopped().await;
    }
}

#[cfg(test)]
impl Following {
    /// Runs nothing, and is asked for nothing.
    pub fn idle(store: &Store) -> Self {
        let options = crate::ingest::SupervisorOptions {
            out: crate::ingest::observations(1).0,
            checkpoints: HashMap::new(),
            gaps: Vec::new(),
            clock: Arc::new(crate::clock::ManualClock::default()),
            shutdown: crate::shutdown::Shutdown::new(),
            rng: fastrand::Rng::with_seed(1),
        };
        let outbound = crate::ingest::Outbound::new("", true).unwrap();
        let clock: Arc<dyn crate::clock::Clock> = Arc::new(crate::clock::ManualClock::default());
        let settings = crate::ingest::sources::SourceSettings::default();
        let makes = CitySources::new(&settings, &outbound, &clock, store.id_key()).unwrap();
        Self::new(crate::ingest::start(Vec::new(), options), makes, store.clone(), HashSet::new())
    }
}
