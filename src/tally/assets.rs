//! What was seen of the files that pages are made of: images, scripts, styles.
//!
//! They are counted apart from the step's own requests. A shop whose pages stand still because of a picture has another
//! trouble than one whose pages don't come, and a step's response time is that of its page alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::merge::Merge;
use super::{FailureKind, Latency, Tally};
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

impl Merge for AssetTally {
    fn absorb(&mut self, other: AssetTally) {
        self.pages.absorb(other.pages);
        self.files.absorb(other.files);
        self.cached.absorb(other.cached);
        self.not_modified.absorb(other.not_modified);
        self.failed.absorb(other.failed);
        self.elsewhere.absorb(other.elsewhere);
        self.requests.absorb(other.requests);
        self.connections.absorb(other.connections);
        self.held.absorb(other.held);
        self.bytes_received.absorb(other.bytes_received);
        self.load.gather(&other.load);
    }
}

// === impl Tally ===

impl Tally {
    /// A file of a page was asked for. It is load like any other: the caps that held it back, and the requests of each
    /// second, count it.
    pub fn asset_exchange(&mut self, seen: &AssetExchange) {
        let assets = &mut self.steps[seen.step.index()].assets;
        assets.requests += u64::from(seen.sent);
        assets.connections += u64::from(seen.connections);
        assets.held += u64::from(seen.held);
        assets.bytes_received.absorb(seen.bytes_received);
        if seen.held {
            self.blocks.entry(self.shape.block_of(seen.began_at)).or_default().held += 1;
        }
        self.seconds.entry(seen.began_at.second()).or_default().requests += u64::from(seen.sent);
    }

    /// All files of a page came, or did not.
    pub fn assets(&mut self, step: StepId, seen: &AssetsSeen) {
        let assets = &mut self.steps[step.index()].assets;
        assets.pages += 1;
        assets.files += seen.files;
        assets.cached += seen.cached;
        assets.not_modified += seen.not_modified;
        assets.elsewhere += seen.elsewhere;
        for kind in &seen.failed {
            *assets.failed.entry(*kind).or_default() += 1;
        }
        if let Some(load) = seen.load {
            assets.load.record(load);
            self.generator.clamped += u64::from(load > Latency::BOUND);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shape;
    use super::*;

    #[test]
    fn the_files_of_a_page_are_counted_apart_from_its_requests() {
        let mut tally = Tally::new(shape());
        let step = StepId(1);
        let exchange = AssetExchange {
            step,
            began_at: Micros::from_secs(12),
            sent: true,
            connections: 1,
            held: true,
            bytes_received: 300,
        };
        tally.asset_exchange(&exchange);
        tally.asset_exchange(&AssetExchange {
            sent: false,
            held: false,
            connections: 0,
            bytes_received: 0,
            ..exchange
        });
        let seen = AssetsSeen {
            files: 3,
            cached: 1,
            not_modified: 1,
            failed: vec![FailureKind::ClientError],
            elsewhere: 2,
            load: Some(Micros::from_millis(80)),
        };
        tally.assets(step, &seen);
        // A page whose files are not all there is counted, and has no time until they are.
        tally.assets(
            step,
            &AssetsSeen {
                files: 0,
                cached: 0,
                not_modified: 0,
                failed: Vec::new(),
                elsewhere: 0,
                load: None,
            },
        );
        let mut twice = tally.clone();
        twice.merge(tally);
        let found = &twice.steps[1];
        assert_eq!((found.requests, found.connections, found.bytes_received), (0, 0, 0));
        let assets = &found.assets;
        assert_eq!(
            (assets.pages, assets.files, assets.cached, assets.not_modified, assets.elsewhere),
            (4, 6, 2, 2, 4)
        );
        assert_eq!(
            (assets.requests, assets.connections, assets.held, assets.bytes_received),
            (2, 2, 2, 600)
        );
        assert_eq!((assets.failures(), assets.load.count()), (2, 2));
        assert_eq!((twice.seconds[&12].requests, twice.blocks[&1].held), (2, 2));
    }
}
