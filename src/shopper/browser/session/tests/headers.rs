use super::*;

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
