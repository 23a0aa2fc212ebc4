//! Quantiles that the sample can carry, with the order statistics that bound them.

use super::Z95;
use crate::base::Micros;
use crate::tally::Latency;

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
    let n = sample.count();
    if n < min_sample(q) {
        return None;
    }
    let (rank, spread) = (n as f64 * q, Z95 * (n as f64 * q * (1.0 - q)).sqrt());
    // Half a rank lower, so that rounding can't reach for the next.
    let at = |rank: f64| sample.quantile(((rank - 0.5) / n as f64).clamp(0.0, 1.0));
    let (low, high) = ((rank - spread).floor().max(1.0), (rank + spread).ceil() + 1.0);
    Some(Quantile { value: sample.quantile(q)?, low: at(low)?, high: if high <= n as f64 { at(high) } else { None } })
}

// === impl Quantiles ===

impl Quantiles {
    /// Of this sample.
    pub fn of(sample: &Latency) -> Quantiles {
        let at = |q| quantile(sample, q);
        Quantiles { count: sample.count(), p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), p999: at(0.999), max: sample.max() }
    }
}
