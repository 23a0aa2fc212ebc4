//! What was seen of the files that pages are made of: images, scripts, styles.
//!
//! They are counted apart from the step's own requests. A shop whose pages stand still because of a picture has another
//! trouble than one whose pages don't come, and a step's response time is that of its page alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::failure::FailureKind;
use super::latency::{Latency, merge_into_open};
use super::merge::merge_fields;
use crate::base::{Micros, StepId};

/// What was seen of the files of a step's pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetTally {
    /// Pages whose files were fetched.
    pub pages: u64,
    /// Files that these pages named, on hosts that may be loaded.
    pub files: u64,
    /// Of them, those that the shopper had, still fresh: nothing was sent.
    pub cached: u64,
    /// Of them, those that the shopper had and asked for again, and that had not changed (304).
    pub not_modified: u64,
    /// Of them, those that did not come, by kind.
    pub failed: BTreeMap<FailureKind, u64>,
    /// Files that the pages named on hosts that may not be loaded: nothing was sent.
    pub elsewhere: u64,
    /// Requests on the wire, redirects included.
    pub requests: u64,
    /// Connections opened for them.
    pub connections: u64,
    /// Requests held back by a safety cap.
    pub held: u64,
    /// Bytes of bodies received, as on the wire (compressed).
    pub bytes_received: u64,
    /// Intended start of the step to the last byte of its page's last file, whole run.
    pub load: Latency,
}

/// One request for a file of a page.
#[derive(Clone, Copy, Debug)]
pub struct AssetExchange {
    /// The step whose page names the file.
    pub step: StepId,
    /// When it began.
    pub began_at: Micros,
    /// Whether its first byte was handed to an open connection.
    pub sent: bool,
    /// Connections opened for it.
    pub connections: u32,
    /// Whether a safety cap held it back.
    pub held: bool,
    /// Bytes of the answer's body on the wire.
    pub bytes_received: u64,
}

/// What came of the files of one page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetsSeen {
    /// Files on hosts that may be loaded.
    pub files: u64,
    /// Of them, those that were had and fresh.
    pub cached: u64,
    /// Of them, those that had not changed.
    pub not_modified: u64,
    /// Of them, those that did not come.
    pub failed: Vec<FailureKind>,
    /// Files elsewhere.
    pub elsewhere: u64,
    /// Intended start of the step to the last byte of the last file, where all of them came to a page that was as expected.
    pub load: Option<Micros>,
}

// === impl AssetTally ===

impl AssetTally {
    /// Files that did not come, of whatever kind.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }
}

merge_fields!(AssetTally {
    pages,
    files,
    cached,
    not_modified,
    failed,
    elsewhere,
    requests,
    connections,
    held,
    bytes_received,
    load => merge_into_open,
});
