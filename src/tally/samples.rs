//! A bounded, unbiased choice of failing journeys.
//!
//! "The first ones seen" would depend on how a run was cut, and would show the start of an outage only. The
//! ones with the smallest hashes are as good as drawn at random, and the smallest of a union are among the
//! smallest of its parts: the choice is the same however it was split and merged.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::merge::{Aside, Merge};
use super::{FailureKind, SampleLine};
use crate::base::StepId;

/// What a sample is chosen for: the step and the kind of the first failure.
type Stratum = (StepId, FailureKind);

/// A bounded, unbiased choice of failing journeys: per (step, kind) the ones whose hash is smallest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Samples {
    /// By step and kind of the first failure: at most [`Samples::STRATA`] strata of at most
    /// [`Samples::PER_STRATUM`] journeys, each by its hash.
    pub strata: BTreeMap<(StepId, FailureKind), BTreeMap<u64, Arc<SampleLine>>>,
    /// The hashes that would be kept of all that were ever offered here, those handed on included.
    #[serde(skip)]
    pub(crate) lowest: Aside<BTreeMap<Stratum, BTreeMap<u64, ()>>>,
}

// === impl Samples ===

impl Samples {
    /// How many (step, kind) pairs are kept; the ones with the smallest keys.
    pub const STRATA: usize = 64;
    /// How many journeys are kept for each.
    pub const PER_STRATUM: usize = 4;

    /// Whether a journey with this hash would be kept, so that its line is worth making.
    pub fn wants(&self, step: StepId, kind: FailureKind, hash: u64) -> bool {
        let strata = &self.lowest.0;
        match strata.get(&(step, kind)) {
            Some(hashes) if hashes.contains_key(&hash) => false,
            Some(hashes) => hashes.len() < Samples::PER_STRATUM || hashes.last_key_value().is_some_and(|(&highest, ())| hash < highest),
            None => strata.len() < Samples::STRATA || strata.last_key_value().is_some_and(|(&highest, _)| (step, kind) < highest),
        }
    }

    /// Keeps a journey if its hash is among the smallest.
    pub fn offer(&mut self, step: StepId, kind: FailureKind, hash: u64, line: Arc<SampleLine>) {
        let stratum = (step, kind);
        keep(&mut self.lowest.0, stratum, hash, ());
        if self.lowest.0.get(&stratum).is_some_and(|hashes| hashes.contains_key(&hash)) {
            keep(&mut self.strata, stratum, hash, line);
        }
    }

    /// What is kept for these, without the lines: what later offers have to fall below.
    pub(super) fn bar(&self) -> Samples {
        Samples { strata: BTreeMap::new(), lowest: self.lowest.clone() }
    }
}

/// Of lines with the same hash the smaller one is kept, so that the order of offers never matters.
fn keep<V: Ord>(strata: &mut BTreeMap<Stratum, BTreeMap<u64, V>>, stratum: Stratum, hash: u64, line: V) {
    let lines = strata.entry(stratum).or_default();
    match lines.get_mut(&hash) {
        Some(kept) if line < *kept => *kept = line,
        Some(_) => {}
        None => {
            lines.insert(hash, line);
        }
    }
    while lines.len() > Samples::PER_STRATUM {
        lines.pop_last();
    }
    while strata.len() > Samples::STRATA {
        strata.pop_last();
    }
}

impl Merge for Samples {
    fn absorb(&mut self, other: Samples) {
        for (stratum, lines) in other.strata {
            for (hash, line) in lines {
                keep(&mut self.lowest.0, stratum, hash, ());
                keep(&mut self.strata, stratum, hash, line);
            }
        }
    }
}
