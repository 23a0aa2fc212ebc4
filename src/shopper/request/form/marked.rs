//! Marks the forms that a CSS selector matches, for who reads the page's tree.
//!
//! Selectors are those of the streaming parser, here as everywhere in a scenario; the tree knows none.

use std::borrow::Cow;

use lol_html::{HtmlRewriter, Settings, element};

/// A page whose forms are marked.
pub(super) struct Marked<'p> {
    pub(super) page: Cow<'p, str>,
    /// The attribute that marks them; none if no selector was given.
    pub(super) mark: Option<String>,
}

/// The page with a mark on each form that `css` matches.
pub(super) fn mark_forms<'p>(html: &'p str, css: Option<&str>) -> Marked<'p> {
    let Some(css) = css else { return Marked { page: Cow::Borrowed(html), mark: None } };
    let mut mark = "data-selected".to_owned();
    while html.contains(&mark) {
        mark.push('-');
    }
    let mut page = Vec::with_capacity(html.len() + 64);
    let select = element!(css, |element| {
        if element.tag_name() == "form" {
            element.set_attribute(&mark, "")?;
        }
        Ok(())
    });
    let settings = Settings::new().with_strict(false).append_element_content_handler(select);
    let mut rewriter = HtmlRewriter::new(settings, |chunk: &[u8]| page.extend_from_slice(chunk));
    let whole = rewriter.write(html.as_bytes()).and_then(|()| rewriter.end()).is_ok();
    let page = whole
        .then(|| String::from_utf8(page).ok())
        .flatten()
        .map_or(Cow::Borrowed(html), Cow::Owned);
    Marked { page, mark: Some(mark) }
}
