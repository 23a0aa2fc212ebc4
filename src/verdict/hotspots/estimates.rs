//! A finding's figures, each with its interval.
//!
//! Blocks of time don't tell groups apart, so clustering is judged for everybody at the place of the finding, and each side is
//! taken to meet its share of everybody's bad moments: a group that fails at any time must not hide that the others fail in
//! bursts. Where both sides meet the same bad moments, the intervals of what they differ by are wider than they need be. A finding
//! is listed because it stands out: where it only just does, its figures are more likely too high than too low.

use super::attribution::Attribution;
use super::counts::{Counts, counts_by_block};
use super::failures::{FailureCounts, HotspotSite};
use super::groups::Group;
use super::hotspot::{HotSpot, HotspotScope};
use crate::plan::{ArrivalModel, Plan};
use crate::tally::Tally;
use crate::verdict::statistics::{Interval, Rate, SumOfSquares, clustering, difference, ratio};

/// What everybody at a site met, and by how much clustering in time inflates its variance; none if it can't be judged.
struct Everybody {
    observed: SumOfSquares,
    effect: Option<f64>,
}

/// The finding, without the shoppers whom others explain.
pub(super) fn hotspot(
    plan: &Plan,
    tally: &Tally,
    counts: &Counts,
    attribution: &Attribution,
    explained: &[(HotspotSite, Group)],
) -> HotSpot {
    let compared = attribution.compared_steps(plan, counts);
    let blocks: Vec<FailureCounts> = counts_by_block(plan, tally, &compared).collect();
    let repeated = Everybody::new(
        blocks.iter().map(|block| SumOfSquares::of_events(block.repeated, block.shoppers)),
    );
    let lost = Everybody::new(blocks.iter().map(|block| block.lost));
    let (mut met_inside, met_outside) = attribution.observed_counts(plan, counts, explained);
    let mut steps = attribution.steps().to_vec();
    if steps.is_empty()
        && let Some(own) = counts.own_step(plan, attribution.group())
    {
        steps.push(own);
        met_inside = counts.at_steps(plan, &steps, explained, attribution.group()).0;
    }
    let (inside, outside) = (repeated.rate(&met_inside), repeated.rate(&met_outside));
    let (relative_risk, relative_risk_ci95) = relative_risk(&inside, &outside);
    let shoppers = met_inside.shoppers as f64;
    let open = !matches!(plan.load.arrivals, ArrivalModel::Closed { .. });
    let group = attribution.group();
    let least_clear = attribution.least_clear();
    HotSpot {
        group: counts.values.names_and_values(group),
        basis: counts.values.basis(group),
        scope: if steps.is_empty() { HotspotScope::Journey } else { HotspotScope::Steps },
        steps,
        inside,
        outside,
        relative_risk,
        relative_risk_ci95,
        p_value: least_clear.p_value,
        q_value: least_clear.q_value,
        excess_repeated: excess(shoppers, estimate(&inside), estimate(&outside)),
        excess_lost: open
            .then(|| excess(shoppers, lost.mean(&met_inside.lost), lost.mean(&met_outside.lost))),
    }
}

/// How many times the rate outside, with its interval; its lower end where there is nothing outside to divide by.
fn relative_risk(inside: &Rate, outside: &Rate) -> (f64, Interval) {
    let ci95 = ratio(inside, outside).unwrap_or(Interval { low: 0.0, high: f64::INFINITY });
    let relative_risk = match outside.value().filter(|rate| *rate > 0.0) {
        Some(outside) => inside.value().unwrap_or_default() / outside,
        None => ci95.low,
    };
    (relative_risk, ci95)
}

/// How many of the shoppers inside there are beyond what the figure outside makes expect, with its interval.
fn excess(shoppers: f64, inside: (f64, Interval), outside: (f64, Interval)) -> (f64, Interval) {
    let ci95 = difference(inside, outside);
    let of_shoppers = |share: f64| shoppers * share;
    (
        of_shoppers(inside.0 - outside.0),
        Interval { low: of_shoppers(ci95.low), high: of_shoppers(ci95.high) },
    )
}

fn estimate(rate: &Rate) -> (f64, Interval) {
    (rate.value().unwrap_or_default(), rate.ci95().unwrap_or(Interval { low: 0.0, high: 1.0 }))
}

// === impl Everybody ===

impl Everybody {
    fn new(blocks: impl Iterator<Item = SumOfSquares> + Clone) -> Everybody {
        Everybody { observed: blocks.clone().sum(), effect: clustering(blocks) }
    }

    /// The effect on one side: its part of the variance beyond that of independent shoppers, which goes with the square of its part of
    /// the shoppers; never less than on everybody, and never more than if all that it met were a single burst.
    fn effect_on(&self, side: &SumOfSquares) -> f64 {
        let effect = self.effect.unwrap_or(1.0);
        let independent = |cell: &SumOfSquares| cell.variance() * cell.count;
        if side.count <= 0.0 || independent(side) <= 0.0 {
            return effect;
        }
        let beyond = (effect - 1.0)
            * independent(&self.observed)
            * (side.count / self.observed.count).powi(2);
        (1.0 + beyond / independent(side)).min(side.sum).max(effect)
    }

    /// The mean of one side, with its interval.
    fn mean(&self, side: &SumOfSquares) -> (f64, Interval) {
        (if side.count > 0.0 { side.mean() } else { 0.0 }, side.ci95(self.effect_on(side)))
    }

    fn rate(&self, observed: &FailureCounts) -> Rate {
        Rate {
            design_effect: self
                .effect_on(&SumOfSquares::of_events(observed.repeated, observed.shoppers)),
            by_blocks: self.effect.is_some(),
            ..Rate::new(observed.repeated, observed.shoppers)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_fails_at_any_time_does_not_hide_that_the_others_fail_in_bursts() {
        // Half of the shoppers, and a seventh of the failures: all bursts, of which the other half has as many.
        let everybody =
            Everybody { observed: SumOfSquares::of_events(280, 9_000), effect: Some(1.2) };
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
