use super::*;

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
