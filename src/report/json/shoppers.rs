//! Outcomes of shoppers and losses in `run.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::{EstimateDocument, RateDocument};
use super::incidents::{PressureDocument, SeasonDocument};
use super::revenue::RevenueDocument;

/// Outcomes of shoppers. Completed, left by choice, lost, stopped by the cap and unfinished add up to those who ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShoppersDocument {
    /// Shoppers who started.
    pub started: u64,
    /// Shoppers who returned with the cookies of an earlier shopper.
    pub returned: u64,
    /// Shoppers who were meant to return but came as new, because no earlier shopper had left yet.
    pub returned_as_new: u64,
    /// Shoppers who ended: the base of all rates. Below `started` only if the process died.
    pub ended: u64,
    /// Passed all units.
    pub completed: u64,
    /// Left after a success.
    pub left_by_choice: u64,
    /// Left after a failed attempt (live behaviour only).
    pub lost_observed: u64,
    /// Tried a unit as often as the scenario allows.
    pub stopped_by_cap: u64,
    /// Cut off by the end of the run.
    pub unfinished: u64,
    /// Placed an order.
    pub purchased: u64,
    /// Had one failed attempt or more.
    pub failed: RateDocument,
    /// Had exactly one failed attempt.
    pub failed_once: u64,
    /// Had two failed attempts or more, without declined payments.
    pub repeated_failures: u64,
    /// Share of those who ended.
    pub repeated_failures_rate: Option<f64>,
    /// 95 % confidence interval of the share.
    pub repeated_failures_ci95: Option<[f64; 2]>,
    /// Had two failed attempts or more at the same unit.
    pub repeated_same_unit: RateDocument,
    /// Had two failed attempts or more, declined payments included.
    pub repeated_with_declines: RateDocument,
    /// `blocks`: the interval accounts for bursts; `independent`: too few time blocks, so it may be too narrow.
    pub interval_basis: String,
    /// By number of failed attempts.
    pub by_failures: Vec<ByFailuresDocument>,
    /// Lost shoppers by abandonment model, expected (probe) or observed (live). Empty for a closed load.
    pub lost_expected: BTreeMap<String, f64>,
}

/// Shoppers with the same number of failed attempts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ByFailuresDocument {
    /// `0`, `1`, `2` or `3+`.
    pub failures: String,
    /// Number of shoppers.
    pub shoppers: u64,
    /// Shoppers who bought.
    pub purchased: u64,
    /// Lost shoppers under the scenario's abandonment model; null for a closed load.
    pub lost: Option<f64>,
}

/// Lost shoppers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LossDocument {
    /// `probe` or `experiment` (expected losses), or `live` (observed losses).
    pub behaviour: String,
    /// `blocks`: the intervals account for bursts; `independent`: too few time blocks, so they may be too narrow.
    pub interval_basis: String,
    /// Losses by abandonment model, the scenario's own first.
    pub by_patience: Vec<PatienceLossDocument>,
    /// Effect of retries on the load.
    pub pressure: PressureDocument,
}

/// Lost shoppers under one abandonment model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PatienceLossDocument {
    /// Name of the abandonment model.
    pub patience: String,
    /// Shoppers lost to failures, with all who were stopped by the cap.
    pub lost: f64,
    /// Lower bound: the next attempt would have served those who were stopped by the cap, and all orders of unknown outcome exist.
    pub lost_at_least: f64,
    /// Of the lost: shoppers who may have an order, because the outcome of their purchase is unknown.
    pub order_unknown: f64,
    /// Shoppers who may leave because the shop declined. They are not among the lost.
    pub refused: f64,
    /// Share of all who ended.
    pub lost_rate: EstimateDocument,
    /// Number of independent shoppers with the same evidence; smaller if failures came in bursts.
    pub effective_sample: f64,
    /// Order value of the lost shoppers; null if no order value is known.
    pub revenue_at_risk: Option<RevenueDocument>,
    /// Projection to the season of the scenario; null without one.
    pub season: Option<SeasonDocument>,
}
