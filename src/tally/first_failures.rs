//! What failing shoppers' stories began with: each shopper counted once, under the first thing that went wrong.
//!
//! One trouble makes many failed requests: those who try again meet it again, and a basket that was not filled fails at
//! the payment. Whoever counts requests counts the cascade. So a shopper's failures are all filed under the first
//! failed attempt at a step, by step, kind, status and what was said (see the shopper's `message`: without
//! numbers and identities). A shop that says something new each time would make a class of every shopper, so the
//! messages of a (step, kind, status) are counted separately up to [`FailureMessages::MAX`] of them, like observed values.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::failure::FailureKind;
use super::merge::Merge;
use super::shoppers::ShopperOutcome;
use crate::base::StepId;

/// The first thing that went wrong for a shopper.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FirstFailure {
    /// Where.
    pub site: FailureSite,
    /// What was said, without what differs from shopper to shopper.
    pub message: Arc<str>,
}

/// Where a first failure fell, and of which kind it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FailureSite {
    /// The step.
    pub step: StepId,
    /// The kind of failure.
    pub kind: FailureKind,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
}

/// Shoppers by what happened to them.
pub type OutcomeCounts = BTreeMap<ShopperOutcome, u64>;

/// The messages that first failures of one place came with, and the outcomes of the shoppers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureMessages {
    /// These; at most [`FailureMessages::MAX`].
    Distinct(BTreeMap<Arc<str>, OutcomeCounts>),
    /// More: all are counted as one. Absorbing.
    TooMany(OutcomeCounts),
}

// === impl FailureMessages ===

impl FailureMessages {
    /// How many messages of a site are counted separately.
    pub const MAX: usize = 64;

    /// Counts a shopper.
    pub(super) fn count(&mut self, message: &Arc<str>, outcome: ShopperOutcome) {
        let outcomes = match self {
            FailureMessages::Distinct(messages) => match messages.get_mut(&**message) {
                Some(outcomes) => outcomes,
                None => messages.entry(Arc::clone(message)).or_default(),
            },
            FailureMessages::TooMany(outcomes) => outcomes,
        };
        outcomes.entry(outcome).or_default().merge_with(1);
        self.bound();
    }

    /// Everybody's outcomes, whatever was said.
    pub fn outcomes(&self) -> OutcomeCounts {
        match self {
            FailureMessages::Distinct(messages) => sum(messages.values().cloned()),
            FailureMessages::TooMany(outcomes) => outcomes.clone(),
        }
    }

    fn bound(&mut self) {
        if matches!(self, FailureMessages::Distinct(messages) if messages.len() > FailureMessages::MAX)
        {
            *self = FailureMessages::TooMany(self.outcomes());
        }
    }
}

fn sum(parts: impl Iterator<Item = OutcomeCounts>) -> OutcomeCounts {
    parts.fold(OutcomeCounts::new(), |mut sum, part| {
        sum.merge_with(part);
        sum
    })
}

impl Default for FailureMessages {
    fn default() -> FailureMessages {
        FailureMessages::Distinct(BTreeMap::new())
    }
}

impl Merge for FailureMessages {
    fn merge_with(&mut self, other: FailureMessages) {
        match (&mut *self, other) {
            (FailureMessages::Distinct(ours), FailureMessages::Distinct(theirs)) => {
                ours.merge_with(theirs)
            }
            (_, theirs) => {
                *self =
                    FailureMessages::TooMany(sum([self.outcomes(), theirs.outcomes()].into_iter()))
            }
        }
        self.bound();
    }

    fn volume(&self) -> u64 {
        match self {
            FailureMessages::Distinct(messages) => messages.volume(),
            FailureMessages::TooMany(outcomes) => outcomes.volume(),
        }
    }
}
