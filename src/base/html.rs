//! Streaming through the HTML of a page.
//!
//! Where a start tag ends in an attribute without a value, `<script nonce=>`, lol_html 3.0.3 takes what follows for markup
//! and not for the text of a script, a text area or a title. So such values are written out for it as `nonce="">`, which
//! means the same.

use lol_html::errors::RewritingError;
use lol_html::{HtmlRewriter, OutputSink, Settings};
use memchr::memmem::Finder;

/// Elements whose content is text, so that no tag begins in it.
const TEXT_ELEMENTS: [&[u8]; 9] = [
    b"script",
    b"style",
    b"textarea",
    b"title",
    b"noscript",
    b"iframe",
    b"xmp",
    b"noembed",
    b"noframes",
];
/// The longest start tag that is looked at.
const LONGEST_TAG: usize = 4_096;

/// Has the handlers of `settings` read a page, or what there is of it when it is cut short or a handler stops.
pub fn read_html(html: &[u8], settings: Settings<'_, '_>) {
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
    if write(html, &mut rewriter).is_ok() {
        // A page that is cut short says what it says.
        drop(rewriter.end());
    }
}

/// The page as the handlers of `settings` change it; none if it can't be read to its end.
pub fn rewrite_html(html: &[u8], settings: Settings<'_, '_>) -> Option<Vec<u8>> {
    let mut page = Vec::with_capacity(html.len() + 64);
    let mut rewriter = HtmlRewriter::new(settings, |chunk: &[u8]| page.extend_from_slice(chunk));
    write(html, &mut rewriter).and_then(|()| rewriter.end()).ok()?;
    Some(page)
}

fn write<O: OutputSink>(
    html: &[u8],
    rewriter: &mut HtmlRewriter<'_, O>,
) -> Result<(), RewritingError> {
    let mut rest = html;
    for end in ends_without_value(html) {
        let (before, after) = rest.split_at(end - (html.len() - rest.len()));
        rewriter.write(before)?;
        rewriter.write(b"\"\"")?;
        rest = after;
    }
    rewriter.write(rest)
}

/// Where start tags of text elements end in `=`, with or without white space after it: the places of their `>`, in order.
fn ends_without_value(html: &[u8]) -> Vec<usize> {
    let close = Finder::new(b"=>");
    let spaced = Finder::new(b"= >");
    let mut ends: Vec<usize> = close
        .find_iter(html)
        .map(|at| at + 1)
        .chain(spaced.find_iter(html).map(|at| at + 2))
        .filter(|end| is_in_text_element(&html[end.saturating_sub(LONGEST_TAG)..*end]))
        .collect();
    ends.sort_unstable();
    ends
}

/// Whether a text ends within the start tag of a text element, after the `=` of an attribute.
fn is_in_text_element(before: &[u8]) -> bool {
    let Some(begin) = memchr::memrchr2(b'<', b'>', before) else { return false };
    let tag = &before[begin + 1..];
    before[begin] == b'<'
        && TEXT_ELEMENTS.iter().any(|name| {
            tag.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name))
                && tag.get(name.len()).is_some_and(|next| b" \t\n\r\x0c/".contains(next))
                && names_an_attribute(&tag[name.len()..])
        })
}

/// Whether a tag that ends in `=` ends in the name of an attribute, and not in `=` alone or in a value such as `a=b=`.
fn names_an_attribute(tag: &[u8]) -> bool {
    let tag = tag.trim_ascii_end();
    let name = tag.strip_suffix(b"=").unwrap_or(tag).trim_ascii_end();
    let word = name.rsplit(|byte| byte.is_ascii_whitespace() || *byte == b'/').next();
    word.is_some_and(|word| !word.is_empty() && !word.iter().any(|byte| b"=\"'".contains(byte)))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use lol_html::element;

    use super::*;

    fn actions(html: &str) -> Vec<String> {
        let found = RefCell::new(Vec::new());
        let form = element!("form[action]", |form| {
            found.borrow_mut().extend(form.get_attribute("action"));
            Ok(())
        });
        read_html(html.as_bytes(), Settings::new().append_element_content_handler(form));
        found.into_inner()
    }

    #[test]
    fn an_attribute_without_a_value_does_not_hide_what_follows_its_element() {
        for begin in [
            "<script nonce=><form action=in>'a<b'</script>",
            "<SCRIPT src=/a.js nonce=>if (a<b) { x('<form>') }</SCRIPT>",
            "<textarea placeholder=><form></form></textarea>",
            "<textarea placeholder = ><form></form></textarea>",
            "<title\nlang= ><form></form></title>",
            "<style media=>a<b</style>",
            "<script>a.map(b=>'<form>')</script>",
            "<script x=1 =>'<form>'</script>",
            "<script x=a=>'<form>'</script>",
            "<script x=>a</script><script nonce=>b=>c</script>",
            "<p title=>",
            "<scripts x=>",
        ] {
            assert_eq!(actions(&format!("{begin}<form action=out>")), ["out"], "{begin}");
        }
    }

    #[test]
    fn only_attributes_without_a_value_are_written_out() {
        let written = |html: &str| {
            let page = rewrite_html(html.as_bytes(), Settings::new()).unwrap();
            String::from_utf8(page).unwrap()
        };
        for same in [
            "",
            "a=>b",
            "<p a=>b</p>",
            "<script>a=>b</script>",
            "<script a=b=>c</script>",
            "<script a=\"=>\">",
        ] {
            assert_eq!(written(same), same);
        }
        assert_eq!(written("<script a=></script>=>"), "<script a=\"\"></script>=>");
    }
}
