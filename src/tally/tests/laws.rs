//! Merging is a commutative monoid, over whatever shoppers may tell.

use super::*;
use proptest::prelude::*;
use proptest::sample::Index;

/// One thing told to a tally.
#[derive(Clone, Debug)]
enum Told {
    Planned(u64),
    Arrived(u16, u64, u64),
    Unstarted(u64, u8),
    OwnFailure(u8),
    Exchange(u16, u64, Option<u64>, bool),
    Step(u16, u64, u64, Outcome),
    Unit(u16, u32, u64, u8, [Observed; 2], Outcome),
    Funnel(usize, u32),
    RetriedInArm(u16, u8, Outcome),
    Repeated(u64),
    End(u64, u32, End, u8, [Observed; 2], Option<u64>),
    Sample(u16, FailureKind, u64),
    Caused(u16, FailureKind, u8, u32),
    Paired(u64, u16, bool, bool),
}

fn tell(tally: &mut Tally, told: &Told) {
    match told.clone() {
        Told::Planned(at) => tally.record_planned(Micros(at)),
        Told::Arrived(journey, at, lag) => {
            tally.record_arrival(JourneyId(journey), Micros(at), Micros(at + lag))
        }
        Told::Unstarted(at, cause) => tally.record_unstarted(Micros(at), &format!("cause {cause}")),
        Told::OwnFailure(cause) => {
            let fault = if cause % 2 == 0 { OwnFault::Means } else { OwnFault::Scenario };
            (cause..cause + 8)
                .for_each(|cause| tally.own_failure(fault, &format!("cause {cause}")));
        }
        Told::Exchange(step, at, span, flag) => {
            tally.request_sent(Micros(at));
            tally.exchange(&ExchangeSeen {
                step: StepId(step),
                began_at: Micros(at),
                phases: Phases {
                    wait: span.map(Micros),
                    connect: span.filter(|_| flag).map(Micros),
                    ..Phases::default()
                },
                redirect: flag,
                connections: u32::from(flag),
                redials: 0,
                sent: !flag,
                resumed: flag,
                held: flag,
                bytes_sent: at,
                bytes_received: 7,
            });
        }
        Told::Step(step, at, took, outcome) => tally.step_attempt(&StepAttempt {
            attributes: &[(at % 2) as u8],
            ..attempt(step, at / 1_000, took / 1_000, outcome)
        }),
        Told::Unit(unit, nth, at, attribute, observed, outcome) => {
            tally.unit_attempt(&UnitAttempt {
                unit: UnitId(unit),
                nth,
                intended_at: Micros(at),
                after_failure_at: (nth > 1 && at % 3 > 0).then_some(Micros(at / 2)),
                attributes: &[attribute],
                observed: &observed,
                outcome,
            })
        }
        Told::Funnel(place, nth) => {
            tally.record_entry(JourneyId(0), place);
            tally.record_pass(JourneyId(0), place, nth);
            tally.record_leave(JourneyId(0), place);
        }
        Told::RetriedInArm(step, arm, outcome) => tally.retried_in_arm(
            RetryArmKey { step: StepId(step), arm, eligible: u16::from(arm) | 1, new_key: false },
            outcome,
        ),
        Told::Repeated(at) => tally.record_repeat(Micros(at)),
        Told::End(at, failures, end, attribute, observed, worth) => {
            tally.shopper_end(&ShopperEnd {
                arrived_at: Micros(at),
                ended_at: Micros(2 * at),
                failures,
                first_failed: (failures > 0).then_some(StepId(1)),
                first_failed_at: (failures > 0).then_some(Micros(at + at / 3)),
                order_value: worth.map(MinorUnits),
                effort: (end == End::Completed).then_some(Effort {
                    requests: at,
                    troubles: failures.into(),
                    idle: Micros(at / 3),
                    ..Effort::default()
                }),
                end,
                ..ended(&[attribute], &observed)
            })
        }
        Told::Sample(step, kind, hash) => (hash..hash + 16).for_each(|said| {
            tally.sample(&cause(step, kind, &format!("said {said}")), hash, line(hash))
        }),
        Told::Caused(step, kind, said, failures) => tally.shopper_end(&ShopperEnd {
            failures,
            first_failed: Some(StepId(step)),
            cause: Some(&cause(step, kind, &format!("said {said}"))),
            ..ended(&[], &[])
        }),
        Told::Paired(at, step, here, beside) => {
            let of =
                if step == 0 { PairQuestion::Repeated } else { PairQuestion::Step(StepId(step)) };
            tally.record_pair(Micros(at), of, here, beside);
        }
    }
}

fn told_all<'a>(all: impl IntoIterator<Item = &'a Told>) -> Tally {
    let mut tally = Tally::new(shape());
    all.into_iter().for_each(|told| tell(&mut tally, told));
    tally
}

fn kind() -> impl Strategy<Value = FailureKind> {
    prop::sample::select(&FailureKind::ALL[..])
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![3 => Just(Outcome::Ok), 1 => Just(Outcome::Declined), 2 => kind().prop_map(Outcome::Failed), 1 => Just(Outcome::Unjudged)]
}

/// Some names stay below 64 values, some go far beyond; now and then one comes as blurred already.
fn observed() -> impl Strategy<Value = Observed> {
    prop_oneof![
        1 => Just(Observed::Missing),
        40 => (0..90u8).prop_map(|i| is(format!("node-{i}"))),
        20 => (0..4u8).prop_map(|i| is(format!("node-{i}"))),
        1 => (0..40u8).prop_map(|i| if i == 0 { Observed::TooMany } else { Observed::Missing }),
    ]
}

fn told() -> impl Strategy<Value = Told> {
    let at = 0..60_000_000u64;
    let span = || prop_oneof![0..500_000u64, Just(u64::MAX / 4)];
    let ends = prop::sample::select(vec![
        End::Completed,
        End::LeftByChoice,
        End::Lost,
        End::StoppedByCap,
        End::Unfinished,
    ]);
    let pair = || [observed(), observed()];
    prop_oneof![
        1 => at.clone().prop_map(Told::Planned),
        1 => (0..2u16, at.clone(), 0..5_000_000u64).prop_map(|(j, at, lag)| Told::Arrived(j, at, lag)),
        1 => (at.clone(), 0..80u8).prop_map(|(at, cause)| Told::Unstarted(at, cause)),
        1 => (0..80u8).prop_map(Told::OwnFailure),
        2 => (0..4u16, at.clone(), prop::option::of(span()), any::<bool>()).prop_map(|(s, at, span, flag)| Told::Exchange(s, at, span, flag)),
        3 => (0..4u16, at.clone(), span(), outcome()).prop_map(|(s, at, took, outcome)| Told::Step(s, at, took, outcome)),
        6 => (0..3u16, 1..12u32, at.clone(), 0..2u8, pair(), outcome()).prop_map(|(u, n, at, a, o, out)| Told::Unit(u, n, at, a, o, out)),
        1 => (0..2usize, 1..4u32).prop_map(|(place, nth)| Told::Funnel(place, nth)),
        1 => at.clone().prop_map(Told::Repeated),
        2 => (0..4u16, 0..3u8, outcome()).prop_map(|(step, arm, outcome)| Told::RetriedInArm(step, arm, outcome)),
        1 => (at.clone(), 0..3u16, any::<bool>(), any::<bool>()).prop_map(|(at, step, a, b)| Told::Paired(at, step, a, b)),
        6 => (at, 0..300u32, ends, 0..2u8, pair(), prop::option::of(prop_oneof![0..9_999u64, Just(u64::MAX)]))
            .prop_map(|(at, failures, end, a, o, worth)| Told::End(at, failures, end, a, o, worth)),
        2 => (0..2u16, prop_oneof![Just(FailureKind::ServerError), kind()], 0..120u64)
            .prop_map(|(step, kind, hash)| Told::Sample(step, kind, hash)),
        // One place meets ever new messages, the others a few.
        2 => (0..4u16, prop_oneof![Just(0..120u8), Just(0..3u8)].prop_flat_map(|said| said), 1..4u32)
            .prop_map(|(step, said, failures)| Told::Caused(step, FailureKind::ServerError, said, failures)),
        6 => (0..120u8).prop_map(|said| Told::Caused(3, FailureKind::Throttled, said, 1)),
    ]
}

/// Long enough, at times, for names and causes and strata to reach their bounds.
fn sequence() -> impl Strategy<Value = Vec<Told>> {
    prop_oneof![prop::collection::vec(told(), 0..60), prop::collection::vec(told(), 300..700)]
}

fn sum(one: &Tally, other: &Tally) -> Tally {
    let mut sum = one.clone();
    sum += other;
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_empty_tally_changes_nothing(all in sequence()) {
        let tally = told_all(&all);
        for empty in [Tally::default(), Tally::new(shape())] {
            prop_assert_eq!(&sum(&tally, &empty), &tally);
            prop_assert_eq!(&sum(&empty, &tally), &tally);
        }
    }

    #[test]
    fn the_order_and_the_grouping_do_not_matter(a in sequence(), b in sequence(), c in sequence()) {
        let (a, b, c) = (told_all(&a), told_all(&b), told_all(&c));
        prop_assert_eq!(sum(&a, &b), sum(&b, &a));
        prop_assert_eq!(sum(&sum(&a, &b), &c), sum(&a, &sum(&b, &c)));
    }

    #[test]
    fn any_split_merged_in_any_order_is_no_split(
        all in sequence(),
        homes in prop::collection::vec(0..5usize, 1..50),
        merges in prop::collection::vec(any::<(Index, Index)>(), 4),
    ) {
        let whole = told_all(&all);
        let part = |home: usize| told_all(all.iter().enumerate().filter(|(i, _)| homes[i % homes.len()] == home).map(|(_, told)| told));
        let mut parts: Vec<Tally> = (0..5).map(part).collect();
        for (from, to) in merges {
            let from = parts.swap_remove(from.index(parts.len()));
            let to = to.index(parts.len());
            parts[to] += from;
        }
        prop_assert_eq!(parts.len(), 1);
        prop_assert_eq!(&parts[0], &whole);
        prop_assert_eq!(postcard::to_stdvec(&parts[0]).unwrap(), postcard::to_stdvec(&whole).unwrap());
    }

    #[test]
    fn what_was_taken_second_by_second_adds_up_to_the_whole(all in sequence(), every in 1..40usize) {
        let mut core = Tally::new(shape());
        let mut sum = Tally::default();
        for chunk in all.chunks(every) {
            chunk.iter().for_each(|told| tell(&mut core, told));
            sum += core.take();
        }
        prop_assert_eq!(core, Tally::new(shape()));
        sum += Tally::new(shape());
        prop_assert_eq!(sum, told_all(&all));
    }

    #[test]
    fn a_tally_is_read_back_as_it_was_stored(all in sequence()) {
        let mut tally = told_all(&all);
        let stored = postcard::to_stdvec(&tally).unwrap();
        let back: Tally = postcard::from_bytes(&stored).unwrap();
        prop_assert_eq!(&back, &tally);
        tally.compact();
        prop_assert_eq!(&back, &tally);
        prop_assert_eq!(postcard::to_stdvec(&tally).unwrap(), stored);
    }

    #[test]
    fn every_bound_holds_whatever_is_told(all in sequence()) {
        let tally = told_all(&all);
        for name in &tally.distinct {
            prop_assert!(!matches!(name, DistinctValues::Values(values) if values.len() > DistinctValues::MAX));
        }
        prop_assert!(tally.arrivals.unstarted.len() <= MAX_CAUSES);
        prop_assert!(tally.samples.strata.values().all(|lines| lines.len() <= Samples::PER_STRATUM));
        prop_assert!(tally.samples.causes.values().all(|lines| lines.len() == 1));
        prop_assert!(tally.samples.causes.keys().all(|cause| tally.samples.of_site(cause.site).count() <= FailureMessages::MAX));
        prop_assert!(tally.causes.values().all(|said| !matches!(said, FailureMessages::Distinct(told) if told.len() > FailureMessages::MAX)));
        prop_assert!(tally.attempts.keys().all(|key| key.nth <= AttemptKey::MAX_NTH));
    }
}

#[test]
fn the_sequences_reach_the_bounds_that_the_laws_speak_of() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut reached = [0; 6];
    for _ in 0..40 {
        let tally = told_all(&sequence().new_tree(&mut runner).unwrap().current());
        reached[0] += usize::from(tally.distinct.iter().any(|name| !name.are_distinct()));
        reached[1] += usize::from(
            tally
                .distinct
                .iter()
                .any(|name| matches!(name, DistinctValues::Values(values) if values.len() > 32)),
        );
        reached[2] += usize::from(
            tally.samples.strata.values().any(|lines| lines.len() == Samples::PER_STRATUM),
        );
        reached[4] += usize::from(
            tally.causes.values().any(|said| matches!(said, FailureMessages::TooMany(_))),
        );
        reached[5] += usize::from(
            tally
                .samples
                .causes
                .keys()
                .any(|cause| tally.samples.of_site(cause.site).count() == FailureMessages::MAX),
        );
        reached[3] += usize::from(
            tally
                .generator
                .own_failures
                .values()
                .any(|causes| causes.contains_key(TOO_MANY_CAUSES)),
        );
    }
    assert!(reached.iter().all(|&times| times >= 3), "{reached:?}");
}
