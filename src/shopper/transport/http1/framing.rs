//! Where an answer's body ends (RFC 9112 6.3), as Chromium decides it.

use ::http::header::{
    CONNECTION, CONTENT_DISPOSITION, CONTENT_LENGTH, HeaderMap, LOCATION, TRANSFER_ENCODING,
};
use ::http::{Method, StatusCode, Version};

use super::head::Head;

/// Where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is none.
    Empty,
    /// After this many bytes.
    Length(u64),
    /// With its last chunk.
    Chunked,
    /// With the connection.
    UntilClose,
}

/// The longest line between chunks in bytes: Chromium's bound.
const CHUNK_LINE_BOUND: usize = 16 << 10;

/// Takes chunks apart, however they are cut on the wire.
#[derive(Debug, Default)]
pub(super) struct ChunkDecoder {
    state: ChunkState,
    /// The line that is being read.
    line: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ChunkState {
    #[default]
    Size,
    Data(u64),
    /// The line break after a chunk's data.
    DataEnd,
    Trailers,
    Done,
}

// === impl Framing ===

impl Framing {
    /// How the body of this answer is framed.
    ///
    /// # Errors
    /// Lengths that contradict each other: nobody can say where the body ends.
    pub(super) fn of(method: &Method, head: &Head) -> Result<Framing, String> {
        // Nearly no answer repeats a header but `set-cookie`.
        if head.headers.len() > head.headers.keys_len() {
            refuse_contradictions(&head.headers)?;
        }
        // HTTP/1.0 has no chunks. Any other transfer coding, `identity` above all, is ignored.
        let chunked =
            head.version == Version::HTTP_11 && lists(&head.headers, TRANSFER_ENCODING, "chunked");
        let length = if chunked { None } else { stated_length(&head.headers)? };
        let without_body = matches!(
            head.status,
            StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
        );
        if method == Method::HEAD || without_body || head.status.is_informational() {
            return Ok(Framing::Empty);
        }
        if chunked {
            return Ok(Framing::Chunked);
        }
        Ok(length.map_or(Framing::UntilClose, Framing::Length))
    }
}

/// Refuses an answer that names two places or two files, as Chromium does: somebody may have slipped in a line.
fn refuse_contradictions(headers: &HeaderMap) -> Result<(), String> {
    for name in [LOCATION, CONTENT_DISPOSITION] {
        let mut values = headers.get_all(&name).into_iter();
        if let Some(first) = values.next()
            && values.any(|other| other != first)
        {
            return Err(format!("two `{name}` that differ"));
        }
    }
    Ok(())
}

/// The length that is stated, any number of times. What is no length is as good as none.
fn stated_length(headers: &HeaderMap) -> Result<Option<u64>, String> {
    let mut lines = headers.get_all(CONTENT_LENGTH).into_iter();
    if let (Some(only), None) = (lines.next(), lines.next())
        && let Some(length) = only
            .to_str()
            .ok()
            .filter(|text| !text.starts_with('+'))
            .and_then(|text| text.parse().ok())
    {
        return Ok(Some(length));
    }
    let lines = headers.get_all(CONTENT_LENGTH).into_iter();
    let mut stated =
        lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    let Some(first) = stated.next() else { return Ok(None) };
    if stated.any(|other| other != first) {
        return Err("two content lengths that differ".to_owned());
    }
    let digits = std::str::from_utf8(first).ok().filter(|text| !text.starts_with('+'));
    Ok(digits.and_then(|text| text.parse().ok()))
}

/// Whether the shop keeps the connection open after this answer.
pub(super) fn keeps_alive(head: &Head) -> bool {
    match head.version {
        Version::HTTP_10 => lists(&head.headers, CONNECTION, "keep-alive"),
        _ => !lists(&head.headers, CONNECTION, "close"),
    }
}

/// Whether a header of comma-separated words has this one.
fn lists(headers: &HeaderMap, name: ::http::HeaderName, word: &str) -> bool {
    headers.get_all(name).iter().any(|line| {
        let line = line.as_bytes();
        // Nearly all lists have one word.
        if memchr::memchr(b',', line).is_none() {
            return line.trim_ascii().eq_ignore_ascii_case(word.as_bytes());
        }
        line.split(|byte| *byte == b',')
            .any(|listed| listed.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
    })
}

// === impl ChunkDecoder ===

impl ChunkDecoder {
    /// Takes what came, appends the data in it to `data`, and returns how many bytes belong to the body: all of them,
    /// unless it is done.
    ///
    /// # Errors
    /// When these are no chunks.
    pub(super) fn decode(&mut self, input: &[u8], data: &mut Vec<u8>) -> Result<usize, String> {
        let mut at = 0;
        while at < input.len() && self.state != ChunkState::Done {
            let rest = &input[at..];
            if let ChunkState::Data(left) = self.state {
                let taken = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                data.extend_from_slice(&rest[..taken]);
                at += taken;
                let left = left - taken as u64;
                self.state = if left == 0 { ChunkState::DataEnd } else { ChunkState::Data(left) };
                continue;
            }
            let Some(end) = memchr::memchr(b'\n', rest) else {
                self.line.extend_from_slice(rest);
                at = input.len();
                break;
            };
            self.line.extend_from_slice(&rest[..end]);
            at += end + 1;
            self.state = self.after_line()?;
            self.line.clear();
        }
        if self.line.len() > CHUNK_LINE_BOUND {
            return Err("a line between chunks is too long".to_owned());
        }
        Ok(at)
    }

    /// Whether the last chunk and the trailers have come.
    pub(super) fn is_done(&self) -> bool {
        self.state == ChunkState::Done
    }

    /// The state after a whole line.
    fn after_line(&self) -> Result<ChunkState, String> {
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        match self.state {
            ChunkState::Size => match chunk_size(line)? {
                0 => Ok(ChunkState::Trailers),
                size => Ok(ChunkState::Data(size)),
            },
            ChunkState::DataEnd if line.is_empty() => Ok(ChunkState::Size),
            ChunkState::DataEnd => Err("a chunk is longer than its size".to_owned()),
            ChunkState::Trailers if line.is_empty() => Ok(ChunkState::Done),
            ChunkState::Trailers => Ok(ChunkState::Trailers),
            ChunkState::Data(_) | ChunkState::Done => Ok(self.state),
        }
    }
}

/// A chunk's size: hexadecimal digits, then spaces and extensions. Chromium passes over no tabs.
fn chunk_size(line: &[u8]) -> Result<u64, String> {
    let mut size = line.split(|byte| *byte == b';').next().unwrap_or_default();
    while let Some(shorter) = size.strip_suffix(b" ") {
        size = shorter;
    }
    let digits = std::str::from_utf8(size).ok().filter(|text| !text.starts_with('+'));
    digits
        .and_then(|text| u64::from_str_radix(text, 16).ok())
        .ok_or_else(|| format!("'{}' is not a chunk size", String::from_utf8_lossy(size)))
}
