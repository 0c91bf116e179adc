use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::assembly::is_dated_tag;
use super::phrase_index::PhraseIndex;
use super::terms::{TagTerms, as_written, phrases};
use crate::domain::{
    City, FoldedWords, Lane, ListedAs, Match, Network, OfficialKind, Post, PostId, Reason, Rule, Schedule, Zone,
    ZoneHit, fold_tag, fold_words,
};

/// Reasons shown on a card; further ones are left out.
pub const REASONS_MAX: usize = 8;

/// One city's recipe, folded and indexed.
pub(super) struct CompiledCity {
    pub city: Arc<City>,
    pub invite: TagTerms,
    pub hashtags: TagTerms,
    pub all_of: Vec<AllOf>,
    pub ambiguous_tags: TagTerms,
    pub around_tags: TagTerms,
    words: PhraseIndex<String>,
    ambiguous_words: PhraseIndex<String>,
    local_tags: TagTerms,
    local_words: PhraseIndex<String>,
    exclude_tags: TagTerms,
    exclude_words: PhraseIndex<String>,
    assembly: TagTerms,
    /// Zone names and the names of places in them, with the zone's number.
    places: PhraseIndex<usize>,
    pub word_networks: Vec<Network>,
}

/// Tags that count only together.
pub(super) struct AllOf {
    pub keys: Vec<String>,
    written: String,
}

/// A post as all cities look at it: what each of them would have to work out again.
pub(super) struct Facts<'a> {
    pub post: &'a Post,
    words: OnceCell<FoldedWords>,
    /// An assembly tag whatever the city says.
    dated: bool,
}

/// What is known of a post in one city before its recipe is asked.
#[derive(Default)]
pub(super) struct Here<'a> {
    pub in_city: bool,
    pub in_around: bool,
    /// Numbers of the zones that hold the post's point, in the city's order.
    pub in_zones: Vec<usize>,
    pub listed: Option<&'a ListedAs>,
    /// The thread that the post answers in and that this city shows.
    pub thread: Option<PostId>,
}

pub(super) enum Verdict {
    Unmatched,
    /// Something admits it, and `exclude` refuses it.
    Excluded,
    Matched(Match),
}

impl<'a> Facts<'a> {
    pub fn new(post: &'a Post) -> Self {
        let dated = post.tags.iter().any(|tag| is_dated_tag(&tag.key));
        Self { post, words: OnceCell::new(), dated }
    }

    /// The folded words of the text, worked out when first asked for: most posts concern nobody.
    pub fn words(&self) -> &FoldedWords {
        self.words.get_or_init(|| FoldedWords::new(&self.post.text))
    }

    fn tags_among<'t>(&self, terms: &'t TagTerms) -> impl Iterator<Item = &'t String> {
        self.post.tags.iter().filter_map(|tag| terms.get(&tag.key))
    }
}

impl CompiledCity {
    pub fn new(city: Arc<City>) -> Self {
        let recipe = &city.recipe;
        let around = city.around.iter();
        let zone_names = city.zones.iter().flat_map(|zone| std::iter::once(&zone.name).chain(&zone.places));
        let local = || recipe.context.iter().chain(zone_names.clone()).chain(around.clone().map(|around| &around.name));
        let mut places = PhraseIndex::default();
        for (number, zone) in city.zones.iter().enumerate() {
            for name in std::iter::once(&zone.name).chain(&zone.places) {
                places.insert(&fold_words(name), number);
            }
        }
        let all_of = recipe.all_of.iter().filter_map(|group| {
            let keys: BTreeSet<String> = group.iter().map(|tag| fold_tag(tag)).filter(|key| !key.is_empty()).collect();
            let written = group.iter().map(|tag| as_written(tag)).collect::<Vec<_>>().join("+");
            // A group without a tag would be fulfilled by every post.
            (!keys.is_empty()).then(|| AllOf { keys: keys.into_iter().collect(), written })
        });
        let word_networks =
            if recipe.word_networks.is_empty() { vec![Network::Bluesky] } else { recipe.word_networks.clone() };
        Self {
            invite: TagTerms::new(&recipe.invite),
            hashtags: TagTerms::new(&recipe.hashtags),
            all_of: all_of.collect(),
            ambiguous_tags: TagTerms::new(&recipe.ambiguous),
            around_tags: TagTerms::new(around.clone().flat_map(|around| &around.hashtags)),
            words: phrases(&recipe.words),
            ambiguous_words: phrases(&recipe.ambiguous),
            local_tags: TagTerms::new(local()),
            local_words: phrases(local()),
            exclude_tags: TagTerms::new(&recipe.exclude_hashtags),
            exclude_words: phrases(&recipe.exclude_words),
            assembly: TagTerms::new(&recipe.assembly),
            places,
            word_networks,
            city,
        }
    }

    /// Asks the recipe about one post.
    pub fn judge(&self, facts: &Facts<'_>, here: &Here<'_>) -> Verdict {
        let assembly = facts.dated || facts.post.tags.iter().any(|tag| self.assembly.contains(&tag.key));
        let zone_of_point = if assembly { None } else { self.zone_of_point(here) };
        let mut reasons = self.unambiguous(facts, here, zone_of_point);
        let mut ambiguous = false;
        let mut lane = Lane::People;

        let (settled, open) = self.ambiguous_terms(facts, here, zone_of_point);
        reasons.extend(settled);
        if reasons.is_empty() {
            reasons = self.around(facts, here);
            if reasons.is_empty() {
                reasons = open;
                ambiguous = true;
            } else {
                lane = Lane::Around;
            }
        }
        if reasons.is_empty() {
            return Verdict::Unmatched;
        }
        if self.excludes(facts) {
            return Verdict::Excluded;
        }

        reasons.sort_unstable();
        reasons.dedup();
        reasons.truncate(REASONS_MAX);
        let only_thread = reasons.iter().all(|reason| reason.rule == Rule::Thread);
        let zone = match zone_of_point {
            Some(zone) => Some(ZoneHit { name: zone.name.clone(), from_text: false }),
            None if assembly || lane == Lane::Around => None,
            None => self.zone_of_text(facts),
        };
        if lane == Lane::People && !only_thread {
            lane = lane_of(&self.city, here.listed, &facts.post.schedule);
        }
        Verdict::Matched(Match {
            city: Arc::clone(&self.city),
            reasons,
            ambiguous,
            zone,
            located: here.in_city || here.in_around || !here.in_zones.is_empty(),
            assembly,
            lane,
            thread: here.thread.filter(|_| only_thread),
            listed: here.listed.cloned(),
        })
    }

    /// Everything that a text of these words may concern this city by, for the index of all cities.
    pub fn index_words(&self, mut insert: impl FnMut(&[String])) {
        for term in self.city.recipe.words.iter().chain(&self.city.recipe.ambiguous) {
            insert(&fold_words(term));
        }
    }

    pub fn takes_words(&self) -> bool {
        !self.city.recipe.words.is_empty() || !self.city.recipe.ambiguous.is_empty()
    }

    fn unambiguous(&self, facts: &Facts<'_>, here: &Here<'_>, zone_of_point: Option<&Zone>) -> Vec<Reason> {
        let post = facts.post;
        let mut reasons: Vec<Reason> = Vec::new();
        let mut admit = |rule, value: &str| reasons.push(Reason { rule, value: value.to_owned() });
        for tag in facts.tags_among(&self.invite) {
            admit(Rule::Invite, tag);
        }
        for tag in facts.tags_among(&self.hashtags) {
            admit(Rule::Hashtag, tag);
        }
        if self.words_count(post) {
            for hit in self.words.hits(facts.words()) {
                admit(Rule::Word, hit.value);
            }
        }
        for group in &self.all_of {
            if group.keys.iter().all(|key| post.tags.iter().any(|tag| tag.key == *key)) {
                admit(Rule::AllOf, &group.written);
            }
        }
        if here.in_city {
            admit(Rule::Geotag, zone_of_point.map_or(&self.city.name, |zone| &zone.name));
        }
        if let (Some(listed), None) = (here.listed, &post.reply) {
            admit(Rule::Account, &listed.name);
        }
        if let Some(thread) = here.thread {
            admit(Rule::Thread, &thread.token());
        }
        reasons
    }

    /// The ambiguous terms of a post: those that something local stands beside, and those that wait for a moderator.
    fn ambiguous_terms(
        &self,
        facts: &Facts<'_>,
        here: &Here<'_>,
        zone_of_point: Option<&Zone>,
    ) -> (Vec<Reason>, Vec<Reason>) {
        let mut terms: BTreeSet<&String> = facts.tags_among(&self.ambiguous_tags).collect();
        if self.words_count(facts.post) {
            terms.extend(self.ambiguous_words.hits(facts.words()).map(|hit| hit.value));
        }
        let (mut settled, mut open) = (Vec::new(), Vec::new());
        if terms.is_empty() {
            return (settled, open);
        }
        let tags = facts.tags_among(&self.local_tags);
        let local: BTreeSet<&String> = tags.chain(self.local_words.hits(facts.words()).map(|hit| hit.value)).collect();
        for term in terms {
            // A term does not vouch for itself.
            let key = fold_tag(term);
            let beside = local.iter().find(|local| fold_tag(local) != key).map(|local| local.as_str());
            let beside = beside
                .or_else(|| here.in_city.then(|| zone_of_point.map_or(&self.city.name, |zone| &zone.name).as_str()))
                .or_else(|| here.listed.map(|listed| listed.name.as_str()));
            match beside {
                Some(beside) => settled.push(Reason { rule: Rule::Ambiguous, value: format!("{term} + {beside}") }),
                None => open.push(Reason { rule: Rule::Ambiguous, value: term.clone() }),
            }
        }
        (settled, open)
    }

    fn around(&self, facts: &Facts<'_>, here: &Here<'_>) -> Vec<Reason> {
        let reason = |value: &String| Reason { rule: Rule::Around, value: value.clone() };
        let place = self.city.around.iter().filter(|_| here.in_around).map(|around| &around.name);
        facts.tags_among(&self.around_tags).chain(place).map(reason).collect()
    }

    fn excludes(&self, facts: &Facts<'_>) -> bool {
        facts.tags_among(&self.exclude_tags).next().is_some()
            || (!self.exclude_words.is_empty() && self.exclude_words.hits(facts.words()).next().is_some())
    }

    /// Whether words may admit this post: a network where that is the custom, no reply, a language of the city.
    fn words_count(&self, post: &Post) -> bool {
        self.word_networks.contains(&post.network)
            && post.reply.is_none()
            && post.languages.iter().any(|language| self.city.languages.contains(language))
    }

    /// The first zone that holds the point. One smaller than a privacy cell is for listed accounts only.
    fn zone_of_point(&self, here: &Here<'_>) -> Option<&Zone> {
        let mut zones = here.in_zones.iter().filter_map(|number| self.city.zones.get(*number));
        zones.find(|zone| here.listed.is_some() || !zone.below_cell)
    }

    /// The one zone that the text names, by its own name or a place's. A name inside a longer one is not that name
    /// (`Nantes` in `Île de Nantes`); a text that names two zones gives none.
    fn zone_of_text(&self, facts: &Facts<'_>) -> Option<ZoneHit> {
        if self.places.is_empty() {
            return None;
        }
        let hits: Vec<_> = self.places.hits(facts.words()).collect();
        let within_longer = |start: usize, length: usize| {
            let end = start.saturating_add(length);
            hits.iter().any(|other| {
                length < other.length && other.start <= start && end <= other.start.saturating_add(other.length)
            })
        };
        let outermost = hits.iter().filter(|hit| !within_longer(hit.start, hit.length));
        let mut named = outermost.filter_map(|hit| self.city.zones.get(*hit.value)).map(|zone| &zone.name);
        let first = named.next()?;
        named.all(|other| other == first).then(|| ZoneHit { name: first.clone(), from_text: true })
    }
}

/// Where a post stands that is no neighbour's. A feed, or whatever a city lists with a lane, stands where the city says;
/// what has a beginning is an event, whoever announces it. Public bodies have the practical lane, and the press has one
/// too; elected persons and associations speak as people do (L-72).
pub fn lane_of(city: &City, listed: Option<&ListedAs>, schedule: &Schedule) -> Lane {
    if let Some(lane) = listed.and_then(|listed| listed.lane.clone()) {
        return lane;
    }
    if schedule.starts_at.is_some() {
        return Lane::Agenda;
    }
    let body = listed.and_then(|listed| listed.body.as_ref());
    let official = body.and_then(|body| city.officials.iter().find(|official| official.name == *body));
    match official.map(|official| official.kind) {
        Some(OfficialKind::Press) => Lane::Press,
        Some(OfficialKind::Institution | OfficialKind::Service) => Lane::Info,
        Some(OfficialKind::Elected | OfficialKind::Association) | None => Lane::People,
    }
}
