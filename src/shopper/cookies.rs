//! A shopper's cookies, as RFC 6265 has them. One jar for each shopper, so that no two share a basket.

use cookie_store::CookieStore;
use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use url::Url;

/// The cookies that one shopper holds.
#[derive(Debug, Default)]
pub struct Cookies {
    /// None until the first cookie: most of the work is not to do any for shops without cookies.
    store: Option<CookieStore>,
    changes: u64,
}

// === impl Cookies ===

impl Cookies {
    /// Takes the cookies that an answer from `url` sets, and drops those it deletes. Returns how many there were.
    pub fn take(&mut self, headers: &HeaderMap, url: &Url) -> usize {
        let before = self.changes;
        // A header that is not text, a foreign domain: ignored, as browsers do.
        for text in headers.get_all(SET_COOKIE).into_iter().filter_map(|value| std::str::from_utf8(value.as_bytes()).ok()) {
            let stored = self.store.get_or_insert_default().parse(text, url);
            self.changes += u64::from(stored.is_ok());
        }
        (self.changes - before) as usize
    }

    /// The `cookie` header of a request to `url`; none if no cookie belongs there.
    pub fn header(&self, url: &Url) -> Option<HeaderValue> {
        let mut text = String::new();
        for (name, value) in self.store.as_ref()?.get_request_values(url) {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(name);
            text.push('=');
            text.push_str(value);
        }
        if text.is_empty() { None } else { HeaderValue::from_maybe_shared(bytes::Bytes::from(text)).ok() }
    }

    /// The value of the cookie of this name that a request to `url` would carry.
    pub fn value(&self, name: &str, url: &Url) -> Option<&str> {
        self.store.as_ref()?.get_request_values(url).find(|(known, _)| *known == name).map(|(_, value)| value)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn setting(cookies: &[&str]) -> HeaderMap {
        cookies.iter().map(|text| (SET_COOKIE, HeaderValue::from_bytes(text.as_bytes()).unwrap())).collect()
    }

    #[test]
    fn values_are_kept_as_sent() {
        let mut jar = Cookies::default();
        let page = url("http://shop.example/checkout/");
        jar.take(&setting(&["basket=\"7:abc:x=y\"; Path=/; HttpOnly; SameSite=Lax", "csrf=a%20b; Path=/", "empty=; Path=/"]), &page);
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
            &setting(&["host=1", "domain=2; Domain=shop.example; Path=/", "safe=3; Secure; Path=/", "foreign=4; Domain=other.example"]),
            &url("https://www.shop.example/a/b"),
        );
        let names = |text: &str| {
            let header = jar.header(&url(text)).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
            let mut names: Vec<String> = header.split("; ").filter_map(|pair| pair.split('=').next()).map(str::to_owned).collect();
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
    fn an_answer_without_cookies_makes_no_jar() {
        let mut jar = Cookies::default();
        assert_eq!(jar.take(&HeaderMap::new(), &url("http://shop.example/")), 0);
        assert!(jar.store.is_none());
    }
}
