//! Safety: what must never be exceeded never is, and what is held back is counted.

use crate::bench::{BUY, Bench, Books, MEASURED, Shop, count, loaded};

const RATE: [&str; 4] = ["--rate", "100/s", "-d", "3s"];

#[test]
fn no_more_requests_are_sent_than_allowed() {
    let shop = Shop::open("");
    let bench = Bench::new(BUY);
    bench
        .run(&[&["--target", &shop.url(), "--max-requests", "150"], &RATE[..]].concat())
        .with(&[105])
        .complains("--max-requests");
    let (document, books) = (bench.document(), shop.ledger());
    // The one that asks whether the shop is there is apart.
    assert_eq!(books.requests.values().sum::<u64>() - 1, 150);
    assert_eq!(count(&document, "/requests_sent"), 150, "what was under way came to its end");
    assert!(count(&document, "/shoppers/started") < 150, "arrivals stopped");
    assert_eq!(document["verdict"], "interrupted", "a run that was cut short vouches for nothing");
}

#[test]
fn no_more_orders_are_asked_for_than_allowed() {
    let shop = Shop::open("");
    let bench = Bench::new(BUY);
    bench
        .run(&[&["--target", &shop.url(), "--max-orders", "40"], &RATE[..]].concat())
        .with(&[105])
        .complains("--max-orders");
    let books = shop.ledger();
    assert_eq!((books.asked("pay"), books.orders.len()), (40, 40));
    assert_eq!(bench.document()["verdict"], "interrupted");
}

#[test]
fn a_cap_holds_requests_back_counts_them_and_makes_no_failure_of_it() {
    let shop = Shop::open("");
    let capped = BUY.replace("gives_up_after: 20s", "gives_up_after: 400ms")
        + "limits: { requests: 60/s }\n";
    let bench =
        Bench::new(&loaded(&capped, "{ arrivals: paced, stages: [{ hold: 40/s, for: 2s }] }"));
    let ended = bench.run(&["--target", &shop.url()]).with(&MEASURED);
    assert!(ended.stdout.contains("delayed by a rate limit"), "{}", ended.stdout);
    let (document, books) = (bench.document(), shop.ledger());
    // 80 shoppers with three requests each, at 60 a second: four seconds instead of two.
    assert_eq!(count(&document, "/requests_sent"), 240);
    assert_eq!(books.asked("pay"), 80);
    assert!(document["duration_s"].as_f64().unwrap() >= 3.5, "{}", document["duration_s"]);
    assert_eq!(count(&document, "/shoppers/failed/events"), 0, "to be held back is no failure");
    let doubts = document["generator"]["doubts"].as_array().unwrap();
    let held = doubts.iter().find_map(|doubt| {
        doubt["cause"].as_str()?.strip_suffix(" requests delayed by a rate limit")
    });
    let held: u64 = held.unwrap_or_else(|| panic!("{doubts:?}")).parse().unwrap();
    assert!((60..=240).contains(&held), "{held}");
    assert_ne!(document["generator"]["verdict"], "valid");
}
