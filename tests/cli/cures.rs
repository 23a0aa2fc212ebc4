//! The retry experiment against faults whose cure is known.

use serde_json::Value;
use tillrush::base::ShopperId;
use tillrush::demo_shop::LedgerSnapshot;
use tillrush::plan::{Inputs, Plan};

use crate::bench::{BUY, Bench, MEASURED, Shop, count, loaded};

/// A node that loses whatever is added to a basket; sessions are pinned to nodes.
const NODE: &str = "
faults:
  - { name: node-3 loses writes, at: add, where: { node: node-3 }, kind: { status: { code: 500, body: write lost } } }
";

const WALLET: &str = "
faults:
  - { name: wallet, at: pay, where: { payment: wallet }, kind: { status: 502 } }
";

fn experiment(arms: &str) -> String {
    loaded(BUY, "{ stages: [{ hold: 150/s, for: 4s }] }")
        .replace("shoppers:\n", "shoppers:\n  behaviour: experiment\n")
        .replace(
            "retry: { after: 10ms..40ms }",
            &format!("retry: {{ after: 10ms..40ms, arms: {arms} }}"),
        )
}

fn arm<'d>(place: &'d Value, name: &str) -> &'d Value {
    place["arms"].as_array().unwrap().iter().find(|arm| arm["arm"] == name).unwrap()
}

/// The shop's books agree: who opened another session is who was told to.
fn sessions_are_those_of_the_arms(scenario: &str, books: &LedgerSnapshot, fresh: u8) {
    let plan = Plan::from_text("scenario.yaml", scenario, &Inputs::default()).unwrap();
    for (marker, shopper) in &books.shoppers {
        // Beside the shoppers there was who asked whether the shop is there.
        let Some(id) = marker.strip_prefix("s-") else { continue };
        let id = u64::from_str_radix(id, 16).unwrap();
        let treated = shopper.failed.values().sum::<u32>() > 0
            && plan.shoppers.arm_of(ShopperId(id)) == Some(fresh);
        assert_eq!(shopper.sessions, 1 + u32::from(treated), "{marker}");
    }
}

#[test]
fn a_fresh_session_cures_what_is_pinned_to_a_node_and_the_same_again_does_not() {
    let shop = Shop::open(NODE);
    let scenario = experiment("[same, fresh: session, redraw: payment, wait: 50ms]");
    let bench = Bench::new(&scenario);
    let ended = bench.run(&["--target", &shop.url(), "--seed", "31"]).with(&MEASURED);
    let (document, books) = (bench.document(), shop.ledger());
    let place = &document["experiment"]["places"][0];
    assert_eq!(place["step"], "add to cart");
    assert_eq!(place["best_arm"], "fresh: session", "{place:#}");
    for (name, cures) in [
        ("same", false),
        ("fresh: session", true),
        ("redraw: payment", false),
        ("wait: 50ms", false),
    ] {
        let arm = arm(place, name);
        let (shoppers, cured) = (count(arm, "/recovered/total"), count(arm, "/recovered/events"));
        assert!(shoppers >= 15, "{arm:#}");
        // One new session in four is pinned to the same node.
        assert!(
            if cures { 2 * cured > shoppers && cured < shoppers } else { cured == 0 },
            "{arm:#}"
        );
    }
    let treated: u64 =
        place["arms"].as_array().unwrap().iter().map(|arm| count(arm, "/recovered/total")).sum();
    assert_eq!(treated, books.shoppers_failed, "each failing shopper tried again once in some way");
    sessions_are_those_of_the_arms(&scenario, &books, 1);
    assert!(ended.stdout.contains("Retrying in a fresh session recovers"), "{}", ended.stdout);
    // The replay is no second visit: who came is counted once.
    let home = &document["journeys"][0]["funnel"][0];
    assert_eq!(count(home, "/entered"), books.shoppers_seen);
    assert_eq!(document["load"]["behaviour"], "experiment");
}

#[test]
fn another_payment_cures_what_is_the_wallet_s_and_is_another_wish() {
    let shop = Shop::open(WALLET);
    let bench =
        Bench::new(&experiment("[same, fresh: session, redraw: payment, set: { payment: card }]"));
    bench.run(&["--target", &shop.url(), "--seed", "32"]).with(&MEASURED);
    let (document, books) = (bench.document(), shop.ledger());
    let place = &document["experiment"]["places"][0];
    assert_eq!(place["step"], "pay");
    for (name, cures) in [
        ("same", false),
        ("fresh: session", false),
        ("redraw: payment", true),
        ("set: payment card", true),
    ] {
        let arm = arm(place, name);
        assert_eq!(
            count(arm, "/recovered/events"),
            if cures { count(arm, "/recovered/total") } else { 0 },
            "{arm:#}"
        );
    }
    // No key was used for two bodies, and nobody has two orders.
    assert_eq!(books.payments.invalid, 0);
    assert_eq!(books.orders.len() as u64, count(&document, "/shoppers/purchased"));
    // Shoppers are told apart by what they were, not by what they changed to.
    let wallets = document["hotspots"].as_array().unwrap();
    assert!(!wallets.is_empty());
    assert!(wallets.iter().all(|spot| spot["where"]["payment"] != "card"), "{wallets:?}");
}

/// Each first payment fails and leaves its key locked for good.
const LOCKED_KEY: &str = "
faults:
  - { name: first, at: pay, where: { header: { idempotency-key: '*-1' } }, first: 1, kind: { status: 500 } }
  - { name: locked, at: pay, where: { header: { idempotency-key: '*-1' } }, kind: { status: 409 } }
";

#[test]
fn a_new_key_cures_what_a_locked_key_breaks_and_another_payment_is_not_blamed() {
    let shop = Shop::open(LOCKED_KEY);
    let run = |arms: &str| {
        let bench = Bench::new(&experiment(arms));
        let ended = bench.run(&["--target", &shop.url(), "--seed", "34"]).with(&MEASURED);
        shop.reset();
        (bench.document(), ended.stdout)
    };
    let (document, words) = run("[same, redraw: payment, fresh: key]");
    let place = &document["experiment"]["places"][0];
    assert_eq!(place["best_arm"], "fresh: key", "{place:#}");
    for name in ["redraw: payment", "fresh: key"] {
        let arm = arm(place, name);
        let shoppers = count(arm, "/recovered/total");
        assert!(shoppers >= 15, "{arm:#}");
        assert_eq!(
            (count(arm, "/recovered/events"), count(arm, "/new_keys")),
            (shoppers, shoppers)
        );
    }
    assert_eq!(count(arm(place, "same"), "/recovered/events"), 0);
    assert!(words.contains("Retrying with a new idempotency key recovers 100 %"), "{words}");
    let (_, words) = run("[same, redraw: payment]");
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("either the payment or the key is the cause"), "{words}");
}

#[test]
fn slices_of_an_experiment_are_the_whole_experiment() {
    let shop = Shop::open(NODE);
    let scenario = experiment("[same, fresh: session]").replace("150/s, for: 4s", "100/s, for: 2s");
    let cures = |arguments: &[&str]| {
        let bench = Bench::new(&scenario);
        let target = shop.url();
        // A slice alone decides nothing.
        bench
            .run(&[&["--target", &target, "--seed", "33"], arguments].concat())
            .with(&[0, 100, 102]);
        shop.reset();
        let document = bench.document();
        ["same", "fresh: session"].map(|name| {
            let arm = arm(&document["experiment"]["everywhere"], name).clone();
            (count(&arm, "/recovered/total"), count(&arm, "/recovered/events"))
        })
    };
    let whole = cures(&[]);
    let (one, other) = (cures(&["--slice", "0/2"]), cures(&["--slice", "1/2"]));
    let sum: Vec<(u64, u64)> = one.iter().zip(other).map(|(a, b)| (a.0 + b.0, a.1 + b.1)).collect();
    assert_eq!(sum, whole);
    assert!(whole[1].1 > 5, "{whole:?}");
}
