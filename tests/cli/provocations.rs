//! Provocations: a shop in order makes one order of each, and one that is not is told by which.

use serde_json::Value;

use crate::bench::{Bench, Shop, count, json_lines};

const BUY: &str = "
name: Provoked
load: { arrivals: paced, stages: [{ hold: 40/s, for: 4s }] }
currency: EUR
shoppers: { max_attempts: 1 }
defaults: { headers: { accept: application/json }, gives_up_after: 20s }
journeys:
  - name: buy
    steps:
      - { name: add, post: /cart, json: { sku: sku-1, quantity: 1 }, expect: { status: 201 } }
      - purchase: pay
        provoke:
          double_click: { share: 20%, after: [0ms, 50ms] }
          cut: { share: 10%, after: 60ms }
          new_key_retry: { share: 10%, after: 1s }
          second_tab: { share: 10% }
          same_key: { share: 10% }
          resubmit: { share: 10%, after: 50ms }
          other_body: { share: 10%, after: 20ms }
          other_session: { share: 10%, after: 20ms }
        steps:
          - name: pay
            post: /checkout/pay
            headers: { idempotency-key: '{{ intent.id }}' }
            json: { method: wallet, email: '{{ shopper.email }}' }
            expect: { status: 201 }
            order: { id: { json: $.order_id }, total: { json: $.total }, unit: minor }
";

const RECORDS: &str = "
orders:
  get: /admin/records/orders?limit=100
  rows: $.orders[*]
  next: { after_id: after_id }
  fields: { marker: $.email, created: $.created_at }
  amounts: minor
wait: 2s
pause: 100ms
";

fn run(shop: &Shop) -> (Value, String) {
    let (bench, text) = run_scenario(shop, BUY);
    (bench.document()["reconciliation"].clone(), text)
}

/// The same purchase with other provocations.
fn provoke_by(by: &str) -> String {
    let (before, rest) = BUY.split_once("          double_click").unwrap();
    let (_, after) = rest.split_once("        steps:").unwrap();
    format!("{before}          {by}\n        steps:{after}")
}

fn run_scenario(shop: &Shop, scenario: &str) -> (Bench, String) {
    let bench = Bench::new(scenario);
    bench.file("records.yaml", RECORDS);
    let ended = bench.run(&["--target", &shop.url(), "--records", "records.yaml", "--seed", "2"]);
    let text = format!("{}{}", ended.stdout, ended.stderr);
    assert!(!bench.runs().is_empty(), "{text}");
    (bench, text)
}

fn arms(records: &Value) -> Vec<(String, u64, u64)> {
    let arms = records["arms"].as_array().unwrap().iter();
    arms.map(|arm| {
        (arm["arm"].as_str().unwrap().to_owned(), count(arm, "/intents"), count(arm, "/doubled"))
    })
    .collect()
}

#[test]
fn a_shop_that_honours_keys_makes_one_order_of_every_provocation() {
    let shop = Shop::open("stock: { sku-1: 5000 }\n");
    let (records, text) = run(&shop);
    assert_eq!(records["findings"], serde_json::json!([]), "{text}");
    let arms = arms(&records);
    assert_eq!(arms.len(), 10, "{arms:?}");
    assert_eq!(arms.iter().map(|arm| arm.1).sum::<u64>(), count(&records, "/intents"));
    assert!(arms.iter().all(|(_, intents, doubled)| *intents > 0 && *doubled == 0), "{arms:?}");
    assert_eq!(shop.ledger().orders.len() as u64, count(&records, "/intents"));
    assert!(text.contains("Provocations, assigned to shoppers at random"), "{text}");
}

#[test]
fn a_shop_that_ignores_keys_is_told_by_what_makes_it_order_twice() {
    let shop = Shop::open("stock: { sku-1: 5000 }\nduplicate_orders_on_retry: true\n");
    let (records, text) = run(&shop);
    for (arm, intents, doubled) in arms(&records) {
        match arm.split(' ').next().unwrap() {
            "double_click" | "new_key_retry" | "second_tab" | "same_key" | "resubmit" => {
                assert_eq!(doubled, intents, "{arm}: {text}");
            }
            "none" | "other_body" | "other_session" => assert_eq!(doubled, 0, "{arm}: {text}"),
            // Where the connection was cut before the request was out, there is one order only.
            "cut" => assert!(doubled > 0, "{arm}: {text}"),
            other => panic!("{other}"),
        }
    }
    let placed = shop.ledger().orders.len() as u64;
    assert!(placed > count(&records, "/intents"), "{text}");
}

#[test]
fn double_clicks_tell_how_long_the_shop_takes_from_check_to_write() {
    let clicks = provoke_by("double_click: { share: 100%, after: [25ms, 50ms, 100ms, 200ms] }");
    let late = Shop::open("stock: { sku-1: 5000 }\nkeys: { window: 100ms }\n");
    let (bench, text) = run_scenario(&late, &clicks);
    let records = &bench.document()["reconciliation"];
    let window = &records["window"];
    let limit = |name: &str| window[name].as_f64().unwrap_or_else(|| panic!("{name}: {text}"));
    let (low, mean, high) = (limit("low95_ms"), limit("mean_ms"), limit("high95_ms"));
    // What is meant to be 25 ms apart comes a little later on a busy machine, which makes the window look shorter.
    assert!(low < mean && mean < high && low < 110.0 && high > 60.0, "{low} {mean} {high}: {text}");
    assert!(text.contains("from check to write"), "{text}");
    let atomic = Shop::open("stock: { sku-1: 5000 }\n");
    let (bench, text) = run_scenario(&atomic, &clicks);
    let window = &bench.document()["reconciliation"]["window"];
    assert!(window["mean_ms"].is_null(), "{text}");
    assert!(window["high95_ms"].as_f64().unwrap() < 15.0, "{text}");
}

#[test]
fn a_key_is_asked_for_again_until_its_first_request_is_done_and_after_its_life() {
    let asked = provoke_by("same_key: { share: 100%, after: [50ms, 2500ms] }");
    let keys = "stock: { sku-1: 5000 }\nkeys: { under_way: 300ms";
    let keeps = Shop::open(&format!("{keys} }}\n"));
    let (bench, text) = run_scenario(&keeps, &asked);
    let records = &bench.document()["reconciliation"];
    assert_eq!(records["findings"], serde_json::json!([]), "{text}");
    // Refused while the first was under way, each was answered in the end as the first was.
    let log = json_lines(&bench.only_run().join("purchases.jsonl"));
    let answers: Vec<_> = log.iter().filter(|line| !line["answer"].is_null()).collect();
    assert_eq!(answers.len() as u64, count(records, "/intents"), "{text}");
    assert!(answers.iter().all(|line| line["answer"] == 201), "{text}");
    let forgets = Shop::open(&format!("{keys}, lifetime: 2s }}\n"));
    let (bench, text) = run_scenario(&forgets, &asked);
    for (arm, intents, doubled) in arms(&bench.document()["reconciliation"]) {
        let expected = if arm == "same_key 2.5s" { intents } else { 0 };
        assert_eq!(doubled, expected, "{arm}: {text}");
    }
}
