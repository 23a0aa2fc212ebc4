//! Slices that meet in a store: they start together, and merged they are the whole run.

use serde_json::Value;

use crate::bench::{BUY, Bench, MEASURED, Shop, Underway, count, document, loaded};
use crate::slices::merged;

const LOAD: &str = "{ stages: [{ hold: 60/s, for: 3s }] }";
const FAULTS: &str =
    "faults:\n  - { name: hiccup, at: pay, first: 1, probability: 15%, kind: { status: 503 } }\n";

fn bench() -> Bench {
    Bench::new(&loaded(BUY, LOAD))
}

fn store(bench: &Bench) -> String {
    format!("file://{}/store/run-1", bench.path().display())
}

fn join(bench: &Bench, shop: &Shop, slice: &str, more: &[&str]) -> Underway {
    let (url, store) = (shop.url(), store(bench));
    let mut arguments = vec!["--target", &url, "--slice", slice, "--join", &store, "--cores", "1"];
    arguments.extend(more);
    bench.start(&arguments)
}

fn merge(bench: &Bench, more: &[&str]) -> crate::bench::Ended {
    let store = store(bench);
    let mut arguments = vec!["merge", &store, "--out", "merged"];
    arguments.extend(more);
    bench.tillrush(&arguments)
}

#[test]
fn joined_slices_start_together_and_make_the_whole_run() {
    let (shop, other) = (Shop::open(FAULTS), Shop::open(FAULTS));
    let (joined, whole) = (bench(), bench());
    // Only one of them is given the seed: the others take it from the run.
    let first = join(&joined, &shop, "0/3", &["--seed", "7"]);
    std::thread::sleep(std::time::Duration::from_secs(2));
    let others = ["1/3", "2/3"].map(|slice| join(&joined, &shop, slice, &[]));
    let whole_run = whole.start(&["--target", &other.url(), "--seed", "7", "--cores", "1"]);
    for slice in [first].into_iter().chain(others) {
        // A slice never judges itself, and prints no report.
        let ended = slice.wait().with(&[0]);
        assert!(ended.stdout.is_empty(), "{}", ended.stdout);
        assert!(ended.stderr.contains("is delivered; to judge the run: tillrush merge"));
    }
    whole_run.wait().with(&MEASURED);
    merge(&joined, &["--wait", "10s"]).with(&MEASURED);

    let (merged, whole) = (merged(&joined), whole.document());
    for place in [
        "/plan_digest",
        "/shoppers/started",
        "/shoppers/purchased",
        "/shoppers/repeated_failures",
        "/requests_sent",
        "/generator/arrivals_planned",
    ] {
        assert_eq!(merged.pointer(place), whole.pointer(place), "{place}");
    }
    assert_eq!(count(&merged, "/shoppers/started"), shop.ledger().shoppers_seen);
    assert_eq!(merged["missing_slices"], serde_json::json!([]));
    let starts: Vec<Value> =
        joined.runs().iter().map(|run| document(run)["started_at"].clone()).collect();
    assert!(starts.len() == 3 && starts.iter().all(|at| starts[0] == *at), "{starts:?}");
    let stored = joined.path().join("store/run-1/merged/run.json");
    assert!(stored.exists(), "the merged run is stored beside its slices");

    // Who comes after the start, or to a slice that is held, sends nothing.
    let seen = shop.ledger().shoppers_seen;
    let held = join(&joined, &shop, "1/3", &[]).wait().with(&[108]);
    assert!(held.stderr.contains("slice 1/3 is held by"), "{}", held.stderr);
    let unlike =
        joined.run(&["--target", &shop.url(), "--slice", "0/4", "--join", &store(&joined)]);
    assert!(unlike.with(&[2]).stderr.contains("the run there has 3 slices, this one is of 4"));
    assert_eq!(shop.ledger().shoppers_seen, seen);
}

#[test]
fn where_a_slice_is_missing_nobody_starts_and_it_is_named() {
    let (shop, bench) = (Shop::open(""), bench());
    let slices = ["0/3", "2/3"].map(|slice| join(&bench, &shop, slice, &["--join-wait", "5s"]));
    for slice in slices {
        let ended = slice.wait().with(&[108]);
        assert!(ended.stderr.contains("slices 1 of 3 were missing after"), "{}", ended.stderr);
    }
    assert_eq!(shop.ledger().shoppers_seen, 0);
    let gate = merge(&bench, &[]).with(&[108]);
    assert!(
        gate.stderr.contains("the run did not begin: slices 1 were missing"),
        "{}",
        gate.stderr
    );
}

#[test]
fn a_killed_slice_counts_up_to_its_last_part_and_the_run_never_passes() {
    let shop = Shop::open("");
    let bench = Bench::new(&loaded(BUY, "{ stages: [{ hold: 30/s, for: 14s }] }"));
    let whole = join(&bench, &shop, "0/2", &[]);
    let killed = join(&bench, &shop, "1/2", &[]);
    let part = bench.path().join("store/run-1/slices/1/part");
    for _ in 0..600 {
        // Written at the first second and every five seconds from then on: this is the second one.
        let has_shoppers = std::fs::metadata(&part).is_ok_and(|part| part.len() > 3_000);
        if has_shoppers && shop.ledger().shoppers_seen > 250 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    killed.signal("KILL");
    assert_eq!(killed.wait().code, None);
    whole.wait().with(&[0]);
    let gate = merge(&bench, &["--wait", "1s"]).with(&[102, 105]);
    assert!(gate.stderr.contains("slice 1, on "), "{}", gate.stderr);
    let merged = merged(&bench);
    // 30/s for 14 s; the killed slice lost what came after its last part.
    let started = count(&merged, "/generator/arrivals_started");
    assert!((210..420).contains(&started), "{started} of 420");
    assert_eq!(merged["missing_slices"], serde_json::json!([]));
}

#[test]
fn a_slice_is_taken_from_the_engines_variables_only_when_asked() {
    let (shop, bench) = (Shop::open(""), bench());
    let url = shop.url();
    let arguments = ["run", bench.scenario(), "--target", &url, "--slice", "auto"];
    let none = bench.tillrush(&arguments).with(&[2]);
    assert!(none.stderr.contains("no variable of a known engine is set"), "{}", none.stderr);
    let mut command = bench.command();
    command.args(arguments).env("JOB_COMPLETION_INDEX", "1").env("TILLRUSH_SLICES", "2");
    bench.begin(&mut command).wait().with(&[100, 102, 105]);
    let document = bench.document();
    assert_eq!(document["missing_slices"], serde_json::json!(["0/2"]));
    assert_eq!(document["tags"]["slice_from"], "JOB_COMPLETION_INDEX and TILLRUSH_SLICES");
}

/// Watches the run of all slices.
fn watch(bench: &Bench, more: &[&str]) -> Underway {
    let store = store(bench);
    let mut command = bench.command();
    command.args(["watch", &store]).args(more);
    bench.begin(&mut command)
}

#[test]
fn who_watches_sees_all_slices_exactly_and_does_not_judge() {
    let (shop, bench) = (Shop::open(FAULTS), bench());
    let slices = ["0/2", "1/2"].map(|slice| join(&bench, &shop, slice, &[]));
    let watching = watch(&bench, &["--web", "127.0.0.1:0"]);
    for slice in slices {
        slice.wait().with(&[0]);
    }
    let seen = watching.wait().with(&[0]);
    assert!(seen.stdout.is_empty(), "{}", seen.stdout);
    assert!(seen.stderr.contains("live report: http://127.0.0.1:"), "{}", seen.stderr);
    merge(&bench, &[]).with(&MEASURED);
    let started = count(&merged(&bench), "/shoppers/started");
    assert!(started > 100, "{started}");
    let told = format!("2 slices with {started} shoppers delivered; to judge the run");
    assert!(seen.stderr.contains(&told), "{told}\n{}", seen.stderr);
}

#[test]
fn who_watches_can_end_all_slices() {
    let shop = Shop::open("");
    let bench = Bench::new(&loaded(BUY, "{ stages: [{ hold: 20/s, for: 300s }] }"));
    let slices = ["0/2", "1/2"].map(|slice| join(&bench, &shop, slice, &[]));
    shop.wait_for_shoppers(20);
    let stopped = watch(&bench, &["--stop"]).wait().with(&[0]);
    assert!(stopped.stderr.contains("the order to stop is stored"), "{}", stopped.stderr);
    for slice in slices {
        let ended = slice.wait().with(&[105]);
        assert!(ended.stderr.contains("the run was stopped from elsewhere"), "{}", ended.stderr);
    }
    let gate = merge(&bench, &[]).with(&[102, 105]);
    assert!(!gate.stderr.contains("has not delivered"), "{}", gate.stderr);
    assert!(
        watch(&bench, &["--stop"])
            .wait()
            .with(&[0])
            .stderr
            .contains("the order to stop was stored before")
    );
}
