//! Finds the times: counts by block, the most evident span, its test.

use std::collections::BTreeMap;

use crate::base::UnitId;
use crate::tally::{AttemptCounts, Tally};
use crate::verdict::hotspots::MIN_REPEATED;
use crate::verdict::statistics::{binomial_greater, fisher_greater};

/// The chance that is accepted of listing any incident where there is none.
pub(super) const LEVEL: f64 = 0.05;

/// The most incidents that are listed; a shop with more is failing all the time.
pub(super) const MAX_INCIDENTS: usize = 8;

/// Attempts, and the bad ones among them, by block.
pub(in crate::verdict::causes) type BlockCounts = BTreeMap<u32, (u64, u64)>;

/// Attempts, bad ones, and the bad ones that are expected if time makes no difference, by block.
type BlockSeries = BTreeMap<u32, Cell>;

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    attempts: u64,
    failed: u64,
    expected: f64,
}

/// Neighbouring blocks of a line, by place, both ends included, and the evidence that they have a rate of their own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::verdict::causes) struct BlockSpan {
    pub(in crate::verdict::causes) first: u32,
    pub(in crate::verdict::causes) last: u32,
    evidence: f64,
}

/// Where a line has a rate of its own, and how likely that would be without any cause.
pub(in crate::verdict::causes) type Found = (Option<UnitId>, BlockSpan, f64);

/// First attempts at each unit, and those of them that count as bad.
pub(in crate::verdict::causes) fn first_attempts(
    tally: &Tally,
    bad: impl Fn(&AttemptCounts) -> u64,
) -> BTreeMap<UnitId, BlockCounts> {
    let mut units: BTreeMap<UnitId, BlockCounts> = BTreeMap::new();
    for (number, block) in &tally.blocks {
        for ((unit, _), tries) in block.attempts.iter().filter(|((_, nth), _)| *nth == 1) {
            let cell = units.entry(*unit).or_default().entry(*number).or_default();
            *cell = (cell.0 + tries.total(), cell.1 + bad(tries));
        }
    }
    units
}

/// The times at which bad attempts concentrate, by unit and time.
pub(in crate::verdict::causes) fn scan(
    mut units: BTreeMap<UnitId, BlockCounts>,
    tally: &Tally,
) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    while found.len() < MAX_INCIDENTS {
        let lines = lines(&units);
        let candidates = lines.iter().filter_map(|(unit, line)| Some((*unit, most_evident(line)?)));
        let Some((unit, span)) =
            candidates.max_by(|(_, a), (_, b)| a.evidence.total_cmp(&b.evidence))
        else {
            break;
        };
        let picks =
            lines.values().map(|line| line.len() * (line.len() + 1) / 2).sum::<usize>() as f64;
        let (failed, p_value) = test(&lines[&unit], span, unit.is_some());
        let p_value = (p_value * picks).min(1.0);
        if p_value >= LEVEL || failed < MIN_REPEATED {
            break;
        }
        set_aside(&mut units, unit, span);
        found.push((unit, span, p_value));
    }
    merge_touching(found, tally)
}

/// The line of each unit, and of all of them together.
fn lines(units: &BTreeMap<UnitId, BlockCounts>) -> BTreeMap<Option<UnitId>, BlockSeries> {
    let mut lines: BTreeMap<Option<UnitId>, BlockSeries> = BTreeMap::new();
    for (unit, blocks) in units {
        let sum = |(n, c), (of, failed): &(u64, u64)| (n + of, c + failed);
        let (all, failed) = blocks.values().fold((0, 0), sum);
        let rate = failed as f64 / (all as f64).max(1.0);
        for (number, (attempts, failed)) in blocks {
            for line in [None, Some(*unit)] {
                let cell = lines.entry(line).or_default().entry(*number).or_default();
                cell.attempts += attempts;
                cell.failed += failed;
                cell.expected += rate * *attempts as f64;
            }
        }
    }
    lines
}

/// The span that speaks most evidently for a higher rate of its own; it begins and ends with a block that has failures.
fn most_evident(line: &BlockSeries) -> Option<BlockSpan> {
    let mut sums = vec![Cell::default()];
    let numbers: Vec<u32> = line.keys().copied().collect();
    for cell in line.values() {
        let last = sums[sums.len() - 1];
        sums.push(last.plus(*cell));
    }
    let all = sums[line.len()];
    let failing: Vec<usize> =
        (0..line.len()).filter(|&i| sums[i + 1].failed > sums[i].failed).collect();
    let mut best: Option<BlockSpan> = None;
    for (place, &i) in failing.iter().enumerate() {
        for &j in &failing[place..] {
            let inside = sums[j + 1].minus(sums[i]);
            if inside.attempts >= all.attempts || inside.failed as f64 <= inside.expected {
                continue;
            }
            let evidence = inside.evidence() + all.minus(inside).evidence();
            if best.is_none_or(|best| evidence > best.evidence) {
                best = Some(BlockSpan { first: numbers[i], last: numbers[j], evidence });
            }
        }
    }
    best
}

/// The failures in a span, and how likely this many are without a cause.
fn test(line: &BlockSeries, span: BlockSpan, one_unit: bool) -> (u64, f64) {
    let sum = |within: bool| {
        let cells =
            line.iter().filter(|(number, _)| (span.first..=span.last).contains(*number) == within);
        cells.fold(Cell::default(), |sum, (_, cell)| sum.plus(*cell))
    };
    let (inside, outside) = (sum(true), sum(false));
    let p_value = if one_unit {
        fisher_greater(inside.failed, inside.attempts, outside.failed, outside.attempts)
    } else {
        binomial_greater(inside.failed, inside.attempts, inside.expected)
    };
    (inside.failed, p_value)
}

/// Takes what an incident explains out of the lines: a bad time of the whole shop out of each unit's.
fn set_aside(units: &mut BTreeMap<UnitId, BlockCounts>, unit: Option<UnitId>, span: BlockSpan) {
    let blocks = span.first..=span.last;
    units
        .iter_mut()
        .filter(|(of, _)| unit.is_none_or(|unit| unit == **of))
        .for_each(|(_, line)| line.retain(|number, _| !blocks.contains(number)));
}

/// Windows of the same unit that touch are one, which has risen or faded in steps.
fn merge_touching(mut found: Vec<Found>, tally: &Tally) -> Vec<Found> {
    found.sort_by_key(|(unit, span, _)| (*unit, span.first));
    let mut incidents: Vec<Found> = Vec::new();
    for (unit, span, p) in found {
        match incidents.last_mut() {
            Some((same, last, least)) if *same == unit && touch(tally, *last, span) => {
                last.last = last.last.max(span.last);
                *least = least.min(p);
            }
            _ => incidents.push((unit, span, p)),
        }
    }
    incidents
}

/// Whether there is nothing between them; the later may also reach around the earlier.
fn touch(tally: &Tally, earlier: BlockSpan, later: BlockSpan) -> bool {
    later.first <= earlier.last
        || tally.blocks.range(earlier.last + 1..later.first).next().is_none()
}

// === impl Cell ===

impl Cell {
    fn plus(self, other: Cell) -> Cell {
        Cell {
            attempts: self.attempts + other.attempts,
            failed: self.failed + other.failed,
            expected: self.expected + other.expected,
        }
    }

    fn minus(self, other: Cell) -> Cell {
        Cell {
            attempts: self.attempts - other.attempts,
            failed: self.failed - other.failed,
            expected: (self.expected - other.expected).max(0.0),
        }
    }

    /// By how much the logarithm of the likelihood rises if the failures have a rate of their own instead of the expected one.
    fn evidence(self) -> f64 {
        let part = |seen: f64, expected: f64| {
            if seen > 0.0 { seen * (seen / expected.max(f64::MIN_POSITIVE)).ln() } else { 0.0 }
        };
        let (of, failed) = (self.attempts as f64, self.failed as f64);
        part(failed, self.expected) + part(of - failed, of - self.expected)
    }
}
