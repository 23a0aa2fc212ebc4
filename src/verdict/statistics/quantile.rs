//! Quantiles that the sample can carry, with the order statistics that bound them.

use super::{Z95, design_effect};
use crate::base::Micros;
use crate::tally::{Latency, LatencyByBlock};

/// A quantile with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantile {
    /// The quantile of the sample.
    pub value: Micros,
    /// Below it with at most 2.5 % chance.
    pub low: Micros,
    /// Above it with at most 2.5 % chance; none where the sample has no order statistic that high.
    pub high: Option<Micros>,
}

/// The quantiles that reports show; none where the sample can't carry one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quantiles {
    /// The sample's size.
    pub count: u64,
    /// The median.
    pub p50: Option<Quantile>,
    /// 90 %.
    pub p90: Option<Quantile>,
    /// 95 %.
    pub p95: Option<Quantile>,
    /// 99 %.
    pub p99: Option<Quantile>,
    /// 99.9 %.
    pub p999: Option<Quantile>,
    /// The longest span.
    pub max: Option<Micros>,
}

/// The smallest sample whose largest value lies above the quantile `q` with 95 % confidence: 1 − qⁿ ≥ 0.95
/// (Wilks 1941). 59 for p95, 299 for p99, 2,995 for p99.9. A smaller sample can't bound it from above.
pub fn min_sample(q: f64) -> u64 {
    (0.05f64.ln() / q.ln()).ceil() as u64
}

/// The quantile `q` of a sample that can carry it, with the order statistics nq ± z √(nq(1 − q)) around it (David and
/// Nagaraja 2003, 7.1).
pub fn quantile(sample: &Latency, q: f64) -> Option<Quantile> {
    from_clusters(sample, q, |_| 1.0)
}

/// The same, with the order statistics nq ± z √(d nq(1 − q)), where clustering in time inflates by d the variance of the share of the
/// sample beyond the quantile (Woodruff 1952).
fn from_clusters(sample: &Latency, q: f64, effect: impl Fn(Micros) -> f64) -> Option<Quantile> {
    let n = sample.count();
    if n < min_sample(q) {
        return None;
    }
    let value = sample.quantile(q)?;
    let (rank, spread) = (n as f64 * q, Z95 * (effect(value) * n as f64 * q * (1.0 - q)).sqrt());
    // Half a rank lower, so that rounding can't reach for the next.
    let at = |rank: f64| sample.quantile(((rank - 0.5) / n as f64).clamp(0.0, 1.0));
    let (low, high) = ((rank - spread).floor().max(1.0), (rank + spread).ceil() + 1.0);
    Some(Quantile { value, low: at(low)?, high: if high <= n as f64 { at(high) } else { None } })
}

// === impl Quantiles ===

impl Quantiles {
    /// Of this sample, taken for independent.
    pub fn of_sample(sample: &Latency) -> Quantiles {
        Quantiles::with(sample, &|_| 1.0)
    }

    /// Of what was seen block by block, which may have been long for everybody at times.
    pub fn by_block(series: &LatencyByBlock) -> Quantiles {
        let longer = |span: Micros| {
            let of_block =
                |block: &Latency| (block.count() - block.count_at_or_below(span), block.count());
            design_effect(series.blocks.values().map(of_block)).unwrap_or(1.0)
        };
        Quantiles::with(&series.total(), &longer)
    }

    fn with(sample: &Latency, effect: &dyn Fn(Micros) -> f64) -> Quantiles {
        let at = |q| from_clusters(sample, q, effect);
        Quantiles {
            count: sample.count(),
            p50: at(0.5),
            p90: at(0.9),
            p95: at(0.95),
            p99: at(0.99),
            p999: at(0.999),
            max: sample.max(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::{Purpose, uniform};

    fn sample(spans: impl Iterator<Item = u64>) -> Latency {
        let mut sample = Latency::default();
        spans.for_each(|span| sample.record(Micros(span)));
        sample
    }

    #[test]
    fn the_smallest_samples_are_those_of_wilks() {
        assert_eq!(
            [0.5, 0.9, 0.95, 0.99, 0.999, 0.9999].map(min_sample),
            [5, 29, 59, 299, 2_995, 29_956]
        );
    }

    #[test]
    fn a_quantile_that_the_sample_can_not_carry_is_not_given() {
        let quantiles = Quantiles::of_sample(&sample(1..=298));
        assert!(quantiles.p95.is_some() && quantiles.p99.is_none() && quantiles.p999.is_none());
        assert!(Quantiles::of_sample(&sample(1..=299)).p99.is_some());
        assert_eq!(Quantiles::of_sample(&Latency::default()), Quantiles::default());
    }

    #[test]
    fn order_statistics_bound_a_quantile() {
        let p95 = quantile(&sample(1..=1_000), 0.95).unwrap();
        // Ranks 950 ± 1.96 √47.5: 936 and 965.
        assert_eq!((p95.value.0, p95.low.0, p95.high.map(|high| high.0)), (950, 936, Some(965)));
        assert_eq!(quantile(&sample(1..=59), 0.95).unwrap().high, None, "nothing lies that high");
    }

    #[test]
    fn where_all_are_slow_at_times_the_range_is_wider() {
        // Sixty blocks of a hundred; in one of six all take ten times as long.
        let series = |slow: fn(u32, u64) -> bool| {
            let mut series = LatencyByBlock::default();
            for block in 0..60 {
                for i in 0..100 {
                    series.record(
                        block,
                        Micros((1_000 + 10 * i) * if slow(block, i) { 10 } else { 1 }),
                    );
                }
            }
            Quantiles::by_block(&series).p50.unwrap()
        };
        let width = |quantile: Quantile| quantile.high.unwrap().0 - quantile.low.0;
        let (spread, at_times) =
            (series(|_, i| i % 6 == 0), series(|block, _| (20..30).contains(&block)));
        assert!(
            (spread.value.0 as f64 / at_times.value.0 as f64 - 1.0).abs() < 0.05,
            "{spread:?} {at_times:?}"
        );
        assert!(width(at_times) > 3 * width(spread), "{spread:?} {at_times:?}");
    }

    #[test]
    fn nineteen_in_twenty_intervals_hold_the_quantile() {
        // Exponential with mean 10 ms: the 95 % quantile is at 29.957 ms.
        let (trials, n) = (400u64, 600u64);
        let held = (0..trials)
            .filter(|simulated| {
                let spans = (0..n).map(|i| {
                    (-10_000.0 * (1.0 - uniform(9, Purpose::Bootstrap, simulated * n + i)).ln())
                        as u64
                });
                let p95 = quantile(&sample(spans), 0.95).unwrap();
                p95.low.0 <= 29_957 && p95.high.is_none_or(|high| 29_957 <= high.0)
            })
            .count();
        assert!((370..=398).contains(&held), "{held} of {trials}");
    }
}
