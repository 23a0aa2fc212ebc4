//! A killed run loses at most its last second, and no purchase.

use std::collections::BTreeMap;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::bench::{BUY, Bench, Books, MEASURED, Shop, count, document, json_lines, loaded, step};

/// What a run leaves in its folder.
const FILES: [&str; 8] = [
    "failures.jsonl",
    "intervals.hlog",
    "purchases.jsonl",
    "report.html",
    "run.json",
    "scenario.yaml",
    "tally",
    "tally.copy",
];

const FAULTS: &str = "
faults:
  - { name: sticky, at: pay, sticky: shopper, probability: 10%, kind: { status: { code: 500, body: 'card 4242 4242 4242 4242 refused' } } }
  - { name: lost, at: pay, first: 1, probability: 10%, work_done: true, kind: reset }
";

/// With all that must never be written down.
fn secretive(load: &str) -> String {
    let card = "card_number: \"4242424242424242\", password: \"s3same-open\", api_key: \"k3y-of-the-shop\", email";
    loaded(BUY, load)
        .replace(
            "{ accept: application/json }",
            "{ accept: application/json, authorization: \"Bearer {{ env.api_token }}\" }",
        )
        .replace("email", card)
}

fn files(run: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(run)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Lines of the purchase ledger by shopper: requests about to be sent, and what became of them.
fn purchases(run: &Path) -> BTreeMap<String, (u32, u32)> {
    let mut told: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for line in json_lines(&run.join("purchases.jsonl")) {
        let counts = told.entry(line["marker"].as_str().unwrap().to_owned()).or_default();
        match line["event"].as_str().unwrap() {
            "invoke" => counts.0 += 1,
            "ok" | "declined" | "failed" | "unknown" => counts.1 += 1,
            other => panic!("{other} is no event"),
        }
        assert!(counts.1 <= counts.0, "an outcome before its request: {line}");
    }
    told
}

#[test]
fn a_killed_run_loses_at_most_its_last_second_and_no_purchase() {
    let shop = Shop::open(FAULTS);
    let bench = Bench::new(&secretive("{ stages: [{ hold: 100/s, for: 30s }] }"));
    let run = bench.start(&[
        "--target",
        &shop.url(),
        "--seed",
        "21",
        "-e",
        "api_token=t0ken-of-the-shop",
    ]);
    shop.wait_for_shoppers(1);
    let chance = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_millis();
    thread::sleep(Duration::from_millis(1_500 + u64::from(chance)));
    run.signal("KILL");
    assert_eq!(run.wait().code, None);
    let (books, folder) = (shop.ledger(), bench.only_run());
    assert!(files(&folder).contains(&"tally.part".to_owned()), "{:?}", files(&folder));

    // Each payment that the shop saw had been written down before it was sent.
    let told = purchases(&folder);
    for (name, shopper) in &books.shoppers {
        let (seen, invoked) = (
            shopper.requests.get("pay").copied().unwrap_or(0),
            told.get(name).map_or(0, |counts| counts.0),
        );
        assert!(invoked >= seen, "{name} paid {seen} times, {invoked} were written down");
    }
    let last_us = json_lines(&folder.join("purchases.jsonl"))
        .iter()
        .map(|line| line["at_us"].as_u64().unwrap())
        .max()
        .unwrap();

    report_of_damaged_copy(&bench, &folder);
    bench.tillrush(&["report", folder.to_str().unwrap()]).with(&[105]).complains("killed");
    assert_eq!(files(&folder), FILES);
    let rebuilt = document(&folder);
    assert_eq!(
        (&rebuilt["verdict"], &rebuilt["completion"]),
        (&Value::from("interrupted"), &Value::from("killed"))
    );
    // What is stored ends at a full second, the last one before the kill or (if that had just begun) the one before.
    let stored_s = rebuilt["duration_s"].as_f64().unwrap();
    assert!(
        stored_s + 1.5 > last_us as f64 / 1e6,
        "{stored_s} s are stored, the run was alive at {last_us} us"
    );
    let (reported, seen) = (count(&rebuilt, "/shoppers/started"), books.shoppers_seen);
    assert!(reported <= seen && reported > 0, "{reported} of {seen}");
    assert!(seen - reported <= 250, "{} shoppers of 100 a second are lost", seen - reported);
    for (name, operation) in [("add to cart", "add"), ("pay", "pay"), ("confirmation", "order")] {
        let (attempts, failures) =
            (count(step(&rebuilt, name), "/attempts"), count(step(&rebuilt, name), "/failures"));
        assert!(
            attempts <= books.asked(operation) && failures <= books.failed_at(operation),
            "{name}"
        );
        assert!(
            books.asked(operation) - attempts <= 300,
            "{attempts} of {} attempts at {name}",
            books.asked(operation)
        );
    }

    // Once rebuilt, it is a run like any other.
    let first = std::fs::read(folder.join("run.json")).unwrap();
    bench.tillrush(&["report", "latest"]).with(&[105]);
    assert_eq!(std::fs::read(folder.join("run.json")).unwrap(), first);
}

/// A wrong byte in what the run had stored loses a part of a second, and no more.
fn report_of_damaged_copy(bench: &Bench, folder: &Path) {
    let damaged = bench.path().join("damaged");
    let bytes = std::fs::read(folder.join("tally.part")).unwrap();
    // How long the frames are depends on what was counted in each: the middle may be in the last one, which counts as torn.
    let told = [2, 3, 4, 5, 6, 8].iter().find_map(|part| {
        let mut bytes = bytes.clone();
        let at = bytes.len() / part;
        bytes[at] ^= 1;
        let _ = std::fs::remove_dir_all(&damaged);
        std::fs::create_dir(&damaged).unwrap();
        std::fs::write(damaged.join("tally.part"), bytes).unwrap();
        let told = bench.tillrush(&["report", "damaged"]).with(&[105]);
        told.stderr.contains("damaged at byte ").then_some(told)
    });
    let told = told.expect("a place before the last frame");
    assert!(told.stderr.contains("the rest is reported"), "{}", told.stderr);
    let found = document(&damaged);
    assert_eq!(found["completion"], "damaged");
    assert!(count(&found, "/shoppers/started") > 0, "{:#}", found["shoppers"]);
    assert!(damaged.join("tally.part").exists(), "what is damaged is kept");
}

#[test]
fn the_folder_holds_what_it_should_and_no_secret() {
    let shop = Shop::open(FAULTS);
    let bench = Bench::new(&secretive("{ arrivals: paced, stages: [{ hold: 100/s, for: 1s }] }"));
    bench
        .run(&["--target", &shop.url(), "--seed", "22", "-e", "api_token=t0ken-of-the-shop"])
        .with(&MEASURED);
    let (books, folder) = (shop.ledger(), bench.only_run());
    assert_eq!(files(&folder), FILES);
    assert_eq!(
        std::fs::read_to_string(folder.join("scenario.yaml")).unwrap(),
        std::fs::read_to_string(bench.scenario())
            .unwrap()
            .replace("s3same-open", "[redacted]")
            .replace("k3y-of-the-shop", "[redacted]")
    );

    // The ledger knows each attempt and what became of it, and agrees with the shop about orders.
    let told = purchases(&folder);
    for (name, shopper) in books.shoppers.iter().filter(|(name, _)| name.starts_with("s-")) {
        let asked = shopper.requests.get("pay").copied().unwrap_or(0);
        assert_eq!(told.get(name).copied().unwrap_or_default(), (asked, asked), "{name}");
    }
    let lines = json_lines(&folder.join("purchases.jsonl"));
    for line in lines.iter().filter(|line| line["event"] == "ok") {
        let order = books
            .orders
            .iter()
            .find(|order| line["order"] == *order.id)
            .unwrap_or_else(|| panic!("no such order: {line}"));
        assert_eq!(
            (line["total_minor"].as_u64(), line["marker"].as_str()),
            (Some(order.total), Some(&*order.shopper))
        );
        assert!(order.idempotency_keys.iter().any(|key| line["key"] == **key), "{line} {order:?}");
    }
    assert!(lines.iter().any(|line| line["event"] == "unknown"), "a reset leaves the outcome open");

    let failures = std::fs::read_to_string(folder.join("failures.jsonl")).unwrap();
    let examples = json_lines(&folder.join("failures.jsonl"));
    assert!(!examples.is_empty());
    assert!(failures.contains("/checkout/pay"), "{failures}");
    for name in ["failures.jsonl", "purchases.jsonl", "run.json", "tally"] {
        let text = String::from_utf8_lossy(&std::fs::read(folder.join(name)).unwrap()).into_owned();
        // The tally carries the stored copy of the scenario, to be read again; what shoppers sent is another matter.
        let text =
            text.replace(&std::fs::read_to_string(folder.join("scenario.yaml")).unwrap(), "");
        let session = text
            .match_indices("sid=")
            .find(|(at, _)| text[at + 4..].starts_with(|c: char| c.is_ascii_hexdigit()));
        assert!(session.is_none(), "a session's cookie is in {name}");
        for secret in [
            "4242424242424242",
            "4242 4242 4242 4242",
            "t0ken-of-the-shop",
            "k3y-of-the-shop",
            "s3same-open",
        ] {
            assert!(!text.contains(secret), "{secret} is in {name}");
        }
    }
}

#[test]
fn a_run_with_data_can_be_reported_again_without_the_data() {
    let shop = Shop::open("");
    let scenario = BUY
        .replace("shoppers:\n", "shoppers:\n  data: { people: { file: people.csv } }\n")
        .replace("{{ intent.marker }}@example.com", "{{ people.email }}");
    let bench = Bench::new(&scenario);
    let rows: String = (0..10).map(|i| format!("somebody-{i}@example.com\n")).collect();
    let data = bench.file("people.csv", &format!("email\n{rows}"));
    bench.run(&["--target", &shop.url(), "--seed", "23"]).with(&MEASURED);
    let folder = bench.only_run();
    let first = document(&folder);
    let mut emails: Vec<String> =
        shop.ledger().orders.iter().map(|order| order.email.clone()).collect();
    emails.sort();
    emails.dedup();
    assert_eq!(emails.len(), 10, "each row is one shopper's own");
    std::fs::remove_file(data).unwrap();
    bench.tillrush(&["report", folder.to_str().unwrap()]).with(&MEASURED);
    assert_eq!(document(&folder), first);
    bench.tillrush(&["merge", "--out", "merged", folder.to_str().unwrap()]).with(&MEASURED);
}

#[test]
fn a_report_of_a_run_that_goes_on_leaves_its_files_alone() {
    let shop = Shop::open("");
    let bench = Bench::new(BUY);
    // It goes on until it is told to stop, however long the reports take.
    let run = bench.start(&["--target", &shop.url(), "--rate", "40/s", "-d", "10m"]);
    shop.wait_for_shoppers(100);
    let folder = bench.only_run();
    let told = bench
        .tillrush(&[
            "report",
            folder.to_str().unwrap(),
            "--json",
            "so-far.json",
            "--html",
            "so-far.html",
        ])
        .with(&[100]);
    assert!(told.stdout.starts_with("STILL RUNNING: results until "), "{}", told.stdout);
    bench
        .tillrush(&["merge", folder.to_str().unwrap()])
        .with(&[2])
        .complains("still runs: merge it when it has ended");
    assert_eq!(files(&folder), ["purchases.jsonl", "scenario.yaml", "tally.part"]);
    run.signal("INT");
    run.wait().with(&[105]);
    let so_far: Value =
        serde_json::from_str(&std::fs::read_to_string(bench.path().join("so-far.json")).unwrap())
            .unwrap();
    let word = |key: &str| so_far[key].as_str().unwrap().to_owned();
    assert_eq!(
        (word("completion"), word("verdict")),
        ("running".to_owned(), "inconclusive".to_owned())
    );
    let started_at: jiff::Timestamp = word("started_at").parse().unwrap();
    let until =
        started_at + jiff::SignedDuration::from_secs_f64(so_far["duration_s"].as_f64().unwrap());
    let until = until.strftime("until %H:%M:%S UTC").to_string();
    let page = std::fs::read_to_string(bench.path().join("so-far.html")).unwrap();
    assert!(
        word("verdict_reason").contains(&until)
            && page.contains(&until)
            && page.contains("data-verdict=\"running\""),
        "{until}"
    );
    let started = |document: &Value| count(document, "/shoppers/started");
    assert!(
        started(&so_far) >= 40 && started(&so_far) < started(&document(&folder)),
        "{}",
        started(&so_far)
    );
    assert_eq!(
        (files(&folder), started(&document(&folder))),
        (FILES.map(str::to_owned).to_vec(), shop.ledger().shoppers_seen)
    );
}
