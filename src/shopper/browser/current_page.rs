//! The page that a shopper is on, as far as the requests that come from it depend on it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use encoding_rs::{Encoding, UTF_8};
use lol_html::html_content::Element;
use lol_html::{Settings, element};
use memchr::memmem;
use url::{Position, Url};

use super::address;
use super::referrer::ReferrerPolicy;
use super::sniff::document_type;
use crate::base::read_html;
use crate::shopper::off_core::off_core;
use crate::shopper::response::charset;
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
    /// What the queries of its links are in.
    pub(crate) encoding: &'static Encoding,
    /// Links and forms that say something else than the page.
    exceptions: Vec<Exception>,
}

/// A link or form that says itself how much its requests say of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Exception {
    to: Url,
    /// Whether what is filled in stands behind its path.
    is_form: bool,
    policy: ReferrerPolicy,
}

// === impl CurrentPage ===

impl CurrentPage {
    /// What an answer from `url` says of its links.
    pub(super) fn read(answer: &WireResponse, url: Rc<Url>, follows_links: bool) -> CurrentPage {
        let policy = ReferrerPolicy::from_headers(&answer.headers);
        let kind = document_type(&answer.headers);
        let encoding = if follows_links { charset::of_document(kind, &answer.body) } else { UTF_8 };
        let of_referrers =
            || OF_REFERRERS.iter().any(|word| memmem::find(&answer.body, word).is_some());
        let of_links = follows_links && has_base(&answer.body);
        if !of_links && !of_referrers() {
            let policy = policy.unwrap_or_default();
            return CurrentPage { url, policy, base: None, encoding, exceptions: Vec::new() };
        }
        let (base, meta) = (RefCell::new(None), RefCell::new(None));
        let links = RefCell::new(Vec::new());
        // What stands in a template is no part of the page. This handler runs before those of the element itself.
        let in_template = Cell::new(false);
        let settings = Settings::new()
            .append_element_content_handler(element!(
                "template base[href], template meta[name=referrer i]",
                |_| {
                    in_template.set(true);
                    Ok(())
                }
            ))
            .append_element_content_handler(element!("base[href]", |element| {
                if !in_template.take() && base.borrow().is_none() {
                    base.replace(element.get_attribute("href"));
                }
                Ok(())
            }))
            .append_element_content_handler(element!("meta[name=referrer i]", |element| {
                let word = element.get_attribute("content").unwrap_or_default();
                if !in_template.take()
                    && let Some(policy) = ReferrerPolicy::from_meta(&word)
                {
                    meta.replace(Some(policy));
                }
                Ok(())
            }))
            .append_element_content_handler(element!(
                "a[href], area[href], form[rel]",
                |element| {
                    links.borrow_mut().extend(exception(element));
                    Ok(())
                }
            ));
        read_html(&answer.body, settings);
        let href = base.into_inner();
        let base = href.and_then(|href| url.join(&html_escape::decode_html_entities(&href)).ok());
        let base = base.filter(|base| !matches!(base.scheme(), "data" | "javascript"));
        let policy = meta.into_inner().or(policy).unwrap_or_default();
        let from = base.as_ref().unwrap_or(&url);
        let exceptions = links.into_inner().into_iter().filter_map(|(href, is_form, policy)| {
            let to =
                address::join(from, &html_escape::decode_html_entities(&href), encoding).ok()?;
            Some(Exception { to, is_form, policy })
        });
        let exceptions = exceptions.collect();
        CurrentPage { url, policy, base: base.map(Rc::new), encoding, exceptions }
    }

    /// What a large answer from `url` says of its links, read away from the core.
    pub(super) async fn read_off_core(
        answer: &WireResponse,
        url: Rc<Url>,
        follows_links: bool,
    ) -> CurrentPage {
        let (answer, own) = (answer.clone(), Url::clone(&url));
        let (policy, base, encoding, exceptions) = off_core(move || {
            let read = CurrentPage::read(&answer, Rc::new(own), follows_links);
            let base = read.base.map(Rc::unwrap_or_clone);
            (read.policy, base, read.encoding, read.exceptions)
        })
        .await;
        CurrentPage { url, policy, base: base.map(Rc::new), encoding, exceptions }
    }

    /// How much a request to `url` says of the page: what the link or form says that leads there, or else the page.
    pub(super) fn policy_to(&self, url: &Url) -> ReferrerPolicy {
        let found = self.exceptions.iter().find(|exception| exception.leads_to(url));
        found.map_or(self.policy, |exception| exception.policy)
    }

    /// What its links are relative to.
    pub(crate) fn base(&self) -> &Url {
        self.base.as_ref().unwrap_or(&self.url)
    }
}

// === impl Exception ===

impl Exception {
    fn leads_to(&self, url: &Url) -> bool {
        let end = if self.is_form { Position::AfterPath } else { Position::AfterFragment };
        self.to[..end] == url[..end]
    }
}

/// Where a link or form leads, whether it is a form, and what it says of referrers; none if nothing of its own.
fn exception(element: &Element<'_, '_>) -> Option<(String, bool, ReferrerPolicy)> {
    let is_form = element.tag_name() == "form";
    let rel = element.get_attribute("rel").unwrap_or_default();
    let mut words = rel.split_ascii_whitespace();
    let policy = if words.any(|word| word.eq_ignore_ascii_case("noreferrer")) {
        ReferrerPolicy::NoReferrer
    } else if is_form {
        return None;
    } else {
        ReferrerPolicy::from_word(element.get_attribute("referrerpolicy")?.as_str())?
    };
    let name = if is_form { "action" } else { "href" };
    Some((element.get_attribute(name).unwrap_or_default(), is_form, policy))
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
                "<template><base href=/d/><meta name=referrer content=origin></template><base href=/e/>"
            ),
            at("http://shop.example/e/x", ReferrerPolicy::SameOrigin)
        );
        assert_eq!(
            read(
                "<base href='data:text/html,x'><meta name=referrer content=origin><meta name=referrer content=no-referrer>"
            ),
            at("http://shop.example/a/x", ReferrerPolicy::NoReferrer)
        );
    }

    #[test]
    fn a_link_or_form_may_say_less_of_the_page_than_others() {
        let answer = WireResponse {
            status: StatusCode::OK,
            version: Version::HTTP_11,
            headers: HeaderMap::new(),
            body: "<a rel='x NoReferrer' referrerpolicy=origin href=one?a&amp;b>1</a>\
                   <base href=/d/><area referrerpolicy=Origin href=two><a referrerpolicy=x href=three>\
                   <form rel=noreferrer action=pay>"
                .into(),
        };
        let url = Rc::new(Url::parse("http://shop.example/a/b").unwrap());
        let page = CurrentPage::read(&answer, url, true);
        for (to, policy) in [
            ("/d/one?a&b", ReferrerPolicy::NoReferrer),
            ("/d/one?a", ReferrerPolicy::default()),
            ("/d/two", ReferrerPolicy::Origin),
            ("/d/three", ReferrerPolicy::default()),
            ("/d/pay?card=1", ReferrerPolicy::NoReferrer),
        ] {
            assert_eq!(page.policy_to(&page.url.join(to).unwrap()), policy, "{to}");
        }
    }
}
