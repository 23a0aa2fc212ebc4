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
  cleanup: { post: '/admin/records/orders/{{ order }}/cancel' }
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
    // The same shoppers in a shop whose clock is five minutes off.
    for clock in ["clock_ahead: 5m", "clock_behind: 5m"] {
        let off = Shop::open(&format!(
            "stock: {{ sku-1: 5000 }}\n{clock}\nbooks_late_by: 2s\nbooks:\n{books}"
        ));
        let other = self::bench();
        let (_, of_other, _) = run(&other, &off, &["--seed", "5"]);
        for (kind, planted) in expected {
            assert_eq!(found(&of_other, kind), planted, "{kind}, with {clock}");
        }
    }
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

#[test]
fn what_is_wrong_for_certain_is_told_while_the_run_goes_on() {
    let shop = Shop::open(
        "stock: { sku-1: 5000 }\nbooks_late_by: 2s\nbooks:\n  - { kind: duplicate, probability: 20% }\n  - { kind: late, probability: 30% }\n",
    );
    let bench = bench();
    bench.file("records.yaml", &format!("{RECORDS}  every: 400ms\n"));
    let load = ["--seed", "9", "--rate", "20/s", "-d", "8s"];
    let (_, records, text) = run(&bench, &shop, &load);
    assert!(text.contains("the shop's records so far: "), "{text}");
    let planted = shop.ledger().book_faults;
    assert_eq!(found(&records, "duplicate"), planted["duplicate"], "{text}");
    // Reads that lacked these orders are known.
    let late = planted["late"];
    let seen = count(&records["visible_after"], "/orders");
    assert!((1..=late).contains(&seen), "{seen} of {late}: {records}");
    let longest = records["visible_after"]["max_ms"].as_f64().unwrap();
    assert!((1_500.0..20_000.0).contains(&longest), "{longest}");
    assert_eq!(found(&records, "lost"), 0, "{text}");
}

#[test]
fn objectives_of_records_are_judged_by_them() {
    let shop =
        Shop::open("stock: { sku-1: 5000 }\nbooks:\n  - { kind: no_receipt, probability: 30% }\n");
    let objectives = "objectives: [late_orders < 10%, receipts_missing < 10%]\n";
    let bench = Bench::new(&format!("{}{objectives}", BUY.replace("SKU", "sku-1")));
    bench.file("records.yaml", RECORDS);
    let (code, records, text) = run(&bench, &shop, &["--seed", "9"]);
    let planted = shop.ledger().book_faults["no_receipt"];
    assert_eq!(found(&records, "receipt_missing"), planted);
    let verdicts = &bench.document()["objectives"];
    assert_eq!(
        (&verdicts[0]["verdict"], &verdicts[1]["verdict"]),
        (&"pass".into(), &"fail".into()),
        "{verdicts}"
    );
    assert!([Some(99), Some(102)].contains(&code), "{code:?} {text}");
    let bare = Bench::new(&format!("{}{objectives}", BUY.replace("SKU", "sku-1")));
    let ended = bare.run(&["--target", &shop.url(), "-d", "1s"]);
    assert_eq!(ended.code, Some(100), "nothing says what the records have: {}", ended.stdout);
}

#[test]
fn slices_are_merged_and_reconciled_once() {
    let shop = Shop::open(
        "stock: { sku-1: 5000 }\nbooks:\n  - { kind: duplicate, probability: 20% }\n  - { kind: lost, probability: 10% }\n",
    );
    let bench = bench();
    let url = shop.url();
    let variable = format!("SHOP={url}");
    let start = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(10);
    let start = start.to_string();
    std::thread::scope(|scope| {
        for slice in ["0/2", "1/2"] {
            let (bench, url, variable, start) = (&bench, &url, &variable, &start);
            scope.spawn(move || {
                let ended = bench.run(&[
                    "--target",
                    url,
                    "--records",
                    "records.yaml",
                    "-e",
                    variable,
                    "--slice",
                    slice,
                    "--start-at",
                    start,
                    "--seed",
                    "4",
                    "-d",
                    "2s",
                ]);
                assert!([Some(103), Some(102)].contains(&ended.code), "{}", ended.stderr);
            });
        }
    });
    let parts: Vec<String> = bench.runs().iter().map(|run| run.display().to_string()).collect();
    let mut arguments = vec!["merge", "--out", "merged", "-e", &variable];
    arguments.extend(parts.iter().map(String::as_str));
    let merged = bench.tillrush(&arguments);
    assert!([Some(103), Some(102)].contains(&merged.code), "{} {}", merged.stdout, merged.stderr);
    let folder =
        std::fs::read_dir(bench.path().join("merged")).unwrap().next().unwrap().unwrap().path();
    let records = &document(&folder)["reconciliation"];
    let planted = shop.ledger().book_faults;
    assert_eq!(found(records, "duplicate"), planted["duplicate"], "{}", merged.stdout);
    assert_eq!(found(records, "lost"), planted["lost"], "{}", merged.stdout);
    assert_eq!(count(records, "/orders_of_others"), 0);
    assert_eq!(found(records, "stock_drift"), 1, "what is lost took stock: {records}");
}

#[test]
fn what_a_run_ordered_is_cancelled_on_request_and_proved_to_be() {
    let shop =
        Shop::open("stock: { sku-1: 5000 }\nbooks:\n  - { kind: duplicate, probability: 10% }\n");
    let bench = bench();
    let public = format!("public:SHOP={}", shop.url());
    run(&bench, &shop, &["--seed", "8", "-d", "1s", "-e", &public]);
    let created = std::fs::read_to_string(bench.only_run().join("created-orders.csv")).unwrap();
    let counting = shop.ledger().orders.len() + shop.ledger().book_faults["duplicate"] as usize;
    assert_eq!(created.lines().count(), 1 + counting, "{created}");
    assert!(!created.contains("example.com"), "no address is stored: {created}");
    let left = |shop: &Shop| shop.ledger().stock["sku-1"];
    assert!(left(&shop) < 5_000);

    let cleanup = |more: &[&str]| {
        let mut arguments = vec!["cleanup", "latest", "-e", &public];
        arguments.extend(more);
        bench.tillrush(&arguments)
    };
    let unasked = cleanup(&[]);
    assert_eq!(unasked.code, Some(2), "{}", unasked.stderr);
    assert!(unasked.stderr.contains("needs a yes"), "{}", unasked.stderr);
    let capped = cleanup(&["--yes", "--max", "3"]);
    assert_eq!(capped.code, Some(2), "{}", capped.stderr);
    assert!(capped.stderr.contains("more than the 3 that may be cancelled"), "{}", capped.stderr);
    assert!(left(&shop) < 5_000, "nothing was cancelled yet");

    let cleaned = cleanup(&["--yes"]);
    assert_eq!(cleaned.code, Some(0), "{} {}", cleaned.stdout, cleaned.stderr);
    let told = format!("{counting} orders cancelled, 0 left in the shop's records");
    assert!(cleaned.stdout.contains(&told), "{}", cleaned.stdout);
    assert!(cleaned.stdout.contains("the stock is as it was before"), "{}", cleaned.stdout);
    assert_eq!(left(&shop), 5_000);
    let again = cleanup(&["--yes"]);
    assert_eq!(again.code, Some(0), "{} {}", again.stdout, again.stderr);
}

#[test]
fn a_shop_that_only_says_that_it_cancels_is_not_believed() {
    let shop = Shop::open("stock: { sku-1: 5000 }\n");
    let bench = bench();
    let public = format!("public:SHOP={}", shop.url());
    let records = RECORDS
        .replace("post: '/admin/records/orders/{{ order }}/cancel'", "command: 'true {{ order }}'");
    bench.file("records.yaml", &records);
    run(&bench, &shop, &["--seed", "8", "--rate", "5/s", "-d", "1s", "-e", &public]);
    let placed = shop.ledger().orders.len();
    let cleanup = ["cleanup", "latest", "-e", &public, "--yes", "--wait", "1s"];
    bench.tillrush(&cleanup).with(&[104]).complains("--allow-command true");
    let cleaned = bench.tillrush(&[&cleanup[..], &["--allow-command", "true"]].concat());
    assert_eq!(cleaned.code, Some(103), "{} {}", cleaned.stdout, cleaned.stderr);
    assert!(cleaned.stdout.contains(&format!("{placed} left")), "{}", cleaned.stdout);
    assert!(cleaned.stdout.contains("stock of sku-1: 5000 before the run"), "{}", cleaned.stdout);
}

#[test]
fn a_walk_proves_the_chain_from_an_order_to_its_records() {
    let walk = |shop: &Shop, scenario: &str, records: &str| {
        let bench = Bench::new(scenario);
        bench.file("records.yaml", records);
        let variable = format!("SHOP={}", shop.url());
        bench.tillrush(&[
            "walk",
            bench.scenario(),
            "--target",
            &shop.url(),
            "--records",
            "records.yaml",
            "-e",
            &variable,
        ])
    };
    let buys =
        BUY.replace("SKU", "sku-1").replace("'4000000000000002': 25", "'4242 4242 4242 4242': 25");
    let quick = RECORDS.replace("3500ms", "2s");
    let shop = Shop::open("stock: { sku-1: 5000 }\n");
    let walked = walk(&shop, &buys, &quick);
    assert_eq!(walked.code, Some(0), "{} {}", walked.stdout, walked.stderr);
    let order = &shop.ledger().orders[0].id;
    for told in [
        format!("✓ order {order} in GET /admin/records/orders, marked in $.email"),
        format!("✓ charge pi_{order}_0 in GET /admin/records/charges, marked in $.metadata.email"),
        format!("✓ receipt m-{order}-0 in GET /admin/records/mails, marked in $.To[0].Address"),
    ] {
        assert!(walked.stdout.contains(&told), "{told}: {}", walked.stdout);
    }
    // A shopper whom the records can't name.
    let shop = Shop::open("stock: { sku-1: 5000 }\n");
    let walked = walk(&shop, &buys.replace("{{ shopper.email }}", "jo@example.com"), &quick);
    assert_eq!(walked.code, Some(103), "{}", walked.stdout);
    assert!(walked.stdout.contains("known by a number only"), "{}", walked.stdout);
    let silent = Shop::open("stock: { sku-1: 5000 }\nbooks: [{ kind: no_receipt }]\n");
    let walked = walk(&silent, &buys, &quick);
    assert_eq!(walked.code, Some(103), "{}", walked.stdout);
    assert!(walked.stdout.contains("✗ no receipt of this walk"), "{}", walked.stdout);
}

#[test]
fn a_process_killed_between_request_and_answer_leaves_unknown_intents_and_none_lost() {
    let slow = "{ name: late, at: pay, kind: { slow: 30s }, probability: 50% }";
    let shop = Shop::open(&format!("stock: {{ sku-1: 5000 }}\nfaults: [{slow}]\n"));
    let bench = bench();
    let public = format!("public:SHOP={}", shop.url());
    let url = shop.url();
    let running = bench.start(&["--target", &url, "--records", "records.yaml", "-e", &public]);
    while shop.ledger().orders.len() < 20 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    running.signal("KILL");
    running.wait();
    std::thread::sleep(std::time::Duration::from_secs(1));
    let placed = shop.ledger().orders.len() as u64;
    let again = bench.tillrush(&["reconcile", "latest", "-e", &public]);
    let records = &document(&bench.only_run())["reconciliation"];
    assert_eq!(records["findings"], serde_json::json!([]), "{} {}", again.stdout, again.stderr);
    assert_eq!(records["settled"], true);
    // Whoever was answered has an order; of the others nothing is known, and an order of theirs is no phantom.
    assert!(count(records, "/ok") >= 10 && count(records, "/unknown") >= 10, "{records}");
    assert!(count(records, "/ok") + count(records, "/recovered") == placed, "{records}");
    assert_eq!(again.code, Some(105), "{}", again.stderr);
}

#[test]
#[ignore = "takes minutes"]
fn fifty_clean_runs_have_no_finding() {
    // Clean is not calm: answers that are late, lost or errors, of work that was done or not, are no fault of the books.
    let weather = [
        "",
        "clock_ahead: 5m\n",
        "faults:\n  - { name: a, at: pay, kind: { status: { code: 500 } }, probability: 20%, work_done: true }\n",
        "faults:\n  - { name: b, at: pay, kind: reset, probability: 20%, work_done: true }\n",
        "faults:\n  - { name: c, at: pay, kind: { slow: 1500ms }, probability: 20%, work_done: true }\n",
        "faults:\n  - { name: d, at: pay, kind: truncated, probability: 20% }\n",
    ];
    let impatient =
        BUY.replace("SKU", "sku-1").replace("gives_up_after: 20s", "gives_up_after: 1s");
    let next = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if seed >= 50 {
                        return;
                    }
                    let weather = weather[seed as usize % weather.len()];
                    let shop = Shop::open(&format!("stock: {{ sku-1: 5000 }}\n{weather}"));
                    let bench =
                        Bench::new(&impatient.replace("max_attempts: 1", "max_attempts: 3"));
                    bench.file("records.yaml", &RECORDS.replace("3500ms", "2s"));
                    let seeds = seed.to_string();
                    let (_, records, text) =
                        run(&bench, &shop, &["--seed", &seeds, "--rate", "40/s", "-d", "1s"]);
                    assert_eq!(records["findings"], serde_json::json!([]), "seed {seed}: {text}");
                    assert_eq!(records["settled"], true, "seed {seed}: {text}");
                    assert!(count(&records, "/orders") > 10, "seed {seed}: {text}");
                }
            });
        }
    });
}
