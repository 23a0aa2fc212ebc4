//! What lost shoppers would have paid, from the baskets and orders that were seen.

use crate::base::{JourneyId, StepId};
use crate::plan::Plan;
use crate::plan::forecast::visits;
use crate::tally::{End, ShopperCount, ShopperOutcome, Tally};
use crate::verdict::statistics::{Interval, TimeBlocks, Z95, rule_of_three};

/// What lost shoppers would have paid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LostOrderValue {
    /// In the smallest unit of the currency.
    pub minor_units: f64,
    /// Where it lies with 95 % confidence.
    pub ci95: Interval,
    /// The share of it that was estimated, since the basket was not seen: the mean basket of the journey, times the
    /// share of shoppers who go on from there to fill one where nothing fails.
    pub estimated_share: f64,
}

/// The baskets that were seen, by journey.
pub(super) struct Baskets<'t> {
    tally: &'t Tally,
    seen: Vec<ShopperCount>,
    /// By step: how often a shopper comes to it where nothing fails.
    visits: Vec<f64>,
    /// By journey: the first step that says what the basket is worth, or else the one that pays.
    priced_at: Vec<Option<StepId>>,
}

// === impl Baskets ===

impl<'t> Baskets<'t> {
    pub(super) fn of(plan: &Plan, tally: &'t Tally) -> Baskets<'t> {
        let mut seen = vec![ShopperCount::default(); plan.journeys.len()];
        for (key, count) in &tally.shoppers {
            seen[key.journey.index()] += *count;
        }
        let priced_at =
            (0..plan.journeys.len()).map(|i| priced_at(plan, JourneyId(i as u16))).collect();
        Baskets { tally, seen, visits: visits(plan), priced_at }
    }

    /// What shoppers of this fate would pay: their known baskets, and the expected ones of the others.
    pub(super) fn expected_value(
        &self,
        journey: JourneyId,
        fate: &ShopperOutcome,
        count: &ShopperCount,
    ) -> f64 {
        // A group's known worth is shared by its priced members; all of the group are lost with the same chance.
        count.order_value.0 as f64 + self.estimate(journey, fate, count)
    }

    fn estimate(&self, journey: JourneyId, fate: &ShopperOutcome, count: &ShopperCount) -> f64 {
        let unseen = count.shoppers.saturating_sub(count.priced);
        match fate.end {
            // Who went on after all, and filled no basket, would have filled none.
            End::Completed | End::LeftByChoice => 0.0,
            End::Lost | End::StoppedByCap | End::Unfinished if unseen == 0 => 0.0,
            End::Lost | End::StoppedByCap | End::Unfinished => {
                unseen as f64 * self.expected_value_of(journey, fate)
            }
        }
    }

    /// What a shopper of this journey, whose basket was not seen, would have paid on average: the mean basket, times the share that
    /// goes on to a basket from where this one failed. The share is that of the scenario, so that those who failed on the way don't
    /// pass for shoppers who did not want to buy.
    fn expected_value_of(&self, journey: JourneyId, fate: &ShopperOutcome) -> f64 {
        let baskets = &self.seen[journey.index()];
        if baskets.priced == 0 {
            return 0.0;
        }
        let mean = baskets.order_value.0 as f64 / baskets.priced as f64;
        let on_the_way = self.priced_at[journey.index()].zip(fate.blamed_step().or(fate.reached));
        let goes_on = on_the_way.map_or(1.0, |(priced, failed)| {
            let [to, from] = [priced, failed].map(|step| self.visits[step.index()]);
            if from > 0.0 { (to / from).min(1.0) } else { 1.0 }
        });
        mean * goes_on
    }

    /// What the lost would have paid, each with a chance to be lost. Its error is bootstrapped from `blocks` (shoppers,
    /// lost, worth), and relatively at least that of the number of the lost, `error_of_lost`.
    pub(super) fn estimate_lost(
        &self,
        probability: &dyn Fn(&ShopperOutcome) -> Interval,
        blocks: Option<&TimeBlocks>,
        error_of_lost: f64,
    ) -> Option<LostOrderValue> {
        let priced: u64 = self.seen.iter().map(|journey| journey.priced).sum();
        if priced == 0 {
            return None;
        }
        let (mut known, mut estimated) = (0.0, 0.0);
        for (key, count) in &self.tally.shoppers {
            let chance = probability(&key.outcome).high;
            known += chance * count.order_value.0 as f64;
            if chance > 0.0 {
                estimated += chance * self.estimate(key.journey, &key.outcome, count);
            }
        }
        let total = known + estimated;
        if total <= 0.0 {
            let shoppers: u64 = self.seen.iter().map(|journey| journey.shoppers).sum();
            let mean = self.seen.iter().map(|journey| journey.order_value.0 as f64).sum::<f64>()
                / priced as f64;
            let high = rule_of_three(shoppers) * shoppers as f64 * mean;
            return Some(LostOrderValue {
                minor_units: 0.0,
                ci95: Interval { low: 0.0, high },
                estimated_share: 0.0,
            });
        }
        let bootstrapped = blocks.and_then(|blocks| {
            let sums = blocks.total();
            let error = blocks.bootstrap_error(|sums| Some(sums[2] / sums[0]))?;
            Some(error / (sums[2] / sums[0]))
        });
        // Worth is lopsided as counts of rare events are, so that its logarithm has the more even error.
        let spread =
            (Z95 * bootstrapped.map_or(error_of_lost, |error| error.max(error_of_lost))).exp();
        let ci95 = Interval { low: total / spread, high: total * spread };
        Some(LostOrderValue { minor_units: total, ci95, estimated_share: estimated / total })
    }
}

/// The first step of a journey that says what the basket is worth, or else the one that pays.
fn priced_at(plan: &Plan, journey: JourneyId) -> Option<StepId> {
    let steps = || (0..plan.steps.len()).map(|i| StepId(i as u16));
    let priced = steps().find(|id| {
        let step = plan.step(*id);
        let order = step.order.as_ref().is_some_and(|order| order.total.is_some());
        step.journey == journey && (step.basket.is_some() || order)
    });
    let paying = || {
        plan.journey(journey)
            .units
            .clone()
            .find_map(|unit| plan.units[usize::from(unit)].paying_step)
    };
    priced.or_else(paying)
}
