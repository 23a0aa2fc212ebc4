//! What came of trying again in one of the ways that an experiment compares.

use serde::{Deserialize, Serialize};

use crate::base::StepId;

/// Shoppers alike in what failed first, in the way they tried again, and in the ways that were open to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RetryArmKey {
    /// Where the shopper's first failure fell.
    pub step: StepId,
    /// The arm, by its place in the plan.
    pub arm: u8,
    /// The arms that would have changed anything for this shopper, as bits by place: arms are compared among those only
    /// who could have had either.
    pub eligible: u16,
    /// Whether the purchase was tried again under another idempotency key: by the arm itself, or since the body changed.
    pub new_key: bool,
}
