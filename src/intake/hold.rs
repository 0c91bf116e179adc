use std::collections::HashMap;

use super::Ticket;
use crate::domain::{AuthorId, AuthorProfile, NativeId, Network, Post, PostId, RawPost, Timestamp, Weight};

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

type Account = (Network, AuthorId);

/// Posts that wait for their author's profile, and replies that wait for such a post. Edits, deletes and account
/// events reach them here, so that nothing an author took back is ever written.
#[derive(Debug, Default)]
pub struct Hold {
    authors: HashMap<Account, HeldAuthor>,
    ids: HashMap<PostId, Account>,
    /// Replies whose parent or root is held, to be taken again when that one is decided.
    replies: HashMap<PostId, Vec<Parked>>,
    parked: usize,
    /// What all of it weighs.
    bytes: usize,
}

/// A reply that waits, as it was observed.
#[derive(Debug)]
pub struct Parked {
    pub ticket: Ticket,
    pub network: Network,
    pub post: Box<RawPost>,
    pub sent_at: Option<Timestamp>,
}

/// Most posts and replies held, and what they may weigh: as much as some 3,000 ordinary ones. At either bound the pipeline
/// stops reading and the sources' state says `waiting_for_profiles`.
const HELD_MAX: usize = 5_000;
const HELD_BYTES_MAX: usize = 4 << 20;

impl Weight for Held {
    fn owned(&self) -> usize {
        self.post.owned() + self.tickets.capacity() * size_of::<Ticket>()
    }
}

impl Weight for Parked {
    fn owned(&self) -> usize {
        self.post.owned()
    }
}

impl Hold {
    pub fn has_room(&self) -> bool {
        // An author is asked for until the answer comes, also when what waited for it is gone.
        self.len().max(self.authors.len()) < HELD_MAX && self.bytes < HELD_BYTES_MAX
    }

    pub fn contains(&self, id: PostId) -> bool {
        self.ids.contains_key(&id)
    }

    pub fn author_of(&self, id: PostId) -> Option<&AuthorId> {
        self.ids.get(&id).map(|(_, author)| author)
    }

    pub fn len(&self) -> usize {
        self.ids.len() + self.parked
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Holds a post, replacing an earlier version of it. Returns whether its author must now be asked for. The ticket
    /// comes back when another author's post is held under that id.
    pub fn put(&mut self, post: Post, ticket: Ticket) -> Result<bool, Ticket> {
        let author = (post.network, post.author.clone());
        if self.ids.get(&post.id).is_some_and(|other| *other != author) {
            return Err(ticket);
        }
        let is_new_author = !self.authors.contains_key(&author);
        let held = self.authors.entry(author.clone()).or_default();
        match held.posts.iter_mut().find(|held| held.post.id == post.id) {
            Some(earlier) => {
                self.bytes -= earlier.weight();
                if earlier.post.revision <= post.revision {
                    *earlier.post = post;
                }
                earlier.tickets.push(ticket);
                self.bytes += earlier.weight();
            }
            None => {
                self.ids.insert(post.id, author);
                let new = Held { post: Box::new(post), tickets: vec![ticket] };
                self.bytes += new.weight();
                held.posts.push(new);
            }
        }
        Ok(is_new_author)
    }

    /// Parks a reply behind a held post.
    pub fn park(&mut self, behind: PostId, parked: Parked) {
        self.parked += 1;
        self.bytes += parked.weight();
        self.replies.entry(behind).or_default().push(parked);
    }

    /// Keeps an author's record beside what waits of them. Of one of whom nothing waits it keeps nothing.
    pub fn profile_record(&mut self, record: &AuthorProfile) {
        if let Some(held) = self.authors.get_mut(&(record.network, record.id.clone())) {
            self.bytes -= held.profile.owned();
            held.profile = Some(Box::new(record.clone()));
            self.bytes += held.profile.owned();
        }
    }

    /// Takes one post out, with the replies parked behind it: its author deleted it.
    pub fn take_post(&mut self, id: PostId) -> Option<Held> {
        let held = self.authors.get_mut(&self.ids.remove(&id)?)?;
        let at = held.posts.iter().position(|held| held.post.id == id)?;
        let taken = held.posts.remove(at);
        self.bytes -= taken.weight();
        Some(taken)
    }

    /// Takes everything of an author out: the profile is known, or never will be.
    pub fn take_author(&mut self, network: Network, author: &AuthorId) -> HeldAuthor {
        let held = self.authors.remove(&(network, author.clone())).unwrap_or_default();
        for post in &held.posts {
            self.ids.remove(&post.post.id);
            self.bytes -= post.weight();
        }
        self.bytes -= held.profile.owned();
        held
    }

    /// Takes a parked reply out, in every version: its author deleted it. `by`: only where it is theirs.
    pub fn take_parked(&mut self, network: Network, native_id: &NativeId, by: Option<&AuthorId>) -> Vec<Parked> {
        if self.parked == 0 {
            return Vec::new();
        }
        let is_meant = |parked: &mut Parked| {
            let post = &parked.post;
            parked.network == network && post.native_id == *native_id && by.is_none_or(|by| *by == post.author)
        };
        let taken: Vec<Parked> =
            self.replies.values_mut().flat_map(|replies| replies.extract_if(.., is_meant)).collect();
        self.unpark(&taken);
        taken
    }

    /// The replies parked behind a post that has been decided, in order of arrival.
    pub fn take_replies(&mut self, behind: PostId) -> Vec<Parked> {
        let replies = self.replies.remove(&behind).unwrap_or_default();
        self.unpark(&replies);
        replies
    }

    fn unpark(&mut self, taken: &[Parked]) {
        self.parked -= taken.len();
        self.bytes -= taken.iter().map(Weight::weight).sum::<usize>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Checkpoint, IdKey, SourceId};
    use crate::intake::Watermarks;

    fn raw(author: &str, native_id: &str, text: &str) -> Box<RawPost> {
        let now = Timestamp::from_micros(0);
        Box::new(RawPost::bare(AuthorId::new(author), NativeId::new(native_id), text, now))
    }

    fn post(author: &str, native_id: &str, text: &str) -> Post {
        let now = Timestamp::from_micros(0);
        let id = PostId::derive(&IdKey::new([7; 32]), Network::Bluesky, &NativeId::new(native_id));
        crate::normalize::normalize(raw(author, native_id, text), Network::Bluesky, None, now).unwrap().complete(id)
    }

    fn parked(native_id: &str, text: &str, ticket: Ticket) -> Parked {
        Parked { ticket, network: Network::Bluesky, post: raw("zoe", native_id, text), sent_at: None }
    }

    struct Tickets(Watermarks);

    impl Tickets {
        fn take(&mut self) -> Ticket {
            self.0.start(&SourceId::new("bluesky"), Some(Checkpoint::new("1")))
        }
    }

    #[test]
    fn h2_what_waits_is_bounded_by_its_bytes_and_leaves_none_behind() {
        let mut tickets = Tickets(Watermarks::default());
        let (ana, zoe) = (AuthorId::new("ana"), AuthorId::new("zoe"));
        let long = "x".repeat(9_000);
        let mut hold = Hold::default();
        let mut held = 0;
        while hold.has_room() {
            held += 1;
            let text = format!("{long}{held}");
            hold.put(post("ana", &format!("a{held}"), &text), tickets.take()).unwrap();
            hold.park(post("ana", "a1", &long).id, parked(&format!("z{held}"), &text, tickets.take()));
        }
        assert!((150..=HELD_BYTES_MAX / 18_000).contains(&held), "{held}");

        let record = AuthorProfile { bio: long.clone(), ..AuthorProfile::assumed(ana.clone(), Network::Bluesky) };
        (0..2).for_each(|_| hold.profile_record(&record));
        hold.put(post("ana", "a2", "corrigé"), tickets.take()).unwrap();
        assert_eq!(hold.take_post(post("ana", "a3", &long).id).unwrap().tickets.len(), 1);
        assert_eq!(hold.take_parked(Network::Bluesky, &NativeId::new("z4"), None).len(), 1);
        assert_eq!(hold.take_author(Network::Bluesky, &zoe).posts.len(), 0);
        assert_eq!(hold.take_author(Network::Bluesky, &ana).posts.len(), held - 1);
        assert_eq!(hold.take_replies(post("ana", "a1", &long).id).len(), held - 1);
        assert_eq!((hold.bytes, hold.len(), hold.has_room()), (0, 0, true));
    }

    #[test]
    fn h2_authors_of_posts_that_are_gone_again_are_still_bounded() {
        let mut tickets = Tickets(Watermarks::default());
        let mut hold = Hold::default();
        for number in 0..HELD_MAX {
            assert!(hold.has_room(), "{number}");
            let new = post(&format!("author{number}"), &format!("a{number}"), "x");
            let id = new.id;
            assert!(hold.put(new, tickets.take()).unwrap());
            hold.take_post(id).unwrap();
        }
        assert!(!hold.has_room());
    }

    #[test]
    fn nobody_takes_the_place_of_another_authors_post() {
        let mut tickets = Tickets(Watermarks::default());
        let mut hold = Hold::default();
        hold.put(post("ana", "a", "vrai"), tickets.take()).unwrap();
        assert!(hold.put(post("zoe", "a", "faux"), tickets.take()).is_err());
        assert_eq!(hold.take_post(post("ana", "a", "x").id).map(|held| held.post.text), Some("vrai".to_owned()));
    }
}
