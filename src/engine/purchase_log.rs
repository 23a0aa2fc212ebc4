//! The purchase log on disk: one line for each thing that becomes known of an intent.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::budget::Budget;
use super::purchase_archive::{Archivist, PIECE_BYTES, PurchaseLogPaths, append_to};
use crate::shopper::{PurchaseLog, PurchaseRecord};

/// The log that all cores append to. A line is one write(2), so it is whole, and survives the process as soon
/// as the write returns. It is not synced: it does not survive a loss of power.
#[derive(Clone, Debug)]
pub struct PurchaseLogFile(Arc<Mutex<OpenLog>>);

#[derive(Debug)]
struct OpenLog {
    newest: File,
    /// The length of the newest file.
    bytes: u64,
    piece_bytes: u64,
    archivist: Archivist,
}

/// One core's writer.
pub struct PurchaseLogWriter {
    file: Option<PurchaseLogFile>,
    budget: Budget,
    line: RefCell<Vec<u8>>,
}

// === impl PurchaseLogFile ===

impl PurchaseLogFile {
    /// Opens the log for appending, and makes it if it is not there. `path` is the file of its newest lines.
    ///
    /// # Errors
    /// When the system won't.
    pub fn open(path: &Path) -> io::Result<PurchaseLogFile> {
        PurchaseLogFile::in_pieces(path, PIECE_BYTES)
    }

    fn in_pieces(path: &Path, piece_bytes: u64) -> io::Result<PurchaseLogFile> {
        let newest = append_to(path)?;
        let bytes = newest.metadata()?.len();
        let archivist = Archivist::new(PurchaseLogPaths::beside(path));
        let log = OpenLog { newest, bytes, piece_bytes, archivist };
        Ok(PurchaseLogFile(Arc::new(Mutex::new(log))))
    }

    /// Appends a line, which ends with a line break.
    ///
    /// # Errors
    /// When the system won't.
    pub fn append(&self, line: &[u8]) -> io::Result<()> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.newest.write_all(line)?;
        log.bytes += line.len() as u64;
        if log.bytes >= log.piece_bytes
            && let Some(next) = log.archivist.take_piece()
        {
            (log.newest, log.bytes) = (next, 0);
        }
        Ok(())
    }

    /// Waits until nothing is moved to the archive any more.
    pub fn finish(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).archivist.finish();
    }
}

// === impl PurchaseLogWriter ===

impl PurchaseLogWriter {
    /// A writer for one core; without a file it only keeps the budget.
    pub fn new(file: Option<PurchaseLogFile>, budget: Budget) -> PurchaseLogWriter {
        PurchaseLogWriter { file, budget, line: RefCell::default() }
    }
}

impl PurchaseLog for PurchaseLogWriter {
    fn admits_purchase(&self) -> bool {
        self.budget.take_order()
    }

    fn write(&self, line: &PurchaseRecord<'_>) {
        let Some(file) = &self.file else { return };
        let mut text = self.line.borrow_mut();
        text.clear();
        let written =
            serde_json::to_writer(&mut *text, line).map_err(io::Error::from).and_then(|()| {
                text.push(b'\n');
                file.append(&text)
            });
        if let Err(error) = written {
            self.budget.fail_purchase_log(&error);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use ruzstd::decoding::StreamingDecoder;

    use super::*;

    /// What an archive of several frames holds.
    fn unpacked(path: &Path) -> String {
        let packed = fs::read(path).unwrap();
        let (mut rest, mut text) = (&packed[..], String::new());
        while !rest.is_empty() {
            let mut frame = StreamingDecoder::new(&mut rest).unwrap();
            io::Read::read_to_string(&mut frame, &mut text).unwrap();
        }
        text
    }

    #[test]
    fn pieces_go_to_the_archive_and_no_line_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let paths = PurchaseLogPaths::beside(&folder.path().join("purchases.jsonl"));
        let log = PurchaseLogFile::in_pieces(&paths.newest, 4_000).unwrap();
        let mut expected = String::new();
        for place in 0..2_000 {
            let line = format!("{{\"at_us\":{place},\"event\":\"invoke\"}}\n");
            log.append(line.as_bytes()).unwrap();
            expected += &line;
        }
        log.finish();
        let archived = unpacked(&paths.archive);
        assert_eq!(archived.clone() + &fs::read_to_string(&paths.newest).unwrap(), expected);
        assert!(!paths.set_aside.exists());
        let packed = fs::metadata(&paths.archive).unwrap().len();
        assert!(packed * 4 < archived.len() as u64, "{packed} of {}", archived.len());
    }

    #[test]
    fn a_log_whose_archive_cannot_be_written_stays_plain_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let paths = PurchaseLogPaths::beside(&folder.path().join("purchases.jsonl"));
        fs::create_dir(&paths.archive).unwrap();
        let log = PurchaseLogFile::in_pieces(&paths.newest, 100).unwrap();
        for place in 0..100 {
            log.append(format!("{place:09}\n").as_bytes()).unwrap();
            log.finish();
        }
        let kept = [&paths.set_aside, &paths.newest].map(|path| fs::read_to_string(path).unwrap());
        assert_eq!(kept.concat().lines().count(), 100);
        assert_eq!(kept.concat().lines().last(), Some("000000099"));
    }
}
