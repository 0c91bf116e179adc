use futures_util::future::{BoxFuture, FutureExt};

use super::*;
use crate::clock::ManualClock;
use crate::domain::AuthorLookup;
use crate::ingest::{SourceContext, SourceError};

const START: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

/// A source that says nothing by itself.
struct Quiet;

impl Source for Quiet {
    fn id(&self) -> SourceId {
        SourceId::new("bluesky")
    }

    fn network(&self) -> Network {
        Network::Bluesky
    }

    fn lookup(&self) -> Option<Arc<dyn AuthorLookup>> {
        None
    }

    fn silent_after(&self) -> Option<Duration> {
        Some(Duration::from_secs(60))
    }

    fn run(&mut self, _: SourceContext) -> BoxFuture<'_, Result<(), SourceError>> {
        futures_util::future::pending().boxed()
    }
}

fn board() -> (HealthBoard, HealthHandle, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(START));
    let board = HealthBoard::new(clock.clone());
    let handle = board.add(&Quiet);
    (board, handle, clock)
}

fn state(board: &HealthBoard) -> (SourceState, i64) {
    board.refresh();
    let shown = board.watch();
    let health = &shown.borrow()[0];
    (health.state, health.since.seconds_since(START))
}

#[test]
fn states_follow_what_happens_and_since_moves_with_the_state_only() {
    let (board, handle, clock) = board();
    assert_eq!(state(&board), (SourceState::Connecting, 0));
    clock.set(START.plus_seconds(1));
    handle.connected();
    handle.saw(Some(START.plus_seconds(-7_200)));
    assert_eq!(state(&board), (SourceState::CatchingUp, 1));
    clock.set(START.plus_seconds(5));
    handle.saw(Some(START.plus_seconds(4)));
    assert_eq!(state(&board), (SourceState::Live, 5));
    clock.set(START.plus_seconds(20));
    handle.saw(Some(START.plus_seconds(20)));
    assert_eq!(state(&board), (SourceState::Live, 5));

    board.set_waiting(true);
    assert_eq!(state(&board), (SourceState::WaitingForProfiles, 20));
    board.set_waiting(false);
    assert_eq!(state(&board), (SourceState::Live, 20));

    clock.set(START.plus_seconds(80));
    assert_eq!(state(&board), (SourceState::Silent, 80));
    handle.phase(Phase::Refused, Some("no".into()));
    assert_eq!(state(&board).0, SourceState::Refused);
    handle.phase(Phase::Stopped, None);
    assert_eq!(state(&board).0, SourceState::Stopped);
}

#[test]
fn a_source_that_stays_silent_does_not_flicker_while_it_connects_anew() {
    let (board, handle, clock) = board();
    handle.connected();
    clock.set(START.plus_seconds(60));
    assert_eq!(state(&board), (SourceState::Silent, 60));
    handle.silent("nothing received for 60 s".into());
    handle.phase(Phase::Connecting, None);
    handle.connected();
    assert_eq!(state(&board), (SourceState::Silent, 60));
    clock.set(START.plus_seconds(61));
    handle.saw(None);
    assert_eq!(state(&board), (SourceState::Live, 61));
    // A connection that fails is down, whatever it was before.
    handle.silent(String::new());
    handle.phase(Phase::Down, Some("cut".into()));
    assert_eq!(state(&board), (SourceState::Down, 61));
}

#[test]
fn a_quiet_source_does_not_lag() {
    let (board, handle, clock) = board();
    handle.connected();
    handle.saw(Some(START));
    clock.set(START.plus_seconds(59));
    assert_eq!(state(&board).0, SourceState::Live);
}

#[test]
fn d2_the_last_twenty_gaps_are_remembered() {
    let (board, handle, _clock) = board();
    for second in 0..25 {
        handle.gap(Gap { from: START.plus_seconds(second), until: START.plus_seconds(second + 1) });
    }
    let shown = board.watch();
    let gaps = &shown.borrow()[0].gaps;
    assert_eq!((gaps.len(), gaps[0].from), (20, START.plus_seconds(5)));
}

#[test]
fn watchers_are_woken_by_changes_and_not_by_frames() {
    let (board, handle, clock) = board();
    handle.connected();
    let mut shown = board.watch();
    shown.mark_unchanged();
    clock.set(START.plus_seconds(3));
    handle.saw(None);
    board.refresh();
    assert!(!shown.has_changed().unwrap());
    assert_eq!(shown.borrow()[0].last_event_at, Some(START.plus_seconds(3)));
    handle.phase(Phase::Down, Some("cut off".into()));
    assert!(shown.has_changed().unwrap());
    assert_eq!(shown.borrow_and_update()[0].detail, "cut off");
}

#[test]
fn a_source_that_is_cut_off_says_since_when_however_often_it_tries_again() {
    let (board, handle, clock) = board();
    handle.connected();
    clock.set(START.plus_seconds(10));
    handle.phase(Phase::Down, Some("cut".into()));
    for second in [12, 15, 20] {
        clock.set(START.plus_seconds(second));
        handle.phase(Phase::Connecting, None);
        assert_eq!(state(&board), (SourceState::Down, 10));
        handle.phase(Phase::Down, Some("refused".into()));
        assert_eq!(state(&board), (SourceState::Down, 10));
    }
    clock.set(START.plus_seconds(30));
    handle.connected();
    assert_eq!(state(&board).0, SourceState::Live);
}

#[test]
fn what_was_missed_is_caught_up_with_once_nothing_more_of_it_comes() {
    let (board, handle, clock) = board();
    handle.connected();
    clock.set(START.plus_seconds(7_200));
    handle.saw(Some(START));
    assert_eq!(state(&board).0, SourceState::CatchingUp);
    clock.set(START.plus_seconds(7_204));
    assert_eq!(state(&board).0, SourceState::Live);
}
