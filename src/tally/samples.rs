//! A bounded, unbiased choice of failing journeys.
//!
//! "The first ones seen" would depend on how a run was cut, and would show the start of an outage only. The
//! ones with the smallest hashes are as good as drawn at random, and the smallest of a union are among the
//! smallest of its parts: the choice is the same however it was split and merged.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::failure::FailureKind;
use super::first_failures::{FailureMessages, FailureSite, FirstFailure};
use super::merge::Merge;
use super::observation::SampleLine;
use super::untracked::Untracked;
use crate::base::StepId;

/// Journeys by what they are an example of, each by its hash.
type Strata<K, V> = BTreeMap<K, BTreeMap<u64, V>>;

/// A bounded, unbiased choice of failing journeys: those whose hash is smallest, per (step, kind) and per cause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Samples {
    /// By step and kind of the first failure: at most [`Samples::PER_STRATUM`] journeys of each.
    pub strata: Strata<(StepId, FailureKind), Arc<SampleLine>>,
    /// By first failure, one journey of each, so that a rare one has an example next to a frequent one; of each (step, kind,
    /// status) at most [`FailureMessages::MAX`].
    pub causes: Strata<FirstFailure, Arc<SampleLine>>,
    /// The hashes that would be kept of all that were ever offered here, those handed on included.
    #[serde(skip)]
    pub(crate) lowest: Untracked<Lowest>,
}

/// The hashes of what is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lowest {
    strata: Strata<(StepId, FailureKind), ()>,
    causes: Strata<FirstFailure, ()>,
}

// === impl Samples ===

impl Samples {
    /// How many journeys are kept for each.
    pub const PER_STRATUM: usize = 4;

    /// Whether a journey with this hash would be kept, so that its line has to be made.
    pub fn wants(&self, cause: &FirstFailure, hash: u64) -> bool {
        let Lowest { strata, causes } = &self.lowest.0;
        is_wanted(strata.get(&stratum(cause)), Samples::PER_STRATUM, hash)
            || (has_room(causes, cause) && is_wanted(causes.get(cause), 1, hash))
    }

    /// Keeps a journey if its hash is among the smallest.
    pub fn offer(&mut self, cause: &FirstFailure, hash: u64, line: Arc<SampleLine>) {
        let lowest = &mut self.lowest.0;
        if keep(&mut lowest.strata, stratum(cause), Samples::PER_STRATUM, hash, ()) {
            keep(&mut self.strata, stratum(cause), Samples::PER_STRATUM, hash, Arc::clone(&line));
        }
        if keep_cause(&mut lowest.causes, cause.clone(), hash, ()) {
            keep_cause(&mut self.causes, cause.clone(), hash, line);
        }
    }

    /// The journeys kept for the causes of a site.
    pub fn of_site(&self, site: FailureSite) -> impl Iterator<Item = &Arc<SampleLine>> {
        of_site(&self.causes, site).flat_map(|(_, lines)| lines.values())
    }

    /// What is kept for these, without the lines: what later offers have to fall below.
    pub(super) fn bar(&self) -> Samples {
        Samples { lowest: self.lowest.clone(), ..Samples::default() }
    }
}

fn stratum(cause: &FirstFailure) -> (StepId, FailureKind) {
    (cause.site.step, cause.site.kind)
}

/// The causes of a site, by message.
fn of_site<V>(
    causes: &Strata<FirstFailure, V>,
    site: FailureSite,
) -> impl Iterator<Item = (&FirstFailure, &BTreeMap<u64, V>)> {
    // No message sorts before the empty one.
    let from = FirstFailure { site, message: Arc::from("") };
    causes.range(from..).take_while(move |(cause, _)| cause.site == site)
}

/// Whether a cause is among those of its site that are kept, or would be.
fn has_room(causes: &Strata<FirstFailure, ()>, cause: &FirstFailure) -> bool {
    let last = of_site(causes, cause.site).nth(FailureMessages::MAX - 1);
    last.is_none_or(|(last, _)| cause <= last)
}

/// Whether a journey with this hash would be kept that is not kept already.
fn is_wanted(hashes: Option<&BTreeMap<u64, ()>>, most: usize, hash: u64) -> bool {
    hashes.is_none_or(|hashes| {
        !hashes.contains_key(&hash)
            && (hashes.len() < most
                || hashes.last_key_value().is_some_and(|(&highest, ())| hash < highest))
    })
}

/// Keeps a line if it is among the `most` of its stratum with the smallest hashes; whether it is. Of lines with the same
/// hash the smaller one is kept, so that the order of offers never matters.
fn keep<K: Ord, V: Ord>(
    strata: &mut Strata<K, V>,
    stratum: K,
    most: usize,
    hash: u64,
    line: V,
) -> bool {
    let lines = strata.entry(stratum).or_default();
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
    lines.contains_key(&hash)
}

/// Keeps the line of a cause; of too many messages of a site those that sort first have one.
fn keep_cause<V: Ord>(
    causes: &mut Strata<FirstFailure, V>,
    cause: FirstFailure,
    hash: u64,
    line: V,
) -> bool {
    let kept = keep(causes, cause.clone(), 1, hash, line);
    let last = of_site(causes, cause.site).nth(FailureMessages::MAX).map(|(last, _)| last.clone());
    if let Some(last) = last {
        causes.remove(&last);
    }
    kept && causes.contains_key(&cause)
}

impl Merge for Samples {
    fn merge_with(&mut self, other: Samples) {
        // What `other` was ever offered says nothing of what is kept here.
        let Samples { strata, causes, lowest: _ } = other;
        let lowest = &mut self.lowest.0;
        for (stratum, lines) in strata {
            for (hash, line) in lines {
                keep(&mut lowest.strata, stratum, Samples::PER_STRATUM, hash, ());
                keep(&mut self.strata, stratum, Samples::PER_STRATUM, hash, line);
            }
        }
        for (cause, lines) in causes {
            for (hash, line) in lines {
                keep_cause(&mut lowest.causes, cause.clone(), hash, ());
                keep_cause(&mut self.causes, cause.clone(), hash, line);
            }
        }
    }

    fn volume(&self) -> u64 {
        0
    }
}
