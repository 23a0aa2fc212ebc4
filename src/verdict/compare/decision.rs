//! The answer to each comparison, and to all of them.
//!
//! One comparison is primary. The others are many, and some of many look bad by chance, so they are corrected for their number
//! (Holm 1979). Two runs of one shop are called a regression in one of twenty cases at most: half of these five per cent
//! belongs to the primary comparison, which so is a regression exactly if its 95 % range lies above the noise, and half to all others together.

use crate::verdict::statistics::{Shift, power};

/// The chance that is accepted of calling the primary comparison of two like runs a regression.
pub(super) const PRIMARY_LEVEL: f64 = 0.025;
/// The same of any of the other comparisons, all together.
pub(super) const OTHERS_LEVEL: f64 = 0.025;
/// The chance that is accepted of missing a change that matters.
pub(super) const CLEAR_LEVEL: f64 = 0.05;
/// The answer to a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Surely worse, and not surely by less than matters.
    Regression,
    /// Surely not worse by as much as matters.
    NoRegression,
    /// Neither is sure.
    Inconclusive,
}

/// Why an answer was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The limits say so.
    Sure,
    /// Surely worse, but surely by less than matters.
    TooSmall,
    /// The limits are on both sides.
    Straddles,
}

/// What decides a comparison.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The noise between like runs: a regression is surely beyond it.
    pub(super) floor: f64,
    /// What matters: no regression is surely less.
    pub(super) margin: f64,
}

/// The answer, given the corrected p-value of "worse than the noise".
///
/// Surely worse, and not surely by less than matters: a regression. Surely not worse by as much as matters: none.
pub(super) fn answer(
    shift: &Shift,
    bounds: Bounds,
    corrected: f64,
    level: f64,
) -> (Answer, Because) {
    let (worse, clear) = (corrected <= level, shift.limits(CLEAR_LEVEL).high < bounds.margin);
    match (worse, clear) {
        (_, true) => (Answer::NoRegression, if worse { Because::TooSmall } else { Because::Sure }),
        (true, false) => (Answer::Regression, Because::Sure),
        (false, false) => (Answer::Inconclusive, Because::Straddles),
    }
}

/// How many times as much must be seen until an answer like this is decided; `strictness` is the number of
/// comparisons that share the level.
pub(super) fn times_needed(
    shift: &Shift,
    bounds: Bounds,
    strictness: f64,
    level: f64,
) -> Option<f64> {
    let (clear, worse) = (shift.caution(CLEAR_LEVEL), shift.caution(level / strictness));
    power::times_needed(20, |times| {
        let more = shift.with_more(times);
        more.limits_at(clear).high < bounds.margin || more.limits_at(worse).low > bounds.floor
    })
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
            answer(&shift, bounds, shift.p_value(bounds.floor), PRIMARY_LEVEL)
        };
        assert_eq!(of(0.2, 0.05), (Answer::Regression, Because::Sure));
        assert_eq!(of(0.0, 0.05), (Answer::NoRegression, Because::Sure));
        assert_eq!(
            of(0.05, 0.01),
            (Answer::NoRegression, Because::TooSmall),
            "surely worse, surely by less than matters"
        );
        assert_eq!(of(0.05, 0.05), (Answer::Inconclusive, Because::Straddles));
        assert_eq!(
            of(0.15, 0.05).0,
            Answer::Regression,
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
        assert_eq!(answer(&more, bounds, more.p_value(0.0), PRIMARY_LEVEL).0, Answer::Inconclusive);
        assert!(times_needed(&shift(0.05, 0.05), bounds, 30.0, OTHERS_LEVEL).unwrap() >= times);
    }
}
