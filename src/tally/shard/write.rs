//! Storing a tally while it grows.

use std::io::{self, Write};

use super::FORMAT;
use super::frame::{self, Content};
use super::header::{Ending, Shard, ShardHeader};
use crate::tally::Tally;

/// Appends deltas to a file.
#[derive(Debug)]
pub struct DeltaWriter<W> {
    out: W,
    /// A write failed, and may have left half a frame behind: what came after it could not be read.
    broken: bool,
}

// === impl DeltaWriter ===

impl<W: Write> DeltaWriter<W> {
    /// Starts a file with its header. `out` should not be buffered: what is buffered does not survive the process.
    ///
    /// # Errors
    /// When writing fails, or the header's slices are too fine.
    pub fn begin(out: W, header: &ShardHeader) -> io::Result<DeltaWriter<W>> {
        if header.parts() > ShardHeader::MAX_PARTS {
            let text = format!(
                "slices that cut the schedule in more than {} parts are not supported",
                ShardHeader::MAX_PARTS
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let mut start = format!("{FORMAT}\n").into_bytes();
        // Twice: without it, nothing else can be read.
        let header = frame::encode(&Content::Header(header))?;
        start.extend_from_slice(&header);
        start.extend_from_slice(&header);
        let mut writer = DeltaWriter { out, broken: false };
        writer.write(&start)?;
        Ok(writer)
    }

    /// Appends what was counted since the last time, by one write. [`Tally::compact`] it first if it is to be merged as well.
    ///
    /// # Errors
    /// When writing fails, now or at an earlier delta.
    pub fn append(&mut self, delta: &Tally) -> io::Result<()> {
        self.write(&frame::encode(&Content::Delta(delta))?)
    }

    /// Says how the run ended, and gives the file back.
    ///
    /// # Errors
    /// When writing fails, now or at an earlier delta.
    pub fn end(mut self, ending: Ending) -> io::Result<W> {
        self.write(&frame::encode(&Content::End(ending))?)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other(
                "an earlier write failed; what follows it could not be read",
            ));
        }
        let written = self.out.write_all(bytes);
        self.broken = written.is_err();
        written
    }
}

// === impl Shard ===

impl Shard {
    /// Stores it compactly: the header, one delta, the ending.
    ///
    /// # Errors
    /// When writing fails.
    pub fn write<W: Write>(&self, out: W) -> io::Result<W> {
        let mut writer = DeltaWriter::begin(out, &self.header)?;
        writer.append(&self.tally)?;
        writer.end(self.ending)
    }

    /// Stores it without an ending, as a run in progress has it: it is read as killed.
    ///
    /// # Errors
    /// When writing fails.
    pub fn write_unended<W: Write>(&self, out: W) -> io::Result<W> {
        let mut writer = DeltaWriter::begin(out, &self.header)?;
        writer.append(&self.tally)?;
        writer.out.flush()?;
        Ok(writer.out)
    }
}
