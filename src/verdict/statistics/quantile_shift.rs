//! By how much spans of time differ between two runs: the shift of a quantile, by block bootstrap of the stored histograms.
//!
//! Response times of neighbours resemble each other: the shop was slow just then, for all of them. So whole stretches of time
//! are drawn anew and not attempts (Künsch 1989), from a circle so that every block is as likely (Politis and Romano 1992), and
//! the same stretches of both runs: they follow one schedule, and what the load does to both cancels, as does what both sides
//! of a duet meet at once. The shift is a ratio, on the logarithmic scale, where it is most nearly normal; its
//! limits are Student's, for percentiles of thirty stretches end too early.

use std::collections::BTreeMap;
use std::slice;

use super::neighbours::{Neighbours, autocorrelation};
use super::time_blocks::{MAX_COMPARED_BLOCKS, MIN_COMPARED_BLOCKS};
use super::{Interval, min_sample};
use crate::base::Micros;
use crate::base::random::{Purpose, below, draw};

/// SpansOfTwoRuns of one run: (span, count) by block, in any order.
pub type SpanCounts = BTreeMap<u32, Vec<(Micros, u64)>>;

/// How often stretches are drawn anew. The error of a standard error is 1/√(2B): 5 %.
const RESAMPLES: u64 = 200;
/// Blocks are joined until there are at most this many: fine enough to cut thirty stretches anywhere.
const MAX_BLOCKS: usize = 120;
/// What histograms can't tell apart: their three significant digits, as a standard error.
const RESOLUTION: f64 = 0.000_5;

/// A shift of a quantile: the logarithm of the candidate's over the base's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantileShift {
    /// The estimate.
    pub estimate: f64,
    /// Its standard error.
    pub error: f64,
    /// The degrees of freedom that the error is known with.
    pub freedom: f64,
}

/// Two runs' spans, ready to be counted over any stretch up to any span.
pub struct SpansOfTwoRuns {
    /// All spans that were seen, ascending, in microseconds.
    values: Vec<u64>,
    /// By run: how many spans up to `values[v]` there are in the blocks before `b`, at `b * values.len() + v`.
    before: [Vec<u32>; 2],
    blocks: usize,
}

/// Blocks from one to before another.
type BlockRange = std::ops::Range<usize>;

// === impl QuantileShift ===

impl QuantileShift {
    /// Limits of the ratio's logarithm at this critical value.
    pub fn limits(&self, critical: f64) -> Interval {
        Interval {
            low: self.estimate - critical * self.error,
            high: self.estimate + critical * self.error,
        }
    }

    /// As if this many times as much had been seen, to the same effect.
    pub fn with_more(&self, times: f64) -> QuantileShift {
        QuantileShift { error: self.error / times.sqrt(), ..*self }
    }
}

// === impl SpansOfTwoRuns ===

impl SpansOfTwoRuns {
    /// Of the base and the candidate.
    pub fn new(base: &SpanCounts, candidate: &SpanCounts) -> SpansOfTwoRuns {
        let last = base.keys().chain(candidate.keys()).copied().max().unwrap_or(0);
        let width = (last as usize + 1).div_ceil(MAX_BLOCKS);
        let blocks = (last as usize + 1).div_ceil(width);
        let runs = [base, candidate];
        let mut values: Vec<u64> = runs
            .iter()
            .flat_map(|run| run.values())
            .flatten()
            .map(|(span, _)| span.0.max(1))
            .collect();
        values.sort_unstable();
        values.dedup();
        let before = runs.map(|run| {
            let row = values.len();
            let mut counts = vec![0u32; (blocks + 1) * row];
            for (block, spans) in run {
                let start = (*block as usize / width + 1) * row;
                for (span, count) in spans {
                    let value = values
                        .binary_search(&span.0.max(1))
                        .expect("every span is among the values");
                    counts[start + value] = counts[start + value]
                        .saturating_add(u32::try_from(*count).unwrap_or(u32::MAX));
                }
            }
            // First along the values, then along the blocks.
            for line in counts.chunks_exact_mut(row.max(1)) {
                (1..line.len())
                    .for_each(|value| line[value] = line[value].saturating_add(line[value - 1]));
            }
            (row..counts.len()).for_each(|i| counts[i] = counts[i].saturating_add(counts[i - row]));
            counts
        });
        SpansOfTwoRuns { values, before, blocks }
    }

    /// How many spans each run has.
    pub fn counts(&self) -> [u64; 2] {
        [0, 1].map(|run| self.before[run].last().copied().unwrap_or(0).into())
    }

    /// The shift of the quantile `q`; none where a run can't carry it, or is too short to see how spans vary over time.
    pub fn shift(&self, q: f64) -> Option<QuantileShift> {
        if self.blocks < MIN_COMPARED_BLOCKS
            || self.counts().iter().any(|count| *count < min_sample(q))
        {
            return None;
        }
        let whole = 0..self.blocks;
        let estimate = self.log_ratio(slice::from_ref(&whole), q)?;
        let length = (self.blocks / MAX_COMPARED_BLOCKS).max(1);
        let stretches = self.blocks / length;
        let mut drawn: Vec<BlockRange> = Vec::with_capacity(2 * stretches);
        let (mut sum, mut squares, mut times) = (0.0, 0.0, 0.0);
        for resample in 0..RESAMPLES {
            drawn.clear();
            for i in 0..stretches {
                let from = below(draw(resample, Purpose::Bootstrap, i as u64), self.blocks as u64)
                    as usize;
                let until = from + length;
                drawn.push(from..until.min(self.blocks));
                // Around the circle.
                drawn.extend((until > self.blocks).then(|| 0..until - self.blocks));
            }
            // Where the stretches drawn happen to be empty on one side there is no ratio.
            if let Some(ratio) = self.log_ratio(&drawn, q) {
                (sum, squares, times) = (sum + ratio, squares + ratio * ratio, times + 1.0);
            }
        }
        if times < RESAMPLES as f64 / 2.0 {
            return None;
        }
        let freedom = stretches as f64 - 1.0;
        let variance =
            (squares / times - (sum / times).powi(2)).max(0.0) * stretches as f64 / freedom;
        let error = (variance * self.inflation(q, length)?).sqrt();
        Some(QuantileShift { estimate, error: error.hypot(RESOLUTION), freedom })
    }

    /// By how much a slow time that lies across the edge of two stretches inflates the variance: one and twice the correlation of
    /// neighbouring stretches (Newey and West 1987), where it is positive. What is correlated is each stretch's share of
    /// the shift: how many of its spans are beyond the quantile, more or less than expected.
    fn inflation(&self, q: f64, length: usize) -> Option<f64> {
        let stretches = self.blocks / length;
        if stretches * 2 < MAX_COMPARED_BLOCKS {
            return Some(1.0);
        }
        let counts = self.counts();
        let whole = 0..self.blocks;
        let at = [
            self.place(0, slice::from_ref(&whole), q)?,
            self.place(1, slice::from_ref(&whole), q)?,
        ];
        let share = |run: usize, stretch: &BlockRange| {
            let stretch = slice::from_ref(stretch);
            let (within, all) = (
                self.within(run, stretch, at[run]),
                self.within(run, stretch, self.values.len() - 1),
            );
            (within as f64 - q * all as f64) / counts[run] as f64
        };
        let shares: Vec<f64> = (0..stretches)
            .map(|i| i * length..(i + 1) * length)
            .map(|stretch| share(1, &stretch) - share(0, &stretch))
            .collect();
        Some(1.0 + Neighbours::Full.weight() * autocorrelation(&shares))
    }

    /// The quantiles of both runs, as the logarithm of their ratio.
    fn log_ratio(&self, stretches: &[BlockRange], q: f64) -> Option<f64> {
        let base = self.quantile(0, stretches, q)?;
        let candidate = self.quantile(1, stretches, q)?;
        Some((candidate as f64).ln() - (base as f64).ln())
    }

    fn quantile(&self, run: usize, stretches: &[BlockRange], q: f64) -> Option<u64> {
        self.place(run, stretches, q).map(|value| self.values[value])
    }

    /// The quantile's place among the values; none where these stretches are empty.
    fn place(&self, run: usize, stretches: &[BlockRange], q: f64) -> Option<usize> {
        let all = self.within(run, stretches, self.values.len().checked_sub(1)?);
        let rank = ((q * all as f64).ceil() as u64).max(1);
        if all == 0 {
            return None;
        }
        let (mut low, mut high) = (0, self.values.len() - 1);
        while low < high {
            let middle = low.midpoint(high);
            if self.within(run, stretches, middle) >= rank {
                high = middle
            } else {
                low = middle + 1
            }
        }
        Some(low)
    }

    /// How many spans of these stretches are at most `values[value]` long.
    fn within(&self, run: usize, stretches: &[BlockRange], value: usize) -> u64 {
        let before = |block: usize| self.before[run][block * self.values.len() + value];
        stretches.iter().map(|stretch| u64::from(before(stretch.end) - before(stretch.start))).sum()
    }

    /// How far apart the two distributions are, as a span: the mean distance between values of equal rank (the first Wasserstein distance);
    /// none where a run has no spans.
    pub fn distance(&self) -> Option<Micros> {
        let counts = self.counts();
        let share = |run: usize, value: usize| {
            self.before[run][self.blocks * self.values.len() + value] as f64 / counts[run] as f64
        };
        let apart = |value: usize| {
            (share(0, value) - share(1, value)).abs()
                * (self.values[value + 1] - self.values[value]) as f64
        };
        let all_there = counts.iter().all(|count| *count > 0);
        all_there.then(|| Micros((0..self.values.len() - 1).map(apart).sum::<f64>().round() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::uniform;

    fn counted(key: u64, blocks: u32, each: u64, span: impl Fn(u32, f64) -> f64) -> SpanCounts {
        let in_block = |block: u32| {
            let spans =
                (0..each).map(|i| {
                    Micros(span(block, uniform(key, Purpose::Think, u64::from(block) * each + i))
                        as u64)
                });
            spans.map(|span| (span, 1)).collect()
        };
        (0..blocks).map(|block| (block, in_block(block))).collect()
    }

    fn exponential(u: f64) -> f64 {
        -10_000.0 * (1.0 - u).ln()
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_spans() {
        let of = |key| counted(key, 40, 25, |_, u| exponential(u));
        let (base, candidate) = (of(1), of(2));
        let spans = SpansOfTwoRuns::new(&base, &candidate);
        for (run, counted) in [(0, &base), (1, &candidate)] {
            let mut sorted: Vec<u64> = counted.values().flatten().map(|(span, _)| span.0).collect();
            sorted.sort_unstable();
            let whole = 0..spans.blocks;
            for q in [0.01, 0.5, 0.95, 0.99, 1.0] {
                assert_eq!(
                    spans.quantile(run, slice::from_ref(&whole), q),
                    Some(sorted[(q * 1_000.0) as usize - 1].max(1)),
                    "{q}"
                );
            }
            // Around the end: the last five blocks and the first three.
            let around = [spans.blocks - 5..spans.blocks, 0..3];
            let mut sorted: Vec<u64> = counted
                .iter()
                .filter(|(block, _)| **block >= 35 || **block < 3)
                .flat_map(|(_, spans)| spans)
                .map(|(span, _)| span.0)
                .collect();
            sorted.sort_unstable();
            assert_eq!(spans.quantile(run, &around, 0.5), Some(sorted[99].max(1)));
        }
    }

    #[test]
    fn a_shift_is_found_and_its_error_is_that_of_theory() {
        let spans = SpansOfTwoRuns::new(
            &counted(1, 360, 20, |_, u| exponential(u)),
            &counted(2, 360, 20, |_, u| 1.2 * exponential(u)),
        );
        let shift = spans.shift(0.95).unwrap();
        // √(2 · q(1 − q)/n) / (f(Q) Q), with f(Q) = (1 − q)/10 ms and Q = 30 ms.
        let theory = (2.0 * 0.95 * 0.05 / 7_200.0f64).sqrt() / (0.05 * 2.996);
        assert!((shift.error / theory - 1.0).abs() < 0.35, "{shift:?}, {theory}");
        assert!((shift.estimate - 1.2f64.ln()).abs() < 4.0 * theory, "{shift:?}");
        let distance = spans.distance().unwrap();
        assert!((1_700..2_300).contains(&distance.0), "a fifth of the mean of 10 ms: {distance}");
    }

    #[test]
    fn what_both_runs_meet_at_the_same_time_is_no_noise() {
        let wave = |block: u32| 1.0 + (f64::from(block) / 9.0).sin().powi(2) * 4.0;
        let of = |key, how: &dyn Fn(u32) -> f64| {
            counted(key, 360, 20, |block, u| how(block) * exponential(u))
        };
        let together = SpansOfTwoRuns::new(&of(1, &wave), &of(2, &wave)).shift(0.5).unwrap();
        let apart = SpansOfTwoRuns::new(&of(1, &wave), &of(2, &|block| wave(block + 14)))
            .shift(0.5)
            .unwrap();
        assert!(together.error < 0.6 * apart.error, "{together:?} {apart:?}");
    }

    #[test]
    fn a_sample_that_can_not_carry_the_quantile_gives_none() {
        let few = |each| counted(1, 30, each, |_, u| exponential(u));
        assert!(SpansOfTwoRuns::new(&few(9), &few(20)).shift(0.99).is_none());
        assert!(SpansOfTwoRuns::new(&few(10), &few(20)).shift(0.99).is_some());
        let short = counted(1, 9, 100, |_, u| exponential(u));
        assert!(
            SpansOfTwoRuns::new(&short, &short).shift(0.5).is_none(),
            "nine blocks say nothing of how spans vary"
        );
        assert_eq!(SpansOfTwoRuns::new(&SpanCounts::new(), &short).distance(), None);
    }
}
