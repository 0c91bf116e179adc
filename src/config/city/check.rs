//! What `city check` says of a city file beyond what would refuse it.

use geo::{Area, BooleanOps};

use super::CityFile;
use super::reader::Reader;
use crate::domain::{City, fold_tag, fold_words};

/// French and English words that are towns too: as a plain word or tag they admit what has nothing to do with the town.
const COMMON_WORDS: [&str; 40] = [
    "agen", "albert", "angers", "bains", "bourg", "bray", "brie", "canal", "caen", "chateau", "coin", "condom", "die",
    "foix", "gap", "grasse", "ham", "laval", "lens", "lille", "lure", "mens", "nancy", "nice", "orange", "pau",
    "rennes", "riche", "roanne", "salon", "sens", "tours", "troyes", "vals", "vannes", "vienne", "vif", "vire",
    "voiron", "vertou",
];

/// Whether a folded tag or word says too little by itself, being a town's name.
pub fn is_common_word(key: &str) -> bool {
    COMMON_WORDS.contains(&key)
}

impl Reader<'_> {
    pub(super) fn check_terms(&mut self, file: &CityFile, city: &City) {
        let recipe = &file.recipe;
        if city.boundary.is_none()
            && recipe.hashtags.is_empty()
            && recipe.words.is_empty()
            && recipe.invite.is_none()
            && recipe.ambiguous.is_empty()
            && recipe.all_of.is_empty()
        {
            self.refuse(&file.name, "give at least one hashtag in [recipe], or a boundary: nothing would match");
        }
        let tags = recipe.invite.iter().chain(&recipe.hashtags).chain(&recipe.assembly).chain(&recipe.exclude.hashtags);
        for tag in tags.chain(recipe.all_of.iter().flat_map(|group| group.get_ref())) {
            if fold_tag(tag.get_ref()).is_empty() {
                self.refuse(tag, "no letter or digit is left of this tag once it is folded");
            }
        }
        for term in recipe.words.iter().chain(&recipe.ambiguous).chain(&recipe.context).chain(&recipe.exclude.words) {
            if fold_words(term.get_ref()).is_empty() {
                self.refuse(term, "no word is left of this once it is folded");
            }
        }
        for term in recipe.words.iter().chain(&recipe.hashtags) {
            let key = fold_tag(term.get_ref());
            if key.chars().count() < 3 {
                self.warn(term, "very short: it will admit posts from elsewhere; consider `ambiguous`");
            }
        }
        for word in &recipe.words {
            if is_common_word(&fold_tag(word.get_ref())) {
                self.warn(
                    word,
                    "a common word or another town's name: consider `ambiguous`, which asks for a local term beside it",
                );
            }
        }
        for tag in &recipe.hashtags {
            if is_common_word(&fold_tag(tag.get_ref())) {
                self.warn(
                    tag,
                    "a common word or another town's name: look at what it brings in, and consider `ambiguous`",
                );
            }
        }
        let contexts: Vec<_> = recipe.context.iter().map(|context| (context, fold_words(context.get_ref()))).collect();
        for term in &recipe.ambiguous {
            let words = fold_words(term.get_ref());
            let vouches = contexts.iter().find(|(_, context)| {
                !words.is_empty() && context.windows(words.len()).any(|run| run == words.as_slice())
            });
            if let Some((context, _)) = vouches {
                self.warn(
                    context,
                    &format!("contains the ambiguous term {:?}, which would vouch for itself", term.get_ref()),
                );
            }
        }
    }

    pub(super) fn check_zones(&mut self, file: &CityFile, city: &City) {
        for (index, zone) in city.zones.iter().enumerate() {
            let Some(outline) = &zone.boundary else { continue };
            let Some(at) = file.zone.get(index) else { continue };
            if let Some(boundary) = &city.boundary {
                let outside = outline.difference(boundary).unsigned_area() / outline.unsigned_area();
                if outside > 0.05 {
                    self.warn(&at.name, &format!("{:.0} % of this zone lies outside the city", outside * 100.0));
                }
            }
            for other in city.zones.iter().skip(index + 1) {
                let Some(other_outline) = &other.boundary else { continue };
                let smaller = outline.unsigned_area().min(other_outline.unsigned_area());
                if outline.intersection(other_outline).unsigned_area() > 0.02 * smaller {
                    self.warn(
                        &at.name,
                        &format!("overlaps the zone {:?}: a point there belongs to the first", other.name),
                    );
                }
            }
        }
    }
}
