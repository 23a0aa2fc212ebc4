//! Pairs: the same shopper in two shops at once, and what became of each.
//!
//! A duet sends each shopper to two shops. What both sides met together (this shopper's bad luck, the network's bad minute) says
//! nothing of the difference between the shops; only where they differ does it. So the pairs are counted jointly, by
//! what became of both.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Tally;
use super::merge::Merge;
use crate::base::{Micros, StepId};

/// What a pair is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PairOf {
    /// Whether the shopper met two failed attempts or more.
    Repeated,
    /// Whether the shopper's first attempt to buy failed.
    Purchase,
    /// Whether the shopper's first attempt at this step failed.
    Step(StepId),
}

/// Pairs by what became of both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairs {
    /// Failed in both shops.
    pub both: u64,
    /// Failed in the target only.
    pub only_here: u64,
    /// Failed in the shop beside it only.
    pub only_beside: u64,
    /// Failed in neither.
    pub neither: u64,
}

// === impl Pairs ===

impl Pairs {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.both + self.only_here + self.only_beside + self.neither
    }
}

// === impl Tally ===

impl Tally {
    /// A shopper who was due `at` has been to both shops.
    pub fn paired(&mut self, at: Micros, of: PairOf, here: bool, beside: bool) {
        let block = self.shape.block_of(at);
        let pairs = self.pairs.entry(block).or_default().entry(of).or_default();
        let count = match (here, beside) {
            (true, true) => &mut pairs.both,
            (true, false) => &mut pairs.only_here,
            (false, true) => &mut pairs.only_beside,
            (false, false) => &mut pairs.neither,
        };
        *count += 1;
    }
}

/// Reading.
impl Tally {
    /// The pairs that were asked this, by block.
    pub fn pairs_of(&self, of: PairOf) -> BTreeMap<u32, Pairs> {
        self.pairs.iter().filter_map(|(block, pairs)| Some((*block, *pairs.get(&of)?))).collect()
    }
}

impl Merge for Pairs {
    fn absorb(&mut self, other: Pairs) {
        self.both.absorb(other.both);
        self.only_here.absorb(other.only_here);
        self.only_beside.absorb(other.only_beside);
        self.neither.absorb(other.neither);
    }
}
