//! When whom of one network is asked for, and when a question is given up.
//!
//! Owns the order, the pauses and the attempts. Does not own the asking, or time, which is passed in. Invariant: a question
//! is given up only while its network answers for others.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::Answer;
use crate::domain::{AuthorId, AuthorProfile, Network};

/// How long a batch gathers before it is asked.
const GATHER: Duration = Duration::from_millis(50);
/// Batches asked side by side, so that a slow one does not hold the others up; at the bound the others wait.
const BATCHES_MAX: usize = 4;
/// An author missing from a whole answer is asked for again after this pause, doubled each time up to a minute: an
/// index may lag behind its network. How often, the settings say.
const MISSING_PAUSE: Duration = Duration::from_secs(2);
/// The pause after a failure, doubled with each up to a minute.
const FAILED_PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Who was in so many failed batches is asked for alone: if it is one profile that spoils them, it spoils only itself.
const ALONE_AFTER: u32 = 3;
/// After so many failures in a row the network counts as down: one question at a time, with pauses.
const DOWN_AFTER: u32 = 3;
/// Who failed so often, and so often alone since the network last answered for others, counts as unknown: after some eight
/// minutes.
const FAILED_MAX: u32 = 12;
const REFUSED_MAX: u32 = 4;

/// The profiles found, or the pause that a network which does not answer asks for.
pub(super) type Asked = Result<Vec<AuthorProfile>, Duration>;

#[derive(Debug)]
pub(super) struct Question {
    pub author: AuthorId,
    due: Instant,
    /// Whole answers that left the author out.
    missing: u32,
    /// Failures, and how many of those were this author's alone while others were answered for.
    failed: u32,
    refused: u32,
    /// The network's answers when it failed last.
    answers: u64,
    /// Nobody waits for it: it tells whether the network answers at all.
    is_witness: bool,
}

impl Question {
    const fn new(author: AuthorId, due: Instant) -> Self {
        Self { author, due, missing: 0, failed: 0, refused: 0, answers: 0, is_witness: false }
    }

    const fn is_new(&self) -> bool {
        self.missing == 0 && self.failed == 0
    }

    const fn is_alone(&self) -> bool {
        self.failed >= ALONE_AFTER
    }
}

/// What one network is still to be asked. Its bound is its caller's, who looks at [`Questions::len`].
#[derive(Debug)]
pub(super) struct Questions {
    network: Network,
    attempts: u32,
    batch_max: usize,
    waiting: VecDeque<Question>,
    /// Whom `waiting` is about: nobody is in it twice.
    authors: HashSet<AuthorId>,
    batches: usize,
    answers: u64,
    /// In a row, of any batch.
    failures: u32,
    not_before: Instant,
    /// The author whom the network showed last.
    witness: Option<AuthorId>,
}

impl Questions {
    pub fn new(network: Network, attempts: u32, batch_max: usize, now: Instant) -> Self {
        Self {
            network,
            attempts,
            batch_max,
            waiting: VecDeque::new(),
            authors: HashSet::new(),
            batches: 0,
            answers: 0,
            failures: 0,
            not_before: now,
            witness: None,
        }
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// An author who is being asked for is asked for once more: the answer under way may be older than the question.
    pub fn put(&mut self, author: AuthorId, now: Instant) {
        self.wait(Question::new(author, now + GATHER));
    }

    fn wait(&mut self, question: Question) {
        if self.authors.insert(question.author.clone()) {
            self.waiting.push_back(question);
        }
    }

    /// Whom to ask for now, together; `None` when nobody is due, or as many as may be are being asked for.
    pub fn next(&mut self, now: Instant) -> Option<Vec<Question>> {
        if now < self.not_before || !self.may_ask() {
            return None;
        }
        let is_due = |question: &Question| question.due <= now;
        if !self.waiting.iter().any(is_due) && self.waiting.iter().filter(|new| new.is_new()).count() < self.batch_max {
            return None;
        }
        // Whom it showed last tells whether it is the network or those who are asked for. In turns with these: the witness
        // itself may be what fails.
        let witness = self.witness.clone().filter(|_| self.is_down() && !self.failures.is_multiple_of(2));
        let batch = match witness {
            Some(author) => vec![Question { is_witness: true, ..Question::new(author, now) }],
            None => match self.waiting.iter().position(|question| question.is_alone() && is_due(question)) {
                Some(alone) => self.waiting.remove(alone).into_iter().collect(),
                None => self.take(|question| !question.is_alone() && (question.is_new() || is_due(question))),
            },
        };
        for question in batch.iter().filter(|question| !question.is_witness) {
            self.authors.remove(&question.author);
        }
        self.batches += 1;
        Some(batch)
    }

    const fn is_down(&self) -> bool {
        self.failures >= DOWN_AFTER
    }

    const fn may_ask(&self) -> bool {
        self.batches < if self.is_down() { 1 } else { BATCHES_MAX }
    }

    fn take(&mut self, is_meant: impl Fn(&Question) -> bool) -> Vec<Question> {
        let (mut batch, mut others) = (Vec::new(), VecDeque::with_capacity(self.waiting.len()));
        for question in self.waiting.drain(..) {
            match batch.len() < self.batch_max && is_meant(&question) {
                true => batch.push(question),
                false => others.push_back(question),
            }
        }
        self.waiting = others;
        batch
    }

    /// When `next` is to be asked again, if nothing happens before.
    pub fn wake_at(&self) -> Option<Instant> {
        let due = self.waiting.iter().map(|question| question.due).min().filter(|_| self.may_ask());
        due.map(|due| due.max(self.not_before))
    }

    /// Takes in what became of a batch: the answers that it gives.
    pub fn answered(&mut self, batch: Vec<Question>, asked: Asked, now: Instant) -> Vec<Answer> {
        self.batches = self.batches.saturating_sub(1);
        let found = match asked {
            Ok(found) => found,
            Err(pause) => return self.failed(batch, pause, now),
        };
        (self.failures, self.not_before) = (0, now);
        self.answers += 1;
        self.witness = found.first().map(|profile| profile.id.clone()).or(self.witness.take());
        let mut answers = Vec::new();
        for mut question in batch.into_iter().filter(|question| !question.is_witness) {
            if found.iter().any(|profile| profile.id == question.author) {
                continue;
            }
            question.missing += 1;
            if question.missing >= self.attempts {
                answers.push(Answer::Unknown(self.network, question.author));
            } else {
                question.due = now + doubled(MISSING_PAUSE, question.missing);
                self.wait(question);
            }
        }
        answers.extend(found.into_iter().map(|profile| Answer::Found(Box::new(profile))));
        answers
    }

    fn failed(&mut self, batch: Vec<Question>, pause: Duration, now: Instant) -> Vec<Answer> {
        self.failures = self.failures.saturating_add(1);
        // A pause asked for only lengthens ours: "at once" would have it asked without end.
        let own = if self.failures < DOWN_AFTER { Duration::ZERO } else { doubled(FAILED_PAUSE, self.failures) };
        self.not_before = self.not_before.max(now + own.max(pause).min(PAUSE_MAX));
        let is_alone = batch.len() == 1;
        let mut answers = Vec::new();
        for mut question in batch.into_iter().filter(|question| !question.is_witness) {
            let is_refused = is_alone && question.failed > 0 && question.answers < self.answers;
            question.refused += u32::from(is_refused);
            question.failed = question.failed.saturating_add(1);
            question.answers = self.answers;
            if question.refused >= REFUSED_MAX && question.failed >= FAILED_MAX {
                tracing::warn!(
                    network = self.network.as_str(),
                    "One profile can't be had while others can; its author counts as unknown."
                );
                answers.push(Answer::Unknown(self.network, question.author));
            } else {
                question.due = now + doubled(FAILED_PAUSE, question.failed);
                self.wait(question);
            }
        }
        answers
    }
}

/// The pause after the `times`th time.
fn doubled(pause: Duration, times: u32) -> Duration {
    pause.saturating_mul(1 << times.saturating_sub(1).min(8)).min(PAUSE_MAX)
}
