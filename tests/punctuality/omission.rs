//! Coordinated omission: time that shoppers spent waiting is never left out, whoever made them wait.

use std::thread;
use std::time::Duration;

use crate::bench::{Bench, LOOK, Shop, figure, step};

fn milliseconds(document: &serde_json::Value, pointer: &str) -> f64 {
    figure(document, pointer).as_f64().unwrap_or_else(|| panic!("{pointer} is null"))
}

#[test]
fn a_shop_that_stands_still_shows_in_the_response_times() {
    let _alone = super::alone();
    let shop =
        Shop::open("faults: [{ name: gc, at: home, during: { from: 4s }, kind: { stall: 2s } }]");
    let bench = Bench::punctual(LOOK);
    let run =
        bench.start(&["--target", &shop.url(), "--rate", "200/s", "-d", "10s", "--seed", "1"]);
    shop.wait_for_shoppers(1);
    shop.reset();
    run.wait().with(&[0, 102]);
    let document = bench.document();
    let home = step(&document, "home");
    // Two of ten seconds' arrivals waited, each until the end of the two.
    assert!(milliseconds(home, "/response_ms/p99") >= 1_000.0, "{home:#}");
    assert!(milliseconds(home, "/response_ms/max") >= 1_900.0, "{home:#}");
    // The shop did that: shoppers acted when they should.
    assert!(
        milliseconds(&document, "/generator/lag_max_ms") < 1_000.0,
        "{:#}",
        document["generator"]
    );
    assert_eq!(home["failures"], 0);
}

#[test]
fn a_generator_that_stands_still_says_so_and_does_not_pass() {
    let _alone = super::alone();
    let shop = Shop::open("");
    let bench = Bench::punctual(LOOK);
    let run = bench.start(&["--target", &shop.url(), "--rate", "80/s", "-d", "6s", "--seed", "2"]);
    shop.wait_for_shoppers(120);
    run.signal("STOP");
    thread::sleep(Duration::from_secs(2));
    run.signal("CONT");
    run.wait().with(&[102]);
    let document = bench.document();
    let home = step(&document, "home");
    assert!(milliseconds(home, "/response_ms/p99") >= 1_500.0, "{home:#}");
    assert!(milliseconds(home, "/service_ms/p99") < 1_000.0, "the shop was quick: {home:#}");
    assert!(
        milliseconds(&document, "/generator/lag_max_ms") >= 1_900.0,
        "{:#}",
        document["generator"]
    );
    assert!(
        milliseconds(&document, "/generator/lag_p99_ms") >= 1_500.0,
        "{:#}",
        document["generator"]
    );
    assert_eq!(document["generator"]["verdict"], "invalid");
    assert_eq!(document["verdict"], "invalid");
    // Everybody who was due came, if late.
    assert_eq!(
        document["generator"]["arrivals_planned"],
        document["generator"]["arrivals_started"]
    );
}
