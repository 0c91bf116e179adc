use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};

use super::Sender;
use super::doors::{Doors, Key, Opened};
use super::lookup::SenderLookup;
use crate::config::Secret;
use crate::domain::{AuthorLookup, City, CityId, Network, SecretPlace, SourceId};
use crate::ingest::{Source, SourceContext, SourceError};

/// How often the secrets are read again: another one in a file takes effect without a restart.
const READ_EVERY: Duration = Duration::from_secs(5);

static LIVES: AtomicU64 = AtomicU64::new(1);

/// Makes a source of every sender that cities list.
#[derive(Clone, Default)]
pub struct Senders {
    doors: Doors,
}

impl Senders {
    pub fn doors(&self) -> Doors {
        self.doors.clone()
    }

    pub fn lookup(&self) -> Arc<dyn AuthorLookup> {
        Arc::new(SenderLookup(self.doors.clone()))
    }

    /// One source for each sender, with a number that is another when something of it has changed.
    pub fn of(&self, cities: &[Arc<City>]) -> Vec<(Box<dyn Source>, u64)> {
        let mut sources: Vec<(Box<dyn Source>, u64)> = Vec::new();
        let mut wanted = Vec::new();
        for city in cities {
            for listed in &city.pushes {
                let sender = Sender::of(city, listed);
                wanted.push((city.id.clone(), sender.clone(), listed.per_hour));
                let told = blake3::hash(format!("{listed:?}").as_bytes());
                let number = told.as_bytes().first_chunk().map_or(0, |first| u64::from_le_bytes(*first));
                let (city, secrets, doors) = (city.id.clone(), listed.secrets.clone(), self.doors.clone());
                sources.push((Box::new(PushSource { city, sender, secrets, doors }), number));
            }
        }
        self.doors.keep(wanted);
        self.doors.know_desks(cities.iter().map(|city| Sender::of(city, &city.desk_sender())).collect());
        sources
    }
}

/// One sender: it connects to nothing, and is there for as long as its secrets can be read.
struct PushSource {
    city: CityId,
    sender: Sender,
    secrets: Vec<SecretPlace>,
    doors: Doors,
}

impl PushSource {
    /// The keys that can be read now, and why others can't.
    fn keys(&self) -> (Vec<Key>, Vec<String>) {
        let (mut keys, mut faults) = (Vec::new(), Vec::new());
        for place in &self.secrets {
            match Secret::from(place.clone()).reveal().and_then(|secret| secret.webhook_key()) {
                Ok(key) => keys.push(Key(key)),
                Err(fault) => faults.push(fault),
            }
        }
        (keys, faults)
    }

    async fn live(&self, context: SourceContext) -> Result<(), SourceError> {
        let mut open: Option<(Opened, Vec<Key>, Vec<String>)> = None;
        loop {
            let (keys, faults) = self.keys();
            if keys.is_empty() {
                return Err(SourceError::Retry { reason: faults.join("; "), after: Some(READ_EVERY) });
            }
            let is_same = open.as_ref().is_some_and(|(_, old, told)| *old == keys && *told == faults);
            if !is_same {
                let life = LIVES.fetch_add(1, Ordering::Relaxed);
                let opened = self.doors.open(&self.city, &self.sender, keys.clone(), context.out.clone(), life);
                context.health.connected();
                if !faults.is_empty() {
                    context.health.note(&faults.join("; "));
                }
                open = Some((opened, keys, faults));
            }
            tokio::select! {
                () = tokio::time::sleep(READ_EVERY) => {}
                () = context.shutdown.triggered() => return Ok(()),
            }
        }
    }
}

impl Source for PushSource {
    fn id(&self) -> SourceId {
        self.sender.source()
    }

    fn network(&self) -> Network {
        Network::Push
    }

    fn cities(&self) -> Option<Arc<[CityId]>> {
        Some(Arc::new([self.city.clone()]))
    }

    /// Its posts say who publishes them.
    fn lookup(&self) -> Option<Arc<dyn AuthorLookup>> {
        None
    }

    /// Who has nothing to say is not gone.
    fn silent_after(&self) -> Option<Duration> {
        None
    }

    fn run(&mut self, context: SourceContext) -> BoxFuture<'_, Result<(), SourceError>> {
        self.live(context).boxed()
    }
}
