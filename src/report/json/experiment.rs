//! The part of `run.json` that says which way to try again cures a failure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::{EstimateDocument, RateDocument, figure};
use crate::plan::Plan;
use crate::verdict::{ArmComparison, ArmFinding, ExperimentFinding};

/// The retry experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExperimentDocument {
    /// Retry methods, in the order of the scenario.
    pub arms: Vec<String>,
    /// All shoppers with a failure.
    pub everywhere: ArmComparisonDocument,
    /// By the step of the first failure, the most frequent first.
    pub places: Vec<ArmComparisonDocument>,
}

/// Comparison of the arms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArmComparisonDocument {
    /// Step of the first failure; null for all steps.
    pub step: Option<String>,
    /// The arm that recovers significantly more shoppers than retrying the same way; null if none does.
    pub best_arm: Option<String>,
    /// Results by arm.
    pub arms: Vec<ArmDocument>,
}

/// Result of an arm. Counts are of shoppers for whom it changed anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArmDocument {
    /// Name of the arm.
    pub arm: String,
    /// Shoppers who recovered without another failure, of those who recovered or failed again.
    pub recovered: RateDocument,
    /// Shoppers who were declined instead.
    pub declined: u64,
    /// Shoppers whose retry of a purchase had another idempotency key: by the arm itself, or because the body changed.
    #[serde(default)]
    pub new_keys: u64,
    /// Comparison with retrying the same way; null for that arm itself, and without shoppers.
    pub against_same: Option<AgainstDocument>,
}

/// Comparison of an arm with retrying the same way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgainstDocument {
    /// Shoppers who recovered by retrying the same way.
    pub recovered: RateDocument,
    /// The rate of the arm minus that of retrying the same way.
    pub difference: EstimateDocument,
    /// Two-sided p-value of Fisher's exact test.
    pub p_value: f64,
    /// p-value corrected for the number of comparisons (Benjamini and Hochberg).
    pub q_value: f64,
}

pub(super) fn experiment(plan: &Plan, found: &ExperimentFinding) -> ExperimentDocument {
    let of = |place: &ArmComparison| ArmComparisonDocument {
        step: place.step.map(|step| plan.step_label(step)),
        best_arm: place.cure.map(|arm| found.arms[arm].clone()),
        arms: found.arms.iter().zip(&place.arms).map(|(name, arm)| of_arm(name, arm)).collect(),
    };
    ExperimentDocument {
        arms: found.arms.clone(),
        everywhere: of(&found.everywhere),
        places: found.places.iter().map(of).collect(),
    }
}

fn of_arm(name: &str, found: &ArmFinding) -> ArmDocument {
    ArmDocument {
        arm: name.to_owned(),
        recovered: (&found.recovered).into(),
        declined: found.declined,
        new_keys: found.new_keys,
        against_same: found.versus_same.map(|against| AgainstDocument {
            recovered: (&against.same).into(),
            difference: (against.difference, against.ci95).into(),
            p_value: figure(against.p_value),
            q_value: figure(against.q_value),
        }),
    }
}
