//! What went wrong first: clusters of failing shoppers, with what an engineer needs to find one in the shop's logs.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::bench::{BUY, Bench, MEASURED, Shop, count, json_lines, loaded};

/// On phones the basket is lost at first, and can't be paid afterwards. And a passing trouble at the payment.
const CASCADE: &str = "
faults:
  - { name: basket, at: add, where: { device: mobile }, first: 1, kind: { status: { code: 500, body: 'write 1702 lost' } } }
  - { name: no basket, at: pay, where: { device: mobile }, kind: { status: { code: 409, body: 'nothing in the basket' } } }
  - { name: busy, at: pay, first: 1, probability: 10%, kind: { status: { code: 503, body: '{\"error\":{\"message\":\"bank 12 is busy\"}}' } } }
";

fn of<'d>(document: &'d Value, step: &str) -> Vec<&'d Value> {
    document["clusters"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|cluster| cluster["step"] == step)
        .collect()
}

#[test]
fn a_cascade_is_blamed_on_its_first_step_with_an_example_to_look_up() {
    let shop = Shop::open(CASCADE);
    let scenario = loaded(BUY, "{ stages: [{ hold: 150/s, for: 3s }] }")
        .replace("attributes: {", "attributes: { device: { mobile: 10, desktop: 90 },")
        .replace("headers: { accept", "trace: w3c\n  headers: { x-device: '{{ device }}', accept");
    let bench = Bench::new(&scenario);
    let ended = bench.run(&["--target", &shop.url(), "--seed", "21"]).with(&MEASURED);
    let (document, books) = (bench.document(), shop.ledger());

    let baskets = of(&document, "add to cart");
    assert_eq!(baskets.len(), 1, "{baskets:?}");
    let basket = baskets[0];
    let struck =
        books.shoppers.values().filter(|shopper| shopper.failed.contains_key("add")).count() as u64;
    assert!(struck > 15, "{struck}");
    assert_eq!(
        (basket["what"].as_str(), count(basket, "/shoppers")),
        (Some("status 500: write # lost"), struck)
    );
    // Once at the basket, then as often as they are allowed at the payment.
    assert_eq!(
        (count(basket, "/failed_attempts"), count(basket, "/unserved")),
        (4 * struck, struck)
    );
    assert_eq!(
        basket["second_failed"][0],
        serde_json::json!({ "step": "pay", "shoppers": struck })
    );
    let pay: Vec<&str> =
        of(&document, "pay").iter().map(|cluster| cluster["what"].as_str().unwrap()).collect();
    assert_eq!(pay, ["status 503: bank # is busy"], "nobody is counted twice");

    let example = &basket["example"];
    let ids = example["ids"].as_object().unwrap();
    assert_eq!(ids.keys().collect::<Vec<_>>(), ["traceparent", "x-request-id"]);
    assert!(example["request"].as_str().unwrap().contains(ids["traceparent"].as_str().unwrap()));
    let marker = example["marker"].as_str().unwrap();
    assert!(books.shoppers[marker].failed.contains_key("add"));
    assert!(
        ended.stdout.contains("First failure of each failing shopper")
            && ended.stdout.contains(marker),
        "{}",
        ended.stdout
    );
    let kept: BTreeSet<String> = json_lines(&bench.only_run().join("failures.jsonl"))
        .iter()
        .map(|line| line["marker"].to_string())
        .collect();
    assert!(kept.contains(&format!("\"{marker}\"")), "{kept:?}");
}
