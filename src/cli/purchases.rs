//! `tillrush purchases`: the purchase log of a run as lines of JSON, and the only reader of it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::path::Path;

use anyhow::Context;

use super::args::PurchasesArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::run_folder::{PURCHASES, RunFolder};
use super::zstd::next_frame;
use crate::engine::{PIECE_BYTES, PurchaseLogPaths};

/// A piece ends with the line that fills it, and may grow while the one before is compressed.
const LARGEST_PIECE: u64 = 32 * PIECE_BYTES;
const BUFFER: usize = 1 << 20;

/// A line of a purchase log.
pub struct LoggedLine<'l> {
    /// The line with its line break.
    pub bytes: &'l [u8],
    /// The process was killed while it wrote this one.
    pub is_torn: bool,
}

/// `tillrush purchases`.
pub fn purchases(args: &PurchasesArgs) -> Result<Exit, Failure> {
    let folder = RunFolder::open(&args.run, &args.out).map_err(Failure::usage)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = each_purchase(&folder, |line| {
        if !line.is_torn {
            out.write_all(line.bytes)?;
        }
        Ok(())
    });
    match written.and_then(|()| Ok(out.flush()?)) {
        // A reader that has seen enough, such as `head`, is no failure.
        Err(error) if is_broken_pipe(&error) => Ok(Exit::Ok),
        result => Ok(result.map(|()| Exit::Ok)?),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Gives each line of the purchase log to `take`, the oldest first.
///
/// # Errors
/// When there is no log, it can't be read, or `take` refuses a line.
pub fn each_purchase(
    folder: &RunFolder,
    mut take: impl FnMut(LoggedLine<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let paths = PurchaseLogPaths::beside(&folder.path.join(PURCHASES));
    // Opened before the archive is read: a run in progress moves lines that way, and never back.
    let newest = open(&paths.newest)?;
    let mut set_aside = paths.set_aside.exists().then(|| open(&paths.set_aside)).transpose()?;
    let mut archived = None;
    if paths.archive.exists() {
        archived = each_of_archive(&paths.archive, set_aside.is_some(), &mut take)?;
    }
    for (plain, path) in [(set_aside.take(), &paths.set_aside), (Some(newest), &paths.newest)] {
        let Some(mut plain) = plain else { continue };
        let place = || path.display().to_string();
        if archived.as_deref().is_some_and(|piece| !piece.is_empty())
            && holds_just(&mut plain, archived.as_deref().unwrap_or_default())
                .with_context(place)?
        {
            continue;
        }
        each_line(BufReader::with_capacity(BUFFER, plain), path, &mut take)?;
    }
    Ok(())
}

fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| format!("can't read {}", path.display()))
}

/// Gives out the archive's lines, and returns its last piece. What is not whole at its end is still set aside, if anything is.
fn each_of_archive(
    path: &Path,
    is_set_aside: bool,
    take: &mut impl FnMut(LoggedLine<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<Option<Vec<u8>>> {
    let mut packed = BufReader::with_capacity(BUFFER, open(path)?);
    let mut last = None;
    loop {
        match next_frame(&mut packed, LARGEST_PIECE) {
            Ok(None) => return Ok(last),
            Ok(Some(piece)) => {
                each_line(&piece[..], path, take)?;
                last = Some(piece);
            }
            Err(_) if is_set_aside && packed.fill_buf()?.is_empty() => return Ok(last),
            Err(error) => {
                return Err(error).with_context(|| format!("can't read {}", path.display()));
            }
        }
    }
}

/// Whether a file holds these bytes and no more. It stands at its start afterwards.
fn holds_just(file: &mut File, piece: &[u8]) -> io::Result<bool> {
    if file.metadata()?.len() != piece.len() as u64 {
        return Ok(false);
    }
    let mut held = Vec::with_capacity(piece.len());
    file.take(piece.len() as u64).read_to_end(&mut held)?;
    file.rewind()?;
    Ok(held == piece)
}

fn each_line(
    mut lines: impl BufRead,
    path: &Path,
    take: &mut impl FnMut(LoggedLine<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = lines.read_until(b'\n', &mut line);
        if read.with_context(|| format!("can't read {}", path.display()))? == 0 {
            return Ok(());
        }
        let is_torn = line.last() != Some(&b'\n');
        take(LoggedLine { bytes: &line, is_torn }).with_context(|| path.display().to_string())?;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn packed(text: &str) -> Vec<u8> {
        compress_to_vec(text.as_bytes(), CompressionLevel::Fastest)
    }

    /// The lines of a log of these files; empty ones are not there.
    fn lines(newest: &str, set_aside: &str, archive: &[u8]) -> anyhow::Result<String> {
        let folder = tempfile::tempdir().unwrap();
        let paths = PurchaseLogPaths::beside(&folder.path().join(PURCHASES));
        fs::write(&paths.newest, newest).unwrap();
        for (path, content) in [(&paths.set_aside, set_aside.as_bytes()), (&paths.archive, archive)]
        {
            if !content.is_empty() {
                fs::write(path, content).unwrap();
            }
        }
        let folder = RunFolder { path: folder.path().to_owned() };
        let mut all = String::new();
        each_purchase(&folder, |line| {
            all += std::str::from_utf8(line.bytes).unwrap();
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn lines_come_from_the_oldest_to_the_newest() {
        let archive = [packed("1\n2\n"), packed("3\n")].concat();
        assert_eq!(lines("6\n7", "4\n5\n", &archive).unwrap(), "1\n2\n3\n4\n5\n6\n7");
        assert_eq!(lines("1\n", "", b"").unwrap(), "1\n");
    }

    #[test]
    fn a_piece_that_was_archived_when_the_process_died_is_read_once() {
        let archive = [packed("1\n"), packed("2\n3\n")].concat();
        assert_eq!(lines("4\n", "2\n3\n", &archive).unwrap(), "1\n2\n3\n4\n");
    }

    #[test]
    fn a_piece_that_was_half_archived_when_the_process_died_is_read_from_where_it_is_whole() {
        let half = packed("2\n3\n");
        let archive = [&packed("1\n")[..], &half[..half.len() - 5]].concat();
        assert_eq!(lines("4\n", "2\n3\n", &archive).unwrap(), "1\n2\n3\n4\n");
        assert!(lines("4\n", "", &archive).is_err());
    }
}
