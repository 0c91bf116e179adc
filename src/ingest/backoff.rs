//! How long to wait before trying again.
//!
//! Owns the arithmetic of jittered exponential back-off. Does not own the waiting, nor the decision to try.
//! Invariant: every pause lies between half of its step and the step, so many instances cut off together don't come
//! back together, and none comes back at once.

use std::time::Duration;

/// Pauses that double from `first` to `longest`.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    step: Duration,
}

impl Backoff {
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, step: first }
    }

    /// The next pause: at random between half of the current step and the step; the step then doubles, to `longest`
    /// at most.
    pub fn next(&mut self, rng: &mut fastrand::Rng) -> Duration {
        let step = self.step.min(self.longest);
        self.step = step.saturating_mul(2).min(self.longest);
        step.mul_f64(0.5 + 0.5 * rng.f64())
    }

    /// Begins again at `first`, after things went well for a while.
    pub const fn reset(&mut self) {
        self.step = self.first;
    }
}

/// A pause that a server asked for, made a little longer at random: all its clients were told the same number.
pub fn at_least(asked: Duration, rng: &mut fastrand::Rng) -> Duration {
    asked.saturating_add(Duration::from_secs(1).mul_f64(rng.f64()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pauses_double_to_the_bound_and_begin_again_after_a_reset() {
        let mut rng = fastrand::Rng::with_seed(7);
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        for step in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            let pause = backoff.next(&mut rng);
            let step = Duration::from_secs(step);
            assert!(pause >= step / 2 && pause <= step, "{pause:?} of {step:?}");
        }
        backoff.reset();
        assert!(backoff.next(&mut rng) <= Duration::from_secs(1));
    }

    #[test]
    fn two_instances_do_not_wait_alike() {
        let pauses = |seed| {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
            (0..4).map(|_| backoff.next(&mut rng)).collect::<Vec<_>>()
        };
        assert_ne!(pauses(1), pauses(2));
        assert_eq!(pauses(1), pauses(1));
    }

    proptest! {
        #[test]
        fn a_pause_is_never_nothing_and_never_beyond_the_bound(seed: u64, tries in 1usize..200) {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(60));
            for _ in 0..tries {
                let pause = backoff.next(&mut rng);
                prop_assert!(pause >= Duration::from_millis(250) && pause <= Duration::from_secs(60));
            }
        }

        #[test]
        fn an_asked_pause_is_honoured(seed: u64, seconds in 0u64..3_600) {
            let asked = Duration::from_secs(seconds);
            let pause = at_least(asked, &mut fastrand::Rng::with_seed(seed));
            prop_assert!(pause >= asked && pause <= asked + Duration::from_secs(1));
        }
    }
}
