use std::time::Duration;

use tokio::sync::watch;

use crate::shutdown::Shutdown;
use crate::store::{Room, Store};

/// How often the disk is looked at: an alarm comes, and goes, within this.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The alarm is raised below this share of the disk (one in so many parts), or below this many bytes (D6).
const SHARE_MIN: u64 = 10;
const BYTES_MIN: u64 = 1 << 30;

/// Watches the room on the disk of the database until shutdown; `trouble` is empty while there is enough, and while what
/// is decided can be written (`unwritten` says why not).
pub async fn watch_disk(
    store: Store,
    unwritten: watch::Receiver<String>,
    trouble: watch::Sender<String>,
    shutdown: Shutdown,
) {
    loop {
        let asked = store.clone();
        // A disk that hangs holds up no other task.
        match tokio::task::spawn_blocking(move || asked.room()).await {
            Ok(Ok(room)) => tell(Some(room), &unwritten.borrow(), &trouble),
            Ok(Err(error)) => {
                tracing::warn!(%error, "The room on the database's disk can't be asked for.");
                tell(None, &unwritten.borrow(), &trouble);
            }
            Err(_stopped) => return,
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = shutdown.triggered() => return,
        }
    }
}

fn tell(room: Option<Room>, unwritten: &str, trouble: &watch::Sender<String>) {
    if let Some(room) = room {
        metrics::gauge!("parvis_disk_free_bytes").set(room.free as f64);
        metrics::gauge!("parvis_disk_total_bytes").set(room.total as f64);
    }
    let told = room.and_then(alarm).unwrap_or_else(|| unwritten.to_owned());
    trouble.send_if_modified(|before| {
        // The figure changes all the time; to begin and to end is what is logged.
        match (before.is_empty(), told.is_empty()) {
            (true, false) => tracing::error!(trouble = told, "The database can't be written, or not for long."),
            (false, true) => tracing::info!("The database is written again, and its disk has room."),
            _ => {}
        }
        let changed = *before != told;
        *before = told;
        changed
    });
}

fn alarm(room: Room) -> Option<String> {
    let is_low = room.free < BYTES_MIN || room.free < room.total / SHARE_MIN;
    is_low.then(|| match room.free {
        0 => "the disk of the database is full: reading goes on, and writing does once there is room again".into(),
        free => format!("the disk of the database has only {} MiB left", free >> 20),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d6_a_commit_that_fails_on_a_disk_with_room_is_told_too() {
        let (trouble, told) = watch::channel(String::new());
        let plenty = Room { free: 50 << 30, total: 100 << 30 };
        tell(Some(plenty), "input/output error", &trouble);
        assert_eq!(*told.borrow(), "input/output error");
        tell(Some(Room { free: 0, ..plenty }), "input/output error", &trouble);
        assert!(told.borrow().contains("full"), "the cause is told where it is known");
        tell(None, "", &trouble);
        assert_eq!(*told.borrow(), "");
    }

    #[test]
    fn d6_the_alarm_comes_below_a_tenth_and_below_a_gibibyte() {
        let gib = |free: u64, total: u64| Room { free: free << 30, total: total << 30 };
        assert_eq!(alarm(gib(10, 100)), None);
        assert!(alarm(gib(9, 100)).is_some());
        assert_eq!(alarm(gib(1, 4)), None);
        let below = Room { free: (1 << 30) - 1, total: 4 << 30 };
        assert!(alarm(below).is_some_and(|told| told.contains("1023 MiB")));
        assert!(alarm(gib(0, 4)).is_some_and(|told| told.contains("full")));
    }
}
