//! What the report counts is what the shop counted, exactly.

use serde_json::Value;
use tillrush::demo_shop::LedgerSnapshot;

use crate::bench::{BUY, Bench, Books, MEASURED, Shop, count, figure, loaded, step};

/// Faults that are cured by a second try, faults that stay with the shopper, and both kinds at two steps of a purchase.
const FAULTS: &str = "
faults:
  - name: hiccup
    at: pay
    probability: 10%
    first: 1
    kind: { status: 503 }
  - name: broken for good
    at: pay
    sticky: shopper
    probability: 4%
    kind: { status: 500 }
  - name: cart
    at: add
    probability: 5%
    kind: { status: 502 }
  - name: confirmation lost
    at: order
    first: 1
    probability: 6%
    kind: truncated
";

fn agrees(document: &Value, books: &LedgerSnapshot) {
    let shoppers = figure(document, "/shoppers");
    let of = |key: &str| count(shoppers, &format!("/{key}"));
    let by_failures = books.by_failures();
    let failed = |least: u32| by_failures.range(least..).map(|(_, shoppers)| shoppers).sum::<u64>();

    assert_eq!(of("started"), books.shoppers_seen);
    assert_eq!(of("ended"), books.shoppers_seen);
    assert_eq!(of("unfinished"), 0);
    assert_eq!(of("failed/events"), books.shoppers_failed);
    assert_eq!(of("failed_once"), by_failures.get(&1).copied().unwrap_or(0));
    assert_eq!(of("repeated_failures"), books.shoppers_failed_repeatedly);
    assert_eq!(of("purchased"), books.buyers());
    assert_eq!(
        of("completed")
            + of("left_by_choice")
            + of("lost_observed")
            + of("stopped_by_cap")
            + of("unfinished"),
        of("started"),
        "everybody ends in exactly one way"
    );
    let rows = figure(document, "/shoppers/by_failures").as_array().unwrap();
    let told: Vec<u64> = rows.iter().map(|row| count(row, "/shoppers")).collect();
    let kept = |n: u32| by_failures.get(&n).copied().unwrap_or(0);
    assert_eq!(told, [kept(0), kept(1), kept(2), failed(3)]);

    let clustered: u64 = figure(document, "/clusters")
        .as_array()
        .unwrap()
        .iter()
        .map(|cluster| count(cluster, "/shoppers"))
        .sum();
    assert_eq!(clustered, books.shoppers_failed, "each failing shopper is in one cluster");

    for (name, operation) in [("add to cart", "add"), ("pay", "pay"), ("confirmation", "order")] {
        let step = step(document, name);
        assert_eq!(count(step, "/attempts"), books.asked(operation), "attempts at {name}");
        assert_eq!(count(step, "/failures"), books.failed_at(operation), "failures at {name}");
        let kinds: u64 =
            step["kinds"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(kinds, books.failed_at(operation), "kinds at {name}");
        let succeeded =
            count(step, "/attempts") - count(step, "/failures") - count(step, "/declined");
        assert_eq!(
            count(step, "/response_ms/count"),
            succeeded,
            "successes of {name} with a response time"
        );
        assert_eq!(count(step, "/unjudged"), 0);
    }
    assert_eq!(count(step(document, "pay"), "/declined"), books.payments.declined);
    // Beside the shoppers' requests the shop has the one that asked whether it is there.
    assert_eq!(count(document, "/requests_sent") + 1, books.requests.values().sum::<u64>());
    let on_the_wire = |key: &str| {
        figure(document, "/steps")
            .as_array()
            .unwrap()
            .iter()
            .map(|step| count(step, &format!("/wire/{key}")))
            .sum::<u64>()
    };
    assert_eq!(on_the_wire("requests"), count(document, "/requests_sent"));
    assert_eq!(on_the_wire("wait_ms/count"), on_the_wire("receive_ms/count"));
    assert!(on_the_wire("connections") > 0);
    assert_eq!(count(document, "/generator/arrivals_started"), books.shoppers_seen);
}

/// The scenario with a load, and further lines of the section about shoppers.
fn scenario(load: &str, shoppers: &str) -> String {
    loaded(BUY, load).replace("shoppers:\n", &format!("shoppers:\n{shoppers}"))
}

#[test]
fn poisson_arrivals_are_counted_as_the_shop_counts_them() {
    let shop = Shop::open(FAULTS);
    let bench = Bench::new(&scenario(
        "{ stages: [{ ramp: 200/s, for: 1s }, { hold: 200/s, for: 2s }] }",
        "",
    ));
    bench.run(&["--target", &shop.url(), "--seed", "11"]).with(&MEASURED);
    let (document, books) = (bench.document(), shop.ledger());
    assert!(books.shoppers_seen > 300 && books.shoppers_failed_repeatedly > 5, "{books:?}");
    agrees(&document, &books);
    assert_eq!(document["load"]["arrivals"], "poisson");
    // Cart and payment, over one connection; sku, quantity, method and e-mail address.
    let friction = &document["friction"][0];
    assert_eq!(count(friction, "/buyers"), books.buyers());
    assert_eq!(
        (
            friction["per_smooth_buyer"]["requests"].as_f64(),
            friction["per_smooth_buyer"]["round_trips"].as_f64()
        ),
        (Some(2.0), Some(3.0))
    );
    assert_eq!(friction["form_fields"].as_f64(), Some(4.0));
    assert!(count(friction, "/smooth_buyers") < books.buyers());
    assert_eq!(
        document["generator"]["arrivals_planned"],
        document["generator"]["arrivals_started"]
    );
    assert_eq!(count(&document, "/seed"), 11);
}

#[test]
fn paced_arrivals_are_as_many_as_the_rate_says_and_counted_as_the_shop_counts_them() {
    let shop = Shop::open(FAULTS);
    let bench =
        Bench::new(&scenario("{ arrivals: paced, stages: [{ hold: 100/s, for: 2s }] }", ""));
    bench.run(&["--target", &shop.url(), "--seed", "12"]).with(&MEASURED);
    let (document, books) = (bench.document(), shop.ledger());
    agrees(&document, &books);
    assert_eq!(count(&document, "/generator/arrivals_planned"), 200);
    assert_eq!(document["load"]["arrivals"], "paced");
}

#[test]
fn a_closed_load_is_counted_as_the_shop_counts_it_and_claims_no_losses() {
    let shop = Shop::open(FAULTS);
    let bench = Bench::new(BUY);
    bench.run(&["--target", &shop.url(), "--seed", "13", "-u", "4", "-d", "2s"]).with(&MEASURED);
    let (document, books) = (bench.document(), shop.ledger());
    assert!(books.shoppers_seen > 40, "{}", books.shoppers_seen);
    agrees(&document, &books);
    assert_eq!(document["load"]["model"], "closed");
    assert_eq!(document["loss"], Value::Null);
    assert_eq!(document["shoppers"]["lost_expected"], serde_json::json!({}));
}

#[test]
fn shoppers_who_really_leave_are_those_whom_the_shop_has_no_order_of() {
    let shop = Shop::open(FAULTS);
    let live = scenario(
        "{ stages: [{ hold: 150/s, for: 2s }] }",
        "  behaviour: live\n  patience: [0.5, 0.5]\n",
    );
    let bench = Bench::new(&live.replace("max_attempts: 3", "max_attempts: unlimited"));
    bench.run(&["--target", &shop.url(), "--seed", "14"]).with(&MEASURED);
    let (document, books) = (bench.document(), shop.ledger());
    agrees(&document, &books);
    assert_eq!(document["load"]["behaviour"], "live");
    let lost = count(&document, "/shoppers/lost_observed");
    assert!(lost > 0 && lost < books.shoppers_failed, "{lost} of {}", books.shoppers_failed);
    assert_eq!(count(&document, "/shoppers/stopped_by_cap"), 0);
    // A confirmation page that never came may leave a shopper with an order and without a completed journey.
    assert_eq!(count(&document, "/shoppers/completed") + lost, books.shoppers_seen);
}

#[test]
fn declines_are_counted_apart_from_failures_and_each_wants_a_new_key() {
    let shop = Shop::open(
        "faults: [{ name: hiccup, at: pay, first: 1, probability: 20%, kind: { status: 503 } }]",
    );
    let card = "{{ pick(['4242424242424242', '4000000000000002']) }}";
    let scenario = scenario("{ arrivals: paced, stages: [{ hold: 100/s, for: 2s }] }", "");
    let bench =
        Bench::new(&scenario.replace(
            "method: \"{{ payment }}\"",
            &format!("method: card, card_number: \"{card}\""),
        ));
    bench.run(&["--target", &shop.url(), "--seed", "15"]).with(&MEASURED);
    let (document, books) = (bench.document(), shop.ledger());
    agrees(&document, &books);
    assert!(books.payments.declined > 20, "{:?}", books.payments);
    assert_eq!(books.payments.replayed, 0, "a declined card asked for again is another wish");
    let refused = books
        .shoppers
        .values()
        .filter(|shopper| shopper.failed.len() + shopper.declines as usize > 0);
    let twice = refused
        .filter(|shopper| shopper.failed.values().sum::<u32>() + shopper.declines >= 2)
        .count() as u64;
    assert_eq!(count(&document, "/shoppers/repeated_with_declines/events"), twice);
    assert!(twice > count(&document, "/shoppers/repeated_failures"));
}

#[test]
fn an_order_placed_before_the_connection_broke_is_not_bought_twice() {
    let faults = "faults: [{ name: gone, at: pay, first: 1, probability: 30%, work_done: true, kind: reset }]";
    let shop = Shop::open(faults);
    let bench = Bench::new(&scenario("{ arrivals: paced, stages: [{ hold: 60/s, for: 2s }] }", ""));
    bench.run(&["--target", &shop.url(), "--seed", "16"]).with(&MEASURED);
    let (document, books) = (bench.document(), shop.ledger());
    agrees(&document, &books);
    assert_eq!(books.orders.len() as u64, books.shoppers_seen);
    assert_eq!(books.payments.replayed, books.failed_at("pay"));
    let kinds = step(&document, "pay")["kinds"].as_object().unwrap().clone();
    assert!(kinds.keys().all(|kind| kind == "broken" || kind == "broken_reused"), "{kinds:?}");
}

#[test]
fn connections_handed_on_from_shopper_to_shopper_change_no_count() {
    let shop = Shop::open(FAULTS);
    let bench = Bench::new(&scenario(
        "{ arrivals: paced, connections: kept, stages: [{ hold: 60/s, for: 2s }] }",
        "",
    ));
    bench.run(&["--target", &shop.url(), "--seed", "17"]).with(&MEASURED);
    let document = bench.document();
    agrees(&document, &shop.ledger());
    assert_eq!(document["load"]["connections"], "kept");
    // Nobody is taken for somebody else: cookies stay with the shopper.
    assert!(shop.ledger().shoppers.values().all(|shopper| shopper.sessions == 1));
}
