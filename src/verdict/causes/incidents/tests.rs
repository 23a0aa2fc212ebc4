use super::*;
use crate::base::Micros;
use crate::tally::{AttemptCounts, BlockTally};
use crate::verdict::simulation::{SimulatedRun, failing, planted};

fn found(simulated: &SimulatedRun) -> Vec<(Option<String>, f64, f64)> {
    let name =
        |incident: &Incident| incident.unit.map(|unit| simulated.plan.unit(unit).name.clone());
    let of = |incident: &Incident| {
        (name(incident), incident.from.as_secs_f64(), incident.until.as_secs_f64())
    };
    incidents(&simulated.plan, &simulated.tally).iter().map(of).collect()
}

#[test]
fn an_outage_of_the_whole_shop_is_one_window() {
    let simulated =
        SimulatedRun::run(6_000, 120, |m| failing((40.0..60.0).contains(&m.now) || m.luck < 0.01));
    assert_eq!(found(&simulated), [(None, 40.0, 60.0)]);
    let incident = &incidents(&simulated.plan, &simulated.tally)[0];
    assert!(
        incident.inside.value().unwrap() > 0.99 && incident.outside.value().unwrap() < 0.02,
        "{incident:?}"
    );
    assert!(
        incident.repeated > 300
            && incident.excess_lost.unwrap().1.low > 200.0
            && !incident.to_the_end
            && incident.failed_again > 300,
        "{incident:?}"
    );
}

#[test]
fn a_late_step_that_always_fails_is_no_incident_of_the_end() {
    // Payments fail one time in five whenever they are made, and after the last arrivals only payments are left.
    let mut simulated = SimulatedRun::run(6_000, 120, |m| {
        failing(m.step == "pay" && m.shopper < 0.2 || m.luck < 0.005)
    });
    let late: Vec<(u32, BlockTally)> = (120..135)
        .map(|number| {
            let mut block = BlockTally::default();
            let pay = simulated.plan.step(simulated.step("pay")).unit;
            let counts = AttemptCounts { ok: 8, declined: 0, failed: 2 };
            block.attempts.insert((pay, 1), counts);
            (number, block)
        })
        .collect();
    simulated.tally.blocks.extend(late);
    assert_eq!(found(&simulated), []);
}

#[test]
fn an_outage_of_some_units_names_them() {
    let simulated = SimulatedRun::run(8_000, 120, |m| {
        let writes = matches!(m.step, "cart" | "checkout" | "pay");
        failing(writes && (80.0..90.0).contains(&m.now) && m.luck < 0.3)
    });
    let incidents = incidents(&simulated.plan, &simulated.tally);
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    let named = incidents[0].units.iter().map(|unit| simulated.plan.unit_label(*unit));
    assert_eq!(named.collect::<Vec<_>>(), ["cart", "checkout", "pay"]);
    assert_eq!(incidents[0].unit, None);
}

#[test]
fn a_bad_time_of_one_unit_names_the_unit() {
    let simulated = SimulatedRun::run(8_000, 120, |m| {
        failing(m.step == "pay" && (80.0..95.0).contains(&m.now) && m.luck < 0.5)
    });
    assert_eq!(found(&simulated), [(Some("pay".into()), 80.0, 95.0)]);
}

#[test]
fn two_bad_times_are_two_windows_and_the_last_may_have_no_end() {
    let simulated =
        SimulatedRun::run(6_000, 120, |m| failing((20.0..25.0).contains(&m.now) || m.now >= 110.0));
    let incidents = incidents(&simulated.plan, &simulated.tally);
    assert_eq!(incidents.len(), 2, "{incidents:?}");
    assert_eq!(
        (incidents[0].from, incidents[0].until, incidents[0].to_the_end),
        (Micros::from_secs(20), Micros::from_secs(25), false)
    );
    assert!(incidents[1].to_the_end && incidents[1].from == Micros::from_secs(110));
}

#[test]
fn steady_failures_have_no_bad_time() {
    let bad: usize = (0..20)
        .map(|run| {
            let shift = 0.05 * f64::from(run);
            let simulated =
                SimulatedRun::run(3_000, 60, move |m| failing((m.luck + shift).fract() < 0.03));
            incidents(&simulated.plan, &simulated.tally).len()
        })
        .sum();
    assert!(bad <= 2, "{bad} incidents in 20 runs");
    assert_eq!(
        incidents(
            &crate::verdict::simulation::shop(),
            &SimulatedRun::run(12_000, 120, planted).tally
        ),
        []
    );
}

#[test]
fn nothing_seen_has_no_bad_time() {
    assert_eq!(found(&SimulatedRun::run(0, 10, |_| failing(true))), []);
    assert_eq!(found(&SimulatedRun::run(100, 10, |_| failing(false))), []);
    assert_eq!(found(&SimulatedRun::run(100, 10, |_| failing(true))), [], "it failed all the time");
}
