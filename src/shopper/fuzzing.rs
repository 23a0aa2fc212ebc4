//! What must hold of whatever a shop sends, for [`crate::fuzzing`].

use std::cell::Cell;

use bytes::Bytes;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};
use url::Url;

use super::browser::cookies::{CookieJar, Now, SiteContext, parse_date};
use super::browser::session::Document;
use super::request::form::{FormPage, submit};
use super::response::price::minor_units;
use crate::base::{Micros, VarId};
use crate::plan::{
    Body, Method, MoneyUnit, Pick, Request, Submit, Template, TemplateScope, Templates, Value,
};

pub use super::transport::fuzzing::http1_answer;

struct NoScope(Cell<u64>);

impl TemplateScope for NoScope {
    fn value(&self, _: VarId) -> Option<&Value> {
        None
    }

    fn next_bits(&self) -> u64 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}

fn literal(text: &str) -> Template {
    Template::Literal(text.to_owned())
}

/// A page's form is filled and submitted, or said to be missing. The first byte is the charset and what is filled in.
pub fn form(bytes: &[u8]) {
    const CHARSETS: [&str; 4] = ["utf-8", "windows-1252", "shift_jis", "utf-16le"];
    let Some((&choice, page)) = bytes.split_first() else { return };
    let content_type =
        format!("text/html; charset={}", CHARSETS[usize::from(choice) % CHARSETS.len()]);
    let page = Document {
        url: Url::parse("http://shop.example/checkout/pay?step=2#card").expect("an address"),
        content_type: HeaderValue::try_from(content_type).expect("a header"),
        body: Bytes::copy_from_slice(page),
    };
    let filled = |fields: &[(&str, &str)]| {
        fields.iter().map(|(name, value)| (literal(name), vec![literal(value)])).collect()
    };
    let wanted = match choice / 4 % 3 {
        0 => Submit::default(),
        1 => Submit {
            fields: filled(&[("email", "a@b.example"), ("quantity", "2")]),
            extra: vec![(literal("extra"), literal("1"))],
            ..Submit::default()
        },
        _ => {
            Submit { css: Some("form[action]".to_owned()), pick: Pick::Random, ..Submit::default() }
        }
    };
    let step = Request {
        method: Method::Post,
        url: literal("/"),
        headers: Vec::new(),
        auth: None,
        body: Body::Empty,
    };
    let scope = NoScope(Cell::new(1));
    let page = FormPage::read(&page, wanted.css.as_deref());
    match submit(&step, &wanted, Some(&page), &Templates::default(), &scope) {
        Ok(submission) => assert!(Url::parse(&submission.request.url).is_ok()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A price is a count of minor units, or none. The first byte is the currency's decimals and the unit.
pub fn price(bytes: &[u8]) {
    let Some((&choice, text)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(text);
    let decimals = u32::from(choice % 5);
    let unit = [None, Some(MoneyUnit::Minor), Some(MoneyUnit::Major)][usize::from(choice / 5 % 3)];
    let read = minor_units(&Value::text(&text), unit, decimals);
    let padded = minor_units(&Value::text(&format!(" {text}\n")), unit, decimals);
    assert_eq!(read, padded, "white space changes a price: {text:?}");
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(&text) {
        let minor =
            minor_units(&Value::Json(json.clone().into()), Some(MoneyUnit::Minor), decimals);
        if let Some(whole) = json.as_u64() {
            assert_eq!(minor.map(|minor| minor.0), Some(whole), "{text:?}");
        }
    }
}

/// Cookies are kept within their bounds, and sent as one header. Each line is a `Set-Cookie`.
pub fn cookie(bytes: &[u8]) {
    let url = Url::parse("https://www.shop.example/checkout/pay").expect("an address");
    let mut jar = CookieJar::default();
    let mut at = Micros(1);
    for line in bytes.split(|byte| *byte == b'\n') {
        let Ok(value) = HeaderValue::from_bytes(line) else { continue };
        let headers = HeaderMap::from_iter([(SET_COOKIE, value)]);
        let now = Now { at, unix_seconds: 1_700_000_000 + (at.0 / 1_000_000) as i64 };
        let first = jar.store(&headers, &url, None, SiteContext::SameSite, now);
        let once = jar.header(&url, None, SiteContext::SameSite, at);
        let second = jar.store(&headers, &url, None, SiteContext::SameSite, now);
        assert_eq!(first.min(1), second.min(1), "a cookie is taken once and refused again");
        assert_eq!(
            once,
            jar.header(&url, None, SiteContext::SameSite, at),
            "the same cookie again"
        );
        at = Micros(at.0 + 30_000_000);
    }
    for context in [SiteContext::SameSite, SiteContext::CrossSite] {
        let sent = jar.header(&url, None, context, at);
        let pairs = sent.as_ref().map_or(0, |sent| sent.as_bytes().split(|b| *b == b';').count());
        assert!(pairs <= 180, "{pairs} cookies of one domain");
    }
}

/// A date is a moment or none, whatever the case of its letters.
pub fn cookie_date(bytes: &[u8]) {
    let read = parse_date(bytes);
    assert_eq!(read, parse_date(&bytes.to_ascii_uppercase()));
    // From the year 100, as fewer digits stand for others, to the end of five digits.
    assert!(read.is_none_or(|seconds| (-59_011_459_200..=3_093_527_980_799).contains(&seconds)));
}
