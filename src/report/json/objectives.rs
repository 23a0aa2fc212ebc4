//! Results of objectives in `run.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Result of an objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectiveDocument {
    /// As the scenario writes it.
    pub text: String,
    /// Line in the scenario file; 0 if it has none.
    pub line: u32,
    /// Unit of `limit`, `observed` and `ci95`: `fraction`, `ms` or `requests_per_s`.
    pub unit: String,
    /// The limit.
    pub limit: f64,
    /// Observed figure, of the worst window if there are windows; null without samples, and for a quantile that the sample is too small
    /// for: see `in_time` then.
    pub observed: Option<f64>,
    /// Whether `observed` is only a lower limit, because the quantile lies among attempts without a success. See `in_time` then.
    pub observed_at_least: bool,
    /// Two-sided 95 % confidence interval; the upper end is null if the sample does not bound it.
    pub ci95: Option<[Option<f64>; 2]>,
    /// The one-sided limit by which it was decided, as a fraction: of a rate, or of times beyond the limit. Null if inconclusive.
    #[serde(default)]
    pub decided_by: Option<f64>,
    /// The quantile of successful attempts only.
    pub successes_only_ms: Option<f64>,
    /// For a time: the share of successes within the limit, which decides.
    pub in_time: Option<f64>,
    /// 95 % confidence interval of `in_time`.
    pub in_time_ci95: Option<[f64; 2]>,
    /// For a time: attempts that timed out or never succeeded.
    pub never: Option<u64>,
    /// Sample size in shoppers, attempts, times or requests.
    pub sample: u64,
    /// `blocks`: the interval accounts for bursts; `independent`: too few time blocks, so it may be too narrow.
    pub interval_basis: String,
    /// The worst window, where there are windows.
    pub window: Option<WindowDocument>,
    /// `pass`, `fail` or `inconclusive`.
    pub verdict: String,
    /// The result in words.
    pub reason: String,
    /// If inconclusive: shoppers needed in addition; null if no feasible sample decides.
    pub more_shoppers: Option<u64>,
}

/// A window of the run, in seconds from the planned start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WindowDocument {
    /// Start.
    pub from_s: f64,
    /// End.
    pub until_s: f64,
    /// Total number of windows.
    pub of: u64,
}
