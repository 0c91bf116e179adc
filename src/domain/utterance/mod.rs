//! Which posts say one thing once: one utterance is one card, whatever copies of it there are.
//!
//! Owns the keys by which copies are found and the check that decides. Does not own which of them is shown, nor what becomes
//! of the others (`store::ledger`). Invariant: pure, and a shared key alone joins nothing: what two posts say is looked at.
//!
//! | bond | shared key | and |
//! |---|---|---|
//! | declared | one names the other as its origin, or both a third | it adds no words of its own |
//! | same article | address and title of an item of a feed | the same lane, within two days |
//! | same words | a listed body's words in one city | another account of that body, the same links, within a day |
//! | same event | the minute of its start and a word of its title, of what sites list | another list, [`same_event`] |
//!
//! An address that a post links to is never a key: what a citizen says of an article is no copy of it.

mod origin;
mod words;

#[cfg(test)]
mod tests;

use super::event::{Announcement, event_keys, same_event};
use super::{IdKey, Network, Placement, Post, PostId, SubjectHash};
use words::Words;

/// Most posts that have one key (but for whose origin it is), and that one utterance has. A further one gets no such key,
/// and stands by itself.
pub const UTTERANCE_MAX: usize = 16;

/// How far apart a body's same words may be, by the dates that its posts bear.
const SAME_WORDS_S: i64 = 24 * 3_600;
/// The same for an article in several feeds: beyond it, it is a page that each week bears the same title.
const SAME_ARTICLE_S: i64 = 48 * 3_600;

/// A keyed hash under which posts are looked for that may be one utterance. It holds no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UtteranceKey {
    pub kind: KeyKind,
    pub hash: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyKind {
    /// It declares to be a copy of this post, by its identity: the hash is that post's [`PostId`].
    Origin,
    /// The same by a web address: of the page, or of the post that is known to have that page.
    OriginPage,
    /// Whose post that is: their [`SubjectHash`], so that a copy goes with somebody who leaves.
    Whose,
    /// Its own page, where that does not follow from its identity.
    Page,
    /// Page and title of an item of a feed.
    Article,
    /// What a listed body says in one city.
    Words,
    /// When an event begins that a site lists, and a word of its title.
    Event,
}

impl KeyKind {
    pub const ALL: [Self; 7] =
        [Self::Origin, Self::OriginPage, Self::Whose, Self::Page, Self::Article, Self::Words, Self::Event];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::OriginPage => "origin_page",
            Self::Whose => "whose",
            Self::Page => "page",
            Self::Article => "article",
            Self::Words => "words",
            Self::Event => "event",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it names the post that this one copies.
    pub const fn is_origin(self) -> bool {
        matches!(self, Self::Origin | Self::OriginPage)
    }

    /// Whether it follows from what its network declares of its origin, which is not stored.
    pub const fn is_declared(self) -> bool {
        self.is_origin() || matches!(self, Self::Whose)
    }
}

/// By what two posts are one utterance, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bond {
    Declared,
    Article,
    Words,
    Event,
}

impl Bond {
    pub const ALL: [Self; 4] = [Self::Declared, Self::Article, Self::Words, Self::Event];

    /// Whether it joins two accounts, so that of one account two never become one by way of a third.
    pub const fn is_of_two_accounts(self) -> bool {
        matches!(self, Self::Words | Self::Event)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Article => "article",
            Self::Words => "words",
            Self::Event => "event",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bond| bond.as_str() == text)
    }
}

/// What a post declares to be a copy of, as keys; none where it declares nothing that can be one.
pub fn origin_keys(key: &IdKey, copy_of: Option<&str>) -> Vec<UtteranceKey> {
    copy_of.map_or_else(Vec::new, |declared| origin::keys(key, declared))
}

/// Whose post it declares to be a copy of, where its declaration says so.
pub fn origin_author(key: &IdKey, copy_of: Option<&str>) -> Option<SubjectHash> {
    let (network, author) = origin::author(copy_of?)?;
    Some(SubjectHash::derive(key, network, &author))
}

/// What others may name a post by as their origin: its id, and its page.
pub fn names(key: &IdKey, post: &Post) -> Vec<u64> {
    [post.id.as_u64()].into_iter().chain(page(key, post).map(|page| page.hash)).collect()
}

/// The keys of what a post is and says where it stands. Those of its origin are in [`origin_keys`], and are given here: a
/// page that is its origin's is not its own.
pub fn own_keys<'a>(
    key: &IdKey,
    post: &Post,
    origins: &[UtteranceKey],
    placements: impl Iterator<Item = &'a Placement>,
) -> Vec<UtteranceKey> {
    let mut keys = Vec::new();
    if let Some(page) = page(key, post).filter(|page| origins.iter().all(|origin| origin.hash != page.hash)) {
        keys.push(page);
        if post.network == Network::Feed {
            keys.extend(article(key, post));
        }
    }
    if let Some(start) = post.schedule.starts_at.filter(|_| is_listed_by_a_site(post)) {
        let hash = |words: String| key.hash64(&["utterance", "event", &words]);
        let found = event_keys(title(post), start).into_iter();
        keys.extend(found.map(|words| UtteranceKey { kind: KeyKind::Event, hash: hash(words) }));
    }
    let listed = placements.filter_map(|placement| Some((placement.city.as_str(), placement.official.as_deref()?)));
    let mut said = None;
    for (city, body) in listed {
        let said = said.get_or_insert_with(|| Words::of(&post.text));
        if said.are_many() {
            let hash = key.hash64(&["utterance", "words", city, body, &said.joined()]);
            keys.push(UtteranceKey { kind: KeyKind::Words, hash });
        }
    }
    keys
}

fn page(key: &IdKey, post: &Post) -> Option<UtteranceKey> {
    // A page of these is named by its post's identity.
    if matches!(post.network, Network::Bluesky | Network::Nostr) {
        return None;
    }
    let page = origin::canonical(post.url.as_deref()?)?;
    Some(UtteranceKey { kind: KeyKind::Page, hash: origin::page_hash(key, &page) })
}

fn article(key: &IdKey, post: &Post) -> Option<UtteranceKey> {
    // The front page of a site is nobody's article, though some feeds give it for each.
    let page = origin::canonical(post.url.as_deref()?).filter(|page| page.contains(['/', '?']))?;
    let title = Words::of(title(post)).joined();
    let hash = key.hash64(&["utterance", "article", &page, &title]);
    (!title.is_empty()).then_some(UtteranceKey { kind: KeyKind::Article, hash })
}

fn title(post: &Post) -> &str {
    post.text.lines().next().unwrap_or_default()
}

/// What of an address names its page, without scheme, fragment or trackers.
pub fn page_of(address: &str) -> Option<String> {
    origin::canonical(address)
}

/// Whether two addresses lead to one page, whatever they say of where the reader came from.
pub fn is_same_page(a: &str, b: &str) -> bool {
    a == b || origin::canonical(a).is_some_and(|page| origin::canonical(b) == Some(page))
}

/// A post as it stands in one city, with its keys.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    pub post: &'a Post,
    pub keys: &'a [UtteranceKey],
    pub placement: &'a Placement,
}

impl Standing<'_> {
    fn announcement(&self) -> Option<Announcement<'_>> {
        Some(Announcement {
            list: self.post.author.as_str(),
            identity: None,
            address: self.post.url.as_deref(),
            title: title(self.post),
            place: self.post.place_name.as_deref(),
            point: self.placement.location.map(|at| (at.lon, at.lat)),
            starts_at: self.post.schedule.starts_at?,
        })
    }

    /// What it says, and whether it announces something or answers: a copy does what its origin does.
    fn kind(&self) -> (bool, bool) {
        (self.post.reply.is_some(), self.post.schedule.starts_at.is_some())
    }

    fn has(&self, kind: KeyKind, of: &Self) -> bool {
        self.keys.iter().any(|key| key.kind == kind && of.keys.contains(key))
    }
}

/// By what two posts that stand in one city are one utterance there, if they are.
pub fn bond(a: &Standing<'_>, b: &Standing<'_>) -> Option<Bond> {
    if a.post.id == b.post.id || a.kind() != b.kind() {
        return None;
    }
    if is_declared(a, b) {
        return Some(Bond::Declared);
    }
    let apart_s = a.post.created_at.seconds_since(b.post.created_at).abs();
    if a.has(KeyKind::Article, b) && apart_s <= SAME_ARTICLE_S && a.placement.lane == b.placement.lane {
        return Some(Bond::Article);
    }
    if a.has(KeyKind::Words, b) && apart_s <= SAME_WORDS_S && are_same_words(a, b) {
        return Some(Bond::Words);
    }
    if a.has(KeyKind::Event, b) && is_one_event(a, b) {
        return Some(Bond::Event);
    }
    None
}

/// Whether it stands on a list that a body publishes, or was sent by one. What a person announces stays theirs.
const fn is_listed_by_a_site(post: &Post) -> bool {
    post.network.is_listing() || matches!(post.network, Network::Push)
}

/// Of two lists one may know first that it is off: then both are shown, so that nobody goes there.
fn is_one_event(a: &Standing<'_>, b: &Standing<'_>) -> bool {
    a.post.schedule.cancelled == b.post.schedule.cancelled
        && a.placement.lane == b.placement.lane
        && a.announcement().zip(b.announcement()).is_some_and(|(one, other)| same_event(&one, &other))
}

fn is_declared(a: &Standing<'_>, b: &Standing<'_>) -> bool {
    if names_as_origin(a.keys, b.post.id, b.keys) {
        return is_copied(a.post, b.post);
    }
    if names_as_origin(b.keys, a.post.id, a.keys) {
        return is_copied(b.post, a.post);
    }
    // Two copies of what we don't hold.
    let share = a
        .keys
        .iter()
        .filter(|key| key.kind.is_origin())
        .any(|key| b.keys.iter().any(|other| other.kind.is_origin() && other.hash == key.hash));
    share && (is_copied(a.post, b.post) || is_copied(b.post, a.post))
}

/// Whether a post with the keys `copy` declares to copy the post of this id and these keys.
pub fn names_as_origin(copy: &[UtteranceKey], origin: PostId, origin_keys: &[UtteranceKey]) -> bool {
    copy.iter().filter(|key| key.kind.is_origin()).any(|key| {
        let is_its_page = |own: &UtteranceKey| own.kind == KeyKind::Page && own.hash == key.hash;
        key.hash == origin.as_u64() || origin_keys.iter().any(is_its_page)
    })
}

/// Whether a copy goes with the origin that it names, when that one goes. A bridge's does. What has an item of a list as its
/// origin was put there by the site itself, and lives on.
pub fn dies_with(copy: (&Post, &[UtteranceKey]), origin: (&Post, &[UtteranceKey])) -> bool {
    let ((copy, keys), (origin, origin_keys)) = (copy, origin);
    let by_identity = |key: &UtteranceKey| key.kind == KeyKind::Origin && key.hash == origin.id.as_u64();
    !origin.network.is_listing()
        && copy.id != origin.id
        && names_as_origin(keys, origin.id, origin_keys)
        // A page may be named by what only speaks of it.
        && (keys.iter().any(by_identity) || is_copied(copy, origin))
}

/// Whether a post says what its origin says and nothing else: so nobody's own words go under another's, and nobody gets
/// under a post by naming it.
pub fn is_copied(copy: &Post, origin: &Post) -> bool {
    let (said, whole) = (Words::of(&copy.text), Words::of(&origin.text));
    if said.is_empty() && whole.is_empty() {
        return !copy.media.is_empty() && copy.media.len() == origin.media.len();
    }
    said.repeat(&whole)
}

/// A listed body's words on another of its accounts. What one account says again it means again.
fn are_same_words(a: &Standing<'_>, b: &Standing<'_>) -> bool {
    let same_body = a.placement.official.is_some() && a.placement.official == b.placement.official;
    same_body
        && is_other_account(a.post, b.post)
        && a.placement.lane == b.placement.lane
        && Words::of(&a.post.text) == Words::of(&b.post.text)
        && origin::lead_to_the_same(a.post, b.post)
}

pub fn is_other_account(a: &Post, b: &Post) -> bool {
    (a.network, &a.author) != (b.network, &b.author)
}
