//! Random histories of posts, edits, moves, deletions, departures, retention and restarts beside a model that counts again.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::desk::{Bucket, DayClosed, Fact, Named, Noted, Side, Trace, close_day, close_wider, values_of};

#[derive(Clone)]
struct Post {
    author: u64,
    at: i64,
    zone: Option<u64>,
    tag: u64,
    assembly: bool,
    hidden: bool,
    revision: u64,
}

impl Post {
    fn zone(&self) -> Option<String> {
        self.zone.map(|zone| format!("z{zone}"))
    }

    fn values(&self) -> Vec<(Dimension, String)> {
        values_of(self.zone().as_deref(), [format!("t{}", self.tag)], Some("fr"), Network::Bluesky, &[])
    }

    fn change(&self, place: &Place, name: &str) -> Change {
        let placed =
            Placement { zone: self.zone(), assembly: self.assembly, ..placement(nantes(), Some(Tier::Public)) };
        let by = profile(&format!("p{}", self.author));
        let mut draft = draft(place, name).by(&by).placed(vec![placed]).at(after_s(self.at));
        draft.post.tags = vec![Hashtag::new(&format!("t{}", self.tag)).unwrap()];
        draft.revision(&format!("{:06}", self.revision)).upsert()
    }
}

type Told = BTreeSet<(Dimension, String, u64, Option<u64>)>;

struct Model {
    calendar: Calendar,
    posts: BTreeMap<String, Post>,
    away: BTreeSet<u64>,
    days_until: Timestamp,
    /// With the week in which each was noted.
    traces: Vec<(Timestamp, Trace)>,
    told: BTreeMap<(Width, Timestamp), Told>,
    nobody: u64,
}

fn cell(dimension: Dimension, value: &str) -> u64 {
    if value.is_empty() { 0 } else { IdKey::new([1; 32]).hash64(&[dimension.as_str(), value]) }
}

impl Model {
    fn shown(&self) -> impl Iterator<Item = &Post> {
        self.posts.values().filter(|post| !post.hidden && !self.away.contains(&post.author))
    }

    fn forget_accounts(&mut self) {
        let posts = &self.posts;
        self.away.retain(|who| posts.values().any(|post| post.author == *who));
    }

    fn close(&mut self, now: i64) {
        while let Some(day) =
            self.calendar.bucket(Width::Day, self.days_until).filter(|day| day.end.plus_seconds(120) <= after_s(now))
        {
            let facts: Vec<Fact> = self
                .shown()
                .filter(|post| (day.start..day.end).contains(&after_s(post.at)))
                .map(|post| {
                    let hour = self.calendar.bucket(Width::Hour, after_s(post.at)).unwrap().start.to_rfc3339();
                    let values = post.values().into_iter().chain([(Dimension::Hour, hour)]).collect();
                    Fact { who: SubjectHash(post.author + 1), assembly: post.assembly, values }
                })
                .collect();
            let DayClosed { told, traces } = close_day(&facts);
            let told =
                told.into_iter().map(|Named { dimension, value, posts, authors }| (dimension, value, posts, authors));
            self.told.insert((Width::Day, day.start), told.collect());
            let week = self.calendar.bucket(Width::Week, day.start).unwrap();
            self.traces.extend(traces.into_iter().map(|trace| (week.start, trace)));
            if day.end >= week.end {
                self.close_longer(week);
            }
            let month = self.calendar.bucket(Width::Month, day.start).unwrap();
            if day.end >= month.end {
                self.close_longer(month);
                self.traces.clear();
            }
            self.days_until = day.end;
        }
    }

    fn close_longer(&mut self, bucket: Bucket) {
        let is_in = |week: &Timestamp| bucket.width == Width::Month || *week == bucket.start;
        let noted = self.traces.iter().filter(|(week, _)| is_in(week)).map(|(_, trace)| Noted {
            dimension: trace.dimension,
            cell: cell(trace.dimension, &trace.value),
            side: trace.side,
            who: trace.who.0,
            posts: trace.posts,
        });
        let closed = close_wider(noted);
        let name = |dimension, number| {
            let mut all = self.traces.iter().map(|(_, trace)| trace);
            all.find(|trace| trace.dimension == dimension && cell(dimension, &trace.value) == number)
                .unwrap()
                .value
                .clone()
        };
        let told = closed
            .told
            .iter()
            .map(|(dimension, cell, posts, authors)| (*dimension, name(*dimension, *cell), *posts, *authors));
        self.told.insert((bucket.width, bucket.start), told.collect());
        for (dimension, number) in closed.spent {
            let is_it = |week: &Timestamp, trace: &Trace| {
                is_in(week) && trace.dimension == dimension && cell(dimension, &trace.value) == number
            };
            self.traces.retain(|(week, trace)| !is_it(week, trace) || matches!(trace.side, Side::Told | Side::Rest));
            let rest = self.traces.iter_mut().filter(|(week, trace)| is_it(week, trace));
            rest.for_each(|(_, trace)| trace.side = Side::Told);
        }
    }

    /// A post of a closed day goes: out of the rest of its week.
    fn take_back(&mut self, post: &Post) {
        let at = after_s(post.at);
        if at >= self.days_until
            || at < after_s(FIRST)
            || post.hidden
            || post.assembly
            || self.away.contains(&post.author)
        {
            return;
        }
        let week = self.calendar.bucket(Width::Week, at).unwrap().start;
        let mut values = post.values();
        values.push((Dimension::All, String::new()));
        for (dimension, value) in values {
            // Days of a week are one in the store.
            let of_it = self.traces.iter_mut().filter(|(noted, trace)| {
                let is_value = trace.dimension == dimension && trace.value == value && trace.posts > 0;
                *noted == week && is_value && trace.side == Side::Rest && trace.who == SubjectHash(post.author + 1)
            });
            if let Some((_, trace)) = of_it.into_iter().next() {
                trace.posts -= 1;
            }
        }
        self.traces.retain(|(_, trace)| trace.side != Side::Rest || trace.posts > 0);
    }

    fn leave(&mut self, author: u64) {
        let own: Vec<String> =
            self.posts.iter().filter(|(_, post)| post.author == author).map(|(name, _)| name.clone()).collect();
        for name in own {
            let post = self.posts.remove(&name).unwrap();
            self.take_back(&post);
        }
        let who = SubjectHash(author + 1);
        self.traces.retain(|(_, trace)| trace.who != who || trace.side == Side::Told);
        let mut strangers: BTreeMap<(Timestamp, Dimension, String), u64> = BTreeMap::new();
        for (week, trace) in self.traces.iter_mut().filter(|(_, trace)| trace.who == who) {
            let nobody = &mut self.nobody;
            let stranger = strangers.entry((*week, trace.dimension, trace.value.clone())).or_insert_with(|| {
                *nobody += 1;
                1_000_000 + *nobody
            });
            trace.who = SubjectHash(*stranger);
        }
    }
}

async fn told(place: &Place, width: Width, start: Timestamp) -> Told {
    let mut told = Told::new();
    for dimension in Dimension::ALL {
        let cells = place.store.values(&nantes(), width, dimension, start).await.unwrap();
        told.extend(cells.into_iter().map(|cell| (dimension, cell.value, cell.posts, cell.authors)));
    }
    told
}

async fn history(seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut place = counted().await;
    let mut model = Model {
        calendar: utc(),
        posts: BTreeMap::new(),
        away: BTreeSet::new(),
        days_until: after_s(FIRST),
        traces: Vec::new(),
        told: BTreeMap::new(),
        nobody: 0,
    };
    let (mut now, mut number, mut left) = (60, 0_u64, BTreeSet::new());
    while now < FIRST + 38 * DAY_S {
        now += rng.i64(HOUR_S..9 * HOUR_S);
        place.clock.set(after_s(now));
        let mut changes = Vec::new();
        for _ in 0..rng.u64(0..9) {
            let author = rng.u64(0..14);
            if left.contains(&author) {
                continue;
            }
            number += 1;
            let post = Post {
                author,
                at: now - rng.i64(0..600),
                zone: (rng.u8(0..4) > 0).then(|| rng.u64(0..3)),
                tag: rng.u64(0..12).isqrt(),
                assembly: rng.u8(0..12) == 0,
                hidden: false,
                revision: 1,
            };
            changes.push(post.change(&place, &format!("n{number}")));
            model.posts.insert(format!("n{number}"), post);
        }
        let mut names: Vec<String> = model.posts.keys().cloned().collect();
        for _ in 0..rng.u64(0..4) {
            if names.is_empty() {
                continue;
            }
            // Each once in a commit.
            let name = &names.swap_remove(rng.usize(0..names.len()));
            let Some(mut post) = model.posts.get(name).cloned() else { continue };
            match rng.u8(0..4) {
                0 => {
                    (post.zone, post.tag, post.revision) = (Some(rng.u64(0..3)), rng.u64(0..3), post.revision + 1);
                    changes.push(post.change(&place, name));
                }
                1 => {
                    post.hidden = !post.hidden;
                    changes.push(hide(&place, name, post.hidden));
                }
                _ => {
                    model.posts.remove(name);
                    model.take_back(&post);
                    changes.push(delete(name));
                    continue;
                }
            }
            model.posts.insert(name.clone(), post);
        }
        place.commit(changes).await;
        // An account without posts is forgotten, and with it that it is away.
        model.forget_accounts();
        match rng.u8(0..30) {
            0 if left.len() < 5 => {
                let author = rng.u64(0..14);
                place.commit(vec![leave(&format!("p{author}"))]).await;
                model.leave(author);
                left.insert(author);
            }
            1..3 => {
                let who = rng.u64(0..14);
                let is_back = model.away.contains(&who);
                let has_posts = model.posts.values().any(|post| post.author == who);
                if has_posts && !left.contains(&who) {
                    let verdict = if is_back { AuthorVerdict::Show } else { AuthorVerdict::Hide };
                    place.commit(vec![author(profile(&format!("p{who}")), verdict)]).await;
                    if !model.away.remove(&who) {
                        model.away.insert(who);
                    }
                }
            }
            3 => {
                place = place.reopened().await;
                place.clock.set(after_s(now));
            }
            _ => {}
        }
        // Now and then nobody looks for a while, and days are closed late.
        if rng.u8(0..4) > 0 {
            tally(&place, now).await;
            model.close(now);
            place.store.retain(after_s(now), Retention::from_days(30)).await.unwrap();
            let held = after_s(now - 7 * DAY_S);
            model.posts.retain(|_, post| after_s(post.at) >= held);
            model.forget_accounts();
        }
    }
    assert!(model.told.len() > 42, "{} buckets", model.told.len());
    let mut numbers = 0;
    for ((width, start), expected) in &model.told {
        assert_eq!(told(&place, *width, *start).await, *expected, "seed {seed}, {width:?} {}", start.to_rfc3339());
        numbers += expected.len();
    }
    eprintln!("seed {seed}: {number} posts, {} buckets, {numbers} numbers", model.told.len());
}

#[tokio::test]
async fn feature_11_what_is_counted_is_what_a_recount_gives() {
    let seeds = std::env::var("PARVIS_TALLY_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(3);
    for seed in 0..seeds {
        history(seed).await;
    }
}
