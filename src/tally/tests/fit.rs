//! Counts that no run of a plan can have: each kind is refused.

use super::*;
use crate::tally::{PairQuestion, ShopperOutcome};

/// What is wrong, as the refusal says it, and what makes it so.
type Forgery = (&'static str, fn(&mut Tally));

/// Some counts of each kind.
fn counted() -> Tally {
    let mut tally = Tally::new(shape());
    tally.record_planned(Micros::from_secs(1));
    tally.step_attempt(&attempt(0, 1_000, 20, Outcome::Ok));
    tally.unit_attempt(&tried(1, &[0, 1], &[is("a"), is("b")], Outcome::Ok));
    tally.sample(&cause(1, FailureKind::TooSlow, "given up"), 1, line(1));
    tally.shopper_end(&ended(&[0, 1], &[is("a"), is("b")]));
    tally
}

fn outcome() -> ShopperOutcome {
    counted().shoppers.keys().next().unwrap().outcome.clone()
}

fn first_block(tally: &mut Tally) -> &mut BlockTally {
    tally.blocks.get_mut(&0).unwrap()
}

const FORGERIES: [Forgery; 24] = [
    ("3 steps, its plan has 4", |tally| tally.steps.truncate(3)),
    ("3 journeys", |tally| tally.journeys.push(JourneyTally::default())),
    ("1 cohorts", |tally| tally.cohorts.truncate(1)),
    ("1 observed names", |tally| tally.distinct.truncate(1)),
    ("1 stages of a funnel", |tally| tally.journeys[0].funnel.truncate(1)),
    ("other steps", |tally| tally.shape.units += 1),
    ("other steps", |tally| tally.cohorts[0].shape.units += 1),
    ("second 4294967295", |tally| {
        tally.seconds.insert(u32::MAX, SecondTally::default());
    }),
    ("second 42949672950", |tally| {
        tally.blocks.insert(u32::MAX, BlockTally::default());
    }),
    ("of second ", |tally| tally.steps[0].times[StepTime::ServiceOk].record(1 << 30, Micros(1))),
    ("of second ", |tally| tally.journeys[1].friction.busy.record(1 << 30, Micros(1))),
    ("of second ", |tally| {
        tally.sample(&cause(1, FailureKind::Dns, ""), 3, line(u64::MAX));
    }),
    ("step 4,", |tally| {
        tally.seconds.get_mut(&1).unwrap().steps.insert(StepId(4), (1, 0));
    }),
    ("step 9,", |tally| {
        let site = cause(9, FailureKind::Dns, "").site;
        tally.causes.insert(site, FailureMessages::default());
    }),
    ("step 7,", |tally| tally.sample(&cause(7, FailureKind::Dns, ""), 3, line(1))),
    ("step 5,", |tally| tally.record_pair(Micros(0), PairQuestion::Step(StepId(5)), true, true)),
    ("step 6,", |tally| {
        let arm = RetryArmKey { step: StepId(6), arm: 0, eligible: 1, new_key: false };
        tally.retried_in_arm(arm, Outcome::Ok);
    }),
    ("unit 3,", |tally| {
        first_block(tally).retries.insert(UnitId(3), RetryCounts::default());
    }),
    ("attempt 0,", |tally| {
        first_block(tally).attempts.insert((UnitId(0), 0), AttemptCounts::default());
    }),
    ("journey 2,", |tally| {
        first_block(tally).shoppers.insert((JourneyId(2), outcome()), ShopperCount::default());
    }),
    ("attribute value 3,", |tally| tally.shopper_end(&ended(&[0, 3], &[is("a"), is("b")]))),
    ("1 attributes of a shopper", |tally| tally.shopper_end(&ended(&[0], &[is("a"), is("b")]))),
    ("1 observed values of a shopper", |tally| {
        tally.unit_attempt(&tried(1, &[0, 1], &[is("a")], Outcome::Ok));
    }),
    ("larger than those of any run", |tally| tally.arrivals.planned = 1 << 61),
];

#[test]
fn what_no_run_of_the_plan_can_have_counted_is_refused() {
    let minute = Micros::from_secs(60);
    assert_eq!(counted().fits(&shape(), minute), Ok(()));
    for (place, (expected, forge)) in FORGERIES.into_iter().enumerate() {
        let mut tally = counted();
        forge(&mut tally);
        let said = tally.fits(&shape(), minute).unwrap_err().to_string();
        assert!(said.contains(expected), "{place}: '{said}' does not say '{expected}'");
    }
}

#[test]
fn a_step_of_an_outcome_is_looked_up_too() {
    for change in [
        |outcome: &mut ShopperOutcome| outcome.first_failed = Some(StepId(4)),
        |outcome: &mut ShopperOutcome| outcome.second_failed = Some(StepId(4)),
    ] {
        let mut tally = counted();
        let (mut key, count) = tally.shoppers.pop_first().unwrap();
        change(&mut key.outcome);
        tally.shoppers.insert(key, count);
        let said = tally.fits(&shape(), Micros::from_secs(60)).unwrap_err().to_string();
        assert_eq!(said, "it speaks of step 4, its plan has 4 (from 0)");
    }
}
