//! The head of an answer: status line and headers.
//!
//! Read as leniently as Chromium reads it: what a shopper never sees go wrong is no failure of the shop.
//!
//! | what a shop sends | what becomes of it |
//! |---|---|
//! | lines that end in LF alone; empty lines before the status line | read |
//! | up to four bytes of rubbish before `HTTP` | skipped |
//! | a status line in lower case, without a version, without a reason, with several spaces | read |
//! | a header without a colon, with an empty or invalid name, with control characters | left out |
//! | spaces before the colon, folded lines | read |
//! | any number of header lines within 256 KiB | read |

use std::mem::MaybeUninit;

use ::http::header::{HeaderMap, HeaderName, HeaderValue};
use ::http::{StatusCode, Version};
use bytes::Bytes;
use httparse::{ParserConfig, Status};

/// The largest head of an answer in bytes: Chromium's bound.
pub(super) const HEAD_BOUND: usize = 256 << 10;

/// How many bytes of rubbish may stand before the status line.
const RUBBISH: usize = 4;

/// Room for the header lines of nearly every answer, on the stack.
const USUAL_LINES: usize = 64;

/// Status, version and headers of an answer.
#[derive(Debug)]
pub(in super::super) struct Head {
    pub(in super::super) status: StatusCode,
    pub(in super::super) version: Version,
    pub(in super::super) headers: HeaderMap,
}

/// Why bytes are no head of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeadError {
    /// They are not HTTP.
    NotHttp(String),
    /// They are more than [`HEAD_BOUND`].
    TooLarge,
}

/// Finds the end of a head that may still be growing.
#[derive(Debug, Default)]
pub(super) struct HeadScanner {
    /// How many bytes were looked at.
    scanned: usize,
}

// === impl HeadScanner ===

impl HeadScanner {
    /// The length of the head at the start of `buffer`, once it is all there.
    ///
    /// # Errors
    /// As soon as it is clear that no head comes, or that it is too large.
    pub(super) fn head_length(&mut self, buffer: &[u8]) -> Result<Option<usize>, HeadError> {
        if self.scanned == 0 && looks_foreign(buffer) {
            return Err(HeadError::NotHttp("the answer does not begin like HTTP".to_owned()));
        }
        let leading = blank_lines(buffer);
        // Two bytes back, for an empty line of which a part was there before.
        let mut at = self.scanned.saturating_sub(2).max(leading);
        while let Some(found) = memchr::memchr(b'\n', &buffer[at..]) {
            at += found + 1;
            match &buffer[at..] {
                [b'\n', ..] => return Ok(Some(at + 1)),
                [b'\r', b'\n', ..] => return Ok(Some(at + 2)),
                _ => {}
            }
        }
        self.scanned = buffer.len();
        if buffer.len() > HEAD_BOUND { Err(HeadError::TooLarge) } else { Ok(None) }
    }
}

/// Line breaks before the status line.
fn blank_lines(buffer: &[u8]) -> usize {
    buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

/// Whether this surely is no HTTP: enough has come to see it.
fn looks_foreign(buffer: &[u8]) -> bool {
    let start = &buffer[blank_lines(buffer)..];
    start.len() >= RUBBISH + 4 && status_line_at(start).is_none()
}

/// Where the status line begins, with at most [`RUBBISH`] before it.
fn status_line_at(bytes: &[u8]) -> Option<usize> {
    (0..=RUBBISH)
        .find(|at| bytes.get(*at..at + 4).is_some_and(|word| word.eq_ignore_ascii_case(b"http")))
}

// === impl Head ===

impl Head {
    /// Reads a whole head.
    ///
    /// # Errors
    /// When it is not HTTP.
    pub(super) fn parse(bytes: &[u8]) -> Result<Head, HeadError> {
        // One copy of the head serves all values.
        match parse(&Bytes::copy_from_slice(bytes)) {
            Err(HeadError::NotHttp(reason)) => match usual_status_line(bytes) {
                Some(repaired) => parse(&repaired.into()),
                None => Err(HeadError::NotHttp(reason)),
            },
            other => other,
        }
    }
}

fn parse(bytes: &Bytes) -> Result<Head, HeadError> {
    let mut lines = [const { MaybeUninit::uninit() }; USUAL_LINES];
    if let Some(head) = parse_with(bytes, &mut lines)? {
        return Ok(head);
    }
    // A header line has at least four bytes, so that these are enough.
    let mut lines = vec![MaybeUninit::uninit(); bytes.len() / 4 + 1];
    parse_with(bytes, &mut lines)?.ok_or(HeadError::TooLarge)
}

/// None where there are more lines than there is room for.
fn parse_with<'b>(
    bytes: &'b Bytes,
    lines: &mut [MaybeUninit<httparse::Header<'b>>],
) -> Result<Option<Head>, HeadError> {
    let mut config = ParserConfig::default();
    config
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .allow_space_before_first_header_name(true)
        .ignore_invalid_headers_in_responses(true);
    let mut response = httparse::Response::new(&mut []);
    match config.parse_response_with_uninit_headers(&mut response, bytes, lines) {
        Ok(Status::Complete(_)) => build(bytes, &response).map(Some),
        Ok(Status::Partial) => Err(HeadError::NotHttp("the head is cut".to_owned())),
        Err(httparse::Error::TooManyHeaders) => Ok(None),
        Err(error) => Err(HeadError::NotHttp(error.to_string())),
    }
}

fn build(bytes: &Bytes, response: &httparse::Response<'_, '_>) -> Result<Head, HeadError> {
    let status = response.code.and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.ok_or_else(|| HeadError::NotHttp("no valid status".to_owned()))?;
    let version = if response.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 };
    let mut headers = HeaderMap::with_capacity(response.headers.len());
    for line in response.headers.iter() {
        let Ok(name) = HeaderName::from_bytes(line.name.as_bytes()) else { continue };
        let Some(value) = value(bytes, line.value) else { continue };
        headers.try_append(name, value).map_err(|_| HeadError::TooLarge)?;
    }
    Ok(Head { status, version, headers })
}

/// A header's value: a slice of the head, or its own text where its lines were folded. None where it has control characters.
fn value(head: &Bytes, value: &[u8]) -> Option<HeaderValue> {
    if memchr::memchr(b'\n', value).is_some() {
        let unfolded = value.iter().map(|byte| match byte {
            b'\r' | b'\n' => b' ',
            other => *other,
        });
        return HeaderValue::from_maybe_shared(Bytes::from_iter(unfolded)).ok();
    }
    HeaderValue::from_maybe_shared(head.slice_ref(value)).ok()
}

/// The head with its status line written as `httparse` wants it, if it is one that Chromium reads.
fn usual_status_line(bytes: &[u8]) -> Option<Vec<u8>> {
    let bytes = &bytes[blank_lines(bytes)..];
    let bytes = &bytes[status_line_at(bytes)?..];
    let end = memchr::memchr(b'\n', bytes)?;
    let line = &bytes[4..end];
    let (version, rest) = match line.strip_prefix(b"/") {
        Some(rest) => {
            let length =
                rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
            (if is_1_1_at_least(rest) { b'1' } else { b'0' }, &rest[length..])
        }
        None => (b'0', line),
    };
    let code: Vec<u8> =
        rest.trim_ascii_start().iter().copied().take_while(u8::is_ascii_digit).collect();
    // Chromium takes a status line without a status for 200.
    let code = if code.is_empty() { b"200".to_vec() } else { code };
    (code.len() == 3)
        .then(|| [b"HTTP/1.", &[version][..], b" ", &code, b"\r\n", &bytes[end + 1..]].concat())
}

/// Whether a version such as `1.1 200 OK` has chunks and stays connected: a digit, and one behind the first point. All else, `HTTP/2`
/// among it, is HTTP/1.0 to Chromium.
fn is_1_1_at_least(version: &[u8]) -> bool {
    let minor = memchr::memchr(b'.', version).and_then(|point| version.get(point + 1));
    match (version.first(), minor) {
        (Some(major), Some(minor)) if major.is_ascii_digit() && minor.is_ascii_digit() => {
            (*major, *minor) >= (b'1', b'1')
        }
        _ => false,
    }
}
