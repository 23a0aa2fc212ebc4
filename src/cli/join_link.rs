//! A joined slice during its run: it stores what it has counted, hears of a stop, and delivers at the end.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::time::Instant;

use super::failure::Failure;
use super::purchases::each_purchase;
use super::run_folder::RunFolder;
use super::screen::{Screen, print_error_line};
use crate::base::{Slice, count_of};
use crate::engine::{Phase, Stop, StopCause};
use crate::join::{
    STOP, StopOrder, StopReason, slice_baseline_purchases, slice_baseline_tally, slice_part,
    slice_purchases, slice_tally,
};
use crate::store::{RunStore, StoreError};
use crate::tally::Tally;
use crate::tally::shard::{Ending, Shard, ShardHeader};

/// How often a slice stores what it has counted.
const PART_EVERY: Duration = Duration::from_secs(5);
/// How often it looks whether the run is to end.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often the delivery is tried, and the first pause between.
const DELIVERIES: (u32, Duration) = (6, Duration::from_secs(1));

/// The way of a slice to its store.
pub struct JoinLink {
    parts: SyncSender<Tally>,
    thread: JoinHandle<RunStore>,
    next: Instant,
    slice: Slice,
}

/// What the thread has to do.
struct Correspondent {
    store: RunStore,
    slice: Slice,
    header: ShardHeader,
    stop: Arc<Stop>,
    lost_parts: u64,
    has_ordered_stop: bool,
}

// === impl JoinLink ===

impl JoinLink {
    /// Begins to store the slice with this header.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        store: RunStore,
        slice: Slice,
        header: ShardHeader,
        stop: &Arc<Stop>,
    ) -> anyhow::Result<JoinLink> {
        let (parts, received) = mpsc::sync_channel::<Tally>(1);
        let mut correspondent = Correspondent {
            store,
            slice,
            header,
            stop: Arc::clone(stop),
            lost_parts: 0,
            has_ordered_stop: false,
        };
        let body = move || {
            loop {
                match received.recv_timeout(LOOK_EVERY) {
                    Ok(tally) => correspondent.store_part(tally),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return correspondent.end(),
                }
                correspondent.look_for_stop();
            }
        };
        let thread = std::thread::Builder::new().name("join".into()).spawn(body)?;
        Ok(JoinLink { parts, thread, next: Instant::now(), slice })
    }

    /// Stores what was counted so far, if it is time. A store that is slow or away does not hold up the run.
    pub fn show(&mut self, total: &Tally) {
        if Instant::now() >= self.next && self.parts.try_send(total.clone()).is_ok() {
            self.next = Instant::now() + PART_EVERY;
        }
    }

    /// Delivers the whole slice: its logs, then its tally, with which it is complete.
    ///
    /// # Errors
    /// When the store does not take it, after several attempts.
    pub fn deliver(self, folder: &RunFolder, shard: &Shard, screen: Screen) -> Result<(), Failure> {
        let JoinLink { parts, thread, slice, .. } = self;
        drop(parts);
        let store = match thread.join() {
            Ok(store) => store,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let index = slice.index();
        let delivered = deliver_files(&store, index, folder, shard);
        let url = store.url().clone();
        delivered
            .map_err(|error| {
                Failure::from(error.context(format!("slice {slice} could not be delivered"))).help(
                    format!(
                        "it is stored in {}; merge the folders of all slices instead",
                        folder.display()
                    ),
                )
            })
            .map(|()| {
                screen.notice(&format!(
                    "slice {slice} is delivered; to judge the run: tillrush merge {url} --wait 20m"
                ));
            })
    }
}

fn deliver_files(
    store: &RunStore,
    index: u32,
    folder: &RunFolder,
    shard: &Shard,
) -> anyhow::Result<()> {
    if let Some(baseline) = folder.baseline() {
        put_purchases(store, &slice_baseline_purchases(index), &baseline)?;
        put(store, &slice_baseline_tally(index), baseline.shard()?.write(Vec::new())?)?;
    }
    put_purchases(store, &slice_purchases(index), folder)?;
    put(store, &slice_tally(index), shard.write(Vec::new())?)
}

/// The purchase log, whole, as lines of JSON.
fn put_purchases(store: &RunStore, name: &str, folder: &RunFolder) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    each_purchase(folder, |line| {
        if !line.is_torn {
            bytes.extend_from_slice(line.bytes);
        }
        Ok(())
    })?;
    put(store, name, bytes)
}

fn put(store: &RunStore, name: &str, bytes: Vec<u8>) -> anyhow::Result<()> {
    let (attempts, mut pause) = DELIVERIES;
    let mut result = store.put(name, bytes.clone());
    for _ in 1..attempts {
        if result.is_ok() {
            break;
        }
        std::thread::sleep(pause);
        pause *= 2;
        result = store.put(name, bytes.clone());
    }
    Ok(result?)
}

// === impl Correspondent ===

impl Correspondent {
    fn store_part(&mut self, tally: Tally) {
        let shard = Shard {
            name: String::new(),
            header: self.header.clone(),
            tally,
            ending: Ending::Running,
            torn_bytes: 0,
            loss: None,
        };
        let stored = shard
            .write_unended(Vec::new())
            .map_err(anyhow::Error::from)
            .and_then(|bytes| Ok(self.store.put(&slice_part(self.slice.index()), bytes)?));
        self.lost_parts += u64::from(stored.is_err());
    }

    /// Ends the slice where the run is to end, and the run where this slice found that it is to end.
    fn look_for_stop(&mut self) {
        if self.stop.cause() == Some(StopCause::ObjectiveViolated) && !self.has_ordered_stop {
            self.has_ordered_stop = self.order_stop().is_ok();
        }
        // A store that is away for a while is asked again.
        let Ok(Some(text)) = self.store.read_text(STOP) else { return };
        let reason =
            StopOrder::from_json(&text).map_or(StopReason::Requested, |order| order.reason);
        let cause = match reason {
            StopReason::ObjectiveViolated => StopCause::ObjectiveViolated,
            StopReason::Requested => StopCause::StoppedElsewhere,
        };
        self.has_ordered_stop = true;
        self.stop.advance(Phase::Draining, cause);
    }

    fn order_stop(&self) -> Result<bool, StoreError> {
        let by = format!("slice {}", self.slice);
        let order = StopOrder { reason: StopReason::ObjectiveViolated, by };
        self.store.create(STOP, order.to_json().into_bytes())
    }

    fn end(self) -> RunStore {
        if self.lost_parts > 0 {
            print_error_line(&format!(
                "warning: {} of the slice could not be stored while it ran",
                count_of(self.lost_parts, "part")
            ));
        }
        self.store
    }
}
