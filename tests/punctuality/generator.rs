//! A generator that is the bottleneck says so, says why, and passes no gate; a slow shop is never taken for one.

use std::process::{Child, Command};

use serde_json::Value;

use crate::bench::{Bench, LOOK, Shop, count, loaded};

/// Processes that take a core away.
struct Spinners(Vec<Child>);

// === impl Spinners ===

impl Spinners {
    /// So many of them, on this core only.
    fn on(core: &str, many: usize) -> Spinners {
        let spin = || {
            Command::new("taskset")
                .args(["-c", core, "sh", "-c", "while :; do :; done"])
                .spawn()
                .expect("taskset")
        };
        Spinners((0..many).map(|_| spin()).collect())
    }
}

impl Drop for Spinners {
    fn drop(&mut self) {
        for spinner in &mut self.0 {
            // One that is gone already takes no core any more.
            let _ = spinner.kill();
            let _ = spinner.wait();
        }
    }
}

/// The causes and remedies of all doubts.
fn doubts(document: &Value) -> String {
    document["generator"]["doubts"].to_string()
}

/// `tillrush run`, started by another program.
fn under(bench: &Bench, program: &[&str], arguments: &[&str]) -> Command {
    let plain = bench.command();
    let mut command = Command::new(program[0]);
    command
        .current_dir(bench.path())
        .args(&program[1..])
        .arg(plain.get_program())
        .arg("run")
        .arg(bench.scenario())
        .args(arguments);
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

#[test]
fn a_rate_that_it_cannot_reach_is_its_own_fault() {
    let _alone = super::alone();
    let shop = Shop::open("");
    let bench = Bench::punctual(LOOK);
    bench
        .run(&["--target", &shop.url(), "--rate", "12000/s", "-d", "1s", "--cores", "1"])
        .with(&[102]);
    let document = bench.document();
    assert_eq!(
        (&document["generator"]["verdict"], &document["verdict"]),
        (&"invalid".into(), &"invalid".into())
    );
    assert!(doubts(&document).contains("started late"), "{}", doubts(&document));
    assert!(doubts(&document).contains("--slice"), "{}", doubts(&document));
}

#[test]
fn want_of_file_descriptors_is_told_with_its_remedy() {
    let _alone = super::alone();
    let shop = Shop::open("faults: [{ name: slow, at: home, kind: { slow: 400ms } }]");
    let bench =
        Bench::punctual(&loaded(LOOK, "{ arrivals: paced, stages: [{ hold: 300/s, for: 2s }] }"));
    let limited = ["sh", "-c", "ulimit -n 64 && exec \"$@\"", "sh"];
    bench
        .begin(&mut under(&bench, &limited, &["--target", &shop.url(), "--cores", "1"]))
        .wait()
        .with(&[102]);
    let document = bench.document();
    assert_eq!(document["generator"]["verdict"], "invalid");
    assert!(doubts(&document).contains("file descriptors"), "{}", doubts(&document));
    assert!(doubts(&document).contains("ulimit -n"), "{}", doubts(&document));
    // None of it is held against the shop.
    assert_eq!(document["steps"][0]["failures"], 0, "{:#}", document["steps"][0]);
    assert!(count(&document, "/steps/0/unjudged") > 0);
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "needs a network namespace of its own: unshare, ip, and the right to use them"]
fn want_of_local_ports_is_told_with_its_remedy() {
    let _alone = super::alone();
    let bench =
        Bench::punctual(&loaded(LOOK, "{ arrivals: paced, stages: [{ hold: 50/s, for: 2s }] }"));
    // Twenty ports, each of which rests a minute after its connection was closed; nobody else is in this network.
    let alone = "ip link set lo up && echo 40000 40019 > /proc/sys/net/ipv4/ip_local_port_range && \
                 { \"$1\" shop --listen 127.0.0.1:8080 >/dev/null 2>&1 & shop=$!; } && sleep 1 && \"$@\"; code=$?; kill $shop; exit $code";
    let program = ["unshare", "--map-root-user", "--net", "sh", "-c", alone, "sh"];
    bench
        .begin(&mut under(&bench, &program, &["--target", "http://127.0.0.1:8080", "--cores", "1"]))
        .wait()
        .with(&[102]);
    let document = bench.document();
    assert_eq!(document["generator"]["verdict"], "invalid");
    assert!(doubts(&document).contains("local ports"), "{}", doubts(&document));
    assert!(
        doubts(&document).contains("--source") && doubts(&document).contains("connections: kept"),
        "{}",
        doubts(&document)
    );
    // None of it is held against the shop.
    assert_eq!(document["steps"][0]["failures"], 0, "{:#}", document["steps"][0]);
    assert!(count(&document, "/steps/0/unjudged") > 0);
}

#[test]
#[cfg(target_os = "linux")]
fn a_core_that_is_taken_away_is_noticed() {
    let _alone = super::alone();
    let shop = Shop::open("");
    let bench = Bench::punctual(LOOK);
    let spinners = Spinners::on("0", 12);
    let arguments = ["--target", &shop.url(), "--rate", "400/s", "-d", "4s", "--cores", "1"];
    bench.begin(&mut under(&bench, &["taskset", "-c", "0"], &arguments)).wait().with(&[102, 0]);
    drop(spinners);
    let document = bench.document();
    assert_ne!(document["generator"]["verdict"], "valid", "{:#}", document["generator"]);
    assert!(doubts(&document).contains("waited for a CPU"), "{}", doubts(&document));
}

#[test]
fn a_shop_that_is_slow_is_not_the_generators_fault() {
    let _alone = super::alone();
    let shop = Shop::open("faults: [{ name: slow, at: home, kind: { slow: 1s } }]");
    let bench = Bench::punctual(LOOK);
    bench.run(&["--target", &shop.url(), "--rate", "40/s", "-d", "4s"]).with(&[0]);
    let document = bench.document();
    assert_eq!(document["generator"]["verdict"], "valid", "{:#}", document["generator"]);
    assert!(
        document["steps"][0]["response_ms"]["p50"].as_f64().unwrap() > 300.0,
        "{:#}",
        document["steps"][0]
    );
}
