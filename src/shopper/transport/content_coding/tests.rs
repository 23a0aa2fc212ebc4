use std::io::Write;

use ::http::HeaderValue;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use flate2::{Compression, GzBuilder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::*;

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
    assert_eq!(decode("gzip, zstd", encoded("zstd", &encoded("gzip", TEXT)), 1_000).unwrap(), TEXT);
    assert_eq!(decode("identity", TEXT.to_vec(), 1_000).unwrap(), TEXT);
    assert_eq!(decode("utf-8", TEXT.to_vec(), 1_000).unwrap(), TEXT);
}

#[test]
fn a_cut_body_is_what_was_there() {
    let text: Vec<u8> = (0..20_000u32).flat_map(|n| (n * 7_919 % 10_007).to_be_bytes()).collect();
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
    for codings in ["foo, gzip", ", gzip", "gzip,", "gzip,,gzip", ""] {
        assert_eq!(decode(codings, body.clone(), 1_000).unwrap(), body, "{codings}");
    }
}

#[test]
fn what_is_no_list_of_codings_is_not_proper() {
    for codings in ["*", "gzip;q=1", "\"gzip\"", "a=b"] {
        let refused = decode(codings, TEXT.to_vec(), 1_000);
        assert!(matches!(refused, Err(TransportError::Protocol(_))), "{codings}");
    }
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
        assert!(matches!(decode(name, body, 1_000), Err(TransportError::Protocol(_))), "{name}");
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
    let headers: HeaderMap = [(CONTENT_ENCODING, "gzip".parse().unwrap())].into_iter().collect();
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
