//! Reading a stored tally back, torn or whole.

use std::io::{self, Read};

use super::FORMAT;
use super::frame::{self, Next, OwnedContent};
use super::header::{Ending, Shard, ShardHeader};
use crate::base::Slice;
use crate::tally::{Tally, TallyShape};

/// Why a stored tally can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ShardError {
    /// The system said no.
    #[error("{name}: can't be read")]
    Io {
        /// The file.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// It does not begin as a tally does.
    #[error("{name}: this is not a stored tally (it does not begin with '{FORMAT}')")]
    NotATally {
        /// The file.
        name: String,
    },
    /// Another version wrote it.
    #[error(
        "{name}: its format is '{found}', this program reads '{FORMAT}'; use the program that wrote it"
    )]
    OtherVersion {
        /// The file.
        name: String,
        /// The format that it names.
        found: String,
    },
    /// Nothing to go by was stored.
    #[error(
        "{name}: it ends before its header; the run was killed at its very start, and left nothing to report"
    )]
    NoHeader {
        /// The file.
        name: String,
    },
    /// It was changed after it was written.
    #[error("{name}: damaged at byte {at}: {what}; take a copy of the file, or leave it out")]
    Damaged {
        /// The file.
        name: String,
        /// Where.
        at: u64,
        /// What is wrong there.
        what: String,
    },
}

/// Counts the bytes that were read.
struct Counted<R> {
    input: R,
    bytes: u64,
}

/// What was read so far.
#[derive(Default)]
struct Partial {
    header: Option<ShardHeader>,
    tally: Tally,
    ending: Option<Ending>,
}

// === impl Shard ===

impl Shard {
    /// Reads a stored tally. `name` is for messages: the file's. A torn last frame is dropped, and said to be so.
    ///
    /// # Errors
    /// When reading fails, or it is no tally, of another version, or damaged.
    pub fn read(name: impl Into<String>, input: impl Read) -> Result<Shard, ShardError> {
        let name = name.into();
        let mut input = Counted { input, bytes: 0 };
        check_format(&name, &mut input)?;
        let (mut partial, mut torn_bytes) = (Partial::default(), 0);
        loop {
            let at = input.bytes;
            let what = match frame::next(&mut input)
                .map_err(|source| ShardError::Io { name: name.clone(), source })?
            {
                Next::Frame(content) => partial.add(content).err(),
                Next::Nothing => break,
                Next::Torn(bytes) => {
                    torn_bytes = bytes;
                    break;
                }
                Next::Damaged(what) => Some(what),
            };
            if let Some(what) = what {
                return Err(ShardError::Damaged { name, at, what });
            }
        }
        let Partial { header: Some(header), mut tally, ending } = partial else {
            return Err(ShardError::NoHeader { name });
        };
        tally.compact();
        Ok(Shard { name, header, tally, ending: ending.unwrap_or(Ending::Killed), torn_bytes })
    }
}

fn check_format(name: &str, input: &mut impl Read) -> Result<(), ShardError> {
    let mut line = Vec::new();
    let length = FORMAT.len() as u64 + 1;
    input
        .take(length)
        .read_to_end(&mut line)
        .map_err(|source| ShardError::Io { name: name.to_owned(), source })?;
    if line.strip_suffix(b"\n") == Some(FORMAT.as_bytes()) {
        return Ok(());
    }
    let family = FORMAT.split_inclusive('/').next().unwrap_or(FORMAT);
    match String::from_utf8(line) {
        Ok(text) if text.len() as u64 == length && text.starts_with(family) => {
            Err(ShardError::OtherVersion {
                name: name.to_owned(),
                found: text.trim_end().to_owned(),
            })
        }
        Ok(text) if format!("{FORMAT}\n").starts_with(&text) && !text.is_empty() => {
            Err(ShardError::NoHeader { name: name.to_owned() })
        }
        _ => Err(ShardError::NotATally { name: name.to_owned() }),
    }
}

// === impl Partial ===

impl Partial {
    /// Adds a frame, or says why it can't stand where it stands.
    fn add(&mut self, content: OwnedContent) -> Result<(), String> {
        if let Some(ending) = self.ending {
            return Err(format!("it goes on after its end ({ending:?})"));
        }
        match (content, &self.header) {
            (OwnedContent::Header(header), None) => {
                if header
                    .slices
                    .iter()
                    .any(|slice| Slice::try_new(slice.index(), slice.of()).is_err())
                    || header.parts() > ShardHeader::MAX_PARTS
                {
                    return Err("its header names slices that can't be".into());
                }
                self.tally = Tally::new(header.shape.clone());
                self.header = Some(*header);
            }
            (OwnedContent::Header(_), Some(_)) => return Err("a second header".into()),
            (_, None) => return Err("no header at its start".into()),
            (OwnedContent::Delta(delta), Some(header)) => {
                if !fits(&delta, &header.shape) {
                    return Err("a delta of another plan than the header's".into());
                }
                self.tally.merge(*delta);
            }
            (OwnedContent::End(ending), Some(_)) => self.ending = Some(ending),
        }
        Ok(())
    }
}

fn fits(delta: &Tally, shape: &TallyShape) -> bool {
    delta.shape == *shape
        && delta.steps.len() == shape.steps
        && delta.journeys.len() == shape.journeys
        && delta.cohorts.len() == shape.cohorts.len()
        && delta.cohorts.iter().all(|part| fits(part, &shape.of_cohort()))
}

// === impl Counted ===

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}
