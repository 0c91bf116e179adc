use std::collections::{HashMap, HashSet};

use super::Ticket;
use crate::domain::{AuthorId, AuthorProfile, NativeId, Network, Post, PostId, RawPost, Timestamp};

/// A matched post whose author's profile is being asked for.
#[derive(Debug)]
pub struct Held {
    pub post: Box<Post>,
    /// The observations that made it: the first sight and its edits.
    pub tickets: Vec<Ticket>,
}

/// Everything of one author that waits, in order of arrival.
#[derive(Debug, Default)]
pub struct HeldAuthor {
    pub posts: Vec<Held>,
    /// A profile record that arrived meanwhile; later than what the lookup may answer, so its self-labels count too.
    pub profile: Option<Box<AuthorProfile>>,
}

/// Posts that wait for their author's profile, and replies that wait for such a post. Edits, deletes and account
/// events reach them here, so that nothing an author took back is ever written.
#[derive(Debug, Default)]
pub struct Hold {
    authors: HashMap<(Network, AuthorId), HeldAuthor>,
    ids: HashSet<PostId>,
    /// Replies whose parent or root is held, to be taken again when that one is decided.
    replies: HashMap<PostId, Vec<Parked>>,
    parked: usize,
}

/// A reply that waits, as it was observed.
#[derive(Debug)]
pub struct Parked {
    pub ticket: Ticket,
    pub network: Network,
    pub post: Box<RawPost>,
    pub sent_at: Option<Timestamp>,
}

/// Most posts and replies held. At the bound the pipeline stops reading and the sources' state says
/// `waiting_for_profiles`.
const HELD_MAX: usize = 5_000;

impl Hold {
    pub fn has_room(&self) -> bool {
        self.ids.len() + self.parked < HELD_MAX
    }

    pub fn contains(&self, id: PostId) -> bool {
        self.ids.contains(&id)
    }

    pub fn len(&self) -> usize {
        self.ids.len() + self.parked
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Holds a post, replacing an earlier version of it. Returns whether its author must now be asked for.
    pub fn put(&mut self, post: Post, ticket: Ticket) -> bool {
        let id = post.id;
        let author = (post.network, post.author.clone());
        let is_new_author = !self.authors.contains_key(&author);
        let held = self.authors.entry(author).or_default();
        if self.ids.insert(id) {
            held.posts.push(Held { post: Box::new(post), tickets: vec![ticket] });
        } else if let Some(earlier) = held.posts.iter_mut().find(|held| held.post.id == id) {
            if earlier.post.revision <= post.revision {
                *earlier.post = post;
            }
            earlier.tickets.push(ticket);
        }
        is_new_author
    }

    /// Parks a reply behind a held post.
    pub fn park(&mut self, behind: PostId, parked: Parked) {
        self.parked += 1;
        self.replies.entry(behind).or_default().push(parked);
    }

    pub fn author_mut(&mut self, network: Network, author: &AuthorId) -> Option<&mut HeldAuthor> {
        self.authors.get_mut(&(network, author.clone()))
    }

    /// Takes one post out, with the replies parked behind it: its author deleted it.
    pub fn take_post(&mut self, id: PostId) -> Option<Held> {
        if !self.ids.remove(&id) {
            return None;
        }
        self.authors.values_mut().find_map(|held| {
            let at = held.posts.iter().position(|held| held.post.id == id)?;
            Some(held.posts.remove(at))
        })
    }

    /// Takes everything of an author out: the profile is known, or never will be.
    pub fn take_author(&mut self, network: Network, author: &AuthorId) -> HeldAuthor {
        let held = self.authors.remove(&(network, author.clone())).unwrap_or_default();
        for post in &held.posts {
            self.ids.remove(&post.post.id);
        }
        held
    }

    /// Takes a parked reply out, in every version: its author deleted it.
    pub fn take_parked(&mut self, network: Network, native_id: &NativeId) -> Vec<Parked> {
        if self.parked == 0 {
            return Vec::new();
        }
        let is_meant = |parked: &mut Parked| parked.network == network && parked.post.native_id == *native_id;
        let taken: Vec<Parked> =
            self.replies.values_mut().flat_map(|replies| replies.extract_if(.., is_meant)).collect();
        self.parked -= taken.len();
        taken
    }

    /// The replies parked behind a post that has been decided, in order of arrival.
    pub fn take_replies(&mut self, behind: PostId) -> Vec<Parked> {
        let replies = self.replies.remove(&behind).unwrap_or_default();
        self.parked -= replies.len();
        replies
    }
}
