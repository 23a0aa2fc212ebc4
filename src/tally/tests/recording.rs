//! What each observation counts as.

use super::*;

#[test]
fn an_attempt_is_filed_under_the_block_in_which_it_was_due_and_the_second_in_which_it_ended() {
    let mut tally = Tally::new(shape());
    tally.step_attempt(&attempt(2, 19_900, 700, Outcome::Ok));
    let step = &tally.steps[2];
    assert_eq!((step.ok, step.attempts(), step.failures()), (1, 1, 0));
    assert_eq!(step.times[StepTime::ResponseOk].blocks.keys().collect::<Vec<_>>(), [&1]);
    assert_eq!(step.times[StepTime::ServiceOk].count(), 1);
    assert_eq!(tally.seconds[&20].steps, BTreeMap::from([(StepId(2), (1, 0))]));
    assert_eq!(tally.blocks[&1].lag.max(), Some(Micros(50)));
}

#[test]
fn response_time_runs_from_the_intended_start() {
    let mut tally = Tally::new(shape());
    let late = StepAttempt {
        acted_at: Micros(900),
        ended_at: Micros(1_000),
        times: AttemptTimes::default().with(Timing::Service, Some(Micros(80))),
        ..attempt(0, 0, 0, Outcome::Ok)
    };
    tally.step_attempt(&late);
    assert_eq!(tally.steps[0].times[StepTime::ResponseOk].total().max(), Some(Micros(1_000)));
    assert_eq!(tally.steps[0].times[StepTime::ServiceOk].total().max(), Some(Micros(80)));
    assert_eq!(tally.blocks[&0].lag.max(), Some(Micros(900)));
}

#[test]
fn each_outcome_has_its_own_times() {
    let mut tally = Tally::new(shape());
    let outcomes = [
        Outcome::Ok,
        Outcome::Declined,
        Outcome::Failed(FailureKind::ServerError),
        Outcome::Failed(FailureKind::ServerError),
        Outcome::Failed(FailureKind::TooSlow),
        Outcome::Unjudged,
    ];
    outcomes.into_iter().for_each(|outcome| tally.step_attempt(&attempt(1, 0, 10, outcome)));
    let step = &tally.steps[1];
    let response = [
        &step.times[StepTime::ResponseOk],
        &step.times[StepTime::ResponseDeclined],
        &step.times[StepTime::ResponseFailed],
        &step.times[StepTime::ResponseCensored],
    ];
    assert_eq!(response.map(LatencyByBlock::count), [1, 1, 2, 1]);
    assert_eq!(
        [&step.times[StepTime::ServiceOk], &step.times[StepTime::ServiceFailed]]
            .map(LatencyByBlock::count),
        [1, 4]
    );
    assert_eq!((step.ok, step.declined, step.failures(), step.unjudged), (1, 1, 3, 1));
    assert_eq!(step.failed[&FailureKind::ServerError], 2);
    assert_eq!(
        tally.seconds[&0].steps[&StepId(1)],
        (5, 3),
        "an attempt without a judgement is none"
    );
    assert_eq!(tally.blocks[&0].lag.count(), 6, "yet its lag is ours, and counts");
}

#[test]
fn the_lag_of_an_arrival_is_counted_once() {
    let mut tally = Tally::new(shape());
    tally.record_planned(Micros::from_secs(1));
    tally.record_arrival(JourneyId(0), Micros::from_secs(1), Micros(2_300_000));
    tally.step_attempt(&StepAttempt { arrival: true, ..attempt(0, 1_000, 1_500, Outcome::Ok) });
    tally.record_unstarted(Micros::from_secs(11), "at the limit of shoppers at once");
    let block = &tally.blocks[&0];
    assert_eq!(
        (block.planned, block.started, block.lag.count(), block.arrival_lag.count()),
        (1, 1, 1, 1)
    );
    assert_eq!(tally.blocks[&1].unstarted, 1);
    assert_eq!((tally.seconds[&1].planned, tally.seconds[&2].started), (1, 1));
    assert_eq!(
        (tally.arrivals.planned, tally.arrivals.started, tally.journeys[0].started),
        (1, 1, 1)
    );
}

#[test]
fn an_exchange_counts_what_it_took_on_the_wire() {
    let mut tally = Tally::new(shape());
    let phases =
        Phases { connect: Some(Micros(200)), wait: Some(Micros(3_000)), ..Phases::default() };
    let seen = ExchangeSeen {
        step: StepId(3),
        began_at: Micros::from_secs(31),
        phases,
        redirect: true,
        connections: 1,
        redials: 1,
        sent: true,
        resumed: true,
        held: true,
        bytes_sent: 10,
        bytes_received: 2_000,
    };
    tally.exchange(&seen);
    tally.exchange(&ExchangeSeen { redirect: false, held: false, connections: 0, ..seen });
    let step = &tally.steps[3];
    assert_eq!(
        (step.requests, step.redirects, step.connections, step.redials, step.resumed, step.held),
        (2, 1, 1, 2, 2, 1)
    );
    assert_eq!((step.bytes_sent, step.bytes_received), (20, 4_000));
    assert_eq!(
        (step.phases.wait.count(), step.phases.connect.count(), step.phases.tls.count()),
        (2, 2, 0)
    );
    assert_eq!(tally.blocks[&3].held, 1);
}

#[test]
fn a_request_counts_when_it_is_sent_and_not_when_it_is_answered() {
    let mut tally = Tally::new(shape());
    tally.request_sent(Micros::from_secs(31));
    tally.request_sent(Micros::from_millis(31_900));
    assert_eq!(tally.seconds[&31].requests, 2);
}

#[test]
fn shoppers_alike_are_counted_together_with_the_worth_of_their_baskets() {
    let mut tally = Tally::new(shape());
    let node = [is("a"), Observed::Missing];
    tally.shopper_end(&ended(&[0, 1], &node));
    tally.shopper_end(&ShopperEnd { order_value: None, ..ended(&[0, 1], &node) });
    tally.shopper_end(&ended(&[1, 1], &node));
    let counts: Vec<ShopperCount> = tally.shoppers.values().copied().collect();
    assert_eq!(
        counts,
        [
            ShopperCount { shoppers: 2, priced: 1, order_value: MinorUnits(4_999) },
            ShopperCount { shoppers: 1, priced: 1, order_value: MinorUnits(4_999) }
        ]
    );
    let of_block: Vec<u64> =
        tally.blocks[&1].shoppers.values().map(|count| count.shoppers).collect();
    assert_eq!(of_block, [3], "by block attributes don't matter");
    assert_eq!(tally.seconds[&25].ended, 3);
    assert_eq!(
        tally.journeys[0].time_to_buy.total(),
        [Micros::from_secs(8); 3].into_iter().fold(Latency::default(), with)
    );
    assert_eq!(tally.journeys[0].duration.blocks.keys().collect::<Vec<_>>(), [&1]);
}

fn with(mut latency: Latency, span: Micros) -> Latency {
    latency.record(span);
    latency
}

#[test]
fn counts_of_failures_and_tries_are_capped() {
    let mut tally = Tally::new(shape());
    tally.shopper_end(&ShopperEnd { failures: 1_000, declines: 256, ..ended(&[], &[]) });
    let outcome = &tally.shoppers.keys().next().unwrap().outcome;
    assert_eq!((outcome.failures, outcome.declines), (255, 255));
    for nth in [7, 8, 9, 4_000] {
        tally.unit_attempt(&tried(nth, &[], &[], Outcome::Ok));
    }
    let tries: Vec<(u8, u64)> =
        tally.attempts.iter().map(|(key, tries)| (key.nth, tries.ok)).collect();
    assert_eq!(tries, [(7, 1), (8, 3)]);
    assert_eq!(tally.blocks[&0].attempts[&(UnitId(1), 8)].total(), 3);
}

#[test]
fn second_attempts_after_a_failure_are_filed_under_their_own_block_and_unit() {
    let mut tally = Tally::new(shape());
    let again = |nth, at, before: Option<u64>, outcome| UnitAttempt {
        intended_at: Micros::from_secs(at),
        after_failure_at: before.map(Micros::from_secs),
        ..tried(nth, &[], &[], outcome)
    };
    let failed = Outcome::Failed(FailureKind::ServerError);
    let told = [
        again(1, 8, None, failed),
        again(2, 9, Some(8), failed),
        again(2, 12, Some(8), Outcome::Ok),
        again(2, 12, None, failed), // after a decline
        again(3, 14, Some(12), failed),
        again(2, 13, Some(8), Outcome::Unjudged),
    ];
    told.iter().for_each(|attempt| tally.unit_attempt(attempt));
    let filed = |block| tally.blocks[&block].retries[&UnitId(1)];
    assert_eq!(
        filed(0),
        RetryCounts {
            attempts: AttemptCounts { failed: 1, ..AttemptCounts::default() },
            within_block: 1
        }
    );
    assert_eq!(
        filed(1),
        RetryCounts {
            attempts: AttemptCounts { ok: 1, ..AttemptCounts::default() },
            within_block: 0
        }
    );
}

#[test]
fn a_failing_shopper_is_filed_under_the_block_of_the_first_failure_as_well() {
    let mut tally = Tally::new(shape());
    let failing = ShopperEnd {
        failures: 2,
        first_failed: Some(StepId(1)),
        first_failed_at: Some(Micros::from_secs(31)),
        ..ended(&[], &[])
    };
    tally.shopper_end(&failing);
    tally.shopper_end(&ended(&[], &[]));
    let began: Vec<(u32, u64)> = tally
        .blocks
        .iter()
        .map(|(block, seen)| {
            (*block, seen.began_to_fail.values().map(|count| count.shoppers).sum())
        })
        .collect();
    assert_eq!(began, [(1, 0), (3, 1)]);
    assert!(tally.blocks[&3].began_to_fail.keys().all(|(_, outcome)| outcome.failures == 2));
}

#[test]
fn an_attempt_without_a_judgement_is_no_try() {
    let mut tally = Tally::new(shape());
    tally.unit_attempt(&tried(1, &[0], &[is("a")], Outcome::Unjudged));
    assert_eq!(tally, Tally::new(shape()));
}

#[test]
fn the_sixty_fifth_value_of_a_name_blurs_that_name_only() {
    let mut tally = Tally::new(shape());
    for i in 0..64 {
        tally.unit_attempt(&tried(1, &[0], &[is(format!("order-{i}")), is("left")], Outcome::Ok));
    }
    tally.unit_attempt(&tried(1, &[0], &[Observed::Missing, is("left")], Outcome::Ok));
    assert_eq!(tally.attempts.len(), 65);
    tally.shopper_end(&ended(&[0], &[is("order-64"), is("right")]));
    let tries: Vec<(Vec<Observed>, u64)> =
        tally.attempts.iter().map(|(key, tries)| (key.observed.clone(), tries.ok)).collect();
    assert_eq!(
        tries,
        [(vec![Observed::Missing, is("left")], 1), (vec![Observed::TooMany, is("left")], 64)]
    );
    assert_eq!(tally.shoppers.keys().next().unwrap().observed, [Observed::TooMany, is("right")]);
    assert!(!tally.distinct[0].are_distinct() && tally.distinct[1].are_distinct());
}

#[test]
fn the_funnel_knows_who_got_through_at_once() {
    let mut tally = Tally::new(shape());
    for nth in [1, 2] {
        tally.record_entry(JourneyId(0), 1);
        tally.record_pass(JourneyId(0), 1, nth);
    }
    tally.record_entry(JourneyId(0), 1);
    tally.record_stop(JourneyId(0), 1);
    tally.cut_off(JourneyId(0), 1);
    tally.record_leave(JourneyId(0), 1);
    assert_eq!(
        tally.journeys[0].funnel,
        [
            FunnelStage::default(),
            FunnelStage {
                entered: 3,
                passed: 2,
                passed_at_once: 1,
                left: 1,
                stopped: 1,
                cut_off: 1
            }
        ]
    );
    assert_eq!(tally.journeys[1].funnel.len(), 1);
}

#[test]
fn a_span_beyond_the_bound_is_said_to_be_clamped() {
    let mut tally = Tally::new(shape());
    tally.step_attempt(&attempt(0, 0, 4_000_000, Outcome::Ok));
    assert_eq!(tally.generator.clamped, 2, "response and service time");
}

#[test]
fn only_the_smallest_hashes_are_wanted_also_after_they_were_handed_on() {
    let mut tally = Tally::new(shape());
    let error = cause(1, FailureKind::ServerError, "no callback");
    for hash in [50, 40, 30, 20] {
        assert!(tally.samples.wants(&error, hash));
        tally.sample(&error, hash, line(hash));
    }
    let delta = tally.take();
    assert_eq!(delta.samples.strata[&(StepId(1), FailureKind::ServerError)].len(), 4);
    assert_eq!(delta.samples.causes[&error].keys().copied().collect::<Vec<_>>(), [20]);
    assert!(!tally.samples.wants(&error, 60) && !tally.samples.wants(&error, 30));
    assert!(
        tally.samples.wants(&error, 10)
            && tally.samples.wants(&cause(1, FailureKind::TooSlow, ""), 60)
    );
    tally.sample(&error, 60, line(60));
    assert!(tally.samples.strata.is_empty() && tally.samples.causes.is_empty());
}

#[test]
fn a_rare_cause_has_an_example_beside_a_frequent_one_of_the_same_kind() {
    let mut samples = Samples::default();
    let (often, once) =
        (cause(1, FailureKind::ServerError, "often"), cause(1, FailureKind::ServerError, "once"));
    (0..40).for_each(|hash| samples.offer(&often, hash, line(hash)));
    assert!(samples.wants(&once, 99));
    samples.offer(&once, 99, line(99));
    assert!(samples.strata.values().all(|lines| !lines.contains_key(&99)));
    assert_eq!(samples.causes[&once][&99], line(99));
}

#[test]
fn every_place_keeps_examples_however_many_there_are_and_of_too_many_messages_the_first() {
    let mut samples = Samples::default();
    for step in (0..80).rev() {
        samples.offer(&cause(step, FailureKind::Connect, ""), 1, line(1));
    }
    assert_eq!((samples.strata.len(), samples.causes.len()), (80, 80));
    let said = |n: u64| cause(0, FailureKind::ServerError, &format!("{n:03}"));
    (0..90).rev().for_each(|n| samples.offer(&said(n), n, line(n)));
    assert_eq!(samples.of_site(said(0).site).count(), FailureMessages::MAX);
    let (first, last) = (said(0), said(FailureMessages::MAX as u64));
    assert!(
        samples.causes.contains_key(&first)
            && !samples.causes.contains_key(&last)
            && samples.causes.len() == 80 + FailureMessages::MAX
    );
    // Its hash is too high for the stratum, and its message too late for the place.
    assert!(
        !samples.wants(&last, 99) && samples.wants(&cause(0, FailureKind::ServerError, "0000"), 99)
    );
}

#[test]
fn a_failing_shopper_is_counted_once_under_what_went_wrong_first() {
    let mut tally = Tally::new(shape());
    let (lost, slow) =
        (cause(1, FailureKind::ServerError, "write lost"), cause(1, FailureKind::TooSlow, ""));
    for (cause, failures) in [(&lost, 1), (&lost, 3), (&lost, 3), (&slow, 2)] {
        tally.shopper_end(&ShopperEnd { failures, cause: Some(cause), ..ended(&[], &[]) });
    }
    tally.shopper_end(&ended(&[], &[]));
    let FailureMessages::Distinct(told) = &tally.causes[&lost.site] else {
        panic!("{:?}", tally.causes)
    };
    let by_failures: Vec<(u8, u64)> = told["write lost"]
        .iter()
        .map(|(outcome, shoppers)| (outcome.failures, *shoppers))
        .collect();
    assert_eq!(by_failures, [(1, 1), (3, 2)]);
    assert_eq!(
        tally.causes.values().map(|said| said.outcomes().values().sum::<u64>()).sum::<u64>(),
        4
    );
}

#[test]
fn a_part_is_told_of_its_shoppers_only_and_all_that_the_whole_is_told_of_them() {
    let mut tally = Tally::new(shape());
    let mut mobile_wallets = Tally::new(shape().of_cohort());
    for i in 0..12u8 {
        let attributes = [i % 2, i % 3];
        let step = StepAttempt {
            attributes: &attributes,
            ..attempt(1, 1_000, 20 + u64::from(i), Outcome::Ok)
        };
        let unit = tried(1, &attributes, &[], Outcome::Declined);
        let end = ended(&attributes, &[]);
        tally.step_attempt(&step);
        tally.unit_attempt(&unit);
        tally.shopper_end(&end);
        if attributes == [1, 2] {
            mobile_wallets.step_attempt(&step);
            mobile_wallets.unit_attempt(&unit);
            mobile_wallets.shopper_end(&end);
        }
    }
    let part = tally.cohort(&[(1, 2), (0, 1)]).unwrap();
    assert_eq!(
        (part.arrivals.started, part.journeys[0].started, part.blocks[&1].started),
        (2, 2, 2)
    );
    assert_eq!(
        (&part.steps, &part.shoppers, &part.attempts),
        (&mobile_wallets.steps, &mobile_wallets.shoppers, &mobile_wallets.attempts)
    );
    assert_eq!(tally.cohort(&[(0, 1)]).unwrap().steps[1].ok, 6);
    assert_eq!(tally.cohort(&[]), Some(&tally));
    assert_eq!(tally.cohort(&[(0, 0)]), None, "nobody asked for it");
}
