//! What can go wrong over HTTP/1.1.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::script::Act::{Bytes, Drip, Forever, Hold, PauseMs, Reset, Work};
use super::script::Told::{Declined, Failed, Ok, Unknown};
use super::script::{Act, Kind, Reads, early, kind, send};

const ANSWER: &str =
    "HTTP/1.1 200 OK\ncontent-type: application/json\ncontent-length: {len}\n\n{body}";

/// An answer to everything.
pub fn well() -> Kind {
    kind("well", Ok, vec![send("HTTP/1.1 200 OK\nconnection: close\ncontent-length: 2\n\nok")])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn status(line: &str) -> Act {
    send(&format!("HTTP/1.1 {line}\ncontent-length: 0\nconnection: close\n\n"))
}

/// A body in gzip, of which the last bytes may be missing.
fn packed(bytes: &[u8], missing: usize) -> Vec<Act> {
    let packed = gzip(bytes);
    let sent = packed.len() - missing;
    let head = format!(
        "HTTP/1.1 200 OK\ncontent-type: application/json\ncontent-encoding: gzip\ncontent-length: {sent}\n\n"
    );
    vec![Work, send(&head), Bytes(packed[..sent].to_vec())]
}

pub fn kinds() -> Vec<Kind> {
    [before_the_work(), after_the_work(), odd_bodies(), odd_but_proper()].concat()
}

fn before_the_work() -> Vec<Kind> {
    let closed =
        Kind { name: "port closed", reads: Reads::Nothing, scripts: Vec::new(), told: Failed };
    let mut kinds = vec![
        closed,
        early("closed at once", Reads::Nothing, Unknown, vec![]),
        early("reset, nothing read", Reads::Nothing, Unknown, vec![PauseMs(300), Reset]),
        early("closed within the request", Reads::Head, Unknown, vec![]),
        early("reset within the request", Reads::Head, Unknown, vec![Reset]),
        early("silent, nothing read", Reads::Nothing, Unknown, vec![PauseMs(20_000)]),
        kind("silent, all read", Unknown, vec![Hold]),
        early(
            "413 before the body is read",
            Reads::Head,
            Failed,
            vec![status("413 Content Too Large"), PauseMs(200)],
        ),
        kind("declined", Declined, vec![status("402 Payment Required")]),
        kind(
            "redirects in a circle",
            Unknown,
            vec![send(
                "HTTP/1.1 302 Found\nlocation: /pay\ncontent-length: 0\nconnection: keep-alive\n\n",
            )],
        ),
    ];
    for (name, line, told) in [
        ("400", "400 Bad Request", Failed),
        ("401", "401 Unauthorized", Failed),
        ("403", "403 Forbidden", Failed),
        ("404", "404 Not Found", Failed),
        ("409, as of a payment still in progress", "409 Conflict", Unknown),
        ("422", "422 Unprocessable Content", Failed),
        ("429", "429 Too Many Requests\nretry-after: 1", Failed),
        ("500", "500 Internal Server Error", Unknown),
        ("502", "502 Bad Gateway", Unknown),
        ("503", "503 Service Unavailable\nretry-after: 1", Unknown),
        ("504", "504 Gateway Timeout", Unknown),
    ] {
        kinds.push(kind(name, told, vec![status(line)]));
    }
    kinds
}

fn after_the_work() -> Vec<Kind> {
    let head = "HTTP/1.1 200 OK\ncontent-type: application/json\n";
    let after = |name, told, acts: Vec<Act>| kind(name, told, [vec![Work], acts].concat());
    vec![
        after("closed without an answer", Unknown, vec![]),
        after("reset without an answer", Unknown, vec![Reset]),
        after("silent after the work", Unknown, vec![Hold]),
        after("half a status line", Unknown, vec![send("HTTP/1.1 2")]),
        after("half the headers", Unknown, vec![send("HTTP/1.1 200 OK\ncontent-ty")]),
        after(
            "stalls within the headers",
            Unknown,
            vec![send("HTTP/1.1 200 OK\ncontent-ty"), Hold],
        ),
        after(
            "stalls before the body",
            Unknown,
            vec![send(&format!("{head}content-length: {{len}}\n\n")), Hold],
        ),
        after(
            "body shorter than its length",
            Unknown,
            vec![send(&format!("{head}content-length: 900\n\n{{body}}"))],
        ),
        after(
            "reset within the body",
            Unknown,
            vec![send(&format!("{head}content-length: 900\n\n{{body}}")), PauseMs(50), Reset],
        ),
        after(
            "chunks without an end",
            Unknown,
            vec![send(&format!("{head}transfer-encoding: chunked\n\n5\nhello\n"))],
        ),
        after(
            "a chunk of no size",
            Unknown,
            vec![send(&format!("{head}transfer-encoding: chunked\n\nzz\n{{body}}\n0\n\n"))],
        ),
        after(
            "a chunk longer than its size",
            Unknown,
            vec![send(&format!("{head}transfer-encoding: chunked\n\n5\n{{body}}\n0\n\n"))],
        ),
        after(
            "not HTTP",
            Unknown,
            vec![Bytes(b"220 mail.example ESMTP ready for you\r\n".to_vec())],
        ),
        after("a body without a head", Unknown, vec![send("{body}")]),
        after("an alert of TLS", Unknown, vec![Bytes(vec![0x15, 3, 1, 0, 2, 2, 40, 0, 0, 0])]),
        after(
            "lengths that contradict",
            Unknown,
            vec![send(&format!("{head}content-length: 5\ncontent-length: 9\n\n{{body}}"))],
        ),
        after(
            "a head of a megabyte",
            Unknown,
            vec![send(&format!("{head}x-long: {}\n\n{{body}}", "a".repeat(1 << 20)))],
        ),
        after(
            "headers without an end",
            Unknown,
            vec![
                send(head),
                Forever(b"x-more: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
            ],
        ),
        after("500 after the work", Unknown, vec![status("500 Internal Server Error")]),
        after(
            "503 after the work",
            Unknown,
            vec![status("503 Service Unavailable\nretry-after: 1")],
        ),
        after(
            "504 page after the work",
            Unknown,
            vec![send(
                "HTTP/1.1 504 Gateway Timeout\ncontent-type: text/html\ncontent-length: 4\n\n<p>x",
            )],
        ),
        after(
            "sees another address that is closed",
            Unknown,
            vec![send(
                "HTTP/1.1 303 See Other\nlocation: http://127.0.0.1:1/thanks\ncontent-length: 0\n\n",
            )],
        ),
    ]
}

fn odd_bodies() -> Vec<Kind> {
    let head = "HTTP/1.1 200 OK\ncontent-type: application/json\n";
    let after = |name, acts: Vec<Act>| kind(name, Unknown, [vec![Work], acts].concat());
    vec![
        after(
            "a body over the limit",
            vec![send(&format!("{head}content-length: 90000000\n\n")), Forever(&[b'a'; 4096])],
        ),
        after("a body without an end", vec![send(&format!("{head}\n")), Forever(&[b'a'; 4096])]),
        after(
            "a body that drips",
            vec![
                send(&format!("{head}content-length: 900\n\n")),
                PauseMs(9_000),
                send("aaaa"),
                Hold,
            ],
        ),
        kind("gzip cut short", Unknown, packed(b"{\"status\":\"confirmed\"}", 9)),
        kind("gzip bomb", Unknown, packed(&vec![b' '; 64 << 20], 0)),
        after(
            "gzip that is none",
            vec![send(&format!(
                "{head}content-encoding: gzip\ncontent-length: {{len}}\n\n{{body}}"
            ))],
        ),
        after("an empty 200", vec![send(&format!("{head}content-length: 0\n\n"))]),
        after("204", vec![send("HTTP/1.1 204 No Content\n\n")]),
        after(
            "a page instead of JSON",
            vec![send(
                "HTTP/1.1 200 OK\ncontent-type: text/html\ncontent-length: 12\n\n<p>sorry</p>",
            )],
        ),
        after(
            "JSON cut within its length",
            vec![send(&format!("{head}content-length: 20\n\n{{body}}"))],
        ),
        after(
            "still pending",
            vec![send(&format!("{head}content-length: 20\n\n{{\"status\":\"pending\"}}"))],
        ),
        after("status 999", vec![send("HTTP/1.1 999 Denied\ncontent-length: 0\n\n")]),
    ]
}

fn odd_but_proper() -> Vec<Kind> {
    let head = "HTTP/1.1 200 OK\ncontent-type: application/json\n";
    let well = |name, acts: Vec<Act>| kind(name, Ok, [vec![Work], acts].concat());
    let many: String = (0..300).map(|place| format!("x-{place}: a\n")).collect();
    let early_hints = "HTTP/1.1 103 Early Hints\nlink: </a>\n\n".repeat(3);
    vec![
        well("as it should be", vec![send(ANSWER)]),
        well("late, and in time", vec![PauseMs(300), send(ANSWER)]),
        well("byte by byte", vec![Drip(ANSWER.replace('\n', "\r\n"))]),
        well("interim answers", vec![send(&format!("{early_hints}{ANSWER}"))]),
        well("bytes after the body", vec![send(&format!("{ANSWER}and more"))]),
        well(
            "until the end, HTTP/1.0",
            vec![send("HTTP/1.0 200 OK\ncontent-type: application/json\n\n{body}")],
        ),
        well("bare line feeds", vec![Act::Send(ANSWER.to_owned())]),
        well(
            "300 header lines",
            vec![send(&format!("{head}{many}content-length: {{len}}\n\n{{body}}"))],
        ),
        well(
            "the same length twice",
            vec![send(&format!(
                "{head}content-length: {{len}}\ncontent-length: {{len}}\n\n{{body}}"
            ))],
        ),
        well("a status line without a reason", vec![send(&ANSWER.replace(" OK", ""))]),
        well("201", vec![send(&ANSWER.replace("200 OK", "201 Created"))]),
    ]
}
