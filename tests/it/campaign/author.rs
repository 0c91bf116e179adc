use std::collections::BTreeSet;

use super::CITIES;
use super::plan::{Act, Fault};

/// The city whose recipe changes.
pub const RETAGGED: usize = 3;

pub struct Target {
    pub author: String,
    pub key: String,
}

/// Writes the plan. What it remembers is only what the next act needs to be possible.
pub struct Author {
    pub rng: fastrand::Rng,
    number: u32,
    pub posts: Vec<Target>,
    /// Known from the first life on; each has a first post that nobody touches.
    pub steady: Vec<String>,
    pub newcomers: Vec<String>,
    /// Deactivated now.
    pub away: Vec<String>,
    /// What each city asks for now.
    pub tags: [String; 4],
}

impl Author {
    pub fn new(rng: fastrand::Rng) -> Self {
        let tags = CITIES.map(|(_, tag)| tag.to_owned());
        Self { rng, number: 0, posts: vec![], steady: vec![], newcomers: vec![], away: vec![], tags }
    }

    /// A name that nobody else has.
    pub fn name(&mut self, kind: &str) -> String {
        self.number += 1;
        format!("{kind}{}", self.number)
    }

    /// A word that no other text has.
    pub fn token(&mut self) -> String {
        self.number += 1;
        format!("qz{:08}x", self.number)
    }

    fn text(&mut self) -> String {
        let mut text = self.token();
        let tags: BTreeSet<usize> = match self.rng.u8(..10) {
            0 | 1 => BTreeSet::new(),
            2 | 3 => [self.rng.usize(..CITIES.len()), self.rng.usize(..CITIES.len())].into(),
            _ => [self.rng.usize(..CITIES.len())].into(),
        };
        tags.into_iter().for_each(|city| text.push_str(&format!(" #{}", self.tags[city])));
        text
    }

    pub fn present(&mut self) -> String {
        let present: Vec<&String> =
            self.steady.iter().chain(&self.newcomers).filter(|author| !self.away.contains(author)).collect();
        // The newest are asked for while everything else happens.
        let from = if self.rng.bool() { present.len().saturating_sub(4) } else { 0 };
        present[self.rng.usize(from..present.len())].clone()
    }

    pub fn post(&mut self, author: String) -> Act {
        let text = self.text();
        let key = format!("k{}", self.number);
        let ahead: i64 = match self.rng.u8(..16) {
            0 => -3_600,
            1 => 180,
            2 => 600,
            3 => 10 * 365 * 86_400,
            4 => -10 * 365 * 86_400,
            _ => 0,
        };
        if ahead.abs() < 86_400 {
            self.posts.push(Target { author: author.clone(), key: key.clone() });
        }
        Act::Post { author, key, text, ahead }
    }

    /// A post of somebody who is here.
    fn target(&mut self) -> Option<usize> {
        let possible: Vec<usize> =
            (0..self.posts.len()).filter(|at| !self.away.contains(&self.posts[*at].author)).collect();
        // Mostly of the last ones, so that what is on its way is met.
        let from = if self.rng.u8(..4) > 0 { possible.len().saturating_sub(12) } else { 0 };
        (from < possible.len()).then(|| possible[self.rng.usize(from..possible.len())])
    }

    pub fn delete(&mut self) -> Option<Act> {
        let Target { author, key } = {
            let at = self.target()?;
            self.posts.remove(at)
        };
        Some(Act::Delete { author, key })
    }

    pub fn act(&mut self) -> Act {
        let act = match self.rng.u8(..100) {
            0..14 => self.target().map(|at| {
                let text = self.text();
                let Target { author, key } = &self.posts[at];
                Act::Edit { author: author.clone(), key: key.clone(), text }
            }),
            14..26 => self.delete(),
            26..34 => self.reply(),
            34..36 => self.newcomer_goes().map(Act::Label),
            36..38 => self.newcomer_goes().map(Act::Leave),
            38..40 => self.deactivate(),
            40..43 => self.reactivate(),
            _ => None,
        };
        match act {
            Some(act) => act,
            None => {
                let author = self.present();
                self.post(author)
            }
        }
    }

    fn reply(&mut self) -> Option<Act> {
        let roots: Vec<String> = self.steady.iter().filter(|author| !self.away.contains(author)).cloned().collect();
        let root = self.rng.choice(roots)?;
        let (author, text) = (self.present(), self.token());
        Some(Act::Reply { author, key: format!("k{}", self.number), text, to: (root, "first".into()) })
    }

    fn newcomer_goes(&mut self) -> Option<String> {
        let from = self.newcomers.len().saturating_sub(6);
        let at = (from < self.newcomers.len()).then(|| self.rng.usize(from..self.newcomers.len()))?;
        let author = self.newcomers.remove(at);
        self.posts.retain(|post| post.author != author);
        Some(author)
    }

    /// Each goes away once at most: what the network says of them is then the same whenever it is asked.
    fn deactivate(&mut self) -> Option<Act> {
        if self.steady.len() < 6 {
            return None;
        }
        let author = self.steady.remove(self.rng.usize(..self.steady.len()));
        self.away.push(author.clone());
        Some(Act::Deactivate(author))
    }

    fn reactivate(&mut self) -> Option<Act> {
        if self.away.is_empty() {
            return None;
        }
        let author = self.away.remove(self.rng.usize(..self.away.len()));
        // A newcomer now in so far as they may go, but never again for a while.
        self.newcomers.insert(0, author.clone());
        Some(Act::Reactivate(author))
    }

    /// A fault with what it needs around it.
    pub fn fault(&mut self, fault: Fault) -> Vec<Act> {
        let mut acts = vec![Act::Fault(fault)];
        match fault {
            Fault::Stall => {
                acts.extend((0..3).map(|_| self.act()));
                acts.push(Act::Pause(60));
                if self.rng.bool() {
                    acts.push(Act::Fault(Fault::Resume));
                }
            }
            Fault::SlowProfiles | Fault::NoProfiles | Fault::RateLimited => {
                let author = self.name("f");
                acts.push(Act::Join { author: author.clone(), signed_in_only: false });
                let text = format!("{} #{}", self.token(), CITIES[0].1);
                acts.push(Act::Post { author, key: "asked".into(), text, ahead: 0 });
                acts.push(Act::Fault(Fault::Asked));
                if self.rng.bool() {
                    acts.push(Act::Fault(Fault::ProfilesRecover));
                }
            }
            _ => {}
        }
        acts
    }

    /// Faults that need nothing of the server, so that they come in every life.
    pub fn passing_fault(&mut self) -> Vec<Act> {
        match self.rng.u8(..3) {
            0 => vec![Act::Fault(Fault::Duplicate)],
            1 => vec![Act::Fault(Fault::Rewind)],
            _ => {
                let mut acts = vec![Act::Fault(Fault::KeepBack)];
                acts.extend((0..8).map(|_| self.act()));
                acts.push(Act::Fault(Fault::Mixed));
                acts
            }
        }
    }
}
