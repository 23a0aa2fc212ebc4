//! Reading a stored tally back, torn or whole.

use std::io::{self, Read};

use super::FORMAT;
use super::frame::{self, Next, OwnedContent};
use super::header::{Ending, LostFrames, Shard, ShardHeader};
use crate::base::Slice;
use crate::tally::{Misfit, Tally};

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
    /// It was changed after it was written, and nothing of it is left.
    #[error("{name}: damaged at byte {at}: {what}; take a copy of the file, or leave it out")]
    Damaged {
        /// The file.
        name: String,
        /// Where.
        at: u64,
        /// What is wrong there.
        what: String,
    },
    /// It is as it was written, and can't be of its plan.
    #[error(
        "{name}: what it holds at byte {at} can't be of its plan: {misfit}; no run of this program wrote it, leave it out"
    )]
    Misfit {
        /// The file.
        name: String,
        /// Where.
        at: u64,
        /// Why.
        misfit: Misfit,
    },
}

/// The most steps, units, journeys and observed values that a tally has, those of its cohorts included: some 200 MiB.
const MOST_PLACES: usize = 250_000;

/// What is being read. Bytes that were read in vain are searched again.
struct Input<R> {
    ahead: io::Cursor<Vec<u8>>,
    rest: R,
    /// How many bytes were read.
    bytes: u64,
}

/// What was read so far.
#[derive(Default)]
struct Partial {
    header: Option<ShardHeader>,
    /// Where the header begins, in bytes.
    header_at: u64,
    tally: Tally,
    deltas: u64,
    ending: Option<Ending>,
    /// The last second that anything was counted in.
    last_second: u32,
    loss: Option<LostFrames>,
    /// A stretch that can't be read, where no delta has come since.
    open_loss: Option<LostFrames>,
}

/// Why a frame can't stand where it stands.
enum Refusal {
    Senseless(String),
    Misfit(Misfit),
}

// === impl Shard ===

impl Shard {
    /// Reads a stored tally. `name` is for messages: the file's. A torn last frame is dropped, and said to be so. What is
    /// damaged is left out, and everything whole before and after it is kept.
    ///
    /// # Errors
    /// When reading fails, or it is no tally, of another version, damaged so that nothing is left, or not of its plan.
    pub fn read(name: impl Into<String>, input: impl Read) -> Result<Shard, ShardError> {
        let name = name.into();
        let mut input = Input { ahead: io::Cursor::default(), rest: input, bytes: 0 };
        let is_named = check_format(&name, &mut input)?;
        let (mut partial, mut torn_bytes, mut damage) = (Partial::default(), 0, None);
        loop {
            let at = input.bytes;
            let io_error = |source| ShardError::Io { name: name.clone(), source };
            let next = frame::next(&mut input).map_err(io_error)?;
            if !is_named && partial.header.is_none() && !next.is_header() {
                return Err(ShardError::NotATally { name });
            }
            match next {
                Next::Nothing => break,
                Next::Frame(content) => {
                    partial.add(content, at).map_err(|refusal| refusal.at(&name, at))?
                }
                Next::Senseless(what) => return Err(ShardError::Damaged { name, at, what }),
                Next::Broken { bytes, what } => {
                    damage.get_or_insert((at, what));
                    let (found, skipped) = input.search(bytes).map_err(io_error)?;
                    if !found {
                        torn_bytes = skipped;
                        break;
                    }
                    partial.lose(at, skipped);
                }
            }
        }
        if let Some((at, what)) = damage.filter(|_| partial.nothing_is_left()) {
            return Err(ShardError::Damaged { name, at, what });
        }
        partial.finish(name, torn_bytes, input.bytes)
    }
}

impl Refusal {
    fn at(self, name: &str, at: u64) -> ShardError {
        let name = name.to_owned();
        match self {
            Refusal::Senseless(what) => ShardError::Damaged { name, at, what },
            Refusal::Misfit(misfit) => ShardError::Misfit { name, at, misfit },
        }
    }
}

/// Reads the line that names the format. False if it is none: it may be damaged, and the rest whole.
fn check_format(name: &str, input: &mut impl Read) -> Result<bool, ShardError> {
    let mut line = Vec::new();
    let length = FORMAT.len() as u64 + 1;
    input
        .take(length)
        .read_to_end(&mut line)
        .map_err(|source| ShardError::Io { name: name.to_owned(), source })?;
    if line.strip_suffix(b"\n") == Some(FORMAT.as_bytes()) {
        return Ok(true);
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
        _ => Ok(false),
    }
}

// === impl Partial ===

impl Partial {
    /// Adds a frame that begins at this byte, or says why it can't stand there.
    fn add(&mut self, content: OwnedContent, at: u64) -> Result<(), Refusal> {
        let senseless = |what: &str| Err(Refusal::Senseless(what.to_owned()));
        if let Some(ending) = self.ending {
            return Err(Refusal::Senseless(format!("it continues after its end ({ending:?})")));
        }
        match (content, &self.header) {
            (OwnedContent::Header(header), None) => {
                if !are_possible(&header) {
                    return senseless(
                        "its header names slices that can't be, or more steps than a run has",
                    );
                }
                self.tally = Tally::new(header.shape.clone());
                self.header = Some(*header);
                self.header_at = at;
            }
            // It is stored twice, since nothing can be read without it.
            (OwnedContent::Header(header), Some(known))
                if *header == *known && self.deltas == 0 => {}
            (OwnedContent::Header(_), Some(_)) => return senseless("a second header"),
            (_, None) => return senseless("no header at its start"),
            (OwnedContent::Delta(delta), Some(header)) => {
                delta.fits(&header.shape, header.length).map_err(Refusal::Misfit)?;
                self.merge(*delta);
            }
            (OwnedContent::End(ending), Some(_)) => self.ending = Some(ending),
        }
        Ok(())
    }

    fn merge(&mut self, delta: Tally) {
        self.deltas += 1;
        let last = delta.seconds.keys().next_back().copied().unwrap_or(self.last_second);
        self.last_second = self.last_second.max(last);
        self.close_loss();
        self.tally.merge(delta);
    }

    /// A stretch can't be read. One of the two headers is no loss.
    fn lose(&mut self, at: u64, bytes: u64) {
        let is_second_header = self.header_at + bytes == at && self.deltas == 0;
        if self.header.is_none() || is_second_header {
            return;
        }
        let loss =
            LostFrames { places: 1, bytes, at, between: (self.last_second, self.last_second) };
        self.open_loss = Some(self.open_loss.map_or(loss, |open| open.and(loss)));
    }

    /// What is missing is between the last whole second and this one.
    fn close_loss(&mut self) {
        if let Some(open) = self.open_loss.take() {
            let closed = LostFrames { between: (open.between.0, self.last_second), ..open };
            self.loss = Some(self.loss.map_or(closed, |loss| loss.and(closed)));
        }
    }

    /// Whether damage has left nothing to report: no delta, where some were.
    fn nothing_is_left(&self) -> bool {
        self.deltas == 0 && self.open_loss.is_some()
    }

    fn finish(mut self, name: String, torn_bytes: u64, at: u64) -> Result<Shard, ShardError> {
        self.close_loss();
        let Partial { header: Some(header), mut tally, ending, loss, .. } = self else {
            return Err(ShardError::NoHeader { name });
        };
        // Each part of it may fit, and all of them be too much.
        tally
            .fits(&header.shape, header.length)
            .map_err(|misfit| Refusal::Misfit(misfit).at(&name, at))?;
        tally.compact();
        let ending =
            if loss.is_some() { Ending::Damaged } else { ending.unwrap_or(Ending::Killed) };
        Ok(Shard { name, header, tally, ending, torn_bytes, loss })
    }
}

/// Whether a header can be of a run: its slices exist, and its tally fits the memory.
fn are_possible(header: &ShardHeader) -> bool {
    header.slices.iter().all(|slice| Slice::try_new(slice.index(), slice.of()).is_ok())
        && header.parts() <= ShardHeader::MAX_PARTS
        && header.shape.places().is_some_and(|places| places <= MOST_PLACES)
}

// === impl Input ===

impl<R: Read> Input<R> {
    /// Goes on to the first whole frame after these bytes' begin, or to the end. Whether there is one, and how many bytes lie
    /// before it.
    fn search(&mut self, mut bytes: Vec<u8>) -> io::Result<(bool, u64)> {
        self.bytes -= bytes.len() as u64;
        let start = self.ahead.position() as usize;
        bytes.extend_from_slice(&self.ahead.get_ref()[start..]);
        self.rest.read_to_end(&mut bytes)?;
        let found = frame::find(&bytes[1..]).map(|at| at + 1);
        let skipped = found.unwrap_or(bytes.len());
        bytes.drain(..skipped);
        self.bytes += skipped as u64;
        self.ahead = io::Cursor::new(bytes);
        Ok((found.is_some(), skipped as u64))
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match self.ahead.read(buffer)? {
            0 => self.rest.read(buffer)?,
            read => read,
        };
        self.bytes += read as u64;
        Ok(read)
    }
}
