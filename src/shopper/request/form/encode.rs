//! What a form sends, in bytes (WHATWG HTML, 4.10.21.5 to 4.10.21.8; WHATWG URL, 5.2).

use std::borrow::Cow;

use bytes::Bytes;
use encoding_rs::{Encoding, WINDOWS_1252};
use http::HeaderValue;

use super::fill::{Entry, Sent};
use crate::shopper::request::build::append_pair;
use crate::shopper::request::multipart::{PartToSend, multipart};

/// A pair in bytes of the form's encoding, with the line breaks that forms send.
struct Pair<'e> {
    name: Cow<'e, [u8]>,
    value: Cow<'e, [u8]>,
    is_file: bool,
}

/// The encoding that a form is sent in: the first of those that it accepts, or else its page's.
pub(super) fn encoding(accepted: Option<&str>, page: &'static Encoding) -> &'static Encoding {
    let labels = accepted.unwrap_or_default().split([' ', '\t', '\n', '\r', '\x0c', ',']);
    labels.map(str::as_bytes).find_map(Encoding::for_label).unwrap_or(page)
}

/// The pairs as a query or a body, `a=1&b=2`.
fn encode_urlencoded(entries: &[Entry], encoding: &'static Encoding) -> String {
    let mut encoded = String::with_capacity(32 * entries.len());
    for pair in pairs(entries, encoding) {
        append_pair(&mut encoded, &pair.name, &pair.value);
    }
    encoded
}

/// The query of a form that gets. Chromium writes lines into it where the form itself would post them as `text/plain`, and only its
/// button gets. It reads these as windows-1252 then, whatever the form's encoding.
pub(super) fn query(
    enctype: &str,
    form_posts: bool,
    entries: &[Entry],
    encoding: &'static Encoding,
) -> String {
    if enctype == "text/plain" && form_posts {
        WINDOWS_1252.decode_without_bom_handling(&lines(entries, encoding)).0.into_owned()
    } else {
        encode_urlencoded(entries, encoding)
    }
}

/// The body of a posted form, with its content type. Chromium writes `text/plain` as a query where only the button posts.
pub(super) fn body(
    enctype: &str,
    form_posts: bool,
    entries: &[Entry],
    encoding: &'static Encoding,
) -> (HeaderValue, Bytes) {
    match enctype {
        "multipart/form-data" => {
            let pairs: Vec<Pair<'_>> = pairs(entries, encoding).collect();
            let parts = pairs.iter().map(|pair| PartToSend {
                name: &pair.name,
                file: pair.is_file.then_some((&b""[..], "application/octet-stream")),
                content: &pair.value,
            });
            multipart(&parts.collect::<Vec<_>>())
        }
        "text/plain" => {
            let body = if form_posts {
                lines(entries, encoding).into()
            } else {
                encode_urlencoded(entries, encoding).into()
            };
            (HeaderValue::from_static("text/plain"), body)
        }
        _ => (
            HeaderValue::from_static("application/x-www-form-urlencoded"),
            encode_urlencoded(entries, encoding).into(),
        ),
    }
}

/// The pairs as `text/plain`, a line each.
fn lines(entries: &[Entry], encoding: &'static Encoding) -> Vec<u8> {
    let line = |pair: Pair<'_>| [&pair.name, &b"="[..], &pair.value, b"\r\n"].concat();
    pairs(entries, encoding).flat_map(line).collect()
}

fn pairs<'e>(entries: &'e [Entry], encoding: &'static Encoding) -> impl Iterator<Item = Pair<'e>> {
    entries.iter().map(move |entry| Pair {
        name: bytes(&entry.name, encoding),
        value: match &entry.value {
            Sent::Text(text) => bytes(text, encoding),
            Sent::Encoding => bytes(name(encoding), encoding),
            Sent::NoFile => Cow::Borrowed(b""),
        },
        is_file: entry.value == Sent::NoFile,
    })
}

/// What a form says of its encoding.
fn name(encoding: &'static Encoding) -> &'static str {
    // A form of a page in UTF-16 is sent in UTF-8.
    encoding.output_encoding().name()
}

/// Text in the form's encoding, with line breaks as forms send them: each a carriage return and a line feed. What the encoding
/// lacks is written as a character reference.
fn bytes<'t>(text: &'t str, encoding: &'static Encoding) -> Cow<'t, [u8]> {
    if text.contains(['\r', '\n']) {
        let lines = text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
        Cow::Owned(encoding.encode(&lines).0.into_owned())
    } else {
        encoding.encode(text).0
    }
}
