//! Taking content codings off a body, as leniently as Chromium does, and within bounds.
//!
//! | what a shop sends | what becomes of it |
//! |---|---|
//! | a coding that is not known, alone or among others | the body as it came |
//! | a stream that is cut | what was there |
//! | gzip with a wrong checksum or length, without its trailer, with rubbish behind it | the page |
//! | several gzip members | all of them (Chromium shows the first) |
//! | `deflate` without zlib's header | read |
//! | a body that is not of its coding at all, or damaged within | a failure, as in Chromium |

use std::error::Error;
use std::io::{self, ErrorKind, Read};

use ::http::HeaderMap;
use ::http::header::CONTENT_ENCODING;
use brotli_decompressor::Decompressor;
use bytes::Bytes;
use flate2::{Decompress, FlushDecompress, Status};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::TransportError;
use crate::shopper::off_core::{LARGE, off_core};

/// A coding that is offered to shops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// Why a body can't be decoded.
#[derive(Debug)]
enum DecodeError {
    /// It is not of this coding.
    Corrupt(Coding),
    /// It grows beyond the bound.
    TooLarge,
}

/// The largest window a zstd body may ask for (RFC 9659).
const ZSTD_WINDOW: u64 = 8 << 20;
/// How many codings are taken off, one after the other.
const MAX_CODINGS: usize = 4;
/// Room made at once, in bytes; more as it comes.
const FIRST_ROOM: u64 = 1 << 20;
/// The least room for more, in bytes.
const MORE_ROOM: usize = 16 << 10;
/// What every gzip member begins with: its magic number and the only method.
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b, 0x08];
/// Checksum and length at a gzip member's end, in bytes.
const GZIP_TRAILER: usize = 8;

/// The body without its content codings, at most `bound` bytes. A large one is decoded away from the core.
///
/// # Errors
/// When it is not what its coding says, or too large.
pub(super) async fn decode(
    headers: &HeaderMap,
    body: Bytes,
    bound: u64,
) -> Result<Bytes, TransportError> {
    if body.is_empty() || !headers.contains_key(CONTENT_ENCODING) {
        return Ok(body);
    }
    let Some(codings) = codings(headers) else { return Ok(body) };
    if codings.is_empty() {
        return Ok(body);
    }
    let here = bound.min(LARGE as u64);
    if body.len() <= LARGE {
        let decoded = take_off(&codings, &body, here);
        // How large it grows is seen only by decoding it: what was done in vain is bounded.
        if here == bound || !matches!(decoded, Err(TransportError::BodyTooLarge(_))) {
            return decoded;
        }
    }
    off_core(move || take_off(&codings, &body, bound)).await
}

fn take_off(codings: &[Coding], body: &[u8], bound: u64) -> Result<Bytes, TransportError> {
    let mut decoded: Option<Vec<u8>> = None;
    // Applied in the order listed, so taken off from the last.
    for coding in codings.iter().rev() {
        let body = decoded.as_deref().unwrap_or(body);
        let first = (body.len() as u64 * 4).min(bound).min(FIRST_ROOM);
        let mut plain = Vec::with_capacity(first as usize);
        match coding {
            Coding::Gzip => gzip(body, &mut plain, bound),
            Coding::Deflate => deflate(body, &mut plain, bound),
            Coding::Brotli => brotli(body, &mut plain, bound),
            Coding::Zstd => zstd(body, &mut plain, bound),
        }
        .map_err(|error| match error {
            DecodeError::Corrupt(coding) => {
                TransportError::Protocol(format!("the body is not proper {}", coding.name()))
            }
            DecodeError::TooLarge => TransportError::BodyTooLarge(bound),
        })?;
        decoded = Some(plain);
    }
    Ok(Bytes::from(decoded.unwrap_or_default()))
}

/// The codings in the order listed; none where one of them is not known: then nothing is taken off.
fn codings(headers: &HeaderMap) -> Option<Vec<Coding>> {
    let lines = headers.get_all(CONTENT_ENCODING).into_iter();
    let listed = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    let known = listed.map(<[u8]>::trim_ascii).filter(|name| !name.is_empty()).map(Coding::of);
    let codings: Vec<Coding> = known.take(MAX_CODINGS).collect::<Option<_>>()?;
    Some(codings)
}

/// The members of a gzip body. Their checksums are not looked at, nor is what follows the last of them.
fn gzip(body: &[u8], plain: &mut Vec<u8>, bound: u64) -> Result<(), DecodeError> {
    let mut rest = body;
    loop {
        if !rest.starts_with(GZIP_MAGIC) {
            let first = rest.len() == body.len();
            let cut = GZIP_MAGIC.starts_with(rest);
            return if first && !cut { Err(DecodeError::Corrupt(Coding::Gzip)) } else { Ok(()) };
        }
        let Some(header) = gzip_header(rest) else { return Ok(()) };
        let mut inflater = Decompress::new(false);
        let used = inflate(&mut inflater, &rest[header..], plain, bound, Coding::Gzip)?;
        rest = rest.get(header + used + GZIP_TRAILER..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(());
        }
    }
}

/// The length of a member's header (RFC 1952 2.3); none where it is cut.
fn gzip_header(member: &[u8]) -> Option<usize> {
    const HEADER_CHECKSUM: u8 = 1 << 1;
    const EXTRA: u8 = 1 << 2;
    const NAME: u8 = 1 << 3;
    const COMMENT: u8 = 1 << 4;
    let flags = *member.get(3)?;
    let mut length = 10;
    if flags & EXTRA != 0 {
        let extra = member.get(length..length + 2)?;
        length += 2 + usize::from(u16::from_le_bytes([extra[0], extra[1]]));
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            length += memchr::memchr(0, member.get(length..)?)? + 1;
        }
    }
    if flags & HEADER_CHECKSUM != 0 {
        length += 2;
    }
    (length <= member.len()).then_some(length)
}

fn deflate(body: &[u8], plain: &mut Vec<u8>, bound: u64) -> Result<(), DecodeError> {
    let mut inflater = Decompress::new(is_zlib(body));
    inflate(&mut inflater, body, plain, bound, Coding::Deflate).map(|_| ())
}

/// Inflates to the stream's end, or to where it is cut; how many bytes of it were used.
fn inflate(
    inflater: &mut Decompress,
    stream: &[u8],
    plain: &mut Vec<u8>,
    bound: u64,
    coding: Coding,
) -> Result<usize, DecodeError> {
    loop {
        if plain.len() == plain.capacity() {
            plain.reserve(MORE_ROOM);
        }
        let used = inflater.total_in() as usize;
        let before = (inflater.total_in(), inflater.total_out());
        let status = inflater
            .decompress_vec(&stream[used..], plain, FlushDecompress::None)
            .map_err(|_| DecodeError::Corrupt(coding))?;
        if plain.len() as u64 > bound {
            return Err(DecodeError::TooLarge);
        }
        let stuck = before == (inflater.total_in(), inflater.total_out());
        if status == Status::StreamEnd || (stuck && plain.len() < plain.capacity()) {
            return Ok(inflater.total_in() as usize);
        }
    }
}

fn brotli(body: &[u8], plain: &mut Vec<u8>, bound: u64) -> Result<(), DecodeError> {
    let decoder = Decompressor::new(CutAtEnd(body), 4_096);
    read_all(decoder, plain, bound, Coding::Brotli)
}

/// The frames of a zstd body, one after the other.
fn zstd(body: &[u8], plain: &mut Vec<u8>, bound: u64) -> Result<(), DecodeError> {
    let mut rest = body;
    while !rest.is_empty() {
        let mut frames = FrameDecoder::new();
        frames.set_max_window_size(ZSTD_WINDOW);
        let decoder = StreamingDecoder::new_with_decoder(&mut rest, frames)
            .map_err(|_| DecodeError::Corrupt(Coding::Zstd))?;
        read_all(decoder, plain, bound, Coding::Zstd)?;
    }
    Ok(())
}

/// Reads a decoder to its end, or to where its stream is cut.
fn read_all(
    decoder: impl Read,
    plain: &mut Vec<u8>,
    bound: u64,
    coding: Coding,
) -> Result<(), DecodeError> {
    let room = bound - plain.len() as u64;
    match decoder.take(room + 1).read_to_end(plain) {
        _ if plain.len() as u64 > bound => Err(DecodeError::TooLarge),
        Err(error) if !is_cut(&error) => Err(DecodeError::Corrupt(coding)),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Whether a stream ended before its end.
fn is_cut(error: &io::Error) -> bool {
    let outer: &(dyn Error + 'static) = error;
    std::iter::successors(Some(outer), |&error| error.source())
        .chain(error.get_ref().map(|inner| inner as &(dyn Error + 'static)))
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| error.kind() == ErrorKind::UnexpectedEof)
}

/// Bytes whose end is an error: only a stream that is cut reads beyond it.
struct CutAtEnd<'b>(&'b [u8]);

impl Read for CutAtEnd<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 if !buffer.is_empty() => Err(ErrorKind::UnexpectedEof.into()),
            count => Ok(count),
        }
    }
}

/// Whether `deflate` means zlib (RFC 1950), as it should, or a bare stream (RFC 1951), as some servers send.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..]
        if method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31))
}

// === impl Coding ===

impl Coding {
    fn of(name: &[u8]) -> Option<Coding> {
        match name.to_ascii_lowercase().as_slice() {
            b"gzip" | b"x-gzip" => Some(Coding::Gzip),
            b"deflate" => Some(Coding::Deflate),
            b"br" => Some(Coding::Brotli),
            b"zstd" => Some(Coding::Zstd),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Deflate => "deflate",
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use ::http::HeaderValue;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use flate2::{Compression, GzBuilder};
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    const TEXT: &[u8] = b"a shop's page, a shop's page, a shop's page, and its footer";
    const BROTLI: &[u8] = b"\x8b\x06\x80hello, shopper\x03";

    fn encoded(name: &str, text: &[u8]) -> Vec<u8> {
        match name {
            "gzip" => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            "zlib" => {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            "deflate" => {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            "zstd" => compress_to_vec(text, CompressionLevel::Fastest),
            _ => unreachable!("no such encoding here"),
        }
    }

    fn decode(names: &'static str, body: Vec<u8>, bound: u64) -> Result<Bytes, TransportError> {
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static(names))]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(super::decode(&headers, Bytes::from(body), bound))
    }

    #[test]
    fn every_encoding_that_is_offered_is_understood() {
        assert_eq!(decode("gzip", encoded("gzip", TEXT), 1_000).unwrap(), TEXT);
        assert_eq!(decode("X-GZIP", encoded("gzip", TEXT), 1_000).unwrap(), TEXT);
        assert_eq!(decode("deflate", encoded("zlib", TEXT), 1_000).unwrap(), TEXT);
        assert_eq!(decode("deflate", encoded("deflate", TEXT), 1_000).unwrap(), TEXT);
        assert_eq!(decode("zstd", encoded("zstd", TEXT), 1_000).unwrap(), TEXT);
        let twice = [encoded("zstd", TEXT), encoded("zstd", TEXT)].concat();
        assert_eq!(decode("zstd", twice, 1_000).unwrap(), [TEXT, TEXT].concat());
        assert_eq!(decode("br", BROTLI.to_vec(), 1_000).unwrap(), b"hello, shopper"[..]);
        assert_eq!(
            decode("gzip, zstd", encoded("zstd", &encoded("gzip", TEXT)), 1_000).unwrap(),
            TEXT
        );
        assert_eq!(decode("identity", TEXT.to_vec(), 1_000).unwrap(), TEXT);
        assert_eq!(decode("utf-8", TEXT.to_vec(), 1_000).unwrap(), TEXT);
    }

    #[test]
    fn a_cut_body_is_what_was_there() {
        let text: Vec<u8> =
            (0..20_000u32).flat_map(|n| (n * 7_919 % 10_007).to_be_bytes()).collect();
        for (name, kind) in [("gzip", "gzip"), ("deflate", "zlib"), ("deflate", "deflate")] {
            let whole = encoded(kind, &text);
            let shown = decode(name, whole[..whole.len() / 2].to_vec(), 1 << 20).unwrap();
            assert!(!shown.is_empty() && text.starts_with(&shown), "{kind}: {} bytes", shown.len());
        }
        let brotli = decode("br", BROTLI[..BROTLI.len() - 3].to_vec(), 1_000).unwrap();
        assert!(b"hello, shopper".starts_with(&brotli));
        let zstd = encoded("zstd", &text);
        let shown = decode("zstd", zstd[..zstd.len() - 3].to_vec(), 1 << 20).unwrap();
        assert!(text.starts_with(&shown), "{} bytes", shown.len());
    }

    #[test]
    fn gzip_needs_neither_a_right_trailer_nor_one_at_all_and_may_have_rubbish_behind() {
        let whole = encoded("gzip", TEXT);
        let mut wrong = whole.clone();
        let end = wrong.len();
        wrong[end - 8] ^= 0xff;
        for body in [wrong, whole[..end - 8].to_vec(), whole[..end - 3].to_vec()] {
            assert_eq!(decode("gzip", body, 1_000).unwrap(), TEXT);
        }
        for rubbish in [&[0; 20][..], b"<!-- 12 ms -->", &whole[..2]] {
            assert_eq!(decode("gzip", [&whole, rubbish].concat(), 1_000).unwrap(), TEXT);
        }
        let twice = [&whole[..], &whole[..]].concat();
        assert_eq!(decode("gzip", twice, 1_000).unwrap(), [TEXT, TEXT].concat());
        let mut named = GzBuilder::new().filename("a").comment("b").extra(vec![1, 2, 3]);
        named = named.mtime(7);
        let mut encoder = named.write(Vec::new(), Compression::fast());
        encoder.write_all(TEXT).unwrap();
        assert_eq!(decode("gzip", encoder.finish().unwrap(), 1_000).unwrap(), TEXT);
    }

    #[test]
    fn one_unknown_coding_among_others_leaves_the_body_as_it_came() {
        let body = encoded("gzip", TEXT);
        assert_eq!(decode("foo, gzip", body.clone(), 1_000).unwrap(), body);
    }

    #[test]
    fn a_body_that_is_not_of_its_coding_is_not_proper() {
        let mut wrong_sum = encoded("zlib", TEXT);
        *wrong_sum.last_mut().unwrap() ^= 0xff;
        for (name, body) in [
            ("gzip", TEXT.to_vec()),
            ("gzip", encoded("zlib", TEXT)),
            ("deflate", wrong_sum),
            ("deflate", TEXT.to_vec()),
            ("zstd", TEXT.to_vec()),
            ("br", TEXT.to_vec()),
        ] {
            assert!(
                matches!(decode(name, body, 1_000), Err(TransportError::Protocol(_))),
                "{name}"
            );
        }
    }

    #[test]
    fn a_body_that_grows_beyond_the_bound_is_refused() {
        let bomb = vec![b'x'; 1 << 20];
        for (name, kind) in [("gzip", "gzip"), ("deflate", "zlib"), ("zstd", "zstd")] {
            let small = encoded(kind, &bomb);
            assert!(small.len() < 20_000, "{kind} {}", small.len());
            assert_eq!(
                decode(name, small.clone(), 1 << 19),
                Err(TransportError::BodyTooLarge(1 << 19)),
                "{name}"
            );
            assert_eq!(decode(name, small, 1 << 20).unwrap().len(), 1 << 20, "{name}");
        }
    }

    #[test]
    fn a_large_body_is_decoded_while_others_go_on_and_a_small_one_at_once() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let headers: HeaderMap =
            [(CONTENT_ENCODING, "gzip".parse().unwrap())].into_iter().collect();
        let polls_until_decoded = |text: &[u8]| {
            let body = Bytes::from(encoded("gzip", text));
            runtime.block_on(async {
                let mut decoded = std::pin::pin!(super::decode(&headers, body, 1 << 24));
                let mut polls = 0u64;
                let plain = std::future::poll_fn(|context| {
                    polls += 1;
                    decoded.as_mut().poll(context)
                });
                assert_eq!(plain.await.unwrap(), text);
                polls
            })
        };
        assert_eq!(polls_until_decoded(&vec![b'x'; LARGE]), 1);
        assert!(polls_until_decoded(&vec![b'x'; LARGE + 1]) > 1);
        assert!(polls_until_decoded(&vec![b'x'; 8 << 20]) > 1);
    }
}
