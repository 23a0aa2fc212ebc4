//! What the plan and the tally can't know of a run: where it went, when, on what machine, and how it ended.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::{Micros, RunZone, Slice};

/// The facts of one run, or of the merged shards of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFacts {
    /// The run's name, unique.
    pub run_id: String,
    /// The version of tillrush that ran it.
    pub tool_version: String,
    /// The command lines that repeat it, without secrets; one for each shard where several were merged.
    pub commands: Vec<String>,
    /// SHA-256 of the scenario file, in hexadecimal.
    pub scenario_sha256: String,
    /// The shop's base address.
    pub target: String,
    /// The seed of all draws.
    pub seed: u64,
    /// Names plan, data, seed and schedule version: equal digests, equal schedules.
    pub plan_digest: String,
    /// The same without the seed: equal digests, comparable runs.
    pub workload_digest: String,
    /// The slices of the schedule that the tally holds.
    pub slices: Vec<Slice>,
    /// The slices that were run and are not in the tally.
    pub missing_slices: Vec<Slice>,
    /// The planned start.
    #[serde(with = "rfc3339")]
    pub started_at: Timestamp,
    /// The time zone that clock times are told in.
    pub zone: RunZone,
    /// From the planned start to the end of the last shopper.
    pub duration: Micros,
    /// How it ended.
    pub completion: Completion,
    /// `--tag` pairs.
    pub tags: BTreeMap<String, String>,
    /// Where the generator ran.
    pub machine: Machine,
    /// Schedule lag up to this is never held against the generator: [`NEGLIGIBLE_LAG`](super::NEGLIGIBLE_LAG), but for tests.
    pub lag_tolerance: Micros,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completion {
    /// By itself.
    Complete,
    /// Stopped early, since an objective with `abort` was certainly violated.
    Aborted,
    /// Stopped early, by a person, a signal, or a cap of the command line on requests or orders.
    Interrupted,
    /// The process died; what it had written was gathered afterwards.
    Killed,
    /// Not yet: the run goes on, and these are the facts of what it has come to.
    Running,
    /// However it ended, a part of what was stored can't be read any more, and is left out.
    Damaged,
}

/// The machine that the generator ran on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Processors that the process may use.
    pub cpus: u32,
    /// Threads that ran shoppers.
    pub cores: u32,
    /// The operating system.
    pub os: String,
    /// The processor's architecture.
    pub arch: String,
}

mod rfc3339 {
    use jiff::Timestamp;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        moment: &Timestamp,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(moment)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
