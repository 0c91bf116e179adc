use std::collections::HashSet;
use std::sync::Arc;

use geo::Intersects;
use tokio::sync::mpsc;

use crate::app::drive::Control;
use crate::crash::{self, Point};
use crate::domain::{Change, City, CoarseLocation, KnownPost, ListedAs, Post, PostId, Rule, StoreError};
use crate::matcher::{CitySet, ListedAccounts, MatchContext};
use crate::store::{Store, StoredPost};

const PAGE: usize = 200;

/// One city's recipe, asked about its stored posts.
pub(super) struct Rematch {
    city: Arc<City>,
    /// This city alone, so that another's `exclude` is not taken for its own.
    alone: CitySet,
    listed: ListedAccounts,
    /// Whether it is known of every listed account whose it is.
    knows_all: bool,
}

enum Fate {
    Stays,
    Goes,
    /// A reply: goes when the post it answers does.
    GoesWith(PostId),
}

impl Rematch {
    pub fn new(city: &Arc<City>, listed: ListedAccounts, knows_all: bool) -> Self {
        Self { city: city.clone(), alone: CitySet::compile([city.clone()]), listed, knows_all }
    }

    /// Takes out what a changed recipe no longer asks for. Posts of the recipe that is in force are left alone.
    pub async fn run(&self, store: &Store, control: &mpsc::Sender<Control>) -> Result<(), StoreError> {
        let city = &self.city.id;
        let mut after = None;
        let (mut gone, mut replies): (HashSet<PostId>, Vec<(PostId, PostId)>) = Default::default();
        loop {
            let page = store.posts_of_city(city, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.post.id);
            for stored in page.iter().filter(|stored| stored.placement.recipe != self.city.recipe_hash) {
                match self.fate(stored) {
                    Fate::Stays => {}
                    Fate::Goes => _ = gone.insert(stored.post.id),
                    Fate::GoesWith(thread) => replies.push((stored.post.id, thread)),
                }
            }
        }
        gone.extend(
            replies.into_iter().filter(|(_, thread)| gone.contains(thread)).map(|(id, _)| id).collect::<Vec<_>>(),
        );
        let changes: Vec<Change> = gone.into_iter().map(|post| Change::Unplace { post, city: city.clone() }).collect();
        for changes in changes.chunks(PAGE) {
            crash::point(Point::RematchStep);
            if control.send(Control::Changes(changes.to_vec())).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    fn fate(&self, stored: &StoredPost) -> Fate {
        if self.excludes(&stored.post) {
            return Fate::Goes;
        }
        let found = self.alone.matches(&stored.post, &MatchContext { listed: &self.listed, thread: None }).found;
        // What was shown and would now wait for a moderator is not asked for either.
        let is_asked_for = found.iter().any(|found| !found.ambiguous || stored.placement.tier.is_none());
        let reasons = &stored.placement.reasons;
        let has = |rule| reasons.iter().any(|reason| reason.rule == rule);
        // What a point admitted can't be asked again, for the exact point was not kept. It lay in its cell though: where
        // all of that is outside of what is drawn now, so was the point.
        let around = self.city.around.as_ref().and_then(|around| around.boundary.as_ref());
        let mut outlines = self.city.boundary.iter().chain(around);
        let by_point = match stored.placement.location.map(CoarseLocation::cell) {
            Some(cell) => (has(Rule::Geotag) || has(Rule::Around)) && outlines.any(|outline| outline.intersects(&cell)),
            None => has(Rule::Geotag) && outlines.next().is_some(),
        };
        // Nor what the listing of an account did, while its network does not say whose it is.
        let by_account = !self.knows_all && (has(Rule::Account) || has(Rule::Ambiguous));
        if is_asked_for || by_point || by_account {
            return Fate::Stays;
        }
        let thread = reasons.iter().find(|reason| reason.rule == Rule::Thread);
        thread.and_then(|reason| PostId::parse(&reason.value)).map_or(Fate::Goes, Fate::GoesWith)
    }

    /// Whether `exclude` refuses a post, whatever admits it: asked as if its author were listed and its thread shown.
    fn excludes(&self, post: &Post) -> bool {
        let city = &self.city.id;
        let mut listed = ListedAccounts::default();
        listed.insert(post.network, post.author.clone(), city.clone(), ListedAs { name: String::new(), body: None });
        let thread = KnownPost { id: post.id, thread: post.id, cities: vec![city.clone()], queued: Vec::new() };
        self.alone.matches(post, &MatchContext { listed: &listed, thread: Some(&thread) }).found.is_empty()
    }
}
