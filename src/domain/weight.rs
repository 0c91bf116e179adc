use super::{
    Addressed, AuthorId, AuthorProfile, Change, Checkpoint, Event, Facet, Hashtag, Label, Lane, Media, NativeId,
    Observation, Placement, Post, RawFacet, RawPlace, RawPost, Reason, Reply,
};

/// How much memory a value takes. Where posts wait, their bytes are bounded beside their number: the largest is a
/// thousand times as large as most.
pub trait Weight {
    /// Bytes that it owns beside itself. Shared ones are not counted.
    fn owned(&self) -> usize;

    /// Bytes in all.
    fn weight(&self) -> usize
    where
        Self: Sized,
    {
        size_of::<Self>() + self.owned()
    }
}

/// What the allocator needs for each piece of memory beside its bytes, about.
const PIECE: usize = 16;

impl Weight for String {
    fn owned(&self) -> usize {
        if self.capacity() == 0 { 0 } else { self.capacity() + PIECE }
    }
}

impl<T: Weight> Weight for Vec<T> {
    fn owned(&self) -> usize {
        let own = if self.capacity() == 0 { 0 } else { self.capacity() * size_of::<T>() + PIECE };
        own + self.iter().map(Weight::owned).sum::<usize>()
    }
}

impl<T: Weight> Weight for Box<T> {
    fn owned(&self) -> usize {
        self.as_ref().weight() + PIECE
    }
}

impl<T: Weight> Weight for Option<T> {
    fn owned(&self) -> usize {
        self.as_ref().map_or(0, Weight::owned)
    }
}

macro_rules! weighed_ids {
    ($($name:ident)*) => {$(
        impl Weight for $name {
            fn owned(&self) -> usize {
                self.as_str().len() + PIECE
            }
        }
    )*};
}

weighed_ids! { NativeId AuthorId Checkpoint }

/// Weighs what a struct owns. Every field is named, so that a new one is not forgotten: those before the bar own
/// something, those behind it nothing, or what is shared.
macro_rules! weighed {
    ($($name:ident { $($owns:ident),* | $($flat:ident),* })*) => {$(
        impl Weight for $name {
            fn owned(&self) -> usize {
                let Self { $($owns,)* $($flat: _,)* } = self;
                0 $(+ $owns.owned())*
            }
        }
    )*};
}

weighed! {
    Hashtag { display, key | }
    Facet { value | start, end, kind }
    RawFacet { value | start, end, kind }
    Media { url, alt | kind }
    Reply { parent, root | }
    Label { value | negated, expires_at }
    RawPlace { name | lon_lat, origin }
    Reason { value | rule }
    RawPost {
        native_id, author, profile, url, text, facets, languages, revision, tags, media, reply, place, labels,
        copy_of, addressed |
        created_at, edited, schedule, visibility, automated
    }
    Post {
        native_id, author, url, text, facets, languages, revision, tags, media, reply, place_name, labels, copy_of,
        addressed |
        id, network, created_at, edited_at, date_corrected, point, schedule, automated, unlisted
    }
    AuthorProfile {
        id, handle, name, bio, labels |
        network, discoverable, indexable, noindex, locked, automated, status, checked_at
    }
    Placement {
        reasons, recipe, zone, lane, official |
        city, tier, zone_from_text, location, expires_at, thread, reply_to, assembly
    }
    Observation { event, checkpoint | source, network, sent_at }
    Addressed { | city, form, expires_at }
}

impl Weight for Lane {
    fn owned(&self) -> usize {
        match self {
            Self::Event(slug) => slug.owned(),
            Self::People | Self::Info | Self::Press | Self::Agenda | Self::Around => 0,
        }
    }
}

impl Weight for Event {
    fn owned(&self) -> usize {
        match self {
            Self::Post(post) => post.owned(),
            Self::Profile(profile) => profile.owned(),
            Self::Delete { native_id } => native_id.owned(),
            Self::Retract { author, native_ids } => author.owned() + native_ids.owned(),
            Self::Account { author, status: _ } => author.owned(),
            Self::Handle { author } => author.owned(),
            Self::Withdrawn { .. } | Self::Gap(_) | Self::Other | Self::Unreadable(_) => 0,
        }
    }
}

impl Weight for Change {
    fn owned(&self) -> usize {
        match self {
            Self::Upsert { post, author, placements, mentions, received_at: _ } => {
                post.owned() + author.owned() + placements.owned() + mentions.owned()
            }
            Self::Author { profile, .. } => profile.owned(),
            Self::Delete { native_id, by, .. } => native_id.owned() + by.owned(),
            Self::Replace { placement, .. } => placement.owned(),
            Self::Leave { author, .. } => author.owned(),
            Self::Answered { answer, .. } => answer.url.owned(),
            // Bounded, and nothing that comes from a network.
            Self::Desk { .. } | Self::Decide { .. } | Self::Lift { .. } => 0,
            Self::Checked { .. }
            | Self::Hide { .. }
            | Self::Erase { .. }
            | Self::OriginRefused { .. }
            | Self::Unplace { .. }
            | Self::Unmention { .. }
            | Self::Point { .. }
            | Self::Gap { .. } => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Network;

    #[test]
    fn h2_what_is_long_or_many_weighs_as_much() {
        let profile = |bio: usize, labels: usize| AuthorProfile {
            bio: "x".repeat(bio),
            labels: (0..labels).map(|_| Label::plain("y".repeat(100))).collect(),
            ..AuthorProfile::assumed(AuthorId::new("a"), Network::Bluesky)
        };
        let bare = profile(0, 0).weight();
        assert!((size_of::<AuthorProfile>()..1_000).contains(&bare), "{bare}");
        let long = Event::Profile(Box::new(profile(100_000, 0))).weight() - bare;
        assert!((100_000..101_000).contains(&long), "{long}");
        let many = profile(0, 1_000).weight() - bare;
        assert!((1_000 * (100 + size_of::<Label>())..170_000).contains(&many), "{many}");
    }
}
