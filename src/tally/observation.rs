//! What shoppers report to the tally: an attempt at a step, an attempt at a unit, an end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::failure::FailureKind;
use super::first_failures::FirstFailure;
use super::friction::Effort;
use super::outcome::{End, Outcome};
use super::shoppers::{Observed, Setback, Setbacks};
use super::timing::AttemptTimes;
use crate::base::{JourneyId, Micros, MinorUnits, ShopperId, StepId, UnitId};

/// One attempt at a step: all its exchanges, and its outcome.
#[derive(Clone, Copy, Debug)]
pub struct StepAttempt<'a> {
    /// The step.
    pub step: StepId,
    /// When it should have started.
    pub intended_at: Micros,
    /// When the shopper's task acted, before dialling and before any cap.
    pub acted_at: Micros,
    /// When the last byte came, or the shopper gave up.
    pub ended_at: Micros,
    /// What else was measured; the response time follows from the moments.
    pub times: AttemptTimes,
    /// Whether this is the first try of a shopper who has just arrived. Its lag is counted by `Tally::arrived`, when the shopper acts.
    pub arrival: bool,
    /// The shopper's attributes.
    pub attributes: &'a [u8],
    /// How it came out.
    pub outcome: Outcome,
}

/// One try at a unit.
#[derive(Clone, Copy, Debug)]
pub struct UnitAttempt<'a> {
    /// The unit.
    pub unit: UnitId,
    /// Which try of this shopper at it, from 1.
    pub nth: u32,
    /// When it should have begun.
    pub intended_at: Micros,
    /// When the shopper's previous attempt at this unit should have begun, if it failed; none after a decline, and at the first.
    pub after_failure_at: Option<Micros>,
    /// The shopper's attributes when it began.
    pub attributes: &'a [u8],
    /// The shopper's observed values when it began.
    pub observed: &'a [Observed],
    /// How it came out.
    pub outcome: Outcome,
}

/// The end of one shopper.
#[derive(Clone, Debug)]
pub struct ShopperEnd<'a> {
    /// Who.
    pub shopper: ShopperId,
    /// The journey taken.
    pub journey: JourneyId,
    /// When the shopper should have arrived.
    pub arrived_at: Micros,
    /// When the journey ended.
    pub ended_at: Micros,
    /// When the order was made, if one was.
    pub bought_at: Option<Micros>,
    /// What it took until then.
    pub effort: Option<Effort>,
    /// The index of the value of each assigned attribute.
    pub attributes: &'a [u8],
    /// The observed values at the end.
    pub observed: &'a [Observed],
    /// Failed attempts, declines not counted.
    pub failures: u32,
    /// Declined attempts.
    pub declines: u32,
    /// The step where the first failed attempt failed.
    pub first_failed: Option<StepId>,
    /// When that attempt should have begun.
    pub first_failed_at: Option<Micros>,
    /// The step where the second failed attempt failed.
    pub second_failed: Option<StepId>,
    /// What the failures are put down to: what went wrong where they repeat, or else first.
    pub cause: Option<&'a FirstFailure>,
    /// The setbacks before the order, or all without one.
    pub before_order: Setbacks,
    /// The step where the unit that failed most often failed again.
    pub repeated_at: Option<StepId>,
    /// The furthest step of the journey that the shopper came to.
    pub reached: Option<StepId>,
    /// What the last attempt met at a unit that the shopper did not get through.
    pub stuck_on: Option<Setback>,
    /// Whether a purchase was sent whose outcome is unknown.
    pub order_unknown: bool,
    /// The total of the order, or else of the basket, if known.
    pub order_value: Option<MinorUnits>,
    /// How it ended.
    pub end: End,
}

// === impl ShopperEnd ===

impl ShopperEnd<'_> {
    /// A shopper who came to the end and met nothing on the way.
    pub fn without_trouble(
        shopper: ShopperId,
        journey: JourneyId,
        arrived_at: Micros,
        ended_at: Micros,
    ) -> Self {
        ShopperEnd {
            shopper,
            journey,
            arrived_at,
            ended_at,
            bought_at: None,
            effort: None,
            attributes: &[],
            observed: &[],
            failures: 0,
            declines: 0,
            first_failed: None,
            first_failed_at: None,
            second_failed: None,
            cause: None,
            before_order: Setbacks::default(),
            repeated_at: None,
            reached: None,
            stuck_on: None,
            order_unknown: false,
            order_value: None,
            end: End::Completed,
        }
    }
}

/// A failing journey, kept as an example: one line of `failures.jsonl`. Redacted when it is made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SampleLine {
    /// Who.
    pub shopper: ShopperId,
    /// The unique text that the shop was sent for this shopper.
    pub marker: String,
    /// The journey's name.
    pub journey: String,
    /// The attributes by name.
    pub attributes: BTreeMap<String, String>,
    /// The observed values by name.
    pub observed: BTreeMap<String, String>,
    /// When the shopper should have arrived.
    pub arrived_at: Micros,
    /// How the journey ended.
    pub end: End,
    /// A line for each earlier exchange, then the failing one in full, then lines again.
    pub exchanges: Vec<SampledExchange>,
}

/// One exchange of a sampled journey.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SampledExchange {
    /// The step's name.
    pub step: String,
    /// Which try at the unit.
    pub attempt: u32,
    /// When it began.
    pub began_at: Micros,
    /// How long it took.
    pub took: Micros,
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// What went wrong, if anything did.
    pub failure: Option<FailureKind>,
    /// Said in words: what was expected and what came.
    #[serde(default)]
    pub detail: String,
    /// What the shop said, or else what was found wrong, in the original words, for the failing exchange.
    #[serde(default)]
    pub message: String,
    /// The request in full, for the failing exchange: request line, headers, body cut at 4 KiB.
    #[serde(default)]
    pub request: Option<String>,
    /// The response in full, for the failing exchange.
    #[serde(default)]
    pub response: Option<String>,
}

/// A condition that was looked at, for `walk`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The condition in words.
    pub what: String,
    /// Whether it held.
    pub held: bool,
}
