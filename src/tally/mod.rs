//! What was seen, as a mergeable sum: the waist of the house.
//!
//! A `Tally` is a commutative monoid: merging is total, associative and commutative, and an empty tally
//! is its identity. Cores, seconds and machines are all the same thing to it, so a run's report is a pure
//! function of one merged tally however the run was cut. It holds integers only (sums of floats don't
//! associate) and never a rate, a percentile or a verdict. Its size is bounded by the plan, not by the
//! length of the run.

mod buckets;
mod failure;
mod latency;
mod observation;

pub use failure::{FailureKind, OrderKnowledge};
pub use latency::{Latency, Series};
pub use observation::{Checked, End, ExchangeSeen, Outcome, Phases, SampleLine, SampledExchange, ShopperEnd, StepAttempt, UnitAttempt};

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{JourneyId, Micros, MinorUnits, StepId, UnitId};

/// What a tally's vectors are indexed by; comes from the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// How many steps the plan has.
    pub steps: usize,
    /// How many units.
    pub units: usize,
    /// How many journeys.
    pub journeys: usize,
    /// How many values each assigned attribute has.
    pub attributes: Vec<usize>,
    /// How many observed values a shopper can have.
    pub observed: usize,
    /// The width of a time block: max(1 s, duration / 360).
    pub block: Micros,
}

/// Everything that was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// What it is indexed by.
    pub shape: Shape,
    /// Arrivals by what became of them.
    pub arrivals: Arrivals,
    /// By `StepId`.
    pub steps: Vec<StepTally>,
    /// By `JourneyId`.
    pub journeys: Vec<JourneyTally>,
    /// Shoppers who ended, counted jointly by what they were and what they met.
    pub shoppers: BTreeMap<ShopperKey, ShopperCount>,
    /// Attempts at units, counted jointly by order, attributes and observed values.
    pub tries: BTreeMap<TryKey, Tries>,
    /// By block of the schedule: what inference resamples.
    pub blocks: BTreeMap<u32, BlockTally>,
    /// By second since the planned start: what charts draw.
    pub seconds: BTreeMap<u32, SecondTally>,
    /// A bounded, unbiased choice of failing journeys.
    pub samples: Samples,
    /// What is known of the generator itself.
    pub generator: Generator,
}

/// Arrivals by what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrivals {
    /// Due by now (all that were planned, once the run has ended by itself).
    pub planned: u64,
    /// Whose shopper acted.
    pub started: u64,
    /// Due, and never started: at the limit of shoppers at once, or stopped.
    pub unstarted: BTreeMap<String, u64>,
}

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
}

/// Shoppers at one unit of a journey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunnelStage {
    /// Came to it.
    pub entered: u64,
    /// Got through it, at whatever attempt.
    pub passed: u64,
    /// Got through it at the first attempt.
    pub passed_at_once: u64,
    /// Left by choice right after it.
    pub left: u64,
}

/// What a shopper was, and met. Shoppers alike in all of it are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ShopperKey {
    /// The journey taken.
    pub journey: JourneyId,
    /// The index of the value of each assigned attribute.
    pub attributes: Vec<u8>,
    /// The observed values that the shopper ended with.
    pub observed: Vec<Observed>,
    /// What happened.
    pub fate: Fate,
}

/// What happened to a shopper.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fate {
    /// Failed attempts in the journey, declines not counted; capped at 255.
    pub failures: u8,
    /// Declined attempts in the journey; capped at 255.
    pub declines: u8,
    /// The step where the first failed attempt failed.
    pub first_failed: Option<StepId>,
    /// The step where the second failed attempt failed.
    pub second_failed: Option<StepId>,
    /// Whether some unit failed twice or more.
    pub same_unit_twice: bool,
    /// Whether the shopper has an order.
    pub purchased: bool,
    /// How the journey ended.
    pub end: End,
}

/// An observed value: part of a key that other tallies may not know yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Observed {
    /// Not seen by this shopper (yet).
    #[default]
    Missing,
    /// This value.
    Is(Arc<str>),
    /// More than 64 distinct values were seen for this name, so none is told from another. Absorbing.
    TooMany,
}

/// How many shoppers, and what their baskets were worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopperCount {
    /// Shoppers.
    pub shoppers: u64,
    /// Those of them whose basket or order had a known worth.
    pub priced: u64,
    /// The sum of the known worths.
    pub worth: MinorUnits,
}

/// What an attempt at a unit was, for counting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TryKey {
    /// The unit.
    pub unit: UnitId,
    /// Which attempt of this shopper at it, from 1; capped at 8.
    pub nth: u8,
    /// The index of the value of each assigned attribute, as held when the attempt began.
    pub attributes: Vec<u8>,
    /// The observed values held when the attempt began.
    pub observed: Vec<Observed>,
}

/// Attempts by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    /// Succeeded.
    pub ok: u64,
    /// Declined.
    pub declined: u64,
    /// Failed.
    pub failed: u64,
}

/// What was seen in one block of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockTally {
    /// Arrivals that were due.
    pub planned: u64,
    /// Arrivals whose shopper acted.
    pub started: u64,
    /// Arrivals never started.
    pub unstarted: u64,
    /// Requests held back by a cap.
    pub held: u64,
    /// Shoppers whose intended arrival is in the block, by what happened to them.
    pub shoppers: BTreeMap<(JourneyId, Fate), ShopperCount>,
    /// Attempts that began in the block (retries under their own block), by unit and order (capped at 8).
    pub tries: BTreeMap<(UnitId, u8), Tries>,
    /// Intended start to the moment the shopper's task acts, of every step attempt that was due in the block.
    pub lag: Latency,
    /// Same, of arrivals only.
    pub arrival_lag: Latency,
}

/// What was seen in one second.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondTally {
    /// Arrivals that were due.
    pub planned: u64,
    /// Arrivals whose shopper acted, by when they acted.
    pub started: u64,
    /// Shoppers who ended.
    pub ended: u64,
    /// Shoppers who met their second failed attempt.
    pub repeated: u64,
    /// Requests begun.
    pub requests: u64,
    /// By step, where there were any: attempts that ended, and those of them that failed.
    pub steps: BTreeMap<StepId, (u32, u32)>,
}

/// A bounded, unbiased choice of failing journeys: per (step, kind) the ones whose hash is smallest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Samples {
    /// By step and kind of the first failure: at most [`Samples::STRATA`] strata of at most
    /// [`Samples::PER_STRATUM`] journeys, each by its hash.
    pub strata: BTreeMap<(StepId, FailureKind), BTreeMap<u64, Arc<SampleLine>>>,
}

/// What is known of the generator itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generator {
    /// Processor time of the cores' threads.
    pub cpu: Micros,
    /// Wall time that the cores' threads ran, summed over them: `cpu / wall` is the fraction used.
    pub wall: Micros,
    /// Time the cores' threads were runnable and waited for a processor.
    pub run_queue: Micros,
    /// The busiest second of any core: its processor time, per thousand.
    pub busiest_permille: u64,
    /// The peak resident memory of the process, in KiB (the largest over merged processes).
    pub peak_rss_kib: u64,
    /// Exchanges that failed because of us (no file descriptors, no ports, ...), by cause.
    pub own_failures: BTreeMap<String, u64>,
    /// Spans so long that they were counted at the histograms' bound.
    pub clamped: u64,
    /// Whether tokio's coarse timer was used because there is no precise one here.
    pub coarse_timer: bool,
}

// === impl Samples ===

impl Samples {
    /// How many (step, kind) pairs are kept; the ones with the smallest keys.
    pub const STRATA: usize = 64;
    /// How many journeys are kept for each.
    pub const PER_STRATUM: usize = 4;
}
