use std::time::Instant;

/// Measures the time that this thread spends on a core. On a machine with other work that is what the work at hand
/// costs; where the kernel does not tell, it is the time of the clock.
pub struct CoreTime {
    start: Instant,
    spent: Option<f64>,
}

impl CoreTime {
    pub fn start() -> Self {
        Self { start: Instant::now(), spent: spent() }
    }

    /// Seconds since the start.
    pub fn seconds(&self) -> f64 {
        let by_clock = self.start.elapsed().as_secs_f64();
        match (self.spent, spent()) {
            (Some(before), Some(now)) => now - before,
            _ => by_clock,
        }
    }
}

fn spent() -> Option<f64> {
    // A thread that has just run is counted up to its last switch: make one.
    std::thread::sleep(std::time::Duration::from_micros(50));
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = schedstat.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}
