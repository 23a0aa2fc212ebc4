//! Purchase requests, by what the shopper knows of the order.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::merge::{Merge, merge_fields};

/// What happened to a purchase request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PurchaseStage {
    /// It is about to be sent.
    Sent,
    /// The shop confirmed an order.
    Confirmed,
    /// The shop worked, and said no: there is no order.
    Declined,
    /// It failed in a way that leaves no order.
    Failed,
    /// The shopper can't tell whether there is an order.
    Unknown,
}

/// Purchase requests by what happened to them. Those sent and not settled are in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseCounts {
    /// Sent, or about to be.
    pub sent: u64,
    /// The shop confirmed an order.
    pub confirmed: u64,
    /// The shop worked, and said no: there is no order.
    pub declined: u64,
    /// Failed in a way that leaves no order.
    pub failed: u64,
    /// The shopper can't tell whether there is an order.
    pub unknown: u64,
}

merge_fields!(PurchaseCounts { sent, confirmed, declined, failed, unknown });

impl AddAssign for PurchaseCounts {
    fn add_assign(&mut self, other: PurchaseCounts) {
        self.merge_with(other);
    }
}

// === impl PurchaseCounts ===

impl PurchaseCounts {
    /// Counts one.
    pub fn add(&mut self, stage: PurchaseStage) {
        let count = match stage {
            PurchaseStage::Sent => &mut self.sent,
            PurchaseStage::Confirmed => &mut self.confirmed,
            PurchaseStage::Declined => &mut self.declined,
            PurchaseStage::Failed => &mut self.failed,
            PurchaseStage::Unknown => &mut self.unknown,
        };
        *count = count.saturating_add(1);
    }

    /// Sent and not settled.
    pub const fn in_flight(&self) -> u64 {
        self.sent.saturating_sub(self.confirmed + self.declined + self.failed + self.unknown)
    }
}
