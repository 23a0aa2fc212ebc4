//! Scenarios that were written to do harm: to read what they may not, or to take all of the machine.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use crate::bench::{Bench, LOOK, Shop};

/// Far more than any of these takes, also in a build without optimisation beside other work; what is not linear takes a minute and more.
const SOON: Duration = Duration::from_secs(40);

#[test]
fn problems_of_a_large_file_are_located_in_time() {
    let began = SystemTime::now();
    let lines: String = (0..40_000).fold(String::new(), |mut text, n| {
        writeln!(text, "wrong_key_number_{n}_of_very_many: 1").unwrap();
        text
    });
    let one_line: String = (0..30_000).fold(String::from("{"), |mut text, n| {
        write!(text, "jorneys{n}: x, ").unwrap();
        text
    }) + "}";
    let texts = "{{ unknown_name }} ".repeat(20_000);
    for scenario in [
        lines,
        one_line,
        LOOK.replace("get: /", &format!("get: \"/{texts}\"")),
        format!("{}: 1\n", "k".repeat(900)).repeat(1_000),
    ] {
        let bench = Bench::new(&scenario);
        let ended = bench.tillrush(&["check", bench.scenario()]).with(&[104]);
        assert!(ended.stderr.len() < 300_000, "{} bytes of errors", ended.stderr.len());
        assert!(ended.stderr.contains("problem"), "{}", &ended.stderr[..1_000]);
    }
    assert!(began.elapsed().unwrap() < SOON, "{:?}", began.elapsed().unwrap());
}

#[test]
fn the_largest_load_is_forecast_in_time() {
    let began = SystemTime::now();
    let bench = Bench::new(LOOK);
    let check = bench.tillrush(&["check", bench.scenario(), "--rate", "380/s", "-d", "30d"]);
    assert!(began.elapsed().unwrap() < SOON, "{:?}", began.elapsed().unwrap());
    assert!(check.stdout.contains("984,960,000 shoppers expected"), "{check:?}");
    let more = bench.tillrush(&["check", bench.scenario(), "--rate", "100000/s", "-d", "30d"]);
    more.with(&[104]).complains("at most 1000 million");
}

#[test]
fn only_files_below_the_scenarios_folder_are_read_unless_permitted() {
    let (shop, elsewhere) = (Shop::open(""), tempfile::tempdir().unwrap());
    let data = elsewhere.path().join("people.csv");
    std::fs::write(&data, "name\njo\n").unwrap();
    let path = data.display().to_string();
    let shoppers =
        format!("shoppers: {{ data: {{ people: {{ file: {path}, each: loop }} }} }}\njourneys:");
    let bench = Bench::new(&LOOK.replace("journeys:", &shoppers));
    let check = |more: &[&str]| {
        bench.tillrush(&[&["check", bench.scenario(), "--target", &shop.url()], more].concat())
    };
    check(&[]).with(&[104]).complains("--allow-file");
    check(&["--allow-file", &path]).with(&[0]);
    check(&["--allow-file", elsewhere.path().to_str().unwrap()]).with(&[0]);
}

/// A purchase, whose records are those.
fn with_records(records: &str) -> String {
    let purchase = "      - purchase: buy\n        steps: [{ name: buy, get: /, order: { id: { header: content-length } } }]\n";
    format!("{LOOK}{purchase}records: {{ {records}, wait: 1ms, settle: 100ms, pause: 10ms }}\n")
}

#[test]
fn records_of_a_scenario_run_no_program_and_read_no_file_elsewhere_unless_permitted() {
    let shop = Shop::open("");
    let elsewhere = tempfile::tempdir().unwrap();
    let orders = elsewhere.path().join("orders.csv");
    std::fs::write(&orders, "id,m\n").unwrap();
    let (orders, fields) = (orders.display().to_string(), "fields: { id: id, marker: m }");
    for (source, refused, permission) in [
        (
            "command: 'cp scenario.yaml stolen'".to_owned(),
            "would run the program `cp`",
            ["--allow-command", "cp"],
        ),
        (format!("file: {orders}"), "--allow-file", ["--allow-file", &orders]),
    ] {
        let bench = Bench::new(&with_records(&format!("orders: {{ {source}, {fields} }}")));
        let target = ["--target", &shop.url()];
        bench.run(&target).with(&[104]).complains(refused);
        assert_eq!(shop.ledger().shoppers_seen, 0, "refused before anything is sent");
        assert!(bench.runs().is_empty());
        let permitted = bench.run(&[target, permission].concat());
        assert!(!permitted.stderr.contains(refused), "{permitted:?}");
        // A stored run is no more trusted than the scenario that it came from.
        bench.tillrush(&["reconcile", "latest"]).with(&[104]).complains(refused);
        shop.reset();
    }
}

#[test]
fn records_of_a_scenario_are_told_no_variable_that_was_not_given() {
    let shop = Shop::open("");
    let source = "orders: { get: '/admin/records/orders?limit={{ env.PLANTED_KEY }}', fields: { id: $.id, marker: $.email } }";
    let bench = Bench::new(&with_records(source));
    let mut command = bench.command();
    command.env("PLANTED_KEY", "pl4nted-in-the-environment");
    command.args(["run", bench.scenario(), "--target", &shop.url()]);
    let run = bench.begin(&mut command).wait().complains("`{{ env.PLANTED_KEY }}` has no value");
    assert!(!run.stderr.contains("pl4nted"), "{run:?}");
}

#[test]
fn devices_and_folders_are_no_scenarios() {
    let bench = Bench::new(LOOK);
    for arguments in [["import", "--har"], ["shop", "--faults"]] {
        let refused = bench.tillrush(&[&arguments[..], &["/dev/zero"]].concat());
        assert!(refused.stderr.contains("a device or a pipe"), "{refused:?}");
    }
    for (path, why) in [("/dev/zero", "a device or a pipe"), (".", "a folder")] {
        bench.tillrush(&["check", path]).with(&[104]).complains(why);
    }
}

#[cfg(unix)]
#[test]
fn a_scenario_may_come_from_a_command() {
    let shop = Shop::open("");
    let bench = Bench::new(LOOK);
    let command = format!(
        "{} check <(cat {}) --target {}",
        env!("CARGO_BIN_EXE_tillrush"),
        bench.scenario(),
        shop.url()
    );
    let ran = std::process::Command::new("bash")
        .args(["-c", &command])
        .current_dir(bench.path())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
}

#[test]
fn a_shop_that_fails_every_shopper_passes_nothing() {
    let shop = Shop::open("");
    let bench = Bench::new(&LOOK.replace("get: /", "get: /no-such-page"));
    let run = bench.run(&["--target", &shop.url(), "--junit", "junit.xml"]);
    if run.code == Some(102) {
        return; // The machine was too busy to judge the shop.
    }
    let run = run.with(&[99]);
    assert!(run.stdout.contains("no shopper came through"), "{run:?}");
    let junit = std::fs::read_to_string(bench.path().join("junit.xml")).unwrap();
    assert!(junit.contains("some shopper comes through"), "{junit}");
    assert_eq!(bench.document()["verdict"], "fail");
    let runs = bench.tillrush(&["runs"]).with(&[0]);
    assert!(runs.stdout.contains("fail"), "{runs:?}");
}

#[test]
fn options_that_can_never_work_are_refused() {
    let (shop, bench) = (Shop::open(""), Bench::new(LOOK));
    let url = shop.url();
    for (wrong, why) in [
        (["--allow-host", "*"], "whole"),
        (["--allow-host", "shop.example:443"], "without its port"),
        (["--allow-host", "https://shop.example"], "without scheme"),
        (["--tag", "=x"], "key before the ="),
        (["--source", "::1"], "--source ::1 is an IPv6 address"),
    ] {
        let run = bench.run(&[&["--target", &url], &wrong[..]].concat());
        run.with(&[2]).complains(why);
    }
    for address in
        ["169.254.169.254", "100.100.100.200", "0.0.0.0", "[fd00:ec2::254]", "100.64.0.1"]
    {
        let target = format!("http://{address}");
        bench.run(&["--target", &target]).with(&[107]).complains("--allow-host");
    }
    assert!(bench.runs().is_empty(), "nothing ran");
}
