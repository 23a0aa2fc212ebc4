//! A finding's figures, each with its interval.
//!
//! Blocks of time don't tell groups apart, so clustering is judged for everybody at the place of the finding, and each side is
//! taken to meet its share of everybody's bad moments: a group that fails at any time must not hide that the others fail in
//! bursts. Where both sides meet the same bad moments, the intervals of what they differ by are wider than they need be. A finding
//! is listed because it stands out: where it only just does, its figures are more likely too high than too low.

use super::choice::Choice;
use super::counts::{Counts, Failing, Group, Place};
use super::spot::{HotSpot, Scope};
use crate::plan::{ArrivalModel, Plan};
use crate::tally::Tally;
use crate::verdict::statistics::{Interval, Rate, SumOfSquares, clustering, difference, ratio};

/// What everybody at a place met, and by how much clustering in time inflates its variance; none if it can't be judged.
struct Everybody {
    met: SumOfSquares,
    effect: Option<f64>,
}

/// The finding, without the shoppers whom others explain.
pub(super) fn spot(
    plan: &Plan,
    tally: &Tally,
    counts: &Counts,
    choice: &Choice,
    explained: &[(Place, Group)],
) -> HotSpot {
    let blocks: Vec<Failing> = Counts::by_block(plan, tally, choice.steps()).collect();
    let repeated =
        Everybody::of(blocks.iter().map(|met| SumOfSquares::of_events(met.repeated, met.shoppers)));
    let lost = Everybody::of(blocks.iter().map(|met| met.lost));
    let (met, met_outside) = choice.met(plan, counts, explained);
    let (inside, outside) = (repeated.rate(&met), repeated.rate(&met_outside));
    let lift_ci95 = ratio(&inside, &outside).unwrap_or(Interval { low: 0.0, high: f64::INFINITY });
    let lift = match outside.value().filter(|rate| *rate > 0.0) {
        Some(elsewhere) => inside.value().unwrap_or_default() / elsewhere,
        None => lift_ci95.low,
    };
    let times = |by: f64| met.shoppers as f64 * by;
    let excess = |one: (f64, Interval), other: (f64, Interval)| {
        let ci95 = difference(one, other);
        (times(one.0 - other.0), Interval { low: times(ci95.low), high: times(ci95.high) })
    };
    let rate = |rate: &Rate| {
        (rate.value().unwrap_or_default(), rate.ci95().unwrap_or(Interval { low: 0.0, high: 1.0 }))
    };
    let loss = |side: &SumOfSquares| {
        (if side.count > 0.0 { side.mean() } else { 0.0 }, side.ci95(lost.effect_on(side)))
    };
    let open = !matches!(plan.load.arrivals, ArrivalModel::Closed { .. });
    let vaguest = choice.vaguest();
    HotSpot {
        group: counts.named(choice.group()),
        basis: counts.basis(choice.group()),
        steps: choice.steps().to_vec(),
        scope: if choice.steps().is_empty() { Scope::Journey } else { Scope::Steps },
        inside,
        outside,
        lift,
        lift_ci95,
        p_value: vaguest.p_value,
        q_value: vaguest.q_value,
        excess_repeated: excess(rate(&inside), rate(&outside)),
        excess_lost: open.then(|| excess(loss(&met.lost), loss(&met_outside.lost))),
    }
}

// === impl Everybody ===

impl Everybody {
    fn of(blocks: impl Iterator<Item = SumOfSquares> + Clone) -> Everybody {
        Everybody {
            met: blocks.clone().fold(SumOfSquares::default(), |sum, cell| sum + cell),
            effect: clustering(blocks),
        }
    }

    /// The effect on one side: its part of the variance beyond that of independent shoppers, which goes with the square of its part of
    /// the shoppers; never less than on everybody, and never more than if all that it met were a single burst.
    fn effect_on(&self, side: &SumOfSquares) -> f64 {
        let effect = self.effect.unwrap_or(1.0);
        let independent = |cell: &SumOfSquares| cell.variance() * cell.count;
        if side.count <= 0.0 || independent(side) <= 0.0 {
            return effect;
        }
        let beyond =
            (effect - 1.0) * independent(&self.met) * (side.count / self.met.count).powi(2);
        (1.0 + beyond / independent(side)).min(side.sum).max(effect)
    }

    fn rate(&self, met: &Failing) -> Rate {
        Rate {
            design_effect: self.effect_on(&SumOfSquares::of_events(met.repeated, met.shoppers)),
            by_blocks: self.effect.is_some(),
            ..Rate::new(met.repeated, met.shoppers)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_fails_at_any_time_does_not_hide_that_the_others_fail_in_bursts() {
        // Half of the shoppers, and a seventh of the failures: all bursts, of which the other half has as many.
        let everybody = Everybody { met: SumOfSquares::of_events(280, 9_000), effect: Some(1.2) };
        let [inside, outside] =
            [240, 40].map(|failed| everybody.effect_on(&SumOfSquares::of_events(failed, 4_500)));
        assert_eq!(inside, 1.2);
        assert!((outside - (1.0 + 0.2 * 7.0 / 4.0)).abs() < 0.02, "{outside}");
        assert_eq!(everybody.effect_on(&SumOfSquares::of_events(0, 4_500)), 1.2);
        let terrible = Everybody { effect: Some(3.0), ..everybody };
        assert_eq!(
            terrible.effect_on(&SumOfSquares::of_events(4, 4_500)),
            4.0,
            "all four in one burst"
        );
        assert_eq!(
            Everybody { effect: None, ..terrible }.effect_on(&SumOfSquares::of_events(4, 4_500)),
            1.0
        );
    }
}
