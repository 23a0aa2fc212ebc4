//! Reading an answer's body, within bounds: a hostile or broken shop must not cost us our memory.

use std::io::Read;

use ::http::HeaderMap;
use ::http::header::CONTENT_ENCODING;
use brotli_decompressor::Decompressor;
use bytes::{Bytes, BytesMut};
use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::error::{self, TransportError};

/// Room made at once for a body of stated length; a longer one grows as it comes, so that a statement alone
/// costs nothing.
const FIRST_ROOM: u64 = 1 << 20;
/// The largest window a zstd body may ask for (RFC 9659).
const ZSTD_WINDOW: u64 = 8 << 20;

/// Reads a body of at most `bound` bytes, counting them in `received`.
pub(super) async fn read(
    mut body: Incoming,
    bound: u64,
    reused: bool,
    received: &mut u64,
) -> Result<Bytes, TransportError> {
    let stated = body.size_hint();
    if stated.lower() > bound {
        return Err(TransportError::BodyTooLarge(bound));
    }
    // Most answers come in one piece, which is then handed on as it is.
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(|error| error::from_exchange(&error, reused))?.into_data()
        else {
            continue;
        };
        *received += piece.len() as u64;
        if *received > bound {
            return Err(TransportError::BodyTooLarge(bound));
        }
        if first.is_empty() && all.is_empty() {
            first = piece;
            continue;
        }
        if all.is_empty() {
            all.reserve(stated.lower().clamp(first.len() as u64, FIRST_ROOM) as usize);
            all.extend_from_slice(&first);
        }
        all.extend_from_slice(&piece);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// The body without its content encodings, at most `bound` bytes. An encoding that is not known leaves it
/// as it is, as browsers do.
pub(super) fn decoded(
    headers: &HeaderMap,
    body: Bytes,
    bound: u64,
) -> Result<Bytes, TransportError> {
    if body.is_empty() || !headers.contains_key(CONTENT_ENCODING) {
        return Ok(body);
    }
    // Applied in the order listed, so taken off from the last.
    let listed =
        headers.get_all(CONTENT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    let names: Vec<&str> = listed.flat_map(|value| value.split(',')).map(str::trim).collect();
    names.iter().rev().take(4).try_fold(body, |body, name| {
        match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => drain(GzDecoder::new(&*body), &body, bound, "gzip"),
            "deflate" if is_zlib(&body) => drain(ZlibDecoder::new(&*body), &body, bound, "deflate"),
            "deflate" => drain(DeflateDecoder::new(&*body), &body, bound, "deflate"),
            "br" => drain(Decompressor::new(&*body, 4_096), &body, bound, "br"),
            "zstd" => zstd(&body, bound),
            _ => Ok(body),
        }
    })
}

fn drain(
    decoder: impl Read,
    encoded: &[u8],
    bound: u64,
    name: &str,
) -> Result<Bytes, TransportError> {
    let mut plain =
        Vec::with_capacity((encoded.len() as u64 * 4).min(bound).min(FIRST_ROOM) as usize);
    append(&mut plain, decoder, bound, name)?;
    Ok(Bytes::from(plain))
}

fn append(
    plain: &mut Vec<u8>,
    decoder: impl Read,
    bound: u64,
    name: &str,
) -> Result<(), TransportError> {
    let room = bound - plain.len() as u64;
    match decoder.take(room + 1).read_to_end(plain) {
        Err(_) => Err(TransportError::Protocol(format!("the body is not proper {name}"))),
        Ok(_) if plain.len() as u64 > bound => Err(TransportError::BodyTooLarge(bound)),
        Ok(_) => Ok(()),
    }
}

/// The frames of a zstd body, one after the other.
fn zstd(body: &[u8], bound: u64) -> Result<Bytes, TransportError> {
    let corrupt = || TransportError::Protocol("the body is not proper zstd".to_owned());
    let mut plain = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        let mut frames = FrameDecoder::new();
        frames.set_max_window_size(ZSTD_WINDOW);
        let decoder =
            StreamingDecoder::new_with_decoder(&mut rest, frames).map_err(|_| corrupt())?;
        append(&mut plain, decoder, bound, "zstd")?;
    }
    Ok(Bytes::from(plain))
}

/// Whether `deflate` means zlib (RFC 1950), as it should, or a bare stream (RFC 1951), as some servers send.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..] if method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use ::http::HeaderValue;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
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
        decoded(&headers, Bytes::from(body), bound)
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
    fn a_corrupt_or_cut_body_is_not_proper() {
        let cut = |mut bytes: Vec<u8>| {
            bytes.truncate(bytes.len() - 3);
            bytes
        };
        for (name, body) in [
            ("gzip", cut(encoded("gzip", TEXT))),
            ("gzip", TEXT.to_vec()),
            ("deflate", cut(encoded("zlib", TEXT))),
            ("deflate", TEXT.to_vec()),
            ("zstd", cut(encoded("zstd", TEXT))),
            ("zstd", TEXT.to_vec()),
            ("br", cut(BROTLI.to_vec())),
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
}
