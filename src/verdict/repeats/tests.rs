use super::*;
use crate::tally::Outcome;
use crate::verdict::simulation::{SimulatedRun, failing, shop};

fn pay(simulated: &SimulatedRun) -> UnitRepeats {
    let found = repeats(&simulated.plan, &simulated.tally, &[], &[]);
    found.units.into_iter().find(|unit| simulated.plan.unit(unit.unit).purchase).unwrap()
}

#[test]
fn passing_failures_do_not_stick() {
    let simulated = SimulatedRun::run(20_000, 60, |m| failing(m.step == "pay" && m.luck < 0.1));
    let (rho, interval) = pay(&simulated).stickiness.rho.unwrap();
    assert!(interval.low < 0.0 && 0.0 < interval.high && rho.abs() < 0.04, "{rho} {interval:?}");
}

#[test]
fn a_failure_for_good_sticks_entirely() {
    let simulated = SimulatedRun::run(8_000, 60, |m| failing(m.step == "pay" && m.shopper < 0.02));
    let found = pay(&simulated);
    assert_eq!(found.stickiness.rho.unwrap().0, 1.0);
    assert!(
        (found.stickiness.relative_risk.unwrap().0 - 1.0 / found.first.value().unwrap()).abs()
            < 1e-9
    );
}

#[test]
fn the_beta_binomial_gives_the_stickiness_that_was_planted() {
    // With chance ρ the second attempt repeats the first, else it is drawn anew: P(F₂|F₁) = μ + ρ(1 − μ) = 24 %.
    let simulated = SimulatedRun::run(40_000, 60, |m| {
        let sticks = m.shopper < 0.2;
        let (first, anew) = (m.shopper / 0.2 < 0.05, m.luck < 0.05);
        failing(m.step == "pay" && if sticks { first } else { anew })
    });
    let found = pay(&simulated).stickiness;
    let (rho, interval) = found.rho.unwrap();
    assert!(interval.low < 0.2 && 0.2 < interval.high, "{rho} {interval:?}");
    assert!((found.relative_risk.unwrap().0 - 4.8).abs() < 0.7);
}

#[test]
fn units_that_never_fail_do_not_make_the_others_look_sticky() {
    let simulated = SimulatedRun::run(20_000, 60, |m| failing(m.step == "pay" && m.luck < 0.2));
    let pooled = repeats(&simulated.plan, &simulated.tally, &[], &[]).pooled;
    assert!((pooled.relative_risk.unwrap().0 - 1.0).abs() < 0.15, "{pooled:?}");
}

#[test]
fn trying_again_after_a_decline_does_not_dilute() {
    let simulated = SimulatedRun::run(8_000, 60, |m| match (m.step, m.nth) {
        ("pay", _) if m.shopper < 0.02 => failing(true),
        ("pay", 1) if m.luck < 0.2 => Outcome::Declined,
        _ => Outcome::Ok,
    });
    assert_eq!(pay(&simulated).stickiness.second.value(), Some(1.0));
}

#[test]
fn without_a_failure_nothing_is_said() {
    let found = SimulatedRun::run(500, 60, |_| Outcome::Ok).findings().repeats;
    assert_eq!(
        (found.pooled.p_first, found.pooled.relative_risk, found.pooled.rho),
        (None, None, None)
    );
    assert!(found.first_failed.is_empty() && found.repeated_from.is_empty());
    assert_eq!(found.units.len(), 7);
}

fn cause(simulated: &SimulatedRun) -> RepeatCause {
    simulated.findings().repeats.source.cause
}

#[test]
fn a_card_that_never_works_is_the_shopper_s_own_circumstance() {
    let simulated = SimulatedRun::run(8_000, 120, |m| failing(m.step == "pay" && m.shopper < 0.03));
    let source = simulated.findings().repeats.source;
    assert_eq!((source.cause, source.incidents.len()), (RepeatCause::Shopper, 0));
    assert_eq!(source.strata.own_stickiness().unwrap(), 1.0);
    let (ratio, interval) = source.strata.risk_ratio().unwrap();
    assert!(ratio > 20.0 && interval.low > 10.0, "{ratio} {interval:?}");
}

#[test]
fn an_outage_is_the_moment_and_its_time_is_told() {
    let simulated = SimulatedRun::run(6_000, 120, |m| failing((40.0..60.0).contains(&m.now)));
    let found = simulated.findings().repeats;
    assert!(found.pooled.relative_risk.unwrap().0 > 2.0, "it looks sticky: {:?}", found.pooled);
    assert_eq!((found.source.cause, found.source.incidents.len()), (RepeatCause::Moment, 1));
    assert_eq!(found.source.incidents[0].from.as_secs_f64(), 40.0);
}

#[test]
fn a_card_and_an_outage_are_both_told() {
    let simulated = SimulatedRun::run(8_000, 120, |m| {
        failing((40.0..60.0).contains(&m.now) || m.step == "pay" && m.shopper < 0.05)
    });
    assert_eq!(cause(&simulated), RepeatCause::MomentAndShopper);
    let simulated = SimulatedRun::run(8_000, 120, |m| {
        failing((40.0..50.0).contains(&m.now) || m.step == "pay" && m.shopper < 0.15)
    });
    assert_eq!(cause(&simulated), RepeatCause::ShopperAndMoment);
}

#[test]
fn failures_that_pass_repeat_by_chance_only_and_few_say_nothing() {
    assert_eq!(
        cause(&SimulatedRun::run(8_000, 120, |m| failing(m.luck < 0.05))),
        RepeatCause::Chance
    );
    assert_eq!(
        cause(&SimulatedRun::run(300, 60, |m| failing(m.luck < 0.001))),
        RepeatCause::TooFew
    );
}

#[test]
fn where_failures_fell_is_ranked() {
    let simulated = SimulatedRun::run(4_000, 60, |m| {
        failing(m.nth == 1 && (m.step == "cart" || m.step == "home" && m.luck < 0.2))
    });
    let found = repeats(&simulated.plan, &simulated.tally, &[], &[]);
    assert_eq!(found.first_failed[0].0, simulated.step("cart"));
    assert_eq!(
        found.second_failed.iter().map(|(step, _)| *step).collect::<Vec<_>>(),
        [simulated.step("cart")]
    );
    assert_eq!(
        found.repeated_from.iter().map(|(step, _)| *step).collect::<Vec<_>>(),
        [simulated.step("buy/home")]
    );
}

#[test]
fn a_group_that_always_fails_is_neither_chance_nor_anybodys_lot() {
    // Every wallet fails at every attempt, among many hiccups elsewhere that a retry cures.
    let simulated = SimulatedRun::run(3_000, 60, |m| {
        let wallet = m.step == "pay" && m.payment == "wallet" && m.shopper < 0.02;
        failing(wallet || m.step != "pay" && m.nth == 1 && m.luck < 0.1)
    });
    let found = simulated.findings();
    assert!(!found.hotspots.is_empty());
    let cause = found.repeats.source.cause;
    assert!(matches!(cause, RepeatCause::Group | RepeatCause::Shopper), "{cause:?}");
}

#[test]
fn a_handful_that_always_fails_is_found_where_the_exact_test_carries_it() {
    // Nobody leaves before paying: ten of ten wallets fail, and none of thirteen cards.
    let mut plan = shop();
    plan.steps.iter_mut().for_each(|step| step.continues = 1.0);
    let few = SimulatedRun::of(plan, 24, 60, |m| failing(m.step == "pay" && m.payment == "wallet"));
    let found = few.findings();
    assert_eq!(found.hotspots.len(), 1, "{:?}", found.hotspots);
    let spot = &found.hotspots[0];
    assert_eq!(spot.group, [("payment".to_owned(), "wallet".to_owned())]);
    let (inside, outside) = (&spot.inside, &spot.outside);
    assert_eq!((inside.events, inside.trials, outside.events, outside.trials), (10, 10, 0, 13));
    let cause = found.repeats.source.cause;
    assert!(matches!(cause, RepeatCause::Group | RepeatCause::Shopper), "{cause:?}");
}
