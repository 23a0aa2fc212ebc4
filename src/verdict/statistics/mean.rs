//! Means of figures in 0..=1: of ones and zeros, which is a rate, or of chances, which is a loss.

use std::ops::{Add, AddAssign};

use super::{Interval, mean_interval};

/// A sum of figures in 0..=1, with what their mean and variance take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cell {
    /// The sum of the figures.
    pub sum: f64,
    /// The sum of their squares.
    pub squares: f64,
    /// How many figures.
    pub of: f64,
}

// === impl Cell ===

impl Cell {
    /// So many events among so many chances.
    pub fn counts(events: u64, of: u64) -> Cell {
        Cell { sum: events as f64, squares: events as f64, of: of as f64 }
    }

    /// So many figures that are all this.
    pub fn all(figure: f64, of: u64) -> Cell {
        Cell { sum: figure * of as f64, squares: figure * figure * of as f64, of: of as f64 }
    }

    /// Their mean; not a number without figures.
    pub fn mean(&self) -> f64 {
        self.sum / self.of
    }

    /// The variance of one figure; never below zero by rounding.
    pub fn variance(&self) -> f64 {
        (self.squares / self.of - self.mean().powi(2)).max(0.0)
    }

    /// These without those, which are among them; never below zero by rounding.
    pub fn without(&self, other: Cell) -> Cell {
        let less = |all: f64, part: f64| (all - part).max(0.0);
        Cell {
            sum: less(self.sum, other.sum),
            squares: less(self.squares, other.squares),
            of: less(self.of, other.of),
        }
    }

    /// Where the mean lies with 95 % confidence, if clustering in time inflates its variance by `design_effect`.
    pub fn ci95(&self, design_effect: f64) -> Interval {
        if self.of <= 0.0 {
            return Interval { low: 0.0, high: 1.0 };
        }
        mean_interval(
            self.mean(),
            (self.variance() / self.of * design_effect).sqrt(),
            self.of as u64,
        )
    }
}

impl Add for Cell {
    type Output = Cell;
    fn add(self, other: Cell) -> Cell {
        Cell {
            sum: self.sum + other.sum,
            squares: self.squares + other.squares,
            of: self.of + other.of,
        }
    }
}

impl AddAssign for Cell {
    fn add_assign(&mut self, other: Cell) {
        *self = *self + other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::statistics::{Rate, Z95, wilson};

    #[test]
    fn a_mean_of_ones_and_zeros_is_a_rate() {
        let cell = Cell::counts(12, 2_000);
        assert_eq!(cell, Cell::all(1.0, 12) + Cell::all(0.0, 1_988));
        let (mean, rate) =
            (cell.ci95(4.0), Rate { design_effect: 4.0, ..Rate::new(12, 2_000) }.ci95().unwrap());
        assert!(
            (mean.low - rate.low).abs() < 1e-12 && (mean.high - rate.high).abs() < 1e-12,
            "{mean:?} {rate:?}"
        );
        assert_eq!(Cell::counts(0, 1_000).ci95(1.0), Interval { low: 0.0, high: 0.003 });
        assert_eq!(Cell::default().ci95(1.0), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn chances_vary_less_than_ones_and_zeros_and_say_more() {
        let (chances, events) =
            (Cell::all(0.26, 100) + Cell::all(0.0, 900), wilson(0.026, 1_000.0, Z95));
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
