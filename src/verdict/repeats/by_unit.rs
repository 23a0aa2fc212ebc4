//! How failures come back, unit by unit and for all units together.

use std::collections::BTreeMap;

use super::source::RepeatSource;
use super::stickiness::Stickiness;
use crate::base::{StepId, UnitId};
use crate::plan::Plan;
use crate::tally::{ShopperOutcome, Tally};
use crate::verdict::causes::Incident;
use crate::verdict::hotspots::HotSpot;
use crate::verdict::statistics::Rate;

/// How failures come back.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeats {
    /// All units together.
    pub pooled: Stickiness,
    /// Whether they go with the shopper or with the moment.
    pub source: RepeatSource,
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

/// How failures come back, from first attempts and second ones after a failure; `incidents` are the times at which the shop
/// failed more than at others, `hotspots` the groups that failed more than others.
pub fn repeats(
    plan: &Plan,
    tally: &Tally,
    incidents: &[Incident],
    hotspots: &[HotSpot],
) -> Repeats {
    let units: Vec<UnitRepeats> = (0..plan.units.len())
        .map(|i| UnitRepeats::of(tally, UnitId(i as u16)))
        .filter(|unit| unit.first.trials > 0)
        .collect();
    let where_fell =
        |place: &dyn Fn(&ShopperOutcome) -> Option<StepId>| rank_steps(plan, tally, place);
    let pooled = Stickiness::of(tally, &units.iter().map(|unit| unit.unit).collect::<Vec<_>>());
    let source = RepeatSource::new(tally, &first_failure_rates(&units), pooled.p_first, incidents);
    Repeats {
        source: source.explained_by(hotspots),
        pooled,
        units,
        first_failed: where_fell(&|fate| fate.first_failed),
        second_failed: where_fell(&|fate| fate.second_failed),
        repeated_from: where_fell(&|fate| fate.blamed_step().filter(|_| fate.failures >= 2)),
    }
}

/// How likely a first attempt fails, by unit.
fn first_failure_rates(units: &[UnitRepeats]) -> BTreeMap<UnitId, f64> {
    units.iter().map(|unit| (unit.unit, unit.first.value().unwrap_or_default())).collect()
}

fn rank_steps(
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
