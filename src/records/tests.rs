//! The readers against the practice shop's lists, while these grow.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::*;
use crate::demo_shop::{Faults, RunningShop, ShopOptions};
use crate::plan::{RecordPlan, compile_records};
use crate::reconcile::Intents;
use crate::scenario::Records;

const FIELDS: &str = "amounts: minor, fields: { created: $.created_at }";

fn plan(orders: &str) -> RecordPlan {
    let (written, mut problems) =
        Records::parse("r.yaml", &format!("orders: {{ {orders}, {FIELDS} }}")).unwrap();
    let plan = compile_records(&written, &mut problems);
    problems.into_result(plan).unwrap()
}

async fn shop(faults: &str) -> RunningShop {
    let faults = Faults::parse(faults).unwrap();
    RunningShop::start(ShopOptions { faults, ..ShopOptions::default() }).await.unwrap()
}

fn reader(shop: &RunningShop, plan: RecordPlan) -> RecordReader {
    let values = Placeholders::new(&BTreeMap::new(), std::iter::empty(), 0);
    let target = url::Url::parse(&format!("http://{}", shop.addr())).unwrap();
    RecordReader::new(plan, values, Some(target), "".into(), false).unwrap()
}

/// Buys until told to stop; counts the orders that are placed.
async fn buy(address: String, every: Duration, stop: Arc<AtomicBool>, placed: Arc<AtomicU64>) {
    let client = reqwest::Client::new();
    let post = |path: &str, cookie: &str, body: &'static str| {
        client
            .post(format!("{address}{path}"))
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .header("cookie", cookie)
            .body(body)
            .send()
    };
    while !stop.load(Ordering::Relaxed) {
        let added = post("/cart", "", r#"{"sku":"sku-1","quantity":1}"#).await.unwrap();
        assert!(added.status().is_success(), "{}", added.status());
        let cookie = added.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();
        let paid =
            post("/checkout/pay", cookie, r#"{"method":"wallet","email":"eve@example.com"}"#)
                .await
                .unwrap();
        assert_eq!(paid.status(), 201);
        placed.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(every).await;
    }
}

const STYLES: [&str; 9] = [
    "get: /admin/records/orders?limit=7, rows: '$.orders[*]', next: link",
    "get: /admin/records/orders?limit=7, rows: '$.orders[*]', next: { cursor: $.page_info.end_cursor, while: $.page_info.has_next_page }",
    "get: /admin/records/orders?limit=7, rows: '$.orders[*]', next: { page: page }",
    "get: /admin/records/orders?limit=7, rows: '$.orders[*]', next: { offset: offset }",
    "get: /admin/records/orders?limit=7, rows: '$.orders[*]', next: { after_id: after_id }",
    "get: '/admin/records/orders?limit=7&sort=desc', rows: '$.orders[*]', next: { offset: offset }",
    "get: '/admin/records/orders?limit=7&sort=desc', rows: '$.orders[*]', next: { after_id: after_id }",
    "get: '/admin/records/orders?limit=7&sort=desc', rows: '$.orders[*]', next: link",
    "get: '/admin/records/orders?limit=7&sort=desc', rows: '$.orders[*]', next: { page: page }",
];

/// As in production: requests come from another thread than the reader's.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn no_way_of_paging_loses_or_doubles_an_order_of_a_growing_list() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    runtime().block_on(async {
        let shop = shop("stock: { sku-1: 1000000 }").await;
        let (stop, placed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let address = format!("http://{}", shop.addr());
        let buyer = {
            let (stop, placed) = (stop.clone(), placed.clone());
            std::thread::spawn(move || {
                runtime().block_on(buy(address, Duration::from_millis(5), stop, placed));
            })
        };
        while placed.load(Ordering::SeqCst) < 30 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let intents = Intents::new();
        for style in STYLES {
            let mut reader = reader(&shop, plan(style));
            for read in 0..3 {
                let before = placed.load(Ordering::SeqCst);
                let orders = reader.orders(read, &intents).await.unwrap();
                // One may be placed and not counted yet.
                let after = placed.load(Ordering::SeqCst) + 1;
                let found = orders.len() as u64;
                assert!(
                    (before..=after).contains(&found),
                    "{style}: {found} of {before} to {after}"
                );
            }
        }
        stop.store(true, Ordering::Relaxed);
        buyer.join().unwrap();
    });
}

#[test]
fn the_shops_clock_is_measured_by_its_answers() {
    runtime().block_on(async {
        let shop = shop("clock_ahead: 5m").await;
        let mut reader = reader(&shop, plan(STYLES[0]));
        reader.orders(0, &Intents::new()).await.unwrap();
        let offset = reader.clock_offset_us().unwrap();
        assert!((offset - 300_000_000).abs() < 2_000_000, "{offset}");
    });
}

#[test]
fn a_source_that_refuses_is_told_with_its_answer() {
    runtime().block_on(async {
        let shop = shop("").await;
        let mut reader = reader(&shop, plan("get: /nowhere?key=secret, rows: '$[*]'"));
        let error = reader.orders(0, &Intents::new()).await.unwrap_err().to_string();
        assert!(error.contains("/nowhere answered 404"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    });
}
