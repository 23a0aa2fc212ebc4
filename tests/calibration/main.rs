//! The statistics against known truth: runs are simulated, and how often each answer is right is counted.
//!
//! Small tables with fixed seeds run with every `cargo test`. The whole ones, which `docs/statistics.md` quotes, take minutes:
//!
//! ```sh
//! cargo test --release --test calibration -- --ignored --nocapture --test-threads 1
//! ```
//!
//! `RUNS=200` in the environment takes as many replicates for each line instead of 2,000.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod compare;
mod hotspots;
mod loss;
mod objectives;
mod repeats;
#[expect(dead_code, reason = "the library's own tests use the rest of it")]
mod simulation;
mod slices;

/// Replicates of the whole tables, unless `RUNS` says otherwise.
fn full_replicates() -> u64 {
    std::env::var("RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(2_000)
}
