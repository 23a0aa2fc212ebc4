//! What is known of the reading of records.

use std::collections::HashSet;

use super::intents::IntentIndex;
use super::settle::Read;

/// What is known of the reading itself.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// All complete reads, in order.
    pub reads: Vec<Read>,
    /// Whether the records are final.
    pub settled: bool,
    /// Whether charges were read.
    pub has_charges: bool,
    /// Whether receipts were read.
    pub has_mails: bool,
    /// The intents without an order that were looked up one by one, in vain. None where the source needs no look-up, because a read
    /// of it misses nothing.
    pub looked_up: Option<HashSet<IntentIndex>>,
    /// By how much the shop's clock is ahead, in microseconds; none where it is unknown.
    pub clock_offset_us: Option<i64>,
    /// By how much the clock that dates the receipts is ahead, in microseconds; none where it is unknown.
    pub mail_clock_offset_us: Option<i64>,
}
