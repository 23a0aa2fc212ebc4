//! The order value of lost shoppers, as it stands in run.json.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::verdict::statistics::Interval;

/// Order value of lost shoppers, in the smallest unit of the run's currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RevenueDocument {
    /// The amount.
    pub minor: f64,
    /// Its 95 % confidence interval.
    pub ci95_minor: [f64; 2],
    /// The share of it that is estimated, because the order values are unknown; null for a season.
    pub estimated_share: Option<f64>,
}

/// An order value in whole minor units.
pub(super) fn revenue(minor: f64, ci95: Interval, estimated_share: Option<f64>) -> RevenueDocument {
    RevenueDocument {
        minor: minor.round(),
        ci95_minor: [ci95.low.round(), ci95.high.round()],
        estimated_share,
    }
}
