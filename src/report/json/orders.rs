//! Orders as shoppers know of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::figure;
use crate::tally::PurchaseCounts;
use crate::verdict::OrderSummary;

/// Purchase requests by what the shopper knows of the order. Retries are requests of their own: two of them may be one order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrdersDocument {
    /// Purchase requests of the whole run.
    #[serde(flatten)]
    pub total: OrderCountsDocument,
    /// Confirmed orders per minute over the whole run; null if nothing was seen.
    pub confirmed_per_minute: Option<f64>,
    /// The same by minute; minutes without any are left out.
    pub by_minute: Vec<MinuteOrdersDocument>,
}

/// Purchase requests by what happened to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderCountsDocument {
    /// Sent.
    pub sent: u64,
    /// The shop confirmed an order.
    pub confirmed: u64,
    /// The shop declined: there is no order.
    pub declined: u64,
    /// Failed in a way that leaves no order.
    pub failed: u64,
    /// The shopper can't tell whether there is an order.
    pub unknown: u64,
    /// Sent and not settled yet; 0 once the run has ended.
    pub in_flight: u64,
}

/// The purchase requests of a minute: sent in it, and settled in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MinuteOrdersDocument {
    /// Start of the minute, since the planned start.
    pub from_s: u32,
    /// Sent.
    pub sent: u64,
    /// Confirmed.
    pub confirmed: u64,
    /// Declined.
    pub declined: u64,
    /// Failed in a way that leaves no order.
    pub failed: u64,
    /// With an unknown outcome.
    pub unknown: u64,
}

pub(super) fn orders(found: &OrderSummary) -> OrdersDocument {
    OrdersDocument {
        total: counts(&found.total),
        confirmed_per_minute: found.confirmed_per_minute().map(figure),
        by_minute: found
            .by_minute
            .iter()
            .map(|(minute, counts)| of_minute(*minute, counts))
            .collect(),
    }
}

fn counts(found: &PurchaseCounts) -> OrderCountsDocument {
    OrderCountsDocument {
        sent: found.sent,
        confirmed: found.confirmed,
        declined: found.declined,
        failed: found.failed,
        unknown: found.unknown,
        in_flight: found.in_flight(),
    }
}

fn of_minute(minute: u32, found: &PurchaseCounts) -> MinuteOrdersDocument {
    let PurchaseCounts { sent, confirmed, declined, failed, unknown } = *found;
    MinuteOrdersDocument { from_s: minute * 60, sent, confirmed, declined, failed, unknown }
}
