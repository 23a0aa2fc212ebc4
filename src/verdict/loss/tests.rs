use super::*;
use crate::base::{Micros, StepId};
use crate::plan::{ArrivalModel, Behaviour, Patience};
use crate::tally::{End, OrderStatus, Outcome, Setback, Setbacks, ShopperOutcome};
use crate::verdict::LossModel;
use crate::verdict::simulation::{SimulatedRun, failing, planted, shop};
use crate::verdict::statistics::Interval;

fn fate(failures: u8, declines: u8, end: End) -> ShopperOutcome {
    ShopperOutcome {
        failures,
        declines,
        first_failed: Some(StepId(0)),
        second_failed: None,
        before_order: Setbacks { failed: failures, throttled: 0, declined: declines },
        repeated_at: None,
        reached: Some(StepId(0)),
        stuck_on: match end {
            End::Completed | End::LeftByChoice => None,
            End::Lost | End::StoppedByCap | End::Unfinished if failures > 0 => {
                Some(Setback::Failed)
            }
            End::Lost | End::StoppedByCap | End::Unfinished => {
                (declines > 0).then_some(Setback::Declined)
            }
        },
        order: OrderStatus::None,
        end,
    }
}

fn model(behaviour: Behaviour, patience: &Patience) -> LossModel<'_> {
    LossModel { behaviour, patience, counts_throttled: true }
}

#[test]
fn a_shopper_who_got_through_is_lost_as_patience_says() {
    let patience = Patience::preset("applause-2024").unwrap();
    let model = model(Behaviour::Probe, &patience);
    for (failures, declines, expected, refused) in [
        (0, 0, 0.0, 0.0),
        (1, 0, 0.26, 0.0),
        (0, 1, 0.0, 0.26),
        (1, 1, 0.26, 0.37),
        (2, 0, 0.63, 0.0),
    ] {
        let fate = fate(failures, declines, End::Completed);
        let found = model.to_failures(&fate);
        assert!(
            (found.low - expected).abs() < 1e-9 && found.low == found.high,
            "{failures} {declines}"
        );
        assert!((model.to_refusals(&fate) - refused).abs() < 1e-9, "{failures} {declines}");
    }
}

#[test]
fn a_story_that_was_cut_has_bounds() {
    let patience = Patience::preset("applause-2024").unwrap();
    let probe = |fate: &ShopperOutcome| model(Behaviour::Probe, &patience).to_failures(fate);
    let stopped = probe(&fate(3, 0, End::StoppedByCap));
    assert!((stopped.low - 0.80982).abs() < 1e-6 && stopped.high == 1.0);
    assert_eq!(probe(&fate(1, 0, End::Unfinished)).high, 1.0);
    assert_eq!(probe(&fate(0, 0, End::Unfinished)), Interval { low: 0.0, high: 0.0 });
    assert_eq!(
        probe(&ShopperOutcome { order: OrderStatus::Confirmed, ..fate(1, 0, End::Unfinished) })
            .high,
        0.26
    );
    let live = |fate: &ShopperOutcome| model(Behaviour::Live, &patience).to_failures(fate);
    assert_eq!(live(&fate(2, 0, End::Lost)).low, 1.0);
    assert_eq!(live(&fate(2, 0, End::Completed)).high, 0.0);
    assert_eq!(live(&fate(2, 0, End::StoppedByCap)), Interval { low: 0.0, high: 1.0 });
}

#[test]
fn repetition_alone_nearly_doubles_the_loss() {
    // p₁ = 2 % at one step; the second attempt fails with 2 % or 50 %: 0.54 % and 1.01 % lost under applause, 1.51 % and
    // 1.71 % under impatient, with attempts unlimited. Here three, which leaves the bounds a little apart.
    let run = |again: f64| {
        SimulatedRun::run(40_000, 100, move |m| {
            failing(m.step == "home" && if m.nth == 1 { m.luck < 0.02 } else { m.luck < again })
        })
    };
    let lost = |simulated: &SimulatedRun, name: &str| {
        let found = loss(&simulated.plan, &simulated.tally, &[])
            .unwrap()
            .by_patience
            .into_iter()
            .find(|loss| loss.patience == name)
            .unwrap();
        (100.0 * found.lost_at_least / 40_000.0, 100.0 * found.lost / 40_000.0)
    };
    let (transient, sticky) = (run(0.02), run(0.5));
    for (simulated, name, expected) in [
        (&transient, "applause-2024", 0.54),
        (&sticky, "applause-2024", 1.01),
        (&transient, "impatient-75", 1.51),
        (&sticky, "impatient-75", 1.71),
    ] {
        let (low, high) = lost(simulated, name);
        assert!(
            low <= high && low - 0.15 < expected && expected < high + 0.15,
            "{name}: {expected} not in {low}..{high}"
        );
    }
}

#[test]
fn the_interval_holds_the_true_loss() {
    // Every attempt at home fails with 5 %: the upper bound loses 0.05·0.95·0.26 + 0.05²·0.95·0.63 + 0.05³.
    let truth = 0.05 * 0.95 * 0.26 + 0.0025 * 0.95 * 0.63 + 0.000_125;
    let found: Vec<PatienceLoss> = (0..40)
        .map(|run| {
            let rule = move |m: &crate::verdict::simulation::Moment<'_>| {
                failing(m.step == "home" && (m.luck + 0.137 * f64::from(run)).fract() < 0.05)
            };
            let simulated = SimulatedRun::run(2_000, 60, rule);
            loss(&simulated.plan, &simulated.tally, &[]).unwrap().by_patience.remove(0)
        })
        .collect();
    let held =
        found.iter().filter(|loss| loss.ci95.low <= truth && truth <= loss.ci95.high).count();
    assert!(held >= 34, "{held} of 40");
    assert!(
        found.iter().all(|loss| loss.ci95.high - loss.ci95.low < truth),
        "no wider than it must be"
    );
}

#[test]
fn a_season_is_as_the_run_only_larger() {
    let mut plan = shop();
    plan.season = Some(2_100_000);
    let simulated = SimulatedRun::of(plan, 4_000, 60, |m| {
        failing(m.step == "pay" && m.nth == 1 && m.luck < 0.3)
    });
    let found = loss(&simulated.plan, &simulated.tally, &[]).unwrap();
    let own = &found.by_patience[0];
    let season = own.season.unwrap();
    assert!(
        (season.lost - 525.0 * own.lost).abs() < 1e-6
            && (season.ci95.high / own.ci95.high - 2_100_000.0).abs() < 1e-3
    );
    let (order_value, ci95) = season.order_value.unwrap();
    let of_run = own.order_value.unwrap();
    assert!(
        (order_value - 525.0 * of_run.minor_units).abs() < 1e-3
            && of_run.ci95.low < of_run.minor_units
            && ci95.high > order_value
    );
    assert_eq!(loss(&shop(), &simulated.tally, &[]).unwrap().by_patience[0].season, None);
}

#[test]
fn a_burst_leaves_fewer_shoppers_worth_of_evidence() {
    let effective = |simulated: &SimulatedRun| {
        loss(&simulated.plan, &simulated.tally, &[]).unwrap().by_patience[0].effective_sample
    };
    let steady =
        SimulatedRun::run(6_000, 120, |m| failing(m.step == "home" && m.nth == 1 && m.luck < 0.1));
    let burst = SimulatedRun::run(6_000, 120, |m| {
        failing(m.step == "home" && m.nth == 1 && (40.0..52.0).contains(&m.now))
    });
    assert!(
        effective(&steady) > 3_000.0 && effective(&burst) < 600.0,
        "{} and {}",
        effective(&steady),
        effective(&burst)
    );
}

#[test]
fn few_blocks_are_marked_weak() {
    assert!(loss(&shop(), &SimulatedRun::run(500, 60, planted).tally, &[]).unwrap().by_blocks);
    assert!(!loss(&shop(), &SimulatedRun::run(500, 20, planted).tally, &[]).unwrap().by_blocks);
}

#[test]
fn a_lost_shopper_has_a_price() {
    // All fail once at pay, with a basket of 50.00 each: 26 % of the baskets of those who came to pay.
    let simulated = SimulatedRun::run(2_000, 60, |m| failing(m.step == "pay" && m.nth == 1));
    let found = simulated.findings();
    let lost = found.loss.unwrap().by_patience.remove(0);
    let order_value = lost.order_value.unwrap();
    assert!(
        (order_value.minor_units - 0.26 * 5_000.0 * found.shoppers.purchased as f64).abs() < 1.0
    );
    assert_eq!(order_value.estimated_share, 0.0);
}

#[test]
fn a_shopper_who_went_on_is_worth_what_the_probe_saw() {
    // Every shopper fails once at home; of three in four who are buyers 60 % go on to fill a basket.
    let simulated = SimulatedRun::run(4_000, 60, |m| failing(m.step == "home" && m.nth == 1));
    let found = simulated.findings();
    let order_value = found.loss.unwrap().by_patience[0].order_value.unwrap();
    // What they would have bought is known of all of them: those who left by choice wanted nothing.
    let baskets = found.shoppers.purchased as f64 * 5_000.0;
    assert!((order_value.minor_units - 0.26 * baskets).abs() < 1.0);
    assert_eq!(order_value.estimated_share, 0.0);
}

#[test]
fn a_closed_load_has_no_loss() {
    let mut plan = shop();
    plan.load.arrivals = ArrivalModel::Closed { users: 8, length: Micros::from_secs(60) };
    assert_eq!(SimulatedRun::of(plan, 500, 60, planted).findings().loss, None);
}

#[test]
fn shoppers_who_really_leave_are_counted_under_their_own_patience_only() {
    let mut plan = shop();
    plan.shoppers.behaviour = Behaviour::Live;
    let simulated = SimulatedRun::of(plan, 500, 60, |_| failing(false));
    let found = loss(&simulated.plan, &simulated.tally, &[]).unwrap();
    assert_eq!(found.by_patience.len(), 1);
    assert_eq!((found.by_patience[0].lost, found.by_patience[0].ci95.high), (0.0, 3.0 / 500.0));
}

#[test]
fn what_a_working_shop_refuses_is_no_failure() {
    let patience = Patience::preset("applause-2024").unwrap();
    let probe = model(Behaviour::Probe, &patience);
    let refused = fate(0, 3, End::StoppedByCap);
    assert_eq!((probe.to_failures(&refused).high, probe.to_refusals(&refused)), (0.0, 1.0));
    let left = fate(0, 1, End::Lost);
    let live = model(Behaviour::Live, &patience);
    assert_eq!((live.to_failures(&left).high, live.to_refusals(&left)), (0.0, 1.0));
    // A failure earlier in the journey, and refused at the end.
    let both =
        ShopperOutcome { stuck_on: Some(Setback::Declined), ..fate(1, 3, End::StoppedByCap) };
    assert_eq!((probe.to_failures(&both).high, probe.to_refusals(&both)), (0.26, 0.74));
    let simulated = SimulatedRun::run(2_000, 60, |m| {
        if m.step == "pay" && m.shopper < 0.1 { Outcome::Declined } else { Outcome::Ok }
    });
    let found = loss(&simulated.plan, &simulated.tally, &[]).unwrap().by_patience.remove(0);
    assert_eq!(found.lost, 0.0);
    assert!(found.refused > 50.0, "{found:?}");
}

#[test]
fn who_has_an_order_is_not_lost_by_what_fails_afterwards() {
    // A thank-you page that never comes.
    let patience = Patience::preset("applause-2024").unwrap();
    let bought = ShopperOutcome {
        before_order: Setbacks::default(),
        order: OrderStatus::Confirmed,
        ..fate(3, 0, End::StoppedByCap)
    };
    let lost = model(Behaviour::Probe, &patience).to_failures(&bought);
    assert_eq!(lost, Interval { low: 0.0, high: 0.0 });
    let unknown = ShopperOutcome { order: OrderStatus::Unknown, ..fate(3, 0, End::StoppedByCap) };
    let lost = model(Behaviour::Probe, &patience).to_failures(&unknown);
    assert_eq!(lost, Interval { low: 0.0, high: 1.0 });
}

#[test]
fn who_was_cut_after_getting_through_is_not_stuck() {
    let patience = Patience::preset("applause-2024").unwrap();
    let cured = ShopperOutcome { stuck_on: None, ..fate(1, 0, End::Unfinished) };
    let lost = model(Behaviour::Probe, &patience).to_failures(&cured);
    assert_eq!(lost, Interval { low: 0.26, high: 0.26 });
}

#[test]
fn failures_on_the_way_do_not_make_a_lost_basket_smaller() {
    // A tenth is turned away at the door for good, and nine in ten at the cart: only 4 % of the others fill a basket.
    let (mut sum, mut truth) = (0.0, 0.0);
    for seed in 1..=20 {
        let simulated = SimulatedRun::replicate(seed, shop(), 4_000, 60, |m| {
            failing(match m.step {
                "home" => m.shopper < 0.1,
                "cart" => m.shopper < 0.9,
                _ => false,
            })
        });
        let found = loss(&simulated.plan, &simulated.tally, &[]).unwrap().by_patience.remove(0);
        let lost_at = |step: &str| {
            let step = Some(simulated.step(step));
            let lost = simulated
                .tally
                .shoppers
                .iter()
                .filter(|(key, _)| key.outcome.blamed_step() == step);
            lost.map(|(_, count)| count.shoppers as f64).sum::<f64>()
        };
        // Buyers go on from the product with 60 %; a basket is worth 50.00.
        truth += 5_000.0 * (0.6 * lost_at("buy/home") + lost_at("cart"));
        let worth = found.order_value.unwrap();
        sum += worth.minor_units;
    }
    assert!((sum / truth - 1.0).abs() < 0.02, "{sum} of {truth}");
}
