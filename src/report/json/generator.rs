//! Health of the load generator in `run.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Health of the load generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GeneratorDocument {
    /// `valid`, `suspect` or `invalid`.
    pub verdict: String,
    /// Arrivals that were due.
    pub arrivals_planned: u64,
    /// Arrivals that started.
    pub arrivals_started: u64,
    /// Schedule lag, from the intended to the actual start: median.
    pub lag_p50_ms: Option<f64>,
    /// Schedule lag, 99th percentile.
    pub lag_p99_ms: Option<f64>,
    /// Longest schedule lag.
    pub lag_max_ms: Option<f64>,
    /// CPU time of the generator threads over their wall time.
    pub cpu_fraction: Option<f64>,
    /// CPU fraction in the busiest second of any thread.
    pub busiest_second_fraction: f64,
    /// Peak resident memory of the process.
    pub peak_rss_mib: f64,
    /// Time blocks in which the generator was behind schedule.
    pub late_blocks: u64,
    /// The same as [from, until] in seconds since the planned start. The shop is not to blame for what happened then.
    pub late_windows_s: Vec<[f64; 2]>,
    /// Length of a time block.
    pub block_s: f64,
    /// Health issues, the most severe first, then notes.
    pub doubts: Vec<DoubtDocument>,
}

/// A health issue of the load generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DoubtDocument {
    /// `invalid`, `suspect`, or `note` for an issue without effect.
    pub gravity: String,
    /// What was observed.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
}
