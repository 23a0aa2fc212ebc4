//! Orders: what shoppers know of each purchase request, in all and by the minute.

use std::collections::BTreeMap;

use crate::plan::Plan;
use crate::tally::{PurchaseCounts, Tally};

/// Seconds of a minute.
const MINUTE_S: u32 = 60;

/// Purchase requests by what happened to them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrderSummary {
    /// In the whole run.
    pub total: PurchaseCounts,
    /// By minute since the planned start; minutes without any are left out.
    pub by_minute: BTreeMap<u32, PurchaseCounts>,
    /// Seconds from the planned start to the last thing that was seen.
    pub observed_s: u32,
}

/// The orders of a run; none if no journey of the plan has a purchase.
pub fn orders(plan: &Plan, tally: &Tally) -> Option<OrderSummary> {
    if !plan.units.iter().any(|unit| unit.purchase) {
        return None;
    }
    let mut found = OrderSummary {
        observed_s: tally
            .seconds
            .keys()
            .next_back()
            .map_or(0, |last| last + tally.shape.seconds_together()),
        ..OrderSummary::default()
    };
    let seen = tally.seconds.iter().filter(|(_, it)| it.purchases != PurchaseCounts::default());
    for (second, seen) in seen {
        found.total += seen.purchases;
        *found.by_minute.entry(second / MINUTE_S).or_default() += seen.purchases;
    }
    Some(found)
}

// === impl OrderSummary ===

impl OrderSummary {
    /// Confirmed orders per minute over the whole run; none if nothing was seen.
    pub fn confirmed_per_minute(&self) -> Option<f64> {
        let minutes = f64::from(self.observed_s) / f64::from(MINUTE_S);
        (minutes > 0.0).then(|| self.total.confirmed as f64 / minutes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Micros;
    use crate::tally::PurchaseStage;
    use crate::verdict::simulation::{SimulatedRun, planted};

    #[test]
    fn each_purchase_is_in_exactly_one_state_and_one_minute() {
        let mut simulated = SimulatedRun::run(100, 60, planted);
        simulated
            .tally
            .seconds
            .values_mut()
            .for_each(|it| it.purchases = PurchaseCounts::default());
        let stages = [
            (PurchaseStage::Confirmed, 3),
            (PurchaseStage::Declined, 2),
            (PurchaseStage::Failed, 4),
            (PurchaseStage::Unknown, 1),
        ];
        for (stage, times) in stages {
            for at in (0..times).map(|i| Micros::from_secs(59 + i)) {
                simulated.tally.purchase(at, PurchaseStage::Sent);
                simulated.tally.purchase(at, stage);
            }
        }
        simulated.tally.purchase(Micros::from_secs(61), PurchaseStage::Sent);
        let found = orders(&simulated.plan, &simulated.tally).unwrap();
        assert_eq!((found.total.sent, found.total.in_flight()), (11, 1));
        assert_eq!((found.by_minute[&0].confirmed, found.by_minute[&1].confirmed), (1, 2));
        let sum: u64 = found.by_minute.values().map(|it| it.sent).sum();
        assert_eq!(sum, found.total.sent);
        simulated.plan.units.iter_mut().for_each(|unit| unit.purchase = false);
        assert_eq!(orders(&simulated.plan, &simulated.tally), None);
    }
}
