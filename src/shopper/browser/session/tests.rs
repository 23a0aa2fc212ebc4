//! A session against a line that answers from a table, and keeps what it was asked.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use http::{Method, StatusCode, Version, header};

use super::*;
use crate::plan::Device;
use crate::shopper::browser::address::location_of;
use crate::shopper::browser::allowed_hosts::AllowedHosts;
use crate::shopper::browser::device::AGENT;
use crate::shopper::browser::fetch::{FetchError, RedirectHop};
use crate::shopper::browser::request_headers::RequestKind;
use crate::shopper::transport::{Exchange, WireRequest, WireResponse};
use crate::tally::Phases;

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
fn a_step_s_headers_replace_the_session_s() {
    let (mut session, asked) = redirecting(&[]);
    session.set_header(HeaderName::from_static("x-shopper"), HeaderValue::from_static("s-1"));
    fetch_with(
        &mut session,
        Method::GET,
        "/",
        &[(header::ACCEPT, "application/json"), (header::VIA, "one"), (header::VIA, "two")],
    );
    let asked = &asked.borrow()[0];
    assert_eq!(header_of(asked, header::ACCEPT), Some("application/json"));
    assert_eq!(asked.headers.get_all(header::VIA).iter().count(), 2);
    assert_eq!(header_of(asked, HeaderName::from_static("x-shopper")), Some("s-1"));
    assert_eq!(header_of(asked, header::ACCEPT_ENCODING), Some("gzip, deflate, br, zstd"));
    assert_eq!(header_of(asked, header::USER_AGENT), Some(AGENT));
}

#[test]
fn a_shopper_who_is_taken_for_a_browser_still_says_that_it_is_a_load_test() {
    let (mut session, asked) = redirecting(&[]);
    fetch_with(&mut session, Method::GET, "/", &[(header::USER_AGENT, "Mozilla/5.0 (iPhone)")]);
    assert_eq!(
        header_of(&asked.borrow()[0], header::USER_AGENT),
        Some(&*format!("Mozilla/5.0 (iPhone) {AGENT}"))
    );
}

#[test]
fn a_device_speaks_for_itself_until_the_scenario_or_another_device_does() {
    let (mut session, asked) = redirecting(&[]);
    let hint = HeaderName::from_static("sec-ch-ua-mobile");
    let holding = |device| Equipment { device: Some(device), ..Equipment::default() };
    session.equip(holding(Device::Mobile));
    get(&mut session, "/");
    fetch_with(
        &mut session,
        Method::GET,
        "/",
        &[(header::ACCEPT_LANGUAGE, "de-DE"), (header::USER_AGENT, "Shop App/7")],
    );
    session.equip(holding(Device::Desktop));
    get(&mut session, "/");
    session.equip(Equipment::default());
    get(&mut session, "/");
    let asked = asked.borrow();
    let agent = |n: usize| header_of(&asked[n], header::USER_AGENT).unwrap();
    assert!(agent(0).contains("Android") && agent(0).ends_with(AGENT), "{}", agent(0));
    assert_eq!(
        (header_of(&asked[0], hint.clone()), header_of(&asked[0], header::ACCEPT_LANGUAGE)),
        (Some("?1"), Some("en-US,en;q=0.9"))
    );
    assert_eq!(
        (agent(1), header_of(&asked[1], header::ACCEPT_LANGUAGE)),
        (&*format!("Shop App/7 {AGENT}"), Some("de-DE"))
    );
    assert!(agent(2).contains("Windows") && agent(2).ends_with(AGENT), "{}", agent(2));
    assert_eq!(
        (header_of(&asked[2], hint.clone()), agent(3), header_of(&asked[3], hint)),
        (Some("?0"), AGENT, None)
    );
    assert_eq!(header_of(&asked[3], header::ACCEPT_LANGUAGE), None);
}

#[test]
fn who_comes_again_has_the_cookies_of_the_last_visit() {
    let table =
        vec![("GET https://shop.example/", 200, vec![(header::SET_COOKIE, "sid=7; Path=/")])];
    let line = FakeConnections { table, ..FakeConnections::default() };
    let asked = line.asked.clone();
    let mut first = session(line);
    get(&mut first, "/");
    let mut again = session(FakeConnections { asked: asked.clone(), ..FakeConnections::default() });
    again.restore(first.into_state());
    get(&mut again, "/");
    let asked = asked.borrow();
    assert_eq!(
        (header_of(&asked[0], header::COOKIE), header_of(&asked[1], header::COOKIE)),
        (None, Some("sid=7"))
    );
    assert_eq!(header_of(&asked[1], header::REFERER), None);
}

#[test]
fn redirects_turn_a_post_into_a_get_or_keep_it_as_browsers_do() {
    for (method, status, then) in [
        (Method::POST, 301, "GET"),
        (Method::POST, 302, "GET"),
        (Method::POST, 303, "GET"),
        (Method::POST, 307, "POST"),
        (Method::POST, 308, "POST"),
        (Method::PUT, 302, "PUT"),
        (Method::PUT, 303, "GET"),
        (Method::HEAD, 303, "HEAD"),
    ] {
        let from: &'static str = if method == Method::HEAD {
            "HEAD https://shop.example/a"
        } else if method == Method::PUT {
            "PUT https://shop.example/a"
        } else {
            "POST https://shop.example/a"
        };
        let (mut session, asked) = redirecting(&[(from, status, "b?x=1#part")]);
        let fetched =
            fetch_with(&mut session, method, "/a", &[(header::CONTENT_TYPE, "text/plain")]);
        assert_eq!(fetched.result.unwrap().final_url.as_str(), "https://shop.example/b?x=1#part");
        let second = &asked.borrow()[1];
        assert_eq!(address_of(second), format!("{then} https://shop.example/b?x=1"), "{status}");
        let kept = then != "GET";
        assert_eq!(
            (!second.body.is_empty(), second.headers.contains_key(header::CONTENT_TYPE)),
            (kept, kept),
            "{status}"
        );
    }
}

#[test]
fn answers_that_only_look_like_redirects_are_answers() {
    let (mut session, _) = redirecting(&[
        ("GET https://shop.example/a", 304, "/b"),
        ("GET https://shop.example/c", 201, "/b"),
    ]);
    assert_eq!(get(&mut session, "/a").result.unwrap().answer.status, 304);
    assert_eq!(get(&mut session, "/c").result.unwrap().answer.status, 201);
    let line = FakeConnections {
        table: vec![("GET https://shop.example/", 302, Vec::new())],
        ..FakeConnections::default()
    };
    assert_eq!(get(&mut self::session(line), "/").result.unwrap().answer.status, 302);
}

#[test]
fn redirects_are_counted_as_browsers_count_them_and_a_way_round_is_no_failure() {
    // Of a navigation Chromium counts the first request as well.
    for (kind, most) in [(RequestKind::App, 20), (RequestKind::Navigation, 19)] {
        let (mut session, asked) = redirecting(&[
            ("GET https://shop.example/0", 302, "/1"),
            ("GET https://shop.example/1", 302, "/0"),
        ]);
        let fetched = fetch_as(&mut session, kind, Method::GET, "/0", &[]);
        assert_eq!(asked.borrow().len(), most + 1);
        assert!(
            matches!(fetched.result, Err(FetchError::RedirectLoop { hops, .. }) if hops as usize == most),
            "{:?}",
            fetched.result
        );
    }
    let error = FetchError::RedirectLoop { hops: 19, location: "/x".to_owned() };
    insta::assert_snapshot!(error, @"redirected 19 times, then to /x as well, which no browser follows");
}

#[test]
fn a_location_is_read_as_chromium_reads_it() {
    for (location, goal) in [
        ("/caf\u{e9}?q=\u{fc}#\u{e4}", "https://shop.example/caf%C3%A9?q=%C3%BC#%C3%A4"),
        ("/a b", "https://shop.example/a%20b#top"),
        ("\\cart", "https://shop.example/cart#top"),
        ("next", "https://shop.example/from/next#top"),
        ("../up", "https://shop.example/up#top"),
        ("?q=1", "https://shop.example/from/0?q=1#top"),
        ("/a\tb", "https://shop.example/ab#top"),
        ("/one, /two", "https://shop.example/one,%20/two#top"),
        ("https:/one", "https://shop.example/one#top"),
        ("HTTPS://SHOP.EXAMPLE/UP", "https://shop.example/UP#top"),
        ("", "https://shop.example/from/0#top"),
    ] {
        let table =
            vec![("GET https://shop.example/from/0", 302, vec![(header::LOCATION, location)])];
        let line = FakeConnections { table, ..FakeConnections::default() };
        let fetched = get(&mut session(line), "/from/0#top");
        assert_eq!(fetched.result.unwrap().final_url.as_str(), goal, "{location}");
    }
    for locations in [
        &["mailto:a@b.c"][..],
        &["myapp://x"],
        &["https://"],
        &["https://[oops"],
        &["about:blank"],
        &["/one", "/two"],
        &["", "/two"],
    ] {
        let table = vec![(
            "GET https://shop.example/",
            302,
            locations.iter().map(|to| (header::LOCATION, *to)).collect(),
        )];
        let line = FakeConnections { table, ..FakeConnections::default() };
        let fetched = get(&mut session(line), "/");
        assert!(
            matches!(fetched.result, Err(FetchError::BadRedirect(_))),
            "{locations:?}: {:?}",
            fetched.result
        );
    }
}

#[test]
fn the_bytes_of_a_location_are_kept() {
    let answer = WireResponse {
        status: StatusCode::FOUND,
        version: Version::HTTP_11,
        headers: HeaderMap::from_iter([(
            header::LOCATION,
            HeaderValue::from_bytes(b"/caf\xe9").unwrap(),
        )]),
        body: Bytes::new(),
    };
    assert_eq!(location_of(&answer).unwrap().as_deref(), Some("/caf%E9"));
}

#[test]
fn the_user_and_password_of_an_address_are_sent_when_the_shop_asks_for_them() {
    let ask = vec![(header::WWW_AUTHENTICATE, "Basic realm=x")];
    let line = FakeConnections {
        table: vec![("GET https://shop.example/in", 401, ask)],
        ..FakeConnections::default()
    };
    let asked = line.asked.clone();
    let mut session = session(line);
    get(&mut session, "https://me:p%40w@shop.example/in");
    get(&mut session, "/other");
    let said: Vec<_> = asked
        .borrow()
        .iter()
        .map(|asked| header_of(asked, header::AUTHORIZATION).map(str::to_owned))
        .collect();
    let basic = || Some("Basic bWU6cEB3".to_owned());
    assert_eq!(said, [None, basic(), basic()]);
}

#[test]
fn credentials_stay_with_the_origin_they_were_meant_for() {
    let (mut session, asked) = redirecting(&[
        ("POST https://shop.example/pay", 307, "/still"),
        ("POST https://shop.example/still", 307, "https://pay.example/"),
    ]);
    fetch_with(
        &mut session,
        Method::POST,
        "/pay",
        &[(header::AUTHORIZATION, "Bearer 1"), (header::COOKIE, "own=1")],
    );
    let seen: Vec<_> = asked
        .borrow()
        .iter()
        .map(|request| {
            (
                header_of(request, header::AUTHORIZATION).is_some(),
                header_of(request, header::COOKIE).is_some(),
            )
        })
        .collect();
    assert_eq!(seen, [(true, true), (true, true), (false, false)]);
}

#[test]
fn a_step_s_own_cookie_joins_those_of_the_jar() {
    let line = FakeConnections {
        table: vec![("GET https://shop.example/", 200, vec![(header::SET_COOKIE, "jar=2")])],
        ..FakeConnections::default()
    };
    let asked = line.asked.clone();
    let mut session = session(line);
    get(&mut session, "/");
    fetch_with(&mut session, Method::GET, "/", &[(header::COOKIE, "own=1")]);
    assert_eq!(header_of(&asked.borrow()[1], header::COOKIE), Some("own=1; jar=2"));
    let page = Url::parse("https://shop.example/").unwrap();
    assert_eq!(session.cookie("jar", &page).as_deref(), Some("2"));
    session.reset();
    assert_eq!(session.cookie("jar", &page), None);
}

#[test]
fn the_referer_is_the_page_not_the_data_it_asked_for() {
    let html = (header::CONTENT_TYPE, "Text/HTML; charset=utf-8");
    let json = (header::CONTENT_TYPE, "application/json");
    let line = FakeConnections {
        table: vec![
            ("GET https://shop.example/cart?a=1", 200, vec![html.clone()]),
            ("GET https://shop.example/api", 200, vec![json]),
            (
                "GET https://shop.example/go",
                302,
                vec![(header::LOCATION, "https://pay.example/form")],
            ),
            ("GET https://pay.example/form", 500, vec![html]),
        ],
        ..FakeConnections::default()
    };
    let asked = line.asked.clone();
    let mut session = session(line);
    let mut go = |url: &str, headers: &[(HeaderName, &'static str)]| {
        fetch_as(&mut session, RequestKind::Navigation, Method::GET, url, headers);
    };
    for url in ["/cart?a=1#top", "/api", "/go", "next"] {
        go(url, &[]);
    }
    go("/", &[(header::REFERER, "https://elsewhere.example/")]);
    let seen: Vec<_> = asked
        .borrow()
        .iter()
        .map(|asked| header_of(asked, header::REFERER).map(str::to_owned))
        .collect();
    let page = || Some("https://shop.example/cart?a=1".to_owned());
    let across = Some("https://shop.example/".to_owned());
    let form = Some("https://pay.example/form".to_owned());
    assert_eq!(
        seen,
        [None, page(), page(), across, form, Some("https://elsewhere.example/".to_owned())]
    );
    assert_eq!(address_of(&asked.borrow()[4]), "GET https://pay.example/next");
}

#[test]
fn only_allowed_hosts_are_asked() {
    let (mut session, asked) = redirecting(&[
        ("GET https://shop.example/away", 302, "https://bank.example/3ds"),
        ("GET https://shop.example/app", 302, "bankapp://pay"),
        ("GET https://shop.example/bad", 302, "https://[oops"),
    ]);
    assert_eq!(
        get(&mut session, "https://bank.example/").result.unwrap_err(),
        FetchError::HostNotAllowed("https://bank.example/".into())
    );
    assert!(matches!(
        get(&mut session, "ftp://shop.example/").result,
        Err(FetchError::BadAddress(_))
    ));
    assert_eq!(asked.borrow().len(), 0);
    assert!(matches!(
        get(&mut session, "/away").result,
        Err(FetchError::RedirectNotAllowed { .. })
    ));
    assert!(matches!(get(&mut session, "/app").result, Err(FetchError::BadRedirect(_))));
    let bad = get(&mut session, "/bad");
    assert!(matches!(bad.result, Err(FetchError::BadRedirect(_))), "{:?}", bad.result);
    assert_eq!(bad.progress.first_location.as_deref(), Some("https://[oops"));
    assert_eq!(asked.borrow().len(), 3);
}

#[test]
fn what_a_gate_holds_back_is_told_and_costs_no_patience() {
    let line = FakeConnections {
        table: vec![("GET https://shop.example/", 302, vec![(header::LOCATION, "/next")])],
        ..FakeConnections::default()
    };
    let give_ups = line.give_ups.clone();
    let settings = Rc::new(SessionSettings::new(Url::parse("https://shop.example").unwrap()));
    let mut session = BrowserSession::with_gate(line, HoldsBack(Micros(100)), settings);
    let request = PageRequest {
        method: Method::GET,
        url: "/".into(),
        is_link: false,
        kind: RequestKind::App,
        headers: HeaderMap::new(),
        body: Bytes::new(),
    };
    let mut hops = Vec::new();
    now(session.fetch(request, Micros(1_000), &mut hops)).result.unwrap();
    assert_eq!(
        hops,
        [
            RedirectHop { index: 0, preflight: false, held: Some(Micros(100)) },
            RedirectHop { index: 1, preflight: false, held: Some(Micros(100)) }
        ]
    );
    assert_eq!(*give_ups.borrow(), [Micros(1_100), Micros(1_200)]);
}

/// A page at 127.0.0.1 from which requests go, and what each then says: `METHOD address: header=value ...`.
fn said(
    kind: RequestKind,
    method: Method,
    to: &str,
    redirects: &[(&'static str, u16, &'static str)],
    names: &[&'static str],
) -> Vec<String> {
    let html = || vec![(header::CONTENT_TYPE, "text/html")];
    let mut table: Vec<Row> = vec![("GET http://127.0.0.1:1/p", 200, html())];
    table.extend(redirects.iter().map(|&(from, status, to)| {
        let any = (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        (from, status, vec![(header::LOCATION, to), any])
    }));
    let line = FakeConnections { table, ..FakeConnections::default() };
    let asked = line.asked.clone();
    let mut settings = SessionSettings::new(Url::parse("http://127.0.0.1:1").unwrap());
    settings.allowed = AllowedHosts::new(["127.0.0.1", "localhost", "shop.test"]);
    let mut session = BrowserSession::new(line, Rc::new(settings));
    fetch_as(&mut session, RequestKind::Navigation, Method::GET, "/p", &[]);
    fetch_as(&mut session, kind, method, to, &[]);
    let line = |asked: &WireRequest| {
        let said: Vec<String> = names
            .iter()
            .filter_map(|name| {
                Some(format!(" {name}={}", asked.headers.get(*name)?.to_str().ok()?))
            })
            .collect();
        format!("{}:{}", address_of(asked), said.concat())
    };
    asked.borrow().iter().skip(1).map(line).collect()
}

#[test]
fn a_request_says_where_it_comes_from_as_chromium_s_do() {
    let names = ["origin", "sec-fetch-site", "referer"];
    let of = |kind, method, to: &str, redirects: &[_]| {
        said(kind, method, to, redirects, &names).join("\n")
    };
    let posting =
        |to: &str, redirects: &[_]| of(RequestKind::Navigation, Method::POST, to, redirects);
    insta::assert_snapshot!(of(RequestKind::Navigation, Method::GET, "/q", &[]), @"GET http://127.0.0.1:1/q: sec-fetch-site=same-origin referer=http://127.0.0.1:1/p");
    insta::assert_snapshot!(posting("/q", &[]), @"POST http://127.0.0.1:1/q: origin=http://127.0.0.1:1 sec-fetch-site=same-origin referer=http://127.0.0.1:1/p");
    insta::assert_snapshot!(posting("http://127.0.0.1:2/q", &[]), @"POST http://127.0.0.1:2/q: origin=http://127.0.0.1:1 sec-fetch-site=same-site referer=http://127.0.0.1:1/");
    insta::assert_snapshot!(posting("http://shop.test/q", &[]), @"POST http://shop.test/q: origin=http://127.0.0.1:1 referer=http://127.0.0.1:1/");
    // Out and back: it stays cross-site, the referer stays cut, and a post that is kept no longer says its origin.
    let out_and_back = |status| {
        [
            ("POST http://127.0.0.1:1/x", status, "http://localhost:1/y"),
            (
                if status == 302 {
                    "GET http://localhost:1/y"
                } else {
                    "POST http://localhost:1/y"
                },
                status,
                "http://127.0.0.1:1/q",
            ),
        ]
    };
    insta::assert_snapshot!(posting("/x", &out_and_back(302)), @r"
    POST http://127.0.0.1:1/x: origin=http://127.0.0.1:1 sec-fetch-site=same-origin referer=http://127.0.0.1:1/p
    GET http://localhost:1/y: sec-fetch-site=cross-site referer=http://127.0.0.1:1/
    GET http://127.0.0.1:1/q: sec-fetch-site=cross-site referer=http://127.0.0.1:1/
    ");
    insta::assert_snapshot!(posting("/x", &out_and_back(307)), @r"
    POST http://127.0.0.1:1/x: origin=http://127.0.0.1:1 sec-fetch-site=same-origin referer=http://127.0.0.1:1/p
    POST http://localhost:1/y: origin=null sec-fetch-site=cross-site referer=http://127.0.0.1:1/
    POST http://127.0.0.1:1/q: origin=null sec-fetch-site=cross-site referer=http://127.0.0.1:1/
    ");
    // A script's request is known to whom it was sent, and to nobody whom these send it on to.
    insta::assert_snapshot!(of(RequestKind::Script, Method::POST, "/x", &out_and_back(307)), @r"
    POST http://127.0.0.1:1/x: origin=http://127.0.0.1:1 sec-fetch-site=same-origin referer=http://127.0.0.1:1/p
    POST http://localhost:1/y: origin=http://127.0.0.1:1 sec-fetch-site=cross-site referer=http://127.0.0.1:1/
    POST http://127.0.0.1:1/q: origin=null sec-fetch-site=cross-site referer=http://127.0.0.1:1/
    ");
    insta::assert_snapshot!(of(RequestKind::Script, Method::GET, "http://localhost:1/q", &[]), @"GET http://localhost:1/q: origin=http://127.0.0.1:1 sec-fetch-site=cross-site referer=http://127.0.0.1:1/");
    insta::assert_snapshot!(of(RequestKind::App, Method::POST, "/q", &[]), @"POST http://127.0.0.1:1/q:");
}

#[test]
fn headers_stand_in_chromium_s_order() {
    let order = |kind, method: Method, first: &str| {
        let line = FakeConnections::default();
        let asked = line.asked.clone();
        let settings = SessionSettings::new(Url::parse(first).unwrap());
        let mut session = BrowserSession::new(line, Rc::new(settings));
        session.equip(Equipment { device: Some(Device::Desktop), ..Equipment::default() });
        session.set_header(HeaderName::from_static("x-shopper"), HeaderValue::from_static("s"));
        fetch_as(
            &mut session,
            kind,
            method,
            "/",
            &[(header::CONTENT_TYPE, "a/b"), (HeaderName::from_static("x-own"), "1")],
        );
        let asked = asked.borrow();
        asked[0].headers.keys().map(|name| name.as_str().to_owned()).collect::<Vec<_>>().join(" ")
    };
    insta::assert_snapshot!(order(RequestKind::Navigation, Method::POST, "http://localhost"), @"cache-control sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform upgrade-insecure-requests content-type user-agent origin accept sec-fetch-site sec-fetch-mode sec-fetch-user sec-fetch-dest referer accept-encoding accept-language x-shopper x-own");
    insta::assert_snapshot!(order(RequestKind::Navigation, Method::POST, "http://shop.test"), @"cache-control upgrade-insecure-requests content-type user-agent origin accept referer accept-encoding accept-language x-shopper x-own");
    insta::assert_snapshot!(order(RequestKind::Script, Method::POST, "https://shop.test"), @"sec-ch-ua-platform user-agent sec-ch-ua content-type sec-ch-ua-mobile accept origin sec-fetch-site sec-fetch-mode sec-fetch-dest referer accept-encoding accept-language x-shopper x-own");
}

#[test]
fn cookies_of_one_site_go_along_with_what_that_site_causes() {
    let set = |value| (header::SET_COOKIE, value);
    let cookies = vec![
        (header::CONTENT_TYPE, "text/html"),
        set("strict=1; SameSite=Strict"),
        set("lax=1; SameSite=Lax"),
        set("unsaid=1"),
        set("none=1; SameSite=None; Secure"),
    ];
    let there = |to| vec![(header::LOCATION, to)];
    let line = FakeConnections {
        table: vec![
            ("GET http://localhost/", 200, cookies),
            ("GET http://127.0.0.1/bank", 200, vec![(header::CONTENT_TYPE, "text/html")]),
            ("GET http://127.0.0.1/r", 302, there("http://localhost/q")),
            ("POST http://127.0.0.1/r", 307, there("http://localhost/q")),
        ],
        ..FakeConnections::default()
    };
    let asked = line.asked.clone();
    let mut settings = SessionSettings::new(Url::parse("http://localhost").unwrap());
    settings.allowed = AllowedHosts::new(["127.0.0.1", "localhost"]);
    let mut session = BrowserSession::new(line, Rc::new(settings));
    let mut go = |kind, method, url| {
        fetch_as(&mut session, kind, method, url, &[]);
        asked
            .borrow()
            .last()
            .and_then(|asked| header_of(asked, header::COOKIE))
            .unwrap_or_default()
            .to_owned()
    };
    let navigation = RequestKind::Navigation;
    go(navigation, Method::GET, "/");
    let all = "strict=1; lax=1; unsaid=1; none=1";
    // From the shop's own page, also by way of the bank.
    assert_eq!(go(navigation, Method::GET, "http://127.0.0.1/r"), all);
    assert_eq!(go(navigation, Method::POST, "http://127.0.0.1/r"), all);
    go(navigation, Method::GET, "http://127.0.0.1/bank");
    assert_eq!(go(navigation, Method::GET, "http://localhost/q"), "lax=1; unsaid=1; none=1");
    assert_eq!(go(navigation, Method::GET, "http://127.0.0.1/r"), "lax=1; unsaid=1; none=1");
    assert_eq!(go(navigation, Method::POST, "http://localhost/q"), "unsaid=1; none=1");
    assert_eq!(go(RequestKind::Script, Method::GET, "http://localhost/q"), "none=1");
    // An app knows of no sites.
    assert_eq!(go(RequestKind::App, Method::POST, "http://localhost/q"), all);
}

#[test]
fn what_a_post_leads_to_comes_from_no_cache_and_only_the_page_says_whether_its_origin_is_told() {
    let redirects =
        [("POST http://127.0.0.1:1/x", 307, "/y"), ("POST http://127.0.0.1:1/y", 303, "/z")];
    let names = ["cache-control", "origin", "referer"];
    let kind = RequestKind::Navigation;
    insta::assert_snapshot!(said(kind, Method::POST, "/x", &redirects, &names).join("\n"), @r"
    POST http://127.0.0.1:1/x: cache-control=max-age=0 origin=http://127.0.0.1:1 referer=http://127.0.0.1:1/p
    POST http://127.0.0.1:1/y: cache-control=max-age=0 origin=http://127.0.0.1:1 referer=http://127.0.0.1:1/p
    GET http://127.0.0.1:1/z: cache-control=max-age=0 referer=http://127.0.0.1:1/p
    ");
    let html =
        |policy| vec![(header::CONTENT_TYPE, "text/html"), (header::REFERRER_POLICY, policy)];
    let line = FakeConnections {
        table: vec![
            ("GET https://shop.example/", 200, html("no-referrer")),
            (
                "POST https://shop.example/x",
                307,
                vec![(header::LOCATION, "/y"), (header::REFERRER_POLICY, "unsafe-url")],
            ),
        ],
        ..FakeConnections::default()
    };
    let asked = line.asked.clone();
    let mut session = session(line);
    fetch_as(&mut session, kind, Method::GET, "/", &[]);
    fetch_as(&mut session, kind, Method::POST, "/x", &[]);
    let origins: Vec<_> = asked
        .borrow()
        .iter()
        .map(|asked| header_of(asked, header::ORIGIN).map(str::to_owned))
        .collect();
    assert_eq!(origins, [None, Some("null".to_owned()), Some("null".to_owned())]);
}

#[test]
fn a_script_asks_leave_of_another_origin_once_and_goes_without_cookies_where_they_are_not_wanted() {
    let origin = || (header::ACCESS_CONTROL_ALLOW_ORIGIN, "https://shop.example");
    let any = || (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    let cookies = || (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    let names = || (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type");
    let set = || (header::SET_COOKIE, "known=1; SameSite=None; Secure; Path=/");
    let line = FakeConnections {
        table: vec![
            ("OPTIONS https://pay.example/a", 204, vec![origin(), cookies(), names()]),
            ("POST https://pay.example/a", 200, vec![origin(), cookies(), set()]),
            ("OPTIONS https://pay.example/b", 204, vec![any(), names()]),
            ("POST https://pay.example/b", 200, vec![any(), set()]),
            ("OPTIONS https://pay.example/c", 403, vec![origin(), names()]),
            ("OPTIONS https://pay.example/d", 204, vec![origin(), names()]),
            ("GET https://pay.example/e", 200, vec![origin()]),
        ],
        ..FakeConnections::default()
    };
    let asked = line.asked.clone();
    let mut session = session(line);
    let mut fetch = |method, path: &str| {
        asked.borrow_mut().clear();
        let url = format!("https://pay.example/{path}");
        let json = [(header::CONTENT_TYPE, "application/json")];
        let own = if method == Method::POST { &json[..] } else { &[] };
        let fetched = fetch_as(&mut session, RequestKind::Script, method, &url, own);
        let sent = asked.borrow();
        let sent: Vec<String> = sent
            .iter()
            .map(|asked| {
                let cookie = header_of(asked, header::COOKIE).unwrap_or("none");
                format!("{} {} cookie {cookie}", asked.method, asked.path)
            })
            .collect();
        format!(
            "{}: {}",
            sent.join(", "),
            fetched.result.map_or_else(|e| e.to_string(), |_| "ok".into())
        )
    };
    insta::assert_snapshot!(fetch(Method::POST, "a"), @"OPTIONS /a cookie none, POST /a cookie none: ok");
    insta::assert_snapshot!(fetch(Method::POST, "a"), @"POST /a cookie known=1: ok");
    insta::assert_snapshot!(fetch(Method::POST, "b"), @"OPTIONS /b cookie none, POST /b cookie none: ok");
    insta::assert_snapshot!(fetch(Method::POST, "c"), @"OPTIONS /c cookie none: a browser does not send this: its preflight was answered 403");
    insta::assert_snapshot!(fetch(Method::POST, "d"), @"OPTIONS /d cookie none, POST /d cookie none: a browser keeps this from the page: the answer has no access-control-allow-origin, which has to be https://shop.example");
    insta::assert_snapshot!(fetch(Method::GET, "e"), @"GET /e cookie known=1: ok");
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
