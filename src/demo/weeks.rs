use super::Rate;
use super::frames::Stage;
use super::player::{Act, Player};
use super::script::{ELSEWHERE, ScriptError, Scripts};
use super::world::SharedWorld;
use crate::domain::Timestamp;

/// The demonstration's past: what is said in the weeks before the days that it opens with, by the same scripts and other people.
/// Nothing of it is kept but numbers, so that there is something usual. What is taken back within the day is left out, and
/// what concerns no city.
pub struct Weeks {
    player: Player,
    stage: Stage,
    world: SharedWorld,
    from: Timestamp,
    until: Timestamp,
}

impl Weeks {
    pub fn new(rate: Rate, seed: u64, from: Timestamp, until: Timestamp) -> Result<Self, ScriptError> {
        let world = SharedWorld::default();
        // Another seed has other people.
        let player = Player::new(&Scripts::load()?, seed.wrapping_add(1), rate, from);
        Ok(Self { player, stage: Stage::new(world.clone()), world, from, until })
    }

    /// Who speaks, as their network shows them.
    pub const fn world(&self) -> &SharedWorld {
        &self.world
    }
}

impl Iterator for Weeks {
    /// When it is said, and the frame.
    type Item = (Timestamp, String);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let event = self.player.next_until(self.until)?;
            let Act::Post(said) = &event.act else { continue };
            if event.city == ELSEWHERE || said.line.post.delete_after_minutes.is_some() {
                continue;
            }
            let frame = self.stage.perform(&event, event.at);
            if let Some(frame) = frame.filter(|_| event.at >= self.from) {
                return Some((event.at, frame));
            }
        }
    }
}
