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
    // A shop each: one whose list grew through all of them would be slower with each page, on a busy machine without an end.
    STYLES.iter().for_each(|style| runtime().block_on(read_while_orders_come(style)));
}

async fn read_while_orders_come(style: &str) {
    let shop = Arc::new(shop("stock: { sku-1: 1000000 }").await);
    let (stop, placed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let began = Instant::now();
    let buyers = {
        let (shop, stop, placed) = (shop.clone(), stop.clone(), placed.clone());
        std::thread::spawn(move || book_orders(&shop, 120, &stop, &placed))
    };
    while placed.load(Ordering::SeqCst) < 60 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let intents = Intents::new();
    let mut reader = reader(&shop, plan(style));
    for read in 0..3 {
        let before = placed.load(Ordering::SeqCst);
        let orders = reader.orders(read, &intents).await.unwrap();
        // One may be placed and not counted yet.
        let after = placed.load(Ordering::SeqCst) + 1;
        let found = orders.len() as u64;
        assert!((before..=after).contains(&found), "{style}: {found} of {before} to {after}");
    }
    let rate = placed.load(Ordering::SeqCst) as f64 / began.elapsed().as_secs_f64();
    assert!(rate >= 100.0, "{rate} orders/s came in");
    stop.store(true, Ordering::Relaxed);
    buyers.join().unwrap();
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

/// A shop with answers of our own making; its address.
async fn serve(app: axum::Router) -> url::Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url::Url::parse(&url).unwrap()
}

async fn read_from(url: url::Url, orders: &str) -> Result<usize, RecordError> {
    let values = Placeholders::new(&BTreeMap::new(), std::iter::empty(), 0);
    let mut reader = RecordReader::new(plan(orders), values, Some(url), "".into(), false).unwrap();
    Ok(reader.orders(0, &Intents::new()).await?.len())
}

#[test]
fn a_list_without_an_end_is_told_and_does_not_go_on_for_ever() {
    use axum::routing::get;
    let rows = r#"[{"id":1},{"id":2}]"#;
    runtime().block_on(async {
        let url =
            serve(axum::Router::new().route("/orders", get(move || async move { rows }))).await;
        for next in ["{ cursor: '$[0].missing' }", "{ page: p, first: 0 }"] {
            let list = format!("get: /orders, rows: '$[*]', next: {next}");
            assert_eq!(read_from(url.clone(), &list).await.unwrap(), 2, "{next}");
        }
        let endless = read_from(url, "get: /orders, rows: '$[*]', next: { offset: skip }").await;
        let error = endless.unwrap_err().to_string();
        assert!(error.contains("no end"), "an offset that is ignored: {error}");
    });
}

#[test]
fn the_next_page_is_asked_of_the_same_host_whatever_the_link_says() {
    use axum::extract::Query;
    use axum::routing::get;
    async fn page(
        Query(query): Query<BTreeMap<String, String>>,
    ) -> ([(&'static str, &'static str); 1], &'static str) {
        match query.get("page").map(String::as_str) {
            // As behind a proxy that speaks TLS.
            None => {
                ([("link", "<https://127.0.0.1:1/orders?page=2>; rel=\"next\"")], r#"[{"id":1}]"#)
            }
            Some("2") => {
                ([("link", "<https://127.0.0.1:1/orders?page=3>; rel=\"next\"")], r#"[{"id":2}]"#)
            }
            Some("3") => ([("link", "")], r#"[{"id":3}]"#),
            Some(_) => {
                ([("link", "<http://elsewhere.test/orders>; rel=\"next\"")], r#"[{"id":4}]"#)
            }
        }
    }
    runtime().block_on(async {
        let url = serve(axum::Router::new().route("/orders", get(page))).await;
        let list = "get: /orders, rows: '$[*]', next: link";
        assert_eq!(read_from(url.clone(), list).await.unwrap(), 3);
        let error = read_from(url, "get: '/orders?page=9', rows: '$[*]', next: link").await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("elsewhere.test"), "{error}");
    });
}
