//! What was seen of each step.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::assets::AssetTally;
use super::failure::FailureKind;
use super::latency::{Latency, merge_into_open};
use super::merge::merge_fields;
use super::timing::StepTimes;

/// What was seen of one step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTally {
    /// Attempts that succeeded.
    pub ok: u64,
    /// Attempts that the shop declined.
    pub declined: u64,
    /// Attempts that failed, by kind.
    pub failed: BTreeMap<FailureKind, u64>,
    /// Attempts that ended without a judgement: the run was cut, or the generator failed.
    pub unjudged: u64,
    /// Requests on the wire, redirects and polls included.
    pub requests: u64,
    /// Redirects followed.
    pub redirects: u64,
    /// Connections opened.
    pub connections: u64,
    /// Requests dialled again because a kept connection was closed before a byte was sent.
    pub redials: u64,
    /// TLS handshakes that resumed a session.
    pub resumed: u64,
    /// Requests held back by a safety cap.
    pub held: u64,
    /// Bytes sent and received, headers not counted.
    pub bytes_sent: u64,
    /// Bytes of bodies received, as on the wire (compressed).
    pub bytes_received: u64,
    /// Its times by block, and what is measured, and outcome.
    pub times: StepTimes,
    /// The parts of each exchange, whole run.
    pub phases: PhaseTally,
    /// The files that its pages are made of, where they are fetched; in none of the counts above.
    pub assets: AssetTally,
}

/// Where the time of exchanges went, whole run; each histogram counts the exchanges that had the phase.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseTally {
    /// Looking up the host.
    pub dns: Latency,
    /// TCP connect.
    pub connect: Latency,
    /// TLS handshake.
    pub tls: Latency,
    /// Request sent to first byte of the answer.
    pub wait: Latency,
    /// First to last byte of the answer.
    pub receive: Latency,
}

// === impl StepTally ===

impl StepTally {
    /// Attempts that failed, of whatever kind.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Attempts that were judged: succeeded, declined or failed.
    pub fn attempts(&self) -> u64 {
        self.ok + self.declined + self.failures()
    }
}

merge_fields!(StepTally {
    ok,
    declined,
    failed,
    unjudged,
    requests,
    redirects,
    connections,
    redials,
    resumed,
    held,
    bytes_sent,
    bytes_received,
    times,
    phases,
    assets,
});

// === impl PhaseTally ===

// Open, since every second of the run is added to the same few distributions.
merge_fields!(PhaseTally {
    dns => merge_into_open,
    connect => merge_into_open,
    tls => merge_into_open,
    wait => merge_into_open,
    receive => merge_into_open,
});
