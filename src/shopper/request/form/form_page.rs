//! The page that a form is on, as a browser reads it.

use std::borrow::Cow;

use encoding_rs::Encoding;
use url::Url;

use crate::shopper::browser::address;
use crate::shopper::browser::session::Document;

/// The page that a form is on.
pub(super) struct FormPage<'p> {
    pub(super) page: &'p Document,
    pub(super) encoding: &'static Encoding,
}

// === impl FormPage ===

impl FormPage<'_> {
    /// The page as a browser reads it.
    pub(super) fn text(&self) -> Cow<'_, str> {
        self.encoding.decode(&self.page.body).0
    }

    /// Where a form goes: to its action on the page, or to the page itself. None where the action is no address.
    pub(super) fn goal(&self, base: Option<&str>, action: &str) -> Option<Url> {
        let page = &self.page.url;
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
