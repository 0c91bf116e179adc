use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::mpsc;

use super::cities::{self, Cities};
use super::drive::Control;
use crate::domain::{AuthorLookup, Change, City, CityId, FeedLog, KnownPost, Rule, StoreError};
use crate::http::CityDirectory;
use crate::live::Live;
use crate::matcher::{CitySet, ListedAccounts, MatchContext};
use crate::shutdown::Shutdown;
use crate::store::Store;

/// Watches the city files and puts what has changed into service.
pub struct Reload {
    pub folder: PathBuf,
    pub amend: Arc<dyn Fn(&mut City) + Send + Sync>,
    pub store: Store,
    pub lookups: Vec<Arc<dyn AuthorLookup>>,
    pub live: Arc<Live>,
    pub directory: Arc<ArcSwap<CityDirectory>>,
    pub control: mpsc::Sender<Control>,
    pub served: Arc<CitySet>,
    pub fingerprint: String,
    pub shutdown: Shutdown,
}

/// A change is in service within ten seconds (interface.md): it is seen within this, and must then hold still once,
/// so that a file being written, or an outline that has not arrived yet, is not taken half.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Listed accounts are resolved anew this often: a handle may have moved, or the network did not answer before.
const RESOLVE_EVERY: u32 = 1_800;
const REMATCH_PAGE: usize = 200;

impl Reload {
    pub async fn run(mut self) {
        let mut seen = self.fingerprint.clone();
        let mut looks: u32 = 0;
        let mut is_resolved = false;
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.shutdown.triggered() => return,
            }
            looks = looks.wrapping_add(1);
            let (folder, amend) = (self.folder.clone(), self.amend.clone());
            let read = tokio::task::spawn_blocking(move || cities::read(&folder, &*amend)).await;
            let read = match read {
                Ok(Ok(read)) => read,
                Ok(Err(error)) => {
                    tracing::error!(error = %format!("{error:#}"), "The cities' folder can't be read; the cities stay as they are.");
                    continue;
                }
                Err(_stopped) => return,
            };
            let is_still = seen == read.fingerprint;
            seen.clone_from(&read.fingerprint);
            let changed = is_still && read.fingerprint != self.fingerprint;
            if changed {
                if let Err(error) = self.put_in_service(read).await {
                    tracing::error!(%error, "Changed cities could not be put into service; it is tried again.");
                    continue;
                }
                is_resolved = false;
            }
            if !is_resolved || looks.is_multiple_of(RESOLVE_EVERY) {
                is_resolved = self.resolve().await;
            }
        }
    }

    async fn put_in_service(&mut self, read: Cities) -> Result<(), StoreError> {
        // A file that broke leaves its running city as it was.
        let mut cities: Vec<City> = read.set.cities().iter().map(|city| City::clone(city)).collect();
        for (slug, problem) in &read.broken {
            tracing::error!(slug, problem, "A city file can't be used.");
            if let Some(running) = self.served.city(&CityId::new(slug)) {
                cities.push(City::clone(running));
            }
        }
        cities.sort_by(|a, b| a.id.cmp(&b.id));
        let before = std::mem::replace(&mut self.served, Arc::new(CitySet::compile(cities)));
        for city in self.served.cities() {
            self.live.open_city(&city.id, self.store.head(&city.id).await?);
        }
        self.directory.store(Arc::new(CityDirectory { cities: self.served.cities().to_vec(), broken: read.broken }));
        self.resolve().await;
        for city in before.cities() {
            match self.served.city(&city.id) {
                None => self.live.close_city(&city.id),
                Some(new) if new.recipe_hash != city.recipe_hash || new.boundary != city.boundary => {
                    self.rematch(new).await?;
                }
                Some(_) => {}
            }
        }
        self.fingerprint = read.fingerprint;
        tracing::info!(cities = self.served.cities().len(), "City files have changed and are in service.");
        Ok(())
    }

    /// Tells the pipeline of the cities and of who their listed accounts are.
    async fn resolve(&self) -> bool {
        let (listed, all_answered) = cities::resolve_listed(self.served.cities(), &self.lookups).await;
        self.control.send(Control::Cities { set: self.served.clone(), listed, all_answered }).await.ok();
        all_answered
    }

    /// Takes out what a changed recipe no longer asks for. A post that a point admitted stays, for its exact point was
    /// not kept; a reply goes with the post it answers.
    async fn rematch(&self, city: &Arc<City>) -> Result<(), StoreError> {
        let (listed, _) = cities::resolve_listed(std::slice::from_ref(city), &self.lookups).await;
        let mut after = None;
        loop {
            let page = self.store.posts_of_city(&city.id, after, REMATCH_PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.post.id);
            let gone = page.iter().filter(|stored| {
                let kept_by = |rule| stored.placement.reasons.iter().any(|reason| reason.rule == rule);
                !kept_by(Rule::Geotag) && !kept_by(Rule::Thread) && !self.still_asked_for(city, &stored.post, &listed)
            });
            let changes: Vec<Change> =
                gone.map(|stored| Change::Unplace { post: stored.post.id, city: city.id.clone() }).collect();
            if !changes.is_empty() && self.control.send(Control::Changes(changes)).await.is_err() {
                return Ok(());
            }
        }
    }

    fn still_asked_for(&self, city: &City, post: &crate::domain::Post, listed: &ListedAccounts) -> bool {
        let thread: Option<&KnownPost> = None;
        let matches = self.served.matches(post, &MatchContext { listed, thread });
        matches.found.iter().any(|found| found.city.id == city.id)
    }
}
