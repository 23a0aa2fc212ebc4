//! A run cut in slices is the same run.

use std::path::PathBuf;

use serde_json::Value;

use crate::bench::{BUY, Bench, MEASURED, Shop, count, document, figure, loaded};

const FAULTS: &str = "
faults:
  - { name: hiccup, at: pay, first: 1, probability: 15%, kind: { status: 503 } }
  - { name: for good, at: pay, sticky: shopper, probability: 5%, kind: { status: 500 } }
  - { name: cart, at: add, probability: 5%, kind: { wrong_content: 'oops' } }
";

fn bench() -> Bench {
    Bench::new(&loaded(BUY, "{ stages: [{ hold: 120/s, for: 2s }] }"))
}

/// The folders of the slices of a run.
fn slices(bench: &Bench) -> [PathBuf; 3] {
    let runs = bench.runs();
    ["-0of3-", "-1of3-", "-2of3-"].map(|part| {
        runs.iter()
            .find(|run| run.to_str().unwrap().contains(part))
            .unwrap_or_else(|| panic!("{part} in {runs:?}"))
            .clone()
    })
}

fn names(runs: &[PathBuf]) -> Vec<&str> {
    runs.iter().map(|run| run.to_str().unwrap()).collect()
}

fn merge(bench: &Bench, runs: &[PathBuf]) -> crate::bench::Ended {
    let mut arguments = vec!["merge", "--out", "merged"];
    arguments.extend(names(runs));
    bench.tillrush(&arguments)
}

/// `run.json` of the only merged run.
pub fn merged(bench: &Bench) -> Value {
    let runs: Vec<PathBuf> = std::fs::read_dir(bench.path().join("merged"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    document(&runs[0])
}

/// What must not depend on how a run was cut.
fn counts(document: &Value) -> Value {
    let steps = document["steps"].as_array().unwrap().iter();
    let steps: Vec<Value> = steps
        .map(|step| {
            serde_json::json!([
                step["name"],
                step["attempts"],
                step["failures"],
                step["declined"],
                step["kinds"]
            ])
        })
        .collect();
    let keys = [
        "started",
        "ended",
        "completed",
        "left_by_choice",
        "stopped_by_cap",
        "unfinished",
        "purchased",
        "failed/events",
        "failed_once",
        "repeated_failures",
        "repeated_same_unit/events",
        "repeated_with_declines/events",
        "by_failures",
        "lost_expected",
    ];
    let shoppers: Vec<&Value> =
        keys.iter().map(|key| figure(document, &format!("/shoppers/{key}"))).collect();
    serde_json::json!({
        "plan": document["plan_digest"], "planned": document["generator"]["arrivals_planned"],
        "started": document["generator"]["arrivals_started"], "steps": steps, "shoppers": shoppers, "funnel": document["journeys"],
        "requests": document["requests_sent"],
    })
}

#[test]
fn three_slices_at_the_same_time_are_one_run() {
    let (shop, other) = (Shop::open(FAULTS), Shop::open(FAULTS));
    let (sliced, whole) = (bench(), bench());
    // A common start that all of them can still make.
    let start = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(5);
    let start = start.to_string();
    let running: Vec<_> = ["0/3", "1/3", "2/3"]
        .map(|slice| {
            sliced.start(&[
                "--target",
                &shop.url(),
                "--seed",
                "7",
                "--slice",
                slice,
                "--start-at",
                &start,
            ])
        })
        .into_iter()
        .collect();
    let whole_run = whole.start(&["--target", &other.url(), "--seed", "7", "--cores", "1"]);
    running.into_iter().for_each(|run| {
        // A part of the shoppers vouches for nothing.
        run.wait().with(&[100, 102]);
    });
    whole_run.wait().with(&MEASURED);

    let runs = slices(&sliced);
    let whole = whole.document();
    merge(&sliced, &runs).with(&MEASURED);
    let merged = merged(&sliced);
    assert_eq!(counts(&merged), counts(&whole));
    assert_eq!(count(&whole, "/shoppers/started"), shop.ledger().shoppers_seen);
    assert!(count(&whole, "/shoppers/repeated_failures") > 3);
    assert_eq!(merged["missing_slices"], serde_json::json!([]));
    let commands: Vec<&str> =
        merged["commands"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let of_slice =
        |slice: &str| commands.iter().any(|command| command.contains(&format!("--slice {slice}")));
    assert!(commands.len() == 3 && ["0/3", "1/3", "2/3"].into_iter().all(of_slice), "{commands:?}");
    let planned: Vec<u64> =
        runs.iter().map(|run| count(&document(run), "/generator/arrivals_planned")).collect();
    assert_eq!(planned.iter().sum::<u64>(), count(&whole, "/generator/arrivals_planned"));
    assert!(planned.iter().max().unwrap() - planned.iter().min().unwrap() <= 1, "{planned:?}");
    let starts: Vec<Value> = runs.iter().map(|run| document(run)["started_at"].clone()).collect();
    assert!(starts.iter().all(|at| starts[0] == *at), "{starts:?}");

    // What can't be one run is refused, and says why.
    let [first, second, third] = runs;
    merge(&sliced, &[first.clone(), second.clone(), first.clone()])
        .with(&[2])
        .complains("0/3")
        .complains("overlap");
    sliced
        .run(&[
            "--target",
            &shop.url(),
            "--seed",
            "8",
            "--slice",
            "2/3",
            "-d",
            "2s",
            "--out",
            "other",
        ])
        .with(&[100, 102]);
    let stranger =
        std::fs::read_dir(sliced.path().join("other")).unwrap().next().unwrap().unwrap().path();
    merge(&sliced, &[first.clone(), second.clone(), stranger])
        .with(&[2])
        .complains("seed 7")
        .complains("seed 8")
        .complains(" apart");

    // A run that lacks a part is reported as a part, and is no pass.
    std::fs::remove_dir_all(sliced.path().join("merged")).unwrap();
    merge(&sliced, &[first, third]).with(&[100, 102]).complains("1/3");
    let partly = self::merged(&sliced);
    assert_eq!(partly["missing_slices"], serde_json::json!(["1/3"]));
    assert_ne!(partly["verdict"], "pass");
    assert_eq!(count(&partly, "/generator/arrivals_planned"), planned[0] + planned[2]);
}

#[test]
fn shards_of_different_scenarios_are_refused() {
    let shop = Shop::open("");
    let (here, there) =
        (bench(), Bench::new(&loaded(BUY, "{ stages: [{ hold: 10/s, for: 1s }] }")));
    for (bench, slice) in [(&here, "0/2"), (&there, "1/2")] {
        bench
            .run(&["--target", &shop.url(), "--seed", "7", "--slice", slice, "-d", "1s"])
            .with(&[100, 102]);
    }
    merge(&here, &[here.only_run(), there.only_run()]).with(&[2]).complains("different plans");
    merge(&here, &[here.path().to_owned()]).with(&[1, 2]).complains("holds no run");
}
