//! The readers against the practice shop's lists, while these grow.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

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

/// Books orders at this rate until told to stop, and counts them. One that comes late is made up for.
fn book_orders(shop: &RunningShop, per_second: u32, stop: &AtomicBool, placed: &AtomicU64) {
    let began = Instant::now();
    for nth in 0.. {
        let due = began + Duration::from_secs(1) * nth / per_second;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if stop.load(Ordering::Relaxed) {
            return;
        }
        shop.book_order();
        placed.fetch_add(1, Ordering::SeqCst);
    }
}

const STYLES: [&str; 9] = [
    "get: /admin/records/orders?limit=50, rows: '$.orders[*]', next: link",
    "get: /admin/records/orders?limit=50, rows: '$.orders[*]', next: { cursor: $.page_info.end_cursor, while: $.page_info.has_next_page }",
    "get: /admin/records/orders?limit=50, rows: '$.orders[*]', next: { page: page }",
    "get: /admin/records/orders?limit=50, rows: '$.orders[*]', next: { offset: offset }",
    "get: /admin/records/orders?limit=50, rows: '$.orders[*]', next: { after_id: after_id }",
    "get: '/admin/records/orders?limit=50&sort=desc', rows: '$.orders[*]', next: { offset: offset }",
    "get: '/admin/records/orders?limit=50&sort=desc', rows: '$.orders[*]', next: { after_id: after_id }",
    "get: '/admin/records/orders?limit=50&sort=desc', rows: '$.orders[*]', next: link",
    "get: '/admin/records/orders?limit=50&sort=desc', rows: '$.orders[*]', next: { page: page }",
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
        let shop = Arc::new(shop);
        let (stop, placed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let began = Instant::now();
        let buyers = {
            let (shop, stop, placed) = (shop.clone(), stop.clone(), placed.clone());
            std::thread::spawn(move || book_orders(&shop, 120, &stop, &placed))
        };
        while placed.load(Ordering::SeqCst) < 160 {
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
        let rate = placed.load(Ordering::SeqCst) as f64 / began.elapsed().as_secs_f64();
        assert!(rate >= 100.0, "{rate} orders/s came in");
        stop.store(true, Ordering::Relaxed);
        buyers.join().unwrap();
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
