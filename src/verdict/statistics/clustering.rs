//! Clustering in time: failures come in bursts, and a burst is fewer pieces of evidence than its count.

use std::ops::Range;

use super::neighbours::{Neighbours, variance_over_blocks};
use super::student::widening;
use super::time_blocks::TimeBlocks;
use super::{MIN_BLOCKS, SumOfSquares, SumsByBlock};

/// By how much clustering inflates the variance, and from how many degrees of freedom that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clustering {
    /// The variance over that of independent figures; at least 1.
    pub effect: f64,
    /// Degrees of freedom; infinite where nothing was estimated.
    pub freedom: f64,
}

/// By how much the variance of a pooled rate exceeds the binomial one, from (events, trials) by block in order of time; see [`clustering`].
pub fn design_effect(blocks: impl Iterator<Item = (u64, u64)>) -> Option<f64> {
    clustering(blocks.map(|(events, trials)| SumOfSquares::of_events(events, trials)))
}

/// By how much the variance of a pooled mean exceeds that of independent figures, from the sums of blocks in order of time; at least 1,
/// and the widening of Student's t for its being an estimate included where it is above 1. None with fewer than [`MIN_BLOCKS`]
/// blocks.
pub fn clustering(blocks: impl Iterator<Item = SumOfSquares>) -> Option<f64> {
    let found = Clustering::estimate(blocks, Neighbours::Bartlett)?;
    Some((found.inflation * widening(found.freedom, 0.025).powi(2)).max(1.0))
}

/// What an estimate came to, before it is cut off at 1.
struct Estimate {
    inflation: f64,
    freedom: f64,
}

// === impl Clustering ===

impl Clustering {
    /// Over the whole run: blocks are joined to about [`MIN_BLOCKS`] with as much in each, so that a burst that lasts longer than a
    /// block is still one burst. None where there are too few blocks.
    pub fn of_run(blocks: &SumsByBlock) -> Option<Clustering> {
        let found = Clustering::estimate(blocks.values().copied(), Neighbours::Full)?;
        Some(Clustering { effect: found.inflation.max(1.0), freedom: found.freedom })
    }

    fn estimate(
        blocks: impl Iterator<Item = SumOfSquares>,
        neighbours: Neighbours,
    ) -> Option<Estimate> {
        let joined =
            TimeBlocks::of_run(blocks.map(|sums| vec![sums.count, sums.sum, sums.squares]))?;
        let total = joined.total();
        let total = SumOfSquares { count: total[0], sum: total[1], squares: total[2] };
        let (mean, variance) = (total.mean(), total.variance());
        if variance <= 0.0 {
            return Some(Estimate { inflation: 1.0, freedom: f64::INFINITY });
        }
        let deviations: Vec<f64> = joined.each().map(|sums| sums[1] - mean * sums[0]).collect();
        Some(Estimate {
            inflation: variance_over_blocks(&deviations, neighbours) / (total.count * variance),
            freedom: joined.count() as f64 - 1.0,
        })
    }

    /// Within windows, each with a mean of its own: else a window that is worse than the others would count as one
    /// burst, and excuse itself.
    pub fn within(blocks: &SumsByBlock, windows: &[Range<u32>]) -> Option<Clustering> {
        let (mut squares, mut freedom) = (0.0, 0.0);
        for window in windows {
            let filled = || {
                blocks.range(window.clone()).map(|(_, sums)| sums).filter(|sums| sums.count > 0.0)
            };
            let total: SumOfSquares = filled().sum();
            let variance = if total.count > 0.0 { total.variance() } else { 0.0 };
            let mean = if total.count > 0.0 { total.mean() } else { 0.0 };
            let freedom_here = (filled().count() as f64 - 1.0).max(0.0);
            freedom += freedom_here;
            squares += if variance > 0.0 {
                filled()
                    .map(|sums| (sums.sum - mean * sums.count).powi(2) / (sums.count * variance))
                    .sum::<f64>()
            } else {
                // Nothing happened, as expected: no more and no less clustered than independent figures.
                freedom_here
            };
        }
        (freedom >= (MIN_BLOCKS - 1) as f64)
            .then(|| Clustering { effect: (squares / freedom).max(1.0), freedom })
    }

    /// What share of the sample is left (Korn and Graubard 1998, with Student's t for the clustering being an estimate).
    pub fn remaining_sample(self) -> f64 {
        widening(self.freedom, 0.05).powi(-2) / self.effect
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::{Purpose, uniform};

    /// 100 blocks of 200: events come in bursts of `burst` at a pooled rate of 5 %.
    fn bursts(key: u64, burst: u64) -> Vec<(u64, u64)> {
        let hit = |block: u64, i: u64| uniform(key, Purpose::Bootstrap, block * 1_000 + i) < 0.05;
        (0..100)
            .map(|block| ((0..200 / burst).filter(|&i| hit(block, i)).count() as u64 * burst, 200))
            .collect()
    }

    #[test]
    fn independent_events_have_no_design_effect_to_speak_of() {
        let mean =
            (0..40).map(|key| design_effect(bursts(key, 1).into_iter()).unwrap()).sum::<f64>()
                / 40.0;
        assert!((1.0..1.4).contains(&mean), "{mean}");
    }

    #[test]
    fn bursts_of_five_leave_a_fifth_of_the_evidence() {
        let mean =
            (0..40).map(|key| design_effect(bursts(key, 5).into_iter()).unwrap()).sum::<f64>()
                / 40.0;
        assert!((4.5..7.0).contains(&mean), "{mean}");
    }

    #[test]
    fn a_burst_across_blocks_is_one_burst() {
        let long = |block: u64| if (100..112).contains(&block) { (10, 50) } else { (0, 50) };
        assert!(design_effect((0..360).map(long)).unwrap() > 50.0);
    }

    #[test]
    fn few_blocks_can_not_be_judged() {
        assert_eq!(design_effect((0..29).map(|_| (1, 10))), None);
        assert_eq!(design_effect((0..30).map(|_| (0, 10))), Some(1.0));
    }

    #[test]
    fn a_burst_across_blocks_is_one_burst_to_the_gate() {
        // Twelve blocks of a second make one burst; each block alone would look a tenth as bad.
        let mut counts = vec![(0, 50); 360];
        counts[100..112].fill((10, 50));
        let blocks = (0..)
            .zip(counts.into_iter().map(|(events, n)| SumOfSquares::of_events(events, n)))
            .collect();
        let found = Clustering::of_run(&blocks).unwrap();
        assert!(found.effect > 50.0 && found.freedom >= 29.0, "{found:?}");
    }
}
