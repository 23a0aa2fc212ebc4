//! What was seen of each step and each journey.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::merge::Merge;
use super::{AssetTally, FailureKind, Friction, Latency, Series};

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
    /// Intended start to last byte, of successes, by block.
    pub response_ok: Series,
    /// The same of declines.
    pub response_declined: Series,
    /// The same of failures, all kinds but `TooSlow`.
    pub response_failed: Series,
    /// Attempts given up as too slow: right-censored at the moment of giving up.
    pub response_censored: Series,
    /// First byte of the request to last byte of the response, of successes, by block.
    pub service_ok: Series,
    /// The same of declines and failures.
    pub service_failed: Series,
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

/// What was seen of one journey.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyTally {
    /// Shoppers who started it.
    pub started: u64,
    /// By place of the unit in the journey: shoppers who came to it, and who got through it.
    pub funnel: Vec<FunnelStage>,
    /// Intended arrival to the end of the journey, of shoppers who completed it.
    pub duration: Series,
    /// Intended arrival to the order, of shoppers who bought.
    pub time_to_buy: Series,
    /// What it took them.
    pub friction: Friction,
}

/// Shoppers at one unit of a journey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunnelStage {
    /// Came to it.
    pub entered: u64,
    /// Got through it, at whatever attempt, as often as they came to it.
    pub passed: u64,
    /// Got through it at the first attempt, each time.
    pub passed_at_once: u64,
    /// Left by choice right after it.
    pub left: u64,
    /// Were stopped at it: tried as often as they may, lost, or cut by the end of the run. Who came, and neither got through nor was stopped,
    /// is still there.
    pub stopped: u64,
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

    pub(super) fn seal(&mut self) {
        let series = [
            &mut self.response_ok,
            &mut self.response_declined,
            &mut self.response_failed,
            &mut self.response_censored,
            &mut self.service_ok,
            &mut self.service_failed,
        ];
        series.into_iter().for_each(Series::seal);
        let PhaseTally { dns, connect, tls, wait, receive } = &mut self.phases;
        [dns, connect, tls, wait, receive, &mut self.assets.load]
            .into_iter()
            .for_each(Latency::seal);
    }
}

impl Merge for StepTally {
    fn absorb(&mut self, other: StepTally) {
        self.ok.absorb(other.ok);
        self.declined.absorb(other.declined);
        self.failed.absorb(other.failed);
        self.unjudged.absorb(other.unjudged);
        self.requests.absorb(other.requests);
        self.redirects.absorb(other.redirects);
        self.connections.absorb(other.connections);
        self.redials.absorb(other.redials);
        self.resumed.absorb(other.resumed);
        self.held.absorb(other.held);
        self.bytes_sent.absorb(other.bytes_sent);
        self.bytes_received.absorb(other.bytes_received);
        self.response_ok.absorb(other.response_ok);
        self.response_declined.absorb(other.response_declined);
        self.response_failed.absorb(other.response_failed);
        self.response_censored.absorb(other.response_censored);
        self.service_ok.absorb(other.service_ok);
        self.service_failed.absorb(other.service_failed);
        self.phases.absorb(other.phases);
        self.assets.absorb(other.assets);
    }
}

// === impl PhaseTally ===

impl Merge for PhaseTally {
    // Gathered, since every second of the run is added to the same few distributions.
    fn absorb(&mut self, other: PhaseTally) {
        self.dns.gather(&other.dns);
        self.connect.gather(&other.connect);
        self.tls.gather(&other.tls);
        self.wait.gather(&other.wait);
        self.receive.gather(&other.receive);
    }
}

// === impl JourneyTally ===

impl JourneyTally {
    pub(super) fn seal(&mut self) {
        self.duration.seal();
        self.time_to_buy.seal();
        self.friction.busy.seal();
    }
}

impl Merge for JourneyTally {
    fn absorb(&mut self, other: JourneyTally) {
        self.started.absorb(other.started);
        self.funnel.absorb(other.funnel);
        self.duration.absorb(other.duration);
        self.time_to_buy.absorb(other.time_to_buy);
        self.friction.absorb(other.friction);
    }
}

// === impl FunnelStage ===

impl Merge for FunnelStage {
    fn absorb(&mut self, other: FunnelStage) {
        self.entered.absorb(other.entered);
        self.passed.absorb(other.passed);
        self.passed_at_once.absorb(other.passed_at_once);
        self.left.absorb(other.left);
        self.stopped.absorb(other.stopped);
    }
}
