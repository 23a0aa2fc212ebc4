//! Orders against the shop's records: what is planted in the practice shop's books is found to the unit, and nothing else.

use serde_json::Value;

use crate::bench::{Bench, Shop, count, document, json_lines};

/// Shoppers who pay once, half of them by a card; a quarter of the cards is declined.
const BUY: &str = "
name: Books
load: { arrivals: paced, stages: [{ hold: 60/s, for: 5s }] }
currency: EUR
shoppers:
  attributes: { card: { '4242424242424242': 75, '4000000000000002': 25 } }
  max_attempts: 1
defaults: { headers: { accept: application/json }, gives_up_after: 20s }
journeys:
  - name: buy
    steps:
      - { name: add, post: /cart, json: { sku: SKU, quantity: 1 }, expect: { status: 201 } }
      - purchase: pay
        steps:
          - name: pay
            post: /checkout/pay
            headers: { idempotency-key: '{{ intent.id }}' }
            json: { method: card, card_number: '{{ card }}', email: '{{ shopper.email }}' }
            expect: { status: 201 }
            declined: { status: 402 }
            order: { id: { json: $.order_id }, total: { json: $.total }, unit: minor }
";

const RECORDS: &str = "
records:
  orders:
    get: /admin/records/orders?limit=40
    rows: $.orders[*]
    next: { after_id: after_id }
    fields: { marker: $.email, created: $.created_at, lines: '$.items[*]' }
    counts: [pending, paid]
    paid: paid
    amounts: minor
    lookup: /admin/records/orders?search={{ email }}
  charges: { from: stripe, url: '{{ env.SHOP }}', get: /admin/records/charges?limit=40, fields: { marker: $.metadata.email } }
  mail: { from: mailpit, url: '{{ env.SHOP }}', get: /admin/records/mails?limit=40 }
  stock: { get: /admin/records/stock, fields: { sku: $.sku } }
  exclusive: [sku-1]
  wait: 3500ms
  pause: 100ms
";

fn bench() -> Bench {
    let bench = Bench::new(&BUY.replace("SKU", "sku-1"));
    bench.file("records.yaml", RECORDS);
    bench
}

fn run(bench: &Bench, shop: &Shop, more: &[&str]) -> (Option<i32>, Value, String) {
    let url = shop.url();
    let variable = format!("SHOP={url}");
    let mut arguments = vec!["--target", &url, "--records", "records.yaml", "-e", &variable];
    arguments.extend(more);
    let ended = bench.run(&arguments);
    let text = format!("{}{}", ended.stdout, ended.stderr);
    assert!(!bench.runs().is_empty(), "{text}");
    (ended.code, bench.document()["reconciliation"].clone(), text)
}

fn found(records: &Value, kind: &str) -> u64 {
    let findings = records["findings"].as_array().unwrap();
    findings
        .iter()
        .find(|finding| finding["kind"] == kind)
        .map_or(0, |finding| count(finding, "/count"))
}

#[test]
fn what_is_planted_in_the_books_is_found_to_the_unit() {
    let kinds = [
        "lost",
        "duplicate",
        "charged_twice",
        "charged_without_order",
        "order_without_charge",
        "wrong_total",
        "cancelled",
        "late",
        "no_receipt",
        "two_receipts",
        "shared",
        "phantom",
        "receipt_without_order",
    ];
    let books: String =
        kinds.iter().map(|kind| format!("  - {{ kind: {kind}, probability: 8% }}\n")).collect();
    let shop = Shop::open(&format!("stock: {{ sku-1: 5000 }}\nbooks_late_by: 2s\nbooks:\n{books}"));
    let bench = bench();
    let (code, records, text) = run(&bench, &shop, &["--seed", "5"]);
    let ledger = shop.ledger();
    let planted = |kind: &str| ledger.book_faults.get(kind).copied().unwrap_or(0);
    for kind in kinds.iter().filter(|kind| **kind != "phantom" && **kind != "receipt_without_order")
    {
        assert!(planted(kind) > 0, "{kind} struck nobody: {:?}", ledger.book_faults);
    }
    let expected = [
        ("lost", planted("lost") + planted("charged_without_order")),
        ("charged_without_order", planted("charged_without_order")),
        ("duplicate", planted("duplicate")),
        ("charged_twice", planted("charged_twice")),
        ("order_without_charge", planted("order_without_charge")),
        ("wrong_amount", planted("wrong_total")),
        ("wrong_state", planted("cancelled")),
        ("receipt_missing", planted("no_receipt")),
        ("receipt_twice", planted("two_receipts")),
        ("shared", planted("shared")),
        ("phantom", planted("phantom")),
        ("receipt_without_order", planted("receipt_without_order")),
        ("late", 0),
        ("stranger", 0),
    ];
    for (kind, planted) in expected {
        assert_eq!(found(&records, kind), planted, "{kind}: {text}");
    }
    assert_eq!(records["settled"], true);
    assert_eq!(count(&records, "/undecided"), 0);
    assert!([Some(103), Some(102)].contains(&code), "{code:?} {text}");
    assert!(text.contains("Orders against the shop's records"), "{text}");
    let lines = json_lines(&bench.only_run().join("reconciliation.jsonl"));
    let counts: u64 = records["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| count(finding, "/count"))
        .sum();
    assert_eq!(lines.len() as u64, counts);
    if code == Some(103) {
        let report = bench.tillrush(&["report", "latest", "--junit", "-"]);
        assert_eq!(report.code, Some(103), "a stored run keeps its reconciliation");
        assert!(
            report.stdout.contains("orders reconcile with the shop&apos;s records: lost"),
            "{}",
            report.stdout
        );
        assert_eq!(bench.document()["verdict"], "not_reconciled");
    }
}

#[test]
fn a_shop_in_order_has_no_finding_by_any_way_of_paging_and_with_any_clock() {
    let shop = Shop::open("stock: { sku-1: 5000 }\nclock_ahead: 5m\n");
    let bench = bench();
    // `reconcile` reads the run again, and knows the values that could be stored.
    let public = format!("public:SHOP={}", shop.url());
    let (code, records, text) = run(&bench, &shop, &["--seed", "6", "-e", &public]);
    assert!([Some(0), Some(102)].contains(&code), "{text}");
    assert_eq!(records["findings"], serde_json::json!([]), "{text}");
    assert_eq!(count(&records, "/ok"), shop.ledger().orders.len() as u64);
    assert_eq!(count(&records, "/intents"), shop.ledger().payments.attempts);
    let ahead = records["clock_offset_s"].as_f64().unwrap();
    assert!((ahead - 300.0).abs() < 2.0, "{ahead}");
    let styles = [
        "link",
        "{ cursor: $.page_info.end_cursor, while: $.page_info.has_next_page }",
        "{ page: page }",
        "{ offset: offset }",
    ];
    for style in styles {
        bench.file(
            "again.yaml",
            &RECORDS.replace("{ after_id: after_id }", style).replace("3500ms", "1s"),
        );
        let variable = format!("SHOP={}", shop.url());
        let again =
            bench.tillrush(&["reconcile", "latest", "--records", "again.yaml", "-e", &variable]);
        assert_eq!(again.code, code, "{style}: {} {}", again.stdout, again.stderr);
        let records = &document(&bench.only_run())["reconciliation"];
        assert_eq!(records["findings"], serde_json::json!([]), "{style}");
        assert_eq!(count(records, "/orders"), shop.ledger().orders.len() as u64, "{style}");
    }
}

#[test]
fn an_oversold_article_is_told_by_how_many() {
    let shop = Shop::open("stock: { flash-console: 3 }\noversell: true\n");
    let bench = Bench::new(
        &BUY.replace("SKU", "flash-console")
            .replace("hold: 60/s, for: 5s", "hold: 8/s, for: 1s")
            .replace("post: /checkout/pay", "post: /checkout/pay\n            think: 1500ms")
            .replace("'4242424242424242': 75, '4000000000000002': 25", "'4242424242424242': 1"),
    );
    bench.file("records.yaml", RECORDS);
    let (code, records, text) = run(&bench, &shop, &[]);
    let sold = shop.ledger().orders.len() as u64;
    assert!(sold > 3, "{sold} {text}");
    let stock = records["stock"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["sku"] == "flash-console")
        .unwrap();
    assert_eq!((count(stock, "/sold"), count(stock, "/oversold")), (sold, sold - 3));
    assert_eq!(found(&records, "oversold"), 1, "{text}");
    assert!([Some(103), Some(102)].contains(&code), "{code:?} {text}");
}

#[test]
fn records_that_can_not_be_read_leave_the_run_undecided() {
    let shop = Shop::open("stock: { sku-1: 5000 }\n");
    let bench = bench();
    let wrong = RECORDS.replace("/admin/records/orders?limit=40", "/nowhere");
    bench.file("records.yaml", &wrong.replace("3500ms", "0s"));
    let (code, records, text) = run(&bench, &shop, &["--rate", "5/s", "-d", "1s"]);
    assert!([Some(100), Some(102)].contains(&code), "{code:?} {text}");
    assert!(text.contains("/nowhere answered 404"), "{text}");
    assert_eq!(records["settled"], false);
    // A file with the same orders decides it.
    let orders = shop.ledger().orders;
    let rows: String = orders
        .iter()
        .map(|order| format!("{},{},{},paid\n", order.id, order.email, order.total))
        .collect();
    bench.file("orders.csv", &format!("number,mail,sum,state\n{rows}"));
    bench.file("file.yaml", "orders: { file: orders.csv, amounts: minor, fields: { id: number, marker: mail, total: sum } }\nwait: 0s\npause: 10ms\n");
    let again = bench.tillrush(&["reconcile", "latest", "--records", "file.yaml"]);
    let records = &document(&bench.only_run())["reconciliation"];
    assert_eq!(
        (records["settled"].as_bool(), count(records, "/orders")),
        (Some(true), orders.len() as u64)
    );
    assert!([Some(0), Some(102)].contains(&again.code), "{} {}", again.stdout, again.stderr);
    // One order less in a command's output is one lost.
    bench.file("command.yaml", "orders: { command: 'sed 2d orders.csv', amounts: minor, fields: { id: number, marker: mail, total: sum } }\nwait: 0s\npause: 10ms\n");
    let again = bench.tillrush(&["reconcile", "latest", "--records", "command.yaml"]);
    let records = &document(&bench.only_run())["reconciliation"];
    assert_eq!(found(records, "lost"), 1, "{} {}", again.stdout, again.stderr);
}
