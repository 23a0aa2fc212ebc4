//! How likely a shopper is lost: what losses, and what incidents cost, are added up from.
//!
//! Failures and refusals are told apart. Who is refused by a working shop (a card, a voucher, an empty shelf) may leave as
//! well, but no repair brings that shopper back. What happens after the order costs none.

use super::causes::throttling;
use super::statistics::Interval;
use crate::plan::{Behaviour, Patience, Plan};
use crate::tally::{End, OrderStatus, Setback, ShopperOutcome, Tally};

/// How failures and refusals make shoppers leave, in one run.
#[derive(Clone, Copy, Debug)]
pub struct LossModel<'p> {
    /// Whether shoppers really left.
    pub behaviour: Behaviour,
    /// Their patience.
    pub patience: &'p Patience,
    /// Whether 429s count: not where the shop throttles the address of the load generator.
    pub counts_throttled: bool,
}

// === impl LossModel ===

impl<'p> LossModel<'p> {
    /// Of this run, under its scenario's patience.
    pub fn of(plan: &'p Plan, tally: &Tally) -> LossModel<'p> {
        LossModel {
            behaviour: plan.shoppers.behaviour,
            patience: &plan.shoppers.patience,
            counts_throttled: throttling(plan, tally).is_none(),
        }
    }

    /// The same under another patience.
    pub fn under<'q>(&self, patience: &'q Patience) -> LossModel<'q> {
        LossModel { patience, ..*self }
    }

    /// How likely a shopper of this fate is lost to failures: between the two bounds, which differ only where the story was cut
    /// or where nobody knows if there is an order.
    ///
    /// S_k is the chance still to be there after k failed attempts. An attempt that nobody made may have succeeded
    /// (lower bound, 1 − S_k) or not (upper bound, 1).
    pub fn to_failures(&self, fate: &ShopperOutcome) -> Interval {
        let exactly = |p| Interval { low: p, high: p };
        let left = self.left_after(self.failures(fate));
        let stuck = fate.stuck_on.is_some_and(|setback| self.is_failure(setback));
        let low = if fate.order == OrderStatus::Unknown { 0.0 } else { left };
        match fate.end {
            _ if fate.has_purchased() => exactly(left),
            End::Lost if stuck && fate.order == OrderStatus::Unknown => {
                Interval { low: 0.0, high: 1.0 }
            }
            End::Lost => exactly(if stuck { 1.0 } else { 0.0 }),
            End::StoppedByCap | End::Unfinished if stuck => Interval { low, high: 1.0 },
            End::Completed | End::LeftByChoice | End::StoppedByCap | End::Unfinished => {
                Interval { low, high: left }
            }
        }
    }

    /// How likely a shopper of this fate is lost to refusals, and not to failures already: the upper bound.
    pub fn to_refusals(&self, fate: &ShopperOutcome) -> f64 {
        let failures = self.failures(fate);
        let refusals = u32::from(fate.before_order.declined);
        if refusals == 0 {
            return 0.0;
        }
        let refused = fate.stuck_on == Some(Setback::Declined);
        let among_the_rest = 1.0 - self.to_failures(fate).high;
        match fate.end {
            End::Lost | End::StoppedByCap | End::Unfinished if refused => among_the_rest,
            End::Lost => 0.0,
            // The scenario says that a refusal like this is taken as it is.
            End::LeftByChoice if refused => 0.0,
            End::Completed | End::LeftByChoice | End::StoppedByCap | End::Unfinished => {
                (self.left_after(failures + refusals) - self.left_after(failures))
                    .min(among_the_rest)
                    .max(0.0)
            }
        }
    }

    /// The failures that may cost the order.
    pub fn failures(&self, fate: &ShopperOutcome) -> u32 {
        let before = fate.before_order;
        u32::from(before.failed)
            + if self.counts_throttled { u32::from(before.throttled) } else { 0 }
    }

    fn is_failure(&self, setback: Setback) -> bool {
        match setback {
            Setback::Failed => true,
            Setback::Throttled => self.counts_throttled,
            Setback::Declined => false,
        }
    }

    /// The chance to have left by now of one who is still seen.
    fn left_after(&self, setbacks: u32) -> f64 {
        match self.behaviour {
            Behaviour::Probe | Behaviour::Experiment => 1.0 - self.patience.survival(setbacks),
            // Whoever was going to leave has left.
            Behaviour::Live => 0.0,
        }
    }
}
