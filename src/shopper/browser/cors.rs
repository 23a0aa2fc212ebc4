//! What a page's script may ask of another origin (WHATWG Fetch, 3.3, 4.8 and 4.9), as Chromium holds it to that.
//!
//! Whether the script asks with cookies (`credentials: include`) stands in the shop's JavaScript, which nobody runs here. It is
//! told by what the shop allows: with cookies where it allows these, else without.

use http::Method;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::site::{is_trustworthy, relation};
use crate::base::Micros;

/// How long a preflight holds that does not say it.
const USUAL_AGE: Micros = Micros::from_secs(5);
/// The longest that Chromium remembers one.
const LONGEST_AGE: u64 = 7_200;
/// A longer value of a header needs a preflight.
const LONGEST_VALUE: usize = 128;
/// The methods and headers of requests that a form could make as well.
const SAFE_METHODS: [Method; 3] = [Method::GET, Method::HEAD, Method::POST];
const SAFE_HEADERS: [HeaderName; 3] =
    [header::ACCEPT, header::ACCEPT_LANGUAGE, header::CONTENT_LANGUAGE];
const SAFE_TYPES: [&str; 3] =
    ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
/// What no script may set, or what we add: a browser asks nobody for leave to send these.
const UNASKED: [&str; 26] = [
    "accept-charset",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "date",
    "dnt",
    "expect",
    "host",
    "keep-alive",
    "origin",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "user-agent",
    "x-load-test",
    "x-shopper",
    "traceparent",
    "tracestate",
];

/// Why a browser kept an answer from the page's script, or did not send the request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorsError {
    /// The preflight's answer has another status than 200 to 299.
    #[error("its preflight was answered {0}")]
    Status(u16),
    /// The answer does not say who may read it.
    #[error("the answer has no access-control-allow-origin, which has to be {0}")]
    NoOrigin(String),
    /// The answer is for somebody else.
    #[error("access-control-allow-origin is '{found}' and not '{page}'")]
    OtherOrigin {
        /// What the answer says.
        found: String,
        /// Who asked.
        page: String,
    },
    /// The preflight's answer does not allow the method.
    #[error("its preflight does not allow the method {0}")]
    Method(Method),
    /// The preflight's answer does not allow a header.
    #[error("its preflight does not allow the header {0}")]
    Header(String),
}

/// What a request needs to be allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CorsWish {
    method: Method,
    /// Names in lower case, sorted.
    headers: Vec<String>,
}

/// What a preflight's answer allows.
#[derive(Debug)]
struct Leave {
    /// Whether requests may carry cookies.
    with_cookies: bool,
    methods: Vec<String>,
    headers: Vec<String>,
}

/// The preflights that still hold.
#[derive(Debug, Default)]
pub(super) struct PreflightCache {
    known: Vec<Known>,
}

/// What one preflight allowed.
#[derive(Debug)]
struct Known {
    /// Who asked.
    page: HeaderValue,
    /// For what.
    url: String,
    leave: Leave,
    until: Micros,
}

// === impl CorsWish ===

impl CorsWish {
    /// What a script's request to another origin needs leave for; none if for nothing.
    pub(super) fn of(method: &Method, own: &HeaderMap, session: &HeaderMap) -> Option<CorsWish> {
        let all = session.iter().filter(|(name, _)| !own.contains_key(*name)).chain(own);
        let unsafe_ones = all.filter(|(name, value)| !is_safe(name, value));
        let mut headers: Vec<String> =
            unsafe_ones.map(|(name, _)| name.as_str().to_owned()).collect();
        headers.sort_unstable();
        headers.dedup();
        let needed = !headers.is_empty() || !SAFE_METHODS.contains(method);
        needed.then(|| CorsWish { method: method.clone(), headers })
    }

    /// The headers of the preflight of a request that has `sent`, in Chromium's order.
    pub(super) fn headers(&self, page: &Url, url: &Url, sent: &HeaderMap) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(16);
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        if let Ok(method) = self.method.as_str().parse() {
            headers.insert(header::ACCESS_CONTROL_REQUEST_METHOD, method);
        }
        if let Ok(names) = self.headers.join(",").parse()
            && !self.headers.is_empty()
        {
            headers.insert(header::ACCESS_CONTROL_REQUEST_HEADERS, names);
        }
        let copied = |name: HeaderName| sent.get(&name).cloned().map(|value| (name, value));
        let said = |name, value| (HeaderName::from_static(name), HeaderValue::from_static(value));
        headers.extend(copied(header::ORIGIN));
        headers.extend(copied(header::USER_AGENT));
        if is_trustworthy(url) {
            let site = relation(page, url).fetch_site();
            headers.extend([
                said("sec-fetch-mode", "cors"),
                said("sec-fetch-site", site),
                said("sec-fetch-dest", "empty"),
            ]);
        }
        headers.extend(copied(header::REFERER));
        headers.extend(copied(header::ACCEPT_ENCODING));
        headers.extend(copied(header::ACCEPT_LANGUAGE));
        // So that the shop can tell whose it is.
        headers.extend(copied(HeaderName::from_static("x-shopper")));
        headers.extend(copied(HeaderName::from_static("x-load-test")));
        headers
    }
}

/// Whether a form could send this header as well, or no script can.
fn is_safe(name: &HeaderName, value: &HeaderValue) -> bool {
    let text = name.as_str();
    if UNASKED.contains(&text) || text.starts_with("sec-") || text.starts_with("proxy-") {
        return true;
    }
    if value.len() > LONGEST_VALUE {
        return false;
    }
    if *name == header::CONTENT_TYPE {
        let kind = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
        let kind = kind.trim_ascii();
        return SAFE_TYPES.iter().any(|safe| kind.eq_ignore_ascii_case(safe.as_bytes()))
            && !value.as_bytes().iter().any(|byte| b"\"():<>?@[\\]{}\x7f".contains(byte));
    }
    SAFE_HEADERS.contains(name)
}

// === impl Leave ===

impl Leave {
    /// Reads the answer to a preflight.
    ///
    /// # Errors
    /// When it allows nothing to this page.
    fn read(status: u16, headers: &HeaderMap, page: &HeaderValue) -> Result<Leave, CorsError> {
        check_answer(headers, page)?;
        if !(200..300).contains(&status) {
            return Err(CorsError::Status(status));
        }
        let says_page = headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN) == Some(page);
        let allows = headers.get(header::ACCESS_CONTROL_ALLOW_CREDENTIALS);
        Ok(Leave {
            with_cookies: says_page && allows.is_some_and(|value| value == "true"),
            methods: words(headers, &header::ACCESS_CONTROL_ALLOW_METHODS),
            headers: words(headers, &header::ACCESS_CONTROL_ALLOW_HEADERS)
                .iter()
                .map(|word| word.to_ascii_lowercase())
                .collect(),
        })
    }

    /// Whether a request goes with cookies or without.
    ///
    /// # Errors
    /// When it may go in neither way: what is refused.
    fn grants(&self, wish: &CorsWish) -> Result<bool, CorsError> {
        if self.with_cookies && self.covers(wish, true).is_ok() {
            return Ok(true);
        }
        self.covers(wish, false).map(|()| false)
    }

    /// An asterisk stands for all that a request without cookies wants, but not for `authorization`.
    fn covers(&self, wish: &CorsWish, with_cookies: bool) -> Result<(), CorsError> {
        let any = |words: &[String]| !with_cookies && words.iter().any(|word| word == "*");
        let method = wish.method.as_str();
        if !SAFE_METHODS.contains(&wish.method)
            && !any(&self.methods)
            && !self.methods.iter().any(|word| word == method)
        {
            return Err(CorsError::Method(wish.method.clone()));
        }
        let refused = wish.headers.iter().find(|name| {
            !self.headers.contains(name)
                && (!any(&self.headers) || **name == header::AUTHORIZATION.as_str())
        });
        refused.map_or(Ok(()), |name| Err(CorsError::Header(name.clone())))
    }
}

// === impl PreflightCache ===

impl PreflightCache {
    /// Whether a request goes with cookies or without, where an earlier preflight allows it.
    pub(super) fn grants(
        &self,
        page: &HeaderValue,
        url: &Url,
        wish: &CorsWish,
        now: Micros,
    ) -> Option<bool> {
        let known = self.known.iter().find(|known| known.is_of(page, url))?;
        (now < known.until).then(|| known.leave.grants(wish).ok()).flatten()
    }

    /// Keeps what a preflight's answer allows, and says whether the request goes with cookies or without.
    ///
    /// # Errors
    /// When the answer does not allow the request.
    pub(super) fn learn(
        &mut self,
        page: &HeaderValue,
        url: &Url,
        wish: &CorsWish,
        (status, headers): (u16, &HeaderMap),
        now: Micros,
    ) -> Result<bool, CorsError> {
        self.known.retain(|known| now < known.until && !known.is_of(page, url));
        let leave = Leave::read(status, headers, page)?;
        let with_cookies = leave.grants(wish)?;
        let until = now.saturating_add(age(headers));
        let url = url[..url::Position::AfterQuery].to_owned();
        self.known.push(Known { page: page.clone(), url, leave, until });
        Ok(with_cookies)
    }
}

// === impl Known ===

impl Known {
    fn is_of(&self, page: &HeaderValue, url: &Url) -> bool {
        self.page == *page && self.url == url[..url::Position::AfterQuery]
    }
}

/// Whether a script of `page` may read this answer of another origin.
///
/// # Errors
/// Why not.
pub(super) fn check_answer(headers: &HeaderMap, page: &HeaderValue) -> Result<(), CorsError> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let said: Vec<&HeaderValue> =
        headers.get_all(header::ACCESS_CONTROL_ALLOW_ORIGIN).iter().collect();
    match said[..] {
        [] => Err(CorsError::NoOrigin(text(page))),
        [only] if only == "*" || only == page => Ok(()),
        _ => {
            let found = said.into_iter().map(text).collect::<Vec<_>>().join(", ");
            Err(CorsError::OtherOrigin { found, page: text(page) })
        }
    }
}

/// How long a preflight's answer holds.
fn age(headers: &HeaderMap) -> Micros {
    let said = headers.get(header::ACCESS_CONTROL_MAX_AGE).and_then(|value| value.to_str().ok());
    let seconds = said.and_then(|text| text.trim().parse::<i64>().ok());
    seconds.map_or(USUAL_AGE, |seconds| {
        Micros::from_secs(u64::try_from(seconds).unwrap_or(0).min(LONGEST_AGE))
    })
}

/// The words of a comma-separated list.
fn words(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|word| word.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn what_a_form_could_send_needs_no_leave() {
        let wish = |method, own: &[(&'static str, &'static str)]| {
            let wish =
                CorsWish::of(&method, &map(own), &map(&[("x-shopper", "s"), ("user-agent", "u")]));
            wish.map(|wish| format!("{} {}", wish.method, wish.headers.join(",")))
        };
        assert_eq!(wish(Method::GET, &[]), None);
        assert_eq!(wish(Method::POST, &[("content-type", "Text/Plain; charset=utf-8")]), None);
        assert_eq!(wish(Method::POST, &[("accept", "a/b"), ("cookie", "a=b")]), None);
        assert_eq!(wish(Method::PUT, &[]), Some("PUT ".to_owned()));
        assert_eq!(
            wish(Method::POST, &[("x-b", "1"), ("content-type", "application/json"), ("a", "2")]),
            Some("POST a,content-type,x-b".to_owned())
        );
    }

    #[test]
    fn a_preflight_allows_what_it_names_for_as_long_as_it_says() {
        let page = HeaderValue::from_static("http://shop.test");
        let url = Url::parse("http://api.test/cart#x").unwrap();
        let wish = CorsWish {
            method: Method::PUT,
            headers: vec!["authorization".to_owned(), "content-type".to_owned()],
        };
        let ask = |lines: &[(&'static str, &'static str)]| {
            let mut cache = PreflightCache::default();
            let learned = cache.learn(&page, &url, &wish, (200, &map(lines)), Micros(0));
            let holds_until = (0..7_300u64).find(|second| {
                cache.grants(&page, &url, &wish, Micros::from_secs(*second)).is_none()
            });
            learned.map(|with_cookies| (with_cookies, holds_until))
        };
        let origin = ("access-control-allow-origin", "http://shop.test");
        let cookies = ("access-control-allow-credentials", "true");
        let methods = ("access-control-allow-methods", "GET, PUT");
        let headers = ("access-control-allow-headers", "Content-Type,AUTHORIZATION");
        assert_eq!(ask(&[origin, cookies, methods, headers]), Ok((true, Some(5))));
        let aged = |age| ask(&[origin, methods, headers, ("access-control-max-age", age)]);
        assert_eq!(aged("60"), Ok((false, Some(60))));
        assert_eq!(aged("-1"), Ok((false, Some(0))));
        assert_eq!(aged("99999"), Ok((false, Some(7_200))));
        assert_eq!(aged("soon"), Ok((false, Some(5))));
        let any = ("access-control-allow-origin", "*");
        let all = ("access-control-allow-methods", "*");
        assert_eq!(ask(&[any, cookies, all, headers]), Ok((false, Some(5))));
        // Without cookies an asterisk stands for all: so the shop's page asks without.
        assert_eq!(ask(&[origin, cookies, all, headers]), Ok((false, Some(5))));
        let every = ("access-control-allow-headers", "*");
        let refused = |name: &str| Err(CorsError::Header(name.to_owned()));
        assert_eq!(ask(&[origin, methods, every]), refused("authorization"));
        assert_eq!(ask(&[origin, headers]), Err(CorsError::Method(Method::PUT)));
        assert_eq!(ask(&[methods]), Err(CorsError::NoOrigin("http://shop.test".to_owned())));
        let other = [("access-control-allow-origin", "http://www.shop.test")];
        assert!(matches!(ask(&other), Err(CorsError::OtherOrigin { .. })));
        let unread = PreflightCache::default().learn(
            &page,
            &url,
            &wish,
            (302, &map(&[origin, methods, headers])),
            Micros(0),
        );
        assert_eq!(unread, Err(CorsError::Status(302)));
    }
}
