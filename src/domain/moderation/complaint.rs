use super::Motive;
use crate::domain::{Actor, PostId, Timestamp};

/// Longest text of a complaint, or of the answer to one.
pub const COMPLAINT_WORDS_CHARS_MAX: usize = 1_000;
/// Longest address of the mail networks.
const CONTACT_BYTES_MAX: usize = 254;

/// What somebody asks of a city's moderators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ComplaintKind {
    /// A reader thinks that a post should not stand here.
    Report,
    /// A notice in the sense of the law (L-50): what is illegal about a post, in good faith, by somebody who can be reached.
    Notice,
    /// An author, or anybody, asks that a decision be looked at again by somebody else.
    Appeal,
}

impl ComplaintKind {
    pub const ALL: [Self; 3] = [Self::Report, Self::Notice, Self::Appeal];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Notice => "notice",
            Self::Appeal => "appeal",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What somebody holds to follow what becomes of their complaint; a hash of it is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FollowKey(pub [u8; 32]);

impl FollowKey {
    pub fn text(&self) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&self.0)
    }

    pub fn parse(text: &str) -> Option<Self> {
        data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    pub fn hash(&self) -> [u8; 32] {
        blake3::hash(&self.0).into()
    }
}

/// Why a complaint is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    MotiveMissing,
    WordsMissing,
    WordsTooLong,
    /// No address at which a mail could arrive.
    ContactMissing,
    GoodFaithMissing,
}

/// A complaint as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewComplaint {
    pub kind: ComplaintKind,
    pub post: PostId,
    /// Of an appeal: the decision that it is about.
    pub decision: Option<i64>,
    pub motive: Motive,
    pub words: String,
    pub contact: Option<String>,
}

impl NewComplaint {
    pub fn report(post: PostId, motive: &str, words: &str) -> Result<Self, Unfit> {
        Ok(Self {
            kind: ComplaintKind::Report,
            post,
            decision: None,
            motive: reportable(motive)?,
            words: bounded(words)?,
            contact: None,
        })
    }

    /// What the law asks of a notice: the reason, the place (which the form knows), who sends it, and their good faith.
    pub fn notice(post: PostId, motive: &str, words: &str, contact: &str, good_faith: bool) -> Result<Self, Unfit> {
        let motive = reportable(motive)?;
        let words = Some(bounded(words)?).filter(|words| !words.is_empty()).ok_or(Unfit::WordsMissing)?;
        let contact = Some(reachable(contact).ok_or(Unfit::ContactMissing)?);
        if !good_faith {
            return Err(Unfit::GoodFaithMissing);
        }
        Ok(Self { kind: ComplaintKind::Notice, post, decision: None, motive, words, contact })
    }

    /// `contact`: may be empty; the page that one is given says what is decided.
    pub fn appeal(post: PostId, decision: i64, motive: Motive, words: &str, contact: &str) -> Result<Self, Unfit> {
        let words = Some(bounded(words)?).filter(|words| !words.is_empty()).ok_or(Unfit::WordsMissing)?;
        let contact = match contact.trim() {
            "" => None,
            contact => Some(reachable(contact).ok_or(Unfit::ContactMissing)?),
        };
        Ok(Self { kind: ComplaintKind::Appeal, post, decision: Some(decision), motive, words, contact })
    }
}

fn reportable(motive: &str) -> Result<Motive, Unfit> {
    Motive::parse(motive).filter(|motive| Motive::REPORTABLE.contains(motive)).ok_or(Unfit::MotiveMissing)
}

fn bounded(words: &str) -> Result<String, Unfit> {
    let words = words.trim();
    if words.chars().count() > COMPLAINT_WORDS_CHARS_MAX { Err(Unfit::WordsTooLong) } else { Ok(words.to_owned()) }
}

/// Whether a mail could arrive there: more only a mail that arrives can tell.
fn reachable(contact: &str) -> Option<String> {
    let contact = contact.trim();
    let (user, host) = contact.rsplit_once('@')?;
    let fits = !user.is_empty()
        && host.contains('.')
        && contact.len() <= CONTACT_BYTES_MAX
        && !contact.chars().any(|sign| sign.is_whitespace() || sign.is_control() || matches!(sign, '<' | '>' | '"'));
    fits.then(|| contact.to_owned())
}

/// How a complaint was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    pub at: Timestamp,
    pub by: Actor,
    /// What was asked for was done.
    pub upheld: bool,
    /// What was done about it, where something was.
    pub decision: Option<i64>,
    /// To whoever complained.
    pub answer: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComplaintState {
    Open,
    Closed(Closed),
}

/// A complaint as moderators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub number: i64,
    pub kind: ComplaintKind,
    pub post: PostId,
    pub decision: Option<i64>,
    pub motive: Motive,
    pub words: String,
    pub contact: Option<String>,
    pub at: Timestamp,
    pub state: ComplaintState,
}
