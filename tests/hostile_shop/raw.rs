//! A shop that does on the wire what a test says, and a shopper's connections to it.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use tillrush::base::{Micros, ShopperId};
use tillrush::shopper::transport::{
    Clock, Exchange, HttpConnections, HttpOptions, HttpTransport, Origin, ShopperConnections,
    Transport, WireRequest,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;
use tokio::time::Instant;

/// Time since the test began.
#[derive(Clone, Copy, Debug)]
pub struct TestClock(Instant);

/// A shop made of raw TCP.
#[derive(Clone, Debug)]
pub struct RawShop {
    pub address: SocketAddr,
    /// Connections accepted.
    pub accepted: Rc<Cell<usize>>,
    /// Connections whose script has ended.
    pub ended: Rc<Cell<usize>>,
    /// What was received, request by request.
    pub requests: Rc<RefCell<Vec<String>>>,
}

/// One accepted connection.
pub struct Peer {
    pub stream: TcpStream,
    /// Which of the shop's connections this is, from 1.
    pub number: usize,
    requests: Rc<RefCell<Vec<String>>>,
}

/// Runs a test on one core, as shoppers run; a test that hangs fails.
pub fn on_core<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let bounded = async {
        tokio::time::timeout(Duration::from_secs(30), test).await.expect("the test hangs")
    };
    LocalSet::new().block_on(&runtime, bounded)
}

/// Waits until something holds that other tasks bring about.
pub async fn eventually(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..5_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("it never came about that {what}");
}

pub fn shop(options: HttpOptions) -> HttpTransport<TestClock> {
    HttpTransport::try_new(options, TestClock::new()).unwrap()
}

pub fn connections() -> HttpConnections<TestClock> {
    shop(HttpOptions::default()).connections(ShopperId(1))
}

pub fn request(
    method: Method,
    address: SocketAddr,
    path: &str,
    body: impl Into<Bytes>,
) -> WireRequest {
    let origin =
        Rc::new(Origin { tls: false, host: address.ip().to_string(), port: address.port() });
    WireRequest {
        origin,
        method,
        path: path.to_owned(),
        headers: HeaderMap::new(),
        body: body.into(),
    }
}

/// A GET with all the patience that a test has.
pub async fn get(
    connections: &mut impl ShopperConnections,
    shop: &RawShop,
    path: &str,
) -> Exchange {
    connections.exchange(&request(Method::GET, shop.address, path, ""), Micros::from_secs(20)).await
}

/// An answer with a body of stated length.
pub fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

// === impl TestClock ===

impl TestClock {
    pub fn new() -> TestClock {
        TestClock(Instant::now())
    }
}

impl Clock for TestClock {
    fn now(&self) -> Micros {
        self.0.elapsed().into()
    }

    async fn sleep_until(&self, moment: Micros) {
        tokio::time::sleep_until(self.0 + Duration::from(moment)).await;
    }
}

// === impl RawShop ===

impl RawShop {
    /// Serves each connection by this script. A connection closes when its script ends.
    pub async fn start<S, F>(script: S) -> RawShop
    where
        S: Fn(Peer) -> F + 'static,
        F: Future<Output = ()> + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shop = RawShop {
            address: listener.local_addr().unwrap(),
            accepted: Rc::default(),
            ended: Rc::default(),
            requests: Rc::default(),
        };
        let served = shop.clone();
        tokio::task::spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                served.accepted.set(served.accepted.get() + 1);
                let script = script(Peer {
                    stream,
                    number: served.accepted.get(),
                    requests: served.requests.clone(),
                });
                let ended = served.ended.clone();
                tokio::task::spawn_local(async move {
                    script.await;
                    ended.set(ended.get() + 1);
                });
            }
        });
        shop
    }

    /// Answers every connection's first request with these bytes, then closes.
    pub async fn answering(answer: impl Into<Vec<u8>>) -> RawShop {
        let answer: Rc<[u8]> = answer.into().into();
        RawShop::start(move |mut peer| {
            let answer = answer.clone();
            async move {
                peer.request().await;
                peer.send(&*answer).await;
            }
        })
        .await
    }

    pub fn received(&self) -> usize {
        self.requests.borrow().len()
    }
}

// === impl Peer ===

impl Peer {
    /// The next request, head and body; none when the other side has closed.
    pub async fn request(&mut self) -> Option<String> {
        let mut text = Vec::new();
        let head = loop {
            match text.windows(4).position(|end| end == b"\r\n\r\n") {
                Some(end) => break end + 4,
                None if self.stream.read_buf(&mut text).await.unwrap_or(0) == 0 => return None,
                None => {}
            }
        };
        let lines = String::from_utf8_lossy(&text[..head]).to_lowercase();
        let stated = lines
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        while text.len() < head + stated {
            if self.stream.read_buf(&mut text).await.unwrap_or(0) == 0 {
                return None;
            }
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        self.requests.borrow_mut().push(text.clone());
        Some(text)
    }

    /// Whether all of it could be sent.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Breaks the connection with a reset.
    pub fn reset(self) {
        self.stream.set_zero_linger().unwrap();
    }

    /// Waits until the other side closes.
    pub async fn hang(&mut self) {
        let mut ignored = [0; 4_096];
        while self.stream.read(&mut ignored).await.unwrap_or(0) > 0 {}
    }
}
