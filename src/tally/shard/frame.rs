//! Frames: where parts of a file begin and end, and whether they are whole, torn or damaged.
//!
//! A frame is the length of its content and a checksum (CRC-32 of length and content), each four bytes, little
//! end first, then the content in postcard's encoding. The length is part of the checksum, so that a hole of
//! zeros is no frame.

use std::io::{self, Read};

use flate2::Crc;
use serde::{Deserialize, Serialize};

use super::header::{Ending, ShardHeader};
use crate::tally::Tally;

/// No frame is longer; a length beyond this is damage.
const MAX_FRAME_BYTES: u32 = 1 << 30;

/// What a frame holds, when written.
#[derive(Serialize)]
pub(super) enum Content<'a> {
    Header(&'a ShardHeader),
    Delta(&'a Tally),
    End(Ending),
}

/// What a frame holds, when read; the same encoding as [`Content`].
#[derive(Deserialize)]
pub(super) enum OwnedContent {
    Header(Box<ShardHeader>),
    Delta(Box<Tally>),
    End(Ending),
}

/// What comes next in a file.
pub(super) enum Next {
    Frame(OwnedContent),
    /// The file ends here.
    Nothing,
    /// The file ends within a frame, or with one that was not written to its end; this many bytes of it are there.
    Torn(u64),
    /// Bytes that were never written so.
    Damaged(String),
}

/// The frame of this content, ready to be written at once.
pub(super) fn encode(content: &Content<'_>) -> io::Result<Vec<u8>> {
    let mut frame = postcard::to_extend(content, vec![0; 8]).map_err(io::Error::other)?;
    let length = u32::try_from(frame.len() - 8).ok().filter(|&length| length <= MAX_FRAME_BYTES);
    let length = length
        .ok_or_else(|| {
            io::Error::other(format!("a frame of {} bytes is too long to store", frame.len()))
        })?
        .to_le_bytes();
    let sum = checksum(length, &frame[8..]);
    frame[..4].copy_from_slice(&length);
    frame[4..8].copy_from_slice(&sum);
    Ok(frame)
}

/// Reads the next frame.
pub(super) fn next(input: &mut impl Read) -> io::Result<Next> {
    let mut start = Vec::with_capacity(8);
    input.by_ref().take(8).read_to_end(&mut start)?;
    let Some((&length, &sum)) = start
        .split_first_chunk::<4>()
        .and_then(|(length, rest)| Some((length, rest.first_chunk::<4>()?)))
    else {
        return Ok(if start.is_empty() { Next::Nothing } else { Next::Torn(start.len() as u64) });
    };
    let bytes = u32::from_le_bytes(length);
    if bytes > MAX_FRAME_BYTES {
        return Ok(Next::Damaged(format!("a frame of {bytes} bytes")));
    }
    let mut content = Vec::new();
    input.by_ref().take(bytes.into()).read_to_end(&mut content)?;
    if (content.len() as u64) < u64::from(bytes) {
        return Ok(Next::Torn(8 + content.len() as u64));
    }
    if checksum(length, &content) != sum {
        let goes_on = input.read(&mut [0])? > 0;
        return Ok(if goes_on {
            Next::Damaged("a wrong checksum".into())
        } else {
            Next::Torn(8 + u64::from(bytes))
        });
    }
    Ok(match postcard::take_from_bytes(&content) {
        Ok((content, [])) => Next::Frame(content),
        Ok((_, rest)) => Next::Damaged(format!("{} bytes too many in a frame", rest.len())),
        Err(error) => Next::Damaged(format!("a frame that can't be decoded: {error}")),
    })
}

fn checksum(length: [u8; 4], content: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(&length);
    crc.update(content);
    crc.sum().to_le_bytes()
}
