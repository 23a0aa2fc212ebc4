//! Blocks of time joined to about thirty, and what resampling them shows: the one mechanism behind every interval that
//! must hold for failures in bursts.
//!
//! Shoppers who come at the same time share the shop's good and bad moments, so they are not independent; spans of time
//! that are longer than a bad moment nearly are. Blocks are joined until there are about [`MIN_BLOCKS`] with as much in each,
//! so that a burst that lasts longer than a block is still one burst, and the joined blocks are resampled (Carlstein 1986).
//! Neighbours that still go together, as they do where a retry falls into the next block, widen the error by their covariance
//! (Newey and West 1987). Draws are addressed, not taken in turn: the same tally gives the same interval.

use super::neighbours::autocorrelation;
use super::student::widening;
use crate::base::random::{Purpose, below, draw};

/// With fewer blocks than this, clustering can't be judged, and intervals that take shoppers for independent are
/// marked as weak.
pub const MIN_BLOCKS: usize = 30;
/// With fewer blocks than this, a comparison of two runs takes shoppers for independent. Fewer than [`MIN_BLOCKS`] are enough,
/// since Student's law with as few degrees of freedom pays for it.
pub const MIN_COMPARED_BLOCKS: usize = 10;
/// The most blocks that a comparison is made of; more would cut bursts apart.
pub const MAX_COMPARED_BLOCKS: usize = 30;

/// How often blocks are resampled.
pub const RESAMPLES: u64 = 2_000;
/// Chooses the draws; any number does.
const KEY: u64 = 0x0057_4e7c_4e5d;

/// Sums of figures over joined blocks of time, in order. The first figure of each is how much was counted.
#[derive(Clone, Debug)]
pub struct TimeBlocks {
    sums: Vec<Vec<f64>>,
}

// === impl TimeBlocks ===

impl TimeBlocks {
    /// The blocks of one run, joined to as few as there may be, [`MIN_BLOCKS`] or a few more. A joined block is closed as soon as enough
    /// was counted in it. None if fewer than [`MIN_BLOCKS`] blocks have counted anything.
    pub fn of_run(blocks: impl Iterator<Item = Vec<f64>>) -> Option<TimeBlocks> {
        let filled: Vec<Vec<f64>> = blocks.filter(|sums| sums[0] > 0.0).collect();
        if filled.len() < MIN_BLOCKS {
            return None;
        }
        let total: f64 = filled.iter().map(|sums| sums[0]).sum();
        // As few as there may be: full blocks may overshoot, which leaves fewer.
        let sums = (MIN_BLOCKS..filled.len())
            .map(|parts| join_until_full(&filled, total / parts as f64))
            .find(|joined| joined.len() >= MIN_BLOCKS)
            .unwrap_or(filled);
        Some(TimeBlocks { sums })
    }

    /// The blocks of two runs of one schedule, joined to [`MAX_COMPARED_BLOCKS`] if there are as many. A block belongs where its
    /// middle falls. None if fewer than [`MIN_COMPARED_BLOCKS`] blocks have counted anything.
    pub fn of_two_runs(blocks: impl Iterator<Item = Vec<f64>>) -> Option<TimeBlocks> {
        let filled: Vec<Vec<f64>> = blocks.filter(|sums| sums[0] > 0.0).collect();
        if filled.len() < MIN_COMPARED_BLOCKS {
            return None;
        }
        let total: f64 = filled.iter().map(|sums| sums[0]).sum();
        let parts = filled.len().min(MAX_COMPARED_BLOCKS);
        let mut sums: Vec<Vec<f64>> = Vec::with_capacity(parts);
        let mut before = 0.0;
        for block in filled {
            let place = ((before + block[0] / 2.0) / total * parts as f64) as usize;
            before += block[0];
            match sums.get_mut(place) {
                Some(joined) => add(joined, &block),
                None => sums.push(block),
            }
        }
        Some(TimeBlocks { sums })
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.sums.len()
    }

    /// The sums over each.
    pub fn each(&self) -> impl Iterator<Item = &[f64]> {
        self.sums.iter().map(Vec::as_slice)
    }

    /// The sums over all of them.
    pub fn total(&self) -> Vec<f64> {
        let mut total = vec![0.0; self.sums[0].len()];
        self.sums.iter().for_each(|sums| add(&mut total, sums));
        total
    }

    /// The standard error of a figure of the sums, by the block bootstrap, widened as Student's t has it for an error that is
    /// itself an estimate from so few blocks: to be used with normal points. None where hardly any sample has the figure.
    pub fn bootstrap_error(&self, figure: impl Fn(&[f64]) -> Option<f64>) -> Option<f64> {
        let count = self.sums.len() as u64;
        let mut total = vec![0.0; self.sums[0].len()];
        let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
        let centre = figure(&self.total())?;
        for sample in 0..RESAMPLES {
            total.fill(0.0);
            for i in 0..count {
                let drawn = below(draw(KEY, Purpose::Bootstrap, sample * count + i), count);
                add(&mut total, &self.sums[drawn as usize]);
            }
            if let Some(found) = figure(&total).map(|found| found - centre) {
                (n, sum, squares) = (n + 1.0, sum + found, squares + found * found);
            }
        }
        let variance =
            (squares / n - (sum / n).powi(2)).max(0.0) * (1.0 + self.neighbours(&figure, centre));
        let count = count as f64;
        (n > RESAMPLES as f64 / 2.0)
            .then(|| (variance * count / (count - 1.0)).sqrt() * widening(count - 1.0, 0.025))
    }

    /// How much neighbours widen the variance of a figure: what each block adds to it is the figure without the block.
    fn neighbours(&self, figure: &impl Fn(&[f64]) -> Option<f64>, centre: f64) -> f64 {
        let total = self.total();
        let without = |sums: &[f64]| -> Vec<f64> {
            total.iter().zip(sums).map(|(total, sum)| total - sum).collect()
        };
        let added: Vec<f64> =
            self.each().map(|sums| centre - figure(&without(sums)).unwrap_or(centre)).collect();
        let mean = added.iter().sum::<f64>() / added.len() as f64;
        autocorrelation(&added.iter().map(|added| added - mean).collect::<Vec<_>>())
    }
}

fn join_until_full(blocks: &[Vec<f64>], target: f64) -> Vec<Vec<f64>> {
    let mut joined: Vec<Vec<f64>> = Vec::new();
    let mut open = vec![0.0; blocks[0].len()];
    for block in blocks {
        add(&mut open, block);
        if open[0] >= target {
            joined.push(std::mem::replace(&mut open, vec![0.0; block.len()]));
        }
    }
    if let Some(last) = joined.last_mut() {
        add(last, &open);
    }
    joined
}

fn add(sum: &mut [f64], other: &[f64]) {
    sum.iter_mut().zip(other).for_each(|(sum, other)| *sum += other);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::uniform;

    fn rate(sums: &[f64]) -> Option<f64> {
        (sums[0] > 0.0).then(|| sums[1] / sums[0])
    }

    #[test]
    fn the_error_of_independent_events_is_the_binomial_one() {
        let blocks = (0..120).map(|block| {
            let events =
                (0..200).filter(|i| uniform(3, Purpose::Think, block * 200 + i) < 0.1).count();
            vec![200.0, events as f64]
        });
        let joined = TimeBlocks::of_run(blocks).unwrap();
        assert_eq!((joined.count(), joined.total()[0]), (30, 24_000.0));
        let binomial = (0.1f64 * 0.9 / 24_000.0).sqrt();
        let found = joined.bootstrap_error(rate).unwrap() / binomial;
        assert!((0.7..1.5).contains(&found), "{found}");
    }

    #[test]
    fn a_burst_over_many_blocks_is_one_burst() {
        let blocks = |struck: fn(u32) -> bool| {
            (0..360).map(move |block| vec![50.0, if struck(block) { 25.0 } else { 0.0 }])
        };
        let burst = TimeBlocks::of_run(blocks(|block| (100..112).contains(&block)))
            .unwrap()
            .bootstrap_error(rate)
            .unwrap();
        let spread = TimeBlocks::of_run(blocks(|block| block % 12 == 0))
            .unwrap()
            .bootstrap_error(rate)
            .unwrap();
        assert!(burst > 10.0 * spread.max(1e-6), "{burst} and {spread}");
    }

    #[test]
    fn few_blocks_and_figures_without_a_value_have_no_error() {
        assert!(TimeBlocks::of_run((0..29).map(|_| vec![10.0, 1.0])).is_none());
        let joined = TimeBlocks::of_run((0..40).map(|_| vec![10.0, 0.0])).unwrap();
        assert_eq!(joined.bootstrap_error(|sums| (sums[1] > 0.0).then_some(1.0)), None);
        assert_eq!(joined.bootstrap_error(rate), Some(0.0));
    }

    #[test]
    fn uneven_blocks_are_joined_to_even_ones() {
        let joined =
            TimeBlocks::of_run((0..200u32).map(|block| vec![f64::from(1 + block % 7), 0.0]))
                .unwrap();
        assert!((30..=36).contains(&joined.count()), "{}", joined.count());
        assert_eq!(
            joined.total()[0],
            (0..200u32).map(|block| f64::from(1 + block % 7)).sum::<f64>()
        );
    }

    #[test]
    fn two_runs_are_joined_to_thirty_blocks_and_nothing_is_lost() {
        let blocks = (0..360u32).map(|i| vec![f64::from(22 + i % 7 + i % 5), f64::from(i)]);
        let joined = TimeBlocks::of_two_runs(blocks).unwrap();
        assert_eq!((joined.count(), joined.total()[1]), (MAX_COMPARED_BLOCKS, 64_620.0));
        let sizes: Vec<f64> = joined.each().map(|sums| sums[0]).collect();
        assert!(sizes.iter().all(|size| (250.0..420.0).contains(size)), "{sizes:?}");
    }

    #[test]
    fn few_blocks_of_two_runs_say_nothing_of_clustering() {
        let blocks = |count: usize| TimeBlocks::of_two_runs((0..count).map(|_| vec![20.0]));
        assert!(blocks(9).is_none());
        assert_eq!(blocks(12).map(|joined| joined.count()), Some(12));
    }
}
