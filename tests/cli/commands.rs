//! The other commands, and how the program is set up and prints.

use std::path::Path;
use std::process::Stdio;

use crate::bench::{BUY, Bench, Ended, LOOK, MEASURED, Shop, count, loaded};

const BRIEF: [&str; 4] = ["--rate", "20/s", "-d", "1s"];

#[test]
fn a_check_says_what_a_run_would_do_and_asks_nothing_of_the_shop() {
    let shop = Shop::open("");
    let buy = loaded(BUY, "{ arrivals: paced, stages: [{ hold: 50/s, for: 100s }] }");
    let bench = Bench::new(&format!("{buy}objectives: [repeated_failures < 1%]\n"));
    let ended = bench.tillrush(&["check", bench.scenario(), "--target", &shop.url()]).with(&[0]);
    for text in [
        "Buy",
        "5,000 shoppers",
        "add to cart",
        "pay and confirm",
        "confirmation",
        "100s",
        "50/s",
        "card 50 %",
        "repeated_failures < 1%",
    ] {
        let text = text.replace("100s", "1m40s");
        assert!(ended.stdout.contains(&text), "'{text}' is not in\n{}", ended.stdout);
    }
    assert!(shop.ledger().requests.is_empty(), "{:?}", shop.ledger().requests);
    // What the run can't show is said before the run.
    let bold = Bench::new(&format!("{buy}objectives: [p99(pay) < 2s for 1s]\n"));
    let said = bold.tillrush(&["check", bold.scenario(), "--rate", "1/s", "-d", "10s"]).stdout;
    assert!(said.contains("p99(pay) < 2s for 1s  inconclusive at best"), "{said}");
}

#[test]
fn a_run_is_the_one_that_was_checked() {
    let shop = Shop::open("");
    let bench = Bench::new(LOOK);
    let checked = bench
        .tillrush(
            &[&["check", bench.scenario(), "--seed", "77", "--target", &shop.url()], &BRIEF[..]]
                .concat(),
        )
        .with(&[0]);
    bench.run(&[&["--seed", "77", "--target", &shop.url()], &BRIEF[..]].concat()).with(&MEASURED);
    let document = bench.document();
    assert!(
        checked.stdout.contains(document["plan_digest"].as_str().unwrap()),
        "{}",
        checked.stdout
    );
    let planned = format!("{} shoppers planned", count(&document, "/generator/arrivals_planned"));
    assert!(checked.stdout.contains(&planned), "'{planned}' is not in\n{}", checked.stdout);
}

#[test]
fn a_walk_buys_and_shows_all_but_the_secrets() {
    let shop = Shop::open("");
    let bench = Bench::new(
        &BUY.replace(
            "email:",
            "card_number: \"4242424242424242\", password: \"s3same-open\", email:",
        )
        .replace(
            "{ accept: application/json }",
            "{ accept: application/json, authorization: Bearer t0ken-of-the-shop }",
        ),
    );
    let target = shop.url();
    let walk = |more: &[&str]| {
        bench.tillrush(&[&["walk", bench.scenario(), "--target", &target], more].concat())
    };
    let ended = walk(&[]).with(&[0]);
    for text in [
        "buy",
        "POST",
        "/checkout/pay",
        "201 Created",
        "✓",
        "order.id: T100001",
        "confirmation",
        "completed the journey",
    ] {
        assert!(ended.stdout.contains(text), "'{text}' is not in\n{}", ended.stdout);
    }
    let verbose = walk(&["-v"]).with(&[0]);
    assert!(verbose.stdout.contains("authorization"), "{}", verbose.stdout);
    for secret in ["4242424242424242", "s3same-open", "t0ken-of-the-shop"] {
        assert!(
            !ended.stdout.contains(secret) && !verbose.stdout.contains(secret),
            "{secret} is shown"
        );
    }
    // The same shopper, walked again, wants something again: an order each time.
    assert_eq!(shop.ledger().orders.len(), 2, "{:?}", shop.ledger().orders);
    assert!(bench.runs().is_empty(), "a walk stores nothing");
    walk(&["--journey", "nowhere"]).with(&[2]).complains("there are: buy");

    let broken = Shop::open(
        "faults: [{ name: down, at: pay, kind: { status: { code: 503, body: 'come back later' } } }]",
    );
    let ended = bench.tillrush(&["walk", bench.scenario(), "--target", &broken.url()]).with(&[1]);
    for text in ["attempt 3", "failed: status 5xx", "come back later", "✗"] {
        assert!(ended.stdout.contains(text), "'{text}' is not in\n{}", ended.stdout);
    }
}

#[test]
fn what_a_shop_or_a_scenario_says_does_not_steer_the_terminal() {
    let body = "<p>fine\u{1b}]0;owned\u{7}\u{1b}[2J\r  \u{2713} all well\u{202e}evil\u{2066}</p>";
    let shop = one_answer(&format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html; \u{202e}x\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ));
    let name = r#""ho\u202eme""#;
    let scenario = LOOK.replace("home", name)
        + "        capture: { said: { regex: '<p>([^<]*)' } }\n        expect: { text: owned }\n";
    let bench = Bench::new(&scenario);
    let ended = bench.tillrush(&["walk", bench.scenario(), "--target", &shop]).with(&[0]);
    for part in [
        "ho\\u{202e}me",
        "= said: fine\\u{1b}]0;owned\\u{7}\\u{1b}[2J   \u{2713} all well\\u{202e}evil",
        "text/html; \\u{202e}x",
    ] {
        assert!(ended.stdout.contains(part), "{part} is not in\n{}", ended.stdout);
    }
    let acts = |sign: char| {
        sign != '\n'
            && (sign.is_control()
                || matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    assert!(!ended.stdout.contains(acts) && !ended.stderr.contains(acts), "{ended:?}");
    let checked = bench.tillrush(&["check", bench.scenario()]).with(&[0]);
    assert!(
        checked.stdout.contains("ho\\u{202e}me") && !checked.stdout.contains(acts),
        "{}",
        checked.stdout
    );
}

/// The address of a shop that gives each request this answer, as long as the test goes on.
fn one_answer(answer: &str) -> String {
    let (listener, answer) =
        (std::net::TcpListener::bind("127.0.0.1:0").unwrap(), answer.to_owned());
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            if std::io::Read::read(&mut stream, &mut request).is_ok() {
                let _ = std::io::Write::write_all(&mut stream, answer.as_bytes());
            }
        }
    });
    address
}

#[test]
fn the_schemas_are_the_published_ones() {
    let bench = Bench::new("");
    for (arguments, name) in [
        (&["schema"][..], "scenario.schema.json"),
        (&["schema", "--run"], "run.schema.json"),
        (&["schema", "--comparison"], "comparison.schema.json"),
    ] {
        let printed = bench.tillrush(arguments).with(&[0]).stdout;
        let published =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name))
                .unwrap();
        assert!(
            printed == published,
            "docs/{name} is not what `tillrush {}` prints",
            arguments.join(" ")
        );
    }
}

#[test]
fn completions_are_printed_for_the_usual_shells() {
    let bench = Bench::new("");
    for (shell, sign) in
        [("bash", "complete -F"), ("zsh", "#compdef tillrush"), ("fish", "complete -c tillrush")]
    {
        let printed = bench.tillrush(&["completions", shell]).with(&[0]).stdout;
        assert!(printed.contains(sign) && printed.contains("duration"), "{shell}");
    }
}

#[test]
fn quiet_prints_nothing_and_stores_everything() {
    let shop = Shop::open("");
    let bench = Bench::new(LOOK);
    let silent =
        |ended: Ended| assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    silent(
        bench
            .run(&[&["-q", "--target", &shop.url(), "--json", "out.json"], &BRIEF[..]].concat())
            .with(&MEASURED),
    );
    let folder = bench.only_run();
    assert_eq!(
        std::fs::read(folder.join("run.json")).unwrap(),
        std::fs::read(bench.path().join("out.json")).unwrap()
    );
    silent(
        bench
            .tillrush(&[
                "-q",
                "check",
                bench.scenario(),
                "--rate",
                "1/s",
                "-d",
                "1s",
                "--target",
                &shop.url(),
            ])
            .with(&[0]),
    );
    silent(bench.tillrush(&["-q", "walk", bench.scenario(), "--target", &shop.url()]).with(&[0]));
    silent(bench.tillrush(&["report", "-q", folder.to_str().unwrap()]).with(&MEASURED));
    silent(
        bench
            .tillrush(&["merge", "-q", "--out", "merged", folder.to_str().unwrap()])
            .with(&MEASURED),
    );
    let loud = bench.tillrush(&["-q", "check", "nowhere.yaml"]).with(&[104]);
    assert!(loud.stderr.contains("nowhere.yaml"), "errors are told all the same");
}

#[test]
fn nothing_is_coloured_where_there_is_no_terminal_and_nothing_where_colours_are_unwanted() {
    let shop = Shop::open("");
    let bench = Bench::new(BUY);
    let target = shop.url();
    let run = [&["run", bench.scenario(), "--target", &target], &BRIEF[..]].concat();
    for arguments in [
        &run[..],
        &["walk", bench.scenario(), "--target", &target],
        &["check", bench.scenario(), "--rate", "1/s", "-d", "1s"],
    ] {
        let ended = bench.tillrush(arguments).with(&MEASURED);
        assert!(!ended.stdout.contains('\u{1b}') && !ended.stderr.contains('\u{1b}'), "{ended:?}");
    }
    // `script` lends a terminal, where there is one to be had.
    let command = |settings: &str| {
        format!(
            "{settings} {} walk {} --target {target}",
            env!("CARGO_BIN_EXE_tillrush"),
            bench.scenario()
        )
    };
    let on_terminal = |command: &str| {
        let mut script = std::process::Command::new("script");
        script
            .args(["-qec", command, "/dev/null"])
            .current_dir(bench.path())
            .stdin(Stdio::null())
            .env("TERM", "xterm")
            .env_remove("NO_COLOR");
        script
            .output()
            .ok()
            .filter(|output| output.status.success())
            .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let Some(coloured) = on_terminal(&command("")) else { return };
    assert!(coloured.contains("\u{1b}["), "{coloured}");
    for plain in [
        command("NO_COLOR=1"),
        command("TERM=dumb"),
        format!("{} --no-color", command("")),
        command("TILLRUSH_NO_COLOR=1"),
    ] {
        let printed = on_terminal(&plain).unwrap_or_else(|| panic!("{plain}"));
        assert!(
            printed.contains("completed the journey") && !printed.contains('\u{1b}'),
            "{plain}\n{printed}"
        );
    }
}

#[test]
fn a_flag_wins_over_the_environment_and_the_environment_over_the_file() {
    let [flag, environment, file] = [(); 3].map(|()| Shop::open(""));
    let seen = || [&flag, &environment, &file].map(|shop| shop.ledger().shoppers_seen);
    let bench = Bench::new(&format!("target: {}\n{LOOK}", file.url()));
    let run = |set: bool, arguments: &[&str]| {
        let mut command = bench.command();
        command
            .arg("run")
            .arg(bench.scenario())
            .args(arguments)
            .env("TILLRUSH_QUIET", "1")
            .env("TILLRUSH_CORES", "1");
        if set {
            command
                .env("TILLRUSH_TARGET", environment.url())
                .env("TILLRUSH_RATE", "40/s")
                .env("TILLRUSH_DURATION", "500ms");
            command
                .env("TILLRUSH_SEED", "9")
                .env("TILLRUSH_OUT", "of-the-environment")
                .env("TILLRUSH_TAG", "a=1,b=2");
        }
        bench.begin(&mut command).wait().with(&MEASURED)
    };
    let said = run(true, &[]);
    let [_, second, _] = seen();
    assert!(second > 0 && seen() == [0, second, 0], "{:?}", seen());
    assert_eq!(said.stderr, "", "TILLRUSH_QUIET");
    run(true, &["--target", &flag.url(), "--seed", "10"]);
    let [first, ..] = seen();
    assert!(first > 0 && seen() == [first, second, 0], "{:?}", seen());
    run(false, &["--rate", "20/s", "-d", "500ms"]);
    assert!(seen()[2] > 0 && seen()[..2] == [first, second], "{:?}", seen());

    // Also where what is typed and what is set contradict each other.
    let closed = run(true, &["-u", "1", "-v"]);
    assert!(closed.stdout.contains("closed load with 1 concurrent"), "{}", closed.stdout);

    let mut seeds: Vec<u64> = Vec::new();
    for entry in std::fs::read_dir(bench.path().join("of-the-environment")).unwrap() {
        let document = crate::bench::document(&entry.unwrap().path());
        assert_eq!(document["tags"], serde_json::json!({ "a": "1", "b": "2" }));
        seeds.push(count(&document, "/seed"));
    }
    seeds.sort_unstable();
    assert_eq!(seeds, [9, 9, 10]);
}

#[test]
fn stages_and_variables_of_the_command_line_replace_those_of_the_file() {
    let shop = Shop::open("");
    let bench = Bench::new(&LOOK.replace("get: /", "get: \"/search?q={{ env.word }}\""));
    bench
        .tillrush(&["check", bench.scenario(), "--rate", "1/s", "-d", "1s"])
        .with(&[104])
        .complains("word");
    let stages =
        ["--stage", "500ms:40/s", "--stage", "500ms:40/s", "-e", "word=lamp", "--seed", "3"];
    bench.run(&[&["--target", &shop.url()], &stages[..]].concat()).with(&MEASURED);
    let document = bench.document();
    assert_eq!(count(&document, "/shoppers/completed"), shop.ledger().requests["search"]);
    let planned = count(&document, "/generator/arrivals_planned");
    assert!((10..60).contains(&planned), "{planned}");
    // What the command line said is part of the run, and of its report.
    bench.tillrush(&["report", "latest"]).with(&MEASURED);
    assert_eq!(bench.document(), document);
}

#[test]
#[ignore = "takes 40 s"]
fn the_demo_finds_what_was_planted() {
    let bench = Bench::new("");
    let ended = bench.tillrush(&["demo"]).with(&[0]);
    for text in ["wallet", "node-3", "The planted causes were found"] {
        assert!(
            ended.stdout.contains(text) || ended.stderr.contains(text),
            "'{text}' is not in\n{}\n{}",
            ended.stdout,
            ended.stderr
        );
    }
    let document = bench.document();
    assert_eq!(document["scenario"]["name"], "Black Friday demo");
    // What was planted, where it was planted, and nothing else.
    let spots = document["hotspots"].as_array().unwrap();
    let mut named: Vec<String> =
        spots.iter().map(|spot| format!("{} at {}", spot["where"], spot["steps"])).collect();
    named.sort();
    let planted = [r#"{"node":"node-3"} at ["add to cart"]"#, r#"{"payment":"wallet"} at ["pay"]"#];
    assert_eq!(named, planted, "{}\n{}", ended.stdout, ended.stderr);
}

#[test]
fn the_program_says_what_it_is_and_explains_itself() {
    let bench = Bench::new("");
    assert_eq!(
        bench.tillrush(&["--version"]).with(&[0]).stdout,
        format!("tillrush {}\n", env!("CARGO_PKG_VERSION"))
    );
    let help = bench.tillrush(&["--help"]).with(&[0]).stdout;
    for command in [
        "demo",
        "run",
        "check",
        "walk",
        "report",
        "merge",
        "shop",
        "schema",
        "completions",
        "Exit codes",
    ] {
        assert!(help.contains(command), "{command}");
    }
    for command in
        ["demo", "run", "check", "walk", "report", "merge", "shop", "schema", "completions"]
    {
        assert!(
            bench.tillrush(&[command, "--help"]).with(&[0]).stdout.contains("Usage: tillrush"),
            "{command}"
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let shop = Shop::open("");
    let bench = Bench::new(BUY);
    for arguments in [
        format!("walk {} --target {}", bench.scenario(), shop.url()),
        "schema".to_owned(),
        "completions bash".to_owned(),
    ] {
        let mut shell = std::process::Command::new("bash");
        let line =
            format!("set -o pipefail; {} {arguments} | head -n 1", env!("CARGO_BIN_EXE_tillrush"));
        let ended = bench.begin(shell.args(["-c", &line]).current_dir(bench.path())).wait();
        assert!(!ended.stderr.contains("panicked"), "{arguments}: {}", ended.stderr);
    }
}
