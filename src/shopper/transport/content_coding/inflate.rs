//! `gzip` and `deflate`, as browsers read them.

use flate2::{Decompress, FlushDecompress, Status};

use super::coding::{Coding, DecodeError};

/// The least room for more, in bytes.
const MORE_ROOM: usize = 16 << 10;
/// What every gzip member begins with: its magic number and the only method.
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b, 0x08];
/// Checksum and length at a gzip member's end, in bytes.
const GZIP_TRAILER: usize = 8;

/// The members of a gzip body. Their checksums are not looked at, nor is what follows the last of them.
pub(super) fn gzip(body: &[u8], plain: &mut Vec<u8>, bound: u64) -> Result<(), DecodeError> {
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

pub(super) fn deflate(body: &[u8], plain: &mut Vec<u8>, bound: u64) -> Result<(), DecodeError> {
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

/// Whether `deflate` means zlib (RFC 1950), as it should, or a bare stream (RFC 1951), as some servers send.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..]
        if method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31))
}
