//! What went wrong: clusters of failing shoppers, with what an engineer needs to find one in the shop's logs.

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
fn a_cured_failure_takes_no_blame_for_the_one_that_repeats() {
    let shop = Shop::open(CASCADE);
    let scenario = loaded(BUY, "{ stages: [{ hold: 150/s, for: 3s }] }")
        .replace("attributes: {", "attributes: { device: { mobile: 10, desktop: 90 },")
        .replace("headers: { accept", "trace: w3c\n  headers: { x-device: '{{ device }}', accept");
    let bench = Bench::new(&scenario);
    let ended = bench.run(&["--target", &shop.url(), "--seed", "21"]).with(&MEASURED);
    let (document, books) = (bench.document(), shop.ledger());

    assert!(of(&document, "add to cart").is_empty(), "each was cured by its retry");
    let payments = of(&document, "pay");
    let what: Vec<&str> =
        payments.iter().map(|cluster| cluster["what"].as_str().unwrap()).collect();
    assert_eq!(
        what,
        ["status 409: nothing in the basket", "status 503: bank 12 is busy"],
        "nobody is counted twice"
    );
    let basket = payments[0];
    let struck =
        books.shoppers.values().filter(|shopper| shopper.failed.contains_key("add")).count() as u64;
    assert!(struck > 15, "{struck}");
    assert_eq!(
        (basket["what"].as_str(), count(basket, "/shoppers")),
        (Some("status 409: nothing in the basket"), struck)
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

    let example = &basket["example"];
    let ids = example["ids"].as_object().unwrap();
    assert_eq!(ids.keys().collect::<Vec<_>>(), ["traceparent", "x-request-id"]);
    assert!(example["request"].as_str().unwrap().contains(ids["traceparent"].as_str().unwrap()));
    let marker = example["marker"].as_str().unwrap();
    assert!(books.shoppers[marker].failed.contains_key("add"));
    assert!(
        ended.stdout.contains("Failing shoppers by failure (the one that repeats, or the first)")
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
