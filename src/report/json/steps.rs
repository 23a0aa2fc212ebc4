//! Steps and the funnels of journeys in `run.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::assets::AssetsDocument;
use super::figures::SpansDocument;
use super::places::EndingsDocument;
use super::wire::WireDocument;

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepDocument {
    /// Name of the step.
    pub name: String,
    /// Journey of the step.
    pub journey: String,
    /// Purchase or single step that is retried when it fails.
    pub unit: String,
    /// Whether it is the paying step of a purchase.
    #[serde(default)]
    pub pays: bool,
    /// Attempts with a result.
    pub attempts: u64,
    /// Failed attempts.
    pub failures: u64,
    /// Failed share of attempts; null without attempts.
    pub failure_rate: Option<f64>,
    /// 95 % confidence interval of the failure rate.
    pub failure_rate_ci95: Option<[f64; 2]>,
    /// Factor by which bursts inflate the variance of the rate; at least 1.
    pub design_effect: f64,
    /// Attempts that the shop declined.
    pub declined: u64,
    /// Attempts without a result, because the run ended or the generator failed.
    pub unjudged: u64,
    /// Failures by kind.
    pub kinds: BTreeMap<String, u64>,
    /// Intended start to last byte, of successful attempts.
    pub response_ms: SpansDocument,
    /// First byte sent to last byte received, of successful attempts.
    pub service_ms: SpansDocument,
    /// Network traffic, with failed attempts.
    pub wire: WireDocument,
    /// Page assets; null where they are not loaded.
    #[serde(default)]
    pub assets: Option<AssetsDocument>,
}

/// Funnel of a journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JourneyDocument {
    /// Name of the journey.
    pub name: String,
    /// Shoppers who started it.
    pub started: u64,
    /// Shoppers by unit.
    pub funnel: Vec<FunnelDocument>,
    /// Outcomes of its shoppers.
    pub endings: EndingsDocument,
}

/// Shoppers at one unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FunnelDocument {
    /// Name of the unit.
    pub unit: String,
    /// Preceding units by position in this list; branches of a choice have the same.
    pub after: Vec<usize>,
    /// Shoppers who entered it.
    pub entered: u64,
    /// Shoppers who passed it, at any attempt.
    pub passed: u64,
    /// Shoppers who passed it at the first attempt.
    pub passed_at_once: u64,
    /// Shoppers who left by choice right after it.
    pub left_by_choice: u64,
    /// Shoppers who entered and never passed it: they used up their attempts, or left.
    pub stopped: u64,
    /// Shoppers who were at it when the run ended. In a running run, shoppers in none of these numbers are in progress.
    pub cut_off: u64,
}
