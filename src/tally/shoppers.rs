//! Shoppers and their tries, counted jointly by what they were and what they met.
//!
//! Assigned attributes are known from the plan, observed values are not. Values without bound (an order number
//! captured by mistake) would make every shopper a class of its own, so a name that was seen with more than
//! [`DistinctValues::MAX`] values is counted as one. Whether it was is a property of all that was seen, in
//! whatever order and however it was split: that is why the distinct values are part of the tally.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::merge::{Merge, merge_fields};
use super::outcome::{End, Outcome};
use crate::base::{JourneyId, MinorUnits, StepId, UnitId};

/// What a shopper was, and met. Shoppers alike in all of it are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ShopperKey {
    /// The journey taken.
    pub journey: JourneyId,
    /// The index of the value of each assigned attribute.
    pub attributes: Vec<u8>,
    /// The observed values that the shopper ended with.
    pub observed: Vec<Observed>,
    /// What happened.
    pub outcome: ShopperOutcome,
}

/// What happened to a shopper.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ShopperOutcome {
    /// Failed attempts in the journey, declines not counted; capped at 255.
    pub failures: u8,
    /// Declined attempts in the journey; capped at 255.
    pub declines: u8,
    /// Those of them that came before the order, or all without one: only these can cost the order.
    pub before_order: Setbacks,
    /// The step where the first failed attempt failed.
    pub first_failed: Option<StepId>,
    /// The step where the second failed attempt failed.
    pub second_failed: Option<StepId>,
    /// The step where the unit that failed most often failed again; none if no unit failed twice.
    pub repeated_at: Option<StepId>,
    /// The furthest step of the journey that the shopper came to.
    pub reached: Option<StepId>,
    /// What the last attempt met at a unit that the shopper did not get through.
    pub stuck_on: Option<Setback>,
    /// Whether the shopper has an order.
    pub order: OrderStatus,
    /// How the journey ended.
    pub end: End,
}

/// What kept an attempt from succeeding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setback {
    /// A failure, other than the next one.
    Failed,
    /// 429 Too Many Requests.
    Throttled,
    /// The shop worked, and said no.
    Declined,
}

/// Attempts that did not succeed, by kind; each capped at 255.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Setbacks {
    /// Failures, other than the next ones.
    pub failed: u8,
    /// 429 Too Many Requests.
    pub throttled: u8,
    /// The shop worked, and said no.
    pub declined: u8,
}

/// What a shopper knows of the order at the end.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// There is none.
    #[default]
    None,
    /// A request that may have made one was sent, and its outcome is unknown.
    Unknown,
    /// The shop confirmed it.
    Confirmed,
}

/// An observed value: part of a key that other tallies may not know yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Observed {
    /// Not seen by this shopper (yet).
    #[default]
    Missing,
    /// This value.
    Is(Arc<str>),
    /// More than [`DistinctValues::MAX`] values were seen for this name, so all are counted as one. Absorbing.
    TooMany,
}

/// How many shoppers, and the value of their orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopperCount {
    /// Shoppers.
    pub shoppers: u64,
    /// Those of them whose basket or order had a known total.
    pub priced: u64,
    /// The sum of the known totals.
    pub order_value: MinorUnits,
}

/// What an attempt at a unit was, for counting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AttemptKey {
    /// The unit.
    pub unit: UnitId,
    /// Which attempt of this shopper at it, from 1; capped at 8.
    pub nth: u8,
    /// The index of the value of each assigned attribute, as held when the attempt began.
    pub attributes: Vec<u8>,
    /// The observed values held when the attempt began.
    pub observed: Vec<Observed>,
}

/// Attempts by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptCounts {
    /// Succeeded.
    pub ok: u64,
    /// Declined.
    pub declined: u64,
    /// Failed.
    pub failed: u64,
}

/// The values that one observed name was seen with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DistinctValues {
    /// These; at most [`DistinctValues::MAX`].
    Values(BTreeSet<Arc<str>>),
    /// More. Absorbing.
    TooMany,
}

/// A key with observed values in it.
pub(super) trait ObservedKey {
    fn observed_mut(&mut self) -> &mut [Observed];
}

/// Rewrites the keys with values that are counted as one, and adds up the counts that fall together.
pub(super) fn collapse<K: ObservedKey + Ord + Clone, V: Merge + Default>(
    counts: &mut BTreeMap<K, V>,
    distinct: &[DistinctValues],
) {
    if distinct.iter().all(DistinctValues::are_distinct) {
        return;
    }
    for (mut key, count) in std::mem::take(counts) {
        key.observed_mut().iter_mut().zip(distinct).for_each(|(value, name)| name.blur(value));
        counts.entry(key).or_default().merge_with(count);
    }
}

// === impl DistinctValues ===

impl DistinctValues {
    /// How many values of a name are counted separately.
    pub const MAX: usize = 64;

    /// Whether its values are counted separately.
    pub fn are_distinct(&self) -> bool {
        matches!(self, DistinctValues::Values(_))
    }

    /// Takes note of a value.
    pub(super) fn note(&mut self, value: &Observed) {
        match (&mut *self, value) {
            (DistinctValues::Values(values), Observed::Is(value)) => {
                values.insert(Arc::clone(value));
            }
            (_, Observed::TooMany) => *self = DistinctValues::TooMany,
            (DistinctValues::TooMany, Observed::Is(_)) | (_, Observed::Missing) => {}
        }
        self.bound();
    }

    /// Replaces a value that is not counted separately. "Missing" stays a level of its own.
    pub(super) fn blur(&self, value: &mut Observed) {
        if matches!(self, DistinctValues::TooMany) && matches!(value, Observed::Is(_)) {
            *value = Observed::TooMany;
        }
    }

    fn bound(&mut self) {
        if matches!(self, DistinctValues::Values(values) if values.len() > DistinctValues::MAX) {
            *self = DistinctValues::TooMany;
        }
    }
}

impl Default for DistinctValues {
    fn default() -> DistinctValues {
        DistinctValues::Values(BTreeSet::new())
    }
}

impl Merge for DistinctValues {
    fn merge_with(&mut self, other: DistinctValues) {
        match (&mut *self, other) {
            (DistinctValues::Values(ours), DistinctValues::Values(theirs)) => ours.extend(theirs),
            (DistinctValues::TooMany, _) | (_, DistinctValues::TooMany) => {
                *self = DistinctValues::TooMany;
            }
        }
        self.bound();
    }

    fn volume(&self) -> u64 {
        0
    }
}

// === impl Setbacks ===

impl Setbacks {
    /// Counts one.
    pub fn add(&mut self, setback: Setback) {
        let count = match setback {
            Setback::Failed => &mut self.failed,
            Setback::Throttled => &mut self.throttled,
            Setback::Declined => &mut self.declined,
        };
        *count = count.saturating_add(1);
    }

    /// Failures of every kind.
    pub fn failures(&self) -> u32 {
        u32::from(self.failed) + u32::from(self.throttled)
    }
}

// === impl ShopperOutcome ===

impl ShopperOutcome {
    /// Whether the shop confirmed an order.
    pub fn has_purchased(&self) -> bool {
        self.order == OrderStatus::Confirmed
    }

    /// The step to which the shopper's failures are put down: where they repeat, or else where the first one fell.
    pub fn blamed_step(&self) -> Option<StepId> {
        self.repeated_at.or(self.first_failed)
    }
}

// === impl ShopperKey ===

impl ObservedKey for ShopperKey {
    fn observed_mut(&mut self) -> &mut [Observed] {
        &mut self.observed
    }
}

// === impl AttemptKey ===

impl AttemptKey {
    /// Later attempts are counted as this one.
    pub const MAX_NTH: u8 = 8;
}

impl ObservedKey for AttemptKey {
    fn observed_mut(&mut self) -> &mut [Observed] {
        &mut self.observed
    }
}

// === impl AttemptCounts ===

impl AttemptCounts {
    /// One attempt; none if it ended without a judgement.
    pub(super) fn one(outcome: Outcome) -> Option<AttemptCounts> {
        match outcome {
            Outcome::Ok => Some(AttemptCounts { ok: 1, ..AttemptCounts::default() }),
            Outcome::Declined => Some(AttemptCounts { declined: 1, ..AttemptCounts::default() }),
            Outcome::Failed(_) => Some(AttemptCounts { failed: 1, ..AttemptCounts::default() }),
            Outcome::Unjudged => None,
        }
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.ok + self.declined + self.failed
    }
}

merge_fields!(ShopperCount { shoppers, priced, order_value });

impl AddAssign for ShopperCount {
    fn add_assign(&mut self, other: ShopperCount) {
        self.merge_with(other);
    }
}

merge_fields!(AttemptCounts { ok, declined, failed });
