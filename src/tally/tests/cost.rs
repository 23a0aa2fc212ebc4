//! What recording and keeping cost. The measurements are run by hand: `cargo test --release -- --ignored cost`.

use super::*;
use crate::base::random::{Purpose, below, draw};

/// Shoppers of four steps with some failures, as a peak brings them: `n` of them within `seconds`.
fn rush(tally: &mut Tally, from: u64, to: u64, per_second: u64) {
    let nodes: Vec<Observed> = (0..12).map(|i| is(format!("checkout-{i}.internal"))).collect();
    for i in from..to {
        let pick = |ordinal: u64, bound: u64| below(draw(i, Purpose::Pick, ordinal), bound);
        let arrived_at = Micros(i * 1_000_000 / per_second);
        let failed = pick(0, 50) == 0;
        let (attributes, observed) = (
            [pick(1, 2) as u8, pick(2, 3) as u8],
            [nodes[pick(3, 12) as usize].clone(), Observed::Missing],
        );
        let outcome = if failed { Outcome::Failed(FailureKind::ServerError) } else { Outcome::Ok };
        tally.record_planned(arrived_at);
        tally.record_arrival(JourneyId(0), arrived_at, arrived_at + Micros(40));
        for step in 0..4u16 {
            let took = 20 + pick(4 + u64::from(step), 80);
            let due = arrived_at.0 / 1_000 + 500 * u64::from(step);
            tally.step_attempt(&StepAttempt {
                attributes: &attributes,
                ..attempt(step, due, took, outcome)
            });
            let intended_at = arrived_at + Micros::from_millis(500 * u64::from(step));
            tally.unit_attempt(&UnitAttempt {
                unit: UnitId(step % 3),
                intended_at,
                ..tried(1, &attributes, &observed, outcome)
            });
        }
        let first_failed = failed.then_some(StepId(0));
        let ended_at = arrived_at + Micros::from_secs(2);
        tally.shopper_end(&ShopperEnd {
            arrived_at,
            ended_at,
            failures: u32::from(failed),
            first_failed,
            ..ended(&attributes, &observed)
        });
    }
}

#[test]
fn ten_times_the_shoppers_take_no_more_memory() {
    let (few, many) = (4_000, 40_000);
    let mut tally = Tally::new(shape());
    rush(&mut tally, 0, few, few / 10);
    let small = postcard::to_stdvec(&tally).unwrap().len();
    let mut tally = Tally::new(shape());
    rush(&mut tally, 0, many, many / 10);
    let large = postcard::to_stdvec(&tally).unwrap().len();
    assert!(large < 2 * small, "{small} bytes after {few} shoppers, {large} after {many}");
}

/// A day at 150 shoppers a second, each block and second of it with all that it can hold: what stands in memory is estimated from
/// the entries and the packed distributions.
#[test]
fn a_day_at_150_shoppers_per_second_fits_64_mib() {
    const DAY: u64 = 86_400;
    let shape = TallyShape { block: TallyShape::block_for(Micros::from_secs(DAY)), ..shape() };
    let mut day = Tally::new(shape.clone());
    // A tenth of a second's shoppers, in every tenth second: all blocks, and all seconds that are told apart.
    for from in (0..DAY).step_by(10) {
        let mut part = Tally::new(shape.clone());
        rush(&mut part, from * 15, from * 15 + 15, 15);
        day.merge(part);
    }
    day.compact();
    assert!(day.seconds.len() <= 7_300, "{} seconds", day.seconds.len());
    assert!(day.blocks.len() <= 361, "{} blocks", day.blocks.len());
    let total: u64 = day.seconds.values().map(|second| second.planned).sum();
    assert_eq!(total, day.arrivals.planned, "no second is lost");
    // A tree's node is half empty at worst, and an entry of a second has a tree of its own.
    let second = 2 * size_of::<(u32, SecondTally)>() + 11 * size_of::<(StepId, (u32, u32))>() + 128;
    let (seconds, rest) = (day.seconds.len() * second, Tally { seconds: BTreeMap::new(), ..day });
    // Ten times as many shoppers fill distributions, and no more entries.
    let rest = 10 * postcard::to_stdvec(&rest).unwrap().len();
    assert!(seconds + rest < 64 << 20, "{seconds} bytes of seconds, {rest} of the rest");
    assert!(seconds < 8 << 20, "{seconds} bytes of seconds");
}

#[expect(
    clippy::disallowed_types,
    reason = "this measures the room itself, it is no part of a run"
)]
mod by_hand {
    use super::*;
    use crate::tally::shard::tests::header_of;
    use crate::tally::shard::{DeltaWriter, Ending, Shard};
    use std::hint::black_box;
    use std::time::Instant;

    fn per_call(calls: u64, what: &str, run: impl FnOnce()) {
        let start = Instant::now();
        run();
        println!("{what}: {:.0} ns", start.elapsed().as_nanos() as f64 / calls as f64);
    }

    #[test]
    #[ignore = "a measurement"]
    fn cost_of_recording() {
        let n = 1_000_000u64;
        let nodes: Vec<Observed> = (0..12).map(|i| is(format!("checkout-{i}.internal"))).collect();
        for (what, cut) in [("whole run", u64::MAX), ("taken every 20,000", 20_000)] {
            let mut tally = Tally::new(shape());
            let mut sum = Tally::default();
            let mut at = |tally: &mut Tally, i: u64| {
                if i % cut == cut - 1 {
                    sum += tally.take();
                }
            };
            per_call(n, &format!("step attempt, {what}"), || {
                for i in 0..n {
                    at(&mut tally, i);
                    tally.step_attempt(black_box(&attempt(
                        (i % 4) as u16,
                        i / 20,
                        20 + i * 7919 % 80,
                        Outcome::Ok,
                    )));
                }
            });
            per_call(n, &format!("unit attempt, {what}"), || {
                for i in 0..n {
                    at(&mut tally, i);
                    let observed = [nodes[(i % 12) as usize].clone(), Observed::Missing];
                    let attributes = [(i % 2) as u8, (i % 3) as u8];
                    tally.unit_attempt(black_box(&UnitAttempt {
                        intended_at: Micros(i * 50),
                        unit: UnitId((i % 3) as u16),
                        ..tried(1, &attributes, &observed, Outcome::Ok)
                    }));
                }
            });
            per_call(n, &format!("shopper end, {what}"), || {
                for i in 0..n {
                    at(&mut tally, i);
                    let observed = [nodes[(i % 12) as usize].clone(), Observed::Missing];
                    let attributes = [(i % 2) as u8, (i % 3) as u8];
                    let failures = u32::from(i % 17 == 0);
                    tally.shopper_end(black_box(&ShopperEnd {
                        arrived_at: Micros(i * 50),
                        ended_at: Micros(i * 50 + 2_000_000),
                        failures,
                        ..ended(&attributes, &observed)
                    }));
                }
            });
        }
        let mut latency = Latency::default();
        per_call(n, "one span", || {
            (0..n).for_each(|i| latency.record(black_box(Micros(20_000 + i * 7919 % 80_000))))
        });
    }

    #[test]
    #[ignore = "a measurement"]
    fn memory_of_a_million_shoppers() {
        let mut tally = Tally::new(shape());
        rush(&mut tally, 0, 100_000, 10_000);
        let small = postcard::to_stdvec(&tally).unwrap().len();
        let mut tally = Tally::new(shape());
        rush(&mut tally, 0, 1_000_000, 100_000);
        let large = postcard::to_stdvec(&tally).unwrap().len();
        println!("{small} bytes after 100,000 shoppers, {large} after 1,000,000");
        assert!(large * 10 < small * 13);
    }

    /// An hour of 20 steps in 360 blocks, each with some 200 distinct buckets in each of two series.
    #[test]
    #[ignore = "a measurement"]
    fn cost_of_loading_an_hour() {
        let shape = TallyShape { steps: 20, ..shape() };
        let mut hour = Tally::new(shape.clone());
        for (id, step) in (0u64..).zip(&mut hour.steps) {
            for block in 0..360u32 {
                for i in 0..400u64 {
                    let draw = draw(id << 32 | u64::from(block), Purpose::Pick, i);
                    step.times[StepTime::ResponseOk]
                        .record(block, Micros(30_000 + below(draw, 40_000)));
                    step.times[StepTime::ServiceOk]
                        .record(block, Micros(20_000 + below(draw, 40_000)));
                }
            }
        }
        hour.compact();
        let buckets: usize = hour.steps[0].times[StepTime::ResponseOk]
            .blocks
            .values()
            .map(|block| block.iter().count())
            .sum();
        let header = header_of(shape);
        let shard = Shard {
            name: "hour".into(),
            header,
            tally: hour,
            ending: Ending::Finished,
            torn_bytes: 0,
            loss: None,
        };
        let mut stored = Vec::new();
        per_call(1, "storing", || stored = shard.write(Vec::new()).unwrap());
        let mut loaded = None;
        per_call(1, "loading", || loaded = Some(Shard::read("hour", &stored[..]).unwrap()));
        let tally = loaded.unwrap().tally;
        let mut totals = Vec::new();
        per_call(1, "totals", || {
            totals = tally
                .steps
                .iter()
                .flat_map(|step| {
                    [
                        step.times[StepTime::ResponseOk].total(),
                        step.times[StepTime::ServiceOk].total(),
                    ]
                })
                .collect()
        });
        per_call(360, "one block's p99", || {
            black_box(
                tally.steps[0].times[StepTime::ResponseOk]
                    .blocks
                    .values()
                    .map(|block| block.quantile(0.99))
                    .max(),
            );
        });
        println!(
            "{} buckets a block, {} KiB, {} spans",
            buckets / 360,
            stored.len() >> 10,
            totals[0].count()
        );
    }

    /// What a killed run costs to rebuild: ten minutes of one core's seconds.
    #[test]
    #[ignore = "a measurement"]
    fn cost_of_rebuilding_ten_minutes_from_deltas() {
        let mut core = Tally::new(shape());
        let header = header_of(shape());
        let mut writer = DeltaWriter::begin(Vec::new(), &header).unwrap();
        let shoppers_per_second = 1_000;
        let (mut taking, mut storing) = (0, 0);
        for second in 0..600u64 {
            rush(
                &mut core,
                second * shoppers_per_second,
                (second + 1) * shoppers_per_second,
                shoppers_per_second,
            );
            let start = Instant::now();
            let mut delta = core.take();
            taking += start.elapsed().as_nanos();
            delta.compact();
            writer.append(&delta).unwrap();
            storing += start.elapsed().as_nanos();
        }
        let stored = writer.end(Ending::Finished).unwrap();
        println!(
            "taking {} ns, sealing and storing {} ns, {} bytes a delta",
            taking / 600,
            storing / 600,
            stored.len() / 600
        );
        per_call(600, "rebuilding, a delta", || {
            drop(black_box(Shard::read("run", &stored[..]).unwrap()))
        });
    }
}
