//! The same shoppers in two shops at once.

use serde_json::Value;

use crate::bench::{BUY, Bench, MEASURED, Shop, count, document, json_lines, loaded, step};

/// The same shoppers fail in both shops, for the draw goes by the shopper.
const BOTH: &str = "{ name: hiccup, at: pay, first: 1, probability: 20%, kind: { status: 503 } }";
const STICKY: &str =
    "{ name: sticky, at: pay, sticky: shopper, probability: 15%, kind: { status: 500 } }";
const OPEN: &str = "{ arrivals: paced, stages: [{ hold: 80/s, for: 2s }] }";

fn comparison(folder: &std::path::Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join("comparison.json")).unwrap()).unwrap()
}

fn row<'a>(comparison: &'a Value, name: &str) -> &'a Value {
    comparison["comparisons"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"] == name)
        .unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn a_duet_sends_the_same_shoppers_to_both_shops_and_finds_what_differs() {
    let (new, old) = (
        Shop::open(&format!("faults: [{BOTH}, {STICKY}]")),
        Shop::open(&format!("faults: [{BOTH}]")),
    );
    let bench = Bench::new(&loaded(BUY, OPEN));
    let ended = bench
        .run(&["--target", &new.url(), "--paired", &old.url(), "--seed", "7"])
        .with(&[106, 102]);
    assert!(ended.stdout.contains("Paired run: the same shoppers"), "{}", ended.stdout);

    let folder = bench.only_run();
    let (here, beside) = (document(&folder), document(&folder.join("baseline")));
    assert_eq!(
        (here["target"].as_str(), beside["target"].as_str()),
        (Some(&*format!("{}/", new.url())), Some(&*format!("{}/", old.url())))
    );
    for of in [&here, &beside] {
        assert_eq!(count(of, "/shoppers/started"), 160);
    }
    let names = |shop: &Shop| {
        shop.ledger()
            .shoppers
            .keys()
            .filter(|name| name.starts_with("s-"))
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&new), names(&old), "the same shoppers in both");
    // The ledgers of both, with keys of their own.
    let keys = |folder: &std::path::Path| -> std::collections::BTreeSet<String> {
        json_lines(&folder.join("purchases.jsonl"))
            .iter()
            .map(|line| line["key"].as_str().unwrap().to_owned())
            .collect()
    };
    let (ours, theirs) = (keys(&folder), keys(&folder.join("baseline")));
    assert!(ours.len() >= 160 && theirs.len() >= 160 && ours.is_disjoint(&theirs));

    let found = comparison(&folder);
    assert_eq!(
        (found["paired"].as_bool(), found["unlike"].as_array().map(Vec::len)),
        (Some(true), Some(0))
    );
    let repeated = row(&found, "repeated_failures");
    assert_eq!(
        (repeated["verdict"].as_str(), repeated["base_sample"].as_u64()),
        (Some("regression"), Some(160))
    );
    let twice = count(&here, "/shoppers/repeated_failures");
    // McNemar: none failed twice in the old shop alone, so that each pair that differs halves the chance.
    assert!(
        (repeated["p_value"].as_f64().unwrap() / 0.5f64.powi(twice as i32) - 1.0).abs() < 1e-4,
        "{repeated:#}"
    );
    assert!(step(&beside, "pay")["failures"].as_u64().unwrap() > 10);

    // Stored, it says the same again, and can be compared by name.
    let again = bench.tillrush(&["report", "latest"]).with(&[106, 102]);
    assert!(again.stdout.contains("Paired run: the same shoppers"), "{}", again.stdout);
    let other = bench
        .tillrush(&["compare", "latest", "--json", "out.json", "--primary", "failed-purchases"])
        .with(&[106, 102]);
    assert!(other.stdout.contains("Primary metric failed_purchases"), "{}", other.stdout);
}

#[test]
fn slices_of_a_duet_are_merged_to_one() {
    let (new, old) = (Shop::open(&format!("faults: [{STICKY}]")), Shop::open(""));
    let bench = Bench::new(&loaded(BUY, OPEN));
    for slice in ["0/2", "1/2"] {
        bench
            .run(&[
                "-q",
                "--target",
                &new.url(),
                "--paired",
                &old.url(),
                "--seed",
                "7",
                "--slice",
                slice,
            ])
            .with(&[100, 102, 106]);
    }
    let runs = bench.runs();
    let names: Vec<&str> = runs.iter().map(|run| run.to_str().unwrap()).collect();
    bench.tillrush(&[&["merge", "-q", "--out", "merged"], &names[..]].concat()).with(&[106, 102]);
    let merged =
        std::fs::read_dir(bench.path().join("merged")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(count(&document(&merged.join("baseline")), "/shoppers/started"), 160);
    assert_eq!(row(&comparison(&merged), "repeated_failures")["base_sample"], 160);
}

#[test]
fn a_duet_of_one_shop_with_itself_is_no_regression() {
    let shop = Shop::open(&format!("faults: [{BOTH}, {STICKY}]"));
    let bench = Bench::new(&loaded(BUY, "{ arrivals: paced, stages: [{ hold: 400/s, for: 4s }] }"));
    bench.run(&["-q", "--target", &shop.url(), "--paired", &shop.url()]).with(&[0, 100, 102]);
    let found = comparison(&bench.only_run());
    assert_eq!(
        (
            row(&found, "repeated_failures")["change"].as_f64(),
            found["comparisons"][0]["verdict"].as_str()
        ),
        (Some(0.0), Some("no_regression"))
    );
}

#[test]
fn what_can_be_no_duet_is_refused() {
    let shop = Shop::open("");
    let bench = Bench::new(BUY);
    let url = shop.url();
    bench
        .run(&["--target", &url, "--paired", &url, "-u", "3", "-d", "1s"])
        .with(&[2])
        .complains("--paired needs an open load");
    bench.run(&["--target", &url, "--paired", "nowhere"]).with(&[2]).complains("--paired");
    bench
        .run(&["--target", &url, "--paired", "http://127.0.0.1:9"])
        .with(&[107])
        .complains("127.0.0.1:9");
    bench
        .run(&["--target", &url, "--paired", "http://8.8.8.8"])
        .with(&[107])
        .complains("--allow-host 8.8.8.8");
    bench
        .run(&["--target", &url, "--paired", &url, "--baseline", "latest"])
        .with(&[2])
        .complains("cannot be used with");
    assert!(bench.runs().is_empty());
    bench.run(&["-q", "--target", &url]).with(&MEASURED);
}
