use super::*;

#[test]
fn names_that_promise_something_are_kept_only_if_it_holds() {
    let lines = |host: &str| {
        [
            "__Host-ok=1; Secure; Path=/".to_owned(),
            "__Host-plain=1; Path=/".to_owned(),
            "__Host-nopath=1; Secure".to_owned(),
            "__Host-path=1; Secure; Path=/cart".to_owned(),
            format!("__Host-own=1; Secure; Path=/; Domain={host}"),
            "__Host-none=1; Secure; Path=/; Domain=".to_owned(),
            "__Secure-ok=1; Secure; Path=/".to_owned(),
            "__Secure-plain=1; Path=/".to_owned(),
            "__host-low=1; Path=/".to_owned(),
            "__HOST-OK=1; Secure; Path=/".to_owned(),
            "=__Host-x; Path=/".to_owned(),
            "__Http-ok=1; Path=/; Secure; HttpOnly".to_owned(),
            "__Http-script=1; Path=/; Secure".to_owned(),
            "__Host-Http-ok=1; Path=/; Secure; HttpOnly".to_owned(),
            "__Host-Http-script=1; Path=/; Secure".to_owned(),
            "__Hos=1; Path=/".to_owned(),
            "secure=1; Path=/; Secure".to_owned(),
        ]
    };
    let kept = |base: &str, host: &str| {
        let lines = lines(host);
        kept(base, &lines.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let all = "__Host-ok=1; __Host-none=1; __Secure-ok=1; __HOST-OK=1; __Http-ok=1; __Host-Http-ok=1; __Hos=1; secure=1";
    for (base, host) in [
        ("https://shop.test/", "shop.test"),
        ("http://localhost/", "localhost"),
        ("http://a.localhost/", "a.localhost"),
    ] {
        assert_eq!(kept(base, host), all, "{base}");
    }
    assert_eq!(
        kept("http://127.0.0.1/", "127.0.0.1"),
        all.replace("__Host-none=1", "__Host-own=1; __Host-none=1")
    );
    assert_eq!(kept("http://shop.test/", "shop.test"), "__Hos=1");
}

#[test]
fn a_domain_is_the_host_or_above_it_and_below_the_public_suffix() {
    for (host, domains, kept_at, elsewhere) in [
        ("127.0.0.1", "127.0.0.1 .127.0.0.1 0.0.1 127.0.0.2 127.1 ..127.0.0.1", "0 1", ""),
        ("[::1]", "[::1] ::1", "0", ""),
        ("localhost", "localhost .localhost LOCALHOST x.localhost com localhost.", "0 1 2", ""),
        ("a.localhost", "localhost a.localhost", "1", "1"),
        ("shop.co.uk", "co.uk shop.co.uk uk", "1", "1"),
        ("github.io", "github.io .github.io io", "0 1", ""),
        ("a.github.io", "github.io a.github.io", "1", "1"),
        ("a.b.test", "test b.test a.b.test", "1 2", "1 2"),
        ("shop", "shop", "0", ""),
        ("shop.test.", "shop.test shop.test.", "1", "1"),
        ("xn--bcher-kva.test", "xn--bcher-kva.test bücher.test xn--bcher-kva.%74est", "0 1", "0 1"),
        (
            "a.shop.test",
            "shop.test:80 \"shop.test\" . .. .shop.test ..shop.test shop.test. SHOP.TEST shop.test/ 1.2.3.4 op.test",
            "4 7",
            "4 7",
        ),
    ] {
        let lines: Vec<String> = (0..)
            .zip(domains.split(' '))
            .map(|(nth, domain)| format!("{nth}=; Domain={domain}"))
            .collect();
        let mut jar = CookieJar::default();
        let home = format!("http://{host}/");
        store(&mut jar, &home, &lines.iter().map(String::as_str).collect::<Vec<_>>());
        let names =
            |jar: &mut CookieJar, url: &str| sent(jar, url).replace("=;", "").replace('=', "");
        assert_eq!(names(&mut jar, &home), kept_at, "{host}");
        if !host.starts_with(['[', '1']) {
            assert_eq!(names(&mut jar, &format!("http://x.{host}/")), elsewhere, "below {host}");
        }
    }
}

#[test]
fn the_longest_path_comes_first_then_the_oldest_cookie() {
    let mut jar = CookieJar::default();
    let shop = "http://localhost/shop/cart";
    store(
        &mut jar,
        shop,
        &["sid=root; Path=/", "sid=shop; Path=/shop", "a=1; Path=/", "b=1; Path=/"],
    );
    assert_eq!(sent(&mut jar, shop), "sid=shop; sid=root; a=1; b=1");
    // Chromium: who gets a new value is new, who is set again is not.
    store(&mut jar, shop, &["sid=root; Path=/", "a=2; Path=/"]);
    assert_eq!(sent(&mut jar, shop), "sid=shop; sid=root; b=1; a=2");
}

#[test]
fn paths_are_compared_as_they_are_written() {
    let lines = [
        "a=1",
        "b=1; Path=",
        "c=1; Path=x",
        "d=1; Path=/get",
        "e=1; Path=/get/",
        "f=1; Path=/ge",
        "g=1; Path=/GET",
        "j=1; Path=/g%65t",
        "k=1; Path=\"/get\"",
        "l=1; Path=/get?x",
        "n=1; Path=/get;x",
        "o=1; Path=/gét",
        "p=1; Path=/g%C3%A9t",
        "q=1; Path=/a b",
        "s=1; Path=/get//",
    ];
    let mut jar = CookieJar::default();
    store(&mut jar, "http://localhost/set/a/b?x=/y/z", &lines);
    let mut at = |path: &str| sent(&mut jar, &format!("http://localhost{path}")).replace("=1", "");
    assert_eq!(at("/get"), "d; n");
    assert_eq!(at("/get/x"), "e; d; n");
    assert_eq!(at("/get//y"), "s; e; d; n");
    assert_eq!(at("/getx"), "");
    assert_eq!(at("/set/a/b"), "a; b; c; k");
    assert_eq!(at("/set/a"), "a; b; c; k");
    assert_eq!(at("/gét"), "p");
    assert_eq!(at("/a b"), "");
}

#[test]
fn cookies_too_large_or_with_control_characters_are_refused() {
    let long = |n: usize| "x".repeat(n);
    for (line, expected) in [
        (format!("a={}", long(4_095)), format!("a={}", long(4_095))),
        (format!("a={}", long(4_096)), String::new()),
        (format!("={}", long(4_096)), long(4_096)),
        (format!("a=   {}   ", long(4_095)), format!("a={}", long(4_095))),
        (format!("b=1; Path=/; Path=/{}", long(1_024)), "b=1".to_owned()),
        (format!("c=1; Path=/; Path=/{}", long(1_023)), String::new()),
        (format!("d=1; Domain={}", long(1_025)), "d=1".to_owned()),
        (format!("e=1; Domain={}", long(1_024)), String::new()),
        (format!("f=1; anything={}", long(5_000)), "f=1".to_owned()),
        ("g=1\tx".to_owned(), String::new()),
        ("h\t=1".to_owned(), "h=1".to_owned()),
        ("i=1; x=\t1\t;\tPath=/".to_owned(), "i=1".to_owned()),
        ("j=1; x=1\t1".to_owned(), String::new()),
        ("=k=1".to_owned(), String::new()),
        ("; l=1".to_owned(), String::new()),
        ("m=1,n=2".to_owned(), "m=1,n=2".to_owned()),
    ] {
        let name = &line[..line.len().min(40)];
        assert_eq!(kept("http://localhost/", &[&line]), expected, "{name}");
    }
}

#[test]
fn bytes_are_kept_as_they_are() {
    let mut jar = CookieJar::default();
    let headers = HeaderMap::from_iter([(
        SET_COOKIE,
        HeaderValue::from_bytes(b"name=M\xfcller; Path=/").unwrap(),
    )]);
    let shop = url("http://shop.example/");
    jar.store(&headers, &shop, None, SiteContext::SameSite, NOW);
    let header = jar.header(&shop, None, SiteContext::SameSite, NOW.at).unwrap();
    assert_eq!(header.as_bytes(), b"name=M\xfcller");
    assert_eq!(jar.value("name", &shop, NOW.at).as_deref(), Some("M\u{fffd}ller"));
}

#[test]
fn other_sites_take_along_what_same_site_lets_them() {
    let lines = [
        "said=; SameSite=Lax",
        "unsaid=",
        "strict=; SameSite=Strict",
        "none=; SameSite=None; Secure",
        "nonsense=; SameSite=x",
        "refused=; SameSite=None",
        "last=; SameSite=None; SameSite=Lax",
        "kept=; Secure; Partitioned",
        "loose=; Partitioned",
    ];
    let mut jar = CookieJar::default();
    store(&mut jar, "http://localhost/", &lines);
    let mut names = |context, seconds| {
        sent_at(&mut jar, "http://localhost/", context, Micros::from_secs(seconds)).replace("=", "")
    };
    assert_eq!(names(SiteContext::SameSite, 0), "said; unsaid; strict; none; nonsense; last; kept");
    assert_eq!(
        names(SiteContext::CrossSiteNavigation, 0),
        "said; unsaid; none; nonsense; last; kept"
    );
    assert_eq!(names(SiteContext::CrossSiteUnsafeNavigation, 120), "unsaid; none; nonsense; kept");
    assert_eq!(names(SiteContext::CrossSiteUnsafeNavigation, 121), "none");
    assert_eq!(names(SiteContext::CrossSite, 0), "none");
    let mut jar = CookieJar::default();
    store_at(&mut jar, "http://localhost/", &lines, SiteContext::CrossSite, NOW);
    assert_eq!(sent(&mut jar, "http://localhost/"), "none=");
}

#[test]
fn a_plain_answer_neither_sets_nor_covers_secure_cookies() {
    let mut jar = CookieJar::default();
    store(
        &mut jar,
        "https://shop.test/",
        &["a=1; Secure; Path=/", "c=1; Secure; Path=/set", "d=1; Secure; Path=/; Domain=shop.test"],
    );
    store(
        &mut jar,
        "http://shop.test/",
        &["a=2; Path=/", "c=2; Path=/", "d=2; Path=/set", "e=1; Secure"],
    );
    assert_eq!(sent(&mut jar, "https://shop.test/set"), "c=1; a=1; d=1; c=2");
    assert_eq!(sent(&mut jar, "http://shop.test/set"), "c=2");
    // This machine can't be listened to: it may.
    let mut jar = CookieJar::default();
    store(&mut jar, "http://localhost/", &["a=1; Secure; Path=/"]);
    store(&mut jar, "http://localhost/", &["a=2; Path=/"]);
    assert_eq!(sent(&mut jar, "http://localhost/"), "a=2");
}

#[test]
fn a_site_with_more_than_180_cookies_keeps_those_chromium_keeps() {
    let names = |count: usize, rest: &dyn Fn(usize) -> &'static str| {
        let lines: Vec<String> =
            (0..count).map(|nth| format!("{nth}=; Path=/{}", rest(nth))).collect();
        let mut jar = CookieJar::default();
        store(&mut jar, "http://localhost/", &lines.iter().map(String::as_str).collect::<Vec<_>>());
        let sent = sent(&mut jar, "http://localhost/");
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for nth in sent.split("; ").map(|pair| pair.trim_end_matches('=').parse().unwrap()) {
            match spans.last_mut() {
                Some((_, last)) if *last + 1 == nth => *last = nth,
                _ => spans.push((nth, nth)),
            }
        }
        spans.iter().map(|(from, to)| format!("{from}-{to}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(180, &|_| ""), "0-179");
    assert_eq!(names(181, &|_| ""), "31-180");
    assert_eq!(names(212, &|_| ""), "62-211");
    assert_eq!(names(181, &|nth| if nth < 90 { "; Secure" } else { "" }), "0-89 121-180");
    assert_eq!(names(181, &|_| "; Secure"), "31-180");
    assert_eq!(names(181, &|nth| if nth < 161 { "; Secure" } else { "" }), "11-160");
    assert_eq!(names(181, &|nth| if nth > 100 { "; Priority=Low" } else { "" }), "0-100 132-180");
    assert_eq!(names(181, &|nth| if nth < 100 { "; Priority=High" } else { "" }), "0-99 131-180");
    assert_eq!(names(181, &|nth| if nth < 25 { "; Priority=low" } else { "" }), "0-24 56-180");
    assert_eq!(
        names(181, &|nth| if nth < 40 { "; Priority=low; Secure" } else { "" }),
        "10-39 61-180"
    );
}

#[test]
fn cookies_sent_long_ago_go_before_those_sent_lately() {
    let mut jar = CookieJar::default();
    let lines = |from: usize, to: usize, path: &str| -> Vec<String> {
        (from..to).map(|nth| format!("{nth}=; Path={path}")).collect()
    };
    let add = |lines: Vec<String>, jar: &mut CookieJar, seconds| {
        let now = Now { at: Micros::from_secs(seconds), ..NOW };
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        store_at(jar, "http://localhost/", &lines, SiteContext::SameSite, now);
    };
    add(lines(0, 100, "/old"), &mut jar, 0);
    add(lines(100, 180, "/new"), &mut jar, 1);
    sent_at(&mut jar, "http://localhost/old", SiteContext::SameSite, Micros::from_secs(61));
    add(lines(180, 181, "/old"), &mut jar, 62);
    let left = |jar: &mut CookieJar, path: &str| {
        sent_at(
            jar,
            &format!("http://localhost{path}"),
            SiteContext::SameSite,
            Micros::from_secs(62),
        )
        .split("; ")
        .count()
    };
    assert_eq!((left(&mut jar, "/old"), left(&mut jar, "/new")), (101, 49));
}

#[test]
fn a_header_that_is_kept_is_made_anew_for_another_host_scheme_or_context_and_after_a_change() {
    let mut jar = CookieJar::default();
    let page = "https://shop.example/";
    store(&mut jar, page, &["a=1; Path=/; Max-Age=600", "safe=2; Path=/; Secure; SameSite=Strict"]);
    assert_eq!(sent(&mut jar, page), "a=1; safe=2");
    assert_eq!(sent(&mut jar, "https://shop.example/cart"), "a=1; safe=2");
    assert_eq!(sent_at(&mut jar, page, SiteContext::CrossSiteNavigation, NOW.at), "a=1");
    assert_eq!(sent(&mut jar, "http://shop.example/"), "a=1");
    assert_eq!(sent(&mut jar, "https://other.example/"), "");
    store(&mut jar, page, &["a=3; Path=/"]);
    assert_eq!(sent(&mut jar, page), "safe=2; a=3");
    store(&mut jar, page, &["here=4; Path=/cart"]);
    assert_eq!(sent(&mut jar, "https://shop.example/cart"), "here=4; safe=2; a=3");
    assert_eq!(sent(&mut jar, page), "safe=2; a=3");
    let changes = jar.changes();
    jar.clear();
    assert!(jar.changes() > changes && sent(&mut jar, page).is_empty());
}
