//! What came of trying again in one of the ways that an experiment compares.

use serde::{Deserialize, Serialize};

use super::{Outcome, Tally, Tries};
use crate::base::StepId;
use crate::tally::merge::Merge;

/// Shoppers alike in what failed first, in the way they tried again, and in the ways that were open to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Treatment {
    /// Where the shopper's first failure fell.
    pub step: StepId,
    /// The arm, by its place in the plan.
    pub arm: u8,
    /// The arms that would have changed anything for this shopper, as bits by place: arms are compared among those only
    /// who could have had either.
    pub eligible: u16,
}

// === impl Tally ===

impl Tally {
    /// A shopper tried again: got through what had failed (`Ok`), failed on the way there or there again, or was declined.
    /// Told once for each shopper at most.
    pub fn treated(&mut self, treatment: Treatment, outcome: Outcome) {
        let tries = match outcome {
            Outcome::Ok => Tries { ok: 1, ..Tries::default() },
            Outcome::Declined => Tries { declined: 1, ..Tries::default() },
            Outcome::Failed(_) => Tries { failed: 1, ..Tries::default() },
            Outcome::Unjudged => return,
        };
        self.treatments.entry(treatment).or_default().absorb(tries);
    }
}
