//! What it took shoppers to buy: the effort of the journey itself, apart from its failures.

use serde::{Deserialize, Serialize};

use super::exchange::ExchangeSeen;
use super::latency_by_block::LatencyByBlock;
use super::merge::{Merge, merge_fields};
use crate::base::Micros;

/// What shoppers did until they had an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    /// Requests, redirects and polls included.
    pub requests: u64,
    /// Turns that had to be waited for, one after the other: one for each TCP connect, TLS handshake and request.
    pub round_trips: u64,
    /// Bytes of the requests' bodies.
    pub bytes_sent: u64,
    /// Bytes of the answers' bodies, as they came (compressed).
    pub bytes_received: u64,
    /// Failed and declined attempts on the way.
    pub troubles: u64,
    /// Time spent thinking, and pausing before trying again.
    pub idle: Micros,
}

/// What it took the shoppers of a journey to buy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Friction {
    /// Shoppers who bought.
    pub buyers: u64,
    /// What all of them did, in sum.
    pub effort: Effort,
    /// Those who met neither a failure nor a decline before: what the journey takes when all goes well.
    pub smooth_buyers: u64,
    /// What those did, in sum.
    pub smooth_effort: Effort,
    /// Intended arrival to the order, without thinking and pausing, by block.
    pub busy: LatencyByBlock,
}

// === impl Effort ===

impl Effort {
    /// Adds an exchange.
    pub fn add(&mut self, seen: &ExchangeSeen) {
        let handshake = u64::from(seen.phases.tls.is_some());
        self.requests += u64::from(seen.sent);
        self.round_trips += u64::from(seen.sent) + u64::from(seen.connections) + handshake;
        self.bytes_sent += if seen.sent { seen.bytes_sent } else { 0 };
        self.bytes_received += seen.bytes_received;
    }
}

// === impl Friction ===

impl Friction {
    /// Counts a buyer.
    pub(super) fn record_buyer(&mut self, block: u32, span: Micros, effort: Effort) {
        self.buyers += 1;
        self.effort.merge_with(effort);
        if effort.troubles == 0 {
            self.smooth_buyers += 1;
            self.smooth_effort.merge_with(effort);
        }
        self.busy.record(block, span.since(effort.idle));
    }
}

merge_fields!(Friction { buyers, effort, smooth_buyers, smooth_effort, busy });
merge_fields!(Effort { requests, round_trips, bytes_sent, bytes_received, troubles, idle });
