//! A comparison as programs read it, schema `tillrush.comparison/1`.
//!
//! A public format: fields may be added, none is renamed or taken away without a new version.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::json::HotSpotDocument;

/// The format's name and version.
pub const SCHEMA: &str = "tillrush.comparison/1";

/// Two runs side by side. Rates are fractions of 1, times are in the unit of their name; an interval is [low, high] at 95 % confidence; a
/// figure that can't be given is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "tillrush comparison of two runs")]
pub struct ComparisonDocument {
    /// Always `tillrush.comparison/1`.
    pub schema: String,
    /// `regression`, `no_regression`, `inconclusive`, or `invalid` where a generator was the bottleneck.
    pub verdict: String,
    /// The same in a sentence.
    pub verdict_reason: String,
    /// What was found, in sentences.
    pub headline: Vec<String>,
    /// The run that is compared with.
    pub base: RunReference,
    /// The run that is judged.
    pub candidate: RunReference,
    /// Whether the runs are the two sides of a duet: the same shoppers in two shops at once.
    pub duet: bool,
    /// In which ways the runs are not alike; empty unless they were compared by force.
    pub unlike: Vec<String>,
    /// The name of the comparison that decides, and is not corrected for the number of the others.
    pub primary: String,
    /// The relative change that matters.
    pub margin: f64,
    /// The like runs that the noise floor comes from; empty where there is no floor.
    pub noise_runs: Vec<String>,
    /// The smallest rise of the primary rate that runs like these find four times in five; null for a time.
    pub detectable_rise: Option<f64>,
    /// All comparisons, the primary one first.
    pub comparisons: Vec<DifferenceDocument>,
    /// Hot spots that came and went.
    pub hotspots: PlacesDocument,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunReference {
    /// Its name.
    pub run_id: String,
    /// The scenario's name.
    pub scenario: String,
    /// The shop's base address.
    pub target: String,
    /// The planned start, RFC 3339.
    pub started_at: String,
    /// The seed of all draws.
    pub seed: u64,
    /// `--tag` pairs.
    pub tags: BTreeMap<String, String>,
    /// Equal digests, comparable runs.
    pub workload_digest: String,
    /// Shoppers who started.
    pub shoppers: u64,
    /// `valid`, `suspect` or `invalid`.
    pub generator: String,
}

/// One figure of both runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DifferenceDocument {
    /// What is compared, as objectives write it: `repeated_failures`, `failures(pay)`, `p95(pay)`.
    pub name: String,
    /// Whether it is the primary comparison.
    pub primary: bool,
    /// `fraction` or `ms`: the unit of `base` and `candidate`.
    pub unit: String,
    /// The base's figure.
    pub base: f64,
    /// The candidate's figure.
    pub candidate: f64,
    /// Whether the base's is at least so long: the quantile lies among what was given up.
    pub base_at_least: bool,
    /// The same of the candidate's.
    pub candidate_at_least: bool,
    /// Shoppers, attempts or spans of the base.
    pub base_sample: u64,
    /// The same of the candidate.
    pub candidate_sample: u64,
    /// Of a rate the difference of fractions, of a time the relative change (0.2 is a fifth longer).
    pub change: f64,
    /// Where it lies with 95 % confidence; null where a side's figure is only known to be at least so long.
    pub change_ci95: Option<[f64; 2]>,
    /// The candidate's over the base's; null where the base's is zero.
    pub times: Option<f64>,
    /// Of a time: how far the two distributions are apart as a whole (the first Wasserstein distance).
    pub distance_ms: Option<f64>,
    /// The change that like runs show by themselves, in the unit of `change`.
    pub noise: f64,
    /// The change that matters, in the unit of `change`.
    pub margin: f64,
    /// The chance of so large a change, or a larger one, if the truth were the noise.
    pub p_value: f64,
    /// The same, corrected for the number of comparisons (Holm); of the primary one, the same.
    pub p_corrected: f64,
    /// `regression`, `no_regression` or `inconclusive`.
    pub verdict: String,
    /// Where inconclusive: how many times as many shoppers would decide it; null where no reasonable number would.
    pub times_as_many_shoppers: Option<f64>,
    /// `blocks`, or `independent` where there were too few blocks of time to see bursts.
    pub interval_basis: String,
}

/// Hot spots that came and went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlacesDocument {
    /// In the candidate only, the costliest first.
    pub new: Vec<ChangedSpotDocument>,
    /// In the base only.
    pub vanished: Vec<ChangedSpotDocument>,
    /// How many are in both.
    pub stayed: u64,
}

/// A hot spot of one run, beside what the other run saw there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedSpotDocument {
    /// As the run that has it lists it.
    pub hotspot: HotSpotDocument,
    /// The share of the same shoppers who met repeated failures there in the other run; null where it has no such shoppers.
    pub rate_in_other: Option<f64>,
    /// Whether the rates surely differ.
    pub sure: bool,
}
