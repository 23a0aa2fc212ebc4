//! Marks the forms that a CSS selector matches, for who reads the page's tree.
//!
//! Selectors are those of the streaming parser, here as everywhere in a scenario; the tree knows none.

use std::borrow::Cow;

use lol_html::{Settings, element};

use crate::base::rewrite_html;

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
    let select = element!(css, |element| {
        if element.tag_name() == "form" {
            element.set_attribute(&mark, "")?;
        }
        Ok(())
    });
    let settings = Settings::new().with_strict(false).append_element_content_handler(select);
    let page = rewrite_html(html.as_bytes(), settings)
        .and_then(|page| String::from_utf8(page).ok())
        .map_or(Cow::Borrowed(html), Cow::Owned);
    Marked { page, mark: Some(mark) }
}
