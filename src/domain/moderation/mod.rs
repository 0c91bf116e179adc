//! What moderators do with posts in one city, for what reason, for how long, and who asked for it.
//!
//! Owns the measures, their motives, and which may be taken with which. Does not own who may take one (`staff`), what follows
//! for readers (`store::ledger::moderation`), nor the rows. Invariant: every measure has a motive of a closed list, an actor
//! and a number in its city, under which it stands in the public log; the log never holds a text.

mod complaint;
mod desk;

#[cfg(test)]
mod tests;

pub use complaint::{
    COMPLAINT_WORDS_CHARS_MAX, Closed, Complaint, ComplaintKind, ComplaintState, FollowKey, NewComplaint, Unfit,
};
pub use desk::{
    Complained, ComplaintPage, Decided, DecisionQuery, InForce, ModeratedPost, Moderation, NotDecided, Queued,
    Standing, Waiting,
};

use super::{Actor, FoldedWords, PostId, Timestamp, fold_words};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// On no page and in no output of the city, and kept as long as it would have been.
    Hide,
    /// Shown behind a line that says why, and opened by whoever wants to read it.
    Fold,
    /// Named above the feed.
    Pin,
    /// A queued post is about the city after all.
    Admit,
    /// Everything of an author is hidden in this city, what comes too.
    BlockAuthor,
    /// Everything in which a word or phrase stands is hidden in this city, what comes too.
    BlockWord,
}

impl Measure {
    pub const ALL: [Self; 6] = [Self::Hide, Self::Fold, Self::Pin, Self::Admit, Self::BlockAuthor, Self::BlockWord];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hide => "hide",
            Self::Fold => "fold",
            Self::Pin => "pin",
            Self::Admit => "admit",
            Self::BlockAuthor => "block_author",
            Self::BlockWord => "block_word",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.as_str() == text)
    }

    /// For what a measure may be taken. [`Motive::Reports`] and [`Motive::Lost`] are nobody's to choose.
    pub const fn motives(self) -> &'static [Motive] {
        match self {
            Self::Pin => &[Motive::Useful],
            Self::Admit => &[Motive::AboutTheCity],
            Self::Hide | Self::Fold | Self::BlockAuthor | Self::BlockWord => &[
                Motive::Unrelated,
                Motive::Advertising,
                Motive::Abuse,
                Motive::PrivateLife,
                Motive::Misleading,
                Motive::Illegal,
            ],
        }
    }

    /// The longest it can stand, in days; `None`: without an end.
    pub const fn days_max(self) -> Option<u16> {
        match self {
            Self::Pin => Some(30),
            Self::Hide | Self::Fold | Self::Admit | Self::BlockAuthor | Self::BlockWord => None,
        }
    }

    /// Whether somebody's post is less seen for it, so that its author can appeal.
    pub const fn restricts(self) -> bool {
        !matches!(self, Self::Pin | Self::Admit)
    }
}

/// Why it is done: the statement of reasons (L-51).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Motive {
    /// It is not about the city.
    Unrelated,
    Advertising,
    /// Insults, hatred, harassment.
    Abuse,
    /// It shows somebody's private life, or personal data.
    PrivateLife,
    /// It misleads on a fact of public safety or service.
    Misleading,
    /// It is manifestly illegal.
    Illegal,
    /// Several people reported it while nobody was on duty.
    Reports,
    /// It helps whoever reads the page now.
    Useful,
    AboutTheCity,
    /// It was in force when a backup was put back; the reason went with the lines that were lost.
    Lost,
}

impl Motive {
    pub const ALL: [Self; 10] = [
        Self::Unrelated,
        Self::Advertising,
        Self::Abuse,
        Self::PrivateLife,
        Self::Misleading,
        Self::Illegal,
        Self::Reports,
        Self::Useful,
        Self::AboutTheCity,
        Self::Lost,
    ];

    /// What a citizen can report a post for.
    pub const REPORTABLE: [Self; 6] =
        [Self::Unrelated, Self::Advertising, Self::Abuse, Self::PrivateLife, Self::Misleading, Self::Illegal];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unrelated => "unrelated",
            Self::Advertising => "advertising",
            Self::Abuse => "abuse",
            Self::PrivateLife => "private_life",
            Self::Misleading => "misleading",
            Self::Illegal => "illegal",
            Self::Reports => "reports",
            Self::Useful => "useful",
            Self::AboutTheCity => "about_the_city",
            Self::Lost => "lost",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|motive| motive.as_str() == text)
    }
}

/// What a measure is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A post; of [`Measure::BlockAuthor`] its author, who is named by nothing else.
    Post(PostId),
    Word(Phrase),
}

/// A word or phrase that is blocked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phrase(Vec<String>);

impl Phrase {
    /// Longer is a text, and no phrase.
    pub const WORDS_MAX: usize = 6;
    const BYTES_MAX: usize = 120;

    /// Folded, so that accents and capitals don't matter. `None` of what no text can hold, of a single letter, and of a text.
    pub fn parse(text: &str) -> Option<Self> {
        let words = fold_words(text);
        let letters: usize = words.iter().map(|word| word.chars().count()).sum();
        let fits = (1..=Self::WORDS_MAX).contains(&words.len()) && letters >= 2 && text.len() <= Self::BYTES_MAX;
        fits.then_some(Self(words))
    }

    pub fn text(&self) -> String {
        self.0.join(" ")
    }

    /// Whether it stands in a text, as whole words one after the other.
    pub fn is_in(&self, words: &FoldedWords) -> bool {
        let stands_at = |start: usize| {
            self.0.iter().enumerate().all(|(at, word)| words.get(start.saturating_add(at)) == Some(word.as_str()))
        };
        (0..words.len()).any(stands_at)
    }
}

/// A measure to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDecision {
    pub measure: Measure,
    pub target: Target,
    pub motive: Motive,
    pub until: Option<Timestamp>,
}

impl NewDecision {
    /// Whether measure, target, motive and end go together.
    pub fn is_sound(&self, now: Timestamp) -> bool {
        let of_word = matches!(self.target, Target::Word(_));
        let longest = self.measure.days_max().map(|days| now.plus_seconds(i64::from(days) * 86_400));
        of_word == (self.measure == Measure::BlockWord)
            && self.measure.motives().contains(&self.motive)
            && self.until.is_none_or(|until| until > now)
            && longest.is_none_or(|longest| self.until.is_some_and(|until| until <= longest))
    }
}

/// Why a measure stands no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// Its time is over.
    Expired,
    /// A moderator took it back.
    Lifted,
    /// Another moderator took it back on appeal.
    Appeal,
    /// Another measure on the same post came in its place.
    Replaced,
}

impl Ending {
    pub const ALL: [Self; 4] = [Self::Expired, Self::Lifted, Self::Appeal, Self::Replaced];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Lifted => "lifted",
            Self::Appeal => "appeal",
            Self::Replaced => "replaced",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| ending.as_str() == text)
    }
}

/// A measure that was taken: a line of the city's public log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Contiguous from 1 in each city.
    pub number: i64,
    pub measure: Measure,
    pub motive: Motive,
    /// `None` of a word.
    pub post: Option<PostId>,
    /// For moderators; the public log does not say it.
    pub word: Option<String>,
    /// For moderators; the public log says [`Decision::is_automatic`].
    pub by: Actor,
    pub at: Timestamp,
    pub until: Option<Timestamp>,
    pub ended: Option<(Ending, Timestamp)>,
}

impl Decision {
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.ended.is_none() && self.until.is_none_or(|until| now < until)
    }

    /// Nobody took it: reports did, while nobody was on duty.
    pub fn is_automatic(&self) -> bool {
        self.by == Actor::automatic()
    }
}

/// So many people who report a post fold it where nobody is on duty.
pub const REPORTS_TO_FOLD: usize = 3;
/// Posts that can be pinned in a city at a time.
pub const PINS_MAX: usize = 3;
/// Blocked words and authors of a city, each.
pub const BLOCKS_MAX: usize = 500;
