//! Sums of figures in 0..=1: of ones and zeros, whose mean is a rate, or of probabilities, whose mean is a loss.

use std::collections::BTreeMap;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

use super::{Interval, mean_interval};

/// A sum of figures in 0..=1, with what their mean and variance take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SumOfSquares {
    /// The sum of the figures.
    pub sum: f64,
    /// The sum of their squares.
    pub squares: f64,
    /// How many figures.
    pub count: f64,
}

/// Sums by block of time.
pub type SumsByBlock = BTreeMap<u32, SumOfSquares>;

// === impl SumOfSquares ===

impl SumOfSquares {
    /// Of a one for each event, and a zero for each other simulated.
    pub fn of_events(events: u64, trials: u64) -> SumOfSquares {
        SumOfSquares { sum: events as f64, squares: events as f64, count: trials as f64 }
    }

    /// Of `count` figures that are all the same.
    pub fn of_equal(figure: f64, count: u64) -> SumOfSquares {
        let count = count as f64;
        SumOfSquares { sum: figure * count, squares: figure * figure * count, count }
    }

    /// Their mean; not a number without figures.
    pub fn mean(&self) -> f64 {
        self.sum / self.count
    }

    /// The variance of one figure; never below zero by rounding.
    pub fn variance(&self) -> f64 {
        (self.squares / self.count - self.mean().powi(2)).max(0.0)
    }

    /// How many yes-and-no answers of the same mean say as much as one figure: probabilities vary less than such answers, and
    /// say more.
    pub fn sharpness(&self) -> f64 {
        let (mean, variance) = (self.mean(), self.variance());
        if variance > 0.0 { mean * (1.0 - mean) / variance } else { 1.0 }
    }

    /// These without those, which are among them; never below zero by rounding.
    pub fn without(&self, other: SumOfSquares) -> SumOfSquares {
        let less = |all: f64, part: f64| (all - part).max(0.0);
        SumOfSquares {
            sum: less(self.sum, other.sum),
            squares: less(self.squares, other.squares),
            count: less(self.count, other.count),
        }
    }

    /// Where the mean lies with 95 % confidence, if clustering in time inflates its variance by `design_effect`.
    pub fn ci95(&self, design_effect: f64) -> Interval {
        if self.count <= 0.0 {
            return Interval { low: 0.0, high: 1.0 };
        }
        mean_interval(
            self.mean(),
            (self.variance() / self.count * design_effect).sqrt(),
            self.count as u64,
        )
    }
}

impl Add for SumOfSquares {
    type Output = SumOfSquares;
    fn add(self, other: SumOfSquares) -> SumOfSquares {
        let SumOfSquares { sum, squares, count } = other;
        SumOfSquares {
            sum: self.sum + sum,
            squares: self.squares + squares,
            count: self.count + count,
        }
    }
}

impl Sum for SumOfSquares {
    fn sum<I: Iterator<Item = SumOfSquares>>(sums: I) -> SumOfSquares {
        sums.fold(SumOfSquares::default(), |total, sums| total + sums)
    }
}

impl<'s> Sum<&'s SumOfSquares> for SumOfSquares {
    fn sum<I: Iterator<Item = &'s SumOfSquares>>(sums: I) -> SumOfSquares {
        sums.copied().sum()
    }
}

impl AddAssign for SumOfSquares {
    fn add_assign(&mut self, other: SumOfSquares) {
        *self = *self + other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::statistics::{Rate, Z95, wilson};

    #[test]
    fn a_mean_of_ones_and_zeros_is_a_rate() {
        let sums = SumOfSquares::of_events(12, 2_000);
        assert_eq!(sums, SumOfSquares::of_equal(1.0, 12) + SumOfSquares::of_equal(0.0, 1_988));
        let (mean, rate) =
            (sums.ci95(4.0), Rate { design_effect: 4.0, ..Rate::new(12, 2_000) }.ci95().unwrap());
        assert!(
            (mean.low - rate.low).abs() < 1e-12 && (mean.high - rate.high).abs() < 1e-12,
            "{mean:?} {rate:?}"
        );
        assert_eq!(SumOfSquares::of_events(0, 1_000).ci95(1.0), Interval { low: 0.0, high: 0.003 });
        assert_eq!(SumOfSquares::default().ci95(1.0), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn chances_vary_less_than_ones_and_zeros_and_say_more() {
        let (chances, events) = (
            SumOfSquares::of_equal(0.26, 100) + SumOfSquares::of_equal(0.0, 900),
            wilson(0.026, 1_000.0, Z95),
        );
        let found = chances.ci95(1.0);
        assert!(
            events.low < found.low
                && found.low < 0.026
                && 0.026 < found.high
                && found.high < events.high,
            "{found:?}"
        );
    }
}
