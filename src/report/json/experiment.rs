//! The part of `run.json` that says which way to try again cures a failure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::{figure, pair};
use crate::plan::Plan;
use crate::verdict::{ArmFinding, Comparison, Experiment};

/// The retry experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExperimentDocument {
    /// The ways to try again, in the order of the scenario.
    pub arms: Vec<String>,
    /// Whatever failed first.
    pub everywhere: ComparisonDocument,
    /// By the step of the first failure, the most frequent first.
    pub places: Vec<ComparisonDocument>,
}

/// The arms beside each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonDocument {
    /// The step of the first failure; null for all of them together.
    pub step: Option<String>,
    /// The arm that surely cures more than trying the same again, and most of those that do; null if none does.
    pub cure: Option<String>,
    /// Arm by arm.
    pub arms: Vec<ArmDocument>,
}

/// One arm. Counts are of shoppers for whom it changed anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArmDocument {
    /// Its name.
    pub arm: String,
    /// Shoppers who got through, or failed again.
    pub shoppers: u64,
    /// Those who got through what had failed without another failure.
    pub cured: u64,
    /// Their share.
    pub cured_rate: Option<f64>,
    /// Its interval.
    pub cured_ci95: Option<[f64; 2]>,
    /// Shoppers who were declined instead.
    pub declined: u64,
    /// Beside trying the same again; null for that itself, and where one of the two has nobody.
    pub against_same: Option<AgainstDocument>,
}

/// An arm beside trying the same again, among the shoppers for whom the arm would have changed anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgainstDocument {
    /// Shoppers who tried the same again.
    pub shoppers: u64,
    /// Those whom it cured.
    pub cured: u64,
    /// How much more of its shoppers the arm cured, as a fraction.
    pub difference: f64,
    /// Its interval.
    pub difference_ci95: [f64; 2],
    /// How likely so large a difference would be if the arm did nothing (Fisher's exact test, two-sided).
    pub p_value: f64,
    /// The same, corrected for all comparisons (Benjamini and Hochberg).
    pub q_value: f64,
}

pub(super) fn experiment(plan: &Plan, found: &Experiment) -> ExperimentDocument {
    let of = |place: &Comparison| ComparisonDocument {
        step: place.step.map(|step| plan.step_label(step)),
        cure: place.cure.map(|arm| found.arms[arm].clone()),
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
        shoppers: found.cured.trials,
        cured: found.cured.events,
        cured_rate: found.cured.value().map(figure),
        cured_ci95: found.cured.ci95().map(pair),
        declined: found.declined,
        against_same: found.against_same.map(|against| AgainstDocument {
            shoppers: against.same.trials,
            cured: against.same.events,
            difference: figure(against.difference),
            difference_ci95: pair(against.ci95),
            p_value: figure(against.p_value),
            q_value: figure(against.q_value),
        }),
    }
}
