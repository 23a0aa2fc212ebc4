//! Distributions of spans of time.
//!
//! Two needs pull apart. While attempts come in by the ten thousand a second, counting one must cost next
//! to nothing: that is a dense HdrHistogram. But a run keeps one distribution per step, outcome and block,
//! some ten thousand of them, and dense ones would take a gigabyte: those are packed (see `buckets`). So what
//! was counted lately is open, first as a short list, from [`DENSE_FROM`] on as a dense histogram; compacting adds it to
//! the packed part. Which part holds what can't be seen from outside.

mod open_block;

use std::borrow::Cow;
use std::fmt;
use std::iter::Sum;

use hdrhistogram::Histogram;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::buckets::{self, BucketCounts};
use super::merge::Merge;
use crate::base::Micros;
use open_block::{DENSE_FROM, OpenBlock, count_dense};

/// A distribution of spans of time: HdrHistogram's buckets at three significant digits, up to one hour.
/// Longer spans are counted at the bound, and counted as clamped.
#[derive(Clone, Default)]
pub struct Latency {
    count: u64,
    packed: Box<[u8]>,
    open: OpenBlock,
}

// === impl Latency ===

impl Latency {
    /// The longest span that is distinguished.
    pub const BOUND: Micros = Micros::from_secs(3_600);

    /// Counts a span once.
    pub fn record(&mut self, span: Micros) {
        self.count = self.count.saturating_add(1);
        let value = span.min(Latency::BOUND).0;
        match &mut self.open {
            OpenBlock::Many(dense) => count_dense(dense, value, 1),
            OpenBlock::Few(few) if few.len() < DENSE_FROM => {
                few.push(buckets::bucket_of(value as u32) as u16)
            }
            OpenBlock::Nothing => {
                self.open = OpenBlock::Few(vec![buckets::bucket_of(value as u32) as u16])
            }
            OpenBlock::Few(_) => count_dense(self.dense(), value, 1),
        }
    }

    /// Counts a span several times.
    pub fn record_n(&mut self, span: Micros, times: u64) {
        if times == 0 {
            return;
        }
        self.count = self.count.saturating_add(times);
        let value = span.min(Latency::BOUND).0;
        count_dense(self.dense(), value, times);
    }

    /// Adds what `other` counted, and stays open: cheaper where many distributions are added to one, at the price of a
    /// dense histogram until it is compacted.
    pub fn merge_into_open(&mut self, other: &Latency) {
        if other.count == 0 {
            return;
        }
        self.count = self.count.saturating_add(other.count);
        let dense = self.dense();
        BucketCounts::of(other.pack())
            .for_each(|(bucket, count)| count_dense(dense, buckets::lowest_in(bucket), count));
    }

    /// Packs what is open, and gives its memory back. Nothing that can be read changes.
    pub fn compact(&mut self) {
        if let Cow::Owned(packed) = self.pack() {
            self.packed = packed.into();
            self.open = OpenBlock::Nothing;
        }
    }

    /// How many spans were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The smallest recorded value at or above which a share `q` of the spans lies below, as HdrHistogram
    /// defines it (highest equivalent value); none if nothing was counted.
    pub fn quantile(&self, q: f64) -> Option<Micros> {
        // HdrHistogram's own arithmetic: ⌈qn⌉, at least the first.
        let rank =
            ((q.clamp(0.0, 1.0) * self.count as f64).ceil() as u64).clamp(1, self.count.max(1));
        if q == 0.0 { self.min() } else { self.at_rank(rank) }
    }

    /// The span with this rank in ascending order, from 1, as the highest value of its bucket; none beyond the count.
    /// Confidence intervals of quantiles are read by rank.
    pub fn at_rank(&self, rank: u64) -> Option<Micros> {
        let mut seen = 0u64;
        let at_or_above = |&(_, count): &(u32, u64)| {
            seen = seen.saturating_add(count);
            seen >= rank
        };
        let (bucket, _) = self.pairs().find(at_or_above).filter(|_| rank > 0)?;
        Some(Micros(buckets::highest_in(bucket)))
    }

    /// How many spans are at most this long, all of the bucket that it falls into included.
    pub fn count_at_or_below(&self, span: Micros) -> u64 {
        let last = buckets::bucket_of(span.min(Latency::BOUND).0 as u32);
        self.pairs()
            .take_while(|&(bucket, _)| bucket <= last)
            .fold(0, |sum, (_, count)| sum.saturating_add(count))
    }

    /// The longest span, as the highest value of its bucket.
    pub fn max(&self) -> Option<Micros> {
        self.pairs().last().map(|(bucket, _)| Micros(buckets::highest_in(bucket)))
    }

    /// The shortest span, as the lowest value of its bucket.
    pub fn min(&self) -> Option<Micros> {
        self.pairs().next().map(|(bucket, _)| Micros(buckets::lowest_in(bucket)))
    }

    /// The mean, from the buckets' midpoints.
    pub fn mean(&self) -> Option<Micros> {
        let sum: u128 = self
            .pairs()
            .map(|(bucket, count)| u128::from(buckets::middle_of(bucket)) * u128::from(count))
            .sum();
        sum.checked_div(u128::from(self.count)).map(|mean| Micros(mean as u64))
    }

    /// (span, count), ascending; the span is its bucket's lowest.
    pub fn iter(&self) -> impl Iterator<Item = (Micros, u64)> + '_ {
        self.pairs().map(|(bucket, count)| (Micros(buckets::lowest_in(bucket)), count))
    }

    fn pairs(&self) -> BucketCounts<'_> {
        BucketCounts::of(self.pack())
    }

    /// Everything that was counted, packed; borrowed where nothing is open.
    fn pack(&self) -> Cow<'_, [u8]> {
        match self.open.pack() {
            None => Cow::Borrowed(&self.packed),
            Some(open) if self.packed.is_empty() => Cow::Owned(open),
            Some(open) => Cow::Owned(buckets::merge_pairs(&self.packed, &open)),
        }
    }

    /// The open part as a dense histogram.
    fn dense(&mut self) -> &mut Histogram<u64> {
        if !matches!(self.open, OpenBlock::Many(_)) {
            let mut dense = Box::new(
                Histogram::new(3).expect("three significant digits are among the supported ones"),
            );
            if let OpenBlock::Few(few) = &self.open {
                few.iter().for_each(|&bucket| {
                    count_dense(&mut dense, buckets::lowest_in(bucket.into()), 1)
                });
            }
            self.open = OpenBlock::Many(dense);
        }
        match &mut self.open {
            OpenBlock::Many(dense) => dense,
            OpenBlock::Nothing | OpenBlock::Few(_) => unreachable!("it was made dense just above"),
        }
    }
}

/// [`Latency::merge_into_open`] for `merge_fields`.
pub(super) fn merge_into_open(ours: &mut Latency, theirs: Latency) {
    ours.merge_into_open(&theirs);
}

impl Merge for Latency {
    /// The result is packed.
    fn merge_with(&mut self, mut other: Latency) {
        if other.is_empty() {
            return;
        }
        self.compact();
        if self.is_empty() {
            other.compact();
            *self = other;
            return;
        }
        self.packed = buckets::merge_pairs(&self.packed, &other.pack()).into();
        self.count = self.count.saturating_add(other.count);
    }

    fn volume(&self) -> u64 {
        self.count
    }

    fn compact(&mut self) {
        Latency::compact(self);
    }
}

impl PartialEq for Latency {
    fn eq(&self, other: &Latency) -> bool {
        self.count == other.count && self.pack() == other.pack()
    }
}

impl Eq for Latency {}

impl<'a> Sum<&'a Latency> for Latency {
    fn sum<I: Iterator<Item = &'a Latency>>(parts: I) -> Latency {
        let mut total = Latency::default();
        parts.for_each(|part| total.merge_into_open(part));
        total.compact();
        total
    }
}

impl fmt::Debug for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.pack())
    }
}

impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Latency, D::Error> {
        struct PackedVisitor;

        impl<'de> Visitor<'de> for PackedVisitor {
            type Value = Latency;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a packed distribution")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Latency, E> {
                let count = buckets::checked_count(bytes)
                    .ok_or_else(|| E::custom("a packed distribution is damaged"))?;
                Ok(Latency { count, packed: bytes.into(), open: OpenBlock::Nothing })
            }

            // Formats without byte strings (JSON) write them as lists of numbers.
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Latency, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = items.next_element()? {
                    bytes.push(byte);
                }
                self.visit_bytes(&bytes)
            }
        }

        deserializer.deserialize_bytes(PackedVisitor)
    }
}

#[cfg(test)]
mod tests;
