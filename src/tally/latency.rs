//! Distributions of spans of time, and their series by block.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::Micros;

/// A distribution of spans of time: HdrHistogram's buckets at three significant digits, up to one hour.
/// Longer spans are counted at the bound, and counted as clamped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {}

/// Distributions by block of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// By block.
    pub blocks: BTreeMap<u32, Latency>,
}

// === impl Latency ===

impl Latency {
    /// The longest span that is told from others.
    pub const BOUND: Micros = Micros::from_secs(3_600);

    /// Counts a span once.
    pub fn record(&mut self, _span: Micros) {
        todo!("the tally room's work")
    }

    /// Adds what `other` counted.
    pub fn merge(&mut self, _other: &Latency) {
        todo!("the tally room's work")
    }

    /// How many spans were counted.
    pub fn count(&self) -> u64 {
        todo!("the tally room's work")
    }

    /// The smallest recorded value at or above which a share `q` of the spans lies below, as HdrHistogram
    /// defines it (highest equivalent value); none if nothing was counted.
    pub fn quantile(&self, _q: f64) -> Option<Micros> {
        todo!("the tally room's work")
    }

    /// The longest span.
    pub fn max(&self) -> Option<Micros> {
        todo!("the tally room's work")
    }

    /// The shortest span.
    pub fn min(&self) -> Option<Micros> {
        todo!("the tally room's work")
    }

    /// The mean, from the buckets' midpoints.
    pub fn mean(&self) -> Option<Micros> {
        todo!("the tally room's work")
    }

    /// (span, count), ascending; the span is its bucket's lowest.
    pub fn iter(&self) -> impl Iterator<Item = (Micros, u64)> + '_ {
        std::iter::empty()
    }
}

// === impl Series ===

impl Series {
    /// All blocks as one.
    pub fn total(&self) -> Latency {
        let mut total = Latency::default();
        self.blocks.values().for_each(|block| total.merge(block));
        total
    }

    /// How many spans were counted in all blocks.
    pub fn count(&self) -> u64 {
        self.blocks.values().map(Latency::count).sum()
    }
}
