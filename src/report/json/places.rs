//! The parts of `run.json` that say where shoppers were: the stages of the load, how journeys came out, and repeated failures by step and
//! value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::figure;
use crate::base::Micros;
use crate::plan::Plan;
use crate::verdict::{Basis, Endings, HeatmapCell};

/// A stage of the load, with a linear change of the arrival rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageDocument {
    /// Name of the stage.
    pub label: String,
    /// Start, since the planned start of the run.
    pub from_s: f64,
    /// End.
    pub until_s: f64,
    /// Arrival rate at the start.
    pub from_rate_per_s: f64,
    /// Arrival rate at the end.
    pub until_rate_per_s: f64,
}

/// Outcomes of the shoppers of a journey who ended, each in exactly one. Buyers are counted as such, whatever they did next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EndingsDocument {
    /// Bought without a failed attempt.
    pub bought_at_once: u64,
    /// Bought after one failed attempt.
    pub bought_after_one: u64,
    /// Bought after two failed attempts or more.
    pub bought_after_more: u64,
    /// Passed all units without an order.
    pub completed_without_order: u64,
    /// Left after a success.
    pub left_by_choice: u64,
    /// Left after a failed attempt (live behaviour only).
    pub lost_observed: u64,
    /// Tried a unit as often as the scenario allows.
    pub stopped_by_cap: u64,
    /// Cut off by the end of the run.
    pub unfinished: u64,
    /// Lost shoppers among all these, under the scenario's abandonment model; null for a closed load.
    pub lost: Option<f64>,
}

/// Shoppers with one attribute value, at one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeatDocument {
    /// Step of the first failure.
    pub step: String,
    /// Attribute or observed name.
    pub name: String,
    /// Value of the attribute.
    pub value: String,
    /// `assigned` or `observed`.
    pub basis: String,
    /// Shoppers with the value, of the step's journey.
    pub shoppers: u64,
    /// Shoppers with a first failure at the step and another one at its unit.
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

pub(super) fn heat(plan: &Plan, cell: &HeatmapCell) -> HeatDocument {
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
