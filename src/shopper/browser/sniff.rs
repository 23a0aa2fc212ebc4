//! What an answer is whose `content-type` says nothing: told by its first bytes, as Chromium does (WHATWG MIME Sniffing, 5.1 and 7.1).

use http::header::{self, HeaderMap, HeaderValue};

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

/// What an answer is by its `content-type`: of several, in one line or more, the last that is a type.
pub(crate) fn document_type(headers: &HeaderMap) -> Option<&[u8]> {
    let lines = headers.get_all(header::CONTENT_TYPE).iter().map(HeaderValue::as_bytes);
    let mut kinds = lines.flat_map(|line| {
        // A comma between quotes separates nothing.
        let quoted = line.contains(&b'"');
        line.split(move |byte| *byte == b',' && !quoted)
    });
    let first = kinds.next()?.trim_ascii();
    let last = kinds.map(<[u8]>::trim_ascii).rfind(|kind| essence_of(kind).contains(&b'/'));
    Some(last.unwrap_or(first))
}

fn essence_of(kind: &[u8]) -> &[u8] {
    kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}

/// Whether a `content-type` says nothing of what comes.
pub(crate) fn says_nothing(content_type: Option<&[u8]>) -> bool {
    let Some(kind) = content_type else { return true };
    let essence = essence_of(kind);
    !essence.contains(&b'/')
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

/// Whether an answer is a page that the shopper is then on, rather than data that the page asked for, a download or nothing.
pub(crate) fn is_page(answer: &WireResponse) -> bool {
    let html = |kind: &[u8]| {
        ["text/html", "application/xhtml+xml"].iter().any(|html| {
            kind.len() >= html.len() && kind[..html.len()].eq_ignore_ascii_case(html.as_bytes())
        })
    };
    let kind = document_type(&answer.headers);
    let says_page = kind.is_some_and(html)
        || says_nothing(kind)
            && !answer.headers.contains_key(header::X_CONTENT_TYPE_OPTIONS)
            && looks_like_page(&answer.body);
    says_page && !matches!(answer.status.as_u16(), 204 | 205) && !is_download(&answer.headers)
}

/// Whether an answer is saved rather than shown.
fn is_download(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_DISPOSITION).is_some_and(|said| {
        let word = essence_of(said.as_bytes());
        !word.is_empty() && !word.contains(&b'=') && !word.eq_ignore_ascii_case(b"inline")
    })
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

    #[test]
    fn of_several_types_the_last_counts_and_what_is_saved_is_no_page() {
        let answer = |status, lines: &[(header::HeaderName, &'static str)]| WireResponse {
            status: http::StatusCode::from_u16(status).unwrap(),
            version: http::Version::HTTP_11,
            headers: lines
                .iter()
                .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
                .collect(),
            body: "<html>x".into(),
        };
        let kinds = |status, lines: &[&'static str]| {
            let lines: Vec<_> = lines.iter().map(|line| (header::CONTENT_TYPE, *line)).collect();
            is_page(&answer(status, &lines))
        };
        assert!(kinds(200, &["text/plain", "text/html"]));
        assert!(kinds(200, &["text/plain, text/html; charset=utf-8"]));
        assert!(!kinds(200, &["text/html", "text/plain"]));
        assert!(kinds(200, &["html"]), "no type at all");
        assert!(kinds(200, &["text/html", "html", ""]));
        assert!(!kinds(205, &["text/html"]) && !kinds(204, &["text/html"]));
        let saved = |said| {
            let lines = [(header::CONTENT_TYPE, "text/html"), (header::CONTENT_DISPOSITION, said)];
            !is_page(&answer(200, &lines))
        };
        assert!(saved("attachment") && saved("Attachment; filename=x.html") && saved("x"));
        assert!(!saved("inline; filename=x") && !saved("filename=x.html") && !saved(""));
    }
}
