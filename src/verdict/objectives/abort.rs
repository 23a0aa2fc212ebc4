//! Whether an objective is certainly broken while the run still goes on, so that the run may be stopped.
//!
//! To look at a run every second and stop at the first bad sight raises a false alarm sooner or later: the usual limits are for
//! one look. And the usual cure, Wald's sequential test, takes attempts for independent: with failures in bursts its 5 % became
//! 17 to 20 % in our simulations. So the run is cut in [`BETTING_BLOCKS`] betting_blocks, and each is one observation: the share of what
//! was bad in it, whatever bursts made it up. Against "the share is at most the limit on average" a bettor puts money on more
//! (Waudby-Smith and Ramdas 2024, Estimating means of bounded random variables by betting):
//!
//! ```text
//! capital = Π (1 + λ (share − limit)),   0 ≤ λ < 1 / limit
//! ```
//!
//! If the objective is met, no bettor has ever twenty times what he began with, but with a chance of 5 % in all the run (Ville
//! 1939): there may be as many looks as one likes. Nobody knows the best λ beforehand, so the capital is spread over a few; nor
//! when a shop will break, so half of it comes in bit by bit, or a long good time would leave nothing to bet with.
//! A burst across the edge of two betting_blocks is not two surprises: odd and even betting_blocks have a bettor each, who need twice
//! the capital. Where the load moves, a betting_block with less of it is bet on less, so that in the end the whole run counts.
//!
//! What is still under way counts as good, so that no figure can be taken back later.

use std::ops::Range;

use super::outcome::LEVEL;
use super::sample::Sample;
use super::windows::windows;
use crate::base::Micros;
use crate::plan::{Intensity, Metric, Objective, Plan};
use crate::tally::Tally;
use crate::verdict::statistics::{Clustering, Share, SumOfSquares, SumsByBlock};

/// Into this many betting_blocks a run is cut, as for the answer at its end.
const BETTING_BLOCKS: u32 = 30;
/// What the bettors stake, as a part of the most that they may.
const STAKES: [f64; 4] = [0.9, 0.5, 0.2, 0.05];
/// What comes in with each betting_block that a bettor bets on: half of the capital, over the whole run.
const INCOME: f64 = 0.5 / (BETTING_BLOCKS as f64 / 2.0);
/// How long after its end all that was counted in a second is known.
const SETTLED: Micros = Micros::from_secs(2);

/// A betting_block of the run, in blocks, and how much of the load comes in it, beside the one with the most.
#[derive(Clone, Debug)]
pub struct BettingBlock {
    /// The blocks.
    pub blocks: Range<u32>,
    /// The load over that of the one with the most.
    pub weight: f64,
}

/// The first objective with `abort` that is certainly broken by what was seen until `now`, as a place in the plan's list; with a
/// chance of 5 % at most in all the run if none of them is. Of a run in `slices` slices each may stop by itself: they share the chance.
pub fn certainly_violated(plan: &Plan, tally: &Tally, now: Micros, slices: u32) -> Option<usize> {
    let aborting = || plan.objectives.iter().enumerate().filter(|(_, objective)| objective.abort);
    let level = LEVEL / (aborting().count().max(1) as f64 * f64::from(slices.max(1)));
    aborting()
        .find(|(_, objective)| is_violated(plan, tally, objective, now, level))
        .map(|(place, _)| place)
}

/// Whether one is certainly broken, at this level.
fn is_violated(plan: &Plan, tally: &Tally, objective: &Objective, now: Micros, level: f64) -> bool {
    let Some(part) = tally.cohort(&objective.only) else { return false };
    let (cells, limit) = match Sample::of(plan, part, &objective.metric) {
        Sample::Shares(cells) => (cells, objective.limit),
        Sample::Spans(spans) => (
            spans.beyond(Micros(objective.limit as u64)),
            1.0 - objective.metric.quantile.unwrap_or_default(),
        ),
        Sample::Requests(seconds) => {
            let together = part.shape.seconds_together();
            return requests_violate(plan, (&seconds, together), objective, now);
        }
    };
    let known = now.since(SETTLED + objective.metric.longest_wait(plan));
    let block = tally.shape.block;
    let ended = |blocks: &Range<u32>| block * u64::from(blocks.end) <= known;
    let small_is_good = objective.operator.small_is_good();
    let (limit, bad) =
        if small_is_good { (limit, cells) } else { (1.0 - limit, complement(cells)) };
    let bad = with_shoppers_inside(bad, tally, &objective.metric);
    if objective.window.is_some() {
        let all = windows(plan.load.length(), block, objective);
        // The last one is open until all have left: it is for the end of the run.
        let closed: Vec<Range<u32>> =
            all.iter().filter(|window| window.end != u32::MAX && ended(window)).cloned().collect();
        return is_violated_in_a_window(&bad, &closed, limit, level / all.len().max(1) as f64);
    }
    let betting_blocks: Vec<BettingBlock> = betting_blocks(plan, block, objective)
        .into_iter()
        .filter(|betting_block| ended(&betting_block.blocks))
        .collect();
    alarm(&bad, &betting_blocks, limit, level).is_some()
}

/// The betting_block by which the bettors have made so much that the share can't be within the limit.
pub fn alarm(
    bad: &SumsByBlock,
    betting_blocks: &[BettingBlock],
    limit: f64,
    level: f64,
) -> Option<usize> {
    let enough = 2.0 / level;
    let mut capital = [[0.5; STAKES.len()]; 2];
    betting_blocks.iter().enumerate().find_map(|(place, betting_block)| {
        let seen = bad
            .range(betting_block.blocks.clone())
            .fold(SumOfSquares::default(), |sum, (_, cell)| sum + *cell);
        if seen.count <= 0.0 {
            return None;
        }
        let share = seen.sum / seen.count;
        if limit <= 0.0 {
            return (share > 0.0).then_some(place);
        }
        let bettor = &mut capital[place % 2];
        for (capital, stake) in bettor.iter_mut().zip(STAKES) {
            *capital = (*capital + INCOME)
                * (1.0 + stake * betting_block.weight * (share - limit) / limit);
        }
        (bettor.iter().sum::<f64>() / STAKES.len() as f64 >= enough).then_some(place)
    })
}

/// The betting_blocks that the objective speaks of.
fn betting_blocks(plan: &Plan, block: Micros, objective: &Objective) -> Vec<BettingBlock> {
    let blocks = |span: Micros| u32::try_from(span.0.div_ceil(block.0.max(1))).unwrap_or(u32::MAX);
    let (start, end) =
        (blocks(objective.after.unwrap_or(Micros::ZERO)), blocks(plan.load.length()));
    let width = end.saturating_sub(start).div_ceil(BETTING_BLOCKS).max(1);
    let intensity = plan.load.profile().map(Intensity::new);
    let load = |from: u32, until: u32| {
        let of = |block_number: u32| (block * u64::from(block_number)).min(plan.load.length());
        intensity.as_ref().map_or(1.0, |intensity| {
            intensity.cumulative(of(until)) - intensity.cumulative(of(from))
        })
    };
    let cut = (start..end).step_by(width as usize).map(|from| from..(from + width).min(end));
    let loads: Vec<(Range<u32>, f64)> =
        cut.map(|blocks| (blocks.clone(), load(blocks.start, blocks.end))).collect();
    let most = loads.iter().map(|(_, load)| *load).fold(f64::MIN_POSITIVE, f64::max);
    loads.into_iter().map(|(blocks, load)| BettingBlock { blocks, weight: load / most }).collect()
}

/// A window that has ended has one answer for good, so that there is one look at each: the limits are those of the end.
fn is_violated_in_a_window(
    bad: &SumsByBlock,
    closed: &[Range<u32>],
    limit: f64,
    level: f64,
) -> bool {
    // As long as it can't be told how failures cluster, nothing is certain.
    let Some(clustering) = Clustering::within(bad, closed) else { return false };
    closed.iter().any(|window| {
        Share::within(bad, window.clone(), Some(clustering))
            .is_some_and(|share| share.lower(level) > limit)
    })
}

/// Counted and not estimated: certain in a window that has ended, or where the whole run could have no more.
fn requests_violate(
    plan: &Plan,
    (seconds, together): (&std::collections::BTreeMap<u32, u64>, u32),
    objective: &Objective,
    now: Micros,
) -> bool {
    let sent = |from: u32, until: u32| {
        seconds.range(from..until).map(|(_, sent)| *sent).sum::<u64>() as f64
    };
    let known = now.since(SETTLED).second();
    // Of seconds that are counted as one, nothing is certain before the last, nor of a window that cuts them apart.
    let is_exact = |second: u32| second.is_multiple_of(together);
    let known = known - known % together;
    let small_is_good = objective.operator.small_is_good();
    if objective.window.is_none() {
        let start = objective.after.unwrap_or(Micros::ZERO);
        let span = (plan.load.length().since(start)).as_secs_f64();
        return small_is_good && sent(start.second(), known) / span > objective.limit;
    }
    let closed = windows(plan.load.length(), Micros::from_secs(1), objective)
        .into_iter()
        .filter(|window| window.end <= known && is_exact(window.start) && is_exact(window.end));
    closed
        .map(|window| sent(window.start, window.end) / f64::from(window.end - window.start))
        .any(|rate| if small_is_good { rate > objective.limit } else { rate < objective.limit })
}

/// Shoppers who are still inside count, and as good ones: whatever becomes of them, the share is at least this. Which of them an
/// objective speaks of is not known before they leave, so that all may be meant.
fn with_shoppers_inside(mut cells: SumsByBlock, tally: &Tally, metric: &Metric) -> SumsByBlock {
    let of_shoppers = metric.population().is_of_shoppers();
    for (number, block) in tally.blocks.iter().filter(|_| of_shoppers) {
        let ended: u64 = block.shoppers.values().map(|count| count.shoppers).sum();
        cells.entry(*number).or_default().count += block.started.saturating_sub(ended) as f64;
    }
    cells
}

/// What is good of all instead of what is bad.
fn complement(cells: SumsByBlock) -> SumsByBlock {
    let turned = |cell: SumOfSquares| SumOfSquares {
        sum: cell.count - cell.sum,
        squares: cell.count - 2.0 * cell.sum + cell.squares,
        count: cell.count,
    };
    cells.into_iter().map(|(block, cell)| (block, turned(cell))).collect()
}
