//! What an answer is whose `content-type` says nothing: told by its first bytes, as Chromium does (WHATWG MIME Sniffing, 5.1 and 7.1).

use http::header::{self, HeaderValue};

use crate::shopper::transport::WireResponse;

/// How a page begins, in capitals.
const BEGINS: [&[u8]; 17] = [
    b"<!DOCTYPE HTML",
    b"<HTML",
    b"<HEAD",
    b"<SCRIPT",
    b"<IFRAME",
    b"<H1",
    b"<DIV",
    b"<FONT",
    b"<TABLE",
    b"<A",
    b"<STYLE",
    b"<TITLE",
    b"<B",
    b"<BODY",
    b"<BR",
    b"<P",
    b"<!--",
];

/// Whether a `content-type` says nothing of what comes.
pub(crate) fn says_nothing(content_type: Option<&[u8]>) -> bool {
    let Some(kind) = content_type else { return true };
    let essence = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    essence.is_empty()
        || [&b"unknown/unknown"[..], b"application/unknown", b"*/*"]
            .iter()
            .any(|unknown| essence.eq_ignore_ascii_case(unknown))
}

/// Whether a body begins as pages do.
pub(crate) fn looks_like_page(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    BEGINS.iter().any(|begin| {
        let (Some(start), Some(next)) = (body.get(..begin.len()), body.get(begin.len())) else {
            return false;
        };
        // A comment needs nothing behind its beginning in Chromium.
        start.eq_ignore_ascii_case(begin)
            && (begin.ends_with(b"-") || matches!(next, b' ' | b'>' | b'\t' | b'\n' | b'\r'))
    })
}

/// Whether an answer is a page that the shopper is then on, rather than data that the page asked for.
pub(crate) fn is_page(answer: &WireResponse) -> bool {
    let html = |value: &HeaderValue| {
        let kind = value.as_bytes();
        ["text/html", "application/xhtml+xml"].iter().any(|html| {
            kind.len() >= html.len() && kind[..html.len()].eq_ignore_ascii_case(html.as_bytes())
        })
    };
    let kind = answer.headers.get(header::CONTENT_TYPE);
    kind.is_some_and(html)
        || says_nothing(kind.map(HeaderValue::as_bytes))
            && !answer.headers.contains_key(header::X_CONTENT_TYPE_OPTIONS)
            && looks_like_page(&answer.body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_by_its_first_tag() {
        for (body, expected) in [
            ("<!doctype html><p>", true),
            ("\n\t <HtMl>", true),
            ("\u{feff}<p class=x>", true),
            ("<!--x-->", true),
            ("<pre>", false),
            ("<?xml version='1.0'?><html>", false),
            ("{\"a\":\"<html>\"}", false),
            ("", false),
        ] {
            assert_eq!(looks_like_page(body.as_bytes()), expected, "{body}");
        }
        assert!(says_nothing(None) && says_nothing(Some(b"*/*; charset=x")));
        assert!(!says_nothing(Some(b"text/plain")));
    }
}
