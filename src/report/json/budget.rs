//! The error budget in `run.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::{basis_of, figure};
use crate::verdict::{BudgetFinding, BudgetOf, BurnAlarm, statistics::Interval};

/// What the run says of the error budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BudgetDocument {
    /// The objective, as the scenario writes it.
    pub objective: String,
    /// The share of shoppers who may fare badly.
    pub allowed_rate: f64,
    /// The time that the budget is for.
    pub window_s: f64,
    /// How many shoppers come in that time.
    pub window_shoppers: f64,
    /// How many of them may fare badly: the budget.
    pub budget_shoppers: f64,
    /// Shoppers of this run who ended.
    pub run_shoppers: u64,
    /// Those of them who fared badly; a fraction where losses are expected ones.
    pub run_bad_shoppers: f64,
    /// The part of the budget that they are.
    pub spent_by_run: f64,
    /// How many times as fast as it may last the budget is spent; null without a shopper.
    pub burn_rate: Option<f64>,
    /// Its interval.
    pub burn_rate_ci95: Option<[f64; 2]>,
    /// `blocks`, or `independent` where too few blocks of time were seen to judge bursts.
    pub interval_basis: String,
    /// Shoppers in a peak hour: as the scenario says, or as many as in an hour at the run's mean rate.
    pub peak_hour_shoppers: f64,
    /// The part of the budget that such an hour spends.
    pub spent_by_peak_hour: Option<f64>,
    /// Its interval.
    pub spent_by_peak_hour_ci95: Option<[f64; 2]>,
    /// The alarms that a run of this length can ring.
    pub alarms: Vec<BurnAlarmDocument>,
}

/// An alarm on the burn rate: it rings where the rate is above the threshold, with confidence, in both windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BurnAlarmDocument {
    /// Whose budget: `window`, that of the budget's whole time; or `run`, what the run may spend at the same share.
    pub of: String,
    /// The part of it that would be gone.
    pub part: f64,
    /// In so long.
    pub long_window_s: f64,
    /// And still in the last so long.
    pub short_window_s: f64,
    /// The burn rate that does it: part · time of the budget / long window.
    pub threshold: f64,
    /// The highest burn rate in any long window; null where there was no shopper.
    pub highest_burn_rate: Option<f64>,
    /// When it rang first, in seconds from the planned start; null if it did not.
    pub rang_at_s: Option<f64>,
}

/// The finding for programs.
pub(super) fn budget(found: &BudgetFinding) -> BudgetDocument {
    let pair = |ci95: Interval| [figure(ci95.low), figure(ci95.high)];
    let hour = |burn: f64| figure(found.spent_by_peak_hour(burn));
    BudgetDocument {
        objective: found.budget.text.clone(),
        allowed_rate: figure(found.budget.allowed),
        window_s: found.budget.window.as_secs_f64(),
        window_shoppers: found.budget.shoppers,
        budget_shoppers: figure(found.budget.size()),
        run_shoppers: found.shoppers,
        run_bad_shoppers: figure(found.bad),
        spent_by_run: figure(found.spent_by_run()),
        burn_rate: found.burn.map(figure),
        burn_rate_ci95: found.burn_ci95.map(pair),
        interval_basis: basis_of(!found.weak),
        peak_hour_shoppers: figure(found.peak_hour),
        spent_by_peak_hour: found.burn.map(hour),
        spent_by_peak_hour_ci95: found.burn_ci95.map(|ci95| [hour(ci95.low), hour(ci95.high)]),
        alarms: found.alarms.iter().map(alarm).collect(),
    }
}

fn alarm(alarm: &BurnAlarm) -> BurnAlarmDocument {
    BurnAlarmDocument {
        of: match alarm.of {
            BudgetOf::Window => "window",
            BudgetOf::Run => "run",
        }
        .to_owned(),
        part: alarm.part,
        long_window_s: alarm.long.as_secs_f64(),
        short_window_s: alarm.short.as_secs_f64(),
        threshold: figure(alarm.threshold),
        highest_burn_rate: alarm.worst.map(figure),
        rang_at_s: alarm.rang_at.map(|at| at.as_secs_f64()),
    }
}
