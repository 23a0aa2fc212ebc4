use super::*;
use crate::tally::{BlockTally, FailureKind, Outcome, OwnFault, StepTime};
use crate::verdict::simulation::{Moment, SimulatedRun, failing, planted};

fn of(simulated: &SimulatedRun) -> GeneratorHealth {
    health(&simulated.plan, &simulated.tally, &simulated.facts)
}

fn quiet(shoppers: u64, seconds: u64) -> SimulatedRun {
    SimulatedRun::run(shoppers, seconds, planted)
}

#[test]
fn a_held_schedule_is_valid() {
    let found = of(&quiet(2_000, 60));
    assert_eq!((found.validity, found.issues.len()), (Validity::Valid, 0));
    assert!(found.lag.unwrap().p99 < Micros(100));
    assert_eq!(found.cpu_fraction, Some(0.25));
}

#[test]
fn a_stall_of_a_few_milliseconds_condemns_nothing() {
    for (shoppers, stall) in [(200, 4), (200, 15), (2_000, 15), (20_000, 8)] {
        let simulated = quiet(shoppers, 10)
            .stopped(Micros::from_millis(5_200), Micros::from_millis(5_200 + stall));
        assert_eq!(of(&simulated).validity, Validity::Valid, "{shoppers} shoppers, {stall} ms");
    }
}

#[test]
fn two_seconds_of_standstill_in_ten_are_invalid() {
    for shoppers in [200, 2_000] {
        let found = of(&quiet(shoppers, 10).stopped(Micros::from_secs(5), Micros::from_secs(7)));
        assert_eq!((found.validity, &*found.late_blocks), (Validity::Invalid, &[5, 6][..]));
        assert_eq!(found.late_spans, [(Micros::from_secs(5), Micros::from_secs(7))]);
        assert!(
            found.issues[0].cause.to_string().ends_with("most from 5s to 7s"),
            "{}",
            found.issues[0].cause
        );
        assert!(matches!(found.issues[0].cause, IssueCause::Late { .. }));
    }
}

#[test]
fn two_seconds_of_standstill_in_ten_minutes_are_suspect() {
    let found = of(&quiet(6_000, 600).stopped(Micros::from_secs(300), Micros::from_secs(302)));
    assert_eq!(found.validity, Validity::Suspect);
    assert!(!found.late_blocks.is_empty());
}

#[test]
fn lag_is_measured_against_what_the_shop_takes() {
    // 30 ms late throughout: much beside a median of some 20 ms, nothing beside one of a second.
    let mut simulated = quiet(2_000, 10).stopped(Micros::ZERO, Micros::ZERO);
    for block in simulated.tally.blocks.values_mut() {
        let count = block.lag.count();
        block.lag = Latency::default();
        (0..count).for_each(|_| block.lag.record(Micros::from_millis(30)));
    }
    assert_eq!(of(&simulated).validity, Validity::Invalid);
    for step in &mut simulated.tally.steps {
        for block in step.times[StepTime::ResponseOk].blocks.values_mut() {
            let count = block.count();
            *block = Latency::default();
            (0..count).for_each(|_| block.record(Micros::from_secs(1)));
        }
    }
    assert_eq!(of(&simulated).validity, Validity::Valid);
}

#[test]
fn a_lone_late_attempt_says_nothing() {
    let mut simulated = quiet(2_000, 60);
    let mut lag = Latency::default();
    lag.record(Micros::from_millis(85));
    simulated.tally.blocks.insert(90, BlockTally { lag, ..BlockTally::default() });
    assert_eq!(of(&simulated).validity, Validity::Valid);
}

#[test]
fn a_block_without_answers_is_measured_against_those_of_the_run() {
    let mut simulated = quiet(2_000, 60);
    for step in &mut simulated.tally.steps {
        for block in step.times[StepTime::ResponseOk].blocks.values_mut() {
            let count = block.count();
            *block = Latency::default();
            (0..count).for_each(|_| block.record(Micros::from_secs(3)));
        }
    }
    let mut lag = Latency::default();
    (0..3).for_each(|_| lag.record(Micros::from_millis(85)));
    simulated.tally.blocks.insert(90, BlockTally { lag, ..BlockTally::default() });
    assert_eq!(of(&simulated).validity, Validity::Valid);
}

#[test]
fn shoppers_cut_off_by_the_end_are_told() {
    let mut simulated = quiet(2_000, 60);
    let cut = |count: u64, simulated: &mut SimulatedRun| {
        let (key, _) = simulated.tally.shoppers.first_key_value().unwrap();
        let mut key = key.clone();
        key.outcome.end = End::Unfinished;
        simulated
            .tally
            .shoppers
            .insert(key, crate::tally::ShopperCount { shoppers: count, ..Default::default() });
    };
    cut(10, &mut simulated);
    assert_eq!(of(&simulated).validity, Validity::Valid);
    cut(77, &mut simulated);
    let found = of(&simulated);
    assert_eq!(found.validity, Validity::Suspect);
    assert_eq!(
        found.issues[0].cause.to_string(),
        "the end of the run cut off 77 of 2,077 shoppers, whose outcome is unknown"
    );
    simulated.facts.completion = Completion::Interrupted;
    assert_eq!(of(&simulated).validity, Validity::Valid);
}

/// A shop that lets `limit` requests through in each second of 30, of which more come, drawn by `rate`.
fn limited(limit: u64, met: impl Fn(&Moment<'_>) -> bool) -> SimulatedRun {
    let mut simulated = SimulatedRun::run(3_000, 30, |m| {
        if m.nth == 1 && met(m) { Outcome::Failed(FailureKind::Throttled) } else { Outcome::Ok }
    });
    for (second, seen) in &mut simulated.tally.seconds {
        // Between 200 and 299, as if at random.
        seen.requests = 200 + (u64::from(*second) * 37) % 100;
        seen.throttled = if *second > 2 { seen.requests.saturating_sub(limit) } else { 0 };
    }
    simulated
}

#[test]
fn a_limit_on_the_address_is_an_artefact_of_the_test() {
    let simulated = limited(220, |m| m.luck < 0.1);
    let found = of(&simulated);
    let IssueCause::Throttled(met) = &found.issues[0].cause else { panic!("{found:?}") };
    assert_eq!((found.validity, met.began_at), (Validity::Suspect, Micros::from_secs(4)));
    assert_eq!(simulated.findings().loss.unwrap().by_patience[0].lost, 0.0);
}

#[test]
fn a_shop_that_throttles_some_shoppers_is_not_excused() {
    let simulated = limited(220, |m| m.payment == "wallet" && m.luck < 0.2);
    assert!(of(&simulated).issues.is_empty());
    assert!(simulated.findings().loss.unwrap().by_patience[0].lost > 0.0);
}

#[test]
fn answers_of_429_at_random_are_not_a_limit() {
    let mut simulated = limited(220, |m| m.luck < 0.1);
    for (second, seen) in &mut simulated.tally.seconds {
        seen.throttled = 10 + (u64::from(*second) * 13) % 20;
    }
    assert!(of(&simulated).issues.is_empty());
}

#[test]
fn arrivals_that_never_started_are_never_hidden() {
    let with = |unstarted: u64| {
        let mut simulated = quiet(2_000, 60);
        simulated.tally.arrivals.planned += unstarted;
        simulated
            .tally
            .arrivals
            .unstarted
            .insert("at the limit of shoppers at once".into(), unstarted);
        of(&simulated)
    };
    assert_eq!(with(0).validity, Validity::Valid);
    assert_eq!(with(2).validity, Validity::Suspect);
    assert_eq!(with(3).validity, Validity::Invalid);
    assert_eq!(
        with(3).issues[0].cause.to_string(),
        "3 of 2,003 arrivals never started (at the limit of shoppers at once: 3)"
    );
}

#[test]
fn what_was_due_when_a_person_stopped_the_run_is_nobodys_fault() {
    let mut simulated = quiet(2_000, 60);
    simulated.tally.arrivals.planned += 40;
    simulated.tally.arrivals.unstarted.insert(STOPPED.into(), 40);
    assert_eq!(of(&simulated).validity, Validity::Invalid);
    simulated.facts.completion = Completion::Interrupted;
    assert_eq!(of(&simulated).validity, Validity::Valid);
}

#[test]
fn a_run_in_which_nobody_started_is_invalid() {
    let mut simulated = SimulatedRun::run(0, 60, |_| failing(false));
    simulated.tally.arrivals.planned = 10;
    assert_eq!(of(&simulated).validity, Validity::Invalid);
}

#[test]
fn each_weakness_has_its_gravity_and_a_remedy() {
    let issue = |spoil: &dyn Fn(&mut Tally)| {
        let mut simulated = quiet(500, 60);
        spoil(&mut simulated.tally);
        let found = of(&simulated);
        assert_eq!(found.issues.len(), 1);
        assert!(!found.issues[0].cause.remedy().is_empty());
        (found.validity, found.issues[0].cause.to_string())
    };
    let own = |tally: &mut Tally| tally.own_failure(OwnFault::Means, "file descriptors");
    let (severity, text) = issue(&own);
    assert_eq!(
        (severity, &*text),
        (
            Validity::Invalid,
            "requests failed because the generator ran out of file descriptors or ports (file descriptors: 1)"
        )
    );
    assert_eq!(issue(&|tally| tally.generator.cpu = tally.generator.wall).0, Validity::Suspect);
    assert_eq!(issue(&|tally| tally.blocks.get_mut(&3).unwrap().held = 9).0, Validity::Suspect);
    assert_eq!(issue(&|tally| tally.generator.coarse_timer = true).0, Validity::Valid);
    assert_eq!(issue(&|tally| tally.generator.clamped = 1).0, Validity::Valid);
    assert_eq!(
        issue(&|tally| tally.generator.run_queue = tally.generator.wall / 2).0,
        Validity::Valid
    );
    assert_eq!(issue(&|tally| tally.generator.busiest_permille = 990).0, Validity::Valid);
}
