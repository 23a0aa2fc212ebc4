//! The stored form, held byte by byte: renames and moves in this room must not change it.
//!
//! Frames are not self-describing, so a moved field would be read as its neighbour. If this fails, the stored form has
//! changed: once a release has written files of this version, raise [`FORMAT`] before taking the new text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::tally::shard::tests::header_of;
use crate::tally::shard::{DeltaWriter, Ending, FORMAT, Shard};

/// What one shard was when the format was fixed, in lines of base64.
const GOLDEN: &str = include_str!("stored_form.base64");

/// A tally with something in each field; counts differ, so that fields that change places are noticed.
fn full() -> Tally {
    let mut tally = Tally::new(shape());
    record_arrivals(&mut tally);
    record_attempts(&mut tally);
    record_requests(&mut tally);
    record_purchases(&mut tally);
    record_journeys(&mut tally);
    record_shoppers(&mut tally);
    set_generator(&mut tally.generator);
    tally
}

/// Calls `record` with 0, 1, … `count - 1`.
fn times(count: u64, record: impl FnMut(u64)) {
    (0..count).for_each(record);
}

fn record_arrivals(tally: &mut Tally) {
    times(31, |i| tally.record_planned(Micros::from_secs(i)));
    times(29, |i| {
        tally.record_arrival(JourneyId(0), Micros::from_secs(i), Micros(i * 1_000_000 + 40))
    });
    times(2, |i| tally.record_unstarted(Micros::from_secs(i), "too many shoppers at once"));
    times(3, |_| tally.came_again(true));
    times(4, |_| tally.came_again(false));
    times(5, |i| tally.record_repeat(Micros::from_secs(i)));
}

fn record_attempts(tally: &mut Tally) {
    let outcomes = [
        Outcome::Ok,
        Outcome::Declined,
        Outcome::Failed(FailureKind::ServerError),
        Outcome::Failed(FailureKind::TooSlow),
        Outcome::Unjudged,
    ];
    for (nth, outcome) in (1u64..).zip(outcomes) {
        times(nth, |i| {
            let attributes = [0, 1];
            tally.step_attempt(&StepAttempt {
                attributes: &attributes,
                times: AttemptTimes::default()
                    .with(Timing::Service, Some(Micros::from_millis(3 * nth))),
                ..attempt(1, i * 4_000, 100 * nth + i, outcome)
            });
            tally.unit_attempt(&UnitAttempt {
                after_failure_at: (nth > 1).then_some(Micros::from_secs(2)),
                ..tried(nth as u32, &attributes, &[is("node-1"), Observed::Missing], outcome)
            });
        });
        times(nth + 5, |_| {
            tally.retried_in_arm(
                RetryArmKey { step: StepId(2), arm: nth as u8, eligible: 0b101, new_key: false },
                outcome,
            );
        });
    }
    for (count, here, beside) in
        [(3, true, true), (4, true, false), (5, false, true), (6, false, false)]
    {
        for of in [PairQuestion::Repeated, PairQuestion::Purchase, PairQuestion::Step(StepId(3))] {
            times(count, |i| tally.record_pair(Micros::from_secs(i * 5), of, here, beside));
        }
    }
}

fn record_requests(tally: &mut Tally) {
    let phases = Phases {
        dns: Some(Micros(10)),
        connect: Some(Micros(200)),
        tls: Some(Micros(3_000)),
        wait: Some(Micros(40_000)),
        receive: Some(Micros(500_000)),
    };
    times(11, |i| tally.request_sent(Micros::from_secs(i)));
    times(8, |i| tally.request_sent(Micros::from_secs(i)));
    times(17, |i| {
        tally.exchange(&ExchangeSeen {
            step: StepId(3),
            began_at: Micros::from_secs(i),
            phases,
            redirect: i < 3,
            connections: u32::from(i < 5),
            redials: u32::from(i < 7),
            sent: i < 11,
            resumed: i < 2,
            held: i < 13,
            bytes_sent: 23,
            bytes_received: 1_021,
        });
    });
    times(9, |i| {
        tally.asset_exchange(&AssetExchange {
            step: StepId(2),
            began_at: Micros::from_secs(i),
            sent: i < 8,
            connections: u32::from(i < 6),
            held: i < 4,
            bytes_received: 733,
        });
    });
    let seen = AssetsSeen {
        files: 19,
        cached: 7,
        not_modified: 5,
        failed: vec![FailureKind::ClientError, FailureKind::Dns],
        elsewhere: 3,
        load: Some(Micros::from_millis(870)),
    };
    times(2, |_| tally.assets(StepId(2), &seen));
}

fn record_purchases(tally: &mut Tally) {
    let stages = [
        PurchaseStage::Sent,
        PurchaseStage::Confirmed,
        PurchaseStage::Declined,
        PurchaseStage::Failed,
        PurchaseStage::Unknown,
    ];
    for (stage, count) in stages.into_iter().zip([30, 9, 8, 6, 5]) {
        times(count, |i| tally.purchase(Micros::from_secs(i), stage));
    }
}

fn record_journeys(tally: &mut Tally) {
    let journey = JourneyId(0);
    times(9, |_| tally.record_entry(journey, 1));
    times(7, |_| tally.record_pass(journey, 1, 2));
    times(4, |_| tally.record_pass(journey, 1, 1));
    times(3, |_| tally.record_leave(journey, 1));
    times(2, |_| tally.record_stop(journey, 1));
    times(6, |_| tally.cut_off(journey, 1));
    tally.sample(&cause(1, FailureKind::TooSlow, "given up"), 99, line(7));
}

fn record_shoppers(tally: &mut Tally) {
    let broken = cause(1, FailureKind::ServerError, "write lost");
    let observed = [is("node-1"), Observed::TooMany];
    let effort = Effort {
        requests: 11,
        round_trips: 13,
        bytes_sent: 17,
        bytes_received: 19,
        troubles: 0,
        idle: Micros::from_secs(5),
    };
    times(3, |_| {
        tally.shopper_end(&ShopperEnd { effort: Some(effort), ..ended(&[0, 1], &observed) });
    });
    times(2, |_| {
        tally.shopper_end(&ShopperEnd {
            effort: Some(Effort { troubles: 2, ..effort }),
            failures: 2,
            declines: 1,
            first_failed: Some(StepId(1)),
            first_failed_at: Some(Micros::from_secs(14)),
            second_failed: Some(StepId(2)),
            cause: Some(&broken),
            before_order: Setbacks { failed: 1, throttled: 1, declined: 1 },
            repeated_at: Some(StepId(2)),
            reached: Some(StepId(3)),
            stuck_on: Some(Setback::Throttled),
            order_unknown: true,
            ..ended(&[1, 2], &observed)
        });
    });
    for end in [End::LeftByChoice, End::Lost, End::StoppedByCap, End::Unfinished] {
        tally.shopper_end(&ShopperEnd { bought_at: None, end, ..ended(&[1, 0], &observed) });
    }
    times(70, |i| {
        let new = cause(3, FailureKind::Throttled, &format!("said {i}"));
        let nobody = [Observed::Missing, Observed::Missing];
        tally.shopper_end(&ShopperEnd {
            cause: Some(&new),
            order_value: None,
            ..ended(&[0, 0], &nobody)
        });
    });
}

fn set_generator(generator: &mut Generator) {
    let faults = [OwnFault::Means, OwnFault::Scenario, OwnFault::Permission, OwnFault::Bug];
    *generator = Generator {
        cpu: Micros(101),
        wall: Micros(102),
        run_queue: Micros(103),
        busiest_permille: 104,
        peak_rss_kib: 105,
        own_failures: faults.map(|fault| (fault, [("none left".to_owned(), 106)].into())).into(),
        clamped: 107,
        coarse_timer: true,
    };
}

fn stored() -> Vec<u8> {
    let mut writer = DeltaWriter::begin(Vec::new(), &header_of(shape())).unwrap();
    writer.append(&full()).unwrap();
    writer.end(Ending::Interrupted).unwrap()
}

fn in_lines(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let lines: Vec<&str> =
        text.as_bytes().chunks(100).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join("\n") + "\n"
}

#[test]
fn the_stored_form_is_that_of_its_version() {
    assert_eq!(FORMAT, "tillrush.tally/1");
    let now = in_lines(&stored());
    assert!(now == GOLDEN, "the stored form has changed; stored_form.base64 would be\n{now}");
}

#[test]
fn a_shard_that_was_stored_before_is_read_as_the_same_tally() {
    let bytes = STANDARD.decode(GOLDEN.replace('\n', "")).unwrap();
    let read = Shard::read("golden", &bytes[..]).unwrap();
    assert_eq!(read.tally, full());
    assert_eq!((read.header, read.ending), (header_of(shape()), Ending::Interrupted));
}

#[test]
fn a_sample_line_is_written_with_these_keys() {
    let mut line = (*line(7)).clone();
    line.exchanges.push(SampledExchange {
        step: "pay".into(),
        attempt: 2,
        began_at: Micros(5),
        took: Micros(6),
        status: Some(503),
        failure: Some(FailureKind::ServerError),
        detail: "status 503".into(),
        message: "Sorry, 3 times".into(),
        request: None,
        response: None,
    });
    insta::assert_json_snapshot!(line);
}
