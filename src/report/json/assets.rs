//! The part of `run.json` that says what came of the files of a step's pages.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::SpansDocument;
use super::figures::spans;
use crate::verdict::AssetFinding;

/// What came of the images, scripts and styles of a step's pages. None of it is in the step's own figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AssetsDocument {
    /// Pages whose files were fetched.
    pub pages: u64,
    /// Files that they named, on hosts that may be loaded.
    pub files: u64,
    /// Of them, those that the shopper had, still fresh: nothing was sent.
    pub cached: u64,
    /// Of them, those that the shopper had and asked for again, and that had not changed.
    pub not_modified: u64,
    /// Of them, those that did not come.
    pub failures: u64,
    /// The same by kind.
    pub kinds: BTreeMap<String, u64>,
    /// Files on hosts that may not be loaded: nothing was sent.
    pub elsewhere: u64,
    /// Requests on the wire, redirects included.
    pub requests: u64,
    /// Of them, those that a safety cap held back.
    pub held: u64,
    /// Connections opened.
    pub connections: u64,
    /// Bytes of the answers' bodies, as they came (compressed).
    pub bytes_received: u64,
    /// Intended start of the step to the last byte of its page's last file.
    pub load_ms: SpansDocument,
}

pub(super) fn assets(found: &AssetFinding) -> AssetsDocument {
    AssetsDocument {
        pages: found.pages,
        files: found.files,
        cached: found.cached,
        not_modified: found.not_modified,
        failures: found.failures,
        kinds: found.kinds.iter().map(|(kind, count)| (kind.key().to_owned(), *count)).collect(),
        elsewhere: found.elsewhere,
        requests: found.requests,
        held: found.held,
        connections: found.connections,
        bytes_received: found.bytes_received,
        load_ms: spans(&found.load),
    }
}
