//! A bounded, unbiased choice of failing journeys.
//!
//! "The first ones seen" would depend on how a run was cut, and would show the start of an outage only. The
//! ones with the smallest hashes are as good as drawn at random, and the smallest of a union are among the
//! smallest of its parts: the choice is the same however it was split and merged.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::merge::{Aside, Merge};
use super::{Cause, FailureKind, SampleLine};
use crate::base::StepId;

/// Journeys by what they are an example of, each by its hash.
type Strata<K, V> = BTreeMap<K, BTreeMap<u64, V>>;

/// A bounded, unbiased choice of failing journeys: those whose hash is smallest, per (step, kind) and per cause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Samples {
    /// By step and kind of the first failure: at most [`Samples::STRATA`] strata of at most
    /// [`Samples::PER_STRATUM`] journeys.
    pub strata: Strata<(StepId, FailureKind), Arc<SampleLine>>,
    /// By first cause: at most [`Samples::STRATA`] of one journey each, so that a rare cause has an example beside a frequent one.
    pub causes: Strata<Cause, Arc<SampleLine>>,
    /// The hashes that would be kept of all that were ever offered here, those handed on included.
    #[serde(skip)]
    pub(crate) lowest: Aside<Lowest>,
}

/// The hashes of what is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lowest {
    strata: Strata<(StepId, FailureKind), ()>,
    causes: Strata<Cause, ()>,
}

// === impl Samples ===

impl Samples {
    /// How many (step, kind) pairs are kept; the ones with the smallest keys.
    pub const STRATA: usize = 64;
    /// How many journeys are kept for each.
    pub const PER_STRATUM: usize = 4;

    /// Whether a journey with this hash would be kept, so that its line is worth making.
    pub fn wants(&self, cause: &Cause, hash: u64) -> bool {
        let lowest = &self.lowest.0;
        wanted(&lowest.strata, &stratum(cause), Samples::PER_STRATUM, hash) || wanted(&lowest.causes, cause, 1, hash)
    }

    /// Keeps a journey if its hash is among the smallest.
    pub fn offer(&mut self, cause: &Cause, hash: u64, line: Arc<SampleLine>) {
        let lowest = &mut self.lowest.0;
        if keep(&mut lowest.strata, stratum(cause), Samples::PER_STRATUM, hash, ()) {
            keep(&mut self.strata, stratum(cause), Samples::PER_STRATUM, hash, Arc::clone(&line));
        }
        if keep(&mut lowest.causes, cause.clone(), 1, hash, ()) {
            keep(&mut self.causes, cause.clone(), 1, hash, line);
        }
    }

    /// What is kept for these, without the lines: what later offers have to fall below.
    pub(super) fn bar(&self) -> Samples {
        Samples { lowest: self.lowest.clone(), ..Samples::default() }
    }
}

fn stratum(cause: &Cause) -> (StepId, FailureKind) {
    (cause.place.step, cause.place.kind)
}

/// Whether a journey with this hash would be kept that is not kept already.
fn wanted<K: Ord>(strata: &Strata<K, ()>, stratum: &K, most: usize, hash: u64) -> bool {
    match strata.get(stratum) {
        Some(hashes) if hashes.contains_key(&hash) => false,
        Some(hashes) => hashes.len() < most || hashes.last_key_value().is_some_and(|(&highest, ())| hash < highest),
        None => strata.len() < Samples::STRATA || strata.last_key_value().is_some_and(|(highest, _)| stratum < highest),
    }
}

/// Keeps a line if it is among the `most` of its stratum with the smallest hashes; whether it is. Of lines with the same
/// hash the smaller one is kept, so that the order of offers never matters.
fn keep<K: Ord + Clone, V: Ord>(strata: &mut Strata<K, V>, stratum: K, most: usize, hash: u64, line: V) -> bool {
    let lines = strata.entry(stratum.clone()).or_default();
    match lines.get_mut(&hash) {
        Some(kept) if line < *kept => *kept = line,
        Some(_) => {}
        None => {
            lines.insert(hash, line);
        }
    }
    while lines.len() > most {
        lines.pop_last();
    }
    while strata.len() > Samples::STRATA {
        strata.pop_last();
    }
    strata.get(&stratum).is_some_and(|lines| lines.contains_key(&hash))
}

/// Adds the lines of other strata.
fn absorb<K: Ord + Clone>(
    lowest: &mut Strata<K, ()>,
    ours: &mut Strata<K, Arc<SampleLine>>,
    theirs: Strata<K, Arc<SampleLine>>,
    most: usize,
) {
    for (stratum, lines) in theirs {
        for (hash, line) in lines {
            keep(lowest, stratum.clone(), most, hash, ());
            keep(ours, stratum.clone(), most, hash, line);
        }
    }
}

impl Merge for Samples {
    fn absorb(&mut self, other: Samples) {
        let lowest = &mut self.lowest.0;
        absorb(&mut lowest.strata, &mut self.strata, other.strata, Samples::PER_STRATUM);
        absorb(&mut lowest.causes, &mut self.causes, other.causes, 1);
    }
}
