//! The endless play of one script: rounds through its threads, dealt out over days.
//!
//! Owns what is said on which day and when. Does not own identifiers on the wire, nor any clock.
//! Invariant: events come in time order, a reply after its parent, an account's end after its last change.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;

use fastrand::Rng;
use jiff::civil::Date;

use super::cast::{Cast, new_handle};
use super::event::{Act, Event, Fault, Persona, Status, Utterance};
use crate::demo::Rate;
use crate::demo::ids;
use crate::demo::script::{CityScript, Thread};
use crate::domain::Timestamp;

const HOUR: i64 = 3600;
/// Nothing is planned behind this second of the day, so that a day's posts stay inside the day.
const LAST_SECOND: i64 = 23 * HOUR + 58 * 60;

/// One script being played. Never ends.
#[derive(Debug)]
pub(in crate::demo) struct CityPlayer {
    script: Arc<CityScript>,
    seed: u64,
    rate: Rate,
    /// The next day to be planned.
    day: Date,
    /// What is left of the round.
    queue: VecDeque<Arc<Thread>>,
    cast: Cast,
    /// Planned events by time, and in the order of planning where times are equal. Bounded by two days' events.
    planned: BTreeMap<(Timestamp, u64), Act>,
    order: u64,
}

impl CityPlayer {
    /// Begins on the local day of `from`, at midnight; the events before `from` are played too.
    pub fn new(script: Arc<CityScript>, seed: u64, rate: Rate, from: Timestamp) -> Self {
        let instant = jiff::Timestamp::from_microsecond(from.as_micros()).unwrap_or_default();
        let day = script.zone.to_datetime(instant).date();
        let cast = Cast::new(&script, seed, 0, &[], &mut Rng::with_seed(seed));
        let planned = BTreeMap::new();
        let mut player = Self { script, seed, rate, day, queue: VecDeque::new(), cast, planned, order: 0 };
        player.plan_ahead();
        player
    }

    pub fn slug(&self) -> &'static str {
        self.script.slug
    }

    /// When the next event happens. The end of time only when the calendar ends.
    pub fn peek(&self) -> Timestamp {
        self.planned.first_key_value().map_or(Timestamp::from_micros(i64::MAX), |(&(at, _), _)| at)
    }

    pub fn next(&mut self) -> Option<Event> {
        let ((at, _), act) = self.planned.pop_first()?;
        self.plan_ahead();
        Some(Event { at, city: self.script.slug, act })
    }

    /// Plans days until the next event lies before the first unplanned one: a day's posts may come before what
    /// earlier days left over.
    fn plan_ahead(&mut self) {
        while let Some(midnight) = self.instant(self.day, 0)
            && self.planned.first_key_value().is_none_or(|(&(at, _), _)| at >= midnight)
        {
            let day = self.day;
            self.plan_day();
            if self.day == day {
                return;
            }
        }
    }

    fn plan(&mut self, at: Timestamp, act: Act) {
        self.order += 1;
        self.planned.insert((at, self.order), act);
    }

    fn plan_day(&mut self) {
        let day = self.day;
        let mut rng = Rng::with_seed(ids::sub_seed(self.seed, &[self.script.slug, "day", &day.to_string()]));
        let (most, wanted) = self.volume(&mut rng);
        let mut said_today = HashSet::new();
        let mut count = 0;
        while count < wanted {
            if self.queue.is_empty() {
                self.begin_round(&said_today);
            }
            // A thread stays whole. One too long for the rest of the day is the first of tomorrow.
            let Some(fitting) = self.queue.iter().position(|thread| count + thread.lines.len() <= most) else { break };
            let Some(thread) = self.queue.remove(fitting) else { break };
            count += thread.lines.len();
            let again = !said_today.insert(thread.root_key().to_owned());
            self.plan_thread(&thread, again, &mut rng);
        }
        self.day = day.tomorrow().unwrap_or(day);
    }

    /// The most posts that today may have, and how many to reach.
    fn volume(&self, rng: &mut Rng) -> (usize, usize) {
        let range = if self.script.is_elsewhere() { self.rate.noise_a_day() } else { self.rate.posts_a_day() };
        let (least, most) = range.into_inner();
        let wanted = if self.rate == Rate::Metropole && !self.script.is_elsewhere() && rng.u8(..6) > 0 {
            // Near one round a day on most days, because the same post twice a day is once too often.
            self.script.lines().count() * rng.usize(95..125) / 100
        } else {
            rng.usize(least..most)
        };
        (most, wanted.clamp(least, most - 1))
    }

    /// A new round: everybody new, the threads in a new order, those said today behind the others.
    fn begin_round(&mut self, said_today: &HashSet<String>) {
        let round = self.cast.round.saturating_add(1);
        let mut rng = Rng::with_seed(ids::sub_seed(self.seed, &[self.script.slug, "round", &round.to_string()]));
        let mut threads = self.script.threads.clone();
        rng.shuffle(&mut threads);
        if self.rate == Rate::Village && !self.script.is_elsewhere() {
            let (village, mut other): (Vec<_>, Vec<_>) = threads.into_iter().partition(|thread| thread.is_village());
            other.truncate(village.len() / 3 + 1);
            threads = village;
            threads.append(&mut other);
            rng.shuffle(&mut threads);
        }
        threads.sort_by_key(|thread| said_today.contains(thread.root_key()));
        self.cast = Cast::new(&self.script, self.seed, round, &threads, &mut rng);
        self.queue = threads.into();
        if self.script.is_elsewhere() {
            self.plan_broken(&mut rng);
        }
    }

    fn plan_broken(&mut self, rng: &mut Rng) {
        let authors = self.script.authors.clone();
        for fault in Fault::ALL {
            let author = rng.choice(&authors).and_then(|author| self.cast.persona(&author.key));
            if let (Some(author), Some(at)) = (author, self.instant(self.day, rng.i64(0..LAST_SECOND))) {
                self.plan(at, Act::Broken { author, fault });
            }
        }
    }

    /// Gives every post of a thread its time of today: its own hour, or some minutes after what it answers.
    fn plan_thread(&mut self, thread: &Thread, again: bool, rng: &mut Rng) {
        let root_hour = thread.lines.first().map_or(12, |line| i64::from(line.post.hour));
        // The second time on a day lies some hours off the first.
        let shift = match again {
            false => 0,
            true if root_hour <= 14 => rng.i64(3..6) * HOUR,
            true => rng.i64(-5..-2) * HOUR,
        };
        let mut seconds: Vec<i64> = Vec::with_capacity(thread.lines.len());
        for line in &thread.lines {
            let own = i64::from(line.post.hour) * HOUR + shift + rng.i64(0..HOUR);
            let parent = line.parent.and_then(|at| seconds.get(at).copied().zip(thread.lines.get(at)));
            seconds.push(match parent {
                None => own,
                Some((said, parent)) if line.post.hour > parent.post.hour => own.max(said + rng.i64(120..1200)),
                Some((said, _)) => said + rng.i64(120..1500),
            });
        }
        let over = seconds.iter().max().map_or(0, |last| (last - LAST_SECOND).max(0));
        for (line, second) in thread.lines.iter().zip(seconds) {
            let Some(at) = self.instant(self.day, (second - over).max(0)) else { continue };
            let Some(said) = self.cast.utter(line, thread, self.seed) else { continue };
            self.plan_post(said, Timestamp::from_micros(at.as_micros() + rng.i64(0..900_000)), rng);
        }
    }

    fn plan_post(&mut self, said: Utterance, at: Timestamp, rng: &mut Rng) {
        let (line, author, post) = (Arc::clone(&said.line), Arc::clone(&said.author), said.post.clone());
        self.plan(at, Act::Post(Box::new(said)));
        if let (Some(text), Some(edit)) = (self.cast.edited(&line, self.seed), &line.post.edit) {
            let later = at.plus_seconds(i64::from(edit.after_minutes) * 60);
            self.plan(later, Act::Edit { author: Arc::clone(&author), post: post.clone(), text });
        }
        if let Some(minutes) = line.post.delete_after_minutes {
            let later = at.plus_seconds(i64::from(minutes) * 60);
            self.plan(later, Act::Delete { author: Arc::clone(&author), post });
        }
        let first = self.cast.speaks(&line.author.key, at);
        self.plan_fate(&line.author.key, &author, first.then_some(at), rng);
    }

    /// What happens to an author besides posting: at `first`, their first planned post of the round, and after the
    /// last. The hours that lie between leave room for the latest edit.
    fn plan_fate(&mut self, key: &str, author: &Arc<Persona>, first: Option<Timestamp>, rng: &mut Rng) {
        if let Some(at) = first {
            let later = at.plus_seconds(rng.i64(20 * 60..90 * 60));
            if self.cast.renames.as_deref() == Some(key) {
                self.plan(later, Act::Handle { author: Arc::clone(author), handle: new_handle(&author.handle) });
            }
            if self.cast.renews_profile.as_deref() == Some(key) {
                let mark = rng.choice(["☂", "❄", "🌿", "☕"]).unwrap_or("☕");
                let renewed = Persona { name: format!("{} {mark}", author.name), ..Persona::clone(author) };
                self.plan(later, Act::Profile(Arc::new(renewed)));
            }
        }
        let Some(last) = self.cast.finished(key) else { return };
        let gone = last.plus_seconds(rng.i64(2 * HOUR..5 * HOUR));
        if self.cast.leaves(key) {
            self.plan(gone, Act::Account { author: Arc::clone(author), status: Status::Deleted });
        } else if self.cast.pauses.as_deref() == Some(key) {
            let back = gone.plus_seconds(rng.i64(HOUR..3 * HOUR));
            self.plan(gone, Act::Account { author: Arc::clone(author), status: Status::Deactivated });
            self.plan(back, Act::Account { author: Arc::clone(author), status: Status::Active });
        }
    }

    /// The instant of a second of a local day. `None` only at the end of the calendar.
    fn instant(&self, day: Date, second: i64) -> Option<Timestamp> {
        let field = |value: i64| i8::try_from(value).ok();
        let time = day.at(field(second / HOUR)?, field(second / 60 % 60)?, field(second % 60)?, 0);
        let instant = self.script.zone.to_timestamp(time).ok()?;
        Some(Timestamp::from_micros(instant.as_microsecond()))
    }
}
