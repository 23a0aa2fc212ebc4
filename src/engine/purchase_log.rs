//! The purchase log on disk: one line for each thing that becomes known of an intent.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use super::budget::Budget;
use crate::shopper::{PurchaseLog, PurchaseRecord};

/// The file that all cores append to. A line is one write(2), so it is whole, and survives the process as soon
/// as the write returns. It is not synced: it does not survive a loss of power.
#[derive(Clone, Debug)]
pub struct PurchaseLogFile(Arc<File>);

/// One core's writer.
pub struct PurchaseLogWriter {
    file: Option<PurchaseLogFile>,
    budget: Budget,
    line: RefCell<Vec<u8>>,
}

// === impl PurchaseLogFile ===

impl PurchaseLogFile {
    /// Opens the file for appending, and makes it if it is not there.
    ///
    /// # Errors
    /// When the system won't.
    pub fn open(path: &Path) -> io::Result<PurchaseLogFile> {
        Ok(PurchaseLogFile(Arc::new(OpenOptions::new().create(true).append(true).open(path)?)))
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
                (&*file.0).write_all(&text)
            });
        if let Err(error) = written {
            self.budget.fail_purchase_log(&error);
        }
    }
}
