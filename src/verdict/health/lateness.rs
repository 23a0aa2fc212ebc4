//! Which attempts acted late, measured against what the shop takes.

use crate::base::Micros;
use crate::plan::{MetricUnit, Plan};
use crate::tally::{BlockTally, Latency, StepTally, StepTime, Tally};
use crate::verdict::statistics::{Z_ONE_SIDED, wilson};

/// Late attempts beyond this share of the run, or of a block, condemn it.
pub(super) const LATE_SHARE: f64 = 0.01;

/// How many attempts acted late, and the blocks in which too many did.
pub(super) fn late_attempts(plan: &Plan, tally: &Tally, tolerance: Micros) -> (u64, Vec<u32>) {
    let mut all = 0;
    let mut blocks = Vec::new();
    let usual = usual_response(tally);
    for (number, block) in &tally.blocks {
        let tolerance = tolerance_in(plan, tally, *number, block, (tolerance, usual));
        let late =
            block.lag.iter().filter(|(lag, _)| *lag > tolerance).map(|(_, count)| count).sum();
        all += late;
        // One that acted late alone says nothing.
        if late > 1 && surely_beyond(late, block.lag.count(), LATE_SHARE) {
            blocks.push(*number);
        }
    }
    (all, blocks)
}

/// Blocks that follow each other are one stretch.
pub(super) fn spans(blocks: &[u32], block: Micros) -> Vec<(Micros, Micros)> {
    let runs = blocks.chunk_by(|one, next| one + 1 == *next);
    let moment = |number: u32| Micros(block.0.saturating_mul(u64::from(number)));
    runs.filter_map(|run| Some((moment(*run.first()?), moment(run.last()? + 1)))).collect()
}

/// The lag that can't be held against the generator in this block: `least`, 1 % of the tightest objective on a
/// time, or a tenth of the median response, of the block or of the run (`usual`), whichever is longest.
fn tolerance_in(
    plan: &Plan,
    tally: &Tally,
    number: u32,
    block: &BlockTally,
    (least, usual): (Micros, Micros),
) -> Micros {
    let limits =
        plan.objectives.iter().filter(|objective| objective.metric.unit() == MetricUnit::Time);
    let tightest = limits
        .map(|objective| objective.limit)
        .min_by(f64::total_cmp)
        .map_or(Micros::ZERO, |limit| Micros((limit / 100.0) as u64));
    let tolerance = least.max(tightest);
    // Most blocks have no lag to speak of; their responses needn't be looked at.
    if block.lag.max().is_none_or(|longest| longest <= tolerance) {
        return tolerance;
    }
    let mut responses = Latency::default();
    tally
        .steps
        .iter()
        .filter_map(|step| step.times[StepTime::ResponseOk].blocks.get(&number))
        .for_each(|block| responses.merge_into_open(block));
    tolerance.max(responses.quantile(0.5).unwrap_or_default().max(usual) / 10)
}

/// The median response of the whole run, given-up ones included: what lag is measured against.
fn usual_response(tally: &Tally) -> Micros {
    let mut responses = Latency::default();
    let of_step = |step: &StepTally| {
        [StepTime::ResponseOk, StepTime::ResponseFailed, StepTime::ResponseCensored]
            .into_iter()
            .flat_map(|time| step.times[time].blocks.values().cloned().collect::<Vec<_>>())
            .collect::<Vec<Latency>>()
    };
    tally.steps.iter().flat_map(of_step).for_each(|block| responses.merge_into_open(&block));
    responses.quantile(0.5).unwrap_or_default()
}

/// Whether more than `share` of them did, with 95 % confidence.
pub(super) fn surely_beyond(count: u64, of: u64, share: f64) -> bool {
    of > 0 && wilson(count as f64 / of as f64, of as f64, Z_ONE_SIDED).low > share
}
