//! What was seen of each step, and how far shoppers came: the requests' side of the story.

use std::collections::{BTreeMap, BTreeSet};

use super::endings::{Endings, endings};
use super::{AssetFinding, Wire};
use crate::base::{JourneyId, StepId, UnitId};
use crate::plan::Plan;
use crate::tally::{FailureKind, FunnelStage, StepTally, StepTime, Tally};
use crate::verdict::statistics::{Quantiles, Rate, design_effect};

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepFinding {
    /// Which.
    pub step: StepId,
    /// Failed attempts, of those that came to a judgement.
    pub failed: Rate,
    /// Declined attempts.
    pub declined: u64,
    /// Attempts without a judgement: the run was cut, or the generator failed.
    pub unjudged: u64,
    /// Failed attempts by kind, the most frequent first.
    pub kinds: Vec<(FailureKind, u64)>,
    /// Intended start to last byte, of successes.
    pub response: Quantiles,
    /// First byte sent to last byte received, of successes.
    pub service: Quantiles,
    /// What it came to on the wire.
    pub wire: Wire,
    /// What came of the files of its pages, where they are fetched.
    pub assets: Option<AssetFinding>,
}

/// How far the shoppers of one journey came.
#[derive(Clone, Debug, PartialEq)]
pub struct JourneyFinding {
    /// Which.
    pub journey: JourneyId,
    /// Shoppers who started it.
    pub started: u64,
    /// Unit by unit.
    pub funnel: Vec<(UnitId, FunnelStage)>,
    /// How they came out.
    pub endings: Endings,
}

/// All steps of the plan, in its order.
pub fn steps(plan: &Plan, tally: &Tally) -> Vec<StepFinding> {
    let ids = (0..plan.steps.len()).map(|i| StepId(i as u16));
    ids.zip(&tally.steps).map(|(step, seen)| of_step(step, seen)).collect()
}

/// All journeys of the plan, in its order.
pub fn journeys(plan: &Plan, tally: &Tally) -> Vec<JourneyFinding> {
    let seen = plan.journeys.iter().zip(&tally.journeys).enumerate();
    seen.map(|(i, (journey, seen))| JourneyFinding {
        journey: JourneyId(i as u16),
        started: seen.started,
        endings: endings(plan, tally, JourneyId(i as u16)),
        funnel: journey.units.clone().map(UnitId).zip(seen.funnel.iter().copied()).collect(),
    })
    .collect()
}

fn of_step(step: StepId, seen: &StepTally) -> StepFinding {
    let failures: u64 = seen.failed.values().sum();
    let clustering = design_effect(by_block(seen).into_values());
    let mut kinds: Vec<(FailureKind, u64)> = seen
        .failed
        .iter()
        .map(|(kind, count)| (*kind, *count))
        .filter(|(_, count)| *count > 0)
        .collect();
    kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
    StepFinding {
        step,
        failed: Rate {
            design_effect: clustering.unwrap_or(1.0),
            by_blocks: clustering.is_some(),
            ..Rate::new(failures, seen.ok + seen.declined + failures)
        },
        declined: seen.declined,
        unjudged: seen.unjudged,
        kinds,
        response: Quantiles::of_sample(&seen.times[StepTime::ResponseOk].total()),
        service: Quantiles::of_sample(&seen.times[StepTime::ServiceOk].total()),
        wire: Wire::total(std::iter::once(seen)),
        assets: AssetFinding::of(&seen.assets),
    }
}

/// (failed attempts, attempts) by block, as far as they have a response time.
fn by_block(seen: &StepTally) -> BTreeMap<u32, (u64, u64)> {
    let outcomes = [
        &seen.times[StepTime::ResponseOk],
        &seen.times[StepTime::ResponseDeclined],
        &seen.times[StepTime::ResponseFailed],
        &seen.times[StepTime::ResponseCensored],
    ];
    let blocks: BTreeSet<u32> =
        outcomes.iter().flat_map(|series| series.blocks.keys().copied()).collect();
    let count = |outcome: usize, block: &u32| {
        outcomes[outcome].blocks.get(block).map_or(0, crate::tally::Latency::count)
    };
    let counted = |block: u32| {
        let failed = count(2, &block) + count(3, &block);
        (block, (failed, failed + count(0, &block) + count(1, &block)))
    };
    blocks.into_iter().map(counted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Outcome;
    use crate::verdict::simulation::{SimulatedRun, failing};

    #[test]
    fn attempts_add_up_and_kinds_are_ranked() {
        let simulated = SimulatedRun::run(3_000, 60, |m| match m.luck {
            u if m.step == "pay" && u < 0.02 => Outcome::Failed(FailureKind::TooSlow),
            u if m.step == "pay" && u < 0.06 => Outcome::Failed(FailureKind::Throttled),
            u if m.step == "pay" && u < 0.07 => Outcome::Declined,
            _ => Outcome::Ok,
        });
        let pay = &steps(&simulated.plan, &simulated.tally)[simulated.step("pay").index()];
        assert_eq!(
            pay.kinds.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
            [FailureKind::Throttled, FailureKind::TooSlow]
        );
        assert_eq!(pay.failed.events, pay.kinds.iter().map(|(_, count)| count).sum::<u64>());
        assert_eq!(pay.failed.trials, pay.response.count + pay.failed.events + pay.declined);
        assert!(pay.failed.by_blocks);
    }

    #[test]
    fn an_outage_widens_the_interval() {
        let steady = SimulatedRun::run(4_000, 100, |m| failing(m.step == "search" && m.luck < 0.1));
        let outage =
            SimulatedRun::run(4_000, 100, |m| failing(m.step == "search" && m.arrived < 10.0));
        let of = |simulated: &SimulatedRun| {
            steps(&simulated.plan, &simulated.tally)[simulated.step("search").index()].failed
        };
        assert!(of(&steady).design_effect < 2.0);
        assert!(of(&outage).design_effect > 5.0, "{:?}", of(&outage));
    }

    #[test]
    fn the_funnel_is_the_shoppers_not_the_requests() {
        let simulated = SimulatedRun::run(2_000, 60, |m| failing(m.step == "home" && m.nth == 1));
        let found = journeys(&simulated.plan, &simulated.tally);
        assert_eq!(found.iter().map(|journey| journey.started).sum::<u64>(), 2_000);
        let home = found[0].funnel[0].1;
        assert_eq!(
            (home.entered, home.passed, home.passed_at_once),
            (found[0].started, found[0].started, 0)
        );
    }
}
