//! Bodies of several parts, as WHATWG HTML writes `multipart/form-data`.

use bytes::{BufMut, Bytes, BytesMut};
use http::HeaderValue;

/// A part of a body.
#[derive(Debug)]
pub(crate) struct PartToSend<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// File name and content type, where it is a file.
    pub(crate) file: Option<(&'a str, &'a str)>,
    /// What it holds.
    pub(crate) content: &'a [u8],
}

/// The body of these parts, with its content type. The boundary is the same for the same parts, so that a body sent again is
/// the same body.
pub(crate) fn multipart(parts: &[PartToSend<'_>]) -> (HeaderValue, Bytes) {
    let mut boundary = "----tillrush".to_owned();
    let holds = |part: &PartToSend<'_>, text: &str| {
        part.name.contains(text) || part.content.windows(text.len()).any(|w| w == text.as_bytes())
    };
    while parts.iter().any(|part| holds(part, &boundary)) {
        boundary.push('-');
    }
    let quoted = |name: &str| name.replace('\n', "%0A").replace('\r', "%0D").replace('"', "%22");
    let mut body = BytesMut::with_capacity(
        parts.iter().map(|part| 128 + part.content.len()).sum::<usize>() + 64,
    );
    for part in parts {
        body.put(
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"",
                quoted(part.name)
            )
            .as_bytes(),
        );
        if let Some((name, kind)) = part.file {
            body.put(format!("; filename=\"{}\"\r\nContent-Type: {kind}", quoted(name)).as_bytes());
        }
        body.put(&b"\r\n\r\n"[..]);
        body.put(part.content);
        body.put(&b"\r\n"[..]);
    }
    body.put(format!("--{boundary}--\r\n").as_bytes());
    let content_type = format!("multipart/form-data; boundary={boundary}");
    (HeaderValue::from_str(&content_type).expect("letters and dashes"), body.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart_whatever_is_in_them() {
        let parts = [
            PartToSend { name: "no\"te", file: None, content: b"------tillrush" },
            PartToSend { name: "photo", file: Some(("a.jpg", "image/jpeg")), content: b"\xff\xd8" },
        ];
        let (kind, body) = multipart(&parts);
        assert_eq!(kind, "multipart/form-data; boundary=----tillrush-");
        let expected = b"------tillrush-\r\nContent-Disposition: form-data; name=\"no%22te\"\r\n\r\n------tillrush\r\n\
            ------tillrush-\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\r\n\
            ------tillrush---\r\n";
        assert_eq!(body.as_ref(), &expected[..]);
    }
}
