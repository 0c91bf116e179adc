//! The live side: committed entries go into one bounded tail per city, and every session pulls from it by cursor.
//!
//! Owns the tails, the encoding of frames and the count of sessions. Does not own sockets, queries or HTTP (`http`
//! does), nor the truth (the store's feed log is; a tail is a copy of its end). There is no queue per session.
//! Invariant: what a session is given is contiguous from its cursor, and never carries the text of a post whose
//! removal was committed before the session asked.

mod batch;
mod bell;
mod channel;
mod form;
mod held;
mod limits;
mod pace;
mod relay;
mod sessions;
mod slice;
mod sources;
mod subscription;
mod tail;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit, watch};

use crate::domain::{
    CardRenderer, CityId, CommitListener, Committed, Cursor, FeedLog, Filter, Head, Offset, SourceHealth, StoreError,
    Volume,
};

use self::batch::Group;
use self::channel::Channel;
use self::held::AllHeld;
use self::sources::ByCity;

pub use self::form::{Form, Framing};
pub use self::limits::LiveLimits;
pub use self::relay::relay;
pub use self::sessions::{AddressBlock, Permit, Sessions, TooMany};
pub use self::subscription::{End, Subscription};

/// How sources' health, beside what each usually brings, becomes the `sources` array of the contract: JSON, without a line
/// break.
pub type SourcesEncoder = fn(&[SourceHealth], &[Volume]) -> String;

/// What a session asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// `None`: start at now.
    pub cursor: Option<Cursor>,
    pub filter: Filter,
    pub form: Form,
    pub framing: Framing,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscribeError {
    #[error("no such city")]
    UnknownCity,
    #[error("the server is going away")]
    Draining,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The live side of the process. One for all cities; shared by the writer, which tells it of commits, and by the
/// sessions, which pull.
pub struct Live {
    log: Arc<dyn FeedLog>,
    renderer: Arc<dyn CardRenderer>,
    limits: LiveLimits,
    cities: RwLock<HashMap<CityId, Arc<Channel>>>,
    held: Arc<AllHeld>,
    /// As last told.
    health: Mutex<Arc<Vec<SourceHealth>>>,
    sources_json: SourcesEncoder,
    sessions: Sessions,
    draining: AtomicBool,
    /// Milliseconds over which the sessions of a drain are spread.
    drain_spread_ms: AtomicU64,
    /// Numbers subscriptions, so that those that leave at a drain can be spread evenly.
    subscribed: AtomicU64,
    /// Readers behind a tail take turns at the store; without this a reconnect storm would hold a page each, and pages of
    /// others would wait behind them.
    cold_reads: Semaphore,
}

impl Live {
    pub fn new(
        log: Arc<dyn FeedLog>,
        renderer: Arc<dyn CardRenderer>,
        sources_json: SourcesEncoder,
        limits: LiveLimits,
    ) -> Arc<Self> {
        Arc::new(Self {
            log,
            renderer,
            cities: RwLock::default(),
            held: Arc::default(),
            health: Mutex::default(),
            sources_json,
            sessions: Sessions::new(limits.sessions_max, limits.sessions_per_address_max),
            draining: AtomicBool::new(false),
            drain_spread_ms: AtomicU64::new(0),
            subscribed: AtomicU64::new(0),
            cold_reads: Semaphore::new(limits.cold_reads_max),
            limits,
        })
    }

    /// Begins a city's tail after `head`, the log's. Where more of that city may be committed meanwhile,
    /// [`Self::catch_up`] is to follow. A city that is open in the same epoch stays as it is; in another epoch its sessions are closed.
    pub fn open_city(&self, city: &CityId, head: Head) {
        let mut cities = self.cities.write().unwrap_or_else(PoisonError::into_inner);
        if cities.get(city).is_some_and(|open| open.epoch() == head.epoch) {
            return;
        }
        let channel = Channel::new(city, head, &self.held, self.draining.load(Ordering::SeqCst));
        channel.tell_sources(&ByCity::new(&lock(&self.health)).of(city), &[], self.sources_json);
        if let Some(old) = cities.insert(city.clone(), Arc::new(channel)) {
            old.close();
        }
    }

    /// Ends every session of a city that is no longer served (close code 4004).
    pub fn close_city(&self, city: &CityId) {
        let gone = self.cities.write().unwrap_or_else(PoisonError::into_inner).remove(city);
        if let Some(channel) = gone {
            channel.close();
        }
    }

    /// Reads the last entries of a city into its tail, so that readers who come back after a restart are served
    /// together from memory instead of one by one from the store. Optional; safe while commits arrive.
    pub async fn warm_city(&self, city: &CityId) -> Result<(), StoreError> {
        let Some(channel) = self.channel(city) else { return Ok(()) };
        let end = channel.start();
        let mut after = Offset(end.0.saturating_sub(self.limits.warm_entries));
        let mut warm = Vec::new();
        while after < end {
            let page = self.log.entries(city, after, self.limits.page_entries).await?;
            let Some(last) = page.last() else { break };
            after = last.offset;
            warm.extend(page);
        }
        channel.prepend(warm, &self.limits);
        Ok(())
    }

    /// Reads what was committed between a city's head being asked for and its tail being opened, which its tail was not
    /// told. Safe while commits arrive.
    pub async fn catch_up(&self, city: &CityId) -> Result<(), StoreError> {
        let Some(channel) = self.channel(city) else { return Ok(()) };
        loop {
            let page = self.log.entries(city, channel.head(), self.limits.page_entries).await?;
            if page.is_empty() {
                return Ok(());
            }
            channel.push(&page, &self.limits);
        }
    }

    /// Sends every session away (4001), each at its own moment within [`LiveLimits::drain_jitter`]; from now on no
    /// new one is taken.
    pub fn drain(&self) {
        // Few sessions need no spreading: whoever stops a server that one person reads does not wait for chance.
        let spread = self.limits.drain_jitter.min(self.limits.drain_each.saturating_mul(self.sessions.count() as u32));
        self.drain_spread_ms.store(spread.as_millis() as u64, Ordering::SeqCst);
        self.draining.store(true, Ordering::SeqCst);
        self.signal_all(|channel| channel.signal.draining.store(true, Ordering::Release));
    }

    /// Passes changes of the sources' health on to the sessions, until the sender is gone. Sessions hear of what
    /// they can act on (state, gaps, detail), not of every frame that arrived.
    pub async fn follow_sources(&self, mut health: watch::Receiver<Arc<Vec<SourceHealth>>>) {
        loop {
            let now = health.borrow_and_update().clone();
            let volumes = self.volumes(&now).await;
            {
                // Under the lock of the cities, so that one that is opened meanwhile is told too.
                let cities = self.cities.read().unwrap_or_else(PoisonError::into_inner);
                let by_city = ByCity::new(&now);
                for (city, channel) in &*cities {
                    let volumes = volumes.get(city).map_or(&[][..], Vec::as_slice);
                    channel.tell_sources(&by_city.of(city), volumes, self.sources_json);
                }
                *lock(&self.health) = now.clone();
            }
            if health.changed().await.is_err() {
                return;
            }
        }
    }

    /// What is usual, for the cities whose sources are not as they were told. Where the store does not say, nothing is.
    async fn volumes(&self, health: &[SourceHealth]) -> HashMap<CityId, Vec<Volume>> {
        let changed: Vec<CityId> = {
            let cities = self.cities.read().unwrap_or_else(PoisonError::into_inner);
            let by_city = ByCity::new(health);
            let is_news = |(city, channel): &(&CityId, &Arc<Channel>)| !channel.knows_sources(&by_city.of(city));
            cities.iter().filter(is_news).map(|(city, _)| city.clone()).collect()
        };
        let mut volumes = HashMap::new();
        for city in changed {
            if let Ok(of_city) = self.log.volumes(&city).await {
                volumes.insert(city, of_city);
            }
        }
        volumes
    }

    pub const fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    fn drain_spread(&self) -> Duration {
        Duration::from_millis(self.drain_spread_ms.load(Ordering::SeqCst))
    }

    pub const fn limits(&self) -> &LiveLimits {
        &self.limits
    }

    /// Opens a subscription. A cursor that the log still reaches is taken up; any other starts at now and says so
    /// (`recovered: false`).
    pub async fn subscribe(self: &Arc<Self>, city: &CityId, request: Request) -> Result<Subscription, SubscribeError> {
        if self.draining.load(Ordering::SeqCst) {
            return Err(SubscribeError::Draining);
        }
        let channel = self.channel(city).ok_or(SubscribeError::UnknownCity)?;
        let reached = match request.cursor {
            None => true,
            Some(cursor) => self.reaches(&channel, cursor).await?,
        };
        let at = match request.cursor {
            Some(cursor) if reached => cursor.offset,
            _ => channel.head(),
        };
        let number = self.subscribed.fetch_add(1, Ordering::Relaxed);
        let Request { filter, form, framing, .. } = request;
        let group = channel.group(Group { filter, form, framing });
        Ok(Subscription::new(Arc::clone(self), channel, group, at, reached, number))
    }

    async fn reaches(&self, channel: &Channel, cursor: Cursor) -> Result<bool, StoreError> {
        if cursor.city != channel.mark() || cursor.epoch != channel.epoch() {
            return Ok(false);
        }
        if channel.holds(cursor.offset) {
            return Ok(true);
        }
        // Below the tail only the store knows the floor; ahead of it, a page may have been read in the moment
        // between a commit and the tail's hearing of it.
        let ends = {
            let _turn = self.cold_turn().await?;
            self.log.head(channel.city()).await?
        };
        Ok(ends.epoch == cursor.epoch && ends.floor <= cursor.offset && cursor.offset <= ends.head)
    }

    /// A turn at the store.
    async fn cold_turn(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        // Only the end of the process closes the semaphore.
        self.cold_reads.acquire().await.map_err(|closed| StoreError::Unavailable(closed.to_string()))
    }

    fn channel(&self, city: &CityId) -> Option<Arc<Channel>> {
        self.cities.read().unwrap_or_else(PoisonError::into_inner).get(city).cloned()
    }

    fn signal_all(&self, change: impl Fn(&Channel)) {
        for channel in self.cities.read().unwrap_or_else(PoisonError::into_inner).values() {
            change(channel);
            channel.ring();
        }
    }
}

impl CommitListener for Live {
    fn committed(&self, committed: &Committed) {
        for (city, entries) in &committed.entries {
            // A city that is not served has no readers; its entries stay in the log.
            if let Some(channel) = self.channel(city) {
                channel.push(entries, &self.limits);
            }
        }
    }
}

/// Locks a mutex whose data stays valid when a holder panicked: every change to it is complete or not begun.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
