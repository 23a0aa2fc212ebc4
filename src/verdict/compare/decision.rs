//! The answer to each comparison, and to all of them.
//!
//! One comparison is primary. The others are many, and some of many look bad by chance, so they are corrected for their number
//! (Holm 1979). Two runs of one shop are called a regression in one of twenty cases at most: half of these five per cent
//! belongs to the primary comparison, which so is a regression exactly if its 95 % range lies above the noise, and half to all others together.

use crate::verdict::statistics::{Shift, power};

/// The chance that is accepted of calling the primary comparison of two like runs a regression.
pub const PRIMARY_LEVEL: f64 = 0.025;
/// The same of any of the other comparisons, all together.
pub const OTHERS_LEVEL: f64 = 0.025;
/// The chance that is accepted of missing a change that matters.
pub const CLEAR_LEVEL: f64 = 0.05;
/// The answer to a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeVerdict {
    /// Surely worse, and not surely by less than matters.
    Regression,
    /// Surely not worse by as much as matters.
    NoRegression,
    /// Neither is sure.
    Inconclusive,
}

/// Why an answer was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeReason {
    /// The limits say so.
    Sure,
    /// Surely worse, but surely by less than matters.
    TooSmall,
    /// The limits are on both sides.
    Straddles,
}

/// What decides a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The noise between like runs: a regression is surely beyond it.
    pub floor: f64,
    /// What matters: no regression is surely less.
    pub margin: f64,
}

/// The answer, given the corrected p-value of "worse than the noise".
///
/// Surely worse, and not surely by less than matters: a regression. Surely not worse by as much as matters: none.
pub fn decide(
    shift: &Shift,
    bounds: Bounds,
    corrected: f64,
    level: f64,
) -> (ChangeVerdict, ChangeReason) {
    let (worse, clear) = (corrected <= level, shift.limits(CLEAR_LEVEL).high < bounds.margin);
    match (worse, clear) {
        (_, true) => (
            ChangeVerdict::NoRegression,
            if worse { ChangeReason::TooSmall } else { ChangeReason::Sure },
        ),
        (true, false) => (ChangeVerdict::Regression, ChangeReason::Sure),
        (false, false) => (ChangeVerdict::Inconclusive, ChangeReason::Straddles),
    }
}

/// How many times as much must be seen until an answer like this is decided; `strictness` is the number of
/// comparisons that share the level.
pub fn times_needed(shift: &Shift, bounds: Bounds, strictness: f64, level: f64) -> Option<f64> {
    let (clear, worse) = (shift.caution(CLEAR_LEVEL), shift.caution(level / strictness));
    power::times_needed(20, |times| {
        let more = shift.with_more(times);
        more.limits_at(clear).high < bounds.margin || more.limits_at(worse).low > bounds.floor
    })
}

// === impl ChangeVerdict ===

impl ChangeVerdict {
    /// As `comparison.json` writes it.
    pub const fn key(self) -> &'static str {
        match self {
            ChangeVerdict::Regression => "regression",
            ChangeVerdict::NoRegression => "no_regression",
            ChangeVerdict::Inconclusive => "inconclusive",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::statistics::QuantileShift;

    fn shift(estimate: f64, error: f64) -> Shift {
        Shift::Quantile(QuantileShift { estimate, error, freedom: f64::INFINITY })
    }

    #[test]
    fn there_are_three_answers() {
        let bounds = Bounds { floor: 0.0, margin: 0.1 };
        let of = |estimate, error| {
            let shift = shift(estimate, error);
            decide(&shift, bounds, shift.p_value(bounds.floor), PRIMARY_LEVEL)
        };
        assert_eq!(of(0.2, 0.05), (ChangeVerdict::Regression, ChangeReason::Sure));
        assert_eq!(of(0.0, 0.05), (ChangeVerdict::NoRegression, ChangeReason::Sure));
        assert_eq!(
            of(0.05, 0.01),
            (ChangeVerdict::NoRegression, ChangeReason::TooSmall),
            "surely worse, surely by less than matters"
        );
        assert_eq!(of(0.05, 0.05), (ChangeVerdict::Inconclusive, ChangeReason::Straddles));
        assert_eq!(
            of(0.15, 0.05).0,
            ChangeVerdict::Regression,
            "surely worse, perhaps by more than matters"
        );
    }

    #[test]
    fn more_of_the_same_decides() {
        let bounds = Bounds { floor: 0.0, margin: 0.1 };
        let times = times_needed(&shift(0.05, 0.05), bounds, 1.0, PRIMARY_LEVEL).unwrap();
        let (p, more) = (
            shift(0.05, 0.05).with_more(times).p_value(0.0),
            shift(0.05, 0.05).with_more(times * 0.95),
        );
        assert!(
            p <= PRIMARY_LEVEL || shift(0.05, 0.05).with_more(times).limits(CLEAR_LEVEL).high < 0.1
        );
        assert_eq!(
            decide(&more, bounds, more.p_value(0.0), PRIMARY_LEVEL).0,
            ChangeVerdict::Inconclusive
        );
        assert!(times_needed(&shift(0.05, 0.05), bounds, 30.0, OTHERS_LEVEL).unwrap() >= times);
    }
}
