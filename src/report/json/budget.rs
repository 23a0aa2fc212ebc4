//! The error budget in `run.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::{EstimateDocument, basis_of, figure};
use crate::verdict::{BudgetFinding, BudgetScope, BurnAlarm, statistics::Interval};

/// The error budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BudgetDocument {
    /// The objective as written in the scenario.
    pub objective: String,
    /// Share of shoppers that may violate it.
    pub allowed_rate: f64,
    /// Time that the budget covers.
    pub window_s: f64,
    /// Shoppers in that time.
    pub window_shoppers: f64,
    /// Shoppers that may violate it in that time.
    pub budget_shoppers: f64,
    /// Shoppers of this run who ended.
    pub run_shoppers: u64,
    /// Shoppers of this run that violated it; a fraction for expected losses.
    pub run_bad_shoppers: f64,
    /// Part of the budget that this run spent.
    pub spent_by_run: f64,
    /// Burn rate: 1 spends the budget exactly within its time; null without shoppers.
    pub burn_rate: Option<EstimateDocument>,
    /// `blocks`: the intervals account for bursts; `independent`: too few time blocks, so they may be too narrow.
    pub interval_basis: String,
    /// Shoppers in a peak hour, from the scenario or the run's mean rate.
    pub peak_hour_shoppers: f64,
    /// Part of the budget that such an hour spends.
    pub spent_by_peak_hour: Option<EstimateDocument>,
    /// Burn-rate alerts that a run of this length can fire.
    pub alerts: Vec<BurnAlertDocument>,
}

/// A burn-rate alert. It fires if the rate is significantly above the threshold in both windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BurnAlertDocument {
    /// `window`: the whole budget; `run`: the run's share of it.
    pub of: String,
    /// Part of the budget that is spent when it fires.
    pub part: f64,
    /// Long window.
    pub long_window_s: f64,
    /// Short window.
    pub short_window_s: f64,
    /// Burn rate at which it fires.
    pub threshold: f64,
    /// Highest burn rate in any long window; null without shoppers.
    pub highest_burn_rate: Option<f64>,
    /// When it first fired, since the planned start; null if it did not.
    pub fired_at_s: Option<f64>,
}

/// The finding for programs.
pub(super) fn budget(found: &BudgetFinding) -> BudgetDocument {
    let burn = found.burn.zip(found.burn_ci95);
    let hour = |burn: f64| found.spent_by_peak_hour(burn);
    BudgetDocument {
        objective: found.budget.text.clone(),
        allowed_rate: figure(found.budget.allowed),
        window_s: found.budget.window.as_secs_f64(),
        window_shoppers: found.budget.shoppers,
        budget_shoppers: figure(found.budget.size()),
        run_shoppers: found.shoppers,
        run_bad_shoppers: figure(found.bad),
        spent_by_run: figure(found.spent_by_run()),
        burn_rate: burn.map(Into::into),
        interval_basis: basis_of(!found.weak),
        peak_hour_shoppers: figure(found.peak_hour),
        spent_by_peak_hour: burn.map(|(burn, ci95)| {
            let ci95 = Interval { low: hour(ci95.low), high: hour(ci95.high) };
            (hour(burn), ci95).into()
        }),
        alerts: found.alarms.iter().map(alert).collect(),
    }
}

fn alert(alarm: &BurnAlarm) -> BurnAlertDocument {
    BurnAlertDocument {
        of: match alarm.scope {
            BudgetScope::Window => "window",
            BudgetScope::Run => "run",
        }
        .to_owned(),
        part: alarm.part,
        long_window_s: alarm.long.as_secs_f64(),
        short_window_s: alarm.short.as_secs_f64(),
        threshold: figure(alarm.threshold),
        highest_burn_rate: alarm.worst.map(figure),
        fired_at_s: alarm.rang_at.map(|at| at.as_secs_f64()),
    }
}
