//! Clustering in time: failures come in bursts, and a burst is fewer pieces of evidence than its count.

use super::Cell;
use super::stretches::{Stretches, covariance, student};

/// With fewer blocks than this, clustering can't be judged, and intervals that take shoppers for independent are
/// marked as weak.
pub const MIN_BLOCKS: usize = 30;

/// By how much the variance of a pooled rate exceeds the binomial one, from (events, of) by block in order of time; see [`clustering`].
pub fn design_effect(blocks: impl Iterator<Item = (u64, u64)>) -> Option<f64> {
    clustering(blocks.map(|(events, of)| Cell::counts(events, of)))
}

/// By how much the variance of a pooled mean exceeds that of independent figures, from the cells of blocks in order of time: the
/// variance of a ratio over stretches of time (Cochran 1977, 6.3), with the covariance of neighbours (Newey and West 1987),
/// over s²/n; at least 1, and the widening of Student's t for its being an estimate included where it is above 1. None with
/// fewer than [`MIN_BLOCKS`] blocks.
pub fn clustering(blocks: impl Iterator<Item = Cell>) -> Option<f64> {
    let stretches = Stretches::of(blocks.map(|cell| vec![cell.of, cell.sum, cell.squares]))?;
    let total = stretches.total();
    let total = Cell { of: total[0], sum: total[1], squares: total[2] };
    let (mean, variance) = (total.mean(), total.variance());
    if variance <= 0.0 {
        return Some(1.0);
    }
    let count = stretches.count() as f64;
    let beyond: Vec<f64> = stretches.each().map(|sums| sums[1] - mean * sums[0]).collect();
    let squares: f64 = beyond.iter().map(|beyond| beyond * beyond).sum();
    let effect =
        count / (count - 1.0) * squares * (1.0 + covariance(&beyond)) / (total.of * variance);
    Some((effect * student(count - 1.0).powi(2)).max(1.0))
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
    fn bursts_of_five_are_worth_a_fifth() {
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
}
