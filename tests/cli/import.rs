//! From access logs to a scenario: files as servers write and compress them, and what is refused.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::bench::{Bench, LOOK, Shop, count, step};

/// Visitors who look at a page and buy, in nginx's format with the session's cookie.
const FORMAT: &str = r#"$remote_addr - - [$time_local] "$request" $status 512 "-" "$http_user_agent" $request_time $cookie_sid"#;

fn log(visitors: usize) -> String {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for i in 0..visitors {
        let steps = [
            ("GET /", 200),
            ("GET /products/sku-1", 200),
            ("POST /cart", 302),
            ("POST /checkout/pay", 302),
        ];
        // Every third one leaves after the product.
        for (nth, (request, status)) in
            steps.iter().take(if i % 3 == 0 { 2 } else { 4 }).enumerate()
        {
            let second = i + nth * (3 + i % 7);
            let stamp = format!("28/Nov/2025:11:{:02}:{:02} +0000", second / 60, second % 60);
            lines.push((second, format!("10.0.0.{} - - [{stamp}] \"{request} HTTP/1.1\" {status} 512 \"-\" \"Mozilla/5.0\" 0.100 c{i}", i % 250)));
        }
    }
    lines.sort();
    lines.iter().fold(String::new(), |mut text, (_, line)| {
        let _ = writeln!(text, "{line}");
        text
    })
}

#[test]
fn a_compressed_log_becomes_a_scenario_that_check_accepts_and_lists_its_blanks() {
    let bench = Bench::new(LOOK);
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(log(600).as_bytes()).unwrap();
    fs::write(bench.path().join("access.log.gz"), packed.finish().unwrap()).unwrap();
    let target = ["--target", "http://127.0.0.1:8080"];
    let command =
        ["import", "access.log.gz", "--log-format", FORMAT, "-o", "peak.yaml", "--scale", "1.6"];
    let import = bench.tillrush(&[&command[..], &target].concat()).with(&[0]);
    for text in ["600 sessions", "1.600 x Friday 28 November 2025", "submit pay (pays)"] {
        assert!(import.stdout.contains(text), "{text} is not in\n{}", import.stdout);
    }
    let check = bench.tillrush(&["check", "peak.yaml"]).with(&[0]);
    for text in ["2 blanks to fill in", "its body, which no log has"] {
        assert!(check.stdout.contains(text), "{text} is not in\n{}", check.stdout);
    }
    bench
        .tillrush(&[&command[..], &target].concat())
        .with(&[2])
        .complains("peak.yaml is there already")
        .complains("--force");
}

#[test]
fn a_log_of_another_format_is_refused_with_what_to_do() {
    let bench = Bench::new(LOOK);
    bench.file("access.log", &log(50));
    bench
        .tillrush(&["import", "access.log", "--format", "alb"])
        .with(&[2])
        .complains("not of the format alb")
        .complains("--log-format");
    bench
        .tillrush(&["import", "access.log", "--format", "nginy"])
        .with(&[2])
        .complains("no format is called 'nginy'");
    bench.file("poem.txt", "Who has seen the wind?\nNeither I nor you\n");
    bench
        .tillrush(&["import", "poem.txt"])
        .with(&[2])
        .complains("the format of the log is not known");
    bench
        .tillrush(&["import", "access.log", "--log-format", FORMAT, "--purchase", "POST /nowhere"])
        .with(&[2])
        .complains("the log has no 'POST /nowhere'")
        .complains("POST /checkout/pay");
}

#[test]
fn a_branch_without_steps_is_a_way_past_the_choice() {
    let shop = Shop::open("");
    let choice = "
name: Past
load: { arrivals: paced, stages: [{ hold: 40/s, for: 1s }] }
journeys:
  - name: look
    steps:
      - { name: home, get: / }
      - choose:
          - { weight: 1, steps: [{ name: product, get: /products/sku-1 }] }
          - { weight: 1 }
      - { name: cart, get: /cart }
";
    let bench = Bench::new(choice);
    bench.run(&["--target", &shop.url(), "--seed", "3"]).with(&[0, 102]);
    let document = bench.document();
    let started = |name: &str| count(step(&document, name), "/attempts");
    assert_eq!((started("home"), started("cart")), (40, 40));
    assert!((5..=35).contains(&started("product")), "{}", started("product"));
}

/// A recording of the flow of [`log`], as a browser writes it.
fn recording() -> String {
    let form = |action: &str, fields: &str| {
        format!(
            "<form action='{action}' method='post'><input type='hidden' name='csrf' value='a1b2c3d4e5f6a7b8'>{fields}</form>"
        )
    };
    let product = form("/cart", "<input name='quantity' value='1'>");
    let checkout = form("/checkout/pay", "<input name='email'><input name='card_number'>");
    let paid = "<p>Your order number is <b>10042</b>.</p>".to_owned();
    let visits = [
        ("GET", "/", None, "<h1>Shop</h1>".to_owned()),
        ("GET", "/products/sku-1", None, product),
        ("POST", "/cart", Some("csrf=a1b2c3d4e5f6a7b8&quantity=2"), checkout),
        (
            "POST",
            "/checkout/pay",
            Some("csrf=a1b2c3d4e5f6a7b8&email=nora%40mail.test&card_number=4242424242424242"),
            paid,
        ),
    ];
    let entries = visits.iter().enumerate().map(|(second, (method, path, body, answer))| {
        let mut entry = serde_json::json!({
            "startedDateTime": format!("2026-11-20T10:00:{second:02}Z"), "time": 50,
            "request": { "method": method, "url": format!("http://127.0.0.1:8080{path}"), "headers": [] },
            "response": { "status": 200, "headers": [], "content": { "mimeType": "text/html", "text": answer } },
        });
        if let Some(body) = body {
            entry["request"]["postData"] =
                serde_json::json!({ "mimeType": "application/x-www-form-urlencoded", "text": body });
        }
        entry
    });
    serde_json::json!({ "log": { "entries": entries.collect::<Vec<_>>() } }).to_string()
}

#[test]
fn a_recording_fills_in_what_a_log_lacks_and_keeps_its_shares_and_thinks() {
    let bench = Bench::new(LOOK);
    fs::write(bench.path().join("access.log"), log(600)).unwrap();
    fs::write(bench.path().join("buy.har"), recording()).unwrap();
    let command =
        ["import", "access.log", "--har", "buy.har", "--log-format", FORMAT, "-o", "peak.yaml"];
    let import = bench.tillrush(&command).with(&[0]);
    assert!(import.stdout.contains("4 of 4 steps are in the log"), "{}", import.stdout);
    let text = fs::read_to_string(bench.path().join("peak.yaml")).unwrap();
    // A third of the visitors leaves after the product; pauses of the log are 3 to 9 seconds, of the recording one.
    for part in [
        "continue: 66.7%",
        "purchase: pay",
        r#""email": "{{ shopper.email }}""#,
        "target: \"http://127.0.0.1:8080\"",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains("think: 475ms") && !text.contains("nora"), "{text}");
    let check = bench.tillrush(&["check", "peak.yaml"]).with(&[0]);
    assert!(!check.stdout.contains("to fill in"), "{}", check.stdout);
}
