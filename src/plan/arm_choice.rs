//! Which arm of an experiment a shopper is in, and what it changes.

use super::arms::{Arm, RetryStrategy};
use super::persona::choose;
use super::{Plan, Shoppers};
use crate::base::random::{Purpose, below, draw, uniform};
use crate::base::{ShopperId, StepId, UnitId, VarId};

/// `intent.id`.
const INTENT_ID: VarId = VarId(0);

// === impl Shoppers ===

impl Shoppers {
    /// The arm of this shopper, by its place: each is as likely. None without an experiment.
    pub fn arm_of(&self, shopper: ShopperId) -> Option<u8> {
        let arms = self.arms.len() as u64;
        (arms > 0).then(|| below(draw(shopper.0, Purpose::Arm, 0), arms) as u8)
    }

    /// The arms that would change anything for a shopper who holds these values, as bits by place. To set what one has
    /// already is no other way; who has an order does not begin anew, lest there be two; and only what sends a key (`keyed`) can
    /// have another.
    pub fn eligible(&self, held: &[u8], bought: bool, keyed: bool) -> u16 {
        let changes = |arm: &Arm| match &arm.strategy {
            RetryStrategy::Same | RetryStrategy::Redraw(_) | RetryStrategy::Wait(_) => true,
            RetryStrategy::Set(values) => {
                values.iter().any(|&(place, value)| held.get(place) != Some(&value))
            }
            RetryStrategy::FreshSession => !bought,
            RetryStrategy::FreshKey => keyed,
        };
        self.arms
            .iter()
            .enumerate()
            .filter(|(_, arm)| changes(arm))
            .fold(0, |bits, (place, _)| bits | 1 << place)
    }
}

// === impl Plan ===

impl Plan {
    /// Whether this unit is a purchase whose requests carry the intent's idempotency key.
    pub fn sends_key(&self, unit: UnitId) -> bool {
        let unit = self.unit(unit);
        let reads_key = |step: u16| self.step(StepId(step)).request.reads().contains(&INTENT_ID);
        unit.purchase && unit.steps.clone().any(reads_key)
    }

    /// Whether trying again in this way renews the idempotency key as well: another body is another wish.
    pub fn renews_key(&self, way: &RetryStrategy) -> bool {
        let changed: Vec<VarId> = match way {
            RetryStrategy::Same | RetryStrategy::FreshSession | RetryStrategy::Wait(_) => {
                Vec::new()
            }
            RetryStrategy::FreshKey => return true,
            RetryStrategy::Redraw(place) => vec![self.shoppers.attributes[*place].var],
            RetryStrategy::Set(values) => {
                values.iter().map(|(place, _)| self.shoppers.attributes[*place].var).collect()
            }
        };
        (0..self.units.len()).map(|unit| UnitId(unit as u16)).any(|unit| {
            let step = self.unit(unit).paying_step.filter(|_| self.sends_key(unit));
            step.is_some_and(|step| {
                self.step(step).request.body.reads().iter().any(|var| changed.contains(var))
            })
        })
    }

    /// The values that a shopper holds after going this way.
    pub fn values_after(&self, way: &RetryStrategy, shopper: ShopperId, held: &[u8]) -> Vec<u8> {
        let mut values = held.to_vec();
        match way {
            RetryStrategy::Same
            | RetryStrategy::FreshSession
            | RetryStrategy::FreshKey
            | RetryStrategy::Wait(_) => {}
            RetryStrategy::Set(wanted) => {
                wanted.iter().for_each(|&(place, value)| values[place] = value)
            }
            RetryStrategy::Redraw(place) => {
                let weights = self.shoppers.attributes[*place].values.iter().zip(0u8..);
                let others = weights
                    .map(|((_, weight), value)| if value == held[*place] { 0.0 } else { *weight });
                values[*place] =
                    choose(others, uniform(shopper.0, Purpose::Arm, 1 + *place as u64)) as u8;
            }
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::example::{attribute, journey, plan};

    fn experiment() -> Plan {
        let mut plan = plan(
            vec![journey("buy", 1.0)],
            vec![attribute("payment", &[50.0, 35.0, 15.0]), attribute("coupon", &[80.0, 20.0])],
        );
        let strategies = [
            RetryStrategy::Same,
            RetryStrategy::Redraw(0),
            RetryStrategy::Set(vec![(1, 0)]),
            RetryStrategy::FreshSession,
        ];
        plan.shoppers.arms = strategies
            .into_iter()
            .map(|strategy| Arm { label: format!("{strategy:?}"), strategy })
            .collect();
        plan
    }

    fn shoppers(n: u64) -> impl Iterator<Item = ShopperId> {
        (0..n).map(|i| ShopperId(draw(23, Purpose::Shopper, i)))
    }

    #[test]
    fn the_arm_is_the_shopper_s_alone_and_each_is_as_likely() {
        let plan = experiment();
        let mut counts = [0u32; 4];
        shoppers(40_000)
            .for_each(|shopper| counts[usize::from(plan.shoppers.arm_of(shopper).unwrap())] += 1);
        // A standard error of 87.
        assert!(counts.iter().all(|&count| (9_650..=10_350).contains(&count)), "{counts:?}");
        let drawn: Vec<u8> =
            shoppers(8).filter_map(|shopper| plan.shoppers.arm_of(shopper)).collect();
        assert_eq!(
            drawn,
            shoppers(8).filter_map(|shopper| plan.shoppers.arm_of(shopper)).collect::<Vec<_>>()
        );
        assert_eq!(example_without_arms().shoppers.arm_of(ShopperId(1)), None);
    }

    fn example_without_arms() -> Plan {
        plan(vec![journey("buy", 1.0)], Vec::new())
    }

    #[test]
    fn another_value_is_drawn_by_weight_among_the_others() {
        let plan = experiment();
        let mut counts = [0.0f64; 3];
        for shopper in shoppers(40_000) {
            counts
                [usize::from(plan.values_after(&RetryStrategy::Redraw(0), shopper, &[0, 1])[0])] +=
                1.0;
        }
        assert_eq!(counts[0], 0.0, "never the same");
        assert!((counts[1] / 40_000.0 - 0.7).abs() < 0.01, "{counts:?}");
        assert_eq!(
            plan.values_after(&RetryStrategy::Set(vec![(1, 0)]), ShopperId(1), &[2, 1]),
            [2, 0]
        );
        assert_eq!(plan.values_after(&RetryStrategy::FreshSession, ShopperId(1), &[2, 1]), [2, 1]);
    }

    #[test]
    fn an_arm_that_would_change_nothing_is_none() {
        let shoppers = experiment().shoppers;
        assert_eq!(shoppers.eligible(&[0, 1], false, true), 0b1111);
        assert_eq!(shoppers.eligible(&[0, 0], false, true), 0b1011);
        assert_eq!(shoppers.eligible(&[0, 1], true, true), 0b0111);
        let mut shoppers = shoppers;
        let strategy = RetryStrategy::FreshKey;
        shoppers.arms[0] = Arm { label: "fresh: key".into(), strategy };
        assert_eq!(shoppers.eligible(&[0, 1], false, true), 0b1111);
        assert_eq!(shoppers.eligible(&[0, 1], false, false), 0b1110);
    }
}
