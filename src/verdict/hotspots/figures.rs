//! A finding's figures, each with its interval.
//!
//! Clustering in time is judged for everybody at the place of the finding, since blocks of time don't tell groups apart; where a group
//! and the others meet the same bad moments, the intervals of what they differ by are wider than they need be. A finding is
//! listed because it stands out: where it only just does, its figures are more likely too high than too low.

use super::choice::Choice;
use super::counts::{Counts, Failing, Group, Place};
use super::{HotSpot, Scope};
use crate::plan::{Arrivals, Plan};
use crate::tally::Tally;
use crate::verdict::statistics::{Cell, Interval, Rate, clustering, difference, ratio};

/// By how much clustering in time inflates the variance of repeated failures and of losses at a place; none if it can't be judged.
struct Clustering {
    repeated: Option<f64>,
    lost: Option<f64>,
}

/// The finding, without the shoppers whom others explain.
pub(super) fn spot(plan: &Plan, tally: &Tally, counts: &Counts, choice: &Choice, explained: &[(Place, Group)]) -> HotSpot {
    let clustering = Clustering::at(plan, tally, choice);
    let (met, met_outside) = choice.met(plan, counts, explained);
    let (inside, outside) = (clustering.rate(&met), clustering.rate(&met_outside));
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
    let rate = |rate: &Rate| (rate.value().unwrap_or_default(), rate.ci95().unwrap_or(Interval { low: 0.0, high: 1.0 }));
    let loss = |lost: &Cell| (if lost.of > 0.0 { lost.mean() } else { 0.0 }, lost.ci95(clustering.lost.unwrap_or(1.0)));
    let open = !matches!(plan.load.arrivals, Arrivals::Closed { .. });
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

// === impl Clustering ===

impl Clustering {
    fn at(plan: &Plan, tally: &Tally, choice: &Choice) -> Clustering {
        let blocks: Vec<Failing> = Counts::by_block(plan, tally, choice.steps()).collect();
        Clustering {
            repeated: clustering(blocks.iter().map(|met| Cell::counts(met.repeated, met.shoppers))),
            lost: clustering(blocks.iter().map(|met| met.lost)),
        }
    }

    fn rate(&self, met: &Failing) -> Rate {
        Rate { design_effect: self.repeated.unwrap_or(1.0), by_blocks: self.repeated.is_some(), ..Rate::new(met.repeated, met.shoppers) }
    }
}
