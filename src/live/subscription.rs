use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, Sleep};

use crate::domain::{CityId, FeedEntry, Offset, StoreError};

use super::Live;
use super::batch::{self, Batch, Group};
use super::bell::Listener;
use super::channel::{Channel, Pulled};
use super::form;
use super::pace::Pace;

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
    group: Arc<Group>,
    listener: Listener,
    at: Offset,
    greeting: Option<Bytes>,
    sources: u64,
    pace: Pace,
    skipped: Skipped,
    /// A page of the store on its way, when the position is behind the tail.
    reading: Option<BoxFuture<'static, Page>>,
    /// When this session leaves, once a drain has begun.
    leave_at: Option<Instant>,
    /// Runs while something is due at a time of its own; most sessions wait for posts alone and have none.
    alarm: Option<Pin<Box<Sleep>>>,
    number: u64,
    was_cut: bool,
}

/// What came of asking the store, and how long it took to get there.
type Page = (Result<Vec<FeedEntry>, StoreError>, Duration);

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
        group: Arc<Group>,
        at: Offset,
        recovered: bool,
        number: u64,
    ) -> Self {
        let (listener, sources) = (channel.listen(), channel.signal.sources.load(Ordering::Acquire));
        let mut subscription = Self {
            live,
            channel,
            group,
            listener,
            at,
            greeting: None,
            sources,
            pace: Pace::default(),
            skipped: Skipped::default(),
            reading: None,
            leave_at: None,
            alarm: None,
            number,
            was_cut: false,
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
        poll_fn(|context| self.poll_next(context, Instant::now())).await
    }

    /// Whether there is more in the log than was given so far.
    pub fn is_behind(&self) -> bool {
        self.at < self.channel.head()
    }

    /// Whether the last frame ended at a limit, and not where the log did.
    pub const fn was_cut(&self) -> bool {
        self.was_cut
    }

    /// [`Subscription::next`] for a session that waits for its socket as well. Like a stream it wakes the task that
    /// polled last.
    pub fn poll_next(&mut self, context: &mut Context<'_>, mut now: Instant) -> Poll<Result<Bytes, End>> {
        if let Some(greeting) = self.greeting.take() {
            return Poll::Ready(Ok(greeting));
        }
        loop {
            if !self.is_behind() {
                // Before everything is looked at, so that nothing that is committed meanwhile is slept through.
                self.listener.wait(context);
            }
            if let Some(end_or_frame) = self.signalled(now) {
                return Poll::Ready(end_or_frame);
            }
            let frame = if let Some(reading) = self.reading.as_mut() {
                self.listener.wait(context);
                let page = ready!(reading.poll_unpin(context));
                self.reading = None;
                self.take_page(page, now)?
            } else if self.is_behind() {
                self.pull(now)?
            } else {
                self.pace.caught_up();
                let due = self.due_empty_batch(now);
                if due.is_none() {
                    ready!(self.poll_alarm(context));
                    now = Instant::now();
                }
                due
            };
            if let Some(frame) = frame {
                return Poll::Ready(Ok(frame));
            }
        }
    }

    /// What is to be said or done before any post.
    fn signalled(&mut self, now: Instant) -> Option<Result<Bytes, End>> {
        let signal = &self.channel.signal;
        if signal.closed.load(Ordering::Acquire) {
            return Some(Err(End::CityClosed));
        }
        let sources = signal.sources.load(Ordering::Acquire);
        if signal.draining.load(Ordering::Acquire) && self.leaves_at(now) <= now {
            return Some(Err(End::GoingAway));
        }
        if sources != self.sources {
            self.sources = sources;
            return Some(Ok(self.channel.sources_frame(self.group.framing)));
        }
        None
    }

    /// Takes what the tail has after the position, or sends for a page of the store.
    fn pull(&mut self, now: Instant) -> Result<Option<Bytes>, End> {
        match self.channel.pull(self.at, &self.group, self.live.renderer.as_ref(), now, &self.live.limits) {
            Pulled::CaughtUp => Ok(None),
            Pulled::Batch(batch) => {
                self.keep_pace(now, false)?;
                Ok(self.advance(&batch, now))
            }
            Pulled::Behind => {
                self.keep_pace(now, true)?;
                self.reading = Some(self.read_store());
                Ok(None)
            }
        }
    }

    /// Moves past a batch and gives its frame, or an empty one when too much was passed over.
    fn advance(&mut self, batch: &Batch, now: Instant) -> Option<Bytes> {
        self.at = batch.to;
        self.was_cut = batch.is_full;
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
            batch::frame(self.channel.cursor(self.at), &[], self.group.framing)
        })
    }

    /// Asks the store for the entries after the position, when it is this session's turn.
    fn read_store(&self) -> BoxFuture<'static, Page> {
        let (live, channel, at) = (Arc::clone(&self.live), Arc::clone(&self.channel), self.at);
        async move {
            let asked_at = Instant::now();
            let page = async {
                let _turn = live.cold_turn().await?;
                live.log.entries(channel.city(), at, live.limits.page_entries).await
            };
            (page.await, asked_at.elapsed())
        }
        .boxed()
    }

    fn take_page(&mut self, (page, took): Page, now: Instant) -> Result<Option<Bytes>, End> {
        self.pace.excuse(took);
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
        let live = Arc::clone(&self.live);
        let batch = self.channel.encode_page(&page, self.at, &self.group, live.renderer.as_ref(), now, &live.limits);
        Ok(self.advance(&batch, now))
    }

    fn keep_pace(&mut self, now: Instant, cold: bool) -> Result<(), End> {
        if self.pace.is_too_slow(now, cold, &self.live.limits) { Err(End::TooSlow) } else { Ok(()) }
    }

    /// Ready when an empty batch or the end is due. Without either it has nothing to wait for.
    fn poll_alarm(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let skip_end = self.skipped.since.map(|since| since + self.live.limits.skip_after);
        let Some(due) = [skip_end, self.leave_at].into_iter().flatten().min() else {
            self.alarm = None;
            return Poll::Pending;
        };
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if alarm.deadline() != due {
            alarm.as_mut().reset(due);
        }
        alarm.as_mut().poll(context)
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
