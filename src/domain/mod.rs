//! The values that travel along the path of a post, and the ports through which stages reach each other.
//!
//! Owns the words of the project (see the glossary in ARCHITECTURE.md) as plain types.
//! Does not own wire formats, SQL, HTTP or time: nothing here does I/O, reads a clock, or derives `Serialize`.
//! Invariant: a value of this module that exists is valid; whoever builds one from outside input checks it there.

pub mod alert;
mod audit;
mod author;
mod card;
mod change;
mod city;
mod cursor;
mod dataset;
pub mod desk;
mod event;
mod feed_entry;
mod filter;
mod hashtag;
mod health;
mod language;
mod location;
mod matched;
mod mention;
mod moderation;
mod network;
mod notice;
mod observation;
mod official;
mod office_hours;
mod outcome;
mod ports;
mod post;
mod push;
mod register;
mod schedule;
mod staff;
mod timestamp;
pub mod utterance;
mod weight;

pub use audit::{AUDIT_CODE_CHARS, Act, AuditFault, AuditHead, AuditKey, AuditLine, verify as verify_audit};
pub use author::{AccountStatus, AuthorId, AuthorProfile, Label};
pub use card::{Card, CardAuthor, CardCopy};
pub use change::{AuthorVerdict, Batch, Change, HideReason, Placement, SubjectHash};
pub use city::{AccountRef, Around, City, CityId, FeedRef, Look, Recipe, Zone};
pub use cursor::{Cursor, CursorError};
pub use dataset::{DatasetRef, Fields};
pub use event::{Announcement, event_keys, same_event};
pub use feed_entry::{Epoch, FeedEntry, Head, Offset, Op};
pub use filter::Filter;
pub use hashtag::{FoldedWords, Hashtag, fold_tag, fold_words};
pub use health::{Gap, SourceHealth, SourceState, Usual, Volume};
pub use language::{primary_subtag, shortest_code};
pub use location::{CELL_METRES, CoarseLocation, ExactPoint, LocationOrigin};
pub use matched::{ListedAs, Match, ZoneHit};
pub use mention::{
    ANSWERS_DAYS, Addressed, Answer, Answering, Answers, Asked, DeskAct, DeskAnswer, Mention, MentionDesk, MentionForm,
    MentionItem, MentionPage, MentionQuery, MentionState, MentionStatus, MentionWords, NotAllowed, TOO_FEW,
};
pub use moderation::{
    BLOCKS_MAX, COMPLAINT_WORDS_CHARS_MAX, Closed, Complained, Complaint, ComplaintKind, ComplaintPage, ComplaintState,
    Decided, Decision, DecisionQuery, Ending, FollowKey, InForce, Measure, ModeratedPost, Moderation, Motive,
    NewComplaint, NewDecision, NotDecided, PINS_MAX, Phrase, Queued, REPORTS_TO_FOLD, Standing, Target, Unfit, Waiting,
};
pub use network::Network;
pub use notice::{NOTICE_KEPT_S, Notice, NoticeFault, NoticeState, NoticeText, NoticeWrite, Notices, Publisher};
pub use observation::{Checkpoint, Event, Observation, RawFacet, RawPlace, RawPost, SourceId, Visibility};
pub use office_hours::OfficeHours;
pub use official::{Listing, Official, OfficialKind};
pub use outcome::{Outcome, Reason, RefuseReason, Rule, Tier};
pub use ports::{
    AccountResolver, Announced, AuthorLookup, CardRenderer, CommitListener, Committed, FeedLog, Holders, Journal,
    KnownPost, LookupError, Page, PostCheck, PushDesk, StoreError,
};
pub use post::{Facet, FacetKind, IdKey, Lane, Media, MediaKind, NativeId, Post, PostId, Reply};
pub use push::{
    Delivery, DeliveryId, PushOutcome, PushRefusal, PushResult, PushSender, Receipt, ReceiptItem, SecretPlace,
};
pub use register::{
    Looked, PURPOSE_MAX, PURPOSE_MIN, REGISTER_DAYS, RUNS_MAX, Register, WATCH_DAYS_MAX, WATCHED, WATCHES_KEPT,
    WATCHES_MAX, Wanted, Watch, WatchAct, WatchAnswer, WatchFault, days_of,
};
pub use schedule::Schedule;
pub use staff::{
    Actor, OwnSession, Right, Role, SESSION_LASTS_S, SESSION_RESTS_S, SessionHash, StaffDesk, StaffName, StaffSession,
    StaffUser, StaffWrite,
};
pub use timestamp::Timestamp;
pub use weight::Weight;
