//! The page that a shopper is on, as far as the requests that come from it depend on it.

use std::cell::RefCell;
use std::rc::Rc;

use lol_html::{HtmlRewriter, Settings, element};
use memchr::memmem;
use url::Url;

use super::referrer::ReferrerPolicy;
use crate::shopper::transport::WireResponse;

/// One of these stands in a page that says anything of referrers. Nearly none does, and reading HTML costs more than a request.
const OF_REFERRERS: [&[u8]; 2] = [b"eferrer", b"EFERRER"];

/// The page that a shopper is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CurrentPage {
    pub(crate) url: Rc<Url>,
    /// How much its requests say of it.
    pub(crate) policy: ReferrerPolicy,
    /// What its links are relative to, where that is not its own address.
    pub(crate) base: Option<Rc<Url>>,
}

// === impl CurrentPage ===

impl CurrentPage {
    /// What an answer from `url` says of its links.
    pub(super) fn read(answer: &WireResponse, url: Rc<Url>, follows_links: bool) -> CurrentPage {
        let policy = ReferrerPolicy::from_headers(&answer.headers);
        let of_referrers =
            || OF_REFERRERS.iter().any(|word| memmem::find(&answer.body, word).is_some());
        let of_links = follows_links && has_base(&answer.body);
        if !of_links && !of_referrers() {
            return CurrentPage { url, policy: policy.unwrap_or_default(), base: None };
        }
        let (base, meta) = (RefCell::new(None), RefCell::new(None));
        let settings = Settings::new()
            .append_element_content_handler(element!("base[href]", |element| {
                if base.borrow().is_none() {
                    base.replace(element.get_attribute("href"));
                }
                Ok(())
            }))
            .append_element_content_handler(element!("meta[name=referrer i]", |element| {
                let word = element.get_attribute("content").unwrap_or_default();
                if let Some(policy) = ReferrerPolicy::from_meta(&word) {
                    meta.replace(Some(policy));
                }
                Ok(())
            }));
        let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
        if rewriter.write(&answer.body).is_ok() {
            // A page that is cut short says what it says.
            drop(rewriter.end());
        } else {
            drop(rewriter);
        }
        let href = base.into_inner();
        let base = href.and_then(|href| url.join(&html_escape::decode_html_entities(&href)).ok());
        let base = base.filter(|base| !matches!(base.scheme(), "data" | "javascript"));
        let policy = meta.into_inner().or(policy).unwrap_or_default();
        CurrentPage { url, policy, base: base.map(Rc::new) }
    }

    /// What its links are relative to.
    pub(crate) fn base(&self) -> &Url {
        self.base.as_ref().unwrap_or(&self.url)
    }
}

/// Whether a `base` element may be in it, in letters of any case.
fn has_base(html: &[u8]) -> bool {
    memchr::memchr_iter(b'<', html)
        .any(|at| html.get(at + 1..at + 5).is_some_and(|tag| tag.eq_ignore_ascii_case(b"base")))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode, Version};

    use super::*;

    fn read(html: &'static str) -> (String, ReferrerPolicy) {
        let answer = WireResponse {
            status: StatusCode::OK,
            version: Version::HTTP_11,
            headers: HeaderMap::from_iter([(
                http::header::REFERRER_POLICY,
                http::HeaderValue::from_static("same-origin"),
            )]),
            body: html.into(),
        };
        let url = Rc::new(Url::parse("http://shop.example/a/b").unwrap());
        let page = CurrentPage::read(&answer, url, true);
        (page.base().join("x").unwrap().to_string(), page.policy)
    }

    #[test]
    fn a_page_says_where_its_links_lead_and_how_much_they_say() {
        let at = |url: &str, policy| (url.to_owned(), policy);
        assert_eq!(read("<p>"), at("http://shop.example/a/x", ReferrerPolicy::SameOrigin));
        assert_eq!(
            read("<bAsE HREF=' /c/ '><base href=/d/><META Name=Referrer content=Origin>"),
            at("http://shop.example/c/x", ReferrerPolicy::Origin)
        );
        assert_eq!(
            read(
                "<base target=_top><meta name=referrer content=none-such><base href='//cdn.example/'>"
            ),
            at("http://cdn.example/x", ReferrerPolicy::SameOrigin)
        );
        assert_eq!(
            read(
                "<base href='data:text/html,x'><meta name=referrer content=origin><meta name=referrer content=no-referrer>"
            ),
            at("http://shop.example/a/x", ReferrerPolicy::NoReferrer)
        );
    }
}
