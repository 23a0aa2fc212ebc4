//! What several kinds of records need.

use crate::base::Micros;
use crate::tally::latency::Latency;
use crate::tally::run_tally::Tally;
use crate::tally::shoppers::{DistinctValues, Observed};

impl Tally {
    /// Records in the parts that a shopper with these attributes belongs to.
    pub(super) fn record_in_cohorts(&mut self, attributes: &[u8], record: impl Fn(&mut Tally)) {
        let parts = self.shape.cohorts.iter().zip(&mut self.cohorts);
        parts.filter(|(part, _)| part.holds(attributes)).for_each(|(_, tally)| record(tally));
    }

    /// Takes note of observed values. Needed only for keys that are new: what is in a known key was noted before.
    pub(super) fn note(&mut self, observed: &[Observed]) {
        if self.distinct.len() < observed.len() {
            self.distinct.resize_with(observed.len(), DistinctValues::default);
        }
        let mut collapsed = false;
        for (name, value) in self.distinct.iter_mut().zip(observed) {
            let before = name.are_distinct();
            name.note(value);
            collapsed |= before && !name.are_distinct();
        }
        if collapsed {
            self.collapse_observed();
        }
    }

    /// The span, counted as clamped if it is beyond the histograms' bound.
    pub(super) fn clamp_span(&mut self, span: Micros) -> Micros {
        self.generator.clamped += u64::from(span > Latency::BOUND);
        span
    }
}
