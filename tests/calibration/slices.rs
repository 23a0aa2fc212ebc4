//! A run cut in 200 slices, merged, against the run that one machine would have made.

use tillrush::base::random::{Purpose, uniform};
use tillrush::base::{Micros, Slice};
use tillrush::tally::shard::{Ending, RunSettings, Shard, ShardHeader};
use tillrush::tally::{Outcome, Tally};
use tillrush::verdict::Findings;

use crate::simulation::{Moment, SimulatedRun, failing, planted};

const SLICES: u32 = 200;
const RUN: (u64, u64) = (24_000, 120);

/// The planted faults, and a quarter of a minute in which payments fail.
fn with_an_incident(m: &Moment<'_>) -> Outcome {
    let in_it = (60.0..75.0).contains(&m.now);
    if m.step == "pay" && in_it { failing(m.luck < 0.4) } else { planted(m) }
}

/// All slices, each late by up to this many seconds, merged.
fn merged(latest: f64) -> SimulatedRun {
    let mut whole = SimulatedRun::run(0, RUN.1, |_| Outcome::Ok);
    whole.tally = Tally::new(whole.tally.shape.clone());
    for index in 0..SLICES {
        let slice: Slice = format!("{index}/{SLICES}").parse().unwrap();
        let late = latest * uniform(9, Purpose::Arm, index.into());
        whole.tally.merge(SimulatedRun::slice(slice, late, RUN, with_an_incident).tally);
    }
    whole
}

fn hot_spots(findings: &Findings) -> Vec<Vec<(String, String)>> {
    let mut groups: Vec<_> = findings.hotspots.iter().map(|spot| spot.group.clone()).collect();
    groups.sort();
    groups
}

#[test]
fn two_hundred_slices_merge_to_the_very_tally_of_one_machine() {
    let (mut merged, single) = (merged(0.0), SimulatedRun::run(RUN.0, RUN.1, with_an_incident));
    // Processor time is cut in whole microseconds.
    merged.tally.generator = single.tally.generator.clone();
    assert_eq!(merged.tally, single.tally);
}

#[test]
fn clocks_half_a_second_apart_change_no_finding() {
    let (merged, single) = (merged(0.5), SimulatedRun::run(RUN.0, RUN.1, with_an_incident));
    let (ours, theirs) = (merged.findings(), single.findings());
    assert_eq!(ours.verdict, theirs.verdict);
    assert!(hot_spots(&theirs).len() >= 2, "{:?}", hot_spots(&theirs));
    assert_eq!(hot_spots(&ours), hot_spots(&theirs));
    assert_eq!((ours.incidents.len(), theirs.incidents.len()), (1, 1));
    let (one, other) = (&ours.incidents[0], &theirs.incidents[0]);
    assert_eq!(one.unit, other.unit);
    let block = merged.tally.shape.block;
    for (at, expected) in [(one.from, other.from), (one.until, other.until)] {
        let apart = Micros(at.0.abs_diff(expected.0));
        assert!(apart <= block, "an edge moved by {apart}, a block is {block}");
    }
}

/// A slice of an hour's run of a million shoppers a minute, cut in 200, as it is delivered.
fn delivered_slice() -> Shard {
    let shoppers = 1_000_000 * 60 / u64::from(SLICES);
    let simulated = SimulatedRun::run(shoppers, 3_600, planted);
    let header = ShardHeader {
        tool: "tillrush".into(),
        name: "Peak".into(),
        scenario: "name: Peak\n".into(),
        settings: RunSettings::default(),
        commands: Vec::new(),
        tags: Default::default(),
        target: "http://127.0.0.1:8080".into(),
        seed: 7,
        plan_digest: "aa".into(),
        workload_digest: "bb".into(),
        slices: vec![Slice::WHOLE],
        arrivals_planned: shoppers,
        length: Micros::from_secs(3_600),
        started_unix_us: 1_795_000_000_000_000,
        shape: simulated.tally.shape.clone(),
    };
    Shard {
        name: "slice".into(),
        header,
        tally: simulated.tally,
        ending: Ending::Finished,
        torn_bytes: 0,
        loss: None,
    }
}

/// Peak resident memory of this process since it was last reset, in MiB.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_024
}

#[test]
#[ignore = "a bench, for a release build"]
fn two_hundred_slices_of_an_hour_merge_in_five_seconds_and_a_gibibyte() {
    let mut shard = delivered_slice();
    let files: Vec<Vec<u8>> = (0..SLICES)
        .map(|index| {
            shard.header.slices = vec![format!("{index}/{SLICES}").parse().unwrap()];
            shard.write(Vec::new()).unwrap()
        })
        .collect();
    let started = shard.tally.arrivals.started;
    drop(shard);
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let (before, began) = (peak_mib(), tokio::time::Instant::now());
    let shards: Vec<Shard> =
        files.iter().map(|file| Shard::read("slice", file.as_slice()).unwrap()).collect();
    let merged = Shard::join(shards).unwrap();
    let took = began.elapsed();
    let megabytes = files.iter().map(Vec::len).sum::<usize>() as f64 / 1e6;
    let memory = peak_mib() - before + megabytes as u64;
    println!(
        "{SLICES} slices of an hour, {megabytes:.0} MB: merged in {took:.2?} and {memory} MiB"
    );
    assert_eq!(merged.tally.arrivals.started, started * u64::from(SLICES));
    assert!(took.as_secs_f64() < 5.0 && memory < 1_024, "{took:?}, {memory} MiB");
}
