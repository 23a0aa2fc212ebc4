//! The page that a form is on, as a browser reads it.

use encoding_rs::Encoding;
use url::Url;

use super::controls::{self, Forms};
use crate::shopper::browser::address;
use crate::shopper::browser::session::Document;
use crate::shopper::response::charset;

/// The page that a form is on, and the forms on it.
#[derive(Debug)]
pub(crate) struct FormPage {
    url: Url,
    pub(super) encoding: &'static Encoding,
    pub(super) forms: Forms,
}

// === impl FormPage ===

impl FormPage {
    /// Reads the page; `css` marks the forms that it matches.
    pub(crate) fn read(page: &Document, css: Option<&str>) -> FormPage {
        let encoding = charset::of_document(Some(page.content_type.as_bytes()), &page.body);
        let forms = controls::forms(&encoding.decode(&page.body).0, css);
        FormPage { url: page.url.clone(), encoding, forms }
    }

    /// Its address.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Where a form goes: to its action on the page, or to the page itself. None where the action is no address.
    pub(super) fn goal(&self, base: Option<&str>, action: &str) -> Option<Url> {
        let page = &self.url;
        let action = action.trim_matches(|c: char| c.is_ascii_whitespace());
        let mut url = if action.is_empty() {
            page.clone()
        } else {
            let base = base.and_then(|base| address::join(page, base, self.encoding).ok());
            // Addresses that lead nowhere on the web are no base.
            let base = base.filter(|base| !matches!(base.scheme(), "data" | "javascript"));
            address::join(base.as_ref().unwrap_or(page), action, self.encoding).ok()?
        };
        url.set_fragment(None);
        Some(url)
    }
}
