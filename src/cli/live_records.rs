//! The shop's records, read while the run goes on: what is wrong for certain is told at once, and when each order was first there is known
//! more exactly afterwards.

use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Context;
use tokio::sync::oneshot;

use super::live::Above;
use super::records::RunRecords;
use super::run_folder::RunFolder;
use crate::plan::Plan;
use crate::reconcile::FindingKind;

/// Reads records in a thread of its own, until it is ended.
pub struct LiveRecords {
    thread: JoinHandle<RunRecords>,
    end: oneshot::Sender<()>,
}

// === impl LiveRecords ===

impl LiveRecords {
    /// Begins to read; the first time after the records' own interval.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn begin(
        records: RunRecords,
        plan: Arc<Plan>,
        folder: RunFolder,
        above: Above,
    ) -> anyhow::Result<LiveRecords> {
        let (end, ended) = oneshot::channel();
        let read = move || {
            let mut records = records;
            let runtime = records.runtime();
            runtime.block_on(async {
                tokio::select! {
                    _ = ended => {}
                    () = read_again_and_again(&mut records, &plan, &folder, &above) => {}
                }
            });
            records
        };
        let thread = std::thread::Builder::new().name("records".into()).spawn(read);
        Ok(LiveRecords { thread: thread.context("can't start a thread for records")?, end })
    }

    /// Stops reading; a read that is under way is given up.
    ///
    /// # Errors
    /// When the thread has failed.
    pub fn end(self) -> anyhow::Result<RunRecords> {
        let _ = self.end.send(());
        self.thread.join().map_err(|_| anyhow::anyhow!("the thread that reads records failed"))
    }
}

async fn read_again_and_again(
    records: &mut RunRecords,
    plan: &Plan,
    folder: &RunFolder,
    above: &Above,
) {
    let (mut told, mut warned) = (Vec::new(), false);
    loop {
        tokio::time::sleep(records.every().into()).await;
        match records.read_during_run(plan, folder).await {
            Ok(found) if found != told => {
                above.notice(&format!("the shop's records so far: {}", words(&found)));
                told = found;
            }
            Ok(_) => {}
            // They are read again after the run; once is enough to say that something is wrong.
            Err(error) if !warned => {
                above.notice(&format!("warning: can't read the shop's records: {error:#}"));
                warned = true;
            }
            Err(_) => {}
        }
    }
}

fn words(found: &[(FindingKind, u64)]) -> String {
    let parts: Vec<String> = found
        .iter()
        .map(|(kind, count)| format!("{count} {}", kind.key().replace('_', " ")))
        .collect();
    parts.join(", ")
}
