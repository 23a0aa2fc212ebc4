//! `run.json` as programs read it: the summary of a run, schema `tillrush.run/1`.
//!
//! A public format: fields may be added, none is renamed or taken away without a new version. Keys carry their units,
//! rates are fractions, and what the sample can't carry is null.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::assets::AssetsDocument;
use super::budget::BudgetDocument;
use super::clusters::ClusterDocument;
use super::experiment::ExperimentDocument;
use super::figures::{EstimateDocument, PlaceDocument, RateDocument, SpansDocument};
use super::friction::FrictionDocument;
use super::incidents::{
    DetectableDocument, IncidentDocument, PressureDocument, SeasonDocument, SourceDocument,
};
use super::orders::OrdersDocument;
use super::places::{EndingsDocument, HeatDocument, StageDocument};
use super::revenue::RevenueDocument;
use super::wire::WireDocument;
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
    /// From the planned start until the last shopper finished.
    pub duration_s: f64,
    /// `complete`, `aborted` (an objective with `abort` was violated), `interrupted`, `killed`, `running` for the results so far, or
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
    /// Repeated failures by step and attribute value; steps without any are left out.
    pub heat: Vec<HeatDocument>,
    /// Times with an elevated failure rate, in order.
    pub incidents: Vec<IncidentDocument>,
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

/// Health of the load generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GeneratorDocument {
    /// `valid`, `suspect` or `invalid`.
    pub verdict: String,
    /// Arrivals that were due.
    pub arrivals_planned: u64,
    /// Arrivals that started.
    pub arrivals_started: u64,
    /// Schedule lag, from the intended to the actual start: median.
    pub lag_p50_ms: Option<f64>,
    /// Schedule lag, 99th percentile.
    pub lag_p99_ms: Option<f64>,
    /// Longest schedule lag.
    pub lag_max_ms: Option<f64>,
    /// CPU time of the generator threads over their wall time.
    pub cpu_fraction: Option<f64>,
    /// CPU fraction in the busiest second of any thread.
    pub busiest_second_fraction: f64,
    /// Peak resident memory of the process.
    pub peak_rss_mib: f64,
    /// Time blocks in which the generator was behind schedule.
    pub late_blocks: u64,
    /// The same as [from, until] in seconds since the planned start. The shop is not to blame for what happened then.
    pub late_windows_s: Vec<[f64; 2]>,
    /// Length of a time block.
    pub block_s: f64,
    /// Health issues, the most severe first, then notes.
    pub doubts: Vec<DoubtDocument>,
}

/// A health issue of the load generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DoubtDocument {
    /// `invalid`, `suspect`, or `note` for an issue without effect.
    pub gravity: String,
    /// What was observed.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
}

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

/// Result of an objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectiveDocument {
    /// As the scenario writes it.
    pub text: String,
    /// Line in the scenario file; 0 if it has none.
    pub line: u32,
    /// Unit of `limit`, `observed` and `ci95`: `fraction`, `ms` or `requests_per_s`.
    pub unit: String,
    /// The limit.
    pub limit: f64,
    /// Observed figure, of the worst window if there are windows; null without samples.
    pub observed: Option<f64>,
    /// Whether `observed` is only a lower limit, because the quantile lies among attempts without a success. See `in_time` then.
    pub observed_at_least: bool,
    /// Two-sided 95 % confidence interval; the upper end is null if the sample does not bound it.
    pub ci95: Option<[Option<f64>; 2]>,
    /// The quantile of successful attempts only.
    pub successes_only_ms: Option<f64>,
    /// For a time: the share of successes within the limit, which decides.
    pub in_time: Option<f64>,
    /// 95 % confidence interval of `in_time`.
    pub in_time_ci95: Option<[f64; 2]>,
    /// For a time: attempts that timed out or never succeeded.
    pub never: Option<u64>,
    /// Sample size in shoppers, attempts, times or requests.
    pub sample: u64,
    /// `blocks`: the interval accounts for bursts; `independent`: too few time blocks, so it may be too narrow.
    pub interval_basis: String,
    /// The worst window, where there are windows.
    pub window: Option<WindowDocument>,
    /// `pass`, `fail` or `inconclusive`.
    pub verdict: String,
    /// The result in words.
    pub reason: String,
    /// If inconclusive: shoppers needed in addition; null if no feasible sample decides.
    pub more_shoppers: Option<u64>,
}

/// A window of the run, in seconds from the planned start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WindowDocument {
    /// Start.
    pub from_s: f64,
    /// End.
    pub until_s: f64,
    /// Total number of windows.
    pub of: u64,
}
