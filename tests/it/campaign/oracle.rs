use std::collections::{BTreeMap, BTreeSet};

use super::CITIES;
use super::plan::{Act, Fault};
use crate::support::network::SimulatedNetwork;

/// What citizens must see after a history, by a few rules of its own: nothing here knows the program's code.
pub struct Oracle {
    posts: BTreeMap<String, Told>,
    authors: BTreeMap<String, Standing>,
    tags: BTreeMap<&'static str, String>,
    /// Every text that was ever said.
    said: BTreeSet<String>,
    number: usize,
}

#[derive(Clone)]
struct Told {
    author: String,
    text: String,
    /// All versions' texts.
    versions: Vec<String>,
    number: usize,
    deleted: bool,
    /// Dated so that it is refused.
    refused: bool,
    reply_to: Option<String>,
    /// Said while nobody could hear it: it may be missing.
    may_be_lost: bool,
}

#[derive(Default)]
struct Standing {
    signed_in_only: bool,
    away: bool,
    left: bool,
}

impl Oracle {
    pub fn of<'a>(acts: impl Iterator<Item = &'a Act>) -> Self {
        let mut oracle = Self {
            posts: BTreeMap::new(),
            authors: BTreeMap::new(),
            tags: CITIES.map(|(slug, tag)| (slug, tag.to_owned())).into(),
            said: BTreeSet::new(),
            number: 0,
        };
        acts.for_each(|act| oracle.hear(act));
        oracle
    }

    fn hear(&mut self, act: &Act) {
        self.number += 1;
        match act {
            Act::Join { author, signed_in_only } => {
                self.authors
                    .insert(author.clone(), Standing { signed_in_only: *signed_in_only, ..Standing::default() });
            }
            Act::Post { author, key, text, ahead } => self.told(author, key, text, *ahead, None),
            Act::Reply { author, key, text, to } => {
                self.told(author, key, text, 0, Some(SimulatedNetwork::uri(&to.0, &to.1)));
            }
            Act::Edit { author, key, text } => {
                self.said.insert(text.clone());
                let post = self.posts.get_mut(&SimulatedNetwork::uri(author, key)).unwrap();
                post.text.clone_from(text);
                post.versions.push(text.clone());
            }
            Act::Delete { author, key } => {
                self.posts.get_mut(&SimulatedNetwork::uri(author, key)).unwrap().deleted = true;
            }
            Act::Label(author) => self.authors.get_mut(author).unwrap().signed_in_only = true,
            Act::Deactivate(author) => self.authors.get_mut(author).unwrap().away = true,
            Act::Reactivate(author) => self.authors.get_mut(author).unwrap().away = false,
            Act::Leave(author) => self.authors.get_mut(author).unwrap().left = true,
            Act::Retag { city, tag } => _ = self.tags.insert(city, tag.clone()),
            Act::Fault(Fault::CursorTooOld) => {
                let lost = self.posts.values_mut().filter(|post| post.author.starts_with("lost"));
                lost.for_each(|post| post.may_be_lost = true);
            }
            Act::Pause(_) | Act::Commit | Act::Fault(_) => {}
        }
    }

    fn told(&mut self, author: &str, key: &str, text: &str, ahead: i64, reply_to: Option<String>) {
        self.said.insert(text.to_owned());
        let told = Told {
            author: author.to_owned(),
            text: text.to_owned(),
            versions: vec![text.to_owned()],
            number: self.number,
            deleted: false,
            // More than two days old, or more than a day ahead.
            refused: !(-2 * 86_400..=86_400).contains(&ahead),
            reply_to,
            may_be_lost: false,
        };
        self.posts.insert(SimulatedNetwork::uri(author, key), told);
    }

    fn has_tag(&self, city: &str, text: &str) -> bool {
        let tag = format!("#{}", self.tags[city]);
        text.split(' ').any(|word| word == tag)
    }

    /// Whether the post is kept for this city, shown or hidden with its author.
    fn is_kept(&self, city: &str, post: &Told) -> bool {
        let author = &self.authors[&post.author];
        let asked_for = self.has_tag(city, &post.text)
            || post.reply_to.as_ref().is_some_and(|root| self.is_kept(city, &self.posts[root]));
        asked_for && !post.deleted && !post.refused && !author.left && !author.signed_in_only
    }

    fn is_shown(&self, city: &str, post: &Told) -> bool {
        let root_is_shown = post.reply_to.as_ref().is_none_or(|root| {
            let root = &self.posts[root];
            self.has_tag(city, &post.text) || self.is_shown(city, root)
        });
        self.is_kept(city, post) && !self.authors[&post.author].away && root_is_shown
    }

    /// The texts that the city's page must show, by native id.
    pub fn page(&self, city: &str) -> BTreeMap<String, String> {
        let shown = self.posts.iter().filter(|(_, post)| !post.may_be_lost && self.is_shown(city, post));
        shown.map(|(uri, post)| (uri.clone(), post.text.clone())).collect()
    }

    /// What may stand there as well.
    pub fn may_be_there(&self, uri: &str) -> bool {
        self.posts.get(uri).is_some_and(|post| post.may_be_lost)
    }

    /// Where a post stands in its author's history, for posts that entered the city when they were written: what an
    /// edit brings in, and what answers others, has no place of its own among them.
    pub fn order(&self, city: &str, uri: &str) -> Option<(&str, usize)> {
        let post = self.posts.get(uri)?;
        let from_the_start = post.reply_to.is_none() && post.versions.iter().all(|text| self.has_tag(city, text));
        from_the_start.then_some((post.author.as_str(), post.number))
    }

    /// Texts that must be nowhere: replaced, deleted, refused, or asked for by no city.
    pub fn gone(&self) -> BTreeSet<String> {
        let kept = self
            .posts
            .values()
            .filter(|post| post.may_be_lost || CITIES.iter().any(|(city, _)| self.is_kept(city, post)));
        let kept: BTreeSet<&String> = kept.map(|post| &post.text).collect();
        self.said.iter().filter(|text| !kept.contains(text)).map(|text| token(text).to_owned()).collect()
    }
}

/// The first word of a text, which no other text has.
pub fn token(text: &str) -> &str {
    text.split(' ').next().unwrap()
}
