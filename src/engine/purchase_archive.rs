//! A purchase log that would grow with the length of a run is moved to an archive piece by piece, where it takes a tenth of the room.
//!
//! The newest lines are always in a plain file, written as they come, so that nothing is lost with the process. Once that file is full it is
//! set aside under another name, compressed beside the run, appended to the archive as one zstd frame, and only then removed. A process that
//! is killed in between leaves a piece both in the archive and set aside: a reader takes it once.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use ruzstd::encoding::{CompressionLevel, compress_to_vec};

/// How large the plain file grows in bytes.
pub const PIECE_BYTES: u64 = 8 << 20;

/// Where a purchase log is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchaseLogPaths {
    /// The newest lines.
    pub newest: PathBuf,
    /// Lines that are being moved to the archive; usually absent.
    pub set_aside: PathBuf,
    /// The oldest lines, in zstd frames; absent while there are few.
    pub archive: PathBuf,
}

/// Moves full pieces to the archive, one at a time.
#[derive(Debug)]
pub(super) struct Archivist {
    paths: PurchaseLogPaths,
    at_work: Option<JoinHandle<io::Result<()>>>,
    /// The archive can't be written: the plain file goes on growing, and nothing is lost.
    has_given_up: bool,
}

// === impl PurchaseLogPaths ===

impl PurchaseLogPaths {
    /// Those beside the file of the newest lines.
    pub fn beside(newest: &Path) -> PurchaseLogPaths {
        PurchaseLogPaths {
            newest: newest.to_owned(),
            set_aside: newest.with_extension("full.jsonl"),
            archive: newest.with_extension("jsonl.zst"),
        }
    }
}

// === impl Archivist ===

impl Archivist {
    pub(super) fn new(paths: PurchaseLogPaths) -> Archivist {
        Archivist { paths, at_work: None, has_given_up: false }
    }

    /// Sets the plain file aside and has it compressed. Returns the file that takes its place; none where the last piece is not done yet, or
    /// the system won't.
    pub(super) fn take_piece(&mut self) -> Option<File> {
        if self.at_work.as_ref().is_some_and(|at_work| !at_work.is_finished()) {
            return None;
        }
        self.finish();
        if self.has_given_up || self.paths.set_aside.exists() {
            return None;
        }
        let next = self.exchange();
        self.has_given_up = next.is_err();
        next.ok()
    }

    /// Waits for the last piece.
    pub(super) fn finish(&mut self) {
        if let Some(at_work) = self.at_work.take() {
            self.has_given_up |= !at_work.join().is_ok_and(|done| done.is_ok());
        }
    }

    fn exchange(&mut self) -> io::Result<File> {
        let PurchaseLogPaths { newest, set_aside, .. } = &self.paths;
        fs::rename(newest, set_aside)?;
        let paths = self.paths.clone();
        let next = append_to(newest).and_then(|next| {
            let work = move || archive(&paths);
            let at_work = thread::Builder::new().name("purchases".into()).spawn(work)?;
            Ok((next, at_work))
        });
        match next {
            Ok((next, at_work)) => {
                self.at_work = Some(at_work);
                Ok(next)
            }
            Err(error) => {
                fs::rename(set_aside, newest)?;
                Err(error)
            }
        }
    }
}

/// Opens a file for appending, and makes it if it is not there.
pub(super) fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// Appends what was set aside to the archive, and removes it. The archive stays as it was where that fails.
fn archive(paths: &PurchaseLogPaths) -> io::Result<()> {
    let plain = BufReader::new(File::open(&paths.set_aside)?);
    let frame = compress_to_vec(plain, CompressionLevel::Fastest);
    let mut archive = append_to(&paths.archive)?;
    let before = archive.metadata()?.len();
    if let Err(error) = archive.write_all(&frame) {
        archive.set_len(before)?;
        return Err(error);
    }
    fs::remove_file(&paths.set_aside)
}
