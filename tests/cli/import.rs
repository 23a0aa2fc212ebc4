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
