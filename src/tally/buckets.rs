//! HdrHistogram's buckets as a packed list: how distributions are kept, compared and stored.
//!
//! A dense histogram of an hour at three significant digits is an array of 24,000 counters, nearly all of
//! them zero. What a block of a step's attempts fills is a few hundred, close to each other, each counted a
//! few times. So (bucket, count) pairs are written one after the other as variable-length integers, the
//! bucket as the gap from the one before: two or three bytes a pair. There is exactly one such text for
//! a distribution, so that equal distributions have equal bytes.

use std::borrow::Cow;
use std::iter::Peekable;

/// Values below this have a bucket each; above it each power of two has half as many buckets
/// (2048 / 2 ≥ 1000: three significant digits).
const EXACT: u32 = 2_048;
const HALF: u32 = EXACT / 2;

/// The last bucket: the one that an hour in microseconds falls into.
pub(super) const LAST: u32 = bucket_of(3_600_000_000);

/// The bucket that a value falls into: HdrHistogram's counts index (Tene), for one as the lowest discernible value.
pub(super) const fn bucket_of(value: u32) -> u32 {
    if value < EXACT {
        return value;
    }
    let shift = value.ilog2() - HALF.ilog2();
    HALF * shift + (value >> shift)
}

/// How many bits a bucket's values may differ in.
const fn shift_of(bucket: u32) -> u32 {
    if bucket < EXACT { 0 } else { bucket / HALF - 1 }
}

/// The lowest value in a bucket.
pub(super) const fn lowest_in(bucket: u32) -> u64 {
    if bucket < EXACT { bucket as u64 } else { ((bucket % HALF + HALF) as u64) << shift_of(bucket) }
}

/// The highest value in a bucket.
pub(super) const fn highest_in(bucket: u32) -> u64 {
    lowest_in(bucket) + (1 << shift_of(bucket)) - 1
}

/// The value in the middle of a bucket.
pub(super) const fn middle_of(bucket: u32) -> u64 {
    lowest_in(bucket) + ((1 << shift_of(bucket)) >> 1)
}

/// Writes (bucket, count) pairs, buckets ascending.
#[derive(Default)]
pub(super) struct Packer {
    bytes: Vec<u8>,
    next: u32,
}

/// Reads (bucket, count) pairs. It ends where the bytes are not what a [`Packer`] writes.
pub(super) struct BucketCounts<'a> {
    bytes: Cow<'a, [u8]>,
    at: usize,
    next: u32,
}

/// The pairs of both lists as one list.
pub(super) fn merge_pairs(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut packer = Packer { bytes: Vec::with_capacity(one.len() + other.len()), next: 0 };
    let (mut one, mut other) =
        (BucketCounts::of(one).peekable(), BucketCounts::of(other).peekable());
    while let Some((bucket, count)) = lower(&mut one, &mut other) {
        packer.push(bucket, count);
    }
    packer.bytes
}

fn lower(
    one: &mut Peekable<BucketCounts<'_>>,
    other: &mut Peekable<BucketCounts<'_>>,
) -> Option<(u32, u64)> {
    match (one.peek().copied(), other.peek().copied()) {
        (Some((a, m)), Some((b, n))) if a == b => {
            one.next();
            other.next();
            Some((a, m.saturating_add(n)))
        }
        (Some((a, _)), Some((b, _))) if a < b => one.next(),
        (Some(_), None) => one.next(),
        _ => other.next(),
    }
}

/// The sum of the counts, if the bytes are exactly what a [`Packer`] writes.
pub(super) fn checked_count(bytes: &[u8]) -> Option<u64> {
    let (mut packer, mut total) =
        (Packer { bytes: Vec::with_capacity(bytes.len()), next: 0 }, 0u64);
    for (bucket, count) in BucketCounts::of(bytes) {
        if bucket > LAST || count == 0 {
            return None;
        }
        packer.push(bucket, count);
        total = total.saturating_add(count);
    }
    (packer.bytes == bytes).then_some(total)
}

// === impl Packer ===

impl Packer {
    /// Adds a pair; its bucket is above the ones before.
    pub(super) fn push(&mut self, bucket: u32, count: u64) {
        self.varint(u64::from(bucket - self.next));
        self.varint(count);
        self.next = bucket + 1;
    }

    /// The pairs as bytes.
    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn varint(&mut self, mut rest: u64) {
        while rest >= 0x80 {
            self.bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
    }
}

// === impl BucketCounts ===

impl<'a> BucketCounts<'a> {
    /// The pairs in these bytes.
    pub(super) fn of(bytes: impl Into<Cow<'a, [u8]>>) -> BucketCounts<'a> {
        BucketCounts { bytes: bytes.into(), at: 0, next: 0 }
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

impl Iterator for BucketCounts<'_> {
    type Item = (u32, u64);

    fn next(&mut self) -> Option<(u32, u64)> {
        let gap = u32::try_from(self.varint()?).ok()?;
        let bucket = self.next.checked_add(gap)?;
        let count = self.varint()?;
        self.next = bucket.checked_add(1)?;
        Some((bucket, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::Histogram;
    use proptest::prelude::*;

    #[test]
    fn neighbouring_buckets_touch_without_a_gap() {
        for bucket in 0..LAST {
            assert_eq!(highest_in(bucket) + 1, lowest_in(bucket + 1), "after bucket {bucket}");
            assert_eq!(bucket_of(lowest_in(bucket) as u32), bucket);
            assert_eq!(bucket_of(highest_in(bucket) as u32), bucket);
        }
    }

    #[test]
    fn bytes_that_no_packer_wrote_are_refused() {
        assert_eq!(checked_count(&[]), Some(0));
        assert_eq!(checked_count(&[5, 1]), Some(1));
        for (bytes, why) in [
            (&[5u8][..], "a bucket without its count"),
            (&[5, 0], "nothing counted"),
            (&[0x85, 0x00, 1], "longer than need be"),
            (&[0xFF, 0xFF, 0x7F, 1], "beyond the last bucket"),
            (&[0x80; 24], "without an end"),
        ] {
            assert_eq!(checked_count(bytes), None, "{why}");
        }
    }

    proptest! {
        #[test]
        fn buckets_are_those_of_hdrhistogram(value in prop_oneof![0..5_000u32, 0..=3_600_000_000u32]) {
            let oracle = Histogram::<u64>::new_with_bounds(1, 3_600_000_000, 3).unwrap();
            let bucket = bucket_of(value);
            prop_assert_eq!(lowest_in(bucket), oracle.lowest_equivalent(value.into()));
            prop_assert_eq!(highest_in(bucket), oracle.highest_equivalent(value.into()));
            prop_assert_eq!(middle_of(bucket), oracle.median_equivalent(value.into()));
        }

        #[test]
        fn packed_pairs_are_read_back(pairs in prop::collection::btree_map(0..=LAST, 1..u64::MAX, 0..40)) {
            let mut packer = Packer::default();
            pairs.iter().for_each(|(&bucket, &count)| packer.push(bucket, count));
            let bytes = packer.finish();
            prop_assert_eq!(checked_count(&bytes), Some(pairs.values().fold(0, |sum: u64, &n| sum.saturating_add(n))));
            prop_assert_eq!(BucketCounts::of(bytes).collect::<Vec<_>>(), pairs.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            prop_assert!(BucketCounts::of(&bytes[..]).count() <= bytes.len());
        }
    }
}
