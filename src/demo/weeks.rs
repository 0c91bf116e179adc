use std::sync::Arc;

use super::Rate;
use super::frames::Stage;
use super::player::{Act, Event, Player};
use super::script::{ELSEWHERE, ScriptError, Scripts};
use super::world::SharedWorld;
use crate::domain::{AuthorId, Timestamp};

/// The demonstration's past: what is said in the weeks before the days that it opens with, by the same scripts and other people.
/// Nothing of it is kept but numbers, so that there is something usual. What is taken back within the day is left out, and
/// what concerns no city.
pub struct Weeks {
    player: Player,
    stage: Stage,
    world: SharedWorld,
    until: Timestamp,
}

impl Weeks {
    pub fn new(rate: Rate, seed: u64, from: Timestamp, until: Timestamp) -> Result<Self, ScriptError> {
        let world = SharedWorld::default();
        // Another seed has other people.
        let player = Player::new(&Scripts::load()?, seed.wrapping_add(1), rate, from);
        Ok(Self { player, stage: Stage::new(world.clone()), world, until })
    }

    /// Who speaks, as their network shows them.
    pub const fn world(&self) -> &SharedWorld {
        &self.world
    }

    /// A post on the wire; `None` of one that answers what had no frame.
    pub fn frame(&mut self, post: &WeeksPost) -> Option<String> {
        self.stage.perform(&post.event, post.at)
    }
}

/// One post of the weeks.
#[derive(Clone, Debug)]
pub struct WeeksPost {
    pub at: Timestamp,
    /// Of the line that is said: with whatever wording and by whomever, all decide the same of it.
    pub key: Arc<str>,
    pub author: AuthorId,
    event: Event,
}

impl Iterator for Weeks {
    type Item = WeeksPost;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let event = self.player.next_until(self.until)?;
            let Act::Post(said) = &event.act else { continue };
            if event.city == ELSEWHERE || said.line.post.delete_after_minutes.is_some() {
                continue;
            }
            let (key, author) = (said.post.key.clone(), AuthorId::new(said.author.did.as_str()));
            return Some(WeeksPost { at: event.at, key, author, event });
        }
    }
}
