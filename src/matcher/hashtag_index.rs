use foldhash::HashMap;

/// The cities that a folded tag may concern: by invitation, hashtag, ambiguous term, neighbourhood, or as the rarest
/// tag of a group that counts only together. Which of these it is, and whether it suffices, the city's own recipe
/// says; here a post that concerns nobody is dismissed at the price of one look-up a tag.
#[derive(Default)]
pub(super) struct HashtagIndex {
    cities: HashMap<String, Vec<u32>>,
}

impl HashtagIndex {
    pub fn insert(&mut self, key: &str, city: u32) {
        if key.is_empty() {
            return;
        }
        let cities = self.cities.entry(key.to_owned()).or_default();
        // Cities come in order, so a repetition can only be the last.
        if cities.last() != Some(&city) {
            cities.push(city);
        }
    }

    pub fn cities(&self, key: &str) -> &[u32] {
        self.cities.get(key).map_or(&[], Vec::as_slice)
    }
}
