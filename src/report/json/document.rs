//! `run.json` as programs read it: the summary of a run, schema `tillrush.run/1`.
//!
//! A public format: fields may be added, none is renamed or taken away without a new version. Keys carry their units,
//! rates are fractions, and what the sample can't carry is null.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::budget::BudgetDocument;
use super::clusters::ClusterDocument;
use super::experiment::ExperimentDocument;
use super::friction::FrictionDocument;
use super::generator::GeneratorDocument;
use super::incidents::{DetectableDocument, IncidentDocument};
use super::objectives::ObjectiveDocument;
use super::orders::OrdersDocument;
use super::places::{HeatDocument, StageDocument};
use super::repeats::{HotSpotDocument, RepeatsDocument, SmallGroupDocument};
use super::shoppers::{LossDocument, ShoppersDocument};
use super::steps::{JourneyDocument, StepDocument};
use super::times::{RefusalDocument, SlowTimeDocument, TimeZoneDocument, TrendDocument};
use crate::reconcile::ReconciliationDocument;

/// The format's name and version.
pub const SCHEMA: &str = "tillrush.run/1";

/// The summary of a run. Keys carry their units, and rates are fractions of 1. An interval is [low, high] at 95 % confidence; for no
/// event among n it is [0, 3/n]. A figure that the sample does not support is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "tillrush run summary")]
pub struct RunDocument {
    /// Always `tillrush.run/1`.
    pub schema: String,
    /// Unique name of the run.
    pub run_id: String,
    /// The version of tillrush that ran it.
    pub tool_version: String,
    /// Command lines that repeat the run, without secrets; one per shard of a merged run.
    pub commands: Vec<String>,
    /// `pass`, `fail`, `not_reconciled`, `inconclusive`, `invalid` or `interrupted`.
    pub verdict: VerdictWord,
    /// Reason for the verdict, as a sentence.
    pub verdict_reason: String,
    /// Findings as sentences, the costliest hot spot first.
    pub headline: Vec<String>,
    /// The scenario.
    pub scenario: ScenarioDocument,
    /// Base address of the shop.
    pub target: String,
    /// Random seed.
    pub seed: u64,
    /// Runs with equal digests have equal schedules.
    pub plan_digest: String,
    /// Digest without the seed: runs with equal digests are comparable.
    pub workload_digest: String,
    /// Slice of the schedule, index/count; several are joined with `+`.
    pub slice: String,
    /// Slices that ran but are missing here.
    pub missing_slices: Vec<String>,
    /// The planned start, RFC 3339.
    pub started_at: String,
    /// Time zone of the machine that ran it; times of day in reports are in it.
    #[serde(default)]
    pub time_zone: TimeZoneDocument,
    /// From the planned start until the last shopper finished.
    pub duration_s: f64,
    /// `complete`, `aborted` (an objective with `abort` was violated), `interrupted`, `killed`, `running` (the results so far), or
    /// `damaged` (a part of what was stored can't be read any more, and is left out).
    pub completion: String,
    /// ISO 4217 code of the currency of all amounts; null if the scenario has none.
    pub currency: Option<String>,
    /// `--tag` pairs.
    pub tags: BTreeMap<String, String>,
    /// Machine of the load generator.
    pub machine: MachineDocument,
    /// Load model and behaviour of shoppers.
    pub load: LoadDocument,
    /// Stages of an open load, in order; empty for a closed load.
    pub stages: Vec<StageDocument>,
    /// Health of the load generator.
    pub generator: GeneratorDocument,
    /// Requests sent, with redirects, polls and page assets.
    pub requests_sent: u64,
    /// Steps in the order of the scenario.
    pub steps: Vec<StepDocument>,
    /// Funnel of each journey.
    pub journeys: Vec<JourneyDocument>,
    /// Effort per purchase, for each journey with a purchase.
    pub friction: Vec<FrictionDocument>,
    /// Outcomes of shoppers.
    pub shoppers: ShoppersDocument,
    /// Orders as shoppers know of them; null if the scenario has no purchase.
    #[serde(default)]
    pub orders: Option<OrdersDocument>,
    /// Retry experiment; null without one.
    pub experiment: Option<ExperimentDocument>,
    /// Lost shoppers; null for a closed load.
    pub loss: Option<LossDocument>,
    /// How often retries fail as well.
    pub repeats: RepeatsDocument,
    /// Failing shoppers by their first failure, the most frequent first.
    pub clusters: Vec<ClusterDocument>,
    /// Groups of shoppers with an elevated rate of repeated failures, the costliest first.
    pub hotspots: Vec<HotSpotDocument>,
    /// Groups of so few shoppers that no outcome could have shown them to stand out.
    #[serde(default)]
    pub small_groups: Vec<SmallGroupDocument>,
    /// Repeated failures by step and attribute value; steps without any are left out.
    pub heat: Vec<HeatDocument>,
    /// Times with an elevated failure rate, in order.
    pub incidents: Vec<IncidentDocument>,
    /// Times at which the shop answered slowly, in order; those that an incident covers are left out.
    #[serde(default)]
    pub slow_times: Vec<SlowTimeDocument>,
    /// What rose throughout the run, by unit.
    #[serde(default)]
    pub trends: Vec<TrendDocument>,
    /// What a working shop refused, by unit; none of it is a failure.
    #[serde(default)]
    pub refusals: Vec<RefusalDocument>,
    /// Rises in failure rates that a run of this size detects.
    pub detectable: Vec<DetectableDocument>,
    /// Results of the objectives.
    pub objectives: Vec<ObjectiveDocument>,
    /// The error budget; null if the scenario has none.
    pub budget: Option<BudgetDocument>,
    /// Intents to buy compared with the shop's own records; null if there are no records.
    pub reconciliation: Option<ReconciliationDocument>,
}

/// A verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum VerdictWord {
    /// All objectives are met, or there are none.
    Pass,
    /// An objective is violated.
    Fail,
    /// The sample is too small to decide.
    Inconclusive,
    /// Orders do not reconcile with the shop's records.
    NotReconciled,
    /// The load generator was saturated.
    Invalid,
    /// The run was cut short.
    Interrupted,
}

impl VerdictWord {
    /// As it is written.
    pub const fn key(self) -> &'static str {
        match self {
            VerdictWord::Pass => "pass",
            VerdictWord::Fail => "fail",
            VerdictWord::Inconclusive => "inconclusive",
            VerdictWord::NotReconciled => "not_reconciled",
            VerdictWord::Invalid => "invalid",
            VerdictWord::Interrupted => "interrupted",
        }
    }
}

/// The scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioDocument {
    /// Its name.
    pub name: String,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: String,
}

/// Machine of the load generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MachineDocument {
    /// Processors available to the process.
    pub cpus: u32,
    /// Threads that run shoppers.
    pub cores: u32,
    /// Operating system.
    pub os: String,
    /// Processor architecture.
    pub arch: String,
}

/// Load model and behaviour of shoppers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadDocument {
    /// `open` or `closed`.
    pub model: String,
    /// `poisson`, `paced` or `closed`.
    pub arrivals: String,
    /// `per_shopper` or `kept`.
    pub connections: String,
    /// `probe`, `live` or `experiment`.
    pub behaviour: String,
    /// Most attempts per unit; null for unlimited.
    pub max_attempts: Option<u32>,
    /// Abandonment model of the scenario.
    pub patience: String,
}
