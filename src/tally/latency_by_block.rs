//! Distributions by block of time: what quantiles are bootstrapped from, and drawn over time.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::latency::Latency;
use super::merge::merge_fields;
use crate::base::Micros;

/// Distributions by block of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencyByBlock {
    /// By block.
    pub blocks: BTreeMap<u32, Latency>,
}

// === impl LatencyByBlock ===

impl LatencyByBlock {
    /// Counts a span in a block.
    pub fn record(&mut self, block: u32, span: Micros) {
        self.blocks.entry(block).or_default().record(span);
    }

    /// All blocks as one.
    pub fn total(&self) -> Latency {
        self.blocks.values().sum()
    }

    /// The blocks of a range as one.
    pub fn within(&self, blocks: Range<u32>) -> Latency {
        self.blocks.range(blocks).map(|(_, block)| block).sum()
    }

    /// How many spans were counted in all blocks.
    pub fn count(&self) -> u64 {
        self.blocks.values().map(Latency::count).sum()
    }
}

merge_fields!(LatencyByBlock { blocks });

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(spans: &[u64]) -> Latency {
        let mut latency = Latency::default();
        spans.iter().for_each(|&span| latency.record(Micros(span)));
        latency
    }

    #[test]
    fn a_series_is_read_by_block_and_as_a_whole() {
        let mut series = LatencyByBlock::default();
        [(0, 10), (1, 20), (1, 30), (5, 40)]
            .into_iter()
            .for_each(|(block, span)| series.record(block, Micros(span)));
        assert_eq!(series.count(), 4);
        assert_eq!(series.total(), recorded(&[10, 20, 30, 40]));
        assert_eq!(series.within(1..5), recorded(&[20, 30]));
    }
}
