//! What a town hall announces by itself: what, where, from when to when, written at its desk.
//!
//! Owns a notice's fields and bounds, its states, and who may publish it. Does not own how it is shown: it goes through the
//! pipeline like what a program of the town sends signed, as the city's own sender ([`City::desk_sender`]). Invariant: a notice
//! that was published can be taken back and published again, and is one card however often.

use futures_util::future::BoxFuture;

use super::{
    Actor, City, CityId, Lane, Network, OfficialKind, PostId, PushSender, RefuseReason, Schedule, StoreError, Timestamp,
};

const WHAT_CHARS_MAX: usize = 500;
const WHERE_CHARS_MAX: usize = 120;
/// The furthest beginning and the longest time: what is kept longest is kept for thirty days.
const AHEAD_S: i64 = 30 * 86_400;
/// A notice is kept this long after it is over.
pub const NOTICE_KEPT_S: i64 = 90 * 86_400;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeText {
    pub what: String,
    /// Where in the city; may be empty.
    pub place: String,
    pub starts_at: Option<Timestamp>,
    /// At that second it goes; without one it goes after a week.
    pub ends_at: Option<Timestamp>,
}

/// Why a notice can't be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeFault {
    WhatMissing,
    TooLong,
    /// It would be over before it begins, or is over already.
    Over,
    TooFar,
}

impl NoticeText {
    pub fn new(
        what: &str,
        place: &str,
        starts_at: Option<Timestamp>,
        ends_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Self, NoticeFault> {
        let (what, place) = (what.trim(), place.trim());
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        if what.is_empty() {
            return Err(NoticeFault::WhatMissing);
        }
        if what.chars().count() > WHAT_CHARS_MAX || place.chars().count() > WHERE_CHARS_MAX {
            return Err(NoticeFault::TooLong);
        }
        if ends_at.is_some_and(|end| end <= now || starts_at.is_some_and(|start| end <= start)) {
            return Err(NoticeFault::Over);
        }
        let far = now.plus_seconds(AHEAD_S);
        if starts_at.into_iter().chain(ends_at).any(|at| at > far) {
            return Err(NoticeFault::TooFar);
        }
        Ok(Self { what: what.to_owned(), place: one_line(place), starts_at, ends_at })
    }

    /// As cards show it: what, and on a line of its own where.
    pub fn text(&self) -> String {
        if self.place.is_empty() { self.what.clone() } else { format!("{}\n{}", self.what, self.place) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeState {
    /// Waits to be published.
    Draft,
    Published,
    /// Taken back.
    Withdrawn,
}

impl NoticeState {
    const ALL: [Self; 3] = [Self::Draft, Self::Published, Self::Withdrawn];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Unique in the instance.
    pub number: i64,
    pub text: NoticeText,
    pub state: NoticeState,
    /// Who wrote it, and who brought it to its state.
    pub by: Actor,
    pub at: Timestamp,
    pub decided_by: Option<Actor>,
    pub decided_at: Option<Timestamp>,
    /// Its card, once it was published.
    pub post: Option<PostId>,
}

impl NoticeText {
    pub const fn schedule(&self) -> Schedule {
        Schedule { starts_at: self.starts_at, ends_at: self.ends_at, cancelled: false }
    }
}

impl Notice {
    /// Whether its time is over: of one that was published its card has gone by itself.
    pub fn is_over(&self, now: Timestamp) -> bool {
        let since = self.decided_at.unwrap_or(self.at);
        let over_at = match self.state {
            NoticeState::Published => self.text.schedule().expires_at(Network::Push, &Lane::Info, since),
            NoticeState::Draft | NoticeState::Withdrawn => self.text.ends_at,
        };
        over_at.is_some_and(|over_at| over_at <= now)
    }

    /// Whether somebody who publishes notices may publish this one. `approved`: the city wants a second person to read it.
    pub fn may_be_published(&self, by: &Actor, approved: bool, now: Timestamp) -> bool {
        self.state != NoticeState::Published && !self.is_over(now) && !(approved && self.by == *by)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeWrite {
    Draft(NoticeText),
    /// It goes to the page: noted before it does, so that whatever is there can be taken back. From a draft, or taken back.
    Publish {
        number: i64,
    },
    /// It is on the page, as this card.
    Published {
        number: i64,
        post: PostId,
    },
    /// The page refused it: it is again what it was.
    Refused {
        number: i64,
        was: NoticeState,
    },
    /// It is on the page no more.
    Withdrawn {
        number: i64,
    },
    /// A draft is thrown away.
    Discard {
        number: i64,
    },
}

/// The notices of one city, which every question names.
pub trait Notices: Send + Sync {
    /// Newest first, at most `limit`.
    fn notices<'a>(&'a self, city: &'a CityId, limit: usize) -> BoxFuture<'a, Result<Vec<Notice>, StoreError>>;

    fn notice<'a>(&'a self, city: &'a CityId, number: i64) -> BoxFuture<'a, Result<Option<Notice>, StoreError>>;

    /// With a line of the log, but for which card it is. The notice's number; `None` where what it names is not there, or no more what it was.
    fn write_notice<'a>(
        &'a self,
        city: &'a CityId,
        write: NoticeWrite,
        by: Actor,
    ) -> BoxFuture<'a, Result<Option<i64>, StoreError>>;
}

/// The way of a notice to the page, through the pipeline. Each can be done again without harm, and is durable when it returns.
pub trait Publisher: Send + Sync {
    /// Refused by what the city's own recipe excludes, say.
    fn publish<'a>(
        &'a self,
        city: &'a City,
        notice: &'a Notice,
    ) -> BoxFuture<'a, Result<Result<PostId, RefuseReason>, StoreError>>;

    fn withdraw<'a>(&'a self, city: &'a City, notice: &'a Notice) -> BoxFuture<'a, Result<(), StoreError>>;
}

impl City {
    /// Who speaks in notices that are written at its desk: the first listed institution by name, else the city. A key that
    /// no listed sender can have, for keys of names have no such sign.
    pub fn desk_sender(&self) -> PushSender {
        let body = self.officials.iter().find(|official| official.kind == OfficialKind::Institution);
        PushSender {
            key: "_desk".to_owned(),
            name: body.map_or_else(|| self.name.clone(), |official| official.name.clone()),
            kind: OfficialKind::Institution,
            lane: Lane::Info,
            secrets: Vec::new(),
            per_hour: u32::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: i64) -> Timestamp {
        Timestamp::from_micros(1_800_000_000_000_000).plus_seconds(days * 86_400)
    }

    fn notice(by: &str, ends: i64) -> Notice {
        let text = NoticeText::new("Pont fermé", "", None, Some(at(ends)), at(0)).unwrap();
        let by = Actor(by.into());
        Notice {
            number: 1,
            text,
            state: NoticeState::Draft,
            by,
            at: at(0),
            decided_by: None,
            decided_at: None,
            post: None,
        }
    }

    #[test]
    fn s18_a_notice_says_what_and_ends_after_it_begins_within_a_month() {
        let new = |what: &str, place: &str, starts, ends| NoticeText::new(what, place, starts, ends, at(0));
        let text = new(" Pont fermé ", " quai\nde la Fosse ", Some(at(1)), Some(at(2))).unwrap();
        assert_eq!(text.text(), "Pont fermé\nquai de la Fosse");
        assert_eq!(new("Pont", "", None, None).unwrap().text(), "Pont");
        assert_eq!(new(" ", "x", None, None), Err(NoticeFault::WhatMissing));
        assert_eq!(new(&"é".repeat(501), "", None, None), Err(NoticeFault::TooLong));
        assert_eq!(new("x", &"é".repeat(121), None, None), Err(NoticeFault::TooLong));
        for (starts, ends) in [(None, at(0)), (Some(at(3)), at(2)), (Some(at(2)), at(2))] {
            assert_eq!(new("x", "", starts, Some(ends)), Err(NoticeFault::Over));
        }
        assert_eq!(new("x", "", Some(at(31)), None), Err(NoticeFault::TooFar));
    }

    #[test]
    fn where_a_city_wants_it_another_publishes_than_who_wrote() {
        let (lea, zoe) = (Actor("lea".into()), Actor("zoe".into()));
        let may = |by: &Actor, approved| notice("lea", 1).may_be_published(by, approved, at(0));
        assert!(may(&lea, false) && may(&zoe, true) && !may(&lea, true));
        assert!(!notice("lea", 1).may_be_published(&zoe, false, at(1)), "it is over");
        let published = Notice { state: NoticeState::Published, ..notice("lea", 1) };
        assert!(!published.may_be_published(&zoe, false, at(0)));
        assert!(!published.is_over(at(0)) && published.is_over(at(1)));
        let endless = NoticeText { starts_at: Some(at(3)), ends_at: None, ..published.text.clone() };
        let endless = Notice { text: endless, decided_at: Some(at(1)), ..published.clone() };
        assert!(!endless.is_over(at(9)) && endless.is_over(at(10)), "a week after it begins");
        let withdrawn = Notice { state: NoticeState::Withdrawn, ..published };
        assert!(withdrawn.may_be_published(&zoe, false, at(0)));
    }
}
