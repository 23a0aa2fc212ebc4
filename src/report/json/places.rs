//! The parts of `run.json` that say where shoppers were: the stages of the load, how journeys came out, and repeated failures by step and
//! value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::figure;
use crate::base::Micros;
use crate::plan::Plan;
use crate::verdict::{Basis, Endings, HeatCell};

/// A stretch of time in which the rate of arrivals moves linearly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageDocument {
    /// What it is called.
    pub label: String,
    /// From, since the planned start.
    pub from_s: f64,
    /// Until.
    pub until_s: f64,
    /// Shoppers starting per second at its start.
    pub from_rate_per_s: f64,
    /// Shoppers starting per second at its end.
    pub until_rate_per_s: f64,
}

/// The shoppers of a journey who ended, each in exactly one way; those who bought are counted as such, wherever they went on to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EndingsDocument {
    /// Bought, and met no failed attempt.
    pub bought_at_once: u64,
    /// Bought, and met one.
    pub bought_after_one: u64,
    /// Bought, and met two or more.
    pub bought_after_more: u64,
    /// Went through all units, and made no order.
    pub completed_without_order: u64,
    /// Left after a success.
    pub left_by_choice: u64,
    /// Left after a failed attempt (live behaviour only).
    pub lost_observed: u64,
    /// Tried a unit as often as the scenario allows.
    pub stopped_by_cap: u64,
    /// The run ended first.
    pub unfinished: u64,
    /// Of all these: lost under the scenario's patience; null for a closed load.
    pub lost: Option<f64>,
}

/// The shoppers with one value, at one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeatDocument {
    /// The step where the first failure fell.
    pub step: String,
    /// An attribute or an observed name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// `assigned` or `observed`.
    pub basis: String,
    /// Shoppers with it, of the step's journey.
    pub shoppers: u64,
    /// Those of them who failed first at the step, and then again at its unit.
    pub repeated: u64,
    /// Their share.
    pub rate: f64,
}

pub(super) fn stages(plan: &Plan) -> Vec<StageDocument> {
    let mut from = Micros::ZERO;
    let of = |stage: &crate::plan::Stage| {
        let until = from + stage.length;
        let document = StageDocument {
            label: stage.label.clone(),
            from_s: from.as_secs_f64(),
            until_s: until.as_secs_f64(),
            from_rate_per_s: figure(stage.from),
            until_rate_per_s: figure(stage.to),
        };
        from = until;
        document
    };
    plan.load.profile().map(|profile| profile.stages.iter().map(of).collect()).unwrap_or_default()
}

pub(super) fn endings(found: &Endings, losses: bool) -> EndingsDocument {
    EndingsDocument {
        bought_at_once: found.bought_at_once,
        bought_after_one: found.bought_after_one,
        bought_after_more: found.bought_after_more,
        completed_without_order: found.completed_without_order,
        left_by_choice: found.left_by_choice,
        lost_observed: found.lost,
        stopped_by_cap: found.stopped_by_cap,
        unfinished: found.unfinished,
        lost: losses.then(|| figure(found.lost_expected)),
    }
}

pub(super) fn heat(plan: &Plan, cell: &HeatCell) -> HeatDocument {
    HeatDocument {
        step: plan.step_label(cell.step),
        name: cell.name.clone(),
        value: cell.value.clone(),
        basis: match cell.basis {
            Basis::Assigned => "assigned",
            Basis::Observed => "observed",
        }
        .to_owned(),
        shoppers: cell.shoppers,
        repeated: cell.repeated,
        rate: figure(cell.repeated as f64 / (cell.shoppers as f64).max(1.0)),
    }
}
