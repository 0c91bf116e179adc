use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::mpsc;

use super::cities::{self, Cities};
use super::drive::Control;
use crate::crash::{self, Point};
use crate::domain::{AuthorLookup, Change, City, CityId, FeedLog, KnownPost, Post, PostId, Rule, StoreError};
use crate::http::CityDirectory;
use crate::live::Live;
use crate::matcher::{CitySet, ListedAccounts, ListedAs, MatchContext};
use crate::shutdown::Shutdown;
use crate::store::{Store, StoredPost};

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
    /// Cities whose stored posts are to be matched again: at the start all, for a file may have changed meanwhile.
    pub to_rematch: BTreeSet<CityId>,
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
        let mut looks = Looks { seen: self.fingerprint.clone(), ..Looks::default() };
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.shutdown.triggered() => return,
            }
            // A network that takes its time to answer does not keep the process from stopping.
            let shutdown = self.shutdown.clone();
            tokio::select! {
                () = self.look(&mut looks) => {}
                () = shutdown.triggered() => return,
            }
        }
    }

    async fn look(&mut self, looks: &mut Looks) {
        looks.number = looks.number.wrapping_add(1);
        let (folder, amend) = (self.folder.clone(), self.amend.clone());
        let read = tokio::task::spawn_blocking(move || cities::read(&folder, &*amend)).await;
        let read = match read {
            Ok(Ok(read)) => read,
            Ok(Err(error)) => {
                tracing::error!(error = %format!("{error:#}"), "The cities' folder can't be read; the cities stay as they are.");
                return;
            }
            Err(_stopped) => return,
        };
        let is_still = looks.seen == read.fingerprint;
        looks.seen.clone_from(&read.fingerprint);
        let changed = is_still && read.fingerprint != self.fingerprint;
        if changed {
            looks.is_resolved = false;
            if let Err(error) = self.put_in_service(read).await {
                tracing::error!(%error, "Changed cities could not be put into service; it is tried again.");
                return;
            }
        }
        if !looks.is_resolved || looks.number.is_multiple_of(RESOLVE_EVERY) {
            looks.is_resolved = self.resolve().await;
        }
        if (changed || looks.is_resolved)
            && let Err(error) = self.rematch_all().await
        {
            tracing::error!(%error, "Stored posts could not be matched again; it is tried again.");
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
        for city in before.cities().iter().filter(|city| self.served.city(&city.id).is_none()) {
            self.live.close_city(&city.id);
        }
        let changed = self.served.cities().iter().filter(|new| {
            before.city(&new.id).is_none_or(|old| new.recipe_hash != old.recipe_hash || new.boundary != old.boundary)
        });
        self.to_rematch.extend(changed.map(|city| city.id.clone()));
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

    /// Matches again what is stored of every city that is due. One whose listed accounts are not all known stays due.
    async fn rematch_all(&mut self) -> Result<(), StoreError> {
        for id in self.to_rematch.clone() {
            let Some(city) = self.served.city(&id).cloned() else {
                self.to_rematch.remove(&id);
                continue;
            };
            let (listed, all_answered) = cities::resolve_listed(std::slice::from_ref(&city), &self.lookups).await;
            self.rematch(Rematch::new(&city, listed, all_answered)).await?;
            if all_answered {
                self.to_rematch.remove(&id);
            }
        }
        Ok(())
    }

    /// Takes out what a changed recipe no longer asks for. Posts of the recipe that is in force are left alone.
    async fn rematch(&self, rematch: Rematch) -> Result<(), StoreError> {
        let city = &rematch.city.id;
        let mut after = None;
        let (mut gone, mut replies): (HashSet<PostId>, Vec<(PostId, PostId)>) = Default::default();
        loop {
            let page = self.store.posts_of_city(city, after, REMATCH_PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.post.id);
            for stored in page.iter().filter(|stored| stored.placement.recipe != rematch.city.recipe_hash) {
                match rematch.fate(stored) {
                    Fate::Stays => {}
                    Fate::Goes => _ = gone.insert(stored.post.id),
                    Fate::GoesWith(thread) => replies.push((stored.post.id, thread)),
                }
            }
        }
        gone.extend(
            replies.into_iter().filter(|(_, thread)| gone.contains(thread)).map(|(id, _)| id).collect::<Vec<_>>(),
        );
        let changes: Vec<Change> = gone.into_iter().map(|post| Change::Unplace { post, city: city.clone() }).collect();
        for changes in changes.chunks(REMATCH_PAGE) {
            crash::point(Point::RematchStep);
            if self.control.send(Control::Changes(changes.to_vec())).await.is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// What is remembered from one look at the folder to the next.
#[derive(Default)]
struct Looks {
    number: u32,
    seen: String,
    is_resolved: bool,
}

/// One city's recipe, asked about stored posts.
struct Rematch {
    city: Arc<City>,
    /// This city alone, so that another's `exclude` is not taken for its own.
    alone: CitySet,
    listed: ListedAccounts,
    all_answered: bool,
}

enum Fate {
    Stays,
    Goes,
    /// A reply: goes when the post it answers does.
    GoesWith(PostId),
}

impl Rematch {
    fn new(city: &Arc<City>, listed: ListedAccounts, all_answered: bool) -> Self {
        Self { city: city.clone(), alone: CitySet::compile(vec![City::clone(city)]), listed, all_answered }
    }

    fn fate(&self, stored: &StoredPost) -> Fate {
        if self.excludes(&stored.post) {
            return Fate::Goes;
        }
        let found = self.alone.matches(&stored.post, &MatchContext { listed: &self.listed, thread: None }).found;
        // What was shown and would now wait for a moderator is not asked for either.
        let is_asked_for = found.iter().any(|found| !found.ambiguous || stored.placement.tier.is_none());
        let reasons = &stored.placement.reasons;
        let has = |rule| reasons.iter().any(|reason| reason.rule == rule);
        // What a point admitted can't be asked again, for the exact point was not kept.
        let by_point = has(Rule::Geotag) || (has(Rule::Around) && stored.placement.location.is_some());
        // Nor what the listing of an account did, while its network does not say whose it is.
        let by_account = !self.all_answered && (has(Rule::Account) || has(Rule::Ambiguous));
        if is_asked_for || by_point || by_account {
            return Fate::Stays;
        }
        let thread = reasons.iter().find(|reason| reason.rule == Rule::Thread);
        thread.and_then(|reason| PostId::parse(&reason.value)).map_or(Fate::Goes, Fate::GoesWith)
    }

    /// Whether `exclude` refuses a post, whatever admits it: asked as if its author were listed and its thread shown.
    fn excludes(&self, post: &Post) -> bool {
        let city = &self.city.id;
        let mut listed = ListedAccounts::default();
        listed.insert(post.network, post.author.clone(), city.clone(), ListedAs { name: String::new(), body: None });
        let thread = KnownPost { id: post.id, thread: post.id, cities: vec![city.clone()] };
        self.alone.matches(post, &MatchContext { listed: &listed, thread: Some(&thread) }).found.is_empty()
    }
}

#[cfg(test)]
mod tests;
