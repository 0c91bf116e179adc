use std::collections::BTreeMap;

use crate::domain::{City, Filter, Lane, OfficialKind, fold_tag};

use super::{address::Address, card::network_name, city::CityPage, context::PageContext, words::Words};

/// At most so many tags are offered as filters.
const TAGS_MAX: usize = 8;

pub struct Choice {
    pub text: String,
    pub href: String,
    pub current: bool,
}

/// One kind of filter in the rail.
pub struct Group {
    pub heading: String,
    pub choices: Vec<Choice>,
}

/// Addresses of this page under other filters.
pub struct Links<'a> {
    pub context: &'a PageContext,
    pub city: &'a City,
    pub filter: &'a Filter,
}

impl Links<'_> {
    pub fn to(&self, filter: &Filter) -> String {
        Address::city(self.city.id.as_str()).filtered(filter).language(self.context.carried()).to_string()
    }

    /// Empty where there is nothing to choose.
    pub fn lanes(&self) -> Vec<Choice> {
        let w = self.context.words();
        let lists = |kinds: &[OfficialKind]| self.city.officials.iter().any(|official| kinds.contains(&official.kind));
        let datasets = self.city.datasets.iter().map(|dataset| &dataset.lane);
        let senders = self.city.pushes.iter().map(|sender| &sender.lane);
        let feeds = self.city.feeds.iter().map(|feed| &feed.lane);
        let listed: Vec<&Lane> = feeds.chain(datasets).chain(senders).collect();
        let feeds = |lane: Lane| listed.contains(&&lane);
        let mut lanes = vec![(None, w.t("lane-all")), (Some(Lane::People), w.t("lane-people"))];
        // Only what can hold something: a tab that never will is a promise not kept.
        if lists(&[OfficialKind::Institution, OfficialKind::Service]) || feeds(Lane::Info) {
            lanes.push((Some(Lane::Info), w.t("lane-info")));
        }
        if feeds(Lane::Agenda) {
            lanes.push((Some(Lane::Agenda), w.t("lane-agenda")));
        }
        if lists(&[OfficialKind::Press]) || feeds(Lane::Press) {
            lanes.push((Some(Lane::Press), w.t("lane-press")));
        }
        if self.city.around.is_some() {
            lanes.push((Some(Lane::Around), w.t("lane-around")));
        }
        // A lane that was asked for by its address has its tab, so that the page says where the reader is.
        if let Some(asked) = &self.filter.lane
            && !lanes.iter().any(|(lane, _)| lane.as_ref() == Some(asked))
        {
            lanes.push((Some(asked.clone()), lane_name(asked, w)));
        }
        // Where only people can speak, "all" and "residents" are the same.
        if lanes.len() == 2 && self.filter.lane.is_none() {
            return Vec::new();
        }
        lanes
            .into_iter()
            .map(|(lane, text)| Choice {
                current: lane == self.filter.lane,
                href: self.to(&Filter { lane, ..self.filter.clone() }),
                text,
            })
            .collect()
    }

    /// The filters in force, each leading to the page without it.
    pub fn chosen(&self) -> Vec<Choice> {
        let w = self.context.words();
        let without = |change: fn(&mut Filter)| {
            let mut filter = self.filter.clone();
            change(&mut filter);
            self.to(&filter)
        };
        let mut chosen = Vec::new();
        let mut push = |text: String, href: String| chosen.push(Choice { text, href, current: true });
        if let Some(zone) = &self.filter.zone {
            push(zone.clone(), without(|filter| filter.zone = None));
        }
        if let Some(tag) = &self.filter.tag {
            push(format!("#{tag}"), without(|filter| filter.tag = None));
        }
        if let Some(network) = self.filter.network {
            push(network_name(network, w), without(|filter| filter.network = None));
        }
        if let Some(lang) = &self.filter.lang {
            push(language_name(lang, w), without(|filter| filter.lang = None));
        }
        chosen
    }

    pub fn groups(&self, page: &CityPage<'_>) -> Vec<Group> {
        let w = self.context.words();
        let mut groups = Vec::new();
        let mut group = |key: &str, choices: Vec<Choice>, least: usize| {
            if choices.len() >= least {
                groups.push(Group { heading: w.t(key), choices });
            }
        };
        let zones = self.city.zones.iter().map(|zone| {
            self.toggle(zone.name.clone(), self.filter.zone.as_ref() == Some(&zone.name), |filter, on| {
                filter.zone = on.then(|| zone.name.clone());
            })
        });
        group("filter-zones", zones.collect(), 1);
        let tags = frequent_tags(page).into_iter().map(|(key, display)| {
            self.toggle(format!("#{display}"), self.filter.tag.as_ref() == Some(&key), |filter, on| {
                filter.tag = on.then(|| key.clone());
            })
        });
        group("filter-tags", tags.collect(), 1);
        let mut networks: Vec<_> = page.sources.iter().map(|source| source.network).collect();
        networks.sort_unstable();
        networks.dedup();
        let networks = networks.into_iter().map(|network| {
            self.toggle(network_name(network, w), self.filter.network == Some(network), |filter, on| {
                filter.network = on.then_some(network);
            })
        });
        // One network is no choice.
        group("filter-networks", networks.collect(), 2);
        let mut languages: Vec<&String> = page.page.cards.iter().filter_map(|card| card.lang.as_ref()).collect();
        languages.extend(&self.filter.lang);
        languages.sort_unstable();
        languages.dedup();
        let mut languages: Vec<_> = languages.into_iter().map(|lang| (language_name(lang, w), lang)).collect();
        languages.sort_unstable();
        let languages = languages.into_iter().map(|(name, lang)| {
            self.toggle(name, self.filter.lang.as_ref() == Some(lang), |filter, on| {
                filter.lang = on.then(|| lang.clone());
            })
        });
        group("filter-languages", languages.collect(), 2);
        groups
    }

    /// A link that sets a filter, or takes it back when it is in force.
    fn toggle(&self, text: String, current: bool, set: impl FnOnce(&mut Filter, bool)) -> Choice {
        let mut filter = self.filter.clone();
        set(&mut filter, !current);
        Choice { text, href: self.to(&filter), current }
    }
}

/// Tags of at least two of the posts shown, most frequent first; not those of assemblies (L-42), and not the
/// invitation, which all its posts carry.
fn frequent_tags(page: &CityPage<'_>) -> Vec<(String, String)> {
    let recipe = &page.city.recipe;
    let left_out: Vec<String> = recipe.assembly.iter().chain(&recipe.invite).map(|tag| fold_tag(tag)).collect();
    let mut seen: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for card in &page.page.cards {
        let mut keys: Vec<(String, &String)> = card.tags.iter().map(|tag| (fold_tag(tag), tag)).collect();
        keys.sort();
        keys.dedup_by(|a, b| a.0 == b.0);
        for (key, display) in keys {
            seen.entry(key).or_insert_with(|| (0, display.clone())).0 += 1;
        }
    }
    let mut tags: Vec<_> = seen
        .into_iter()
        .filter(|(key, (count, _))| *count >= 2 && !left_out.contains(key))
        .map(|(key, (count, display))| (count, key, display))
        .collect();
    tags.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    tags.into_iter().take(TAGS_MAX).map(|(_, key, display)| (key, display)).collect()
}

fn lane_name(lane: &Lane, w: Words) -> String {
    match lane {
        Lane::Event(slug) => w.with("kind-event", "name", slug),
        other => w.t(&format!("lane-{}", other.to_token())),
    }
}

/// A language by its name where we have one, else by its code.
pub fn language_name(lang: &str, w: Words) -> String {
    let key = format!("language-{lang}");
    let name = w.t(&key);
    if name == key { lang.to_owned() } else { name }
}
