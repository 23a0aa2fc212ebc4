//! Our HTTP/1.1 against hyper's client, over answers drawn from seeds: what hyper reads is read alike, and what it refuses is refused or is one
//! of the leniencies that docs/fidelity.md lists.

use std::rc::Rc;
use std::time::Duration;

use ::http::{HeaderMap, Method};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Buffers, Http1, Stream};
use crate::shopper::transport::{Origin, WireRequest};

/// What a client read: status, header lines and body; none if it refused.
type Seen = Option<(u16, Vec<(String, Vec<u8>)>, Bytes)>;

/// Numbers from a seed (splitmix64).
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

/// A proper answer.
fn proper(draw: &mut Draw) -> Vec<u8> {
    let body: Vec<u8> = (0..draw.below(300)).map(|_| draw.below(256) as u8).collect();
    let interim = draw.pick(&["", "", "", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"]);
    let status = draw.pick(&["200 OK", "404 Not Found", "500 ", "201 Created", "302 Found"]);
    let mut answer = format!("{interim}HTTP/1.1 {status}\r\n").into_bytes();
    for _ in 0..draw.below(6) {
        let name = draw.pick(&["set-cookie", "X-A", "content-type", "X-B", "cache-control"]);
        let value =
            draw.pick(&["a=b; Path=/", "text/html; charset=utf-8", "", "\t x \t", "caf\u{e9}"]);
        answer.extend(format!("{name}:{}{value}\r\n", draw.pick(&["", " ", "  "])).bytes());
    }
    match draw.below(3) {
        0 => {
            answer.extend(format!("content-length: {}\r\n\r\n", body.len()).bytes());
            answer.extend(body);
        }
        1 => {
            answer.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
            for chunk in body.chunks(1 + draw.below(80)) {
                let extension = draw.pick(&["", ";a=b", " "]);
                answer.extend(format!("{:x}{extension}\r\n", chunk.len()).bytes());
                answer.extend_from_slice(chunk);
                answer.extend_from_slice(b"\r\n");
            }
            answer.extend(format!("0\r\n{}\r\n", draw.pick(&["", "x-trailer: 1\r\n"])).bytes());
        }
        _ => {
            answer.extend_from_slice(b"connection: close\r\n\r\n");
            answer.extend(body);
        }
    }
    answer
}

/// The same answer, as a broken or hostile shop would send it.
fn hostile(draw: &mut Draw) -> Vec<u8> {
    let mut answer = proper(draw);
    for _ in 0..1 + draw.below(3) {
        let head = answer.windows(4).rposition(|four| four == b"\r\n\r\n").map_or(20, |at| at + 4);
        let at = draw.below(head.min(answer.len()).max(1));
        match draw.below(7) {
            0 => drop(answer.drain(at..(at + 1).min(answer.len()))),
            1 => answer.insert(at, draw.below(256) as u8),
            2 => answer[at] = draw.below(256) as u8,
            3 => answer.truncate(draw.below(answer.len()).max(1)),
            4 => {
                let line = draw.pick(&[
                    "content-length: 5\r\n",
                    "Content-Length: 7\r\n",
                    "transfer-encoding: identity\r\n",
                    "transfer-encoding: gzip, chunked\r\n",
                    " folded\r\n",
                    "no colon\r\n",
                    "bad name: x\r\n",
                    "\r\n",
                    "connection: keep-alive\r\n",
                ]);
                let begin = answer.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                drop(answer.splice(begin..begin, line.bytes()));
            }
            5 => {
                if let Some(at) = answer.windows(2).position(|two| two == b"\r\n") {
                    answer.remove(at);
                }
            }
            _ => {
                let line = draw.pick(&[
                    "HTTP/1.0 200 OK",
                    "HTTP/1.1 204 No",
                    "HTTP/1.1 304 x",
                    "HTTP/2 200",
                    "ICY 200 OK",
                    "HTTP/1.1 99 x",
                    "HTTP/1.1 200",
                ]);
                let end = answer.iter().position(|byte| *byte == b'\r').unwrap_or(0);
                drop(answer.splice(..end, line.bytes()));
            }
        }
        if answer.is_empty() {
            answer.push(b'x');
        }
    }
    answer
}

/// Sends an answer in two pieces to whoever asks, and closes.
async fn serve(listener: TcpListener, answer: Vec<u8>, cut: usize) {
    for _ in 0..2 {
        let Ok((mut stream, _)) = listener.accept().await else { return };
        let mut request = [0; 512];
        let _ = stream.read(&mut request).await;
        let (first, second) = answer.split_at(cut);
        let _ = stream.write_all(first).await;
        tokio::task::yield_now().await;
        let _ = stream.write_all(second).await;
        let _ = stream.shutdown().await;
        // Who still reads is not cut off by what it wrote meanwhile.
        let _ = tokio::time::timeout(Duration::from_millis(200), stream.read(&mut request)).await;
    }
}

fn lines(headers: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    let mut lines: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect();
    lines.sort();
    lines
}

async fn by_hyper(stream: TcpStream) -> Seen {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    let driven = tokio::task::spawn_local(connection);
    let request = ::http::Request::get("/").header("host", "shop").body(Empty::<Bytes>::new());
    let response = sender.send_request(request.ok()?).await.ok()?;
    let (head, body) = response.into_parts();
    let body = body.collect().await.ok()?.to_bytes();
    driven.abort();
    Some((head.status.as_u16(), lines(&head.headers), body))
}

async fn by_ours(stream: TcpStream) -> Seen {
    let buffers = Buffers::default();
    let mut http1 = Http1::new(Stream::from(stream), "shop".to_owned());
    let request = WireRequest {
        origin: Rc::new(Origin { tls: false, host: "shop".to_owned(), port: 80 }),
        method: Method::GET,
        path: "/".to_owned(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
    };
    let head = http1.send(&request, &buffers).await.ok()?;
    let read = http1.body(&Method::GET, &head, 1 << 20, &mut 0, &buffers).await;
    let (body, _) = read.ok()?;
    Some((head.status.as_u16(), lines(&head.headers), body))
}

async fn both(answer: &[u8], cut: usize) -> (Seen, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shop = tokio::task::spawn_local(serve(listener, answer.to_vec(), cut));
    let bound = Duration::from_secs(5);
    let stream = TcpStream::connect(address).await.unwrap();
    let hyper = tokio::time::timeout(bound, by_hyper(stream)).await.expect("hyper ends");
    let stream = TcpStream::connect(address).await.unwrap();
    let ours = tokio::time::timeout(bound, by_ours(stream)).await.expect("ours ends");
    shop.abort();
    (hyper, ours)
}

fn on_one_core(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}

#[test]
fn proper_answers_are_read_as_hyper_reads_them() {
    on_one_core(async {
        for seed in 0..300 {
            let mut draw = Draw(seed);
            let answer = proper(&mut draw);
            let (hyper, ours) = both(&answer, draw.below(answer.len())).await;
            assert!(hyper.is_some(), "seed {seed}: {}", answer.escape_ascii());
            assert_eq!(ours, hyper, "seed {seed}: {}", answer.escape_ascii());
        }
    });
}

#[test]
fn what_hyper_reads_of_broken_answers_is_read_alike() {
    on_one_core(async {
        let (mut read, mut refused, mut lenient, mut differing) = (0, 0, 0, Vec::new());
        for seed in 0..1_000 {
            let mut draw = Draw(seed);
            let answer = hostile(&mut draw);
            let (hyper, ours) = both(&answer, draw.below(answer.len())).await;
            match (&hyper, &ours) {
                (None, None) => refused += 1,
                (None, Some(_)) => lenient += 1,
                (Some((_, headers, _)), _) => {
                    read += 1;
                    if ours != hyper && !reads_otherwise(headers) {
                        differing.push(format!(
                            "seed {seed}: {}\nhyper {hyper:?}\nours {ours:?}",
                            answer.escape_ascii()
                        ));
                    }
                }
            }
        }
        assert!(differing.is_empty(), "{} differ\n{}", differing.len(), differing.join("\n\n"));
        // Each kind came up.
        assert!(read > 100 && refused > 100 && lenient > 20, "{read} {refused} {lenient}");
    });
}

/// Whether Chromium reads such an answer otherwise than hyper: it passes over a transfer coding that it does not know, and goes by the
/// length; and it refuses two lengths that differ, even where no body follows.
fn reads_otherwise(headers: &[(String, Vec<u8>)]) -> bool {
    let values =
        |wanted| headers.iter().filter(move |(name, _)| name == wanted).map(|(_, value)| value);
    let lengths: Vec<_> = values("content-length").collect();
    values("transfer-encoding").any(|coding| !coding.eq_ignore_ascii_case(b"chunked"))
        || lengths.windows(2).any(|two| two[0] != two[1])
}
