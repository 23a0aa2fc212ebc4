//! Secrets of all kinds are planted in every place from which a request can have them, and a shop repeats what it is sent in
//! every encoding. Nothing that the program writes may have one.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::bench::{Bench, Ended};

/// Names under which people give secrets, and some that tell nothing.
const NAMES: [&str; 24] = [
    "PASS",
    "PWD",
    "KEY",
    "AUTH",
    "JWT",
    "DB_PASS",
    "PRIVATE_KEY",
    "TOKEN",
    "API_KEY",
    "SECRET",
    "CREDENTIAL",
    "PASSWORD",
    "PASSPHRASE",
    "ACCESS_KEY",
    "SESSION",
    "COOKIE",
    "LICENCE",
    "CODE",
    "USER",
    "COLOUR",
    "GREETING",
    "A",
    "VALUE",
    "X",
];

/// Repeats all it gets, in every encoding, and fails; but for `/order`, which it confirms under the name it was given.
struct Echo {
    url: String,
    received: Arc<Mutex<Vec<u8>>>,
}

impl Echo {
    fn open() -> Echo {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&received);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let all = Arc::clone(&all);
                thread::spawn(move || serve(stream.unwrap(), &all));
            }
        });
        Echo { url, received }
    }
}

/// One request after the other, until the client has gone.
fn serve(mut stream: TcpStream, all: &Mutex<Vec<u8>>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
    while let Some(request) = read_request(&mut stream) {
        all.lock().unwrap().extend_from_slice(&request);
        let answer = answer(&String::from_utf8_lossy(&request));
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut byte = [0; 1];
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        request.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&request).to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    let mut body = vec![0; length.and_then(|length| length.trim().parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    request.extend(body);
    Some(request)
}

/// What the request was, told in every way.
fn answer(request: &str) -> String {
    let value = |name: &str| {
        let rest = request.split(&format!("{name}=")).nth(1)?;
        Some(rest.split(['&', ' ', '\r']).next()?.to_owned())
    };
    if request.starts_with("POST /order") {
        let name = value("named").unwrap_or_default();
        let body = format!("{{\"order_id\":\"{name}\",\"status\":\"confirmed\"}}");
        return response("201 Created", &format!("x-node: {name}\r\n"), &body);
    }
    if request.starts_with("GET / ") {
        return response("200 OK", "", "<title>shop</title>");
    }
    let json = serde_json::to_string(request).unwrap();
    let body = format!(
        "{{\"error\":{{\"message\":{json}}},\"html\":\"{}\",\"address\":\"{}\",\"base64\":\"{}\",\"safe\":\"{}\",\"within\":{}}}",
        html_escape::encode_double_quoted_attribute(request).replace(['\\', '\n', '\r'], " "),
        utf8_percent_encode(request, NON_ALPHANUMERIC),
        STANDARD.encode(request),
        URL_SAFE.encode(request),
        serde_json::to_string(&json).unwrap(),
    );
    // The first two KiB of each are enough to have every secret; the scenario's bodies are short.
    response("500 Internal Server Error", "", &body)
}

fn response(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// What may be a secret's: each is its own, and has what encodings write in another way.
fn planted() -> BTreeMap<String, String> {
    let nasty = |place: usize, name: &str| {
        (name.to_owned(), format!("z{place}Q\"<&/+ ä'{}w%41", 7919 * (place + 3)))
    };
    let mut planted: BTreeMap<String, String> =
        NAMES.iter().enumerate().map(|(place, name)| nasty(place, name)).collect();
    for plain in ["HEADER", "QUERY", "PATH", "BEARER", "BASIC", "NODE"] {
        planted.insert(plain.to_owned(), format!("pl4nted-{}-9f3a", plain.to_lowercase()));
    }
    planted
}

/// What stands in the scenario and its data.
const WRITTEN: [&str; 3] = ["wr1tten-password-77", "wr1tten-bearer-77", "r0w-of-data-77"];

fn scenario() -> String {
    let form: String =
        NAMES[..12].iter().map(|name| format!("{name}: \"{{{{ env.{name} }}}}\", ")).collect();
    let json: String =
        NAMES[12..].iter().map(|name| format!("{name}: \"{{{{ env.{name} }}}}\", ")).collect();
    let failing = |name: &str, rest: &str| {
        format!("  - name: {name}\n    steps:\n      - {{ name: {name}, {rest} }}\n")
    };
    format!(
        "name: Secrets\nload: {{ arrivals: paced, stages: [{{ hold: 20/s, for: 2s }}] }}\nshoppers:\n  max_attempts: 1\n  data: {{ people: {{ file: people.csv, each: loop, secret: [phrase] }} }}\njourneys:\n{}{}{}{}{}{}{}  - name: order\n    steps:\n      - purchase: order\n        steps:\n          - name: order\n            post: /order?named={{{{ env.NODE }}}}\n            capture: {{ node: {{ header: x-node }} }}\n            observe: [node]\n            order: {{ id: {{ json: $.order_id }} }}\n            expect: {{ status: 201 }}\n",
        failing("form", &format!("post: /form, form: {{ {form} }}")),
        failing("json", &format!("post: /json, json: {{ {json} }}")),
        failing("header", "get: /header, headers: { x-anything: \"v {{ env.HEADER }}\" }"),
        failing("place", "get: \"/place/{{ env.PATH }}?q={{ env.QUERY }}\""),
        failing("bearer", "get: /bearer, auth: { bearer: \"{{ env.BEARER }}\" }"),
        failing(
            "basic",
            "get: /basic, auth: { basic: { user: joe, password: \"{{ env.BASIC }}\" } }"
        ),
        failing(
            "written",
            "post: /written, auth: { bearer: wr1tten-bearer-77 }, form: { password: wr1tten-password-77, phrase: \"{{ people.phrase }}\" }"
        ),
    )
}

/// The ways in which a text may be written. None of this is the program's own code.
fn encodings(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    let twice = serde_json::to_string(&json).unwrap();
    let mut all = vec![
        secret.to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        json[1..json.len() - 1].to_owned(),
        twice[3..twice.len() - 3].to_owned(),
        html_escape::encode_double_quoted_attribute(secret).into_owned(),
        html_escape::encode_text(secret).into_owned(),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
    ];
    for before in ["", "a", "ab"] {
        for engine in [&STANDARD, &URL_SAFE] {
            let written = engine.encode(format!("{before}{secret}"));
            let written = written.trim_end_matches('=');
            // Characters at the ends depend on what stands beside.
            all.push(written[4..written.len() - 1].to_owned());
        }
    }
    all
}

fn assert_none(what: &str, bytes: &[u8], secrets: &[String]) {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    // The pieces from which a reader could put a secret together are longer than this.
    for secret in secrets {
        for written in encodings(secret) {
            let written = written.to_lowercase();
            if let Some(at) = text.find(&written) {
                let start = text.floor_char_boundary(at.saturating_sub(60));
                let end = text.floor_char_boundary((at + 60).min(text.len()));
                panic!("{what} has {secret:?} as {written:?}: …{}…", &text[start..end]);
            }
        }
    }
}

fn assert_clean_folder(folder: &Path, secrets: &[String]) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files += assert_clean_folder(&path, secrets);
        } else {
            assert_none(&path.display().to_string(), &std::fs::read(&path).unwrap(), secrets);
            files += 1;
        }
    }
    files
}

fn assert_clean(what: &str, ended: &Ended, secrets: &[String]) {
    assert_none(&format!("{what}: stdout"), ended.stdout.as_bytes(), secrets);
    assert_none(&format!("{what}: stderr"), ended.stderr.as_bytes(), secrets);
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn no_output_has_a_secret_whatever_its_name_its_place_and_its_encoding() {
    let (shop, bench) = (Echo::open(), Bench::new(&scenario()));
    bench.file("people.csv", "name,phrase\njo,r0w-of-data-77\n");
    let planted = planted();
    let mut variables: Vec<String> = Vec::new();
    for (name, value) in &planted {
        variables.extend(["-e".to_owned(), format!("{name}={value}")]);
    }
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut arguments: Vec<&str> = variables.iter().map(String::as_str).collect();
    let tag = format!("built-with={}", planted["TOKEN"]);
    arguments.extend(["--target", &shop.url, "--tag", &tag, "--seed", "7"]);
    let secrets: Vec<String> =
        planted.values().cloned().chain(WRITTEN.map(str::to_owned)).collect();

    let run = bench.start(&[&arguments[..], &["--web", &free, "-v"]].concat());
    let page = (0..100).find_map(|_| {
        thread::sleep(Duration::from_millis(50));
        TcpStream::connect(&free).ok().map(|_| {
            thread::sleep(Duration::from_secs(1));
            get(&free, "/")
        })
    });
    let run = run.wait();
    let page = page.expect("the live page");
    assert!(page.contains("frame-ancestors 'none'"), "{page}");
    assert_none("the live page", page.as_bytes(), &secrets);
    assert!([0, 99, 102].contains(&run.code.unwrap()), "{run:?}");
    assert_clean("run", &run, &secrets);

    // The shop has got them all, so that there was something to hide.
    let received = String::from_utf8_lossy(&shop.received.lock().unwrap()).into_owned();
    for secret in secrets.iter().filter(|secret| **secret != planted["BASIC"]) {
        assert!(encodings(secret).iter().any(|written| received.contains(written)), "{secret}");
    }
    let folder = bench.only_run();
    let examples = std::fs::read_to_string(folder.join("failures.jsonl")).unwrap();
    for step in ["form", "json", "header", "place", "bearer", "basic", "written"] {
        let line = examples.lines().find(|line| line.contains(&format!("{{\"step\":\"{step}\"")));
        assert!(
            line.is_some_and(|line| line.matches("[redacted]").count() > 1),
            "{step}: {line:?}"
        );
    }
    assert!(assert_clean_folder(&folder, &secrets) >= 7);

    for format in ["--json", "--html", "--junit", "--markdown"] {
        let report = bench.tillrush(&["report", "latest", format, "-"]);
        assert!(report.stdout.contains("Secrets"), "{format}: {report:?}");
        assert_clean(&format!("report {format}"), &report, &secrets);
    }
    assert_clean("runs", &bench.tillrush(&["runs", "--json"]), &secrets);
    for journey in ["form", "json", "header", "place", "bearer", "basic", "written", "order"] {
        let walk = [
            &["walk", bench.scenario(), "-v", "--journey", journey],
            &variables[..].iter().map(String::as_str).collect::<Vec<_>>()[..],
            &["--target", &shop.url],
        ]
        .concat();
        let walk = bench.tillrush(&walk);
        assert!(walk.stdout.contains("[redacted]"), "{walk:?}");
        assert_clean(&format!("walk {journey}"), &walk, &secrets);
    }
    let check = bench.tillrush(
        &[
            &["check", bench.scenario()],
            &variables.iter().map(String::as_str).collect::<Vec<_>>()[..],
        ]
        .concat(),
    );
    assert_eq!(check.code, Some(0), "{check:?}");
    assert!(check.stderr.contains("`password` is written out in the scenario"), "{check:?}");
    assert_clean("check", &check, &secrets);
    records_hide_them_too(&bench, &variables, &planted, &secrets);
}

/// The shop's own records repeat secrets: as numbers of orders, as markers, and in what can't be read.
fn records_hide_them_too(
    bench: &Bench,
    variables: &[String],
    planted: &BTreeMap<String, String>,
    secrets: &[String],
) {
    let orders = ["NODE", "TOKEN", "HEADER"].map(|name| {
        let (id, email) = (&planted[name], &planted["QUERY"]);
        let order =
            serde_json::json!({ "id": id, "email": email, "created_at": "2026-11-27T10:00:00Z" });
        format!("{order}\n")
    });
    bench.file("orders.jsonl", &orders.concat());
    let records = "orders: { file: orders.jsonl, fields: { id: $.id, marker: $.email, created: $.created_at } }\nwait: 1ms\n";
    bench.file("records.yaml", records);
    let variables: Vec<&str> = variables.iter().map(String::as_str).collect();
    let reconcile =
        [&["reconcile", "latest", "--records", "records.yaml"], &variables[..]].concat();
    let reconciled = bench.tillrush(&reconcile);
    assert!([0, 99, 100, 102, 103].contains(&reconciled.code.unwrap()), "{reconciled:?}");
    assert_clean("reconcile", &reconciled, secrets);
    let folder = bench.only_run();
    assert!(folder.join("reconciliation.json").exists(), "{reconciled:?}");
    assert_clean_folder(&folder, secrets);
    values_of_the_environment_are_masked(bench);
    let purchases = bench.tillrush(&["purchases", "latest"]).with(&[0]);
    assert!(purchases.stdout.contains("\"event\":\"invoke\""), "{purchases:?}");
    assert_clean("purchases", &purchases, secrets);
    assert_clean("compare", &bench.tillrush(&["compare", "latest", "latest"]), secrets);
}

/// A file that `--records` names takes values from the environment. What fails repeats them.
fn values_of_the_environment_are_masked(bench: &Bench) {
    let secret = "fr0m-the-env-77";
    let source = "command: 'sh -c \"echo refused $0 >&2; exit 3\" \"{{ env.PLANTED }}\"'";
    let records =
        format!("orders: {{ {source}, fields: {{ id: $.id, marker: $.email }} }}\nwait: 1ms\n");
    bench.file("environment.yaml", &records);
    let mut command = bench.command();
    command.env("PLANTED", secret).args([
        "reconcile",
        "latest",
        "--records",
        "environment.yaml",
        "-v",
    ]);
    let failed = bench.begin(&mut command).wait();
    assert!(failed.stderr.contains("refused [redacted]"), "{failed:?}");
    assert_clean("reconcile by a command", &failed, &[secret.to_owned()]);
    assert_clean_folder(&bench.only_run(), &[secret.to_owned()]);
}

#[test]
fn errors_do_not_repeat_secrets_and_public_values_are_shown() {
    let bench = Bench::new(
        "name: Errors\nload: { stages: [{ hold: 1/s, for: 1s }] }\njourneys:\n  - name: a\n    steps:\n      - { name: a, get: \"http://{{ env.SHOP }}.invalid/\" }\n",
    );
    let run = |variables: &[&str]| {
        bench.tillrush(
            &[&["run", bench.scenario(), "--target", "http://127.0.0.1:9"], variables].concat(),
        )
    };
    let hidden = run(&["-e", "SHOP=hush-hush-22"]);
    assert_ne!(hidden.code, Some(0));
    assert!(!hidden.stderr.contains("hush-hush-22"), "{hidden:?}");
    let shown = run(&["-e", "public:SHOP=open-shop-22"]);
    assert!(shown.stderr.contains("open-shop-22"), "{shown:?}");
    let unnamed = run(&["-e", "hush-hush-22"]);
    assert_eq!(unnamed.code, Some(2), "{unnamed:?}");
    assert!(!unnamed.stderr.contains("hush-hush-22"), "{unnamed:?}");
}
