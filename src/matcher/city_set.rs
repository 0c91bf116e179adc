use std::collections::HashMap;
use std::sync::Arc;

use super::compiled::{CompiledCity, Facts, Here, Verdict};
use super::geofence::Geofence;
use super::hashtag_index::HashtagIndex;
use super::listed::ListedAccounts;
use super::phrase_index::PhraseIndex;
use crate::domain::{
    AuthorId, City, CityId, ExactPoint, FoldedWords, Hashtag, KnownPost, Match, Network, Post, PostId, RefuseReason,
};

/// All cities, compiled: an immutable snapshot.
pub struct CitySet {
    cities: Vec<Arc<City>>,
    by_id: HashMap<CityId, u32>,
    compiled: Vec<CompiledCity>,
    hashtags: HashtagIndex,
    words: PhraseIndex<u32>,
    /// Networks on which at least one city takes words.
    word_networks: Vec<Network>,
    /// The languages of the cities that take words.
    word_languages: Vec<String>,
    geofence: Geofence,
    /// What each outline of the geofence belongs to.
    owners: Vec<Owner>,
}

/// What the caller knows beside the post.
#[derive(Clone, Copy)]
pub struct MatchContext<'a> {
    pub listed: &'a ListedAccounts,
    /// The stored post that the post's parent or root is; looked at for replies only.
    pub thread: Option<&'a KnownPost>,
}

/// What tells whether a post may concern any city.
#[derive(Clone, Copy)]
pub struct Glimpse<'a> {
    pub network: Network,
    pub author: &'a AuthorId,
    pub text: &'a str,
    pub tags: &'a [Hashtag],
    /// `None`: not known yet.
    pub languages: Option<&'a [String]>,
    pub is_reply: bool,
    pub point: Option<ExactPoint>,
    /// Whom it addresses by their account.
    pub addressed: &'a [AuthorId],
}

/// What all cities say of one post.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matches {
    /// In the order of [`CitySet::cities`].
    pub found: Vec<Match>,
    /// At least one city would have it, were it not for `exclude`.
    pub excluded: bool,
    /// The cities whose desks it addresses, whatever their recipes say (S-50).
    pub addressed: Vec<CityId>,
}

impl Matches {
    /// Neither a page nor a desk is concerned.
    pub const fn is_nothing(&self) -> bool {
        self.found.is_empty() && self.addressed.is_empty()
    }

    /// Why a post that no city asks for is refused.
    pub const fn refusal(&self) -> RefuseReason {
        if self.excluded { RefuseReason::Excluded } else { RefuseReason::Unmatched }
    }
}

#[derive(Clone, Copy)]
struct Owner {
    city: u32,
    part: Part,
}

#[derive(Clone, Copy)]
enum Part {
    City,
    Zone(usize),
    Around,
}

impl CitySet {
    /// Compiles the cities in the order given. Of two with one slug the later is the one that is asked for by name.
    pub fn compile(cities: impl IntoIterator<Item = impl Into<Arc<City>>>) -> Self {
        let cities: Vec<Arc<City>> = cities.into_iter().map(Into::into).collect();
        let compiled: Vec<CompiledCity> = cities.iter().map(|city| CompiledCity::new(Arc::clone(city))).collect();
        let by_id = (0..).zip(&cities).map(|(number, city)| (city.id.clone(), number)).collect();
        let mut words = PhraseIndex::default();
        for (number, city) in (0..).zip(&compiled) {
            city.index_words(|phrase| words.insert(phrase, number));
        }
        let word_networks =
            Network::ALL.into_iter().filter(|network| compiled.iter().any(|city| city.word_networks.contains(network)));
        let mut word_languages: Vec<String> = compiled
            .iter()
            .filter(|city| city.takes_words())
            .flat_map(|city| &city.city.languages)
            .map(ToOwned::to_owned)
            .collect();
        word_languages.sort_unstable();
        word_languages.dedup();
        let (owners, outlines): (Vec<Owner>, Vec<_>) =
            (0..).zip(&cities).flat_map(|(number, city)| outlines(number, city)).unzip();
        Self {
            by_id,
            hashtags: index_hashtags(&compiled),
            words,
            word_networks: word_networks.collect(),
            word_languages,
            geofence: Geofence::build(outlines),
            owners,
            cities,
            compiled,
        }
    }

    pub fn cities(&self) -> &[Arc<City>] {
        &self.cities
    }

    pub fn city(&self, id: &CityId) -> Option<&Arc<City>> {
        self.cities.get(*self.by_id.get(id)? as usize)
    }

    /// Whether any city must be asked about a post. When not, [`CitySet::matches`] gives nothing, in whatever language
    /// the post turns out to be.
    pub fn may_concern(&self, glimpse: &Glimpse<'_>, context: &MatchContext<'_>) -> bool {
        let is_city = |id: &CityId| self.by_id.contains_key(id);
        let in_thread = || context.thread.is_some_and(|known| glimpse.is_reply && known.cities.iter().any(is_city));
        glimpse.tags.iter().any(|tag| !self.hashtags.cities(&tag.key).is_empty())
            || in_thread()
            || context.listed.of(glimpse.network, glimpse.author).any(|(id, _)| is_city(id))
            || !self.addressed(context.listed, glimpse.network, glimpse.author, glimpse.addressed).is_empty()
            || glimpse.point.is_some_and(|point| self.holders(point).next().is_some())
            || (self.words_may_count(glimpse.network, glimpse.is_reply, glimpse.languages)
                && self.words.hits(&FoldedWords::new(glimpse.text)).next().is_some())
    }

    /// Asks all cities about a post. Pure: the same post, context and snapshot give the same answer, so that "why is
    /// this here?" can be answered by asking again.
    pub fn matches(&self, post: &Post, context: &MatchContext<'_>) -> Matches {
        let facts = Facts::new(post);
        let mut heres: HashMap<u32, Here<'_>> = HashMap::new();
        self.look_at_place(post, &mut heres);
        for (id, listed) in context.listed.of(post.network, &post.author) {
            if let Some(&city) = self.by_id.get(id) {
                heres.entry(city).or_default().listed = Some(listed);
            }
        }
        if let Some(known) = context.thread.filter(|_| post.reply.is_some()) {
            self.look_at_thread(known.thread, &known.cities, &mut heres);
        }

        let mut candidates: Vec<u32> = heres.keys().copied().collect();
        for tag in &post.tags {
            candidates.extend(self.hashtags.cities(&tag.key));
        }
        if self.words_may_count(post.network, post.reply.is_some(), Some(&post.languages)) {
            candidates.extend(self.words.hits(facts.words()).map(|hit| *hit.value));
        }
        candidates.sort_unstable();
        candidates.dedup();

        let addressed = self.addressed(context.listed, post.network, &post.author, &post.addressed);
        let mut matches = Matches { addressed, ..Matches::default() };
        for candidate in candidates {
            let Some(city) = self.compiled.get(candidate as usize) else { continue };
            match city.judge(&facts, &heres.remove(&candidate).unwrap_or_default()) {
                Verdict::Unmatched => {}
                Verdict::Excluded => matches.excluded = true,
                Verdict::Matched(found) => matches.found.push(found),
            }
        }
        matches
    }

    /// Whether words may admit a post anywhere, asked again by each city: this spares the folding of most texts.
    fn words_may_count(&self, network: Network, is_reply: bool, languages: Option<&[String]>) -> bool {
        let is_spoken = |languages: &[String]| languages.iter().any(|one| self.word_languages.contains(one));
        !is_reply && self.word_networks.contains(&network) && languages.is_none_or(is_spoken)
    }

    fn holders(&self, point: ExactPoint) -> impl Iterator<Item = &Owner> {
        let mut holders = Vec::new();
        self.geofence.holders(point, &mut holders);
        holders.into_iter().filter_map(|holder| self.owners.get(holder as usize))
    }

    fn look_at_place(&self, post: &Post, heres: &mut HashMap<u32, Here<'_>>) {
        let Some((point, _)) = post.point else { return };
        for owner in self.holders(point) {
            let here = heres.entry(owner.city).or_default();
            match owner.part {
                Part::City => here.in_city = true,
                Part::Zone(number) => here.in_zones.push(number),
                Part::Around => here.in_around = true,
            }
        }
    }

    fn look_at_thread(&self, thread: PostId, cities: &[CityId], heres: &mut HashMap<u32, Here<'_>>) {
        for city in cities.iter().filter_map(|id| self.by_id.get(id)) {
            heres.entry(*city).or_default().thread = Some(thread);
        }
    }
}

fn outlines(number: u32, city: &City) -> impl Iterator<Item = (Owner, &geo::MultiPolygon<f64>)> {
    let zones = city.zones.iter().enumerate().map(|(zone, it)| (Part::Zone(zone), it.boundary.as_ref()));
    std::iter::once((Part::City, city.boundary.as_ref()))
        .chain(zones)
        .chain(std::iter::once((Part::Around, city.around.as_ref().and_then(|around| around.boundary.as_ref()))))
        .filter_map(move |(part, outline)| Some((Owner { city: number, part }, outline?)))
}

fn index_hashtags(cities: &[CompiledCity]) -> HashtagIndex {
    // A group that counts only together is indexed under the tag that the fewest groups hold: of a hundred cities
    // with a group `concert` + their own name, a post tagged `concert` then concerns none.
    let mut held: HashMap<&str, usize> = HashMap::new();
    for key in cities.iter().flat_map(|city| &city.all_of).flat_map(|group| &group.keys) {
        *held.entry(key).or_default() += 1;
    }
    let mut index = HashtagIndex::default();
    for (number, city) in (0..).zip(cities) {
        for terms in [&city.invite, &city.hashtags, &city.ambiguous_tags, &city.around_tags] {
            for key in terms.keys() {
                index.insert(key, number);
            }
        }
        for group in &city.all_of {
            if let Some(rarest) = group.keys.iter().min_by_key(|key| held.get(key.as_str())) {
                index.insert(rarest, number);
            }
        }
    }
    index
}
