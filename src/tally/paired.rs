//! Pairs: the same shopper in two shops at once, and what became of each.
//!
//! A paired run sends each shopper to two shops. What failed in both (this shopper's bad luck, the network's bad minute) says
//! nothing of the difference between the shops; only where they differ does it. So the pairs are counted jointly, by
//! what became of both.

use serde::{Deserialize, Serialize};

use super::merge::merge_fields;
use crate::base::StepId;

/// What is compared between the two shops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PairQuestion {
    /// Whether the shopper met two failed attempts or more.
    Repeated,
    /// Whether the shopper's first attempt to buy failed.
    Purchase,
    /// Whether the shopper's first attempt at this step failed.
    Step(StepId),
}

/// Pairs by what became of both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairCounts {
    /// Failed in both shops.
    pub both: u64,
    /// Failed in the target only.
    pub only_target: u64,
    /// Failed in the baseline only.
    pub only_baseline: u64,
    /// Failed in neither.
    pub neither: u64,
}

// === impl PairCounts ===

impl PairCounts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.both + self.only_target + self.only_baseline + self.neither
    }
}

merge_fields!(PairCounts { both, only_target, only_baseline, neither });
