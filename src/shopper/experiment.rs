//! The retry experiment of one shopper: which arm the shopper is in, and what came of it.
//!
//! A shopper is treated once, after the first failure; whatever fails later is retried as ever. The treatment succeeded
//! if the shopper then passes the unit that failed without another failure on the way. A fresh session goes there from
//! the journey's start.

use super::profile::ShopperProfile;
use crate::base::{Delay, StepId};
use crate::plan::{Behaviour, Plan, RetryStrategy};
use crate::tally::{Outcome, RetryArmKey, Tally};

/// How far the experiment with a shopper is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Experiment {
    /// Nothing has failed.
    #[default]
    Untreated,
    /// The shopper is on the way to the unit that failed, by its place on the route; with the number of the key that failed.
    UnderWay(usize, RetryArmKey, Option<u32>),
    /// Its outcome is known.
    Over,
}

/// How the shopper tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    /// The unit, after the usual pause.
    Again,
    /// The unit, after this pause.
    After(Delay),
    /// The journey from its start.
    Restart,
}

// === impl Experiment ===

impl Experiment {
    /// Whether the shopper is treated, and on the way to the unit that failed.
    pub(super) fn is_under_way(&self) -> bool {
        matches!(self, Experiment::UnderWay(..))
    }

    /// Assigns the shopper's arm at the first failure: what it changes, if it can change anything for this shopper.
    pub(super) fn assign_arm<'p>(
        &mut self,
        plan: &'p Plan,
        profile: &ShopperProfile,
        has_bought: bool,
        place: usize,
        step: StepId,
        key: Option<u32>,
    ) -> Option<&'p RetryStrategy> {
        let shoppers = &plan.shoppers;
        if shoppers.behaviour != Behaviour::Experiment || *self != Experiment::Untreated {
            return None;
        }
        let arm = shoppers.arm_of(profile.id)?;
        let eligible = shoppers.eligible(
            profile.attributes(),
            has_bought,
            key.is_some() && plan.sends_key(plan.step(step).unit),
        );
        let treatment = RetryArmKey { step, arm, eligible, new_key: false };
        *self = Experiment::UnderWay(place, treatment, key);
        (eligible & (1 << arm) != 0).then(|| &shoppers.arms[usize::from(arm)].strategy)
    }

    /// Records the treatment's outcome, if the attempt at the unit at this place decides it.
    /// `key` is the number of the idempotency key that it was made with, in a purchase.
    pub(super) fn record_outcome(
        &mut self,
        place: usize,
        outcome: Outcome,
        key: Option<u32>,
        tally: &mut Tally,
    ) {
        let Experiment::UnderWay(failed, treatment, before) = *self else { return };
        if outcome == Outcome::Ok && place != failed {
            return;
        }
        *self = Experiment::Over;
        let new_key = before.is_some_and(|before| key.is_some_and(|key| key != before));
        tally.retried_in_arm(RetryArmKey { new_key, ..treatment }, outcome);
    }
}
