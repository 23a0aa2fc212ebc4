use super::*;

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
