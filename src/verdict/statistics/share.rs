//! How sure a share is: the one mechanism by which every objective is judged.
//!
//! A rate is a share of attempts, a loss is a mean of probabilities, and a quantile is within a limit exactly if the share of
//! what lies beyond the limit is small enough. So all of them are sums over blocks of time, and all limits are those of
//! Clopper and Pearson (1934) at the sample of independent yes-and-no answers that would be as informative (Korn and
//! Graubard 1998): smaller where failures come in bursts, and smaller again for not knowing their clustering exactly.

use std::ops::Range;

use super::power::times_needed;
use super::{
    Clustering, Interval, SumOfSquares, SumsByBlock, clopper_pearson, clopper_pearson_upper,
};

/// The level of a one-sided limit.
const LEVEL: f64 = 0.05;

/// A share with the sample that it stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// The share, in 0..=1.
    pub value: f64,
    /// What was counted.
    pub count: f64,
    /// Independent yes-and-no answers that would say as much.
    pub effective: f64,
    /// Whether clustering could be judged; if not, the limits may be too close.
    pub by_blocks: bool,
}

// === impl Share ===

impl Share {
    /// Over these blocks; none where nothing was counted.
    pub fn within(
        blocks: &SumsByBlock,
        window: Range<u32>,
        clustering: Option<Clustering>,
    ) -> Option<Share> {
        let total: SumOfSquares = blocks.range(window).map(|(_, sums)| sums).sum();
        if total.count <= 0.0 {
            return None;
        }
        let value = total.mean();
        // Where nothing happened, nothing is known of clustering either.
        let remaining =
            if value <= 0.0 { 1.0 } else { clustering.map_or(1.0, Clustering::remaining_sample) };
        Some(Share {
            value,
            count: total.count,
            effective: total.count * total.sharpness() * remaining,
            by_blocks: clustering.is_some(),
        })
    }

    /// Above the share with a chance of `1 − level`.
    pub fn upper(&self, level: f64) -> f64 {
        clopper_pearson_upper(self.value * self.effective, self.effective, level)
    }

    /// Below the share with a chance of `1 − level`.
    pub fn lower(&self, level: f64) -> f64 {
        1.0 - clopper_pearson_upper((1.0 - self.value) * self.effective, self.effective, level)
    }

    /// Where it lies with 95 % confidence. With no event all doubt is spent above.
    pub fn ci95(&self) -> Interval {
        match self.value {
            v if v <= 0.0 => Interval { low: 0.0, high: self.upper(LEVEL) },
            v if v >= 1.0 => Interval { low: self.lower(LEVEL), high: 1.0 },
            v => clopper_pearson(v * self.effective, self.effective, LEVEL),
        }
    }

    /// How many times as much must be seen until a share like this is told from the limit, at these levels of the
    /// two answers; none if more than a thousand times as much.
    pub fn times_needed(&self, limit: f64, (below, above): (f64, f64)) -> Option<f64> {
        times_needed(30, |times| {
            let more = Share { effective: self.effective * times, ..*self };
            more.upper(below) < limit || more.lower(above) > limit
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sums(counts: impl IntoIterator<Item = (u64, u64)>) -> SumsByBlock {
        (0..)
            .zip(counts.into_iter().map(|(events, of)| SumOfSquares::of_events(events, of)))
            .collect()
    }

    fn share(sums: &SumsByBlock) -> Share {
        Share::within(sums, 0..u32::MAX, Clustering::of_run(sums)).unwrap()
    }

    #[test]
    fn nothing_bad_in_n_is_at_most_three_over_n() {
        let clean = share(&sums([(0, 100); 40]));
        assert!((clean.upper(LEVEL) - (1.0 - 0.05f64.powf(1.0 / 4_000.0))).abs() < 1e-9);
        assert_eq!((clean.lower(LEVEL), clean.ci95().low, clean.by_blocks), (0.0, 0.0, true));
        assert_eq!(Share::within(&SumsByBlock::new(), 0..9, None), None);
    }

    #[test]
    fn a_burst_is_less_evidence_than_its_count() {
        let steady = share(&sums([(1, 100); 60]));
        let mut burst = vec![(0, 100); 60];
        burst[20..24].fill((15, 100));
        let burst = share(&sums(burst));
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
    fn a_window_does_not_excuse_itself() {
        let mut counts = vec![(0, 50); 300];
        counts[290..].fill((50, 50));
        let sums = sums(counts);
        let windows: Vec<Range<u32>> = (0..30).map(|i| 10 * i..10 * (i + 1)).collect();
        let last = Share::within(&sums, 290..300, Clustering::within(&sums, &windows)).unwrap();
        assert!(last.lower(LEVEL / 30.0) > 0.95, "{last:?}");
        let as_a_whole = Share::within(&sums, 290..300, Clustering::of_run(&sums)).unwrap();
        assert!(as_a_whole.lower(LEVEL / 30.0) < 0.05, "which is why: {as_a_whole:?}");
    }

    #[test]
    fn a_chance_of_a_quarter_each_says_as_much_as_the_shoppers_who_have_it() {
        let quarter =
            SumOfSquares { sum: 0.26 * 40.0, squares: 0.26 * 0.26 * 40.0, count: 4_000.0 };
        let loss = Share::within(&SumsByBlock::from([(0, quarter)]), 0..1, None).unwrap();
        let rate = Share::within(&sums([(40, 4_000)]), 0..1, None).unwrap();
        assert!((loss.upper(LEVEL) / (0.26 * rate.upper(LEVEL)) - 1.0).abs() < 0.01);
        assert!((loss.lower(LEVEL) / (0.26 * rate.lower(LEVEL)) - 1.0).abs() < 0.01);
    }

    #[test]
    fn what_is_needed_decides_and_a_little_less_does_not() {
        let found = share(&sums([(4, 1_000)]));
        let times = found.times_needed(0.005, (LEVEL, LEVEL)).unwrap();
        let at = |times: f64| Share { effective: found.effective * times, ..found }.upper(LEVEL);
        assert!(times > 5.0 && at(times) < 0.005 && at(times * 0.98) > 0.005, "{times}");
        assert_eq!(
            share(&sums([(5, 1_000)])).times_needed(0.005, (LEVEL, LEVEL)),
            None,
            "right at the limit"
        );
    }

    proptest! {
        #[test]
        fn limits_enclose_the_share_and_a_surer_answer_is_wider(counts in prop::collection::vec((0u64..20, 20u64..60), 1..120)) {
            let share = share(&sums(counts));
            prop_assert!(share.lower(LEVEL) <= share.value + 1e-12 && share.value <= share.upper(LEVEL) + 1e-12);
            prop_assert!(share.lower(LEVEL / 9.0) <= share.lower(LEVEL) && share.upper(LEVEL / 9.0) >= share.upper(LEVEL));
            prop_assert!(share.effective <= share.count + 1e-6);
        }
    }
}
