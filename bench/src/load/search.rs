use std::time::Duration;

use super::{Load, Outcome};

impl Load {
    /// The largest rate that is sustained, to within `precision` (1.08: 8 %): climbs by 1.6 from `low`, then halves the
    /// gap. A rate that fails is tried once more, so that a hiccup of the machine is not taken for the server's limit.
    /// `None`: not even one post in five seconds.
    pub fn search(&mut self, low: f64, precision: f64, time: Duration) -> anyhow::Result<Option<Outcome>> {
        let mut best: Option<Outcome> = None;
        let (mut rate, mut too_much) = (low, f64::INFINITY);
        loop {
            let outcome = self.attempt(rate, time)?;
            let outcome = if outcome.is_sustained { outcome } else { self.attempt(rate, time)? };
            if outcome.is_sustained {
                best = Some(outcome);
            } else {
                too_much = rate;
            }
            let good = best.as_ref().map_or(0.0, |best| best.rate);
            rate = match (good > 0.0, too_much.is_finite()) {
                (true, false) => rate * 1.6,
                (false, _) if rate < 0.2 => return Ok(None),
                (false, _) => rate / 2.0,
                (true, true) if too_much / good <= precision => return Ok(best),
                (true, true) => (good * too_much).sqrt(),
            };
        }
    }

    fn attempt(&mut self, rate: f64, time: Duration) -> anyhow::Result<Outcome> {
        let outcome = self.run(rate, time)?;
        eprintln!(
            "    {:>8.0} posts/s: {:>9.0} deliveries/s, p99 {:>7.2} ms, drain {:>6.1} ms, generator {:>3.0} % {}",
            rate,
            outcome.deliveries_per_s,
            outcome.p99_ms,
            outcome.drain_ms,
            100.0 * outcome.generator_cpu_s / outcome.wall_s,
            if outcome.is_sustained { "" } else { "not sustained" },
        );
        anyhow::ensure!(self.gone == 0, "{} readers were lost under load", self.gone);
        Ok(outcome)
    }
}
