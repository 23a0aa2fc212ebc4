//! Fault files that nobody looked at while the statistics were made: what the report names first is what was planted.

use serde_json::{Value, json};

use crate::bench::{Bench, MEASURED, Shop, document};

const SCENARIO: &str = "
name: Planted
load: { stages: [{ hold: 150/s, for: 5s }] }
shoppers:
  attributes:
    device: { mobile: 50, tablet: 20, desktop: 30 }
    payment: { card: 50, wallet: 50 }
    colour: { red: 1, green: 1, blue: 1 }
  retry: { after: 50ms..300ms }
defaults:
  headers: { accept: application/json, x-device: \"{{ device }}\" }
journeys:
  - name: buy
    steps:
      - name: product
        get: /products/{{ pick([\"sku-1\", \"sku-4\"]) }}
        capture: { sku: { json: $.sku }, node: { header: x-node } }
        observe: [node]
      - name: add to cart
        post: /cart
        json: { sku: \"{{ sku }}\", quantity: 1 }
        basket: { total: { json: $.total } }
      - purchase: pay and confirm
        steps:
          - name: pay
            post: /checkout/pay
            headers: { idempotency-key: \"{{ intent.id }}\" }
            json: { method: \"{{ payment }}\", email: \"{{ intent.marker }}@example.com\" }
            expect: { status: 201, json: { $.status: confirmed } }
            order: { id: { json: $.order_id }, total: { json: $.total } }
season: { shoppers: 2.1M }
";

/// The summary of a run against a shop with these faults.
fn run(faults: &str) -> Value {
    let shop = Shop::open(faults);
    let bench = Bench::new(SCENARIO);
    bench.run(&["--target", &shop.url(), "--seed", "20261127"]).with(&MEASURED);
    document(&bench.only_run())
}

fn names_first(document: &Value, group: &Value, step: &str, basis: &str) {
    let first = &document["hotspots"][0];
    assert_eq!(
        (&first["where"], &first["step"], &first["basis"]),
        (group, &json!(step), &json!(basis)),
        "{:#}",
        document["hotspots"]
    );
    assert_eq!(
        document["repeats"]["source"]["why"], "shopper",
        "{:#}",
        document["repeats"]["source"]
    );
}

#[test]
fn an_attribute_s_value_is_named() {
    names_first(
        &run(include_str!("../data/faults/tablets.yaml")),
        &json!({ "device": "tablet" }),
        "pay",
        "assigned",
    );
}

#[test]
fn a_node_is_named_as_an_observation() {
    names_first(
        &run(include_str!("../data/faults/node.yaml")),
        &json!({ "node": "node-2" }),
        "add to cart",
        "observed",
    );
}

#[test]
fn two_values_that_fail_together_are_named_as_a_pair_and_the_season_is_scaled() {
    let document = run(include_str!("../data/faults/pair.yaml"));
    names_first(&document, &json!({ "device": "mobile", "payment": "wallet" }), "pay", "assigned");
    let lost = &document["loss"]["by_patience"][0];
    let (rate, season) = (lost["lost_rate"]["value"].as_f64().unwrap(), &lost["season"]);
    assert!(
        (season["lost"]["value"].as_f64().unwrap() / (2_100_000.0 * rate) - 1.0).abs() < 1e-3,
        "{season}"
    );
    assert!(season["revenue_at_risk"]["minor"].as_f64().unwrap() > 0.0);
}
