//! What is refused, with which exit code, and what to do about it. Nothing is sent where nothing may be sent.

use std::net::TcpListener;
use std::time::{Duration, SystemTime};

use crate::bench::{BUY, Bench, LOOK, MEASURED, Shop};

const BRIEF: [&str; 4] = ["--rate", "10/s", "-d", "1s"];

/// A port that nobody listens on.
fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn a_target_that_is_not_there_is_said_to_be_so() {
    let bench = Bench::new(LOOK);
    let target = closed_port();
    let run = bench.run(&[&["--target", &target], &BRIEF[..]].concat());
    run.with(&[107]).complains(&format!("no shop answers at {target}")).complains("--target");
    bench
        .tillrush(&["walk", bench.scenario(), "--target", &target])
        .with(&[107])
        .complains("help:");
    let unknown = bench.run(&[&["--target", "http://shop.invalid"], &BRIEF[..]].concat());
    unknown.with(&[107]).complains("shop.invalid");
    assert!(bench.runs().is_empty(), "nothing ran");
}

#[test]
fn a_public_host_is_refused_before_a_packet_is_sent() {
    // TEST-NET-1 (RFC 5737): who sends there waits for an answer until the time is over.
    let bench = Bench::new(LOOK);
    let began = SystemTime::now();
    for command in ["run", "walk"] {
        let arguments = [command, bench.scenario(), "--target", "http://192.0.2.1"];
        bench
            .tillrush(&arguments)
            .with(&[107])
            .complains("public address")
            .complains("--allow-host 192.0.2.1");
    }
    // Addresses beside the target are looked at as well.
    let shop = Shop::open("");
    let elsewhere = Bench::new(&LOOK.replace("get: /", "get: http://192.0.2.1/"));
    elsewhere
        .run(&[&["--target", &shop.url()], &BRIEF[..]].concat())
        .with(&[107])
        .complains("--allow-host 192.0.2.1");
    assert_eq!(shop.ledger().shoppers_seen, 0);
    assert!(began.elapsed().unwrap() < Duration::from_secs(8), "{:?}", began.elapsed());
}

#[test]
fn a_scenario_is_refused_with_all_its_mistakes_at_once() {
    let shop = Shop::open("");
    let bench = Bench::new(
        &BUY.replace("expect: { status: 201 }", "expects: { status: 201 }")
            .replace("weight", "")
            .replace("10ms..40ms", "soon"),
    );
    for command in ["run", "check", "walk"] {
        let ended =
            bench.tillrush(&[command, bench.scenario(), "--target", &shop.url()]).with(&[104]);
        let ended = ended.complains("scenario.yaml").complains("expects").complains("soon");
        assert!(!ended.stderr.contains('\u{1b}'), "no colours where there is no terminal");
    }
    bench.tillrush(&["check", "nowhere.yaml"]).with(&[104]).complains("nowhere.yaml");
    bench
        .tillrush(&[
            "run",
            bench.file("no-target.yaml", LOOK).to_str().unwrap(),
            "--rate",
            "1/s",
            "-d",
            "1s",
        ])
        .with(&[104])
        .complains("--target");
    assert!(shop.ledger().requests.is_empty());
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused() {
    let bench = Bench::new(LOOK);
    for (arguments, complaint) in [
        (&["run"][..], "SCENARIO"),
        (&["sprint"], "unrecognized subcommand"),
        (&["run", "scenario.yaml", "--rate", "fast", "-d", "1s"], "--rate fast"),
        (&["run", "scenario.yaml", "--rate", "1/s", "-d", "long"], "--duration long"),
        (&["run", "scenario.yaml", "--rate", "1/s", "--users", "3"], "cannot be used with"),
        (&["run", "scenario.yaml", "--slice", "3/3"], "slice"),
        (&["run", "scenario.yaml", "--stage", "1m"], "--stage 1m"),
        (&["check", "scenario.yaml", "-e", "novalue"], "NAME=VALUE"),
        (&["merge"], "RUNS"),
    ] {
        bench.tillrush(arguments).with(&[2]).complains(complaint);
    }
    bench.tillrush(&["report", "nowhere"]).with(&[1, 2]).complains("nowhere");
}

#[test]
fn data_that_would_run_out_is_refused_before_the_run() {
    let shop = Shop::open("");
    let bench = Bench::new(
        &BUY.replace(
            "shoppers:\n",
            "shoppers:\n  data: { people: { file: people.csv, each: once } }\n",
        )
        .replace("{{ intent.marker }}@example.com", "{{ people.email }}"),
    );
    bench.file("people.csv", "email\na@example.com\nb@example.com\n");
    let target = shop.url();
    let paced = ["--target", &target, "--seed", "5", "--rate", "30/s", "-d", "1s"];
    bench.run(&paced).with(&[104]).complains("`people` has 2 rows");
    // A slice alone would have rows enough, all of them together have not.
    bench.run(&[&paced[..], &["--slice", "3/16"]].concat()).with(&[104]).complains("2 rows");
    // Nor is it known how many a closed load will need.
    bench.run(&["--target", &target, "-u", "4", "-d", "1s"]).with(&[104]).complains("people");
    assert_eq!(shop.ledger().shoppers_seen, 0);
    bench.run(&["--target", &target, "--seed", "5", "--rate", "1/s", "-d", "1s"]).with(&MEASURED);
}
