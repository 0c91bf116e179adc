use std::time::Duration;

use crate::CoreTime;

use super::{Load, cpu_seconds};

/// What one run came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub rate: f64,
    pub published: u64,
    pub lost: u64,
    pub out_of_order: u64,
    pub deliveries_per_s: f64,
    /// 1 where nothing was coalesced.
    pub posts_per_message: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
    pub max_ms: f64,
    /// From the last publish to the last delivery.
    pub drain_ms: f64,
    pub server_cpu_us_per_delivery: f64,
    pub generator_cpu_s: f64,
    /// What it took to read one, which the other end of every connection spends too.
    pub generator_cpu_us_per_delivery: f64,
    pub wall_s: f64,
    pub bytes_per_delivery: f64,
    /// Nothing lost, nobody gone, the publisher on schedule, and the last delivery soon after the last publish.
    pub is_sustained: bool,
}

/// A run whose last delivery is this late has lost the rest.
const QUIET: Duration = Duration::from_millis(1_500);
const DRAIN_MAX: Duration = Duration::from_secs(4);

impl Load {
    /// One post to everybody, with no other load; the largest latency is the time until the last has it.
    pub fn one(&mut self) -> anyhow::Result<Outcome> {
        let outcome = self.publish(10.0, 1)?;
        anyhow::ensure!(outcome.lost == 0, "of a single post {} deliveries were lost", outcome.lost);
        self.one_ms = outcome.max_ms;
        Ok(outcome)
    }

    /// Two posts, 5 ms apart, to readers who acknowledge late: milliseconds until the second is there, median of nine.
    /// With Nagle's algorithm it waits for the acknowledgement of the first, which takes 40 ms.
    pub fn second_of_two_ms(&mut self) -> anyhow::Result<f64> {
        let mut all = Vec::new();
        for _ in 0..9 {
            self.idle(Duration::from_millis(60))?;
            for reader in &self.readers {
                // A young connection acknowledges at once and would hide it.
                rustix::net::sockopt::set_tcp_quickack(&reader.stream, false)?;
            }
            all.push(self.publish(200.0, 2)?.max_ms);
        }
        Ok(crate::Figure::of(&all, "ms").median)
    }

    /// Publishes at a rate for a time.
    pub fn run(&mut self, rate: f64, time: Duration) -> anyhow::Result<Outcome> {
        self.publish(rate, (rate * time.as_secs_f64()).round().max(1.0) as u64)
    }

    fn publish(&mut self, rate: f64, total: u64) -> anyhow::Result<Outcome> {
        (self.received, self.messages, self.out_of_order, self.last_ns, self.bytes) = (0, 0, 0, 0, 0);
        self.hist.clear();
        self.readers.iter_mut().for_each(|reader| reader.last = 0);
        let (failed_before, gone_before) = (self.publisher.failed, self.gone);
        let (server_before, own) = (cpu_seconds(&self.target.pids), CoreTime::start());
        let (head, tail) = {
            let (head, tail) = self.target.template.split_once("@STAMP@").unwrap_or((&self.target.template, ""));
            (head.to_owned(), tail.to_owned())
        };
        let gap = 1e9 / rate;
        let start = self.now_ns() + 1_000_000;
        let due_at = |sent: u64| start + (sent as f64 * gap) as u64;
        let (mut sent, mut expected, mut published_at) = (0, 0, start);
        loop {
            let now = self.now_ns();
            while sent < total && due_at(sent) <= now {
                self.sequence += 1;
                let message = format!("{head}~T~{:020}~{:010}{tail}", due_at(sent), self.sequence);
                self.publisher.publish(message.as_bytes(), &self.poller)?;
                expected += self.open as u64;
                sent += 1;
                published_at = now;
            }
            let wait = if sent < total {
                Duration::from_nanos(due_at(sent).saturating_sub(now)).min(Duration::from_millis(50))
            } else {
                if self.received >= expected
                    || now.saturating_sub(self.last_ns.max(published_at)) > QUIET.as_nanos() as u64
                    || now.saturating_sub(published_at) > DRAIN_MAX.as_nanos() as u64
                {
                    break;
                }
                Duration::from_millis(20)
            };
            self.serve(if self.is_awake { Duration::ZERO } else { wait })?;
        }
        let seconds = |ns: u64| ns as f64 / 1e9;
        let drain = seconds(self.last_ns.saturating_sub(published_at));
        let wall = seconds(self.last_ns.saturating_sub(start)).max(1e-9);
        let ideal = total as f64 / rate;
        let lost = expected.saturating_sub(self.received);
        let received = self.received.max(1) as f64;
        let on_schedule = seconds(published_at - start) <= ideal * 1.02 + 0.02;
        // One pass of an idle server is part of every honest drain.
        let soon = drain <= (0.05 * ideal).max(0.05).max(0.0015 * self.one_ms);
        let whole = self.gone == gone_before && self.publisher.failed == failed_before;
        let own = own.seconds();
        let outcome = Outcome {
            rate,
            published: sent,
            lost,
            out_of_order: self.out_of_order,
            deliveries_per_s: self.received as f64 / wall,
            posts_per_message: received / self.messages.max(1) as f64,
            p50_ms: self.hist.quantile_ms(0.5),
            p99_ms: self.hist.quantile_ms(0.99),
            p999_ms: self.hist.quantile_ms(0.999),
            max_ms: self.hist.max as f64 / 1e6,
            drain_ms: drain * 1e3,
            server_cpu_us_per_delivery: (cpu_seconds(&self.target.pids) - server_before) * 1e6 / received,
            generator_cpu_s: own,
            generator_cpu_us_per_delivery: own * 1e6 / received,
            wall_s: wall,
            bytes_per_delivery: self.bytes as f64 / received,
            is_sustained: lost == 0 && whole && on_schedule && soon,
        };
        if lost > 0 || self.publisher.waiting() > 0 {
            // What comes late must not count in the next run.
            self.idle(Duration::from_secs(2))?;
        }
        Ok(outcome)
    }
}
