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
    /// A whole frame that holds what no frame does.
    Senseless(String),
    /// Bytes that are no frame: damaged, or not written to their end.
    Broken {
        /// What was read of it.
        bytes: Vec<u8>,
        /// What is wrong.
        what: String,
    },
}

/// How many bytes are summed up at most in the search for a frame: a second's work.
const SEARCHED_BYTES: usize = 1 << 30;

impl Next {
    pub(super) fn is_header(&self) -> bool {
        matches!(self, Next::Frame(OwnedContent::Header(_)))
    }
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
    let mut bytes = Vec::with_capacity(8);
    input.by_ref().take(8).read_to_end(&mut bytes)?;
    let Some((length, sum)) = start_of(&bytes) else {
        let what = "it ends within a frame".into();
        return Ok(if bytes.is_empty() { Next::Nothing } else { Next::Broken { bytes, what } });
    };
    let content_bytes = u32::from_le_bytes(length);
    if content_bytes > MAX_FRAME_BYTES {
        let what = format!("a frame of {content_bytes} bytes");
        return Ok(Next::Broken { bytes, what });
    }
    input.by_ref().take(content_bytes.into()).read_to_end(&mut bytes)?;
    let content = &bytes[8..];
    let what = if (content.len() as u64) < u64::from(content_bytes) {
        "it ends within a frame"
    } else if checksum(length, content) != sum {
        "a wrong checksum"
    } else {
        return Ok(match postcard::take_from_bytes(content) {
            Ok((content, [])) => Next::Frame(content),
            Ok((_, rest)) => Next::Senseless(format!("{} bytes too many in a frame", rest.len())),
            Err(error) => Next::Senseless(format!("a frame that can't be decoded: {error}")),
        });
    };
    Ok(Next::Broken { bytes, what: what.into() })
}

/// Where the first whole frame begins in these bytes, if one does.
pub(super) fn find(bytes: &[u8]) -> Option<usize> {
    let mut budget = SEARCHED_BYTES;
    (0..bytes.len()).find(|&at| {
        let Some((length, sum)) = start_of(&bytes[at..]) else { return false };
        let content_bytes = u32::from_le_bytes(length) as usize;
        let content =
            bytes[at + 8..].get(..content_bytes).filter(|content| begins_content(content));
        content.is_some_and(|content| {
            let affordable = budget.checked_sub(content.len());
            budget = affordable.unwrap_or(0);
            affordable.is_some() && checksum(length, content) == sum
        })
    })
}

/// Whether some content begins like this: with its kind. The shortest one is the end's, of two bytes.
fn begins_content(content: &[u8]) -> bool {
    const KINDS: u8 = 3;
    content.len() >= 2 && content[0] < KINDS
}

/// The length and the checksum that a frame begins with.
fn start_of(bytes: &[u8]) -> Option<([u8; 4], [u8; 4])> {
    let (&length, rest) = bytes.split_first_chunk::<4>()?;
    Some((length, *rest.first_chunk::<4>()?))
}

/// Gives each frame of a file the checksum that it should have.
#[cfg(any(test, fuzzing))]
pub fn mend_checksums(file: &mut [u8]) {
    let mut at = super::FORMAT.len() + 1;
    while let Some((length, _)) = file.get(at..).and_then(start_of) {
        let (start, end) = (at + 8, at + 8 + u32::from_le_bytes(length) as usize);
        let Some(content) = file.get(start..end) else { return };
        let sum = checksum(length, content);
        file[at + 4..start].copy_from_slice(&sum);
        at = end;
    }
}

fn checksum(length: [u8; 4], content: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(&length);
    crc.update(content);
    crc.sum().to_le_bytes()
}
