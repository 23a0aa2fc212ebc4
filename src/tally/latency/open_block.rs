//! What a distribution has counted since it was last compacted.

use hdrhistogram::Histogram;

use crate::tally::buckets::{self, Packer};

/// From this many open spans on, a dense histogram is smaller than a list.
pub(super) const DENSE_FROM: usize = 256;

/// What was counted since it was last compacted.
#[derive(Clone, Default)]
pub(super) enum OpenBlock {
    #[default]
    Nothing,
    /// Buckets, in the order they were met.
    Few(Vec<u16>),
    Many(Box<Histogram<u64>>),
}

pub(super) fn count_dense(dense: &mut Histogram<u64>, value: u64, times: u64) {
    dense.record_n(value, times).expect("a histogram that grows takes every value up to the bound");
}

// === impl OpenBlock ===

impl OpenBlock {
    pub(super) fn pack(&self) -> Option<Vec<u8>> {
        let mut packer = Packer::default();
        match self {
            OpenBlock::Nothing => return None,
            OpenBlock::Few(few) => {
                let mut sorted = few.clone();
                sorted.sort_unstable();
                sorted
                    .chunk_by(|a, b| a == b)
                    .for_each(|equal| packer.push(equal[0].into(), equal.len() as u64));
            }
            OpenBlock::Many(dense) => {
                for value in dense.iter_recorded() {
                    packer.push(
                        buckets::bucket_of(value.value_iterated_to() as u32),
                        value.count_at_value(),
                    );
                }
            }
        }
        Some(packer.finish())
    }
}
