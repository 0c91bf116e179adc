use super::CITIES;
use super::author::{Author, RETAGGED};
use super::plan::{Act, End, Fault, Life, Plan};

impl Plan {
    /// `kills` lives of about `acts` acts each, after a first one that sets the scene.
    pub fn generate(seed: u64, kills: usize, acts: usize, points: &[&'static str]) -> Self {
        let mut author = Author::new(fastrand::Rng::with_seed(seed));
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
            } else if number % 24 == 5 {
                lives.push(author.calm_life(number));
                lives.push(author.clock_back_life(number));
                let before: Vec<Act> = (0..acts / 3).map(|_| author.act()).collect();
                let life = author.life(acts, None, End::Kill(0));
                Life { before: before.into_iter().chain(life.before).collect(), ..life }
            } else if number % 24 == 17 {
                let mut calm = author.calm_life(number);
                let away = author.steady.remove(1);
                author.away.push(away.clone());
                calm.acts.push(Act::Deactivate(away.clone()));
                // Somebody else in their place, so that a long campaign does not run out of people.
                let successor = author.name("r");
                calm.acts.extend(author.settle(successor, CITIES[0].1));
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

/// The faults of which a life has one. Those without a connection or an answer to wait for come in every life, and a clock
/// that goes back has lives of its own.
const FAULTS: [Fault; 7] = [
    Fault::CutFrame,
    Fault::NoProfiles,
    Fault::Stall,
    Fault::SwitchInstance,
    Fault::ClockForward,
    Fault::RateLimited,
    Fault::SlowProfiles,
];

impl Author {
    fn first_life(&mut self, steady: usize) -> Life {
        let mut acts = Vec::new();
        for n in 0..steady {
            acts.extend(self.settle(format!("s{n}"), CITIES[n % 3].1));
        }
        Life { before: Vec::new(), acts, end: End::Settle }
    }

    /// Somebody comes to stay, with a first post that others can answer.
    fn settle(&mut self, author: String, tag: &str) -> [Act; 2] {
        let text = format!("{} #{tag}", self.token());
        self.steady.push(author.clone());
        let join = Act::Join { author: author.clone(), signed_in_only: false };
        [join, Act::Post { author, key: "first".into(), text, ahead: 0 }]
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
                    told.extend([post, Act::Commit]);
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

    /// The clock goes back while we listen, by more than a calm life puts it forward at its end, and what comes then is known to be stored when death comes. What is written
    /// before the next life has earlier stamps than what was read before.
    fn clock_back_life(&mut self, number: usize) -> Life {
        let text = format!("{} #{}", self.token(), self.tags[0]);
        let post = Act::Post { author: self.steady[0].clone(), key: format!("clock{number}"), text, ahead: 0 };
        Life { before: Vec::new(), acts: vec![Act::Fault(Fault::ClockBack), post], end: End::Settle }
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
}
