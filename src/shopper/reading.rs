//! An answer as the shopper reads it: values found in it, parsed at most once.
//!
//! Parsing JSON costs as much as several requests, and HTML more, so nothing is parsed before something
//! asks for it.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use http::HeaderMap;
use lol_html::{HtmlRewriter, Settings, element, end_tag, text};
use url::Url;

use crate::plan::{Extract, JsonPlace, Value};

/// A whole answer, read on demand.
pub struct Reading<'a> {
    status: u16,
    headers: &'a HeaderMap,
    body: &'a [u8],
    cookie: &'a dyn Fn(&str) -> Option<String>,
    url: Option<&'a Url>,
    first_location: Option<&'a str>,
    json: OnceCell<Option<serde_json::Value>>,
    /// How often the text was read for a single value.
    walks: Cell<u32>,
}

/// From so many walks through a document on, a tree of it is cheaper.
const MOST_WALKS: u32 = 3;

// === impl Reading ===

impl<'a> Reading<'a> {
    /// Reads the final answer of a step; `cookie` looks up a cookie that the shopper holds for its address.
    pub fn new(status: u16, headers: &'a HeaderMap, body: &'a [u8], cookie: &'a dyn Fn(&str) -> Option<String>) -> Reading<'a> {
        Reading { status, headers, body, cookie, url: None, first_location: None, json: OnceCell::new(), walks: Cell::new(0) }
    }

    /// The same, with the address that the answer is from, and where the first answer redirected to.
    pub fn at(self, url: &'a Url, first_location: Option<&'a str>) -> Reading<'a> {
        Reading { url: Some(url), first_location, ..self }
    }

    /// The address after redirects.
    pub fn url(&self) -> Option<&'a Url> {
        self.url
    }

    /// Where the first answer redirected to, if it did; no address where it is none.
    pub fn first_location(&self) -> Option<Option<Url>> {
        self.first_location.map(|location| Url::parse(location).ok())
    }

    /// The size of the body, decompressed, in bytes.
    pub fn size(&self) -> u64 {
        self.body.len() as u64
    }

    /// Whether the page has an element for the selector.
    pub fn has_element(&self, selector: &str) -> bool {
        let mut found = false;
        let handler = element!(selector, |_| {
            found = true;
            Err("found".into())
        });
        parse(self.body, Settings::new().append_element_content_handler(handler));
        found
    }

    /// Whether the body contains the text, as it is written or as a reader of the page sees it (`&#x27;` is `'`).
    pub fn says(&self, wanted: &str) -> bool {
        let text = self.text();
        text.contains(wanted)
            // Letters and digits of ASCII, and white space, are never written as entities by whoever escapes a page.
            || (wanted.contains(|c: char| !c.is_ascii_alphanumeric() && !c.is_ascii_whitespace())
                && text.contains('&')
                && html_escape::decode_html_entities(&text).contains(wanted))
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> Cow<'a, str> {
        // The check alone is several times as fast as the replacing reader, and nearly always enough.
        std::str::from_utf8(self.body).map_or_else(|_| String::from_utf8_lossy(self.body), Cow::Borrowed)
    }

    /// The body as a JSON document, if it is one.
    pub fn json(&self) -> Option<&serde_json::Value> {
        self.json.get_or_init(|| serde_json::from_slice(self.body).ok()).as_ref()
    }

    /// The value at a place of the body's JSON document, if it is one and has it.
    pub fn json_at(&self, place: &JsonPlace) -> Option<Cow<'_, serde_json::Value>> {
        if self.json.get().is_none() && self.walks.get() < MOST_WALKS {
            self.walks.set(self.walks.get() + 1);
            if let Some(found) = place.find_in(self.body) {
                return found.map(Cow::Owned);
            }
        }
        place.find(self.json()?).map(Cow::Borrowed)
    }

    /// A header of the answer, if it is there and readable.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What is found at a place in the answer.
    pub fn find(&self, place: &Extract) -> Option<Value> {
        let text = |found: &str| Value::Text(Rc::from(found));
        match place {
            Extract::Json(path) => Some(Value::Json(Rc::new(self.json_at(path)?.into_owned()))),
            Extract::Css { selector, attribute } => select(self.body, selector, attribute.as_deref()).map(|found| text(&found)),
            Extract::Regex(regex) => {
                let body = self.text();
                let groups = regex.captures(&body)?;
                groups.get(1).or_else(|| groups.get(0)).map(|found| text(found.as_str()))
            }
            Extract::Header(name) => self.header(name).map(text),
            Extract::Cookie(name) => (self.cookie)(name).map(|found| text(&found)),
        }
    }
}

/// The first element that `selector` matches: an attribute of it, or its text without the white space around it.
/// Entities are decoded. Reading stops once it is found.
fn select(html: &[u8], selector: &str, attribute: Option<&str>) -> Option<String> {
    // A handler that fails ends the parse: that is how reading stops once all is found.
    let mut value: Option<String> = None;
    if let Some(attribute) = attribute {
        let handler = element!(selector, |element| {
            value = element.get_attribute(attribute);
            if value.is_some() { Err("found".into()) } else { Ok(()) }
        });
        parse(html, Settings::new().append_element_content_handler(handler));
    } else {
        let content: RefCell<Option<String>> = RefCell::new(None);
        let begin = element!(selector, |element| {
            if content.borrow().is_none() {
                content.replace(Some(String::new()));
                element.on_end_tag(end_tag!(|_| Err("found".into())))?;
            }
            Ok(())
        });
        let collect = text!(selector, |chunk| {
            content.borrow_mut().get_or_insert_default().push_str(chunk.as_str());
            Ok(())
        });
        parse(html, Settings::new().append_element_content_handler(begin).append_element_content_handler(collect));
        value = content.into_inner();
    }
    value.map(|raw| html_escape::decode_html_entities(raw.trim()).trim().to_owned())
}

/// Runs the handlers over the page. A page that can't be parsed has nothing in it.
fn parse(html: &[u8], settings: Settings<'_, '_>) {
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
    if rewriter.write(html).is_ok() {
        // An error here means that a handler stopped at the very end, or that the page is cut: both are answers.
        drop(rewriter.end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::{Html, Selector};

    const PAGE: &str = r#"<!doctype html><html><body>
        <form action="/a"><input name=csrf value="x&amp;y"><input name=qty value=1></form>
        <p class="price">  <b>12</b>,50 &euro; </p><p class=price>99</p>
        <section>a<section>b</section>c</section><section>d</section><div class="empty"></div><a href="/p/1">one</a><a href="/p/2">two</a></body></html>"#;

    fn css(selector: &str, attribute: Option<&str>) -> Option<String> {
        select(PAGE.as_bytes(), selector, attribute)
    }

    #[test]
    fn a_selector_takes_the_first_match_as_a_full_parser_does() {
        let page = Html::parse_document(PAGE);
        for (selector, attribute) in [
            ("input[name=csrf]", Some("value")),
            ("form > input:nth-child(2)", Some("value")),
            ("p.price", None),
            ("a[href^='/p/']", Some("href")),
            ("a[href^='/p/']", None),
            ("div.empty", None),
            ("div.absent", None),
            ("section", None),
        ] {
            let oracle = page.select(&Selector::parse(selector).unwrap()).next().and_then(|element| match attribute {
                Some(name) => element.value().attr(name).map(str::to_owned),
                None => Some(element.text().collect::<String>().trim().to_owned()),
            });
            assert_eq!(css(selector, attribute), oracle, "{selector} {attribute:?}");
        }
    }

    #[test]
    fn values_are_found_in_every_kind_of_place() {
        let mut headers = HeaderMap::new();
        headers.insert("x-node", "n1".parse().unwrap());
        let cookie = |name: &str| (name == "sid").then(|| "c1".to_owned());
        let body = br#"{"a":[{"id":7},{"id":8}],"s":"t"}"#;
        let reading = Reading::new(200, &headers, body, &cookie);
        let found = |place: Extract| reading.find(&place).map(|value| value.as_text().into_owned());
        let json = |path: &str| Extract::Json(JsonPlace::parse(path).unwrap());
        assert_eq!(found(json("$.a[1].id")).as_deref(), Some("8"));
        assert_eq!(found(json("$.s")).as_deref(), Some("t"));
        assert_eq!(found(json("$.none")), None);
        assert_eq!(found(Extract::Header("x-node".into())).as_deref(), Some("n1"));
        assert_eq!(found(Extract::Cookie("sid".into())).as_deref(), Some("c1"));
        assert_eq!(found(Extract::Regex(regex::Regex::new(r#""id":(\d)"#).unwrap())).as_deref(), Some("7"));
        assert_eq!(found(Extract::Regex(regex::Regex::new("nothing").unwrap())), None);
    }

    #[test]
    fn a_body_that_is_no_json_has_no_json_in_it() {
        let headers = HeaderMap::new();
        let reading = Reading::new(200, &headers, b"<html>", &|_| None);
        assert_eq!(reading.find(&Extract::Json(JsonPlace::parse("$.a").unwrap())), None);
    }
}
