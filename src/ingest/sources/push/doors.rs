//! The senders that can be verified now, and what each may still send.
//!
//! Owns who signed a delivery. Does not own the secrets' places (`source` reads them) nor the delivery's way. Invariant: a
//! sender whose secrets can't be read is known and takes nothing, so that its deliveries are put off and not refused.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Sender;
use super::signature::Signed;
use crate::domain::{AuthorProfile, CityId, PushRefusal, Timestamp};
use crate::ingest::Outlet;

/// A key of Standard Webhooks. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(pub Vec<u8>);

/// All senders of the cities that are served; clones are one.
#[derive(Clone, Default)]
pub struct Doors {
    doors: Arc<Mutex<HashMap<CityId, Vec<Door>>>>,
    /// The cities' own desks, which send without a door: what is written there needs no signature.
    desks: Arc<Mutex<Vec<Sender>>>,
}

struct Door {
    sender: Sender,
    /// One post's part of the hour.
    each: Duration,
    /// When all that was sent is as if it had not been; which each post puts off by [`Door::each`].
    at_rest: Option<Instant>,
    open: Option<Open>,
}

#[derive(Clone)]
struct Open {
    keys: Arc<[Key]>,
    outlet: Outlet,
    /// Which life of its source has opened it.
    life: u64,
}

/// Posts are counted over this.
const HOUR: Duration = Duration::from_secs(3_600);

/// A verified delivery's sender.
#[derive(Clone)]
pub struct Entered {
    pub sender: Sender,
    pub outlet: Outlet,
}

impl Doors {
    fn lock(&self) -> MutexGuard<'_, HashMap<CityId, Vec<Door>>> {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes these the senders. Those that were there stay as they are, with what they have sent.
    pub fn keep(&self, wanted: Vec<(CityId, Sender, u32)>) {
        let mut doors = self.lock();
        let mut before = std::mem::take(&mut *doors);
        for (city, sender, per_hour) in wanted {
            let old = before.get_mut(&city).and_then(|of_city| {
                let at = of_city.iter().position(|door| door.sender.author == sender.author)?;
                Some(of_city.swap_remove(at))
            });
            let (at_rest, open) = old.map_or((None, None), |old| (old.at_rest, old.open));
            doors.entry(city).or_default().push(Door { sender, each: HOUR / per_hour.max(1), at_rest, open });
        }
    }

    pub fn know_desks(&self, desks: Vec<Sender>) {
        *self.desks.lock().unwrap_or_else(PoisonError::into_inner) = desks;
    }

    /// Opens a sender's door, until what is returned is dropped. `life`: another for each call.
    pub fn open(&self, city: &CityId, sender: &Sender, keys: Vec<Key>, outlet: Outlet, life: u64) -> Opened {
        let opened = Opened { doors: self.clone(), city: city.clone(), sender: sender.clone(), life };
        let open = Open { keys: keys.into(), outlet, life };
        opened.change(|door| door.open = Some(open));
        opened
    }

    /// Who of a city's senders signed this.
    pub fn enter(&self, city: &CityId, signed: &Signed<'_>, now: Timestamp) -> Result<Entered, PushRefusal> {
        signed.check_headers(now)?;
        // Nothing is verified while the lock is held.
        let doors: Vec<(Sender, Option<Open>)> = {
            let doors = self.lock();
            let of_city = doors.get(city).map_or(&[][..], Vec::as_slice);
            of_city.iter().map(|door| (door.sender.clone(), door.open.clone())).collect()
        };
        let is_closed = doors.iter().any(|(_, open)| open.is_none());
        for (sender, open) in doors {
            let Some(open) = open else { continue };
            if open.keys.iter().any(|key| signed.is_by(&key.0)) {
                return Ok(Entered { sender, outlet: open.outlet });
            }
        }
        // It may be the word of one that can't be verified just now.
        Err(if is_closed {
            PushRefusal::Busy("A sender of this city can't be verified now.")
        } else {
            PushRefusal::Unsigned
        })
    }

    /// The senders among these accounts.
    pub fn profiles(&self, accounts: &[String]) -> Vec<AuthorProfile> {
        let doors = self.lock();
        let city = |account: &str| account.split_once(':').map(|(city, _)| CityId::new(city));
        let sender = |account: &String| {
            let of_city = doors.get(&city(account)?)?;
            of_city.iter().map(|door| &door.sender).find(|sender| sender.author.as_str() == account)
        };
        let desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = |account: &String| desks.iter().find(|desk| desk.author.as_str() == account);
        accounts.iter().filter_map(|account| sender(account).or_else(|| desk(account))).map(Sender::profile).collect()
    }

    /// Counts so many posts of a sender, unless that is more than it may send now.
    pub fn charge(&self, city: &CityId, sender: &Sender, posts: usize, now: Instant) -> Result<(), PushRefusal> {
        let mut doors = self.lock();
        let door = doors.get_mut(city).and_then(|of| of.iter_mut().find(|door| door.sender.author == sender.author));
        // It was taken out of the city's file a moment ago.
        let door = door.ok_or(PushRefusal::Unsigned)?;
        let busy = door.at_rest.map_or(Duration::ZERO, |at_rest| at_rest.saturating_duration_since(now));
        let then = busy.saturating_add(door.each.saturating_mul(u32::try_from(posts).unwrap_or(u32::MAX)));
        if then > HOUR {
            let wait_s = u32::try_from((then.saturating_sub(HOUR)).as_secs()).unwrap_or(u32::MAX).max(1);
            return Err(PushRefusal::TooMany { wait_s });
        }
        door.at_rest = Some(now + then);
        Ok(())
    }
}

/// An open door.
pub struct Opened {
    doors: Doors,
    city: CityId,
    sender: Sender,
    life: u64,
}

impl Opened {
    fn change(&self, edit: impl FnOnce(&mut Door)) {
        let mut doors = self.doors.lock();
        let door = doors
            .get_mut(&self.city)
            .and_then(|of| of.iter_mut().find(|door| door.sender.author == self.sender.author));
        if let Some(door) = door {
            edit(door);
        }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // Another life may have opened it again before this one was gone.
        self.change(|door| {
            if door.open.as_ref().is_some_and(|open| open.life == self.life) {
                door.open = None;
            }
        });
    }
}
