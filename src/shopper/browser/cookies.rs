//! A shopper's cookies, as RFC 6265 has them. One jar for each shopper, so that no two share a basket.

use cookie_store::{CookieExpiration, CookieStore};
use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use url::Url;

/// The cookies that one shopper holds.
#[derive(Debug, Default)]
pub struct Cookies {
    /// None until the first cookie: most of the work is not to do any for shops without cookies.
    store: Option<CookieStore>,
    changes: u64,
    /// The header last made, where it holds for more than its address.
    ready: Option<Ready>,
}

/// The `cookie` header of all requests to a host, for as long as no cookie changes: a shop's cookies are nearly always for all of its
/// paths, and matching them to each request costs more than sending them.
#[derive(Debug)]
struct Ready {
    changes: u64,
    scheme: String,
    host: String,
    /// When the first of the cookies expires.
    expires: CookieExpiration,
    header: Option<HeaderValue>,
}

// === impl Cookies ===

impl Cookies {
    /// Takes the cookies that an answer from `url` sets, and drops those it deletes. Returns how many there were.
    pub fn take(&mut self, headers: &HeaderMap, url: &Url) -> usize {
        let before = self.changes;
        // A header that is not text, a foreign domain: ignored, as browsers do.
        for text in headers
            .get_all(SET_COOKIE)
            .into_iter()
            .filter_map(|value| std::str::from_utf8(value.as_bytes()).ok())
        {
            let stored = self.store.get_or_insert_default().parse(text, url);
            self.changes += u64::from(stored.is_ok());
        }
        (self.changes - before) as usize
    }

    /// The `cookie` header of a request to `url`; none if no cookie belongs there.
    pub fn header(&mut self, url: &Url) -> Option<HeaderValue> {
        let store = self.store.as_ref()?;
        if let Some(ready) = &self.ready
            && ready.changes == self.changes
            && ready.scheme == url.scheme()
            && Some(&*ready.host) == url.host_str()
            && !ready.expires.is_expired()
        {
            return ready.header.clone();
        }
        let header = written(store, url);
        self.ready = store.iter_any().all(|cookie| &*cookie.path == "/").then(|| Ready {
            changes: self.changes,
            scheme: url.scheme().to_owned(),
            host: url.host_str().unwrap_or_default().to_owned(),
            expires: first_to_expire(store),
            header: header.clone(),
        });
        header
    }

    /// The value of the cookie of this name that a request to `url` would carry.
    pub fn value(&self, name: &str, url: &Url) -> Option<&str> {
        self.store
            .as_ref()?
            .get_request_values(url)
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// Counts the cookies ever set: while it stands still, the jar has not changed.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Drops all cookies.
    pub fn clear(&mut self) {
        self.store = None;
        self.changes += 1;
    }
}

/// The cookies that belong to `url`, as a header has them.
fn written(store: &CookieStore, url: &Url) -> Option<HeaderValue> {
    let mut text = String::with_capacity(64);
    for (name, value) in store.get_request_values(url) {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    if text.is_empty() {
        None
    } else {
        HeaderValue::from_maybe_shared(bytes::Bytes::from(text)).ok()
    }
}

/// When the first of the cookies expires that has not done so yet.
fn first_to_expire(store: &CookieStore) -> CookieExpiration {
    let moments = store.iter_unexpired().filter_map(|cookie| match cookie.expires {
        CookieExpiration::AtUtc(moment) => Some(moment),
        CookieExpiration::SessionEnd => None,
    });
    moments.min().map_or(CookieExpiration::SessionEnd, CookieExpiration::AtUtc)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn setting(cookies: &[&str]) -> HeaderMap {
        cookies
            .iter()
            .map(|text| (SET_COOKIE, HeaderValue::from_bytes(text.as_bytes()).unwrap()))
            .collect()
    }

    #[test]
    fn values_are_kept_as_sent() {
        let mut jar = Cookies::default();
        let page = url("http://shop.example/checkout/");
        jar.take(
            &setting(&[
                "basket=\"7:abc:x=y\"; Path=/; HttpOnly; SameSite=Lax",
                "csrf=a%20b; Path=/",
                "empty=; Path=/",
            ]),
            &page,
        );
        let sent = jar.header(&url("http://shop.example/cart")).unwrap();
        let mut pairs: Vec<&str> = sent.to_str().unwrap().split("; ").collect();
        pairs.sort_unstable();
        assert_eq!(pairs, ["basket=\"7:abc:x=y\"", "csrf=a%20b", "empty="]);
        assert_eq!(jar.value("basket", &page), Some("\"7:abc:x=y\""));
    }

    #[test]
    fn max_age_zero_deletes() {
        let mut jar = Cookies::default();
        let page = url("http://shop.example/");
        jar.take(&setting(&["session=1; Path=/"]), &page);
        assert!(jar.header(&page).is_some());
        jar.take(&setting(&["session=; Path=/; Max-Age=0"]), &page);
        assert_eq!(jar.header(&page), None);
        assert_eq!(jar.value("session", &page), None);
    }

    #[test]
    fn cookies_go_where_they_belong() {
        let mut jar = Cookies::default();
        jar.take(
            &setting(&[
                "host=1",
                "domain=2; Domain=shop.example; Path=/",
                "safe=3; Secure; Path=/",
                "foreign=4; Domain=other.example",
            ]),
            &url("https://www.shop.example/a/b"),
        );
        let mut names = |text: &str| {
            let header = jar
                .header(&url(text))
                .map(|value| value.to_str().unwrap().to_owned())
                .unwrap_or_default();
            let mut names: Vec<String> = header
                .split("; ")
                .filter_map(|pair| pair.split('=').next())
                .map(str::to_owned)
                .collect();
            names.sort_unstable();
            names.join(" ")
        };
        assert_eq!(names("https://www.shop.example/a/c"), "domain host safe");
        assert_eq!(names("https://www.shop.example/"), "domain safe");
        assert_eq!(names("http://www.shop.example/a/"), "domain host");
        assert_eq!(names("https://pay.shop.example/a/"), "domain");
        assert_eq!(names("https://other.example/a/"), "");
    }

    #[test]
    fn a_header_that_is_kept_is_made_anew_for_another_host_or_scheme_and_after_a_change() {
        let mut jar = Cookies::default();
        let page = url("https://shop.example/");
        jar.take(&setting(&["a=1; Path=/; Max-Age=600", "safe=2; Path=/; Secure"]), &page);
        let sent = |jar: &mut Cookies, text: &str| {
            let header = jar
                .header(&url(text))
                .map(|value| value.to_str().unwrap().to_owned())
                .unwrap_or_default();
            let mut pairs: Vec<String> = header.split("; ").map(str::to_owned).collect();
            pairs.sort_unstable();
            pairs.join(" ")
        };
        assert_eq!(sent(&mut jar, "https://shop.example/"), "a=1 safe=2");
        assert!(jar.ready.is_some());
        assert_eq!(sent(&mut jar, "https://shop.example/cart"), "a=1 safe=2");
        assert_eq!(sent(&mut jar, "http://shop.example/"), "a=1");
        assert_eq!(sent(&mut jar, "https://other.example/"), "");
        jar.take(&setting(&["a=3; Path=/"]), &page);
        assert_eq!(sent(&mut jar, "https://shop.example/"), "a=3 safe=2");
        jar.take(&setting(&["here=4; Path=/cart"]), &page);
        assert_eq!(sent(&mut jar, "https://shop.example/cart"), "a=3 here=4 safe=2");
        assert!(jar.ready.is_none(), "another path would have another header");
        assert_eq!(sent(&mut jar, "https://shop.example/"), "a=3 safe=2");
    }

    #[test]
    fn a_cookie_that_has_expired_is_not_kept_in_the_header() {
        let mut jar = Cookies::default();
        let page = url("http://shop.example/");
        jar.take(&setting(&["a=1; Path=/", "b=2; Path=/; Max-Age=1"]), &page);
        assert!(jar.header(&page).unwrap().to_str().unwrap().contains("b=2"));
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        assert_eq!(jar.header(&page).unwrap(), "a=1");
    }

    #[test]
    fn an_answer_without_cookies_makes_no_jar() {
        let mut jar = Cookies::default();
        assert_eq!(jar.take(&HeaderMap::new(), &url("http://shop.example/")), 0);
        assert!(jar.store.is_none());
    }
}
