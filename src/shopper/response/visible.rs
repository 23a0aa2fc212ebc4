//! A page's text as its reader sees it.
//!
//! Without tags, scripts and styles, without what the page says is hidden; words of one line stay together over inline elements
//! ("Thank <b>you</b>"), and every run of white space is one space: nobody can tell a no-break space from another one.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use lol_html::html_content::Element;

use crate::base::read_html;
use lol_html::{Settings, doc_text, element, end_tag};

#[derive(Default)]
struct Text {
    seen: String,
    /// Elements around that nobody sees.
    hidden: usize,
}

/// The text of a page, folded.
pub(crate) fn visible(html: &str) -> String {
    let text = Rc::new(RefCell::new(Text::default()));
    let (begin, more) = (Rc::clone(&text), Rc::clone(&text));
    let element = element!("*", move |element| {
        begin.borrow_mut().begin(element);
        let name = element.tag_name();
        let (hides, parts) = (hides(element, &name), !is_inline(&name));
        if (hides || parts)
            && let Some(handlers) = element.end_tag_handlers()
        {
            let end = Rc::clone(&begin);
            begin.borrow_mut().hidden += usize::from(hides);
            handlers.push(end_tag!(move |_| {
                let mut text = end.borrow_mut();
                text.hidden -= usize::from(hides);
                text.seen.push(' ');
                Ok(())
            }));
        }
        Ok(())
    });
    let content = doc_text!(move |chunk| {
        let mut text = more.borrow_mut();
        if text.hidden == 0 {
            text.seen.push_str(chunk.as_str());
        }
        Ok(())
    });
    let settings = Settings::new()
        .with_strict(false)
        .append_element_content_handler(element)
        .append_document_content_handler(content);
    read_html(html.as_bytes(), settings);
    let seen = std::mem::take(&mut text.borrow_mut().seen);
    fold(&html_escape::decode_html_entities(&seen)).into_owned()
}

/// The text with each run of white space as one space, and without what has no width.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    let plain = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii() && (byte == b' ' || !byte.is_ascii_whitespace()))
            && !text.contains("  ")
    };
    if plain(text) {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() {
            if !folded.ends_with(' ') {
                folded.push(' ');
            }
        } else if !matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}') {
            folded.push(c);
        }
    }
    Cow::Owned(folded)
}

// === impl Text ===

impl Text {
    fn begin(&mut self, element: &Element<'_, '_>) {
        let name = element.tag_name();
        if !is_inline(&name) {
            self.seen.push(' ');
        }
        if self.hidden > 0 || !matches!(name.as_str(), "input" | "img" | "textarea") {
            return;
        }
        let kind = element.get_attribute("type").unwrap_or_default().to_ascii_lowercase();
        let shows = match (name.as_str(), kind.as_str()) {
            ("input", "hidden" | "password" | "checkbox" | "radio" | "file") => &[][..],
            ("input", "image") | ("img", _) => &["alt"],
            ("input", _) => &["value", "placeholder"],
            _ => &["placeholder"],
        };
        for shown in shows.iter().filter_map(|name| element.get_attribute(name)) {
            self.seen.push(' ');
            self.seen.push_str(&shown);
            self.seen.push(' ');
        }
    }
}

/// Whether nobody sees what is inside: with scripts turned on, and as far as the page itself says so.
fn hides(element: &Element<'_, '_>, name: &str) -> bool {
    let unseen = ["script", "style", "template", "noscript", "noembed", "noframes", "iframe"];
    let style = || element.get_attribute("style").unwrap_or_default();
    unseen.contains(&name)
        || element.has_attribute("hidden")
        || style().replace(|c: char| c.is_ascii_whitespace(), "").contains("display:none")
}

/// Whether the words before and behind the tag are on one line.
fn is_inline(name: &str) -> bool {
    const INLINE: [&str; 34] = [
        "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn",
        "em", "font", "i", "ins", "kbd", "label", "mark", "nobr", "output", "q", "s", "samp",
        "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
    ];
    name == "wbr" || INLINE.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_its_reader_sees_it() {
        for (html, seen) in [
            ("<p>Thank you\n   for your <b>order</b>", "Thank you for your order"),
            ("<p>12,50&nbsp;&euro;</p><p>12\u{202f}€", "12,50 € 12 €"),
            ("so<b>ld</b> out<br>soon", "sold out soon"),
            ("<td>a</td><td>b</td><li>c", "a b c"),
            ("<script>var a='x'</script><style>p{}</style><template>t</template>y<!-- z -->", "y"),
            ("<noscript>turn scripts on</noscript>a<div hidden>b<p>c</p></div>d", "a d"),
            ("a<p style='color: red; display : none'>b</p>c", "a c"),
            (
                "<input type=submit value='Pay &amp; go'><input type=hidden value=h><input placeholder='Your name'>",
                "Pay & go Your name",
            ),
            ("<textarea>typed</textarea><select><option>one<option>two</select>", "typed one two"),
            ("<title>Shop</title><body>&lt;b&gt; a&shy;b", "Shop <b> ab"),
        ] {
            assert_eq!(visible(html).trim(), seen, "{html}");
        }
    }

    #[test]
    fn white_space_is_one_space() {
        assert!(matches!(fold("a b"), Cow::Borrowed(_)));
        assert_eq!(fold("a\u{a0} \n\tb"), "a b");
    }
}
