//! What a shopper must do to buy: "too complex" in numbers, beside "it failed".

use crate::base::random::{Purpose, draw};
use crate::base::{JourneyId, ShopperId};
use crate::plan::{Persona, Plan};
use crate::tally::{Effort, Tally};
use crate::verdict::statistics::Quantiles;

/// What it takes to buy, in one journey.
#[derive(Clone, Debug, PartialEq)]
pub struct FrictionFinding {
    /// Which.
    pub journey: JourneyId,
    /// Shoppers who bought.
    pub buyers: u64,
    /// What one of them did, on average.
    pub per_buyer: BuyerEffort,
    /// Those who met neither a failure nor a decline before.
    pub smooth_buyers: u64,
    /// What one of those did, on average; none if there was nobody.
    pub per_smooth_buyer: Option<BuyerEffort>,
    /// Fields of forms and JSON bodies that are sent on the way to the order, hidden ones included.
    pub form_fields: f64,
    /// Intended arrival to the order.
    pub time_to_buy: Quantiles,
    /// The same without thinking and pausing.
    pub busy_to_buy: Quantiles,
}

/// What one buyer did, on average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BuyerEffort {
    /// Requests, redirects and polls included.
    pub requests: f64,
    /// Turns that had to be waited for: TCP connects, TLS handshakes, requests.
    pub round_trips: f64,
    /// Bytes of the requests' bodies.
    pub bytes_sent: f64,
    /// Bytes of the answers' bodies, as they came.
    pub bytes_received: f64,
}

/// All journeys that lead to an order and in which somebody bought.
pub fn friction(plan: &Plan, tally: &Tally) -> Vec<FrictionFinding> {
    let journeys = (0..plan.journeys.len()).map(|i| JourneyId(i as u16)).zip(&tally.journeys);
    journeys
        .filter(|(_, seen)| seen.friction.buyers > 0)
        .map(|(journey, seen)| FrictionFinding {
            journey,
            buyers: seen.friction.buyers,
            per_buyer: each(&seen.friction.effort, seen.friction.buyers),
            smooth_buyers: seen.friction.smooth_buyers,
            per_smooth_buyer: (seen.friction.smooth_buyers > 0)
                .then(|| each(&seen.friction.smooth_effort, seen.friction.smooth_buyers)),
            form_fields: form_fields(plan, journey),
            time_to_buy: Quantiles::by_block(&seen.time_to_buy),
            busy_to_buy: Quantiles::by_block(&seen.friction.busy),
        })
        .collect()
}

fn each(sum: &Effort, buyers: u64) -> BuyerEffort {
    let each = |figure: u64| figure as f64 / buyers as f64;
    BuyerEffort {
        requests: each(sum.requests),
        round_trips: each(sum.round_trips),
        bytes_sent: each(sum.bytes_sent),
        bytes_received: each(sum.bytes_received),
    }
}

/// How many ways through a journey that branches are looked at.
const STRATEGIES: u64 = 1_000;

/// The fields on the way to the order: those of all steps up to the paying one of the way's last purchase, averaged over
/// the ways that shoppers take.
fn form_fields(plan: &Plan, journey: JourneyId) -> f64 {
    let fields: Vec<u64> = plan.steps.iter().map(|step| step.request.body.fields()).collect();
    let along = |way: u64| {
        let shopper = ShopperId(draw(way, Purpose::Shopper, 0));
        let open = plan.steps_open_to(&Persona::of(plan, shopper).attributes);
        let of = |steps: std::ops::Range<u16>| {
            let open = |step: &u16| open.as_ref().is_none_or(|open| open[usize::from(*step)]);
            steps.filter(open).map(|step| fields[usize::from(step)]).sum::<u64>()
        };
        let (mut before, mut to_order) = (0, 0);
        for unit in plan.route(journey, shopper).stops.iter().map(|stop| plan.unit(stop.unit)) {
            to_order = unit
                .paying_step
                .filter(|paying| open.as_ref().is_none_or(|open| open[paying.index()]))
                .map_or(to_order, |paying| before + of(unit.steps.start..paying.0 + 1));
            before += of(unit.steps.clone());
        }
        to_order
    };
    (0..STRATEGIES).map(along).sum::<u64>() as f64 / STRATEGIES as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Micros, UnitId};
    use crate::plan::{Body, Template};
    use crate::tally::{Outcome, ShopperEnd};
    use crate::verdict::simulation::SimulatedRun;

    /// A simulated run in which shoppers bought, each after this many seconds, this many of them idle, with this many troubles.
    fn bought(buyers: &[(u64, u64, u64)]) -> SimulatedRun {
        let mut simulated = SimulatedRun::run(0, 10, |_| Outcome::Ok);
        for (who, &(seconds, idle, troubles)) in (0..).zip(buyers) {
            let effort = Effort {
                requests: 5 + troubles,
                round_trips: 7 + troubles,
                bytes_sent: 100,
                bytes_received: 4_000,
                troubles,
                idle: Micros::from_secs(idle),
            };
            simulated.tally.shopper_end(&ShopperEnd {
                bought_at: Some(Micros::from_secs(seconds)),
                effort: Some(effort),
                attributes: &[0, 0],
                ..ShopperEnd::without_trouble(
                    ShopperId(who),
                    JourneyId(1),
                    Micros::ZERO,
                    Micros::from_secs(seconds),
                )
            });
        }
        simulated
    }

    #[test]
    fn thinking_is_told_from_waiting_and_trouble_from_the_journey_itself() {
        let mut buyers = vec![(10, 8, 0); 60];
        buyers.extend([(40, 20, 3); 20]);
        let simulated = bought(&buyers);
        let found = friction(&simulated.plan, &simulated.tally);
        assert_eq!(
            found.iter().map(|found| found.journey).collect::<Vec<_>>(),
            [JourneyId(1)],
            "nobody can buy in the other"
        );
        let found = &found[0];
        assert_eq!((found.buyers, found.smooth_buyers), (80, 60));
        assert_eq!(
            found.per_smooth_buyer.map(|each| (
                each.requests,
                each.round_trips,
                each.bytes_received
            )),
            Some((5.0, 7.0, 4_000.0))
        );
        assert_eq!(found.per_buyer.requests, 5.75);
        let seconds = |quantiles: &Quantiles| {
            let at = |quantile: Option<crate::verdict::statistics::Quantile>| {
                (quantile.unwrap().value.as_secs_f64()).round()
            };
            (at(quantiles.p50), at(quantiles.p95))
        };
        assert_eq!(
            (seconds(&found.time_to_buy), seconds(&found.busy_to_buy)),
            ((10.0, 40.0), (2.0, 20.0))
        );
    }

    #[test]
    fn fields_are_those_up_to_the_order() {
        let mut simulated = bought(&[(10, 8, 0)]);
        let form = |names: &[&str]| {
            Body::Form(
                names
                    .iter()
                    .map(|name| (Template::Literal((*name).into()), Template::Literal("x".into())))
                    .collect(),
            )
        };
        let (cart, pay, confirm) =
            (simulated.step("cart"), simulated.step("pay"), simulated.step("confirm"));
        simulated.plan.steps[cart.index()].request.body = form(&["sku", "quantity"]);
        simulated.plan.steps[pay.index()].request.body = form(&["number", "expiry", "cvc"]);
        simulated.plan.steps[confirm.index()].request.body = form(&["after"]);
        assert_eq!(friction(&simulated.plan, &simulated.tally)[0].form_fields, 5.0);
        assert!(simulated.plan.unit(UnitId(6)).purchase);
    }
}
