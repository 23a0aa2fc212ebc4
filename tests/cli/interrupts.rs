//! Ctrl-C: the first one ends the arrivals and reports, the second ends everything.

use std::thread;
use std::time::{Duration, SystemTime};

use crate::bench::{BUY, Bench, Shop, count, document};

/// Some payments take longer than anybody waits here.
const HANGING: &str =
    "faults: [{ name: hangs, at: pay, sticky: shopper, probability: 10%, kind: { hang: 60s } }]";

fn bench() -> Bench {
    let bench = Bench::new(&BUY.replace("gives_up_after: 20s", "gives_up_after: 50s"));
    bench.file("unused", "");
    bench
}

const FOREVER: [&str; 4] = ["--rate", "50/s", "-d", "10m"];

/// Whether these tests run under `nohup`, whose children ignore SIGHUP, and so does a run.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & 1 == 1)
}

#[test]
fn the_first_interrupt_drains_for_a_bounded_time_and_reports() {
    let shop = Shop::open(HANGING);
    let bench = bench();
    let run = bench.start(&[&["--target", &shop.url(), "--seed", "31"], &FOREVER[..]].concat());
    shop.wait_for_shoppers(60);
    run.signal("INT");
    let asked_at = SystemTime::now();
    let ended = run.wait().with(&[105]).complains("stopping");
    let took = asked_at.elapsed().unwrap();
    assert!(took >= Duration::from_secs(4) && took < Duration::from_secs(9), "{took:?}");
    assert!(ended.stdout.contains("pay"), "it reports: {}", ended.stdout);

    let (document, books) = (bench.document(), shop.ledger());
    assert_eq!(
        (&document["verdict"], &document["completion"]),
        (&"interrupted".into(), &"interrupted".into())
    );
    let [started, completed, unfinished] = ["started", "completed", "unfinished"]
        .map(|key| count(&document, &format!("/shoppers/{key}")));
    assert_eq!(started, books.shoppers_seen);
    assert!(unfinished > 0 && completed > unfinished, "{:#}", document["shoppers"]);
    assert_eq!(completed + unfinished, started);
    assert_eq!(
        count(&document, "/shoppers/failed/events"),
        0,
        "what was cut off is nobody's failure"
    );
    assert!(started < 1_000, "arrivals stopped");
}

#[test]
fn with_nobody_left_inside_the_end_comes_at_once() {
    let signals = if ignores_hangup() { &["TERM"][..] } else { &["TERM", "HUP"] };
    let runs: Vec<_> = signals
        .iter()
        .map(|signal| {
            // A shop for each, so that both runs are known to be under way.
            let (shop, bench) = (Shop::open(""), bench());
            let run = bench.start(&[&["--target", &shop.url(), "-q"], &FOREVER[..]].concat());
            (shop, bench, run, signal)
        })
        .collect();
    for (shop, ..) in &runs {
        shop.wait_for_shoppers(30);
    }
    let asked_at = SystemTime::now();
    for (_shop, bench, run, signal) in runs {
        run.signal(signal);
        // The terminal and the shell may both say that the terminal is gone.
        if *signal == "HUP" {
            run.signal(signal);
        }
        run.wait().with(&[105]);
        assert!(asked_at.elapsed().unwrap() < Duration::from_secs(4), "{:?}", asked_at.elapsed());
        assert_eq!(count(&bench.document(), "/shoppers/unfinished"), 0, "{signal}");
    }
}

#[test]
fn the_second_interrupt_ends_everything_and_what_was_stored_is_reported_later() {
    let shop = Shop::open(HANGING);
    let bench = bench();
    let run = bench.start(&[&["--target", &shop.url(), "--seed", "31"], &FOREVER[..]].concat());
    shop.wait_for_shoppers(75);
    run.signal("INT");
    // Two signals of one kind may arrive as one.
    thread::sleep(Duration::from_millis(300));
    run.signal("INT");
    let asked_at = SystemTime::now();
    run.wait().with(&[105]);
    assert!(asked_at.elapsed().unwrap() < Duration::from_millis(1_500), "{:?}", asked_at.elapsed());
    let folder = bench.only_run();
    bench.tillrush(&["report", folder.to_str().unwrap()]).with(&[105]);
    let started = count(&document(&folder), "/shoppers/started");
    assert!(started > 0 && started <= shop.ledger().shoppers_seen, "{started}");
}
