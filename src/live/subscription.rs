use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::domain::{CityId, FeedEntry, Offset, StoreError};

use super::batch::{self, Batch, Group};
use super::channel::{Channel, Pulled, Signal};
use super::form;
use super::pace::Pace;
use super::{Live, Request, lock};

/// Why a subscription gives no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum End {
    /// The server is going away: reconnect with the cursor.
    #[error("the server is going away")]
    GoingAway,
    #[error("the city is no longer served")]
    CityClosed,
    #[error("too slow to follow")]
    TooSlow,
    /// The store could not be read: reconnect with the cursor, later.
    #[error("the store can't be read")]
    Unavailable,
}

/// One session's reading position in a city's log. It holds no messages: each call of [`Subscription::next`] looks
/// at what there is after the cursor, and gives one frame of it.
pub struct Subscription {
    live: Arc<Live>,
    channel: Arc<Channel>,
    signal: watch::Receiver<Signal>,
    group: Group,
    at: Offset,
    greeting: Option<Bytes>,
    sources: u64,
    pace: Pace,
    skipped: Skipped,
    /// When this session leaves, once a drain has begun.
    leave_at: Option<Instant>,
    number: u64,
}

/// Entries passed over since the reader was last told where it is.
#[derive(Default)]
struct Skipped {
    entries: u64,
    since: Option<Instant>,
}

impl Subscription {
    pub(super) fn new(
        live: Arc<Live>,
        channel: Arc<Channel>,
        signal: watch::Receiver<Signal>,
        request: &Request,
        at: Offset,
        recovered: bool,
        number: u64,
    ) -> Self {
        let group = Group { filter: Arc::new(request.filter.clone()), form: request.form, framing: request.framing };
        let sources = signal.borrow().sources;
        let mut subscription = Self {
            live,
            channel,
            signal,
            group,
            at,
            greeting: None,
            sources,
            pace: Pace::default(),
            skipped: Skipped::default(),
            leave_at: None,
            number,
        };
        subscription.greeting = Some(subscription.hello(recovered));
        subscription
    }

    pub fn city(&self) -> &CityId {
        self.channel.city()
    }

    /// The next frame, `hello` first. Waits while there is nothing. Safe to cancel: the position moves only with a
    /// frame that is returned, or past entries that are not for this reader.
    pub async fn next(&mut self) -> Result<Bytes, End> {
        if let Some(greeting) = self.greeting.take() {
            return Ok(greeting);
        }
        loop {
            let signal = *self.signal.borrow_and_update();
            let now = Instant::now();
            if signal.closed {
                return Err(End::CityClosed);
            }
            if signal.draining && self.leaves_at(now) <= now {
                return Err(End::GoingAway);
            }
            if signal.sources != self.sources {
                self.sources = signal.sources;
                return Ok(lock(&self.live.sources).frame(self.group.framing));
            }
            let live = Arc::clone(&self.live);
            let pulled = self.channel.pull(self.at, &self.group, live.renderer.as_ref(), &live.limits);
            let frame = match pulled {
                Pulled::CaughtUp => {
                    self.pace.caught_up();
                    if let Some(frame) = self.due_empty_batch(now) {
                        return Ok(frame);
                    }
                    self.wait().await?;
                    continue;
                }
                Pulled::Batch(shared) => {
                    self.keep_pace(now, false)?;
                    shared.get().and_then(|batch| self.advance(batch, now))
                }
                Pulled::Behind => {
                    self.keep_pace(now, true)?;
                    self.read_store(now).await?
                }
            };
            if let Some(frame) = frame {
                return Ok(frame);
            }
        }
    }

    /// Moves past a batch and gives its frame, or an empty one when too much was passed over.
    fn advance(&mut self, batch: &Batch, now: Instant) -> Option<Bytes> {
        self.at = batch.to;
        self.pace.took(batch.entries, batch.frame.as_ref().map_or(0, Bytes::len));
        if let Some(frame) = &batch.frame {
            self.skipped = Skipped::default();
            return Some(frame.clone());
        }
        self.skipped.entries = self.skipped.entries.saturating_add(batch.entries);
        self.skipped.since.get_or_insert(now);
        self.due_empty_batch(now)
    }

    fn due_empty_batch(&mut self, now: Instant) -> Option<Bytes> {
        let limits = &self.live.limits;
        let since = self.skipped.since?;
        let due = self.skipped.entries >= limits.skip_entries || now.duration_since(since) >= limits.skip_after;
        due.then(|| {
            self.skipped = Skipped::default();
            batch::frame(self.channel.cursor(self.at), "", self.group.framing)
        })
    }

    async fn read_store(&mut self, now: Instant) -> Result<Option<Bytes>, End> {
        let live = Arc::clone(&self.live);
        let page = {
            let _turn = live.cold_reads.acquire().await.or(Err(End::GoingAway))?;
            live.log.entries(self.channel.city(), self.at, live.limits.page_entries).await
        };
        let page = page.map_err(|error| {
            let fatal = matches!(error, StoreError::Fatal(_));
            tracing::warn!(city = self.channel.city().as_str(), %error, fatal, "live: the log can't be read");
            End::Unavailable
        })?;
        if !continues(&page, self.at) {
            // Retention has moved the floor past this reader. A hole is never hidden: it is told to reload.
            self.at = self.channel.head();
            self.skipped = Skipped::default();
            return Ok(Some(self.hello(false)));
        }
        let batch = self.channel.encode_page(&page, self.at, &self.group, live.renderer.as_ref(), &live.limits);
        Ok(self.advance(&batch, now))
    }

    fn keep_pace(&mut self, now: Instant, cold: bool) -> Result<(), End> {
        if self.pace.is_too_slow(now, cold, &self.live.limits) { Err(End::TooSlow) } else { Ok(()) }
    }

    async fn wait(&mut self) -> Result<(), End> {
        let skip_end = self.skipped.since.map(|since| since + self.live.limits.skip_after);
        let deadline = [skip_end, self.leave_at].into_iter().flatten().min();
        let changed = self.signal.changed();
        let changed = match deadline {
            None => changed.await,
            Some(deadline) => match tokio::time::timeout_at(deadline, changed).await {
                Ok(changed) => changed,
                Err(_elapsed) => return Ok(()),
            },
        };
        // The city's channel was dropped without a word: it is gone.
        changed.or(Err(End::CityClosed))
    }

    /// Spread evenly without chance: multiples of the golden ratio fill the unit interval without clusters.
    fn leaves_at(&mut self, now: Instant) -> Instant {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        let part = (self.number.wrapping_mul(GOLDEN) >> 32) as u32;
        let share = f64::from(part) / f64::from(u32::MAX);
        let jitter = self.live.drain_spread().mul_f64(share);
        *self.leave_at.get_or_insert(now + jitter)
    }

    fn hello(&self, recovered: bool) -> Bytes {
        let token = self.channel.cursor(self.at).token();
        let message = form::hello(self.channel.city(), &token, recovered);
        Bytes::from(self.group.framing.frame("hello", Some(&token), &message))
    }
}

/// Whether a page of the log is the very next one after `at`.
fn continues(page: &[FeedEntry], at: Offset) -> bool {
    page.first().is_some_and(|first| first.offset == at.next())
        && page.windows(2).all(|pair| matches!(pair, [a, b] if b.offset == a.offset.next()))
}
