//! The part of `run.json` that says what came of the files of a step's pages.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::SpansDocument;
use super::figures::spans;
use crate::verdict::AssetFinding;

/// Page assets of a step: images, scripts and styles. The step's own figures exclude them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AssetsDocument {
    /// Pages whose assets were loaded.
    pub pages: u64,
    /// Assets on allowed hosts.
    pub files: u64,
    /// Assets served from a fresh cache, without a request.
    pub cached: u64,
    /// Assets that were revalidated and not modified.
    pub not_modified: u64,
    /// Assets that failed to load.
    pub failures: u64,
    /// Failed assets by kind.
    pub kinds: BTreeMap<String, u64>,
    /// Assets on hosts that are not allowed; no request was sent.
    pub elsewhere: u64,
    /// Requests sent, with redirects.
    pub requests: u64,
    /// Requests delayed by a rate limit.
    pub held: u64,
    /// Connections opened.
    pub connections: u64,
    /// Bytes of response bodies, compressed.
    pub bytes_received: u64,
    /// Intended start of the step to the last byte of the last asset.
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
