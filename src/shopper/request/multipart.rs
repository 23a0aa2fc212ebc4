//! Bodies of several parts, as WHATWG HTML writes `multipart/form-data`.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::{BufMut, Bytes, BytesMut};
use http::HeaderValue;

/// A part of a body.
#[derive(Debug)]
pub(super) struct PartToSend<'a> {
    /// Its name.
    pub(super) name: &'a [u8],
    /// File name and content type, where it is a file.
    pub(super) file: Option<(&'a [u8], &'a str)>,
    /// What it holds.
    pub(super) content: &'a [u8],
}

/// What Chromium's boundaries begin with, and the letters of the rest.
const PREFIX: &str = "----WebKitFormBoundary";
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789AB";

/// The body of these parts, with its content type. The boundary looks like Chromium's, and is the same for the same parts, so that a
/// body sent again is the same body.
pub(super) fn multipart(parts: &[PartToSend<'_>]) -> (HeaderValue, Bytes) {
    let boundary = boundary(parts);
    let length = parts.iter().map(|part| 160 + part.name.len() + part.content.len()).sum::<usize>();
    let mut body = BytesMut::with_capacity(length + 64);
    for part in parts {
        body.put(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"").as_bytes());
        put_quoted(&mut body, part.name);
        if let Some((name, kind)) = part.file {
            body.put(&b"; filename=\""[..]);
            put_quoted(&mut body, name);
            body.put(format!("\r\nContent-Type: {kind}").as_bytes());
        }
        body.put(&b"\r\n\r\n"[..]);
        body.put(part.content);
        body.put(&b"\r\n"[..]);
    }
    body.put(format!("--{boundary}--\r\n").as_bytes());
    let content_type = format!("multipart/form-data; boundary={boundary}");
    (HeaderValue::from_str(&content_type).expect("letters and dashes"), body.freeze())
}

/// Drawn from what the parts hold: no part can hold the boundary that its own text leads to, unless by a chance of 1 in 2^96.
fn boundary(parts: &[PartToSend<'_>]) -> String {
    let mut hasher = DefaultHasher::new();
    for part in parts {
        (part.name, part.file, part.content).hash(&mut hasher);
    }
    let first = hasher.finish();
    first.hash(&mut hasher);
    let bits = u128::from(first) << 64 | u128::from(hasher.finish());
    let letters = (0..16).map(|place| char::from(LETTERS[(bits >> (8 * place) & 63) as usize]));
    PREFIX.chars().chain(letters).collect()
}

/// A name, to the closing quote.
fn put_quoted(body: &mut BytesMut, name: &[u8]) {
    for byte in name {
        match byte {
            b'\n' => body.put(&b"%0A"[..]),
            b'\r' => body.put(&b"%0D"[..]),
            b'"' => body.put(&b"%22"[..]),
            other => body.put_u8(*other),
        }
    }
    body.put_u8(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart_whatever_is_in_them() {
        let parts = |content| {
            [
                PartToSend { name: b"no\"te\n", file: None, content },
                PartToSend {
                    name: b"photo",
                    file: Some((b"a.jpg", "image/jpeg")),
                    content: b"\xff\xd8",
                },
            ]
        };
        let (kind, body) = multipart(&parts(b"x"));
        let boundary = kind.to_str().unwrap().split_once("boundary=").unwrap().1.to_owned();
        assert!(boundary.starts_with(PREFIX) && boundary.len() == PREFIX.len() + 16, "{boundary}");
        let expected = [
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"no%22te%0A\"\r\n\r\nx\r\n").as_bytes(),
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n").as_bytes(),
            b"\xff\xd8\r\n",
            format!("--{boundary}--\r\n").as_bytes(),
        ]
        .concat();
        assert_eq!(body, expected);
        assert_eq!(multipart(&parts(b"x")).0, kind, "the same parts again are the same body");
        assert_ne!(multipart(&parts(&body)).0, kind, "a body in a body has another boundary");
    }
}
