use super::*;
use crate::tally::Outcome;
use crate::verdict::trial::{Trial, failing};

fn pay(trial: &Trial) -> UnitRepeats {
    let found = repeats(&trial.plan, &trial.tally, &[]);
    found.units.into_iter().find(|unit| trial.plan.unit(unit.unit).purchase).unwrap()
}

#[test]
fn passing_failures_do_not_stick() {
    let trial = Trial::run(20_000, 60, |m| failing(m.step == "pay" && m.luck < 0.1));
    let (rho, interval) = pay(&trial).stickiness.rho.unwrap();
    assert!(interval.low < 0.0 && 0.0 < interval.high && rho.abs() < 0.04, "{rho} {interval:?}");
}

#[test]
fn a_failure_for_good_sticks_entirely() {
    let trial = Trial::run(8_000, 60, |m| failing(m.step == "pay" && m.shopper < 0.02));
    let found = pay(&trial);
    assert_eq!(found.stickiness.rho.unwrap().0, 1.0);
    assert!((found.stickiness.lift.unwrap().0 - 1.0 / found.first.value().unwrap()).abs() < 1e-9);
}

#[test]
fn the_beta_binomial_gives_the_stickiness_that_was_planted() {
    // With chance ρ the second attempt repeats the first, else it is drawn anew: P(F₂|F₁) = μ + ρ(1 − μ) = 24 %.
    let trial = Trial::run(40_000, 60, |m| {
        let sticks = m.shopper < 0.2;
        let (first, anew) = (m.shopper / 0.2 < 0.05, m.luck < 0.05);
        failing(m.step == "pay" && if sticks { first } else { anew })
    });
    let found = pay(&trial).stickiness;
    let (rho, interval) = found.rho.unwrap();
    assert!(interval.low < 0.2 && 0.2 < interval.high, "{rho} {interval:?}");
    assert!((found.lift.unwrap().0 - 4.8).abs() < 0.7);
}

#[test]
fn units_that_never_fail_do_not_make_the_others_look_sticky() {
    let trial = Trial::run(20_000, 60, |m| failing(m.step == "pay" && m.luck < 0.2));
    let pooled = repeats(&trial.plan, &trial.tally, &[]).pooled;
    assert!((pooled.lift.unwrap().0 - 1.0).abs() < 0.15, "{pooled:?}");
}

#[test]
fn trying_again_after_a_decline_does_not_dilute() {
    let trial = Trial::run(8_000, 60, |m| match (m.step, m.nth) {
        ("pay", _) if m.shopper < 0.02 => failing(true),
        ("pay", 1) if m.luck < 0.2 => Outcome::Declined,
        _ => Outcome::Ok,
    });
    assert_eq!(pay(&trial).stickiness.second.value(), Some(1.0));
}

#[test]
fn without_a_failure_nothing_is_said() {
    let found = Trial::run(500, 60, |_| Outcome::Ok).findings().repeats;
    assert_eq!((found.pooled.p_first, found.pooled.lift, found.pooled.rho), (None, None, None));
    assert!(found.first_failed.is_empty() && found.repeated_from.is_empty());
    assert_eq!(found.units.len(), 7);
}

fn why(trial: &Trial) -> Why {
    trial.findings().repeats.source.why
}

#[test]
fn a_card_that_never_works_is_the_shopper_s_own_circumstance() {
    let trial = Trial::run(8_000, 120, |m| failing(m.step == "pay" && m.shopper < 0.03));
    let source = trial.findings().repeats.source;
    assert_eq!((source.why, source.windows.len()), (Why::Shopper, 0));
    assert_eq!(source.strata.own_stickiness().unwrap(), 1.0);
    let (ratio, interval) = source.strata.risk_ratio().unwrap();
    assert!(ratio > 20.0 && interval.low > 10.0, "{ratio} {interval:?}");
}

#[test]
fn an_outage_is_the_moment_and_its_time_is_told() {
    let trial = Trial::run(6_000, 120, |m| failing((40.0..60.0).contains(&m.now)));
    let found = trial.findings().repeats;
    assert!(found.pooled.lift.unwrap().0 > 2.0, "it looks sticky: {:?}", found.pooled);
    assert_eq!((found.source.why, found.source.windows.len()), (Why::Moment, 1));
    assert_eq!(found.source.windows[0].from.as_secs_f64(), 40.0);
}

#[test]
fn a_card_and_an_outage_are_both_told() {
    let trial = Trial::run(8_000, 120, |m| {
        failing((40.0..60.0).contains(&m.now) || m.step == "pay" && m.shopper < 0.05)
    });
    assert_eq!(why(&trial), Why::MomentAndShopper);
    let trial = Trial::run(8_000, 120, |m| {
        failing((40.0..50.0).contains(&m.now) || m.step == "pay" && m.shopper < 0.15)
    });
    assert_eq!(why(&trial), Why::ShopperAndMoment);
}

#[test]
fn failures_that_pass_repeat_by_chance_only_and_few_say_nothing() {
    assert_eq!(why(&Trial::run(8_000, 120, |m| failing(m.luck < 0.05))), Why::Chance);
    assert_eq!(why(&Trial::run(300, 60, |m| failing(m.luck < 0.001))), Why::TooFew);
}

#[test]
fn where_failures_fell_is_ranked() {
    let trial = Trial::run(4_000, 60, |m| {
        failing(m.nth == 1 && (m.step == "cart" || m.step == "home" && m.luck < 0.2))
    });
    let found = repeats(&trial.plan, &trial.tally, &[]);
    assert_eq!(found.first_failed[0].0, trial.step("cart"));
    assert_eq!(
        found.second_failed.iter().map(|(step, _)| *step).collect::<Vec<_>>(),
        [trial.step("cart")]
    );
    assert_eq!(
        found.repeated_from.iter().map(|(step, _)| *step).collect::<Vec<_>>(),
        [trial.step("buy/home")]
    );
}
