//! The character encoding of an answer, as Chromium finds it out.
//!
//! A byte order mark, then the `content-type` header, then the page's own word. Of a page that says nothing Chromium guesses, but
//! never UTF-8: a page in UTF-8 that does not say so is read as windows-1252, and its forms are sent in that. What is read of such
//! a page here is its UTF-8, so that a shop is not blamed for words that are on its page.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};
use lol_html::{Settings, element};

use crate::base::read_html;
use crate::shopper::browser::sniff::says_nothing;

/// What kind of text a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextKind {
    Html,
    Xml,
    Json,
    Other,
}

/// So far into a page its encoding is looked for everywhere; behind it only in its head.
const LOOKED_AT: usize = 1_024;
/// What changes the alphabet in ISO-2022-JP, which is written in plain letters otherwise.
const ESCAPE: u8 = 0x1b;

// === impl TextKind ===

impl TextKind {
    /// The kind that a `content-type` names, or else the body looks like.
    pub(crate) fn of(content_type: Option<&[u8]>, body: &[u8]) -> TextKind {
        let essence = content_type.map(|kind| {
            let end = kind.iter().position(|byte| *byte == b';').unwrap_or(kind.len());
            kind[..end].trim_ascii().to_ascii_lowercase()
        });
        match essence.as_deref().filter(|_| !says_nothing(content_type)) {
            Some(b"text/html") => TextKind::Html,
            Some(b"application/json" | b"text/json") => TextKind::Json,
            Some(kind) if kind.ends_with(b"+json") => TextKind::Json,
            Some(b"application/xhtml+xml" | b"application/xml" | b"text/xml") => TextKind::Xml,
            Some(_) => TextKind::Other,
            None => match body.trim_ascii_start().first() {
                Some(b'<') => TextKind::Html,
                Some(b'{' | b'[') => TextKind::Json,
                _ => TextKind::Other,
            },
        }
    }
}

/// The body as text. What is UTF-8 is not copied.
pub(crate) fn text<'b>(content_type: Option<&[u8]>, body: &'b [u8]) -> Cow<'b, str> {
    let kind = TextKind::of(content_type, body);
    let marked = Encoding::for_bom(body);
    let body = &body[marked.map_or(0, |(_, length)| length)..];
    let encoding = match (marked, kind) {
        (Some((encoding, _)), _) => Some(encoding),
        // Scripts read JSON as UTF-8, whatever the header says.
        (None, TextKind::Json) => Some(UTF_8),
        (None, _) => content_type.and_then(parameter).and_then(Encoding::for_label),
    };
    // Pages of plain letters, or in UTF-8 that says so, are nearly all there are.
    let plain = encoding.is_none() && body.is_ascii() && memchr::memchr(ESCAPE, body).is_none();
    let encoding = encoding.or_else(|| if plain { Some(UTF_8) } else { in_text(kind, body) });
    if encoding.is_none_or(|encoding| encoding == UTF_8)
        && let Ok(text) = std::str::from_utf8(body)
    {
        return Cow::Borrowed(text);
    }
    let encoding = encoding.unwrap_or_else(|| guess_encoding(kind, body));
    encoding.decode_without_bom_handling(body).0
}

/// The encoding of a page's document, which its forms are sent in.
pub(crate) fn of_document(content_type: Option<&[u8]>, body: &[u8]) -> &'static Encoding {
    let kind = TextKind::of(content_type, body);
    let marked = Encoding::for_bom(body).map(|(encoding, _)| encoding);
    marked
        .or_else(|| declared_encoding(content_type, kind, body))
        .unwrap_or_else(|| guess_encoding(kind, body))
}

/// The encoding that the header or the page names.
fn declared_encoding(
    content_type: Option<&[u8]>,
    kind: TextKind,
    body: &[u8],
) -> Option<&'static Encoding> {
    content_type.and_then(parameter).and_then(Encoding::for_label).or_else(|| in_text(kind, body))
}

/// The encoding that the text itself names.
fn in_text(kind: TextKind, body: &[u8]) -> Option<&'static Encoding> {
    match kind {
        TextKind::Html => xml_declaration(body).or_else(|| in_page(body)),
        TextKind::Xml => xml_declaration(body),
        TextKind::Json | TextKind::Other => None,
    }
}

/// The encoding of a text that does not name one.
fn guess_encoding(kind: TextKind, body: &[u8]) -> &'static Encoding {
    match kind {
        TextKind::Xml | TextKind::Json => UTF_8,
        TextKind::Html | TextKind::Other if std::str::from_utf8(body).is_ok() => WINDOWS_1252,
        TextKind::Html | TextKind::Other => {
            let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
            detector.feed(body, true);
            detector.guess(None, Utf8Detection::Deny)
        }
    }
}

/// The `charset` of a `content-type`: the first one that is not empty, perhaps in double quotes. Chromium knows no space before
/// the equals sign.
fn parameter(content_type: &[u8]) -> Option<&[u8]> {
    content_type.split(|byte| *byte == b';').skip(1).find_map(|parameter| {
        let equals = parameter.iter().position(|byte| *byte == b'=')?;
        let (name, value) =
            (parameter[..equals].trim_ascii_start(), parameter[equals + 1..].trim_ascii());
        let value = value
            .strip_prefix(b"\"")
            .and_then(|rest| rest.split(|b| *b == b'"').next())
            .unwrap_or(value);
        (name.eq_ignore_ascii_case(b"charset") && !value.is_empty()).then_some(value)
    })
}

/// The encoding of `<?xml version="1.0" encoding="iso-8859-1"?>` at the very beginning.
fn xml_declaration(body: &[u8]) -> Option<&'static Encoding> {
    let inside = body.strip_prefix(b"<?xml")?;
    let inside = &inside[..inside.iter().position(|byte| *byte == b'>')?];
    let inside = std::str::from_utf8(inside).ok()?;
    let value = inside.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    Encoding::for_label(value[1..].split(quote).next()?.as_bytes()).map(as_read)
}

/// The encoding that a meta element of the page names.
fn in_page(body: &[u8]) -> Option<&'static Encoding> {
    let mut found = None;
    let mut in_head = true;
    let look = element!("*", |element| {
        let name = element.tag_name();
        in_head &= matches!(
            name.as_str(),
            "html"
                | "head"
                | "base"
                | "link"
                | "meta"
                | "noscript"
                | "object"
                | "script"
                | "style"
                | "title"
        );
        if !in_head && element.source_location().bytes().start > LOOKED_AT {
            return Err("looked far enough".into());
        }
        if name == "meta" {
            let label = element.get_attribute("charset").or_else(|| {
                let kind = element.get_attribute("http-equiv")?;
                let content = element.get_attribute("content")?;
                kind.eq_ignore_ascii_case("content-type").then(|| in_content(&content))?
            });
            found = label.and_then(|label| Encoding::for_label(label.as_bytes()));
            if found.is_some() {
                return Err("found".into());
            }
        }
        Ok(())
    });
    let settings = Settings::new().with_strict(false).append_element_content_handler(look);
    read_html(body, settings);
    found.map(as_read)
}

/// The label in `text/html; charset=koi8-r` of a meta element.
fn in_content(content: &str) -> Option<String> {
    let lower = content.to_ascii_lowercase();
    let mut rest = lower.as_str();
    loop {
        rest = rest.split_once("charset")?.1;
        let Some(value) = rest.trim_start().strip_prefix('=') else { continue };
        let value = value.trim_start();
        let end = |c: char| c == ';' || c.is_ascii_whitespace();
        return match value.chars().next()? {
            quote @ ('"' | '\'') => value[1..].split_once(quote).map(|(label, _)| label.to_owned()),
            _ => value.split(end).next().map(str::to_owned),
        };
    }
}

/// What can't be the encoding of the text that names it stands for another one.
fn as_read(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == UTF_16BE || encoding == UTF_16LE {
        UTF_8
    } else if encoding == X_USER_DEFINED {
        WINDOWS_1252
    } else {
        encoding
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "<p>Größe für dich";

    /// The encoding of a page's document, and its words as they are read.
    fn read(content_type: &str, body: &[u8]) -> (&'static str, String) {
        let kind = Some(content_type.as_bytes());
        (of_document(kind, body).name(), text(kind, body).into_owned())
    }

    #[test]
    fn a_page_is_in_the_encoding_that_chromium_finds() {
        let utf8 = |before: &str| format!("{before}{WORDS}").into_bytes();
        let long = "x".repeat(5_000);
        for (content_type, body, expected) in [
            ("text/html", utf8("<meta charset=utf-8>"), "UTF-8"),
            ("text/html", utf8("<meta charset=utf-16>"), "UTF-8"),
            ("text/html", utf8("<meta charset=x-user-defined>"), "windows-1252"),
            ("text/html", utf8("<meta charset=foo><meta charset=utf-8>"), "UTF-8"),
            ("text/html", utf8("<body><p>x</p><meta charset=utf-8>"), "UTF-8"),
            ("text/html", utf8(&format!("<script>{long}</script><meta charset=utf-8>")), "UTF-8"),
            (
                "text/html",
                utf8(&format!("<body><!--{long}--><meta charset=utf-8>")),
                "windows-1252",
            ),
            ("text/html", utf8("<!--<meta charset=utf-8>-->"), "windows-1252"),
            ("text/html", utf8("<title><meta charset=utf-8></title>"), "windows-1252"),
            ("text/html", utf8("<?xml version='1.0' encoding='iso-8859-2'?>"), "ISO-8859-2"),
            (
                "text/html",
                utf8("<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>"),
                "KOI8-R",
            ),
            ("text/html; charset=foo", utf8("<meta charset=utf-8>"), "UTF-8"),
            ("text/html; charset=\"utf-8\"", utf8(""), "UTF-8"),
            ("text/html; charset='utf-8'", utf8(""), "windows-1252"),
            ("text/html; Charset=utf-8; charset=latin1", utf8(""), "UTF-8"),
            ("text/html; charset=us-ascii", utf8(""), "windows-1252"),
            ("text/html; charset=; charset=utf-8", utf8(""), "UTF-8"),
            ("text/html; charset = utf-8", utf8("<meta charset=koi8-r>"), "KOI8-R"),
            ("text/html; charset=utf-7", utf8(""), "windows-1252"),
            ("text/html; charset=latin1", utf8("\u{feff}"), "UTF-8"),
            ("text/html", utf8(""), "windows-1252"),
            ("application/xhtml+xml", utf8(""), "UTF-8"),
        ] {
            assert_eq!(
                read(content_type, &body).0,
                expected,
                "{content_type} {}",
                String::from_utf8_lossy(&body[..40.min(body.len())])
            );
        }
        let russian = "<p>Привет, это магазин. Купить сейчас дешево";
        let (bytes, ..) = encoding_rs::WINDOWS_1251.encode(russian);
        assert_eq!(read("text/html", &bytes), ("windows-1251", russian.to_owned()));
    }

    #[test]
    fn words_are_read_in_the_encoding_of_their_page() {
        let (latin, ..) = WINDOWS_1252.encode(WORDS);
        for kind in ["text/html; charset=iso-8859-1", "text/html", "text/plain"] {
            assert_eq!(read(kind, &latin).1, WORDS, "{kind}");
        }
        let utf16: Vec<u8> = WORDS.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read("text/html; charset=utf-16le", &utf16).1, WORDS);
        for (kind, body) in [
            ("text/html", WORDS.to_owned()),
            ("text/plain", WORDS.to_owned()),
            ("application/json; charset=latin1", format!("\u{feff}{WORDS}")),
        ] {
            let read = text(Some(kind.as_bytes()), body.as_bytes());
            assert!(matches!(read, Cow::Borrowed(WORDS)), "{kind}: what is UTF-8 is not copied");
        }
    }
}
