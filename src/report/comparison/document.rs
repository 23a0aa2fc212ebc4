//! A comparison as programs read it, schema `tillrush.comparison/1`.
//!
//! A public format: fields may be added, none is renamed or taken away without a new version.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::json::HotSpotDocument;

/// The format's name and version.
pub const SCHEMA: &str = "tillrush.comparison/1";

/// A comparison of two runs. Rates are fractions of 1, and times are in the unit of their key. An interval is [low, high] at 95 %
/// confidence. A figure that is unknown is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "tillrush comparison of two runs")]
pub struct ComparisonDocument {
    /// Always `tillrush.comparison/1`.
    pub schema: String,
    /// `regression`, `no_regression`, `inconclusive`, or `invalid` if a load generator was saturated.
    pub verdict: String,
    /// Reason for the verdict, as a sentence.
    pub verdict_reason: String,
    /// Findings as sentences.
    pub headline: Vec<String>,
    /// The baseline run.
    pub base: RunReference,
    /// The run that is compared with it.
    pub candidate: RunReference,
    /// Whether this is a paired run: the same shoppers visited both shops at the same time.
    pub paired: bool,
    /// Reasons why the runs are not comparable; empty unless the comparison was forced.
    pub unlike: Vec<String>,
    /// The primary metric, which decides and is not corrected for the number of metrics.
    pub primary: String,
    /// Relative change that counts as a regression.
    pub margin: f64,
    /// Runs that the noise floor was measured from; empty without one.
    pub noise_runs: Vec<String>,
    /// Smallest rise of the primary rate that such runs detect with 80 % power; null for a time.
    pub detectable_rise: Option<f64>,
    /// All metrics, the primary one first.
    pub comparisons: Vec<DifferenceDocument>,
    /// New and resolved hot spots.
    pub hotspots: PlacesDocument,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunReference {
    /// Name of the run.
    pub run_id: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Base address of the shop.
    pub target: String,
    /// The planned start, RFC 3339.
    pub started_at: String,
    /// Random seed.
    pub seed: u64,
    /// `--tag` pairs.
    pub tags: BTreeMap<String, String>,
    /// Runs with equal digests are comparable.
    pub workload_digest: String,
    /// Shoppers who started.
    pub shoppers: u64,
    /// `valid`, `suspect` or `invalid`.
    pub generator: String,
}

/// One metric of both runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DifferenceDocument {
    /// The metric as objectives write it: `repeated_failures`, `failures(pay)`, `p95(pay)`.
    pub name: String,
    /// Whether it is the primary metric.
    pub primary: bool,
    /// Unit of `base` and `candidate`: `fraction` or `ms`.
    pub unit: String,
    /// Value in the base.
    pub base: f64,
    /// Value in the candidate.
    pub candidate: f64,
    /// Whether `base` is only a lower limit, because the quantile lies among timeouts.
    pub base_at_least: bool,
    /// Whether `candidate` is only a lower limit.
    pub candidate_at_least: bool,
    /// Sample size of the base: shoppers, attempts or times.
    pub base_sample: u64,
    /// Sample size of the candidate.
    pub candidate_sample: u64,
    /// Difference of rates, or relative change of a time (0.2 is 20 % longer).
    pub change: f64,
    /// 95 % confidence interval of the change; null if a value is only a lower limit.
    pub change_ci95: Option<[f64; 2]>,
    /// Ratio of candidate to base; null if the base is zero.
    pub times: Option<f64>,
    /// For a time: distance between the two distributions (first Wasserstein distance).
    pub distance_ms: Option<f64>,
    /// Noise floor, in the unit of `change`.
    pub noise: f64,
    /// Margin, in the unit of `change`.
    pub margin: f64,
    /// Probability of a change this large or larger if the true change were the noise floor.
    pub p_value: f64,
    /// p-value corrected for the number of metrics (Holm); unchanged for the primary metric.
    pub p_corrected: f64,
    /// Whether the candidate is significantly better, with the same correction.
    #[serde(default)]
    pub better: bool,
    /// `regression`, `no_regression` or `inconclusive`.
    pub verdict: String,
    /// If inconclusive: the needed multiple of shoppers; null if no feasible sample does.
    pub times_as_many_shoppers: Option<f64>,
    /// `blocks`: the interval accounts for bursts; `independent`: too few time blocks, so it may be too narrow.
    pub interval_basis: String,
}

/// Hot spots that came and went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlacesDocument {
    /// In the candidate only, the costliest first.
    pub new: Vec<ChangedSpotDocument>,
    /// In the base only.
    pub vanished: Vec<ChangedSpotDocument>,
    /// Number of hot spots in both.
    pub stayed: u64,
}

/// A hot spot of one run, and its rate in the other run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedSpotDocument {
    /// The hot spot as in the run that has it.
    pub hotspot: HotSpotDocument,
    /// Rate of repeated failures of the same group in the other run; null without such shoppers.
    pub rate_in_other: Option<f64>,
    /// Whether the rates differ significantly.
    pub sure: bool,
}
