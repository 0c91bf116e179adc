use std::sync::Arc;

use super::{City, Lane, PostId, Reason};

/// How a city lists an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedAs {
    /// The listed name, or the handle when the list gives none.
    pub name: String,
    /// The public body's name, when the account stands under an `[[official]]` of the city.
    pub body: Option<String>,
    /// Where the city shows all that this account says, when it says so itself (feeds).
    pub lane: Option<Lane>,
}

/// The part of a city that a post speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneHit {
    pub name: String,
    /// Read from the words of the text, not from a point.
    pub from_text: bool,
}

/// What the matcher found out about one post in one city: what consent decides on, and what "why" is told from.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    pub city: Arc<City>,
    /// Every rule that admits the post, in the order of [`super::Rule`], at most 8, never empty. When `ambiguous`,
    /// the ambiguous terms that wait for a decision.
    pub reasons: Vec<Reason>,
    /// Nothing but an ambiguous term speaks for this city: a moderator decides.
    pub ambiguous: bool,
    pub zone: Option<ZoneHit>,
    /// The post's own point lies in the city, one of its zones, or its neighbourhood. A place is shown only then.
    pub located: bool,
    /// The post carries an assembly tag or a dated tag: no zone, and no place may be shown (L-42).
    pub assembly: bool,
    pub lane: Lane,
    /// The thread that admitted it, when nothing else did.
    pub thread: Option<PostId>,
    /// The city lists the author, whether or not that admitted this post.
    pub listed: Option<ListedAs>,
}
