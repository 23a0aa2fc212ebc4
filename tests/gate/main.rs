//! The release gate as a pipeline meets it: the program is run against the practice shop, and its exit code and files are read.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

#[cfg(unix)]
mod guide;
mod schema;

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tillrush::demo_shop::{Faults, RunningShop, ShopOptions};

/// One product in ten can't be shown.
const FAULTS: &str = "faults: [{ name: broken, at: product, probability: 10%, kind: { status: { code: 500, body: oops } } }]";

const SCENARIO: &str = "name: gate
target: http://127.0.0.1:1
load:
  stages: [{ hold: 100/s, for: 3s }]
shoppers:
  retry: { after: 1ms..2ms }
  max_attempts: 2
  attributes: { device: { mobile: 1, desktop: 1 } }
journeys:
  - name: browse
    steps:
      - { name: home, get: / }
      - { name: product, get: /products/sku-1 }
objectives:
";

/// An objective that makes the generator patient with itself: the tests share a busy machine, on which a lag of many
/// milliseconds is nobody's fault.
const PATIENT: &str = "p90(home) < 60s";

/// One run at a time: two generators would be each other's bottleneck.
static ALONE: Mutex<()> = Mutex::new(());

struct Bench {
    _alone: MutexGuard<'static, ()>,
    folder: TempDir,
    shop: RunningShop,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn new(objectives: &[&str]) -> Bench {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let options =
            ShopOptions { faults: Faults::parse(FAULTS).unwrap(), ..ShopOptions::default() };
        let shop = runtime.block_on(RunningShop::start(options)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let lines: String = objectives.iter().map(|text| format!("  - {text}\n")).collect();
        std::fs::write(folder.path().join("gate.yaml"), format!("{SCENARIO}{lines}")).unwrap();
        Bench { _alone: alone, folder, shop, runtime }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tillrush"));
        command.current_dir(self.folder.path()).args(args);
        for (name, _) in std::env::vars()
            .filter(|(name, _)| name.starts_with("GITHUB_") || name.starts_with("TILLRUSH_"))
        {
            command.env_remove(name);
        }
        // Other work on the machine decides nothing.
        command.env("TILLRUSH_TEST_LAG_TOLERANCE", "1h");
        command
    }

    fn run(&self) -> Command {
        self.run_against(&self.shop)
    }

    fn run_against(&self, shop: &RunningShop) -> Command {
        let target = format!("http://{}", shop.addr());
        let mut command =
            self.command(&["run", "gate.yaml", "--seed", "7", "--drain", "2s", "--target"]);
        command.arg(target);
        command
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn close(self) {
        self.runtime.block_on(self.shop.stop());
    }
}

fn exits(mut command: Command, code: i32) -> Output {
    let output = command.output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(code),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn signal(child: &Child, signal: &str) {
    assert!(
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success()
    );
}

#[test]
fn a_gate_that_holds_exits_with_0() {
    let bench = Bench::new(&[
        "failures(home) < 5%",
        PATIENT,
        "requests > 50/s",
        "failures(product) < 40% where device = mobile",
    ]);
    let output = exits(bench.run(), 0);
    assert!(
        text(&output.stdout).starts_with("PASS: all 4 objectives are met"),
        "{}",
        text(&output.stdout)
    );
    bench.close();
}

#[test]
fn a_gate_that_is_broken_exits_with_99_and_every_output_says_so() {
    let bench = Bench::new(&["failures(home) < 5%", "failures(product) < 2%", PATIENT]);
    let mut command = bench.run();
    command.args(["--junit", "junit.xml", "--markdown", "pr.md", "--json", "-"]);
    command.env("GITHUB_STEP_SUMMARY", bench.path("summary.md")).env("GITHUB_ACTIONS", "true");
    let output = exits(command, 99);

    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let verdicts: Vec<&Value> = json["objectives"]
        .as_array()
        .unwrap()
        .iter()
        .map(|objective| &objective["verdict"])
        .collect();
    assert_eq!(
        (verdicts, &json["verdict"]),
        (vec![&"pass".into(), &"fail".into(), &"pass".into()], &"fail".into())
    );
    let observed = json["objectives"][1]["observed"].as_f64().unwrap();
    assert!((0.05..0.16).contains(&observed), "{observed}");

    let junit = std::fs::read_to_string(bench.path("junit.xml")).unwrap();
    assert_eq!(schema::violations(&junit), [""; 0], "{junit}");
    assert_eq!(
        ["tests", "failures", "errors"].map(|name| schema::total(&junit, name)),
        [Some(4), Some(1), Some(0)]
    );
    let markdown = std::fs::read_to_string(bench.path("pr.md")).unwrap();
    assert!(markdown.starts_with("## ❌ gate: FAIL"), "{markdown}");
    assert_eq!(std::fs::read_to_string(bench.path("summary.md")).unwrap(), markdown);
    let said = text(&output.stderr);
    let mark = said.lines().find(|line| line.starts_with("::")).unwrap();
    assert!(
        mark.starts_with("::error file=gate.yaml,line=16,title=failures(product) < 2%25::observed"),
        "{mark}"
    );

    // The run is in the list, with what came of it.
    let listed: Value =
        serde_json::from_slice(&exits(bench.command(&["runs", "--json"]), 0).stdout).unwrap();
    let run = &listed["runs"][0];
    assert_eq!(
        (&listed["schema"], &run["name"], &run["verdict"]),
        (&"tillrush.runs/1".into(), &"latest".into(), &"fail".into())
    );
    assert_eq!(
        (&run["scenario"], &run["shoppers"]),
        (&"gate".into(), &json["shoppers"]["started"])
    );
    let table = text(&exits(bench.command(&["runs"]), 0).stdout);
    assert!(
        table.lines().count() == 3 && table.contains("latest") && table.contains("fail"),
        "{table}"
    );

    // A stored run is judged as it was.
    let again = exits(bench.command(&["report", "latest", "--junit", "-"]), 99);
    assert_eq!(schema::total(&text(&again.stdout), "failures"), Some(1));
    bench.close();
}

#[test]
fn a_run_that_is_certainly_broken_is_stopped_and_exits_with_99() {
    let bench = Bench::new(&["failures(product) < 0.5% abort", "failures(home) < 50%"]);
    let scenario = std::fs::read_to_string(bench.path("gate.yaml")).unwrap();
    // What a shopper no longer waits for is known.
    std::fs::write(
        bench.path("gate.yaml"),
        scenario.replace("shoppers:\n", "defaults: { gives_up_after: 2s }\nshoppers:\n"),
    )
    .unwrap();
    let mut command = bench.run();
    command.args(["-d", "120s", "--json", "-"]);
    let output = exits(command, 99);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(json["duration_s"].as_f64().unwrap() < 60.0, "{}", json["duration_s"]);
    assert_eq!(
        (&json["completion"], &json["objectives"][0]["verdict"]),
        (&"aborted".into(), &"fail".into())
    );
    assert_eq!(json["objectives"][1]["verdict"], "inconclusive", "what was not seen can't hold");
    assert!(
        json["verdict_reason"].as_str().unwrap().starts_with("run stopped after"),
        "{}",
        json["verdict_reason"]
    );
    exits(bench.command(&["report", "latest", "-q"]), 99);
    bench.close();
}

#[test]
fn a_release_that_got_worse_exits_with_106_and_every_output_says_so() {
    let bench = Bench::new(&[PATIENT]);
    let sound = bench.runtime.block_on(RunningShop::start(ShopOptions::default())).unwrap();
    exits(bench.run_against(&sound), 0);
    let mut command = bench.run();
    command.args(["--baseline", "latest", "--junit", "junit.xml", "--markdown", "pr.md"]);
    command.env("GITHUB_STEP_SUMMARY", bench.path("summary.md")).env("GITHUB_ACTIONS", "true");
    let said = text(&exits(command, 106).stderr);
    assert!(
        said.lines().any(|line| line.starts_with("::error title=failures(product)::")),
        "{said}"
    );
    let junit = std::fs::read_to_string(bench.path("junit.xml")).unwrap();
    assert_eq!(schema::violations(&junit), [""; 0], "{junit}");
    assert!(junit.contains("<failure type=\"regression\""), "{junit}");
    let markdown = std::fs::read_to_string(bench.path("pr.md")).unwrap();
    assert!(
        markdown.starts_with("## ✅ gate: PASS") && markdown.contains("FAIL"),
        "the gate by itself holds:\n{markdown}"
    );

    exits(bench.command(&["compare", "latest~1", "latest", "-q"]), 106);
    exits(bench.run_against(&sound), 0);
    exits(bench.command(&["compare", "latest~2", "latest", "-q", "--junit", "same.xml"]), 100);
    let junit = std::fs::read_to_string(bench.path("same.xml")).unwrap();
    assert_eq!(
        (schema::violations(&junit), schema::total(&junit, "errors")),
        (Vec::<String>::new(), Some(1)),
        "{junit}"
    );
    bench.runtime.block_on(sound.stop());
    bench.close();
}

#[test]
fn there_may_be_no_runs_yet() {
    let bench = Bench::new(&[PATIENT]);
    let listed: Value =
        serde_json::from_slice(&exits(bench.command(&["runs", "--json"]), 0).stdout).unwrap();
    assert_eq!(listed["runs"].as_array().map(Vec::len), Some(0));
    bench.close();
}

#[test]
fn too_few_shoppers_exit_with_100_and_are_told_how_many_would_do() {
    let bench = Bench::new(&["failures(home) < 0.1%", PATIENT]);
    let mut command = bench.run();
    command.args(["--junit", "junit.xml"]);
    let output = exits(command, 100);
    let shown = text(&output.stdout).replace('\n', " ");
    assert_eq!(
        schema::violations(&std::fs::read_to_string(bench.path("junit.xml")).unwrap()),
        [""; 0]
    );
    assert!(
        shown.starts_with("INCONCLUSIVE: the sample is too small")
            && shown.contains("more shoppers needed"),
        "{shown}"
    );
    bench.close();
}

#[test]
fn a_generator_that_stood_still_exits_with_102_however_well_the_shop_did() {
    let bench = Bench::new(&["failures(home) < 5%"]);
    let mut run = bench.run();
    run.env_remove("TILLRUSH_TEST_LAG_TOLERANCE");
    let child = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_shoppers(&bench, 50);
    signal(&child, "-STOP");
    std::thread::sleep(Duration::from_millis(700));
    signal(&child, "-CONT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(102), "{}", text(&output.stdout));
    bench.close();
}

#[test]
fn an_interrupted_run_exits_with_105_even_if_an_objective_is_broken() {
    let bench = Bench::new(&["failures(product) < 0.1%"]);
    let mut command = bench.run();
    command.args(["--rate", "100/s", "-d", "60s"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    wait_for_shoppers(&bench, 200);
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(105), "{}", text(&output.stdout));
    assert!(
        text(&output.stdout).contains("violated"),
        "the objectives are judged nevertheless: {}",
        text(&output.stdout)
    );
    bench.close();
}

#[test]
fn what_goes_wrong_before_the_run_has_its_own_codes() {
    let bench = Bench::new(&["failures(nowhere) < 1%"]);
    std::fs::create_dir(bench.path("load")).unwrap();
    std::fs::rename(bench.path("gate.yaml"), bench.path("load/gate.yaml")).unwrap();
    let mut command = bench.command(&["run", "gate.yaml"]);
    // A step that has left the repository's root: marks are as seen from there.
    command
        .current_dir(bench.path("load"))
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_WORKSPACE", bench.folder.path());
    let said = text(&exits(command, 104).stderr);
    let mark = said.lines().find(|line| line.starts_with("::")).unwrap();
    assert!(mark.starts_with("::error file=load/gate.yaml,line=15,title=scenario::there is no step or journey `nowhere`"), "{mark}");
    for slip in [
        &["run", "--no-such-flag"][..],
        &["report", "nowhere"],
        &["merge", "nowhere"],
        &["compare", "nowhere", "latest"],
    ] {
        exits(bench.command(slip), 2);
    }
    bench.close();
    let bench = Bench::new(&["failures(home) < 1%"]);
    exits(bench.command(&["run", "gate.yaml", "--target", "http://127.0.0.1:1"]), 107);
    exits(bench.command(&["run", "gate.yaml", "--target", "http://192.0.2.1:80"]), 107);
    std::fs::write(bench.path("taken"), "a file where a folder should be").unwrap();
    let mut command = bench.run();
    command.args(["--out", "taken"]);
    exits(command, 1);
    bench.close();
}

/// The shop's books say when so many requests have come.
fn wait_for_shoppers(bench: &Bench, requests: u64) {
    let come = || bench.shop.ledger().requests.values().sum::<u64>() >= requests;
    for _ in 0..1_000 {
        if come() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("nobody came");
}
