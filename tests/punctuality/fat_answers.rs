//! Answers of some MiB hold up nobody but who asked for them, whatever is done with them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use crate::bench::{Bench, MEASURED, count, figure, step};

/// Bytes of each fat answer.
const FAT: usize = 4 << 20;
/// Reading some of these takes five seconds and more in a build for tests, which everybody would wait for.
const MOST_MS: f64 = 3_000.0;

struct Answer {
    head: &'static str,
    body: Vec<u8>,
}

/// Answers by path; everything else is `ok`.
fn answers() -> BTreeMap<&'static str, Answer> {
    let fill = |piece: &[u8]| piece.repeat(FAT / piece.len());
    let items = fill(br#"{"sku":"a","price":1,"tags":["x","y"]},"#);
    let list = [b"{\"items\":[", &*items, b"{\"last\":7}]}"].concat();
    let page = [
        b"<html><title>t</title>",
        &*fill(b"<p class=a><b>hello</b> world &amp; x</p>"),
        b"<form id=f action=/ok><input name=a></form><i id=last>z</i></html>",
    ]
    .concat();
    let (json, html) =
        ("200 OK\r\ncontent-type: application/json", "200 OK\r\ncontent-type: text/html");
    let broken = "500 Internal Server Error\r\ncontent-type: application/json";
    let latin = "200 OK\r\ncontent-type: text/html; charset=iso-8859-1";
    BTreeMap::from([
        ("/list", Answer { head: json, body: list.clone() }),
        ("/broken", Answer { head: broken, body: list }),
        ("/deep", Answer { head: json, body: fill(b"[") }),
        ("/page", Answer { head: html, body: page }),
        ("/latin", Answer { head: latin, body: fill(b"\xe4\xf6 ") }),
    ])
}

/// Serves the answers; its address.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answers = Arc::new(answers());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, answers) = (stream.unwrap(), Arc::clone(&answers));
            thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut path, mut line) = (String::new(), String::new());
                while reader.read_line(&mut line).is_ok_and(|count| count > 0) {
                    if path.is_empty() {
                        path = line.split([' ', '?']).nth(1).unwrap_or_default().to_owned();
                    }
                    if line == "\r\n" {
                        let (head, body) = answers
                            .get(&*path)
                            .map_or(("200 OK", &b"ok"[..]), |answer| (answer.head, &answer.body));
                        let head =
                            format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len());
                        if (&stream).write_all(&[head.as_bytes(), body].concat()).is_err() {
                            return;
                        }
                        path.clear();
                    }
                    line.clear();
                }
            });
        }
    });
    url
}

/// A journey of each way to read a fat answer, beside many that read a small one.
fn scenario() -> String {
    let steps = [
        (
            "list",
            "{ name: list, get: /list, expect: { json: { \"$.items[5].sku\": a } }, capture: { x: { json: \"$.items[-1].last\" } } }",
        ),
        ("broken", "{ name: broken, get: /broken }"),
        ("deep", "{ name: deep, get: /deep, expect: { json: { $.a: 1 } } }"),
        (
            "page",
            "{ name: page, get: /page, expect: { text: world, css: \"#last\" }, capture: { y: { regex: \"id=(last)\" } } }",
        ),
        ("files", "{ name: files, get: /page, assets: true }"),
        ("latin", "{ name: latin, get: /latin, expect: { text: none } }"),
        (
            "form",
            "{ name: shown, get: /page }\n      - { name: form, submit: { id: f, fields: { a: 1 } } }",
        ),
    ];
    let journeys: String = steps
        .iter()
        .map(|(name, step)| {
            format!("  - name: {name}\n    weight: 2\n    steps:\n      - {step}\n")
        })
        .collect();
    format!(
        "name: Fat\nload: {{ arrivals: paced, stages: [{{ hold: 40/s, for: 4s }}] }}\nshoppers: {{ max_attempts: 1 }}\ndefaults: {{ gives_up_after: 40s }}\njourneys:\n  - name: small\n    weight: 90\n    steps: [{{ name: small, get: / }}]\n{journeys}"
    )
}

#[test]
fn fat_answers_hold_up_nobody_but_who_asked_for_them() {
    let _alone = super::alone();
    let bench = Bench::new(&scenario());
    bench.run(&["--target", &serve(), "--cores", "1", "--seed", "3"]).with(&MEASURED);
    let document = bench.document();
    let failures = |name: &str| {
        (count(step(&document, name), "/attempts"), count(step(&document, name), "/failures"))
    };
    for name in ["list", "page", "files", "form"] {
        let (attempts, failed) = failures(name);
        assert!(attempts > 0 && failed == 0, "{name}: {:#}", step(&document, name));
    }
    for name in ["broken", "deep", "latin"] {
        let (attempts, failed) = failures(name);
        assert!(attempts > 0 && failed == attempts, "{name}: {:#}", step(&document, name));
    }
    // From when a shopper should have asked: a core that is busy with something else counts.
    let longest = figure(step(&document, "small"), "/response_ms/max").as_f64().unwrap();
    assert!(longest < MOST_MS, "others waited {longest} ms");
}
