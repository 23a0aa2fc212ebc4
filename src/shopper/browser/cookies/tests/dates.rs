use super::*;

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
