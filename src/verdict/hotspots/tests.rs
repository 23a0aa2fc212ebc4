use super::*;
use crate::base::Micros;
use crate::plan::ArrivalModel;
use crate::tally::Observed;
use crate::verdict::simulation::{SimulatedRun, failing, planted, shop};
use crate::verdict::statistics::rule_of_three;

fn named(simulated: &SimulatedRun) -> Vec<(String, Vec<String>)> {
    let of = |spot: &HotSpot| {
        let group = spot
            .group
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join(" ");
        (group, spot.steps.iter().map(|step| simulated.plan.step_label(*step)).collect())
    };
    hotspots(&simulated.plan, &simulated.tally).iter().map(of).collect()
}

#[test]
fn planted_causes_are_named_once_each_and_passing_errors_are_not() {
    let simulated = SimulatedRun::run(12_000, 120, planted);
    let found = named(&simulated);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0], ("payment=wallet".into(), vec!["pay".into()]));
    assert_eq!(found[1].0, "node=n3");
    assert_eq!(found[1].1, ["cart", "checkout"]);
}

#[test]
fn a_finding_says_how_many_how_often_and_at_what_cost() {
    let simulated = SimulatedRun::run(12_000, 120, planted);
    let wallet = &hotspots(&simulated.plan, &simulated.tally)[0];
    assert_eq!(wallet.basis, Basis::Assigned);
    assert_eq!(
        (wallet.scope, &wallet.steps[..]),
        (HotspotScope::Steps, &[simulated.step("pay")][..])
    );
    // A twelfth of the wallets never work, of those who come to pay.
    assert!((wallet.inside.value().unwrap() - 1.0 / 12.0).abs() < 0.014, "{wallet:?}");
    assert!(
        wallet.relative_risk > 10.0
            && wallet.relative_risk_is_lower_bound()
            && wallet.q_value < 1e-20
            && wallet.q_value >= wallet.p_value
    );
    // All of them are stopped by the cap: each counts as lost, as the others at pay do after three failures.
    let (lost, ci95) = wallet.excess_lost.unwrap();
    assert!((lost - wallet.excess_repeated.0).abs() < 0.1 * lost, "{wallet:?}");
    assert!(
        ci95.low < lost && lost < ci95.high && ci95.low > 0.7 * lost && ci95.high < 1.3 * lost,
        "{wallet:?}"
    );
    assert_eq!(hotspots(&simulated.plan, &simulated.tally)[1].basis, Basis::Observed);
}

#[test]
fn where_none_fail_elsewhere_the_lift_is_the_least_that_it_can_be() {
    let simulated = SimulatedRun::run(12_000, 120, planted);
    let wallet = &hotspots(&simulated.plan, &simulated.tally)[0];
    let over_three_in_n = wallet.ci95().unwrap().low / rule_of_three(wallet.outside.trials);
    assert!(
        wallet.relative_risk_is_lower_bound()
            && wallet.relative_risk == wallet.relative_risk_ci95.low
            && wallet.relative_risk_ci95.high.is_infinite(),
        "{wallet:?}"
    );
    assert!(
        wallet.relative_risk <= over_three_in_n && wallet.relative_risk > 0.8 * over_three_in_n,
        "{} {over_three_in_n}",
        wallet.relative_risk
    );
}

#[test]
fn where_some_fail_elsewhere_the_figures_have_two_ends() {
    let simulated = SimulatedRun::run(12_000, 120, |m| {
        failing(m.step == "pay" && (m.payment == "wallet" && m.shopper < 0.1 || m.luck < 0.1))
    });
    let spot = &hotspots(&simulated.plan, &simulated.tally)[0];
    assert!(
        !spot.relative_risk_is_lower_bound()
            && spot.relative_risk_ci95.low < spot.relative_risk
            && spot.relative_risk < spot.relative_risk_ci95.high,
        "{spot:?}"
    );
    for (excess, ci95) in [spot.excess_repeated, spot.excess_lost.unwrap()] {
        assert!(0.0 < ci95.low && ci95.low < excess && excess < ci95.high, "{spot:?}");
    }
    assert!(spot.inside.by_blocks && spot.outside.by_blocks);
}

#[test]
fn where_nothing_concentrates_nothing_is_named() {
    // Failures stick, but to no group: some shoppers fail for good, whoever they are.
    let named: usize = (0..20)
        .map(|run| {
            let from = 0.04 * f64::from(run);
            let simulated = SimulatedRun::run(3_000, 60, move |m| {
                failing(m.step == "pay" && (from..from + 0.1).contains(&m.shopper))
            });
            hotspots(&simulated.plan, &simulated.tally).len()
        })
        .sum();
    assert!(named <= 2, "{named} false findings in 20 runs");
}

#[test]
fn a_group_that_fails_everywhere_a_little_is_named_without_a_step_or_with_all() {
    let simulated =
        SimulatedRun::run(20_000, 60, |m| failing(m.device == "mobile" && m.luck < 0.04));
    let found = named(&simulated);
    assert_eq!(found[0].0, "device=mobile");
    // By chance a step may seem to need more than that.
    assert!(found.len() <= 2 && found.iter().all(|(group, _)| group.contains("device=mobile")));
}

#[test]
fn two_values_that_fail_only_together_are_the_pair_and_not_its_halves() {
    let simulated = SimulatedRun::run(12_000, 120, |m| {
        failing(m.step == "pay" && m.payment == "wallet" && m.device == "mobile" && m.shopper < 0.2)
    });
    assert_eq!(named(&simulated), [("device=mobile payment=wallet".into(), vec!["pay".into()])]);
    let spot = &hotspots(&simulated.plan, &simulated.tally)[0];
    assert_eq!(
        (spot.basis, spot.outside.events, spot.relative_risk_is_lower_bound()),
        (Basis::Assigned, 0, true)
    );
}

#[test]
fn a_value_that_nearly_everybody_has_is_no_part_of_the_cause() {
    // All but one in sixteen see the node n1: wallets on n1 have nearly all of what wallets have.
    let mut simulated = SimulatedRun::run(12_000, 120, |m| {
        failing(m.step == "pay" && m.payment == "wallet" && m.shopper < 0.2)
    });
    let shoppers = std::mem::take(&mut simulated.tally.shoppers);
    for (mut key, count) in shoppers {
        for (node, shoppers) in
            [("n1", count.shoppers - count.shoppers / 16), ("n2", count.shoppers / 16)]
        {
            key.observed = vec![Observed::Is(node.into())];
            simulated.tally.shoppers.entry(key.clone()).or_default().shoppers += shoppers;
        }
    }
    assert_eq!(named(&simulated), [("payment=wallet".into(), vec!["pay".into()])]);
}

#[test]
fn two_causes_at_the_same_step_are_two_findings() {
    let rule = |m: &crate::verdict::simulation::Moment<'_>| {
        failing(
            m.step == "pay"
                && (m.payment == "wallet" && m.shopper < 0.1 || m.node == "n2" && m.luck < 0.3),
        )
    };
    let found = named(&SimulatedRun::run(16_000, 120, rule));
    assert_eq!(
        found.iter().map(|(group, _)| group.as_str()).collect::<Vec<_>>(),
        ["payment=wallet", "node=n2"],
        "{found:?}"
    );
}

#[test]
fn an_outage_makes_no_group_stand_out() {
    let simulated = SimulatedRun::run(6_000, 120, |m| failing((40.0..60.0).contains(&m.now)));
    assert_eq!(named(&simulated), []);
}

#[test]
fn a_small_group_that_always_fails_is_found() {
    // Some thirty buyers, of whom half use a wallet: the exact test needs no more.
    let simulated =
        SimulatedRun::run(40, 60, |m| failing(m.step == "home" && m.payment == "wallet"));
    assert_eq!(named(&simulated), [("payment=wallet".into(), vec!["buy/home".into()])]);
    // Of four, no outcome is too unlikely for chance.
    let few = SimulatedRun::run(4, 60, |m| failing(m.step == "home" && m.payment == "wallet"));
    assert_eq!(named(&few), []);
}

#[test]
fn a_rate_is_of_those_who_came_to_the_step() {
    // Nine in ten leave before they pay; all wallets fail there.
    let mut plan = shop();
    plan.steps.iter_mut().filter(|step| step.name == "product").for_each(|step| {
        step.continues = 0.1;
    });
    let simulated =
        SimulatedRun::of(plan, 6_000, 60, |m| failing(m.step == "pay" && m.payment == "wallet"));
    let spot = &hotspots(&simulated.plan, &simulated.tally)[0];
    assert_eq!(spot.inside.value(), Some(1.0), "{spot:?}");
    assert!(spot.inside.trials < 300);
}

#[test]
fn an_earlier_hiccup_that_was_cured_takes_no_blame() {
    let simulated = SimulatedRun::run(6_000, 60, |m| {
        let hiccup = m.step != "pay" && m.nth == 1 && m.luck < 0.1;
        failing(hiccup || m.step == "pay" && m.payment == "wallet" && m.device == "mobile")
    });
    let spot = &hotspots(&simulated.plan, &simulated.tally)[0];
    assert_eq!(spot.inside.value(), Some(1.0), "{spot:?}");
    assert_eq!(spot.steps, [simulated.step("pay")]);
    let (lost, _) = spot.excess_lost.unwrap();
    assert!((lost - spot.inside.trials as f64).abs() < 0.02 * lost, "{spot:?}");
}

#[test]
fn failing_before_the_value_is_seen_does_not_make_missing_a_cause() {
    let mut simulated =
        SimulatedRun::run(4_000, 60, |m| failing(m.step == "home" && m.shopper < 0.05));
    let shoppers = std::mem::take(&mut simulated.tally.shoppers);
    for (mut key, count) in shoppers {
        if key.outcome.failures > 0 {
            key.observed = vec![Observed::Missing];
        }
        simulated.tally.shoppers.insert(key, count);
    }
    assert_eq!(named(&simulated), []);
}

#[test]
fn a_closed_load_is_ranked_by_repeated_failures_without_a_loss() {
    let mut plan = shop();
    plan.load.arrivals = ArrivalModel::Closed { users: 8, length: Micros::from_secs(60) };
    let simulated = SimulatedRun::of(plan, 12_000, 120, planted);
    let found = hotspots(&simulated.plan, &simulated.tally);
    assert!(found.len() == 2 && found.iter().all(|spot| spot.excess_lost.is_none()));
}

#[test]
fn a_journey_that_fails_where_others_do_not_is_a_group() {
    let simulated = SimulatedRun::run(3_000, 60, |m| {
        failing(m.step == "home" && m.journey == "browse" && m.shopper < 0.1)
    });
    assert_eq!(named(&simulated), [("journey=browse".into(), vec!["browse/home".into()])]);
    let spot = &hotspots(&simulated.plan, &simulated.tally)[0];
    let buyers = simulated.tally.journeys[1].started;
    assert_eq!(
        (spot.basis, spot.outside.trials, spot.outside.events),
        (Basis::Assigned, buyers, 0)
    );
}

#[test]
fn who_fails_in_one_journey_only_is_named_and_not_the_journey() {
    let simulated = SimulatedRun::run(3_000, 60, |m| {
        failing(m.step == "home" && m.journey == "buy" && m.payment == "wallet")
    });
    assert_eq!(named(&simulated), [("payment=wallet".into(), vec!["buy/home".into()])]);
    // Where both journeys fail alike, and pay has no namesake, no journey stands out.
    let alike = SimulatedRun::run(3_000, 60, |m| {
        failing(matches!(m.step, "home" | "pay") && m.shopper < 0.1)
    });
    assert_eq!(named(&alike), []);
}

#[test]
fn a_group_of_too_few_is_said_to_be_too_small() {
    let mut simulated =
        SimulatedRun::run(2_000, 60, |m| failing(m.step == "home" && m.shopper < 0.3));
    let (key, count) = simulated
        .tally
        .shoppers
        .iter()
        .find(|(key, count)| key.outcome.failures > 1 && count.shoppers > 2)
        .unwrap();
    let (mut rare, mut others) = (key.clone(), *count);
    others.shoppers -= 2;
    simulated.tally.shoppers.insert(key.clone(), others);
    rare.observed = vec![Observed::Is("n9".into())];
    simulated.tally.shoppers.insert(rare, crate::tally::ShopperCount { shoppers: 2, ..others });
    let (spots, small) = search(&simulated.plan, &simulated.tally);
    assert_eq!(spots, []);
    let expected = SmallGroup { name: "node".into(), value: "n9".into(), shoppers: 2, repeated: 2 };
    assert_eq!(small, [expected]);
    // Where hardly anybody fails, it is not for the size of groups that none stands out.
    let few = SimulatedRun::run(2_000, 60, |m| failing(m.step == "home" && m.shopper < 0.001));
    assert_eq!(search(&few.plan, &few.tally).1, []);
}
