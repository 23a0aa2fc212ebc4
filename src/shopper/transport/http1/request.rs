//! A request's head in bytes, as Chromium writes it: `Host` and `Connection` first, names capitalised.

use ::http::Method;
use ::http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, TRANSFER_ENCODING};

use super::super::wire_request::WireRequest;

/// Appends the head of `request` to `out`, for a server at `host`. A body in it is framed by its length, or as one chunk where the
/// scenario asks for `transfer-encoding: chunked`.
pub(super) fn write_head(out: &mut Vec<u8>, request: &WireRequest, host: &[u8]) {
    out.extend_from_slice(request.method.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(request.path.as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\nHost: ");
    out.extend_from_slice(request.headers.get(HOST).map_or(host, |own| own.as_bytes()));
    out.extend_from_slice(b"\r\n");
    if !request.headers.contains_key(CONNECTION) {
        out.extend_from_slice(b"Connection: keep-alive\r\n");
    }
    if !is_chunked(&request.headers)
        && (!request.body.is_empty() || states_empty_body(&request.method))
    {
        out.extend_from_slice(b"Content-Length: ");
        push_decimal(out, request.body.len());
        out.extend_from_slice(b"\r\n");
    }
    for (name, value) in &request.headers {
        if name == HOST || name == CONTENT_LENGTH {
            continue;
        }
        match usual_name(name.as_str()) {
            Some(written) => out.extend_from_slice(written.as_bytes()),
            None => push_name(out, name.as_str()),
        }
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
}

/// Whether the scenario asks for a body in chunks.
pub(super) fn is_chunked(headers: &HeaderMap) -> bool {
    headers.contains_key(TRANSFER_ENCODING)
}

/// Whether a request of this method says `Content-Length: 0` where it has no body (RFC 9110 8.6).
pub(in crate::shopper::transport) fn states_empty_body(method: &Method) -> bool {
    [Method::POST, Method::PUT, Method::PATCH].contains(method)
}

/// What stands before the value of a header that nearly every request has: to write a name letter by letter costs more than all
/// else of a head.
fn usual_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "accept" => "Accept: ",
        "accept-encoding" => "Accept-Encoding: ",
        "accept-language" => "Accept-Language: ",
        "cache-control" => "Cache-Control: ",
        "content-type" => "Content-Type: ",
        "cookie" => "Cookie: ",
        "origin" => "Origin: ",
        "referer" => "Referer: ",
        "sec-ch-ua" => "sec-ch-ua: ",
        "sec-ch-ua-mobile" => "sec-ch-ua-mobile: ",
        "sec-ch-ua-platform" => "sec-ch-ua-platform: ",
        "sec-fetch-dest" => "Sec-Fetch-Dest: ",
        "sec-fetch-mode" => "Sec-Fetch-Mode: ",
        "sec-fetch-site" => "Sec-Fetch-Site: ",
        "sec-fetch-user" => "Sec-Fetch-User: ",
        "upgrade-insecure-requests" => "Upgrade-Insecure-Requests: ",
        "user-agent" => "User-Agent: ",
        "x-load-test" => "X-Load-Test: ",
        "x-shopper" => "X-Shopper: ",
        _ => return None,
    })
}

/// Writes `accept-patch` as `Accept-Patch: `; browsers leave client hints in lower case.
fn push_name(out: &mut Vec<u8>, name: &str) {
    let start = out.len();
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    if name.starts_with("sec-ch-") {
        return;
    }
    let mut starts_word = true;
    for byte in &mut out[start..] {
        if starts_word {
            byte.make_ascii_uppercase();
        }
        starts_word = *byte == b'-';
    }
}

fn push_decimal(out: &mut Vec<u8>, number: usize) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_name_is_written_as_any_other() {
        for name in [
            "accept",
            "accept-encoding",
            "accept-language",
            "cache-control",
            "content-type",
            "cookie",
            "origin",
            "referer",
            "sec-ch-ua",
            "sec-ch-ua-mobile",
            "sec-ch-ua-platform",
            "sec-fetch-dest",
            "sec-fetch-mode",
            "sec-fetch-site",
            "sec-fetch-user",
            "upgrade-insecure-requests",
            "user-agent",
            "x-load-test",
            "x-shopper",
        ] {
            let mut letter_by_letter = Vec::new();
            push_name(&mut letter_by_letter, name);
            assert_eq!(usual_name(name).map(str::as_bytes), Some(&letter_by_letter[..]), "{name}");
        }
    }
}
