//! How often retries fail as well, and in which groups of shoppers, in `run.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::PlaceDocument;
use super::incidents::SourceDocument;
use crate::verdict::SmallGroup;

/// How often retries fail as well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RepeatsDocument {
    /// Failure rate of first attempts, weighted by where first failures occurred; null without a failure.
    pub p_first_failure: Option<f64>,
    /// Failure rate of the next attempt at the same unit.
    pub p_second_given_first: Option<f64>,
    /// Shoppers who made that next attempt.
    pub second_attempts: u64,
    /// Relative risk: `p_second_given_first` over `p_first_failure`. 1 if failures are independent.
    pub lift: Option<f64>,
    /// 95 % confidence interval of `lift`.
    pub lift_ci95: Option<[f64; 2]>,
    /// (`p_second_given_first` − `p_first_failure`) / (1 − `p_first_failure`): 0 for independent failures, 1 for permanent ones.
    pub stickiness: Option<f64>,
    /// 95 % confidence interval of `stickiness`.
    pub stickiness_ci95: Option<[f64; 2]>,
    /// `blocks`: the intervals account for bursts; `independent`: too few time blocks, so they may be too narrow.
    pub interval_basis: String,
    /// Whether repeated failures are specific to the shopper or come from incidents.
    pub source: SourceDocument,
    /// The same by unit.
    pub units: Vec<UnitRepeatsDocument>,
    /// Shoppers by the step of their first failure, the most frequent first.
    pub first_failed: Vec<PlaceDocument>,
    /// Shoppers by the step of their second failure.
    pub second_failed: Vec<PlaceDocument>,
}

/// How often retries at one unit fail as well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnitRepeatsDocument {
    /// Name of the unit.
    pub unit: String,
    /// Journey of the unit.
    pub journey: String,
    /// First attempts.
    pub first_attempts: u64,
    /// Failure rate of first attempts.
    pub p_first_failure: Option<f64>,
    /// Failure rate of the next attempt, for shoppers with their first failure here.
    pub p_second_given_first: Option<f64>,
    /// Shoppers who made that next attempt.
    pub second_attempts: u64,
    /// Relative risk of the next attempt.
    pub lift: Option<f64>,
    /// 0 for independent failures, 1 for permanent ones.
    pub stickiness: Option<f64>,
    /// 95 % confidence interval of `stickiness`.
    pub stickiness_ci95: Option<[f64; 2]>,
}

/// A group of shoppers with an elevated rate of repeated failures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HotSpotDocument {
    /// Step with most of the failures; null if there is none.
    pub step: Option<String>,
    /// Steps with repeated failures, the costliest first.
    pub steps: Vec<String>,
    /// `step`: figures count repeated failures at `steps`; `journey`: anywhere.
    pub scope: String,
    /// Attributes or observed names with their values, one or two.
    #[serde(rename = "where")]
    pub group: BTreeMap<String, String>,
    /// Shoppers of the group.
    pub shoppers: u64,
    /// Shoppers of the group with repeated failures.
    pub repeated: u64,
    /// Their share of the group.
    pub rate: f64,
    /// 95 % confidence interval of `rate`.
    pub rate_ci95: [f64; 2],
    /// Rate among all other shoppers, without those whom a costlier hot spot at the same place explains.
    pub rate_elsewhere: f64,
    /// 95 % confidence interval of `rate_elsewhere`.
    pub rate_elsewhere_ci95: [f64; 2],
    /// Relative risk: `rate` over `rate_elsewhere`; its lower limit if the latter is zero.
    pub lift: f64,
    /// 95 % confidence interval of `lift` (Koopman); the upper end is null if `rate_elsewhere` is zero.
    pub lift_ci95: (f64, Option<f64>),
    /// Whether `lift` is only a lower limit.
    pub lift_is_least: bool,
    /// One-sided p-value of Fisher's exact test.
    pub p_value: f64,
    /// p-value corrected for the number of tests (Benjamini and Hochberg).
    pub q_value: f64,
    /// Repeated failures above those expected at the others' rate.
    pub excess_repeated: f64,
    /// 95 % confidence interval of `excess_repeated` (Newcombe).
    pub excess_repeated_ci95: [f64; 2],
    /// Lost shoppers above those expected at the others' rate; null for a closed load.
    pub excess_lost: Option<f64>,
    /// 95 % confidence interval of `excess_lost`.
    pub excess_lost_ci95: Option<[f64; 2]>,
    /// `blocks`: the intervals account for bursts; `independent`: too few time blocks, so they may be too narrow.
    pub interval_basis: String,
    /// `assigned`: drawn per shopper, so the association is causal; `observed`: seen in responses, so it may be a correlation.
    pub basis: String,
}

/// Shoppers with one value who are too few to be judged: however many of them failed, it could be chance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SmallGroupDocument {
    /// Attribute or observed name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Shoppers with it.
    pub shoppers: u64,
    /// Shoppers among them with repeated failures.
    pub repeated: u64,
}

// === impl SmallGroupDocument ===

impl From<&SmallGroup> for SmallGroupDocument {
    fn from(found: &SmallGroup) -> SmallGroupDocument {
        SmallGroupDocument {
            name: found.name.clone(),
            value: found.value.clone(),
            shoppers: found.shoppers,
            repeated: found.repeated,
        }
    }
}
