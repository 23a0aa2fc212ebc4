//! Each scenario that comes with the program does what it says, against the practice shop, without a failure.

use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;

use crate::bench::{Bench, Shop, count};

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut scenarios: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    scenarios.sort();
    assert!(scenarios.len() >= 8, "{scenarios:?}");
    scenarios
}

/// The scenario with the pauses of people in a hurry: what it asks for is the same.
fn hurried(text: &str) -> String {
    let pauses = [
        ("think: ", r"think: [^\s,}]+", "0s..20ms"),
        ("after: ", r"after: [^\s,}]+", "10ms..30ms"),
        ("every: ", r"every: [^\s,}]+", "50ms"),
    ];
    pauses.into_iter().fold(text.to_owned(), |text, (key, pattern, pause)| {
        Regex::new(&format!(r"\b{pattern}")).unwrap().replace_all(&text, format!("{key}{pause}")).into_owned()
    })
}

/// The scenario on a bench of its own, with the data that it needs.
fn bench(scenario: &Path) -> Bench {
    let bench = Bench::new(&hurried(&std::fs::read_to_string(scenario).unwrap()));
    let data = bench.path().join("data");
    std::fs::create_dir(&data).unwrap();
    for entry in std::fs::read_dir(scenario.parent().unwrap().join("data")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, data.join(path.file_name().unwrap())).unwrap();
    }
    bench
}

#[test]
fn every_shipped_scenario_is_valid_and_can_carry_its_objectives() {
    let bench = Bench::new("");
    for scenario in shipped() {
        let ended = bench.tillrush(&["check", scenario.to_str().unwrap()]).with(&[0]);
        assert!(ended.stdout.contains("Objectives") && ended.stdout.contains("can hold"), "{}", ended.stdout);
        for word in ["cannot", "can not hold", "can't"] {
            assert!(!ended.stdout.contains(word), "{}:\n{}", scenario.display(), ended.stdout);
        }
    }
}

#[test]
fn every_shipped_scenario_runs_against_the_practice_shop_without_a_failure() {
    let running: Vec<_> = shipped()
        .into_iter()
        .map(|scenario| {
            let (shop, bench) = (Shop::open(""), bench(&scenario));
            let run = bench.start(&["--target", &shop.url(), "--rate", "6/s", "-d", "3s", "--seed", "61", "--cores", "1"]);
            (scenario, shop, bench, run)
        })
        .collect();
    for (scenario, shop, bench, run) in running {
        let name = scenario.display();
        run.wait().with(&[0, 99, 100, 102]);
        let document = bench.document();
        for step in document["steps"].as_array().unwrap() {
            assert_eq!((&step["failures"], &step["unjudged"]), (&Value::from(0), &Value::from(0)), "{name}: {step:#}");
        }
        let doubts = document["generator"]["doubts"].to_string();
        assert!(!doubts.contains("our own means"), "{name}: {doubts}");
        let shoppers = |key: &str| count(&document, &format!("/shoppers/{key}"));
        assert_eq!(shoppers("started"), shop.ledger().shoppers_seen, "{name}");
        assert_eq!(shoppers("completed") + shoppers("left_by_choice"), shoppers("started"), "{name}");
        assert_eq!(shoppers("purchased"), shop.ledger().orders.len() as u64, "{name}");
        assert_eq!(shop.ledger().requests_not_found, 0, "{name}");
    }
}

#[test]
fn each_journey_can_be_walked_to_its_end() {
    let journeys = Regex::new(r"(?m)^  - name: (.+)$").unwrap();
    for scenario in shipped() {
        let (shop, text) = (Shop::open(""), std::fs::read_to_string(&scenario).unwrap());
        let bench = bench(&scenario);
        for journey in journeys.captures_iter(&text).map(|found| found[1].trim().to_owned()) {
            let walked = (1..20).any(|seed| {
                let arguments = ["walk", bench.scenario(), "--target", &shop.url(), "--journey", &journey, "--seed", &seed.to_string()];
                bench.tillrush(&arguments).with(&[0]).stdout.contains("completed the journey")
            });
            assert!(walked, "{}: {journey}", scenario.display());
        }
    }
}
