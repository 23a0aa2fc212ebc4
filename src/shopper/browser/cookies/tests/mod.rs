//! The jar against the parser cases of the http-state working group, and against what Chromium 148 was seen to do.

mod corpus;
mod dates;
mod rules;

use super::date::parse_date;
use super::{CookieJar, Now, SiteContext};
use crate::base::Micros;
use http::header::{DATE, HeaderMap, HeaderValue, SET_COOKIE};
use serde_json::Value;
use url::Url;

/// 2015: the cases have dates that were to come when they were written, and have passed since.
const NOW: Now = Now { at: Micros(0), unix_seconds: 1_420_070_400 };

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
