//! How sure a share is: the one mechanism by which every objective is judged.
//!
//! A rate is a share of attempts, a loss is a mean of chances, and a quantile is within a limit exactly if the share of
//! what lies beyond the limit is small enough. So all of them are sums over blocks of time, and all limits are those of
//! Clopper and Pearson (1934) at the sample of independent yes-and-no answers that would be as informative (Korn and
//! Graubard 1998): smaller where failures come in bursts, and smaller again for not knowing their clustering exactly.

use std::collections::BTreeMap;
use std::ops::Range;

use statrs::distribution::{ContinuousCDF, StudentsT};

pub(in crate::verdict) use crate::verdict::statistics::Cell;
use crate::verdict::statistics::{Interval, MIN_BLOCKS, clopper_pearson, clopper_pearson_upper};

/// The chance that is accepted of saying "holds" of what does not, or "broken" of what is not.
pub(super) const LEVEL: f64 = 0.05;

/// Cells by block of time.
pub(in crate::verdict) type Cells = BTreeMap<u32, Cell>;

/// A share with the sample that it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Share {
    pub(super) value: f64,
    /// What was counted.
    pub(super) of: f64,
    /// Independent yes-and-no answers that would say as much.
    pub(super) effective: f64,
    /// Whether clustering could be judged; if not, the limits may be too close.
    pub(super) by_blocks: bool,
}

/// By how much clustering inflates the variance, and how many degrees of freedom say so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clustering {
    effect: f64,
    freedom: f64,
}

// === impl Clustering ===

impl Clustering {
    /// Over the whole run: blocks are joined to about [`MIN_BLOCKS`] stretches with as much in each, so that a burst
    /// that lasts longer than a block is still one burst. None where there are too few blocks.
    pub(super) fn of(cells: &Cells) -> Option<Clustering> {
        let groups = grouped(cells)?;
        let total = sum(groups.iter());
        let (mean, variance, count) = (total.mean(), total.variance(), groups.len() as f64);
        if variance <= 0.0 {
            return Some(Clustering { effect: 1.0, freedom: f64::INFINITY });
        }
        // The variance of a ratio (Cochran 1977, 6.3) over that of as many independent figures. A burst that lies across
        // the edge of two stretches shows in their covariance (Newey and West 1987); a negative one is no merit.
        let excess: Vec<f64> = groups.iter().map(|group| group.sum - mean * group.of).collect();
        let squares: f64 = excess.iter().map(|e| e * e).sum();
        let neighbours: f64 = excess.windows(2).map(|pair| pair[0] * pair[1]).sum();
        let inflated =
            count / (count - 1.0) * (squares + 2.0 * neighbours.max(0.0)) / (total.of * variance);
        Some(Clustering { effect: inflated.max(1.0), freedom: count - 1.0 })
    }

    /// Within windows, each with a mean of its own: else a window that is worse than the others would count as one
    /// burst, and excuse itself.
    pub(super) fn within(cells: &Cells, windows: &[Range<u32>]) -> Option<Clustering> {
        let (mut squares, mut freedom) = (0.0, 0.0);
        for window in windows {
            let blocks =
                || cells.range(window.clone()).map(|(_, cell)| cell).filter(|cell| cell.of > 0.0);
            let total = sum(blocks());
            let variance = if total.of > 0.0 { total.variance() } else { 0.0 };
            let mean = if total.of > 0.0 { total.mean() } else { 0.0 };
            freedom += (blocks().count() as f64 - 1.0).max(0.0);
            if variance > 0.0 {
                squares += blocks()
                    .map(|cell| (cell.sum - mean * cell.of).powi(2) / (cell.of * variance))
                    .sum::<f64>();
            } else {
                // Nothing happened, as expected: no more and no less clustered than independent figures.
                squares += (blocks().count() as f64 - 1.0).max(0.0);
            }
        }
        (freedom >= (MIN_BLOCKS - 1) as f64)
            .then(|| Clustering { effect: (squares / freedom).max(1.0), freedom })
    }

    /// What share of the sample is left (Korn and Graubard 1998, with Student's t for the clustering being an estimate).
    fn worth(self) -> f64 {
        let certain = if self.freedom.is_finite() {
            let t = StudentsT::new(0.0, 1.0, self.freedom)
                .map_or(f64::INFINITY, |law| law.inverse_cdf(1.0 - LEVEL));
            (crate::verdict::statistics::Z_ONE_SIDED / t).powi(2)
        } else {
            1.0
        };
        certain / self.effect
    }
}

// === impl Share ===

impl Share {
    /// Of these cells; none where nothing was counted.
    pub(super) fn of(
        cells: &Cells,
        within: Range<u32>,
        clustering: Option<Clustering>,
    ) -> Option<Share> {
        let total = sum(cells.range(within).map(|(_, cell)| cell));
        if total.of <= 0.0 {
            return None;
        }
        let (value, variance) = (total.mean(), total.variance());
        // Chances vary less than yes-and-no answers of the same mean, and say more.
        let sharper = if variance > 0.0 { value * (1.0 - value) / variance } else { 1.0 };
        // Where nothing happened, nothing is known of clustering either.
        let worth = if value <= 0.0 { 1.0 } else { clustering.map_or(1.0, Clustering::worth) };
        Some(Share {
            value,
            of: total.of,
            effective: total.of * sharper * worth,
            by_blocks: clustering.is_some(),
        })
    }

    /// Above the share with a chance of `1 − level`.
    pub(super) fn upper(&self, level: f64) -> f64 {
        clopper_pearson_upper(self.value * self.effective, self.effective, level)
    }

    /// Below the share with a chance of `1 − level`.
    pub(super) fn lower(&self, level: f64) -> f64 {
        1.0 - clopper_pearson_upper((1.0 - self.value) * self.effective, self.effective, level)
    }

    /// Where it lies with 95 % confidence. With no event all doubt is spent above.
    pub(super) fn ci95(&self) -> Interval {
        match self.value {
            v if v <= 0.0 => Interval { low: 0.0, high: self.upper(LEVEL) },
            v if v >= 1.0 => Interval { low: self.lower(LEVEL), high: 1.0 },
            v => clopper_pearson(v * self.effective, self.effective, LEVEL),
        }
    }

    /// How many times as much must be seen until a share like this is told from the limit, at these levels of the
    /// two answers; none if more than a thousand times as much.
    pub(super) fn times_needed(&self, limit: f64, (hold, breach): (f64, f64)) -> Option<f64> {
        let decided = |times: f64| {
            let more = Share { effective: self.effective * times, ..*self };
            more.upper(hold) < limit || more.lower(breach) > limit
        };
        let (mut low, mut high) = (1.0, 1_000.0);
        if !decided(high) {
            return None;
        }
        for _ in 0..30 {
            let middle = f64::midpoint(low, high);
            if decided(middle) { high = middle } else { low = middle }
        }
        Some(high)
    }
}

fn sum<'c>(cells: impl Iterator<Item = &'c Cell>) -> Cell {
    cells.fold(Cell::default(), |sum, cell| sum + *cell)
}

/// The blocks joined to as few stretches with as much in each as there may be: [`MIN_BLOCKS`] or a few more.
fn grouped(cells: &Cells) -> Option<Vec<Cell>> {
    let filled: Vec<Cell> = cells.values().copied().filter(|cell| cell.of > 0.0).collect();
    if filled.len() < MIN_BLOCKS {
        return None;
    }
    let total = sum(filled.iter()).of;
    let joined = |target: f64| {
        let (mut groups, mut open) = (Vec::new(), Cell::default());
        for cell in &filled {
            open += *cell;
            if open.of >= target {
                groups.push(std::mem::take(&mut open));
            }
        }
        if let Some(last) = groups.last_mut().filter(|_| open.of > 0.0) {
            *last += open;
        }
        groups
    };
    (MIN_BLOCKS..filled.len())
        .map(|parts| joined(total / parts as f64))
        .find(|groups| groups.len() >= MIN_BLOCKS)
        .or(Some(filled))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(counts: impl IntoIterator<Item = (u64, u64)>) -> Cells {
        (0..).zip(counts.into_iter().map(|(events, of)| Cell::counts(events, of))).collect()
    }

    fn share(cells: &Cells) -> Share {
        Share::of(cells, 0..u32::MAX, Clustering::of(cells)).unwrap()
    }

    #[test]
    fn nothing_bad_in_n_is_at_most_three_over_n() {
        let clean = share(&cells([(0, 100); 40]));
        assert!((clean.upper(LEVEL) - (1.0 - 0.05f64.powf(1.0 / 4_000.0))).abs() < 1e-9);
        assert_eq!((clean.lower(LEVEL), clean.ci95().low, clean.by_blocks), (0.0, 0.0, true));
        assert_eq!(Share::of(&Cells::new(), 0..9, None), None);
    }

    #[test]
    fn a_burst_is_worth_less_than_its_count() {
        let steady = share(&cells([(1, 100); 60]));
        let mut burst = vec![(0, 100); 60];
        burst[20..24].fill((15, 100));
        let burst = share(&cells(burst));
        assert_eq!(steady.value, burst.value);
        assert!(
            steady.effective > 5_000.0 && burst.effective < 700.0,
            "{} and {}",
            steady.effective,
            burst.effective
        );
        assert!(
            burst.lower(LEVEL) < steady.lower(LEVEL) && burst.upper(LEVEL) > steady.upper(LEVEL)
        );
    }

    #[test]
    fn a_burst_across_blocks_is_one_burst() {
        // Twelve blocks of a second make one burst; each block alone would look a tenth as bad.
        let mut counts = vec![(0, 50); 360];
        counts[100..112].fill((10, 50));
        let found = Clustering::of(&cells(counts)).unwrap();
        assert!(found.effect > 50.0 && found.freedom >= 29.0, "{found:?}");
    }

    #[test]
    fn a_window_does_not_excuse_itself() {
        let mut counts = vec![(0, 50); 300];
        counts[290..].fill((50, 50));
        let cells = cells(counts);
        let windows: Vec<Range<u32>> = (0..30).map(|i| 10 * i..10 * (i + 1)).collect();
        let last = Share::of(&cells, 290..300, Clustering::within(&cells, &windows)).unwrap();
        assert!(last.lower(LEVEL / 30.0) > 0.95, "{last:?}");
        let as_a_whole = Share::of(&cells, 290..300, Clustering::of(&cells)).unwrap();
        assert!(as_a_whole.lower(LEVEL / 30.0) < 0.05, "which is why: {as_a_whole:?}");
    }

    #[test]
    fn a_chance_of_a_quarter_each_says_as_much_as_the_shoppers_who_have_it() {
        let quarter = Cell { sum: 0.26 * 40.0, squares: 0.26 * 0.26 * 40.0, of: 4_000.0 };
        let loss = Share::of(&Cells::from([(0, quarter)]), 0..1, None).unwrap();
        let rate = Share::of(&cells([(40, 4_000)]), 0..1, None).unwrap();
        assert!((loss.upper(LEVEL) / (0.26 * rate.upper(LEVEL)) - 1.0).abs() < 0.01);
        assert!((loss.lower(LEVEL) / (0.26 * rate.lower(LEVEL)) - 1.0).abs() < 0.01);
    }

    #[test]
    fn what_is_needed_decides_and_a_little_less_does_not() {
        let found = share(&cells([(4, 1_000)]));
        let times = found.times_needed(0.005, (LEVEL, LEVEL)).unwrap();
        let at = |times: f64| Share { effective: found.effective * times, ..found }.upper(LEVEL);
        assert!(times > 5.0 && at(times) < 0.005 && at(times * 0.98) > 0.005, "{times}");
        assert_eq!(
            share(&cells([(5, 1_000)])).times_needed(0.005, (LEVEL, LEVEL)),
            None,
            "right at the limit"
        );
    }

    proptest! {
        #[test]
        fn limits_enclose_the_share_and_a_surer_answer_is_wider(counts in prop::collection::vec((0u64..20, 20u64..60), 1..120)) {
            let share = share(&cells(counts));
            prop_assert!(share.lower(LEVEL) <= share.value + 1e-12 && share.value <= share.upper(LEVEL) + 1e-12);
            prop_assert!(share.lower(LEVEL / 9.0) <= share.lower(LEVEL) && share.upper(LEVEL / 9.0) >= share.upper(LEVEL));
            prop_assert!(share.effective <= share.of + 1e-6);
        }
    }
}
