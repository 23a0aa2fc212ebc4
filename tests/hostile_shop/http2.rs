//! Shops that take an HTTP/2 request back: what surely was not processed is sent again, once.

use std::cell::RefCell;
use std::rc::Rc;

use http::{HeaderMap, Method};
use tillrush::base::{Micros, ShopperId};
use tillrush::shopper::transport::{
    Exchange, HttpOptions, Origin, ShopperConnections, Transport, TransportError, WireRequest,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::server::TlsStream;

use super::raw::{on_core, shop};
use super::secure::signed_certificate;

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM_AND_HEADERS: u8 = 5;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The frame by which a shop takes a request back.
fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &code.to_be_bytes())
}

fn goaway(last: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last.to_be_bytes(), 0u32.to_be_bytes()].concat())
}

/// Reads frames up to the next request; its stream.
async fn next_request(stream: &mut TlsStream<TcpStream>) -> Option<u32> {
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        stream.read_exact(&mut vec![0; length]).await.ok()?;
        if head[3] == HEADERS {
            return Some(u32::from_be_bytes([head[5], head[6], head[7], head[8]]));
        }
    }
}

/// One request to a shop that answers the requests of its first connection by `refuse`, and all others well. Beside the exchange:
/// the protocol of each connection on which a request came.
async fn refused_once(method: Method, refuse: fn(u32) -> Vec<u8>) -> (Exchange, Vec<String>) {
    let (acceptor, authority) = signed_certificate(&["h2", "http/1.1"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let requests = seen.clone();
    tokio::task::spawn_local(async move {
        for number in 0.. {
            let (tcp, _) = listener.accept().await.unwrap();
            let mut stream = acceptor.accept(tcp).await.unwrap();
            if stream.get_ref().1.alpn_protocol() == Some(b"http/1.1") {
                let _ = stream.read(&mut [0; 4_096]).await;
                requests.borrow_mut().push("http/1.1".to_owned());
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
                continue;
            }
            stream.read_exact(&mut [0; 24]).await.unwrap();
            stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
            let Some(id) = next_request(&mut stream).await else { continue };
            requests.borrow_mut().push("h2".to_owned());
            // 0x88 is `:status: 200` in HPACK's static table.
            let answer = frame(HEADERS, END_STREAM_AND_HEADERS, id, &[0x88]);
            let reply = if number == 0 { refuse(id) } else { answer };
            stream.write_all(&reply).await.unwrap();
            stream.flush().await.unwrap();
            if number > 0 {
                while next_request(&mut stream).await.is_some() {}
            }
        }
    });
    let options =
        HttpOptions { extra_roots: Some(authority.path().to_owned()), ..HttpOptions::default() };
    let origin = Rc::new(Origin { tls: true, host: "localhost".to_owned(), port });
    let (headers, body) = (HeaderMap::new(), "a=b".into());
    let request = WireRequest { origin, method, path: "/pay".to_owned(), headers, body };
    let exchange =
        shop(options).connections(ShopperId(1)).exchange(&request, Micros::from_secs(20)).await;
    let seen = seen.borrow().clone();
    (exchange, seen)
}

#[test]
fn a_payment_that_surely_was_not_processed_is_sent_again_once() {
    on_core(async {
        const REFUSED_STREAM: u32 = 7;
        for refuse in [|_| goaway(0), |id| reset(id, REFUSED_STREAM)] {
            let (exchange, seen) = refused_once(Method::POST, refuse).await;
            assert_eq!(exchange.result.unwrap().status, 200);
            assert_eq!((exchange.redials, exchange.connections, seen.len()), (1, 2, 2));
        }
    });
}

#[test]
fn a_shop_that_wants_http_1_1_gets_it() {
    on_core(async {
        const HTTP_1_1_REQUIRED: u32 = 13;
        let (exchange, seen) = refused_once(Method::POST, |id| reset(id, HTTP_1_1_REQUIRED)).await;
        assert_eq!(exchange.result.unwrap().status, 200);
        assert_eq!(seen, ["h2", "http/1.1"]);
    });
}

#[test]
fn a_payment_that_may_have_been_processed_is_not_sent_again() {
    on_core(async {
        const INTERNAL_ERROR: u32 = 2;
        const CANCEL: u32 = 8;
        for refuse in [|id| reset(id, INTERNAL_ERROR), |id| reset(id, CANCEL), goaway] {
            let (exchange, seen) = refused_once(Method::POST, refuse).await;
            assert!(
                matches!(exchange.result, Err(TransportError::Broken(_))),
                "{:?}",
                exchange.result
            );
            assert_eq!((exchange.redials, seen.len()), (0, 1));
        }
    });
}
