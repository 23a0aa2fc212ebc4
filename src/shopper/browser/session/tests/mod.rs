//! A session against a line that answers from a table, and keeps what it was asked.

mod headers;
mod redirects;
mod sites;

use super::*;
use crate::plan::Device;
use crate::shopper::browser::address::location_of;
use crate::shopper::browser::allowed_hosts::AllowedHosts;
use crate::shopper::browser::device::AGENT;
use crate::shopper::browser::fetch::{FetchError, RedirectHop};
use crate::shopper::browser::request_headers::RequestKind;
use crate::shopper::transport::{Exchange, WireRequest, WireResponse};
use crate::tally::Phases;
use http::{Method, StatusCode, Version, header};
use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Answers each address (`METHOD http://host/path`) with a status and headers; 200 without headers where none is known.
#[derive(Default)]
struct FakeConnections {
    table: Vec<Row>,
    asked: Rc<RefCell<Vec<WireRequest>>>,
    give_ups: Rc<RefCell<Vec<Micros>>>,
}

type Row = (&'static str, u16, Vec<(HeaderName, &'static str)>);

struct HoldsBack(Micros);

impl FetchWatcher for Vec<RedirectHop> {
    fn exchange_done(&mut self, _: &WireRequest, _: &Exchange, hop: RedirectHop) {
        self.push(hop);
    }
}

impl ShopperConnections for FakeConnections {
    fn now(&self) -> Micros {
        Micros(10 * (1 + self.asked.borrow().len() as u64))
    }

    fn sibling(&self) -> FakeConnections {
        FakeConnections {
            table: self.table.clone(),
            asked: self.asked.clone(),
            give_ups: self.give_ups.clone(),
        }
    }

    async fn exchange(&mut self, request: &WireRequest, give_up_at: Micros) -> Exchange {
        let now = Micros(10 * (1 + self.asked.borrow().len() as u64));
        self.asked.borrow_mut().push(request.clone());
        self.give_ups.borrow_mut().push(give_up_at);
        let asked = address_of(request);
        let (_, status, headers) = self
            .table
            .iter()
            .find(|(known, ..)| *known == asked)
            .cloned()
            .unwrap_or(("", 200, Vec::new()));
        let headers = headers
            .into_iter()
            .map(|(name, value)| (name, HeaderValue::from_bytes(value.as_bytes()).unwrap()))
            .collect();
        let answer = WireResponse {
            status: StatusCode::from_u16(status).unwrap(),
            version: Version::HTTP_11,
            headers,
            body: Bytes::new(),
        };
        Exchange {
            began_at: now,
            sent_at: Some(now + Micros(1)),
            ended_at: now + Micros(2),
            phases: Phases::default(),
            connections: 0,
            redials: 0,
            resumed: false,
            bytes_received: 0,
            result: Ok(answer),
        }
    }
}

impl RequestGate for HoldsBack {
    async fn pass(&self, _origin: &Origin) -> Option<Micros> {
        Some(self.0)
    }
}

fn address_of(request: &WireRequest) -> String {
    let scheme = if request.origin.tls { "https" } else { "http" };
    format!("{} {scheme}://{}{}", request.method, request.origin.authority(), request.path)
}

fn session(line: FakeConnections) -> BrowserSession<FakeConnections> {
    let mut settings = SessionSettings::new(Url::parse("https://shop.example").unwrap());
    settings.allowed = AllowedHosts::new(["shop.example", "pay.example"]);
    BrowserSession::new(line, Rc::new(settings))
}

/// Nothing here ever waits.
fn now<F: Future>(future: F) -> F::Output {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the fake line never waits"),
    }
}

fn fetch_as(
    session: &mut BrowserSession<FakeConnections>,
    kind: RequestKind,
    method: Method,
    url: &str,
    headers: &[(HeaderName, &'static str)],
) -> FetchOutcome {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
        .collect();
    let body = if method == Method::POST { Bytes::from_static(b"a=1") } else { Bytes::new() };
    now(session.fetch(
        PageRequest { method, url: url.into(), is_link: false, kind, headers, body },
        Micros(1_000),
        &mut (),
    ))
}

fn fetch_with<G: RequestGate>(
    session: &mut BrowserSession<FakeConnections, G>,
    method: Method,
    url: &str,
    headers: &[(HeaderName, &'static str)],
) -> FetchOutcome {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
        .collect();
    let body = if method == Method::GET { Bytes::new() } else { Bytes::from_static(b"body") };
    now(session.fetch(
        PageRequest {
            method,
            url: url.into(),
            is_link: false,
            kind: RequestKind::App,
            headers,
            body,
        },
        Micros(1_000),
        &mut (),
    ))
}

fn get(session: &mut BrowserSession<FakeConnections>, url: &str) -> FetchOutcome {
    fetch_with(session, Method::GET, url, &[])
}

fn redirecting(
    table: &[(&'static str, u16, &'static str)],
) -> (BrowserSession<FakeConnections>, Rc<RefCell<Vec<WireRequest>>>) {
    let table = table
        .iter()
        .map(|&(from, status, to)| (from, status, vec![(header::LOCATION, to)]))
        .collect();
    let line = FakeConnections { table, ..FakeConnections::default() };
    let asked = line.asked.clone();
    (session(line), asked)
}

fn header_of(request: &WireRequest, name: HeaderName) -> Option<&str> {
    request.headers.get(name).map(|value| value.to_str().unwrap())
}

#[test]
fn a_shop_may_have_its_browser_forget_and_an_app_forgets_nothing() {
    let clear = || HeaderName::from_static("clear-site-data");
    let sent = |kind: RequestKind, said: &'static str, scheme: &str| {
        let set = || (header::SET_COOKIE, "a=1; Path=/");
        let line = FakeConnections {
            table: vec![
                ("GET https://shop.example/in", 200, vec![set()]),
                ("GET http://shop.example/in", 200, vec![set()]),
                ("GET https://shop.example/out", 200, vec![(clear(), said)]),
                ("GET http://shop.example/out", 200, vec![(clear(), said)]),
            ],
            ..FakeConnections::default()
        };
        let asked = line.asked.clone();
        let mut session = session(line);
        for path in ["in", "out", "next"] {
            let url = format!("{scheme}://shop.example/{path}");
            fetch_as(&mut session, kind, Method::GET, &url, &[]);
        }
        asked.borrow().last().unwrap().headers.contains_key(header::COOKIE)
    };
    let browser = RequestKind::Navigation;
    assert!(!sent(browser, "\"cookies\"", "https"));
    assert!(!sent(browser, "\"cache\", \"*\"", "https"));
    assert!(sent(browser, "\"cache\", \"storage\"", "https"));
    assert!(sent(browser, "cookies", "https"), "without quotes it is no word");
    assert!(sent(browser, "\"cookies\"", "http"), "whoever listens could say so");
    assert!(sent(RequestKind::App, "\"cookies\"", "https"));
}
