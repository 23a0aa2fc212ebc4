//! Whether a failure comes back to the same shopper: the difference between a shopper who buys a minute later and
//! one who is gone.
//!
//! If failures struck attempts at random, a second attempt would fail as often as a first: P(F₂|F₁) = P(F₁) = μ.
//! Where something about the shopper or the moment makes it fail (a card, a node, an outage), it fails more often.
//! The lift P(F₂|F₁)/μ says how much more; the stickiness ρ = (P(F₂|F₁) − μ)/(1 − μ) says it on a scale from 0
//! (passing) to 1 (for good), whatever μ is: under an exchangeable beta-binomial model it is the correlation between the attempts of one
//! shopper. Which of the two it is, the shopper or the moment, is the matter of [`source`].

mod source;
mod stickiness;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod truth;

use super::statistics::Rate;
use super::windows::TimeWindow;
use crate::base::{StepId, UnitId};
use crate::plan::Plan;
use crate::tally::{ShopperOutcome, Tally};

pub use source::{Source, Why};
pub use stickiness::Stickiness;

/// How failures come back.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeats {
    /// All units together.
    pub pooled: Stickiness,
    /// Whether they go with the shopper or with the moment.
    pub source: Source,
    /// Unit by unit, those that anybody came to.
    pub units: Vec<UnitRepeats>,
    /// Where shoppers' first failures fell, the most frequent first.
    pub first_failed: Vec<(StepId, u64)>,
    /// Where their second failures fell.
    pub second_failed: Vec<(StepId, u64)>,
    /// Where the story of shoppers with two or more failures began.
    pub repeated_from: Vec<(StepId, u64)>,
}

/// How failures come back at one unit.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitRepeats {
    /// Which.
    pub unit: UnitId,
    /// First attempts that failed.
    pub first: Rate,
    /// What it means.
    pub stickiness: Stickiness,
}

/// How failures come back, from first attempts and second ones after a failure; `windows` are the times at which the shop
/// failed more than at others.
pub fn repeats(plan: &Plan, tally: &Tally, windows: &[TimeWindow]) -> Repeats {
    let units: Vec<UnitRepeats> = (0..plan.units.len())
        .map(|i| UnitRepeats::of(tally, UnitId(i as u16)))
        .filter(|unit| unit.first.trials > 0)
        .collect();
    let where_fell = |place: &dyn Fn(&ShopperOutcome) -> Option<StepId>| ranked(plan, tally, place);
    let pooled = Stickiness::of(tally, &units.iter().map(|unit| unit.unit).collect::<Vec<_>>());
    Repeats {
        source: Source::of(tally, &units, pooled.p_first, windows),
        pooled,
        units,
        first_failed: where_fell(&|fate| fate.first_failed),
        second_failed: where_fell(&|fate| fate.second_failed),
        repeated_from: where_fell(&|fate| fate.first_failed.filter(|_| fate.failures >= 2)),
    }
}

fn ranked(
    plan: &Plan,
    tally: &Tally,
    place: &dyn Fn(&ShopperOutcome) -> Option<StepId>,
) -> Vec<(StepId, u64)> {
    let mut counts = vec![0; plan.steps.len()];
    for (key, count) in &tally.shoppers {
        if let Some(step) = place(&key.outcome) {
            counts[step.index()] += count.shoppers;
        }
    }
    let mut ranked: Vec<(StepId, u64)> = counts
        .into_iter()
        .enumerate()
        .map(|(i, count)| (StepId(i as u16), count))
        .filter(|(_, count)| *count > 0)
        .collect();
    ranked.sort_by_key(|&(step, count)| (std::cmp::Reverse(count), step));
    ranked
}

// === impl UnitRepeats ===

impl UnitRepeats {
    fn of(tally: &Tally, unit: UnitId) -> UnitRepeats {
        let first = tally.blocks.values().filter_map(|block| block.attempts.get(&(unit, 1)));
        let first = first.fold(Rate::new(0, 0), |sum, tries| {
            Rate::new(sum.events + tries.failed, sum.trials + tries.total())
        });
        UnitRepeats { unit, first, stickiness: Stickiness::of(tally, &[unit]) }
    }
}
