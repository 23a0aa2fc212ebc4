//! What lost shoppers would have paid, from the baskets and orders that were seen.

use crate::base::JourneyId;
use crate::plan::Plan;
use crate::tally::{ShopperCount, ShopperOutcome, Tally};
use crate::verdict::statistics::{Interval, TimeBlocks, Z95, rule_of_three};

/// What lost shoppers would have paid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LostOrderValue {
    /// In the smallest unit of the currency.
    pub minor_units: f64,
    /// Where it lies with 95 % confidence.
    pub ci95: Interval,
    /// The share of it that was estimated, since the basket was not seen: the mean basket of the journey, times the
    /// share of shoppers at the same place who went on to fill one.
    pub estimated_share: f64,
}

/// The baskets that were seen, by journey.
pub(super) struct Baskets<'t> {
    plan: &'t Plan,
    tally: &'t Tally,
    seen: Vec<ShopperCount>,
}

// === impl Baskets ===

impl<'t> Baskets<'t> {
    pub(super) fn of(plan: &'t Plan, tally: &'t Tally) -> Baskets<'t> {
        let mut seen = vec![ShopperCount::default(); plan.journeys.len()];
        for (key, count) in &tally.shoppers {
            let journey = &mut seen[key.journey.index()];
            journey.shoppers += count.shoppers;
            journey.priced += count.priced;
            journey.order_value.0 += count.order_value.0;
        }
        Baskets { plan, tally, seen }
    }

    /// What shoppers of this fate would pay: their known baskets, and the expected ones of the others.
    pub(super) fn expected_value(
        &self,
        journey: JourneyId,
        fate: &ShopperOutcome,
        count: &ShopperCount,
    ) -> f64 {
        // A group's known worth is shared by its priced members; all of the group are lost with the same chance.
        count.order_value.0 as f64 + self.estimated(journey, fate, count)
    }

    fn estimated(&self, journey: JourneyId, fate: &ShopperOutcome, count: &ShopperCount) -> f64 {
        let unseen = count.shoppers.saturating_sub(count.priced);
        if unseen == 0 { 0.0 } else { unseen as f64 * self.expected(journey, fate) }
    }

    /// What a shopper of this journey, whose basket was not seen, would have paid on average: all known baskets over all
    /// shoppers who came to where this one first failed. Never more than the mean basket.
    fn expected(&self, journey: JourneyId, fate: &ShopperOutcome) -> f64 {
        let baskets = &self.seen[journey.index()];
        let came = fate.first_failed.and_then(|step| {
            let place = self
                .plan
                .step(step)
                .unit
                .index()
                .checked_sub(self.plan.journey(journey).units.start.into())?;
            self.tally.journeys.get(journey.index())?.funnel.get(place)
        });
        let among = came.map_or(baskets.priced, |stage| stage.entered.max(baskets.priced));
        if among == 0 { 0.0 } else { baskets.order_value.0 as f64 / among as f64 }
    }

    /// What the lost would have paid, each with a chance to be lost. Its error is bootstrapped from `blocks` (shoppers,
    /// lost, worth), and relatively at least that of the number of the lost, `error_of_lost`.
    pub(super) fn lost(
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
                estimated += chance * self.estimated(key.journey, &key.outcome, count);
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
