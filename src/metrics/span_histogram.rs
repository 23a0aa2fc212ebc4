//! A distribution of spans of time in the buckets that receivers take.

use std::collections::BTreeMap;

use crate::base::Micros;
use crate::tally::Latency;

/// Spans of time in exponential buckets (a factor of 2^(1/16) each) and in the classic ones. Equal buckets add up exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpanHistogram {
    /// How many spans.
    pub count: u64,
    /// Their sum in microseconds, to within 0.1 %.
    pub sum_us: u64,
    /// Spans below a microsecond.
    pub zero: u64,
    /// By the index of OpenTelemetry's exponential histogram, at [`SpanHistogram::SCALE`], in seconds.
    pub buckets: BTreeMap<i32, u64>,
    /// How many were at most as long as each of [`SpanHistogram::BOUNDS`].
    pub at_most: [u64; SpanHistogram::BOUNDS.len()],
}

// === impl SpanHistogram ===

impl SpanHistogram {
    /// Buckets double over 2^4 of them.
    pub const SCALE: i32 = 4;

    /// The classic bounds, as the semantic conventions advise them, and beyond for those who wait long.
    pub const BOUNDS: [Micros; 16] = [
        Micros::from_millis(5),
        Micros::from_millis(10),
        Micros::from_millis(25),
        Micros::from_millis(50),
        Micros::from_millis(75),
        Micros::from_millis(100),
        Micros::from_millis(250),
        Micros::from_millis(500),
        Micros::from_millis(750),
        Micros::from_millis(1_000),
        Micros::from_millis(2_500),
        Micros::from_millis(5_000),
        Micros::from_millis(7_500),
        Micros::from_millis(10_000),
        Micros::from_millis(30_000),
        Micros::from_millis(60_000),
    ];

    /// Adds spans.
    pub fn add(&mut self, spans: &Latency) {
        let mean = spans.mean().unwrap_or(Micros::ZERO);
        self.sum_us = self.sum_us.saturating_add(mean.0.saturating_mul(spans.count()));
        self.count = self.count.saturating_add(spans.count());
        for (span, times) in spans.iter() {
            match bucket_of(span) {
                None => self.zero += times,
                Some(bucket) => *self.buckets.entry(bucket).or_default() += times,
            }
            let classic = SpanHistogram::BOUNDS.iter().zip(&mut self.at_most);
            classic.filter(|(bound, _)| span <= **bound).for_each(|(_, count)| *count += times);
        }
    }

    /// The sum in seconds.
    pub fn sum_seconds(&self) -> f64 {
        self.sum_us as f64 / 1e6
    }
}

/// The index i for which the span in seconds lies in (b^i, b^(i+1)], b = 2^(2^-scale). None for a span of nothing.
fn bucket_of(span: Micros) -> Option<i32> {
    if span == Micros::ZERO {
        return None;
    }
    let per_doubling = f64::from(1u32 << SpanHistogram::SCALE);
    let index = (span.0 as f64 / 1e6).log2() * per_doubling;
    Some(index.ceil() as i32 - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_lies_in_the_bucket_whose_bounds_hold_it() {
        assert_eq!(bucket_of(Micros::from_secs(1)), Some(-1));
        assert_eq!(bucket_of(Micros::from_secs(2)), Some(15));
        assert_eq!(bucket_of(Micros::ZERO), None);
        for span in (1..4_000_000_000).step_by(7_919_993).map(Micros) {
            let bucket = bucket_of(span).unwrap();
            let bound = |index: i32| (f64::from(index) / 16.0).exp2() * 1e6;
            let span = span.0 as f64;
            assert!(bound(bucket) < span && span <= bound(bucket + 1) * (1.0 + 1e-12), "{span}");
        }
    }

    #[test]
    fn everything_is_counted_once_and_classic_buckets_are_cumulative() {
        let mut spans = Latency::default();
        [0, 1, 4_000, 90_000, 120_000_000].into_iter().for_each(|us| spans.record(Micros(us)));
        let mut histogram = SpanHistogram::default();
        histogram.add(&spans);
        histogram.add(&spans);
        assert_eq!((histogram.count, histogram.zero), (10, 2));
        assert_eq!(histogram.zero + histogram.buckets.values().sum::<u64>(), 10);
        assert_eq!((histogram.at_most[0], histogram.at_most[5], histogram.at_most[15]), (6, 8, 8));
        assert!((histogram.sum_seconds() - 240.188).abs() < 0.3, "{}", histogram.sum_seconds());
    }
}
