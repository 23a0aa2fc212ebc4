//! Shares with their intervals.

/// A share of a number of cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proportion {
    /// Cases with the property.
    pub some: u64,
    /// All cases.
    pub all: u64,
}

const Z: f64 = 1.959_963_984_540_054;

// === impl Share ===

impl Proportion {
    /// A share of this many.
    pub fn new(some: usize, all: usize) -> Proportion {
        Proportion { some: some as u64, all: all as u64 }
    }

    /// The share, from 0 to 1; of nothing it is 0.
    pub fn value(self) -> f64 {
        if self.all == 0 { 0.0 } else { self.some as f64 / self.all as f64 }
    }

    /// Wilson's interval at 95 %.
    pub fn interval(self) -> (f64, f64) {
        if self.all == 0 {
            return (0.0, 1.0);
        }
        let (n, p) = (self.all as f64, self.value());
        let centre = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
        let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        ((centre - half).max(0.0), (centre + half).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilson_s() {
        // Newcombe (1998), table I: 81 of 263.
        let (low, high) = Proportion::new(81, 263).interval();
        assert!((low - 0.2553).abs() < 1e-4 && (high - 0.3662).abs() < 1e-4, "{low} {high}");
        assert_eq!(Proportion::default().interval(), (0.0, 1.0));
    }
}
