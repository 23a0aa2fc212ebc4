//! An answer as the shopper reads it: values found in it, parsed at most once.
//!
//! Parsing JSON costs as much as several requests, and HTML more, so nothing is parsed before something
//! asks for it.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use http::HeaderMap;
use url::Url;

use super::charset::{self, TextKind};
use super::{json, visible};
use crate::base::Micros;
use crate::capture::{JsonPlace, ResponseView, html};
use crate::shopper::browser::sniff::document_type;

/// A whole answer, read on demand.
pub struct Response<'a> {
    status: u16,
    headers: &'a HeaderMap,
    body: &'a [u8],
    cookie: &'a dyn Fn(&str) -> Option<String>,
    url: Option<&'a Url>,
    first_location: Option<&'a str>,
    redirects: &'a [HeaderMap],
    text: OnceCell<Cow<'a, str>>,
    /// The text as its reader sees it.
    visible: OnceCell<String>,
    json: OnceCell<Option<serde_json::Value>>,
    /// How often the text was read for a single value.
    walks: Cell<u32>,
}

/// From this many walks through a document on, a tree of it is cheaper.
const MOST_WALKS: u32 = 3;

/// When and where a waiting page wants to be asked for again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refresh {
    /// After this long.
    pub after: Micros,
    /// Where; the page itself if nowhere else.
    pub to: Option<String>,
}

// === impl Refresh ===

impl Refresh {
    /// What is written as `5` or `5; url=/done` (WHATWG HTML, 4.2.5.3).
    fn read(written: &str) -> Option<Refresh> {
        let written = written.trim();
        let end = written.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(written.len());
        let (seconds, rest) = written.split_at(end);
        // Parts of a second are cut off, as browsers do.
        let seconds = seconds.split('.').next().unwrap_or_default();
        let seconds: u64 = if seconds.is_empty() && end > 0 { 0 } else { seconds.parse().ok()? };
        let rest = rest.trim_start().trim_start_matches([';', ',']).trim_start();
        let named = rest
            .get(..3)
            .filter(|name| name.eq_ignore_ascii_case("url"))
            .and_then(|_| rest[3..].trim_start().strip_prefix('='));
        let to = named.unwrap_or(rest).trim().trim_matches(['"', '\'']);
        Some(Refresh {
            after: Micros::from_secs(seconds.min(86_400)),
            to: (!to.is_empty()).then(|| to.to_owned()),
        })
    }
}

// === impl Response ===

impl<'a> Response<'a> {
    /// Reads the final answer of a step; `cookie` looks up a cookie that the shopper holds for its address.
    pub fn new(
        status: u16,
        headers: &'a HeaderMap,
        body: &'a [u8],
        cookie: &'a dyn Fn(&str) -> Option<String>,
    ) -> Response<'a> {
        Response {
            status,
            headers,
            body,
            cookie,
            url: None,
            first_location: None,
            redirects: &[],
            text: OnceCell::new(),
            visible: OnceCell::new(),
            json: OnceCell::new(),
            walks: Cell::new(0),
        }
    }

    /// The same, with the address that the answer is from, and where the first answer redirected to.
    pub fn at(self, url: &'a Url, first_location: Option<&'a str>) -> Response<'a> {
        Response { url: Some(url), first_location, ..self }
    }

    /// The same, with the headers of the answers that redirected here.
    pub fn after(self, redirects: &'a [HeaderMap]) -> Response<'a> {
        Response { redirects, ..self }
    }

    /// When and where the page wants to be asked for again: by its `refresh` header, or else the meta element that stands for it.
    pub fn refresh(&self) -> Option<Refresh> {
        let written = match self.header("refresh") {
            Some(written) => written.into_owned(),
            None => html::select(self.text(), "meta[http-equiv=refresh i]", Some("content"))?,
        };
        Refresh::read(&written)
    }

    /// Whether a reader of the page sees the text. What has a tag in it is looked for in the source.
    fn is_seen(&self, wanted: &str) -> bool {
        let text = self.text();
        match self.kind() {
            TextKind::Html | TextKind::Xml if wanted.contains(['<', '>']) => text.contains(wanted),
            TextKind::Html | TextKind::Xml => self.visible().contains(visible::fold(wanted).trim()),
            TextKind::Json | TextKind::Other => {
                text.contains(wanted)
                    || self.says_by_source(wanted)
                    || visible::fold(text).contains(visible::fold(wanted).trim())
            }
        }
    }

    /// Whether the source has the text once its escapes are undone.
    fn says_by_source(&self, wanted: &str) -> bool {
        let text = self.text();
        let in_json = || self.kind() == TextKind::Json && json::unescape(text).contains(wanted);
        // Letters and digits of ASCII, and white space, are never written as entities by whoever escapes a page.
        let escapable = |c: char| !c.is_ascii_alphanumeric() && !c.is_ascii_whitespace();
        wanted.contains(escapable)
            && (in_json()
                || (text.contains('&') && html_escape::decode_html_entities(text).contains(wanted)))
    }

    fn visible(&self) -> &str {
        self.visible.get_or_init(|| visible::visible(self.text()))
    }

    fn kind(&self) -> TextKind {
        TextKind::of(self.content_type(), self.body)
    }

    fn content_type(&self) -> Option<&[u8]> {
        document_type(self.headers)
    }
}

impl ResponseView for Response<'_> {
    fn status(&self) -> u16 {
        self.status
    }

    fn url(&self) -> Option<&Url> {
        self.url
    }

    fn first_location(&self) -> Option<Option<Url>> {
        self.first_location.map(|location| Url::parse(location).ok())
    }

    fn size(&self) -> u64 {
        self.body.len() as u64
    }

    fn says(&self, wanted: &str) -> bool {
        self.text().contains(wanted) || self.says_by_source(wanted) || self.is_seen(wanted)
    }

    fn shows(&self, unwanted: &str) -> bool {
        let words = unwanted.split(|c: char| !c.is_ascii_alphanumeric());
        let longest = words.max_by_key(|word| word.len()).unwrap_or_default();
        self.text().contains(longest) && self.is_seen(unwanted)
    }

    fn matches(&self, regex: &regex::Regex) -> bool {
        regex.is_match(self.text())
            || (matches!(self.kind(), TextKind::Html | TextKind::Xml)
                && regex.is_match(self.visible()))
    }

    fn text(&self) -> &str {
        self.text.get_or_init(|| charset::text(self.content_type(), self.body))
    }

    fn json(&self) -> Option<&serde_json::Value> {
        self.json.get_or_init(|| json::read(self.body)).as_ref()
    }

    fn json_at(&self, place: &JsonPlace) -> Option<Cow<'_, serde_json::Value>> {
        if self.json.get().is_none() && self.walks.get() < MOST_WALKS {
            self.walks.set(self.walks.get() + 1);
            if let Some(found) = place.find_in(self.body) {
                return found.map(Cow::Owned);
            }
        }
        place.find(self.json()?).map(Cow::Borrowed)
    }

    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(header_text(self.headers.get(name)?.as_bytes()))
    }

    fn redirect_header(&self, name: &str) -> Option<Cow<'_, str>> {
        let found = self.redirects.iter().rev().find_map(|headers| headers.get(name))?;
        Some(header_text(found.as_bytes()))
    }

    fn cookie(&self, name: &str) -> Option<String> {
        (self.cookie)(name)
    }
}

/// The text of a header's bytes.
fn header_text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header};

    use super::*;
    use crate::capture::KINDS;
    use crate::plan::{Extract, Pick};

    const PAGE: &str = r#"<!doctype html><html><body>
        <form action="/a"><input name=csrf value="x&amp;y"><input name=qty value=1></form>
        <p class="price">  <b>12</b>,50 &euro; </p><p class=price>99</p>
        <section>a<section>b</section>c</section><section>d</section><div class="empty"></div><a href="/p/1">one</a><a href="/p/2">two</a></body></html>"#;

    fn capture(key: &str, pattern: &str, attribute: Option<&str>, pick: Pick) -> Extract {
        let kind = KINDS.iter().find(|kind| kind.key == key).unwrap();
        Extract { capture: (kind.compile)(pattern, attribute).unwrap(), pick, default: None }
    }

    fn first(key: &str, pattern: &str) -> Extract {
        capture(key, pattern, None, Pick::First)
    }

    #[test]
    fn values_are_found_in_every_kind_of_place() {
        let mut headers = HeaderMap::new();
        headers.insert("x-node", "n1".parse().unwrap());
        let bytes = |text: &[u8]| HeaderValue::from_bytes(text).unwrap();
        headers.insert("x-utf-8", bytes("Größe".as_bytes()));
        headers.insert("x-latin-1", bytes(b"Gr\xf6\xdfe"));
        let cookie = |name: &str| (name == "sid").then(|| "c1".to_owned());
        let body = br#"{"a":[{"id":7},{"id":8}],"s":"t"}"#;
        let reading = Response::new(200, &headers, body, &cookie);
        let found =
            |place: Extract| place.find(&reading, &|| 0).map(|value| value.as_text().into_owned());
        assert_eq!(found(first("json", "$.a[1].id")).as_deref(), Some("8"));
        assert_eq!(found(first("json", "$.s")).as_deref(), Some("t"));
        assert_eq!(found(first("json", "$.none")), None);
        assert_eq!(found(first("header", "x-node")).as_deref(), Some("n1"));
        assert_eq!(found(first("header", "x-utf-8")).as_deref(), Some("Größe"));
        assert_eq!(found(first("header", "x-latin-1")).as_deref(), Some("Größe"));
        assert_eq!(found(first("cookie", "sid")).as_deref(), Some("c1"));
        assert_eq!(found(first("regex", r#""id":(\d)"#)).as_deref(), Some("7"));
        assert_eq!(found(first("regex", "nothing")), None);
    }

    #[test]
    fn a_waiting_page_says_when_and_where_to_ask_again() {
        let refresh = |body: &str| {
            Response::new(200, &HeaderMap::new(), body.as_bytes(), &|_| None).refresh()
        };
        let to = |seconds, to: Option<&str>| {
            Some(Refresh { after: Micros::from_secs(seconds), to: to.map(str::to_owned) })
        };
        assert_eq!(
            refresh(r#"<meta http-equiv="Refresh" content="2; URL='/wait?n=1&amp;m=2'">"#),
            to(2, Some("/wait?n=1&m=2"))
        );
        assert_eq!(refresh("<META HTTP-EQUIV=refresh CONTENT=5>"), to(5, None));
        assert_eq!(
            refresh(r#"<meta http-equiv=refresh content=".5,/done">"#),
            to(0, Some("/done"))
        );
        assert_eq!(
            (
                refresh("<meta name=refresh content=5>"),
                refresh("<meta http-equiv=refresh content=soon>")
            ),
            (None, None)
        );
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("refresh"),
            http::HeaderValue::from_static("1;url=/x"),
        )]);
        assert_eq!(Response::new(200, &headers, b"", &|_| None).refresh(), to(1, Some("/x")));
    }

    #[test]
    fn of_several_the_last_or_any_is_taken() {
        let (headers, body) = (HeaderMap::new(), br#"{"a":[{"id":7},{"id":8}],"s":"t"}"#);
        let pages = [
            Response::new(200, &headers, PAGE.as_bytes(), &|_| None),
            Response::new(200, &headers, body, &|_| None),
        ];
        let found = |page: usize, bits: u64, place: Extract| {
            let value = place.find(&pages[page], &|| bits);
            value.map_or_else(|| "nothing".to_owned(), |value| value.as_text().into_owned())
        };
        assert_eq!(found(0, 0, capture("css", "a", Some("href"), Pick::Last)), "/p/2");
        assert_eq!(
            [0, u64::MAX].map(|bits| found(0, bits, capture("css", "a", None, Pick::Random))),
            ["one", "two"]
        );
        assert_eq!(found(0, 0, capture("css", "section", None, Pick::Last)), "d");
        assert_eq!(found(0, 5, capture("css", "b i", None, Pick::Random)), "nothing");
        assert_eq!(found(1, 0, capture("json", "$.a[*].id", None, Pick::Last)), "8");
        assert_eq!(found(1, 0, capture("regex", r#""id":(\d)"#, None, Pick::Last)), "8");
    }

    #[test]
    fn a_text_is_in_the_source_or_seen_and_only_what_is_seen_is_held_against_a_page() {
        let page = "<p class=alert>Thank\n you for your <b>order</b>: 12,50&nbsp;&euro;</p><script>'sold out'</script>";
        let json = r#"{"message":"Gr\u00f6\u00dfe nicht da"}"#;
        for (body, text, says, shows) in [
            (page, "Thank you for your order", true, true),
            (page, "12,50 €", true, true),
            (page, "your <b>order</b>", true, true),
            (page, "class=alert", true, false),
            (page, "sold out", true, false),
            (page, "Thanks", false, false),
            (json, "Größe nicht", true, true),
            (json, "Groesse", false, false),
            ("two\u{a0} spaces", "two spaces", true, true),
        ] {
            let headers = HeaderMap::new();
            let response = Response::new(200, &headers, body.as_bytes(), &|_| None);
            assert_eq!((response.says(text), response.shows(text)), (says, shows), "{text}");
        }
    }

    #[test]
    fn a_page_is_read_in_its_encoding_by_all_who_look_into_it() {
        let (body, ..) = encoding_rs::WINDOWS_1252.encode("<b id=n>Müller</b>");
        let kind = HeaderValue::from_static("text/html; charset=iso-8859-1");
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, kind)]);
        let response = Response::new(200, &headers, &body, &|_| None);
        let places = [(first("css", "#n"), "Müller"), (first("regex", "M(ü)ller"), "ü")];
        for (place, expected) in places {
            assert_eq!(place.find(&response, &|| 0).unwrap().as_text(), expected);
        }
        assert!(response.says("Müller"));
    }

    #[test]
    fn a_body_that_is_no_json_has_no_json_in_it() {
        let headers = HeaderMap::new();
        let reading = Response::new(200, &headers, b"<html>", &|_| None);
        assert_eq!(first("json", "$.a").find(&reading, &|| 0), None);
    }
}
