use std::collections::HashSet;
use std::sync::Arc;

use geo::Intersects;
use tokio::sync::mpsc;

use crate::app::drive::Control;
use crate::consent::{self, Policy};
use crate::crash::{self, Point};
use crate::domain::{
    AccountStatus, AuthorProfile, Change, City, CoarseLocation, KnownPost, Lane, ListedAs, Match, Placement, Post,
    PostId, Reason, RefuseReason, Rule, StoreError,
};
use crate::matcher::{CitySet, ListedAccounts, MatchContext, REASONS_MAX, lane_of};
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
    policy: Policy,
}

/// What a post that stays is now, if it is something else.
type Replaced = Option<Box<Placement>>;

enum Fate {
    Stays(Replaced),
    Goes,
    /// A reply: goes when the post it answers does.
    GoesWith(PostId, Replaced),
}

impl Rematch {
    pub fn new(city: &Arc<City>, listed: ListedAccounts, knows_all: bool, policy: Policy) -> Self {
        Self { city: city.clone(), alone: CitySet::compile([city.clone()]), listed, knows_all, policy }
    }

    /// Takes out what a changed recipe no longer asks for, and gives what stays the tier, badge and lane that it has now.
    /// Posts of the recipe that is in force are left alone.
    pub async fn run(&self, store: &Store, control: &mpsc::Sender<Control>) -> Result<(), StoreError> {
        let city = &self.city.id;
        let mut after = None;
        let (mut gone, mut replies): (HashSet<PostId>, Vec<(PostId, PostId, Replaced)>) = Default::default();
        let replace = |post, replaced: Replaced| replaced.map(|placement| Change::Replace { post, placement });
        loop {
            let page = store.posts_of_city(city, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.post.id);
            let mut changes = Vec::new();
            for stored in page.iter().filter(|stored| stored.placement.recipe != self.city.recipe_hash) {
                match self.fate(stored) {
                    Fate::Stays(replaced) => changes.extend(replace(stored.post.id, replaced)),
                    Fate::Goes => _ = gone.insert(stored.post.id),
                    Fate::GoesWith(thread, replaced) => replies.push((stored.post.id, thread, replaced)),
                }
            }
            tell(control, &changes).await;
        }
        let (go_along, stay): (Vec<_>, Vec<_>) = replies.into_iter().partition(|(_, thread, _)| gone.contains(thread));
        gone.extend(go_along.into_iter().map(|(id, ..)| id));
        let mut changes: Vec<Change> =
            gone.into_iter().map(|post| Change::Unplace { post, city: city.clone() }).collect();
        changes.extend(stay.into_iter().filter_map(|(id, _, replaced)| replace(id, replaced)));
        tell(control, &changes).await;
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
        let stays = is_asked_for || by_point || by_account;
        let thread = reasons.iter().find(|reason| reason.rule == Rule::Thread);
        let thread = thread.and_then(|reason| PostId::parse(&reason.value));
        match (self.replaced(stored, &found, by_point), thread) {
            (Err(_), _) => Fate::Goes,
            (Ok(replaced), _) if stays => Fate::Stays(replaced),
            (Ok(replaced), Some(thread)) => Fate::GoesWith(thread, replaced),
            (Ok(_), None) => Fate::Goes,
        }
    }

    /// What a post that stays is by this recipe, if that is another tier, badge or lane; or why it may not be shown. The
    /// reasons that can't be asked again stand. Queued posts wait as they are, and all do while it is not known who is
    /// listed: it is done again then.
    fn replaced(&self, stored: &StoredPost, found: &[Match], by_point: bool) -> Result<Replaced, RefuseReason> {
        let StoredPost { post, author, placement: old, received_at } = stored;
        if !self.knows_all || old.tier.is_none() {
            return Ok(None);
        }
        let stands = |reason: &&Reason| match reason.rule {
            Rule::Thread => true,
            Rule::Geotag | Rule::Around => by_point,
            _ => false,
        };
        let sound = found.iter().filter(|found| !found.ambiguous).flat_map(|found| &found.reasons);
        let mut reasons: Vec<Reason> = sound.chain(old.reasons.iter().filter(stands)).cloned().collect();
        reasons.sort_unstable();
        reasons.dedup();
        reasons.truncate(REASONS_MAX);
        let only = |rule| reasons.iter().all(|reason| reason.rule == rule);
        let mut listings = self.listed.of(post.network, &post.author).filter(|(city, _)| **city == self.city.id);
        let listed = listings.next().map(|(_, listed)| listed.clone());
        let lane = match (only(Rule::Around), only(Rule::Thread)) {
            // Nothing that speaks for it can be asked again: it goes, or waits for what it hangs on.
            (true, true) => return Ok(None),
            (true, false) => Lane::Around,
            (false, true) => Lane::People,
            (false, false) => lane_of(&self.city, listed.as_ref(), &post.schedule),
        };
        let matched = Match {
            city: self.city.clone(),
            reasons,
            ambiguous: false,
            zone: None,
            located: false,
            assembly: false,
            lane,
            thread: None,
            listed,
        };
        // Whose account is away is decided on as if it were back (L-11), and labels as when it came.
        let author = AuthorProfile { status: AccountStatus::Active, ..author.clone() };
        let new = consent::decide(self.policy, post, &author, &matched, false, *received_at)?;
        let Placement { tier, reasons, recipe, lane, expires_at, official, .. } = new;
        let is_same = (tier, &lane, &official) == (old.tier, &old.lane, &old.official);
        let new = Placement { tier, reasons, recipe, lane, expires_at, official, ..old.clone() };
        Ok((!is_same).then(|| Box::new(new)))
    }

    /// Whether `exclude` refuses a post, whatever admits it: asked as if its author were listed and its thread shown.
    fn excludes(&self, post: &Post) -> bool {
        let city = &self.city.id;
        let mut listed = ListedAccounts::default();
        let anybody = ListedAs { name: String::new(), body: None, lane: None };
        listed.insert(post.network, post.author.clone(), city.clone(), anybody);
        let thread = KnownPost { id: post.id, thread: post.id, cities: vec![city.clone()], queued: Vec::new() };
        self.alone.matches(post, &MatchContext { listed: &listed, thread: Some(&thread) }).found.is_empty()
    }
}

async fn tell(control: &mpsc::Sender<Control>, changes: &[Change]) {
    for changes in changes.chunks(PAGE) {
        crash::point(Point::RematchStep);
        if control.send(Control::Changes(changes.to_vec())).await.is_err() {
            break;
        }
    }
}
