//! Each scenario that comes with the program does what it says, against the practice shop, without a failure.

use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;

use crate::bench::{Bench, Shop, count};

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut scenarios: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
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
        Regex::new(&format!(r"\b{pattern}"))
            .unwrap()
            .replace_all(&text, format!("{key}{pause}"))
            .into_owned()
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
        assert!(
            ended.stdout.contains("Objectives") && ended.stdout.contains("can be met"),
            "{}",
            ended.stdout
        );
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
            let run = bench.start(&[
                "--target",
                &shop.url(),
                "--rate",
                "6/s",
                "-d",
                "3s",
                "--seed",
                "61",
                "--cores",
                "1",
            ]);
            (scenario, shop, bench, run)
        })
        .collect();
    for (scenario, shop, bench, run) in running {
        let name = scenario.display();
        run.wait().with(&[0, 99, 100, 102]);
        let document = bench.document();
        for step in document["steps"].as_array().unwrap() {
            assert_eq!(
                (&step["failures"], &step["unjudged"]),
                (&Value::from(0), &Value::from(0)),
                "{name}: {step:#}"
            );
        }
        let doubts = document["generator"]["doubts"].to_string();
        assert!(!doubts.contains("ran out of file descriptors"), "{name}: {doubts}");
        let shoppers = |key: &str| count(&document, &format!("/shoppers/{key}"));
        assert_eq!(shoppers("started"), shop.ledger().shoppers_seen, "{name}");
        assert_eq!(
            shoppers("completed") + shoppers("left_by_choice"),
            shoppers("started"),
            "{name}"
        );
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
                let arguments = [
                    "walk",
                    bench.scenario(),
                    "--target",
                    &shop.url(),
                    "--journey",
                    &journey,
                    "--seed",
                    &seed.to_string(),
                ];
                bench.tillrush(&arguments).with(&[0]).stdout.contains("completed the journey")
            });
            assert!(walked, "{}: {journey}", scenario.display());
        }
    }
}

/// The blocks of the guide, each as a scenario: a whole one as it is, steps and shoppers inside of one.
fn guide() -> Vec<String> {
    let text = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/writing-scenarios.md"),
    )
    .unwrap();
    let blocks = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(str::to_owned).collect()
}

#[test]
fn the_first_flow_of_the_guide_buys() {
    let shop = Shop::open("");
    let bench = Bench::new(&guide()[0]);
    let ended = bench
        .tillrush(&["walk", bench.scenario(), "--target", &shop.url(), "--seed", "1"])
        .with(&[0]);
    for text in ["= order.id: T100001", "completed the journey", "&quantity=2", "method=express"] {
        assert!(ended.stdout.contains(text), "'{text}' is not in\n{}", ended.stdout);
    }
    // A card is refused as often as the scenario says, and that is no failure.
    bench
        .run(&["--target", &shop.url(), "--rate", "20/s", "-d", "2s", "--seed", "3"])
        .with(&[0, 100, 102]);
    let (document, ledger) = (bench.document(), shop.ledger());
    let card =
        document["steps"].as_array().unwrap().iter().find(|step| step["name"] == "card").unwrap();
    assert_eq!(count(&document, "/shoppers/failed/events"), 0, "{document}");
    assert!(card["declined"].as_u64() > Some(0), "{card}");
    assert_eq!(count(&document, "/shoppers/purchased") + 1, ledger.orders.len() as u64);
}

#[test]
fn the_flow_of_the_guide_for_another_shop_is_a_scenario() {
    // Whether it buys there is seen by tests/real/check, which has that shop.
    let flows: Vec<String> =
        guide().into_iter().filter(|block| block.starts_with("name:")).collect();
    assert_eq!(flows.len(), 2);
    let bench = Bench::new(&flows[1]);
    bench.tillrush(&["check", bench.scenario()]).with(&[0]);
}

#[test]
fn the_recipes_of_the_guide_are_scenarios() {
    let recipes: Vec<String> =
        guide().into_iter().filter(|block| !block.starts_with("name:")).collect();
    assert!(recipes.len() >= 15);
    let shoppers = "shoppers:\n  attributes: { voucher: { valid: 1 }, payment: { card: 1, wallet: 1 }, card: { good: 1, bad: 1 } }\n  data: { accounts: { file: accounts.csv } }\n";
    let order = "      - purchase: an order\n        steps: [{ name: order, post: /pay, order: { id: { json: $.id } } }]\n";
    for block in recipes {
        // Steps stand in a journey; anything else stands at the top.
        let (top, steps) =
            if block.starts_with("- ") { (shoppers, block.as_str()) } else { (block.as_str(), "") };
        let steps: String = steps.lines().map(|line| format!("      {line}\n")).collect();
        let text = format!(
            "name: a recipe\ntarget: http://127.0.0.1:1\nload: {{ stages: [{{ hold: 5/s, for: 5s }}] }}\n{top}\
             journeys:\n  - name: buy\n    steps:\n      - {{ name: first, get: / }}\n{order}{steps}"
        );
        let bench = Bench::new(&text);
        std::fs::write(
            bench.path().join("accounts.csv"),
            "email,password\n".to_owned() + &"b@example.com,y\n".repeat(90),
        )
        .unwrap();
        let said = bench.tillrush(&["check", bench.scenario(), "-e", "USER=u", "-e", "PASSWORD=p"]);
        assert_eq!(said.code, Some(0), "{block}\n{}{}", said.stdout, said.stderr);
    }
}

#[test]
fn a_first_scenario_buys_at_the_practice_shop_whatever_was_answered() {
    let shop = Shop::open("");
    let bench = Bench::new("name: nothing\n");
    for (place, (kind, payment, curve)) in [
        ("practice", "both", "steady"),
        ("pages", "card", "black-friday"),
        ("api", "wallet", "flash-sale"),
    ]
    .into_iter()
    .enumerate()
    {
        let file = bench.path().join(format!("first-{place}.yaml"));
        let file = file.to_str().unwrap();
        let asked = ["init", file, "--shop", kind, "--payment", payment, "--curve", curve];
        let target = shop.url();
        bench.tillrush(&[&asked[..], &["--target", &target]].concat()).with(&[0]);
        bench.tillrush(&["check", file]).with(&[0]);
        let walked = bench.tillrush(&["walk", file]).with(&[0]).stdout;
        assert!(walked.contains("= order.id: T1"), "{walked}");
        bench.tillrush(&asked).with(&[2]).complains("is there already");
    }
    assert_eq!(shop.ledger().orders.len(), 3);
}
