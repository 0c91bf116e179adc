/// Sub-buckets per power of two: a quantile is at most 1.6 % too large.
const SUB_BITS: u32 = 6;
const SUB: u64 = 1 << SUB_BITS;
const BUCKETS: usize = ((64 - SUB_BITS as usize) + 1) * SUB as usize;

/// A log-linear histogram of nanoseconds. Recording allocates nothing.
pub struct Hist {
    counts: Vec<u64>,
    pub n: u64,
    pub max: u64,
}

impl Default for Hist {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], n: 0, max: 0 }
    }
}

impl Hist {
    fn index(value: u64) -> usize {
        if value < SUB {
            return value as usize;
        }
        let shift = 63 - value.leading_zeros() - SUB_BITS;
        ((u64::from(shift) + 1) * SUB + ((value >> shift) & (SUB - 1))) as usize
    }

    #[inline]
    pub fn record(&mut self, value: u64) {
        self.counts[Self::index(value)] += 1;
        self.n += 1;
        self.max = self.max.max(value);
    }

    pub fn clear(&mut self) {
        self.counts.fill(0);
        (self.n, self.max) = (0, 0);
    }

    /// Upper edge of the bucket that holds the quantile `q` (0 to 1), in milliseconds.
    pub fn quantile_ms(&self, q: f64) -> f64 {
        let want = ((self.n as f64) * q).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= want {
                let index = index as u64;
                let edge = if index < SUB { index } else { ((SUB + index % SUB + 1) << (index / SUB - 1)) - 1 };
                return edge.min(self.max) as f64 / 1e6;
            }
        }
        self.max as f64 / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_bucket() {
        let mut hist = Hist::default();
        for value in 1..=1_000_000_u64 {
            hist.record(value * 1_000);
        }
        for q in [0.5, 0.99, 0.999] {
            let (got, exact) = (hist.quantile_ms(q), q * 1_000.0);
            assert!(got >= exact && got <= exact * 1.017, "{q}: {got} for {exact}");
        }
    }
}
