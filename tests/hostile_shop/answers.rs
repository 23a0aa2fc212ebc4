//! Answers that are cut, garbled, oversized or odd.

use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode, Version};
use tillrush::base::{Micros, ShopperId};
use tillrush::shopper::transport::{HttpOptions, ShopperConnections, Transport, TransportError};
use tokio::io::AsyncReadExt;

use super::raw::{RawShop, connections, get, ok, on_core, request, shop};

async fn result_of(answer: impl Into<Vec<u8>>) -> Result<Bytes, TransportError> {
    let shop = RawShop::answering(answer).await;
    get(&mut connections(), &shop, "/").await.result.map(|answer| answer.body)
}

#[test]
fn a_plain_answer_is_read_and_timed() {
    on_core(async {
        let shop = RawShop::answering(ok("hello")).await;
        let exchange = get(&mut connections(), &shop, "/cart?a=b").await;
        let answer = exchange.result.unwrap();
        assert_eq!(
            (answer.status, answer.version, &*answer.body),
            (StatusCode::OK, Version::HTTP_11, &b"hello"[..])
        );
        assert_eq!((exchange.connections, exchange.redials, exchange.bytes_received), (1, 0, 5));
        let phases = exchange.phases;
        assert!(phases.dns.is_none() && phases.tls.is_none(), "{phases:?}");
        let parts = phases.connect.unwrap() + phases.wait.unwrap() + phases.receive.unwrap();
        assert!(parts <= exchange.ended_at - exchange.began_at);
        assert!(
            exchange.began_at <= exchange.sent_at.unwrap()
                && exchange.sent_at.unwrap() <= exchange.ended_at
        );
    });
}

#[test]
fn requests_are_written_as_shops_expect_them() {
    on_core(async {
        let shop = RawShop::answering(ok("")).await;
        let host = shop.address.to_string();
        let mut form = request(Method::POST, shop.address, "/pay", "a=1&b=2");
        form.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        form.headers.insert("content-length", HeaderValue::from_static("999"));
        let empty = request(Method::POST, shop.address, "/empty", "");
        for request in [request(Method::GET, shop.address, "/?q=%20|", ""), form, empty] {
            connections().exchange(&request, Micros::MAX).await.result.unwrap();
        }
        let received = shop.requests.borrow();
        assert_eq!(
            received[0],
            format!("GET /?q=%20| HTTP/1.1\r\nHost: {host}\r\nConnection: keep-alive\r\n\r\n")
        );
        assert!(
            received[1].starts_with("POST /pay HTTP/1.1\r\n")
                && received[1].ends_with("\r\n\r\na=1&b=2"),
            "{}",
            received[1]
        );
        assert!(
            received[1].contains("Content-Length: 7\r\n") && !received[1].contains("999"),
            "{}",
            received[1]
        );
        assert!(received[2].contains("Content-Length: 0\r\n"), "{}", received[2]);
    });
}

#[test]
fn a_connection_that_breaks_is_broken() {
    on_core(async {
        let before_the_head = RawShop::start(|mut peer| async move {
            peer.request().await;
            peer.reset();
        });
        let within_the_body = RawShop::start(|mut peer| async move {
            peer.request().await;
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
            peer.reset();
        });
        for shop in [before_the_head.await, within_the_body.await] {
            let exchange = get(&mut connections(), &shop, "/").await;
            assert!(
                matches!(exchange.result, Err(TransportError::Broken(_))),
                "{:?}",
                exchange.result
            );
            assert!(exchange.sent_at.is_some());
            assert_eq!(shop.received(), 1);
        }
        for cut in [
            "",
            "HTTP/1.1 200 O",
            "HTTP/1.1 200 OK\r\ncontent-le",
            "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nf\r\nhalf",
        ] {
            let result = result_of(cut).await;
            assert!(matches!(result, Err(TransportError::Broken(_))), "{cut:?} {result:?}");
        }
    });
}

#[test]
fn what_is_not_http_is_not_proper() {
    on_core(async {
        for garbage in [
            "SSH-2.0-OpenSSH_9.2\r\n\r\n",
            "\0\x01\x02\x03 garbage \r\n\r\n",
            "HTTP/1.1 9999 What\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a size\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nlonger than four\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 8\r\n\r\nnot gzip",
        ] {
            let result = result_of(garbage).await;
            assert!(matches!(result, Err(TransportError::Protocol(_))), "{garbage:?} {result:?}");
        }
    });
}

#[test]
fn hundreds_of_header_lines_are_read() {
    on_core(async {
        for count in [60, 70, 130, 3_000] {
            let lines: String = (0..count).map(|n| format!("Link: </a{n}.js>\r\n")).collect();
            let answer = format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 2\r\n\r\nok");
            let shop = RawShop::answering(answer).await;
            let answer = get(&mut connections(), &shop, "/").await.result.unwrap();
            assert_eq!(answer.headers.get_all("link").iter().count(), count);
            assert_eq!(
                answer.headers.get_all("link").iter().next_back().unwrap(),
                &format!("</a{}.js>", count - 1)
            );
        }
    });
}

#[test]
fn a_shop_may_answer_before_it_has_read_the_whole_request() {
    on_core(async {
        let early = RawShop::start(|mut peer| async move {
            let mut head = [0; 64];
            peer.stream.read_exact(&mut head).await.unwrap();
            peer.send(
                "HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 3\r\n\r\nbig",
            )
            .await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        });
        let early = early.await;
        let upload = request(Method::POST, early.address, "/up", vec![b'x'; 20 << 20]);
        let exchange = connections().exchange(&upload, Micros::from_secs(20)).await;
        assert_eq!(exchange.result.unwrap().status, StatusCode::PAYLOAD_TOO_LARGE);
    });
}

#[test]
fn a_large_upload_arrives_whole_and_its_connection_is_kept() {
    on_core(async {
        let shop_end = RawShop::start(|mut peer| async move {
            while let Some(request) = peer.request().await {
                peer.send(ok(&request.len().to_string())).await;
            }
        })
        .await;
        let mut connections = connections();
        let upload = request(Method::POST, shop_end.address, "/up", vec![b'x'; 3 << 20]);
        for _ in 0..2 {
            let exchange = connections.exchange(&upload, Micros::from_secs(20)).await;
            let received = String::from_utf8(exchange.result.unwrap().body.to_vec()).unwrap();
            assert!(received.parse::<usize>().unwrap() > 3 << 20, "{received}");
        }
        assert_eq!(shop_end.accepted.get(), 1);
    });
}

#[test]
fn a_header_of_a_megabyte_is_refused() {
    on_core(async {
        let answer = format!(
            "HTTP/1.1 200 OK\r\nx-long: {}\r\ncontent-length: 0\r\n\r\n",
            "x".repeat(1 << 20)
        );
        assert!(matches!(result_of(answer).await, Err(TransportError::Protocol(_))));
    });
}

#[test]
fn a_body_of_a_hundred_megabytes_is_refused_before_it_is_read() {
    on_core(async {
        const STATED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n";
        const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        const ENDLESS: &str = "HTTP/1.0 200 OK\r\n\r\n";
        let bound = 1 << 20;
        for head in [STATED, CHUNKED, ENDLESS] {
            let flood = RawShop::start(move |mut peer| async move {
                peer.request().await;
                peer.send(head).await;
                let piece = "x".repeat(1 << 16);
                let piece = if head == CHUNKED { format!("10000\r\n{piece}\r\n") } else { piece };
                let mut sent = 0u64;
                while sent < 100 << 20 && peer.send(&piece).await {
                    sent += 1 << 16;
                }
                assert!(sent < 32 << 20, "{sent} bytes were taken");
            })
            .await;
            let mut connections = shop(HttpOptions { max_body: bound, ..HttpOptions::default() })
                .connections(ShopperId(1));
            let exchange = get(&mut connections, &flood, "/").await;
            assert_eq!(exchange.result, Err(TransportError::BodyTooLarge(bound)), "{head:?}");
            assert!(exchange.bytes_received < 2 * bound, "{}", exchange.bytes_received);
            super::raw::eventually("the flood is cut", || flood.ended.get() == 1).await;
        }
    });
}

#[test]
fn a_decompression_bomb_is_refused() {
    on_core(async {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        for _ in 0..20 {
            encoder.write_all(&vec![0; 1 << 20]).unwrap();
        }
        let bomb = encoder.finish().unwrap();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            bomb.len()
        );
        assert!(bomb.len() < 1 << 18, "{}", bomb.len());
        let shop_end = RawShop::answering([head.as_bytes(), &bomb].concat()).await;
        let options = HttpOptions { max_body: 16 << 20, ..HttpOptions::default() };
        let mut connections = shop(options).connections(ShopperId(1));
        let result = get(&mut connections, &shop_end, "/").await.result;
        assert_eq!(result.err(), Some(TransportError::BodyTooLarge(16 << 20)));
    });
}

#[test]
fn an_encoded_body_is_counted_as_sent_and_handed_on_decoded() {
    on_core(async {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&b"page ".repeat(1_000)).unwrap();
        let small = encoder.finish().unwrap();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            small.len()
        );
        let shop = RawShop::answering([head.as_bytes(), &small].concat()).await;
        let exchange = get(&mut connections(), &shop, "/").await;
        assert_eq!(exchange.bytes_received, small.len() as u64);
        assert_eq!(exchange.result.unwrap().body, b"page ".repeat(1_000));
    });
}

#[test]
fn odd_but_proper_answers_are_read() {
    on_core(async {
        for (answer, body) in [
            ("HTTP/1.0 200 OK\r\n\r\nuntil the end", "until the end"),
            ("HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nx-trailer: 1\r\n\r\n",
                "abcde",
            ),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
                "ok",
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nno colon here\r\nx-space : 1\r\n\r\nok",
                "ok",
            ),
            ("HTTP/1.1 200 OK\r\ncontent-length: ten\r\n\r\nuntil the end", "until the end"),
            ("HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nok", "ok"),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\ncontent-length: 2\r\n\r\nok", "ok"),
            ("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\nuntil the end", "until the end"),
            ("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "ok"),
            ("\r\nHTTP/1.1   200\r\ncontent-length: 2\r\n\r\nok", "ok"),
            ("http/1.1 200 fine\r\ncontent-length: 2\r\n\r\nok", "ok"),
            ("HTTP 200 fine\r\n\r\nok", "ok"),
            ("xyzHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "ok"),
            (
                "HTTP/1.1 200 OK\r\nx-folded: a\r\n  b\r\nx a: 1\r\n: 1\r\nx: \x01\r\ncontent-length: 2\r\n\r\nok",
                "ok",
            ),
            ("HTTP/1.1 205 Reset Content\r\ncontent-length: 5\r\n\r\n", ""),
            ("HTTP/1.1 204 No Content\r\n\r\n", ""),
            ("HTTP/1.1 304 Not Modified\r\ncontent-length: 100\r\n\r\n", ""),
        ] {
            assert_eq!(result_of(answer).await.as_deref(), Ok(body.as_bytes()), "{answer}");
        }
        let shop = RawShop::answering(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 100\r\n\r\n",
        )
        .await;
        let answer = connections()
            .exchange(&request(Method::HEAD, shop.address, "/", ""), Micros::MAX)
            .await
            .result
            .unwrap();
        assert!(answer.body.is_empty());
    });
}

#[test]
fn connections_spread_over_the_source_addresses_in_turn() {
    on_core(async {
        let shop_end = RawShop::start(|mut peer| async move {
            let from = peer.stream.peer_addr().unwrap().ip().to_string();
            peer.request().await;
            peer.send(ok(&from)).await;
        })
        .await;
        let sources = vec![
            "127.0.0.2".parse().unwrap(),
            "::1".parse().unwrap(),
            "127.0.0.3".parse().unwrap(),
        ];
        let shop = shop(HttpOptions { sources, ..HttpOptions::default() });
        let mut seen = Vec::new();
        for shopper in 0..4 {
            let exchange = get(&mut shop.connections(ShopperId(shopper)), &shop_end, "/").await;
            seen.push(String::from_utf8(exchange.result.unwrap().body.to_vec()).unwrap());
        }
        assert_eq!(seen, ["127.0.0.2", "127.0.0.3", "127.0.0.2", "127.0.0.3"]);
    });
}

#[test]
fn chunks_end_as_chromium_has_them() {
    on_core(async {
        for (chunks, expected) in [
            ("5\nhello\r\n0\r\n\r\n", Some("hello")),
            ("5 ;a=\"b;c\"\r\nhello\r\n000 \r\n\r\n", Some("hello")),
            ("5\r\nhello\r\n0\r\nX: 1\nno colon\r\n\r\n", Some("hello")),
            ("5\t\r\nhello\r\n0\r\n\r\n", None),
            ("5\r\nhello\n0\n\n", Some("hello")),
            ("5\r\nhellox\r\n0\r\n\r\n", None),
            ("5\r\nhello\r\n-0\r\n\r\n", None),
        ] {
            let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            let read = result_of(format!("{head}{chunks}")).await;
            assert_eq!(read.as_deref().ok(), expected.map(str::as_bytes), "{chunks:?} {read:?}");
        }
    });
}

#[test]
fn only_a_version_of_1_1_at_least_has_chunks() {
    on_core(async {
        let chunks = "5\r\nhello\r\n0\r\n\r\n";
        for (version, has_chunks) in [
            ("/1.1", true),
            ("/2.0", true),
            ("/1.2", true),
            ("/2", false),
            ("/1.0", false),
            ("/0.9", false),
            ("", false),
        ] {
            let answer =
                format!("HTTP{version} 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}");
            let expected = if has_chunks { "hello" } else { chunks };
            assert_eq!(result_of(answer).await.unwrap(), expected, "{version}");
        }
    });
}

#[test]
fn headers_that_contradict_each_other_are_refused_as_in_chromium() {
    on_core(async {
        for (head, is_read) in [
            ("200 OK\r\nlocation: /a\r\nlocation: /b\r\ncontent-length: 0", false),
            ("200 OK\r\nlocation: /a\r\nlocation: /a\r\ncontent-length: 0", true),
            (
                "200 OK\r\ncontent-disposition: inline\r\ncontent-disposition: attachment\r\ncontent-length: 0",
                false,
            ),
            ("200 OK\r\nset-cookie: a\r\nset-cookie: b\r\ncontent-length: 0", true),
            ("204 No Content\r\ncontent-length: 0\r\ncontent-length: 1", false),
            ("304 Not Modified\r\ncontent-length: 0\r\ncontent-length: 1", false),
            ("205 Reset\r\ncontent-length: 0,", false),
            ("205 Reset\r\ncontent-length: 9", true),
            ("200 OK\r\ncontent-length: ,0", false),
            ("200 OK\r\ncontent-encoding: *\r\ncontent-length: 0", false),
        ] {
            let read = result_of(format!("HTTP/1.1 {head}\r\n\r\n")).await;
            assert_eq!(read.is_ok(), is_read, "{head:?} {read:?}");
        }
    });
}
