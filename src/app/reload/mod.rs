//! City files that change while the server runs.
//!
//! Owns looking, putting what has changed into service, and matching stored posts again. Does not own the pipeline:
//! it is told. Invariant: a city whose file did not change is not touched, and none waits for another or for a network.

mod rematch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::future::{BoxFuture, FutureExt, OptionFuture};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::cities::{Answers, Listed, first_problem};
use super::drive::Control;
use super::following::Following;
use crate::clock::Clock;
use crate::config::{CityFiles, CityState};
use crate::consent::Policy;
use crate::domain::{City, CityId, FeedLog, StoreError};
use crate::http::CityDirectory;
use crate::live::Live;
use crate::matcher::CitySet;
use crate::shutdown::Shutdown;
use crate::store::Store;
use rematch::Rematch;

/// What the reloading of city files works with and on.
pub struct Reload {
    pub files: CityFiles,
    pub amend: Arc<dyn Fn(&mut City) + Send + Sync>,
    pub policy: Policy,
    pub store: Store,
    pub live: Arc<Live>,
    pub directory: Arc<ArcSwap<CityDirectory>>,
    pub control: mpsc::Sender<Control>,
    pub following: Following,
    pub listed: Listed,
    /// Answers about listed accounts that are on their way.
    pub answers: Answers,
    pub served: Arc<CitySet>,
    pub clock: Arc<dyn Clock>,
    /// Slug and problem of each file that can't be used.
    pub broken: BTreeMap<String, String>,
    /// Cities whose stored posts are to be matched again: at the start all, for a file may have changed meanwhile.
    pub to_rematch: BTreeSet<CityId>,
    pub shutdown: Shutdown,
}

/// A change is in service within ten seconds: it is seen within this, and must then hold still once.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Looks between two questions for accounts that no network has answered for.
const ASK_EVERY: u32 = 5;
/// Looks after which all listed accounts are asked for anew: a handle may have moved.
const ASK_AGAIN_EVERY: u32 = 1_800;
/// What a city's earlier recipe has decided is stored by then, so that none of it is overlooked.
const REMATCH_AFTER: Duration = Duration::from_secs(1);

/// What is under way between two looks.
#[derive(Default)]
struct UnderWay {
    looks: u32,
    /// Changes that are told and not yet in service.
    changes: BTreeMap<String, CityState>,
    is_asking: bool,
    /// Cities have changed since the question was put.
    asks_next: bool,
    /// Whom the pipeline takes for listed is out of date.
    listed_changed: bool,
    /// Matched again as far as that goes while some of their listed accounts are unknown.
    half_matched: BTreeSet<CityId>,
    rematching: Option<Rematching>,
    /// Not before this.
    rematch_from: Option<Instant>,
}

type Rematching = BoxFuture<'static, (CityId, Result<(), StoreError>)>;

impl Reload {
    /// Returns the running sources, which stop by themselves once shutdown is triggered.
    pub async fn run(mut self) -> Following {
        let mut under_way = UnderWay { is_asking: true, ..UnderWay::default() };
        let mut next_look = Instant::now() + LOOK_EVERY;
        let shutdown = self.shutdown.clone();
        loop {
            if under_way.rematching.is_none() {
                under_way.rematching = self.next_rematch(&mut under_way);
            }
            tokio::select! {
                () = shutdown.triggered() => return self.following,
                () = tokio::time::sleep_until(next_look) => {
                    self.look(&mut under_way).await;
                    next_look = Instant::now() + LOOK_EVERY;
                }
                answer = self.answers.recv(), if under_way.is_asking => match answer {
                    Some(answer) => under_way.listed_changed |= self.listed.take(answer),
                    None => self.asked(&mut under_way).await,
                },
                Some((city, done)) = OptionFuture::from(under_way.rematching.as_mut()) => {
                    under_way.rematching = None;
                    if let Err(error) = done {
                        tracing::error!(%error, city = city.as_str(), "Stored posts could not be matched again; it is tried again.");
                        self.to_rematch.insert(city);
                    }
                }
            }
        }
    }

    async fn look(&mut self, under_way: &mut UnderWay) {
        under_way.looks = under_way.looks.wrapping_add(1);
        let (mut files, amend, now) = (std::mem::take(&mut self.files), self.amend.clone(), self.clock.now());
        let looked = tokio::task::spawn_blocking(move || (files.look(&*amend, now), files)).await;
        // Only a runtime that stops drops the task.
        let Ok((told, files)) = looked else { return };
        self.files = files;
        match told {
            Ok(told) => under_way.changes.extend(told),
            Err(error) => {
                tracing::error!(%error, "The cities' folder can't be read; the cities stay as they are.");
                return;
            }
        }
        if !under_way.changes.is_empty() {
            match self.put_in_service(&under_way.changes).await {
                Ok(()) => {
                    under_way.changes.clear();
                    under_way.rematch_from = Some(Instant::now() + REMATCH_AFTER);
                    under_way.asks_next = true;
                }
                Err(error) => {
                    tracing::error!(%error, "Changed cities could not be put into service; it is tried again.");
                }
            }
        }
        let is_all_known = || self.served.cities().iter().all(|city| self.listed.knows_all(city));
        if under_way.looks.is_multiple_of(ASK_AGAIN_EVERY) {
            self.ask(under_way, true);
        } else if under_way.asks_next || (under_way.looks.is_multiple_of(ASK_EVERY) && !is_all_known()) {
            self.ask(under_way, false);
        }
        self.tell_listed(under_way).await;
    }

    async fn put_in_service(&mut self, changes: &BTreeMap<String, CityState>) -> Result<(), StoreError> {
        let before = self.served.clone();
        let mut cities: BTreeMap<CityId, Arc<City>> =
            before.cities().iter().map(|city| (city.id.clone(), city.clone())).collect();
        let mut broken = self.broken.clone();
        for (slug, state) in changes {
            broken.remove(slug);
            match state {
                CityState::Sound(city) => _ = cities.insert(city.id.clone(), city.clone()),
                // A file that broke leaves its running city as it was.
                CityState::Broken(problems) => {
                    let problem = first_problem(problems);
                    tracing::error!(slug, problem, "A city file can't be used.");
                    broken.insert(slug.clone(), problem);
                }
                CityState::Gone => _ = cities.remove(&CityId::new(slug)),
            }
        }
        let cities: Vec<Arc<City>> = cities.into_values().collect();
        for city in cities.iter().filter(|city| before.city(&city.id).is_none()) {
            self.live.open_city(&city.id, self.store.head(&city.id).await?);
            // It may have been served a moment ago, and what was matched then is still being written.
            self.live.catch_up(&city.id).await?;
        }
        let compiled = tokio::task::spawn_blocking(move || Arc::new(CitySet::compile(cities))).await;
        // Only a runtime that stops drops the task.
        let Ok(served) = compiled else { return Ok(()) };
        (self.served, self.broken) = (served, broken);
        let broken = self.broken.clone().into_iter().collect();
        self.directory.store(Arc::new(CityDirectory { cities: self.served.cities().to_vec(), broken }));
        self.listed.keep(self.served.cities());
        self.tell_pipeline().await;
        for city in before.cities().iter().filter(|city| self.served.city(&city.id).is_none()) {
            self.live.close_city(&city.id);
        }
        let is_changed = |new: &&Arc<City>| before.city(&new.id).is_none_or(|old| new.recipe_hash != old.recipe_hash);
        let changed = self.served.cities().iter().filter(is_changed);
        self.to_rematch.extend(changed.map(|city| city.id.clone()));
        self.following.follow(self.served.cities()).await?;
        tracing::info!(
            changed = changes.len(),
            cities = self.served.cities().len(),
            "City files have changed and are in service."
        );
        Ok(())
    }

    /// Asks in the background, once what is being asked has been answered.
    fn ask(&mut self, under_way: &mut UnderWay, again: bool) {
        if under_way.is_asking {
            under_way.asks_next = true;
            return;
        }
        self.answers = self.listed.ask(self.served.cities(), again);
        (under_way.is_asking, under_way.asks_next) = (true, false);
    }

    /// Every network has answered or failed.
    async fn asked(&mut self, under_way: &mut UnderWay) {
        under_way.is_asking = false;
        self.tell_listed(under_way).await;
        let is_known = |id: &CityId| self.served.city(id).is_none_or(|city| self.listed.knows_all(city));
        let known: Vec<CityId> = under_way.half_matched.iter().filter(|id| is_known(id)).cloned().collect();
        for id in known {
            under_way.half_matched.remove(&id);
            self.to_rematch.insert(id);
        }
    }

    async fn tell_listed(&self, under_way: &mut UnderWay) {
        if std::mem::take(&mut under_way.listed_changed) {
            self.tell_pipeline().await;
        }
    }

    async fn tell_pipeline(&self) {
        let listed = self.listed.of(self.served.cities());
        self.control.send(Control::Cities { set: self.served.clone(), listed }).await.ok();
    }

    /// Matching again what is stored of the next city that is due.
    fn next_rematch(&mut self, under_way: &mut UnderWay) -> Option<Rematching> {
        let city = std::iter::from_fn(|| self.to_rematch.pop_first()).find_map(|id| self.served.city(&id).cloned())?;
        let knows_all = self.listed.knows_all(&city);
        if !knows_all {
            under_way.half_matched.insert(city.id.clone());
        }
        let rematch = Rematch::new(&city, self.listed.of([&city]), knows_all, self.policy);
        let (store, control, from) = (self.store.clone(), self.control.clone(), under_way.rematch_from);
        let rematching = async move {
            if let Some(from) = from {
                tokio::time::sleep_until(from).await;
            }
            (city.id.clone(), rematch.run(&store, &control).await)
        };
        Some(rematching.boxed())
    }
}

#[cfg(test)]
mod tests;
