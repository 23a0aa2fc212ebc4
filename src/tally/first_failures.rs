//! What failing shoppers' stories began with: each shopper counted once, under the first thing that went wrong.
//!
//! One trouble makes many failed requests: those who try again meet it again, and a basket that was not filled fails at
//! the payment. Whoever counts requests counts the cascade. So a shopper's failures are all filed under the first
//! failed try at a step, told apart by step, kind, status and what was said (see the shopper's `message`: without
//! numbers and identities). A shop that says something new each time would make a class of every shopper, so the
//! messages of a (step, kind, status) are told apart up to [`Messages::MOST`] of them, like observed values.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::failure::FailureKind;
use super::merge::Merge;
use super::shoppers::Fate;
use crate::base::StepId;

/// The first thing that went wrong for a shopper.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cause {
    /// Where.
    pub place: CausePlace,
    /// What was said, without what differs from shopper to shopper.
    pub message: Arc<str>,
}

/// Where a first failure fell, and of which kind it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CausePlace {
    /// The step.
    pub step: StepId,
    /// The kind of failure.
    pub kind: FailureKind,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
}

/// Shoppers by what happened to them.
pub type Fates = BTreeMap<Fate, u64>;

/// The messages that first failures of one place came with, and the fates of the shoppers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Messages {
    /// These; at most [`Messages::MOST`].
    Told(BTreeMap<Arc<str>, Fates>),
    /// More: none is told from another. Absorbing.
    TooMany(Fates),
}

// === impl Messages ===

impl Messages {
    /// How many messages of a place are told apart.
    pub const MOST: usize = 64;

    /// Counts a shopper.
    pub(super) fn count(&mut self, message: &Arc<str>, fate: Fate) {
        let fates = match self {
            Messages::Told(told) => match told.get_mut(&**message) {
                Some(fates) => fates,
                None => told.entry(Arc::clone(message)).or_default(),
            },
            Messages::TooMany(fates) => fates,
        };
        fates.entry(fate).or_default().merge_with(1);
        self.bound();
    }

    /// Everybody's fates, whatever was said.
    pub fn fates(&self) -> Fates {
        match self {
            Messages::Told(told) => summed(told.values().cloned()),
            Messages::TooMany(fates) => fates.clone(),
        }
    }

    fn bound(&mut self) {
        if matches!(self, Messages::Told(told) if told.len() > Messages::MOST) {
            *self = Messages::TooMany(self.fates());
        }
    }
}

fn summed(parts: impl Iterator<Item = Fates>) -> Fates {
    parts.fold(Fates::new(), |mut sum, part| {
        sum.merge_with(part);
        sum
    })
}

impl Default for Messages {
    fn default() -> Messages {
        Messages::Told(BTreeMap::new())
    }
}

impl Merge for Messages {
    fn merge_with(&mut self, other: Messages) {
        match (&mut *self, other) {
            (Messages::Told(ours), Messages::Told(theirs)) => ours.merge_with(theirs),
            (_, theirs) => {
                *self = Messages::TooMany(summed([self.fates(), theirs.fates()].into_iter()))
            }
        }
        self.bound();
    }
}
