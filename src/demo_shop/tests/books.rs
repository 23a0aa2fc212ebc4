//! The ledger counts exactly, and the fault file is checked.

use serde_json::json;

use super::super::{Faults, Operation};
use super::{Visitor, card, open, wallet};

#[tokio::test]
async fn the_ledger_counts_requests_faults_shoppers_and_orders_exactly() {
    let shop = open(
        "faults: [{ name: twice, at: add, first: 2, sticky: shopper, kind: { status: 500 } }]",
    )
    .await;
    for name in ["ada", "bea"] {
        let mut visitor = Visitor::program(&shop, name);
        visitor.get("/").await;
        for _ in 0..3 {
            visitor.post("/cart", json!({ "sku": "sku-1" })).await;
        }
        if name == "ada" {
            visitor.post("/checkout/pay", card("4000000000000002")).await;
        }
        visitor.post("/checkout/pay", wallet()).await;
    }
    let mut unmarked = Visitor::program(&shop, "");
    unmarked.get("/").await;
    unmarked.get("/nowhere").await;

    let asked = unmarked.get("/admin/ledger").await.json();
    let ledger = shop.stop().await;
    assert_eq!(asked, serde_json::to_value(&ledger).unwrap(), "the same books over the wire");
    assert_eq!(json!(ledger.requests), json!({ "home": 3, "add": 6, "pay": 3 }));
    assert_eq!(ledger.requests_not_found, 1);
    assert_eq!(json!(ledger.faults), json!({ "twice": { "add": 4 } }));
    assert_eq!((ledger.shoppers_seen, ledger.sessions_opened), (2, 3));
    assert_eq!((ledger.shoppers_failed, ledger.shoppers_failed_repeatedly), (2, 2));
    assert_eq!(
        (ledger.payments.attempts, ledger.payments.confirmed, ledger.payments.declined),
        (3, 2, 1)
    );
    assert_eq!((ledger.shoppers["ada"].payment_attempts, ledger.shoppers["ada"].declines), (2, 1));
    assert_eq!(json!(ledger.shoppers["bea"].failed), json!({ "add": 2 }));
    let order = &ledger.orders[0];
    assert_eq!(
        (order.id.as_str(), order.shopper.as_str(), order.charges, order.total),
        ("T100001", "ada", 1, 13_390)
    );
    assert_eq!(ledger.revenue, 2 * 13_390);
}

#[tokio::test]
async fn a_reset_empties_the_books_and_fills_the_shelves() {
    let shop = open("stock: { sku-1: 5 }").await;
    let mut visitor = Visitor::program(&shop, "ada");
    assert_eq!(visitor.buy("sku-1", wallet()).await.status, 201);
    assert_eq!(shop.ledger().stock["sku-1"], 4);
    assert_eq!(visitor.ask("POST", "/admin/reset", "", "").await.unwrap().status, 204);
    let ledger = shop.ledger();
    assert_eq!(
        (ledger.stock["sku-1"], ledger.orders.len(), ledger.requests.len(), ledger.shoppers.len()),
        (5, 0, 0, 0)
    );
    assert!(visitor.get("/").await.header("set-cookie").is_some(), "sessions are gone, too");
}

#[test]
fn the_planted_faults_and_the_example_of_the_manual_are_good() {
    let names: Vec<String> = Faults::planted().faults.into_iter().map(|fault| fault.name).collect();
    assert_eq!(names, ["wallet callback lost", "node-3 loses writes", "hiccup"]);
    let manual = include_str!("../../../docs/practice-shop.md");
    let example =
        manual.split_once("```yaml\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
    let faults = Faults::parse(example).unwrap();
    assert!(faults.capacity.is_some() && faults.rate_limit.is_some() && faults.faults.len() >= 7);
    for step in Operation::ALL {
        assert!(
            manual.contains(&format!("| `{}` |", step.name())),
            "the manual lacks {}",
            step.name()
        );
    }
}

#[test]
fn an_error_in_a_fault_file_says_where_and_what_instead() {
    let said = |text: &str| Faults::parse(text).unwrap_err().to_string();
    let faults = [
        "fault: []",
        "faults:\n  - name: a\n    at: chekout\n    kind: reset",
        "faults:\n  - name: a\n    kind: { status: 99 }",
        "faults:\n  - name: a\n    kind: explode",
        "faults:\n  - name: a\n    probability: 120%\n    kind: reset",
        "faults:\n  - name: a\n    during: { from: 9s, to: 3s }\n    kind: reset",
        "faults:\n  - { name: a, kind: reset }\n  - { name: a, kind: reset }",
        "capacity: { workers: 0, service_time: 5ms }",
        "capacity: { workers: 1, service_time: soon }",
        "faults:\n  - name: a",
    ];
    insta::assert_snapshot!(faults.map(said).join("\n"), @r"
    faults, line 1, column 1: unknown field `fault`, expected one of faults, capacity, rate_limit, duplicate_orders_on_retry, keys, books, books_late_by, clock_ahead, clock_behind, oversell, payments, stock
    faults, line 3, column 9: the shop has no step 'chekout': did you mean 'checkout'?
    faults, line 3, column 21: 99 is not a status: write one from 200 to 599
    faults, line 3, column 11: unknown variant `explode`, expected one of status, slow, reset, truncated, wrong_content, hang, stall
    faults, line 3, column 18: the share 1.2 is not between 0 and 1
    faults, line 3, column 13: this window ends before it begins: make 'to' later than 'from'
    faults, line 2, column 3: two faults are named 'a': the name is part of the draw, give each its own
    faults, line 1, column 13: invalid value: integer `0`, expected a nonzero u32
    faults, line 1, column 39: 'soon' is not a length of time: write a number with its unit, such as 300ms, 2s or 1m
    faults, line 2, column 5: missing field `kind`
    ");
}

#[test]
fn an_empty_file_is_a_shop_without_faults() {
    assert!(Faults::parse("# nothing\n\n").unwrap().faults.is_empty());
}
