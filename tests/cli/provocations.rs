//! Provocations: a shop in order makes one order of each, and one that is not is told by which.

use serde_json::Value;

use crate::bench::{Bench, Shop, count};

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
          cut: { share: 15%, after: 60ms }
          resubmit: { share: 15%, after: 50ms }
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
    let bench = Bench::new(BUY);
    bench.file("records.yaml", RECORDS);
    let ended = bench.run(&["--target", &shop.url(), "--records", "records.yaml", "--seed", "2"]);
    let text = format!("{}{}", ended.stdout, ended.stderr);
    assert!(!bench.runs().is_empty(), "{text}");
    (bench.document()["reconciliation"].clone(), text)
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
    assert_eq!(arms.len(), 7, "{arms:?}");
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
        let twice = arm.starts_with("double_click") || arm.starts_with("resubmit");
        if twice {
            assert_eq!(doubled, intents, "{arm}: {text}");
        }
        if arm == "none" {
            assert_eq!(doubled, 0, "{arm}: {text}");
        }
    }
    let placed = shop.ledger().orders.len() as u64;
    assert!(placed > count(&records, "/intents"), "{text}");
}
