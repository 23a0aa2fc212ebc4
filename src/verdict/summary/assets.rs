//! What came of the files that a step's pages are made of.

use crate::tally::{AssetTally, FailureKind};
use crate::verdict::statistics::Quantiles;

/// What came of the files of a step's pages.
#[derive(Clone, Debug, PartialEq)]
pub struct AssetFinding {
    /// Pages whose files were fetched.
    pub pages: u64,
    /// Files that they named, on hosts that may be loaded.
    pub files: u64,
    /// Of them, those that the shopper had, still fresh.
    pub cached: u64,
    /// Of them, those that had not changed.
    pub not_modified: u64,
    /// Of them, those that did not come.
    pub failures: u64,
    /// The same by kind, the most frequent first.
    pub kinds: Vec<(FailureKind, u64)>,
    /// Files on other hosts, not fetched.
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
    pub load: Quantiles,
}

// === impl AssetFinding ===

impl AssetFinding {
    /// Of one step; none where no files were fetched.
    pub fn of(seen: &AssetTally) -> Option<AssetFinding> {
        let mut kinds: Vec<(FailureKind, u64)> =
            seen.failed.iter().map(|(kind, count)| (*kind, *count)).collect();
        kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
        (seen.pages > 0).then(|| AssetFinding {
            pages: seen.pages,
            files: seen.files,
            cached: seen.cached,
            not_modified: seen.not_modified,
            failures: seen.failures(),
            kinds,
            elsewhere: seen.elsewhere,
            requests: seen.requests,
            held: seen.held,
            connections: seen.connections,
            bytes_received: seen.bytes_received,
            load: Quantiles::of_sample(&seen.load),
        })
    }
}
