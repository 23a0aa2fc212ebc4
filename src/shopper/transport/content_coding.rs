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

mod coding;
mod inflate;

use std::error::Error;
use std::io::{self, ErrorKind, Read};

use ::http::HeaderMap;
use ::http::header::CONTENT_ENCODING;
use brotli_decompressor::Decompressor;
use bytes::Bytes;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::TransportError;
use crate::shopper::off_core::{LARGE, off_core};
use coding::{Coding, DecodeError};
use inflate::{deflate, gzip};

/// The largest window a zstd body may ask for (RFC 9659).
const ZSTD_WINDOW: u64 = 8 << 20;
/// How many codings are taken off, one after the other.
const MAX_CODINGS: usize = 4;
/// Room made at once, in bytes; more as it comes.
const FIRST_ROOM: u64 = 1 << 20;

/// The body without its content codings, at most `bound` bytes. A large one is decoded away from the core.
///
/// # Errors
/// When it is not what its coding says, or too large.
pub(super) async fn decode(
    headers: &HeaderMap,
    body: Bytes,
    bound: u64,
) -> Result<Bytes, TransportError> {
    if !headers.contains_key(CONTENT_ENCODING) {
        return Ok(body);
    }
    let Some(codings) = codings(headers)? else { return Ok(body) };
    if body.is_empty() || codings.is_empty() {
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

/// The codings in the order listed; none where one of them is not known, or empty: then nothing is taken off.
///
/// # Errors
/// When this is no list of names at all. Chromium refuses these.
fn codings(headers: &HeaderMap) -> Result<Option<Vec<Coding>>, TransportError> {
    let lines = || headers.get_all(CONTENT_ENCODING).into_iter().map(|line| line.as_bytes());
    if lines().any(|line| line.iter().any(|byte| b"\"=;*".contains(byte))) {
        return Err(TransportError::Protocol("`content-encoding` is no list of names".to_owned()));
    }
    let listed = lines().flat_map(|line| line.split(|byte| *byte == b','));
    Ok(listed.map(|name| Coding::of(name.trim_ascii())).take(MAX_CODINGS).collect())
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

#[cfg(test)]
mod tests;
