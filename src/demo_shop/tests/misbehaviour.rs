//! Each kind of fault, whom it strikes, and the limits that all share.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::super::{Faults, RunningShop, ShopError, ShopOptions};
use super::{Visitor, open, open_with, wallet};

async fn fault(fault: &str) -> RunningShop {
    open(&format!("faults: [{{ name: planted, {fault} }}]")).await
}

#[tokio::test]
async fn an_error_status_comes_with_its_body_and_without_the_work() {
    let shop = fault("at: add, kind: { status: { code: 503, body: 'try again' } }").await;
    let mut visitor = Visitor::program(&shop, "a");
    let reply = visitor.post("/cart", json!({ "sku": "sku-1" })).await;
    assert_eq!((reply.status, reply.body.as_str()), (503, "try again"));
    assert_eq!(visitor.get("/cart").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_fault_after_the_work_leaves_an_order_behind() {
    let shop = fault("at: pay, first: 1, work_done: true, kind: { status: 500 }").await;
    let mut visitor = Visitor::program(&shop, "a");
    visitor.post("/cart", json!({ "sku": "sku-1" })).await;
    assert_eq!(visitor.post_with("k", "/checkout/pay", wallet()).await.status, 500);
    assert_eq!(shop.ledger().orders.len(), 1);
    assert_eq!(
        visitor.post_with("k", "/checkout/pay", wallet()).await.json()["order_id"],
        "T100001",
        "the retry finds it"
    );
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let shop = fault("at: product, kind: reset").await;
    let error =
        Visitor::program(&shop, "a").ask("GET", "/products/sku-1", "", "").await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_truncated_answer_stops_in_the_middle() {
    let shop = fault("at: product, kind: truncated").await;
    let reply = Visitor::program(&shop, "a").get("/products/sku-1").await;
    assert!(
        reply.status == 200 && !reply.whole && reply.body.starts_with("{\"sku\":\"sku-1\""),
        "{reply:?}"
    );
}

#[tokio::test]
async fn wrong_content_comes_with_status_200() {
    let shop = fault("at: pay, kind: { wrong_content: '<h1>Be right back</h1>' }").await;
    let reply = Visitor::program(&shop, "a").buy("sku-1", wallet()).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "<h1>Be right back</h1>"));
    assert!(shop.stop().await.orders.is_empty());
}

#[tokio::test]
async fn slow_answers_are_late_and_right() {
    let shop = open("faults: [{ name: a, at: cart, kind: { slow: 60ms } }, { name: b, at: cart, kind: { slow: 60ms..80ms } }]").await;
    let began = Instant::now();
    assert_eq!(Visitor::program(&shop, "a").get("/cart").await.status, 200);
    assert!(began.elapsed() >= Duration::from_millis(120), "both delays");
    assert_eq!(shop.stop().await.shoppers_failed, 0, "late is not failed");
}

#[tokio::test]
async fn a_hanging_request_ends_with_a_reset() {
    let shop = fault("at: cart, kind: { hang: 80ms }").await;
    let began = Instant::now();
    assert!(Visitor::program(&shop, "a").ask("GET", "/cart", "", "").await.is_err());
    assert!(began.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn a_stall_stops_everybody_once() {
    let shop = fault("at: cart, kind: { stall: 150ms }").await;
    let (mut one, mut other) = (Visitor::program(&shop, "a"), Visitor::program(&shop, "b"));
    let began = Instant::now();
    let stalled = tokio::spawn(async move { one.get("/cart").await.status });
    while shop.ledger().requests.get("cart") != Some(&1) {
        tokio::task::yield_now().await;
    }
    assert_eq!(other.get("/products/sku-1").await.status, 200);
    assert!(began.elapsed() >= Duration::from_millis(150), "the other shopper waited, too");
    assert_eq!(stalled.await.unwrap(), 200);
    let began = Instant::now();
    other.get("/cart").await;
    assert!(began.elapsed() < Duration::from_millis(150), "it is over");
}

#[tokio::test]
async fn a_sticky_fault_meets_the_same_shoppers_in_any_order() {
    let faults = "faults: [{ name: sticky, at: cart, sticky: shopper, probability: 40%, kind: { status: 500 } }]";
    let mut seen = Vec::new();
    for reversed in [false, true] {
        let shop = open(faults).await;
        let mut struck = std::collections::BTreeMap::new();
        let order: Vec<u32> = if reversed { (0..30).rev().collect() } else { (0..30).collect() };
        for i in order {
            let mut visitor = Visitor::program(&shop, &format!("shopper-{i}"));
            let tries = [visitor.get("/cart").await.status, visitor.get("/cart").await.status];
            assert_eq!(tries[0], tries[1], "again and again");
            struck.insert(i, tries[0]);
        }
        seen.push(struck);
    }
    assert_eq!(seen[0], seen[1]);
    let failed = seen[0].values().filter(|status| **status == 500).count();
    assert!((6..=18).contains(&failed), "{failed} of 30 at 40 %");
}

#[tokio::test]
async fn a_transient_fault_is_cured_by_a_retry() {
    let shop = fault("at: [cart, search], first: 1, kind: { status: 503 }").await;
    let mut visitor = Visitor::program(&shop, "a");
    for (path, expected) in
        [("/cart", 503), ("/cart", 200), ("/search?q=a", 503), ("/search?q=a", 200), ("/cart", 200)]
    {
        assert_eq!(visitor.get(path).await.status, expected, "{path}");
    }
}

#[tokio::test]
async fn a_session_stays_on_its_node_and_a_bad_node_fails_its_sessions() {
    let shop = fault("at: cart, where: { node: node-3 }, kind: { status: 500 }").await;
    let mut nodes = std::collections::BTreeSet::new();
    for i in 0..40 {
        let mut visitor = Visitor::program(&shop, &format!("shopper-{i}"));
        let node = visitor.get("/").await.header("x-node").unwrap();
        for _ in 0..2 {
            let reply = visitor.get("/cart").await;
            assert_eq!(reply.header("x-node").as_ref(), Some(&node));
            assert_eq!(reply.status, if node == "node-3" { 500 } else { 200 });
        }
        nodes.insert(node);
    }
    assert_eq!(nodes.len(), 4);
}

#[tokio::test]
async fn faults_choose_by_payment_device_header_and_field() {
    let shop = open(
        "faults:
  - { name: payment, at: pay, where: { payment: wallet }, kind: { status: 501 } }
  - { name: device, at: cart, where: { device: [mobile, tablet] }, kind: { status: 502 } }
  - { name: header, at: cart, where: { header: { x-tag: 'b*' } }, kind: { status: 503 } }
  - { name: field, at: product, where: { field: { sku: sku-2 } }, kind: { status: 504 } }",
    )
    .await;
    let mut visitor = Visitor::program(&shop, "a");
    assert_eq!(visitor.buy("sku-1", wallet()).await.status, 501);
    assert_eq!(visitor.post("/checkout/pay", super::card("4242424242424242")).await.status, 201);
    assert_eq!(
        [visitor.get("/products/sku-1").await.status, visitor.get("/products/sku-2").await.status],
        [200, 504]
    );
    for (headers, expected) in [
        ("", 200),
        ("user-agent: Mobile Safari\r\n", 502),
        ("x-device: tablet\r\n", 502),
        ("x-tag: blue\r\n", 503),
    ] {
        assert_eq!(
            visitor.ask("GET", "/cart", headers, "").await.unwrap().status,
            expected,
            "{headers}"
        );
    }
}

#[tokio::test]
async fn a_fault_keeps_to_its_time() {
    let shop = fault("at: cart, during: { from: 0ms, to: 200ms }, kind: { status: 500 }").await;
    let mut visitor = Visitor::program(&shop, "a");
    let began = Instant::now();
    assert_eq!(visitor.get("/cart").await.status, 500);
    while visitor.get("/cart").await.status == 500 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(began.elapsed() >= Duration::from_millis(100));
    shop.reset();
    assert_eq!(visitor.get("/cart").await.status, 500, "a reset opens the shop anew");
}

#[tokio::test]
async fn overload_queues_and_a_full_queue_refuses() {
    let shop = open("capacity: { workers: 1, service_time: 50ms, queue: 2 }").await;
    let began = Instant::now();
    let asking = (0..6).map(|i| {
        let mut visitor = Visitor::program(&shop, &format!("{i}"));
        tokio::spawn(async move { visitor.get("/cart").await.status })
    });
    let mut statuses = Vec::new();
    for asked in asking.collect::<Vec<_>>() {
        statuses.push(asked.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 503, 503, 503]);
    assert!(began.elapsed() >= Duration::from_millis(150), "three one after another");
    assert_eq!(shop.stop().await.turned_away.queue_full, 3);
}

#[tokio::test]
async fn the_rate_limit_answers_429_for_the_shop_or_for_each_shopper() {
    for (per, expected) in [("shop", [200, 429, 429]), ("shopper", [200, 429, 200])] {
        let shop = open(&format!("rate_limit: {{ per_second: 1, at: cart, per: {per} }}")).await;
        let (mut one, mut other) = (Visitor::program(&shop, "a"), Visitor::program(&shop, "b"));
        let first = one.get("/cart").await.status;
        let second = one.get("/cart").await;
        assert_eq!([first, second.status, other.get("/cart").await.status], expected, "{per}");
        assert_eq!(second.header("retry-after").as_deref(), Some("1"));
        assert_eq!(one.get("/").await.status, 200, "only the steps it is for");
    }
}

#[tokio::test]
async fn administration_is_never_struck() {
    let shop =
        open("rate_limit: { per_second: 1 }\nfaults: [{ name: all, at: '*', kind: reset }]").await;
    let mut visitor = Visitor::program(&shop, "a");
    assert!(visitor.ask("GET", "/", "", "").await.is_err());
    for _ in 0..3 {
        assert_eq!(visitor.get("/healthz").await.status, 200);
        assert_eq!(visitor.get("/admin/ledger").await.status, 200);
    }
    assert_eq!(visitor.ask("POST", "/admin/reset", "", "").await.unwrap().status, 204);
}

#[tokio::test]
async fn options_that_contradict_the_faults_are_refused() {
    let refused = async |faults: &str, nodes: usize| {
        let faults = Faults::parse(faults).unwrap();
        let options =
            ShopOptions { faults, nodes: ShopOptions::node_names(nodes), ..ShopOptions::default() };
        RunningShop::start(options).await.map(|shop| shop.addr()).unwrap_err()
    };
    assert!(matches!(refused("", 0).await, ShopError::NoNodes));
    assert!(
        matches!(refused("stock: { sku-77: 1 }", 4).await, ShopError::UnknownProduct(sku) if sku == "sku-77")
    );
    let error = refused("faults: [{ name: f, where: { node: node-9 }, kind: reset }]", 2).await;
    assert_eq!(
        error.to_string(),
        "the fault 'f' is meant for 'node-9', but the shop's nodes are node-1, node-2"
    );
}

#[tokio::test]
async fn a_port_in_use_is_an_error_that_says_so() {
    let shop = open_with("", |_| {}).await;
    let error = RunningShop::start(ShopOptions { listen: shop.addr(), ..ShopOptions::default() })
        .await
        .unwrap_err();
    assert!(error.to_string().contains("choose another port"), "{error}");
}
