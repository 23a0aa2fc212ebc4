//! The jar against the parser cases of the http-state working group, and against what Chromium 148 was seen to do.

use http::header::{DATE, HeaderMap, HeaderValue, SET_COOKIE};
use serde_json::Value;
use url::Url;

use super::date::parse_date;
use super::{CookieJar, Now, SiteContext};
use crate::base::Micros;

/// 2015: the cases have dates that were to come when they were written, and have passed since.
const NOW: Now = Now { at: Micros(0), unix_seconds: 1_420_070_400 };

/// Where Chromium does not do what the cases expect. Seen with Chromium 148.
const CHROMIUM_DIFFERS: [(&str, &str, &str); 25] = [
    // Today's RFC keeps cookies without a name; the cases are from before that.
    ("0004", "foo", "no name"),
    ("0021", "a=b; x; c=d", "no name"),
    ("0023", "foo", "no name"),
    ("0024", "foo", "no name"),
    ("0025", "foo", "no name"),
    ("0026", "foo", "no name"),
    ("0027", "bar", "no name"),
    ("0028", "foo", "no name"),
    ("CHROMIUM0009", "BLAHHH", "no name"),
    ("CHROMIUM0010", "\"BLA\\\"HHH\"", "no name"),
    ("CHROMIUM0012", "ABC", "no name"),
    ("MOZILLA0012", "test=\"fubar! = foo; five", "no name"),
    ("MOZILLA0014", "six", "no name"),
    ("MOZILLA0015", "seven", "no name"),
    ("MOZILLA0016", "eight", "no name"),
    ("MOZILLA0017", "eight; test=six", "no name"),
    ("NAME0023", "foo", "no name"),
    ("NAME0028", "a", "no name"),
    ("NAME0031", "\"foo", "no name"),
    ("NAME0032", "\"foo\\\"bar", "no name"),
    ("NAME0033", "aaa", "no name"),
    ("DISABLED_CHROMIUM0022", "", "a NUL spoils all of an answer"),
    ("DISABLED_PATH0029", "", "paths are compared as they are written"),
    ("OPTIONAL_DOMAIN0042", "foo=bar", "an empty domain takes back the one before it"),
    // A date beyond the calendar is one that never comes, not none at all.
    ("Thu, 12-Aug-31841 20:49:07 GMT", "later", "far away"),
];

fn chromium(case: &str) -> Option<&'static str> {
    CHROMIUM_DIFFERS.iter().find(|(known, ..)| *known == case).map(|(_, does, _)| *does)
}

fn cases(json: &str) -> Vec<Value> {
    serde_json::from_str(json).unwrap()
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn store_at(jar: &mut CookieJar, url: &str, lines: &[&str], context: SiteContext, now: Now) {
    // A header with a NUL or line break can't be made: no answer with one gets this far.
    let values = lines.iter().filter_map(|line| HeaderValue::from_bytes(line.as_bytes()).ok());
    let headers: HeaderMap = values.map(|value| (SET_COOKIE, value)).collect();
    jar.store(&headers, &self::url(url), None, context, now);
}

fn store(jar: &mut CookieJar, url: &str, lines: &[&str]) {
    store_at(jar, url, lines, SiteContext::SameSite, NOW);
}

fn sent(jar: &mut CookieJar, url: &str) -> String {
    sent_at(jar, url, SiteContext::SameSite, NOW.at)
}

fn sent_at(jar: &mut CookieJar, url: &str, context: SiteContext, at: Micros) -> String {
    let header = jar.header(&self::url(url), None, context, at);
    header
        .map_or_else(String::new, |header| String::from_utf8_lossy(header.as_bytes()).into_owned())
}

/// What one address keeps of these lines.
fn kept(url: &str, lines: &[&str]) -> String {
    let mut jar = CookieJar::default();
    store(&mut jar, url, lines);
    sent(&mut jar, url)
}

#[test]
fn the_working_group_s_222_cases_come_out_as_in_chromium() {
    let cases = cases(include_str!("../../../../tests/data/cookies/parser.json"));
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case["test"].as_str().unwrap();
        let received: Vec<&str> = case["received"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line.as_str().unwrap())
            .collect();
        let page = url("http://home.example.org:8888/cookie-parser");
        let query = format!("/cookie-parser-result?{}", name.to_lowercase().replace('_', "-"));
        let to = page.join(case["sent-to"].as_str().unwrap_or(&query)).unwrap();
        let pairs = case["sent"].as_array().unwrap().iter().map(|pair| {
            let [name, value] = ["name", "value"].map(|key| pair[key].as_str().unwrap());
            if name.is_empty() { value.to_owned() } else { format!("{name}={value}") }
        });
        let expected =
            chromium(name).map_or_else(|| pairs.collect::<Vec<_>>().join("; "), str::to_owned);
        let mut jar = CookieJar::default();
        let lines: Vec<&str> =
            received.iter().map(|line| line.split('\r').next().unwrap()).collect();
        store(&mut jar, page.as_str(), &lines);
        let sent = sent(&mut jar, to.as_str());
        if sent != expected {
            wrong.push(format!("{name}: {received:?} sends {sent:?}, expected {expected:?}"));
        }
    }
    assert_eq!((cases.len(), wrong), (222, Vec::new()));
}

#[test]
fn the_working_group_s_70_dates_are_read() {
    let files = [
        include_str!("../../../../tests/data/cookies/dates-examples.json"),
        include_str!("../../../../tests/data/cookies/dates-bsd-examples.json"),
    ];
    let cases: Vec<Value> = files.iter().flat_map(|file| cases(file)).collect();
    let mut wrong = Vec::new();
    for case in &cases {
        let text = case["test"].as_str().unwrap();
        let expected = case["expected"].as_str().map(|date| {
            jiff::fmt::rfc2822::parse(&date.replace("GMT", "+0000"))
                .unwrap()
                .timestamp()
                .as_second()
        });
        let read = parse_date(text.as_bytes());
        let right = match chromium(text) {
            Some(_) => read.is_some_and(|date| date > 900_000_000_000),
            None => read == expected,
        };
        if !right {
            wrong.push(format!("{text:?} is {read:?}, expected {expected:?}"));
        }
    }
    assert_eq!((cases.len(), wrong), (70, Vec::new()));
}

#[test]
fn dates_beyond_the_cases_are_read_as_chromium_reads_them() {
    let at = |text: &str| Some(text.parse::<jiff::Timestamp>().unwrap().as_second());
    for (text, expected) in [
        ("Sun, 01 Jan 2030 24:00:00 GMT", None),
        ("Sun, 01 Jan 2030 23:59:60 GMT", None),
        ("Sun, 31 Feb 2030 10:00:00 GMT", None),
        ("Tue, 29 Feb 2028 10:00:00 GMT", at("2028-02-29T10:00:00Z")),
        ("Fri, 31 Dec 123456 23:59:59 GMT", None),
        ("Fri, 31 Dec 099 23:59:59 GMT", at("1999-12-31T23:59:59Z")),
        ("1 Jan 70 0:0:0", at("1970-01-01T00:00:00Z")),
        ("1 Jan 69 0:0:0", at("2069-01-01T00:00:00Z")),
        ("1 Jan 2030 10:20:30abc", at("2030-01-01T10:20:30Z")),
        ("1 Jan 2030 10:20:3x", at("2030-01-01T10:20:03Z")),
        ("1 Jan 2030 1:2:3:4", at("2030-01-01T01:02:03Z")),
        ("1 Jan 2030 001:02:03", None),
        ("1 Jan 2030 10:20", None),
        ("10:20:30 Jan 1 2030", at("2030-01-01T10:20:30Z")),
        ("2030 1 Jan 10:20:30", at("2030-01-01T10:20:30Z")),
        ("1st Jan 2030 10:20:30", None),
        ("01 Janx 2030x 10:20:30", at("2030-01-01T10:20:30Z")),
        ("30 Jan 1 10:20:30", at("2001-01-30T10:20:30Z")),
        ("1 Mayday 2030 10:20:30", at("2030-05-01T10:20:30Z")),
        ("2030-Jan-01 10:20:30", at("2030-01-01T10:20:30Z")),
        ("2030-01-01T10:20:30Z", None),
        ("1 Jan 2030 10: 20:30", None),
        ("1 Jan 2030 10:20:30 +0500", at("2030-01-01T10:20:30Z")),
        ("1 Jan 2030 11:22 10:20:30", at("2030-01-01T10:20:30Z")),
    ] {
        assert_eq!(parse_date(text.as_bytes()), expected, "{text}");
    }
    assert_eq!(parse_date(b"1 \xe4Jan 2030 10:20:30"), None);
}

#[test]
fn max_age_goes_before_expires_and_what_is_no_number_is_ignored() {
    let lines = [
        ("a", "Max-Age=9223372036854775807"),
        ("b", "Max-Age=99999999999999999999"),
        ("gone1", "Max-Age=-5"),
        ("d", "Max-Age="),
        ("e", "Max-Age=\"0\""),
        ("f", "Max-Age=2.63"),
        ("g", "Max-Age=0x5"),
        ("gone2", "Max-Age=-99999999999999999999"),
        ("gone3", "Max-Age=+0"),
        ("gone4", "Max-Age= 00 "),
        ("h", "Max-Age=-x"),
        ("gone5", "Max-Age=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT"),
        ("i", "Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"),
        ("gone6", "Max-Age=60; Max-Age=0"),
        ("j", "Max-Age=0; Max-Age=x"),
        ("k", "Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=x"),
        ("gone7", "Expires=\"Sun, 01-Jan-1995 01:00:00 GMT\""),
    ]
    .map(|(name, rest)| format!("{name}=1; {rest}"));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(
        kept("http://localhost/", &lines),
        "a=1; b=1; d=1; e=1; f=1; g=1; h=1; i=1; j=1; k=1"
    );
}

#[test]
fn a_cookie_expires_on_the_shopper_s_clock_whatever_the_shop_s_clock_says() {
    let mut jar = CookieJar::default();
    let headers = HeaderMap::from_iter([
        (SET_COOKIE, HeaderValue::from_static("a=1; Expires=Thu, 01 Jan 1998 00:01:00 GMT")),
        (SET_COOKIE, HeaderValue::from_static("b=1; Max-Age=10")),
        (DATE, HeaderValue::from_static("Thu, 01 Jan 1998 00:00:00 GMT")),
    ]);
    jar.store(&headers, &url("http://shop.example/"), None, SiteContext::SameSite, NOW);
    let mut at = |seconds| {
        let at = Micros::from_secs(seconds);
        sent_at(&mut jar, "http://shop.example/", SiteContext::SameSite, at)
    };
    assert_eq!([at(0), at(9), at(10), at(59), at(60)], ["a=1; b=1", "a=1; b=1", "a=1", "a=1", ""]);
    assert_eq!(jar.value("a", &url("http://shop.example/"), Micros::from_secs(60)), None);
}

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

#[test]
fn a_cookie_of_a_partition_is_seen_by_pages_of_its_site_alone() {
    let mut jar = CookieJar::default();
    let [shop, other, pay] =
        ["https://shop.test/", "https://other.test/", "https://pay.test/"].map(url);
    let mut store = |page: &Url, line: &'static str| {
        let headers = HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_static(line))]);
        jar.store(&headers, &pay, Some(page), SiteContext::CrossSite, NOW);
    };
    store(&shop, "p=1; Secure; SameSite=None; Partitioned");
    store(&other, "p=2; Secure; SameSite=None; Partitioned");
    store(&other, "q=1; Secure; SameSite=None");
    let mut sent = |page: &Url, context| {
        let header = jar.header(&pay, Some(page), context, NOW.at);
        header.map_or_else(String::new, |header| header.to_str().unwrap().to_owned())
    };
    let www = url("https://www.shop.test/cart");
    assert_eq!(sent(&shop, SiteContext::CrossSite), "p=1; q=1");
    assert_eq!(sent(&www, SiteContext::CrossSite), "p=1; q=1");
    assert_eq!(sent(&other, SiteContext::CrossSite), "p=2; q=1");
    assert_eq!(sent(&shop, SiteContext::CrossSiteNavigation), "q=1", "its own page is another");
}

#[test]
fn a_site_s_cookies_are_cleared_for_all_of_its_hosts() {
    let mut jar = CookieJar::default();
    store(&mut jar, "https://shop.test/", &["a=1", "b=1; Domain=shop.test"]);
    store(&mut jar, "https://www.shop.test/", &["c=1"]);
    store(&mut jar, "https://other.test/", &["d=1"]);
    assert_eq!(sent(&mut jar, "https://www.shop.test/"), "b=1; c=1");
    jar.clear_site(&url("https://www.shop.test/out"));
    let left = ["https://shop.test/", "https://www.shop.test/", "https://other.test/"];
    assert_eq!(left.map(|page| sent(&mut jar, page)), ["", "", "d=1"]);
}
