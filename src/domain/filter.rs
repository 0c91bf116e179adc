use super::{Card, Lane, Network, fold_tag};

/// What a reader asked to see; every set field must hold. Parsed from a query by `http`, applied by `live` to slices
/// and by `store` to pages: both must agree, and the store's contract test checks that they do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Folded key of a tag.
    pub tag: Option<String>,
    pub zone: Option<String>,
    pub network: Option<Network>,
    /// Primary language subtag.
    pub lang: Option<String>,
    pub lane: Option<Lane>,
}

impl Filter {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn admits(&self, card: &Card) -> bool {
        self.tag.as_ref().is_none_or(|key| card.tags.iter().any(|tag| fold_tag(tag) == *key))
            && self.zone.as_ref().is_none_or(|zone| card.zone.as_ref() == Some(zone))
            && self.network.is_none_or(|network| card.network == network)
            && self.lang.as_ref().is_none_or(|lang| card.lang.as_ref() == Some(lang))
            && self.lane.as_ref().is_none_or(|lane| card.lane == *lane)
    }
}
