//! A shopper's intent to buy, and the log that remembers it.
//!
//! An intent has one idempotency key for all its attempts, because a shopper who tries again wants one order.
//! A changed body, or an attempt after a decline, is another wish and gets another key. The log gets each
//! attempt before its request is sent, so that whatever happens next, nothing that may be an order is forgotten.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;

use super::activity::PurchaseUnderWay;
use super::profile::ShopperProfile;
use crate::base::{Micros, ShopperId, UnitId};
use crate::plan::Plan;
use crate::tally::{FailureKind, PurchaseStage};

/// One shopper's intent to buy in one purchase of the journey.
#[derive(Clone, Debug)]
pub struct Intent {
    /// Unique to this intent, and the same for all its attempts.
    pub marker: String,
    unit: UnitId,
    round: u32,
    /// Which key is in use, from 1.
    generation: u32,
    /// The body of the last attempt, without the key itself.
    body: Option<u64>,
}

/// What is known of an intent: one line of the purchase log.
#[derive(Clone, Debug, Serialize)]
pub struct PurchaseRecord<'a> {
    /// When, since the planned start.
    pub at_us: Micros,
    /// The intent's marker.
    pub intent: &'a str,
    /// The idempotency key of this attempt.
    pub key: &'a str,
    /// Who, in 16 hexadecimal digits.
    #[serde(serialize_with = "hexadecimal")]
    pub shopper: ShopperId,
    /// The unique text that the shop was sent for this shopper.
    pub marker: &'a str,
    /// The purchase's name.
    pub purchase: &'a str,
    /// Which attempt at it, from 1.
    pub attempt: u32,
    /// What is known now.
    #[serde(flatten)]
    pub event: PurchaseEvent<'a>,
}

/// What is known of a purchase attempt.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum PurchaseEvent<'a> {
    /// The request is about to be sent.
    Invoke,
    /// The shop confirmed an order.
    Ok {
        /// Its number, if the scenario captures it.
        order: Option<&'a str>,
        /// What it costs, in minor units, if the scenario captures it.
        total_minor: Option<u64>,
    },
    /// The shop said no: there must be no order.
    Declined,
    /// It failed in a way that leaves no order.
    Failed {
        /// How.
        kind: FailureKind,
    },
    /// A request besides the shopper's own was sent, to test the shop: it may have made an order, too.
    Provoked {
        /// What was done.
        arm: &'a str,
        /// When, as planned.
        #[serde(rename = "after_us")]
        after: Micros,
        /// The status of its answer; none where it was cut or came to nothing.
        answer: Option<u16>,
    },
    /// The shopper can't tell whether there is an order.
    Unknown {
        /// How it failed; none where the run was cut.
        kind: Option<FailureKind>,
    },
}

// === impl PurchaseEvent ===

impl PurchaseEvent<'_> {
    /// What it counts as; nothing, where it is no attempt of the shopper.
    pub(super) const fn stage(&self) -> Option<PurchaseStage> {
        Some(match self {
            PurchaseEvent::Provoked { .. } => return None,
            PurchaseEvent::Invoke => PurchaseStage::Sent,
            PurchaseEvent::Ok { .. } => PurchaseStage::Confirmed,
            PurchaseEvent::Declined => PurchaseStage::Declined,
            PurchaseEvent::Failed { .. } => PurchaseStage::Failed,
            PurchaseEvent::Unknown { .. } => PurchaseStage::Unknown,
        })
    }
}

/// As everywhere else: a number of 64 bits would lose digits in many a reader of JSON.
fn hexadecimal<S: serde::Serializer>(
    shopper: &ShopperId,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(shopper)
}

/// Remembers purchases. What `write` was told survives the process as soon as it returns.
pub trait PurchaseLog {
    /// Whether one more purchase attempt may be made; where not, the run is about to end.
    fn admits_purchase(&self) -> bool {
        true
    }

    /// Appends a line.
    fn write(&self, line: &PurchaseRecord<'_>);
}

/// Forgets everything: for walks and tests.
impl PurchaseLog for () {
    fn write(&self, _: &PurchaseRecord<'_>) {}
}

// === impl Intent ===

impl Intent {
    /// The intent of a shopper at a purchase. Its marker carries the run, so that two runs with one seed against one
    /// shop never share a key.
    ///
    /// Who comes to the purchase again, in a later round of the journey, means another one.
    pub fn new(run: &str, shopper: ShopperId, unit: UnitId, round: u32) -> Intent {
        let suffix = if round > 0 { format!(".{round}") } else { String::new() };
        Intent {
            marker: format!("{run}-{shopper}-{}{suffix}", unit.0),
            unit,
            round,
            generation: 1,
            body: None,
        }
    }

    /// Appends a record about an attempt at this purchase to the log.
    pub(super) fn log(
        &self,
        log: &dyn PurchaseLog,
        plan: &Plan,
        profile: &ShopperProfile,
        attempt: PurchaseUnderWay,
        event: PurchaseEvent<'_>,
        at: Micros,
    ) {
        log.write(&PurchaseRecord {
            at_us: at,
            intent: &self.marker,
            key: &self.key(),
            shopper: profile.id,
            marker: &profile.marker,
            purchase: &plan.unit(attempt.unit).name,
            attempt: attempt.nth,
            event,
        });
    }

    /// Whether it is the intent of this purchase in this round of the journey.
    pub fn matches(&self, unit: UnitId, round: u32) -> bool {
        (self.unit, self.round) == (unit, round)
    }

    /// The idempotency key in use.
    pub fn key(&self) -> String {
        format!("{}-{}", self.marker, self.generation)
    }

    /// Which key is in use, from 1.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Takes another key: what is sent next is another wish.
    pub fn renew(&mut self) {
        self.generation += 1;
        self.body = None;
    }

    /// Whether the body differs from that of the last attempt, apart from the key in it. Remembers it.
    pub fn changes(&mut self, body: &[u8]) -> bool {
        let mut hasher = DefaultHasher::new();
        String::from_utf8_lossy(body).replace(&self.key(), "").hash(&mut hasher);
        let hash = hasher.finish();
        let changed = self.body.is_some_and(|last| last != hash);
        self.body = Some(hash);
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_holds_until_the_wish_changes() {
        let mut intent = Intent::new("r1", ShopperId(7), UnitId(3), 0);
        let first = intent.key();
        assert!(!intent.changes(format!("pay {first}").as_bytes()));
        assert!(!intent.changes(format!("pay {first}").as_bytes()));
        assert!(intent.changes(b"pay more"));
        intent.renew();
        assert_ne!(intent.key(), first);
        assert!(!intent.changes(format!("pay more {}", intent.key()).as_bytes()));
        assert_eq!(intent.marker, "r1-0000000000000007-3");
        assert_eq!(Intent::new("r1", ShopperId(7), UnitId(3), 2).marker, "r1-0000000000000007-3.2");
    }
}
