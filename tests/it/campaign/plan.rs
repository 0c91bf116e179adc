use std::collections::BTreeSet;

use super::CITIES;

/// One thing that happens on the network, or to the way between it and us.
#[derive(Clone, Debug)]
pub enum Act {
    Join {
        author: String,
        signed_in_only: bool,
    },
    /// `ahead`: seconds by which the author's own date is ahead of the clock.
    Post {
        author: String,
        key: String,
        text: String,
        ahead: i64,
    },
    Reply {
        author: String,
        key: String,
        text: String,
        to: (String, String),
    },
    Edit {
        author: String,
        key: String,
        text: String,
    },
    Delete {
        author: String,
        key: String,
    },
    /// The author asks for signed-in readers only.
    Label(String),
    Deactivate(String),
    Reactivate(String),
    Leave(String),
    /// A city asks for another tag from now on; the server is not running.
    Retag {
        city: &'static str,
        tag: String,
    },
    Pause(u64),
    Fault(Fault),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection ends in the middle of a frame.
    CutFrame,
    /// The connection ends, and the next instance is seen to take over.
    SwitchInstance,
    /// Silence for so many milliseconds, with frames waiting.
    Stall,
    Resume,
    /// The last frames again, as they were.
    Duplicate,
    /// The frames until `Mixed`, other authors' between each author's.
    KeepBack,
    Mixed,
    /// The last events again, as if they were new.
    Rewind,
    /// The network's clock jumps, by more than what is read again after a cut.
    ClockForward,
    ClockBack,
    SlowProfiles,
    NoProfiles,
    RateLimited,
    /// Waits until a profile was asked for meanwhile.
    Asked,
    ProfilesRecover,
    /// What we resume from is no longer kept.
    CursorTooOld,
}

/// How a life of the server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// SIGKILL, so many milliseconds after the last act.
    Kill(u64),
    /// Death at the named crash point when it is reached for the nth time.
    Crash { point: &'static str, nth: u32 },
    /// Everything is waited for, then SIGKILL.
    Settle,
}

#[derive(Clone, Debug)]
pub struct Life {
    /// What happens before the server is started.
    pub before: Vec<Act>,
    pub acts: Vec<Act>,
    pub end: End,
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub lives: Vec<Life>,
}

impl Plan {
    /// The acts of a whole history, in order.
    pub fn acts(&self) -> impl Iterator<Item = &Act> {
        self.lives.iter().flat_map(|life| life.before.iter().chain(&life.acts))
    }

    /// `kills` lives of about `acts` acts each, after a first one that sets the scene.
    pub fn generate(seed: u64, kills: usize, acts: usize, points: &[&'static str]) -> Self {
        let rng = fastrand::Rng::with_seed(seed);
        let mut author = Author {
            rng,
            number: 0,
            posts: Vec::new(),
            steady: Vec::new(),
            newcomers: Vec::new(),
            away: Vec::new(),
            tags: CITIES.map(|(_, tag)| tag.to_owned()),
        };
        let mut lives = vec![author.first_life(8 + kills / 3)];
        // Crash points and faults in turn, each from a random place on, so that a short campaign has every one.
        let (mut point, mut fault) = (author.rng.usize(..points.len().max(1)), author.rng.usize(..FAULTS.len()));
        for number in 1..kills {
            let is_crash = !points.is_empty() && number % 2 == 0;
            let life = if number % 12 == 7 && !points.is_empty() {
                lives.push(author.calm_life(number));
                author.retag_life(number)
            } else if number % 24 == 11 {
                lives.push(author.calm_life(number));
                author.gap_life(acts)
            } else if number % 24 == 17 {
                let mut calm = author.calm_life(number);
                let away = author.steady.remove(1);
                author.away.push(away.clone());
                calm.acts.push(Act::Deactivate(away.clone()));
                lives.push(calm);
                author.return_life(away, number)
            } else if is_crash {
                point += 1;
                let point = points[point % points.len()];
                let nth = match point {
                    "observation-taken" => author.rng.u32(1..20),
                    "profile-answered" => author.rng.u32(1..3),
                    // The first comes with the start.
                    "log-truncate" => 2,
                    "drain" => 1,
                    _ => author.rng.u32(1..5),
                };
                author.life(acts, None, End::Crash { point, nth })
            } else {
                fault += 1;
                let end = End::Kill(author.rng.u64(..200));
                author.life(acts, Some(FAULTS[fault % FAULTS.len()]), end)
            };
            lives.push(life);
        }
        Self { seed, lives }
    }
}

/// The faults of which a life has one. Those without a connection or an answer to wait for come in every life.
const FAULTS: [Fault; 8] = [
    Fault::CutFrame,
    Fault::NoProfiles,
    Fault::Stall,
    Fault::SwitchInstance,
    Fault::ClockForward,
    Fault::RateLimited,
    Fault::ClockBack,
    Fault::SlowProfiles,
];

/// The city whose recipe changes.
const RETAGGED: usize = 3;

struct Target {
    author: String,
    key: String,
}

/// Writes the plan. What it remembers is only what the next act needs to be possible.
struct Author {
    rng: fastrand::Rng,
    number: u32,
    posts: Vec<Target>,
    /// Known from the first life on; each has a first post that nobody touches.
    steady: Vec<String>,
    newcomers: Vec<String>,
    /// Deactivated now.
    away: Vec<String>,
    /// What each city asks for now.
    tags: [String; 4],
}

impl Author {
    fn first_life(&mut self, steady: usize) -> Life {
        let mut acts = Vec::new();
        for n in 0..steady {
            let author = format!("s{n}");
            acts.push(Act::Join { author: author.clone(), signed_in_only: false });
            let text = format!("{} #{}", self.token(), CITIES[n % 3].1);
            acts.push(Act::Post { author: author.clone(), key: "first".into(), text, ahead: 0 });
            self.steady.push(author);
        }
        Life { before: Vec::new(), acts, end: End::Settle }
    }

    fn life(&mut self, acts: usize, fault: Option<Fault>, end: End) -> Life {
        let crashes = matches!(end, End::Crash { .. });
        let mut told = Vec::new();
        for _ in 0..3 {
            let author = self.name("n");
            told.push(Act::Join { author: author.clone(), signed_in_only: self.rng.u8(..8) == 0 });
            self.newcomers.push(author);
        }
        let down = if self.rng.u8(..3) == 0 { acts / 3 } else { 0 };
        let mut before = told;
        before.extend((0..down).map(|_| self.act()));
        let mut told = Vec::new();
        let (fault_at, mixed_at) = (self.rng.usize(..acts / 2), self.rng.usize(..acts / 2));
        for n in 0..acts - down {
            if n == fault_at
                && let Some(fault) = fault
            {
                told.extend(self.fault(fault));
            }
            if n == mixed_at {
                told.extend(self.passing_fault());
            }
            told.push(self.act());
            if self.rng.u8(..6) == 0 {
                told.push(Act::Pause(self.rng.u64(1..30)));
            }
        }
        if crashes {
            // Enough commits, answers and erasures for every point to be come to.
            for _ in 0..6 {
                let author = self.name("c");
                told.push(Act::Join { author: author.clone(), signed_in_only: false });
                for author in [author, self.present()] {
                    let post = self.post(author);
                    told.extend([post, Act::Pause(60)]);
                }
                told.extend(self.delete());
            }
        }
        Life { before, acts: told, end }
    }

    /// Everything is taken in, and what is stored is further back than what is read again after a restart.
    fn calm_life(&mut self, number: usize) -> Life {
        let mut life = self.life(10, None, End::Settle);
        for (city, name) in [(RETAGGED, "calm"), (0, "last")] {
            let text = format!("{} #{}", self.token(), self.tags[city]);
            let (author, key) = (self.steady[0].clone(), format!("{name}{number}"));
            life.acts.extend([Act::Post { author, key, text, ahead: 0 }, Act::Fault(Fault::ClockForward)]);
        }
        life
    }

    /// A recipe changes while nothing runs; stored posts are matched again two seconds after the start.
    fn retag_life(&mut self, number: usize) -> Life {
        let mut before: Vec<Act> = (0..3).map(|_| self.act()).collect();
        // Nobody has written the new tag before.
        self.tags[RETAGGED] = format!("gare{number}");
        before.push(Act::Retag { city: CITIES[RETAGGED].0, tag: self.tags[RETAGGED].clone() });
        Life { before, acts: Vec::new(), end: End::Crash { point: "rematch-step", nth: 1 } }
    }

    /// Somebody comes back while nobody can be asked whether they may be shown; the question is open when death comes,
    /// and what is read again does not reach it.
    fn return_life(&mut self, back: String, number: usize) -> Life {
        let text = format!("{} #{}", self.token(), self.tags[0]);
        let post = Act::Post { author: self.steady[0].clone(), key: format!("back{number}"), text, ahead: 0 };
        let acts = vec![
            Act::Fault(Fault::NoProfiles),
            Act::Reactivate(back.clone()),
            Act::Fault(Fault::Asked),
            Act::Fault(Fault::ClockForward),
            post,
            Act::Pause(200),
        ];
        self.away.retain(|author| *author != back);
        Life { before: Vec::new(), acts, end: End::Kill(0) }
    }

    fn gap_life(&mut self, acts: usize) -> Life {
        let lost = self.name("lost");
        let mut before = vec![Act::Join { author: lost.clone(), signed_in_only: false }];
        before.extend((0..3).map(|_| self.post(lost.clone())));
        before.push(Act::Fault(Fault::CursorTooOld));
        self.posts.retain(|post| post.author != lost);
        let life = self.life(acts, None, End::Settle);
        before.extend(life.before);
        Life { before, ..life }
    }

    /// A name that nobody else has.
    fn name(&mut self, kind: &str) -> String {
        self.number += 1;
        format!("{kind}{}", self.number)
    }

    /// A word that no other text has.
    fn token(&mut self) -> String {
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

    fn present(&mut self) -> String {
        let present: Vec<&String> =
            self.steady.iter().chain(&self.newcomers).filter(|author| !self.away.contains(author)).collect();
        // The newest are asked for while everything else happens.
        let from = if self.rng.bool() { present.len().saturating_sub(4) } else { 0 };
        present[self.rng.usize(from..present.len())].clone()
    }

    fn post(&mut self, author: String) -> Act {
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

    fn delete(&mut self) -> Option<Act> {
        let Target { author, key } = {
            let at = self.target()?;
            self.posts.remove(at)
        };
        Some(Act::Delete { author, key })
    }

    fn act(&mut self) -> Act {
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
    fn fault(&mut self, fault: Fault) -> Vec<Act> {
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
    fn passing_fault(&mut self) -> Vec<Act> {
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
