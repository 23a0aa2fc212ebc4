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
use super::figures::{PlaceDocument, SpansDocument};
use super::friction::FrictionDocument;
use super::incidents::{
    DetectableDocument, PressureDocument, SeasonDocument, SourceDocument, TimeWindowDocument,
};
use super::places::{EndingsDocument, HeatDocument, StageDocument};
use super::wire::WireDocument;

/// The format's name and version.
pub const SCHEMA: &str = "tillrush.run/1";

/// The summary of a run. Keys carry their units; rates are fractions of 1; an interval is [low, high] at 95 % confidence,
/// and for no event among n it is [0, 3/n]; a figure that the sample can't carry is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "tillrush run summary")]
pub struct RunDocument {
    /// Always `tillrush.run/1`.
    pub schema: String,
    /// The run's name, unique.
    pub run_id: String,
    /// The version of tillrush that ran it.
    pub tool_version: String,
    /// The command lines that repeat it, without secrets; one for each shard where several were merged.
    pub commands: Vec<String>,
    /// What the run says: `pass`, `fail`, `inconclusive`, `invalid` or `interrupted`.
    pub verdict: VerdictWord,
    /// The same in a sentence.
    pub verdict_reason: String,
    /// What was found, in sentences, the worst place for repeated failures first.
    pub headline: Vec<String>,
    /// The scenario.
    pub scenario: ScenarioDocument,
    /// The shop's base address.
    pub target: String,
    /// The seed of all draws.
    pub seed: u64,
    /// Equal digests, equal schedules.
    pub plan_digest: String,
    /// The same without the seed: equal digests, comparable runs.
    pub workload_digest: String,
    /// The slice of the schedule that was run, index/count; several joined with `+`.
    pub slice: String,
    /// Slices that were run and are not in this summary.
    pub missing_slices: Vec<String>,
    /// The planned start, RFC 3339.
    pub started_at: String,
    /// From the planned start to the end of the last shopper.
    pub duration_s: f64,
    /// `complete`, `aborted` (an objective with `abort` was certainly broken), `interrupted`, `killed`, or `running` where the run goes
    /// on and these are its figures so far.
    pub completion: String,
    /// The currency of all amounts, by its ISO 4217 code; null where the scenario names none.
    pub currency: Option<String>,
    /// `--tag` pairs.
    pub tags: BTreeMap<String, String>,
    /// Where the generator ran.
    pub machine: MachineDocument,
    /// How shoppers came, and how they behaved.
    pub load: LoadDocument,
    /// The stages of an open load, in order; empty for a closed one.
    pub stages: Vec<StageDocument>,
    /// The generator itself.
    pub generator: GeneratorDocument,
    /// Requests on the wire, redirects and polls included, and those for the files of pages.
    pub requests_sent: u64,
    /// Step by step, in the order of the scenario.
    pub steps: Vec<StepDocument>,
    /// How far shoppers came, journey by journey.
    pub journeys: Vec<JourneyDocument>,
    /// What it takes to buy, in each journey in which somebody bought.
    pub friction: Vec<FrictionDocument>,
    /// What became of the shoppers.
    pub shoppers: ShoppersDocument,
    /// Which way to try again cures a failure; null without an experiment.
    pub experiment: Option<ExperimentDocument>,
    /// Lost shoppers in detail; null for a closed load, for which none are derived.
    pub loss: Option<LossDocument>,
    /// How failures come back to the same shopper.
    pub repeats: RepeatsDocument,
    /// Failing shoppers by the first thing that went wrong, the most frequent first.
    pub clusters: Vec<ClusterDocument>,
    /// Groups of shoppers who meet repeated failures more often than others, the costliest first.
    pub hotspots: Vec<HotSpotDocument>,
    /// Repeated failures by step and by each value of attributes and observed names; steps where nobody failed twice are left out.
    pub heat: Vec<HeatDocument>,
    /// Times at which the shop failed more than at others, in order.
    pub windows: Vec<TimeWindowDocument>,
    /// What a run of this size could have seen.
    pub detectable: Vec<DetectableDocument>,
    /// The objectives that were judged.
    pub objectives: Vec<ObjectiveDocument>,
    /// The error budget; null if the scenario has none.
    pub budget: Option<BudgetDocument>,
}

/// A verdict in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum VerdictWord {
    /// All objectives hold, or none was given.
    Pass,
    /// An objective is broken.
    Fail,
    /// Too little was seen to say.
    Inconclusive,
    /// The generator was the bottleneck.
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

/// Where the generator ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MachineDocument {
    /// Processors that the process may use.
    pub cpus: u32,
    /// Threads that ran shoppers.
    pub cores: u32,
    /// The operating system.
    pub os: String,
    /// The processor's architecture.
    pub arch: String,
}

/// How shoppers came, and how they behaved.
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
    /// The most attempts at a unit; null for unlimited.
    pub max_attempts: Option<u32>,
    /// The patience of the scenario.
    pub patience: String,
}

/// The generator itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GeneratorDocument {
    /// `valid`, `suspect` or `invalid`.
    pub verdict: String,
    /// Arrivals that were due.
    pub arrivals_planned: u64,
    /// Arrivals whose shopper acted.
    pub arrivals_started: u64,
    /// Schedule lag (intended start to the moment the shopper's task acts), median.
    pub lag_p50_ms: Option<f64>,
    /// The same, 99 %.
    pub lag_p99_ms: Option<f64>,
    /// The same, longest.
    pub lag_max_ms: Option<f64>,
    /// Processor time of the cores' threads over their wall time.
    pub cpu_fraction: Option<f64>,
    /// The busiest second of any core.
    pub busiest_second_fraction: f64,
    /// The peak resident memory of the process.
    pub peak_rss_mib: f64,
    /// Stretches of time in which the schedule was not held.
    pub late_blocks: u64,
    /// The same as windows, [from, until] in seconds since the planned start: what happened in them can't be blamed on the shop.
    pub late_windows_s: Vec<[f64; 2]>,
    /// How long such a stretch is.
    pub block_s: f64,
    /// Reasons for doubt, the gravest first, and notes.
    pub doubts: Vec<DoubtDocument>,
}

/// A reason to doubt the generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DoubtDocument {
    /// `invalid`, `suspect`, or `note` for what changes nothing.
    pub gravity: String,
    /// What was seen.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepDocument {
    /// Its name.
    pub name: String,
    /// The journey that it belongs to.
    pub journey: String,
    /// The purchase or lone step that is tried again when it fails.
    pub unit: String,
    /// Whether it is the step of a purchase that pays.
    #[serde(default)]
    pub pays: bool,
    /// Attempts that came to a judgement.
    pub attempts: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// Failures of attempts; null without attempts.
    pub failure_rate: Option<f64>,
    /// Its interval.
    pub failure_rate_ci95: Option<[f64; 2]>,
    /// By how much bursts inflate the variance of the rate; at least 1.
    pub design_effect: f64,
    /// Attempts that the shop declined.
    pub declined: u64,
    /// Attempts without a judgement: the run was cut, or the generator failed.
    pub unjudged: u64,
    /// Failures by kind.
    pub kinds: BTreeMap<String, u64>,
    /// Intended start to last byte, of successes.
    pub response_ms: SpansDocument,
    /// First byte sent to last byte received, of successes.
    pub service_ms: SpansDocument,
    /// What it came to on the wire, failures included.
    pub wire: WireDocument,
    /// What came of the files of its pages; null where they were not fetched.
    #[serde(default)]
    pub assets: Option<AssetsDocument>,
}

/// How far the shoppers of a journey came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JourneyDocument {
    /// Its name.
    pub name: String,
    /// Shoppers who started it.
    pub started: u64,
    /// Unit by unit.
    pub funnel: Vec<FunnelDocument>,
    /// How they came out.
    pub endings: EndingsDocument,
}

/// Shoppers at one unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FunnelDocument {
    /// Its name.
    pub unit: String,
    /// The units from which a way leads to it, by place in this list; branches of a choice have the same.
    pub after: Vec<usize>,
    /// Came to it.
    pub entered: u64,
    /// Got through it, at whatever attempt.
    pub passed: u64,
    /// Got through it at the first attempt.
    pub passed_at_once: u64,
    /// Left by choice right after it.
    pub left_by_choice: u64,
    /// Came to it and never got through: tried as often as they may, lost, or cut by the end of the run. In the report of a run that goes on,
    /// those who came and are in neither number still try.
    pub stopped: u64,
}

/// What became of the shoppers. Completed, left by choice, lost, stopped by the cap and unfinished sum to those who ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShoppersDocument {
    /// Whose task acted.
    pub started: u64,
    /// Of them, who came again with the cookies of one who had left.
    pub returned: u64,
    /// Of them, who were to come again, and came as new, for nobody had left yet.
    pub returned_as_new: u64,
    /// Who came to an end; less than `started` only if the process died. Rates are of these.
    pub ended: u64,
    /// Went through all units.
    pub completed: u64,
    /// Left after a success, as some shoppers do.
    pub left_by_choice: u64,
    /// Left after a failed attempt (live behaviour only).
    pub lost_observed: u64,
    /// Tried a unit as often as the scenario allows.
    pub stopped_by_cap: u64,
    /// The run ended first.
    pub unfinished: u64,
    /// Who have an order.
    pub purchased: u64,
    /// Met one failed attempt or more.
    pub failed: u64,
    /// Their share.
    pub failed_rate: Option<f64>,
    /// Its interval.
    pub failed_ci95: Option<[f64; 2]>,
    /// Met exactly one failed attempt.
    pub failed_once: u64,
    /// Met two failed attempts or more, declines not counted.
    pub repeated_failures: u64,
    /// Their share.
    pub repeated_failures_rate: Option<f64>,
    /// Its interval.
    pub repeated_failures_ci95: Option<[f64; 2]>,
    /// Met two failed attempts or more at the same unit.
    pub repeated_same_unit: u64,
    /// Their share.
    pub repeated_same_unit_rate: Option<f64>,
    /// Its interval.
    pub repeated_same_unit_ci95: Option<[f64; 2]>,
    /// Met two failed attempts or more, declines counted.
    pub repeated_with_declines: u64,
    /// Their share.
    pub repeated_with_declines_rate: Option<f64>,
    /// Its interval.
    pub repeated_with_declines_ci95: Option<[f64; 2]>,
    /// What the intervals rest on: `blocks` of time, or shoppers taken for `independent`, which is weak.
    pub interval_basis: String,
    /// By number of failed attempts.
    pub by_failures: Vec<ByFailuresDocument>,
    /// Lost shoppers by patience, expected (probe) or seen (live); details under `loss`. Empty for a closed load.
    pub lost_expected: BTreeMap<String, f64>,
}

/// Shoppers who met so many failed attempts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ByFailuresDocument {
    /// `0`, `1`, `2` or `3+`.
    pub failures: String,
    /// How many shoppers.
    pub shoppers: u64,
    /// Of them, who bought.
    pub purchased: u64,
    /// Of them, who are lost under the scenario's patience; null for a closed load.
    pub lost: Option<f64>,
}

/// Lost shoppers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LossDocument {
    /// `probe` or `experiment` (expected), or `live` (seen).
    pub behaviour: String,
    /// What the intervals rest on: `blocks` of time, or shoppers taken for `independent`, which is weak.
    pub interval_basis: String,
    /// Under each patience, the scenario's own first.
    pub by_patience: Vec<PatienceLossDocument>,
    /// What trying again did to the shop.
    pub pressure: PressureDocument,
}

/// Lost shoppers under one patience.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PatienceLossDocument {
    /// Its name.
    pub patience: String,
    /// Lost shoppers; those stopped by the cap count as lost.
    pub lost: f64,
    /// Lost shoppers, if the next attempt had served those stopped by the cap.
    pub lost_at_least: f64,
    /// Lost shoppers of all who ended.
    pub lost_rate: f64,
    /// Its interval.
    pub lost_rate_ci95: [f64; 2],
    /// How many independent shoppers would say as much: fewer than came, where failures came in bursts.
    pub effective_sample: f64,
    /// Order value of the lost shoppers, in the smallest unit of the currency; null if no order value is known.
    pub revenue_at_risk_minor: Option<f64>,
    /// Its interval.
    pub revenue_at_risk_minor_ci95: Option<[f64; 2]>,
    /// The share of it that is estimated, because the order values are unknown.
    pub revenue_at_risk_estimated_share: Option<f64>,
    /// The same for a season like the run; null if the scenario states none.
    pub season: Option<SeasonDocument>,
}

/// How failures come back to the same shopper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RepeatsDocument {
    /// How likely a first attempt fails, averaged over units as the first failures fell, so that a unit that never fails
    /// doesn't make the others look sticky; null without a failure.
    pub p_first_failure: Option<f64>,
    /// How likely the next attempt at the same unit fails too.
    pub p_second_given_first: Option<f64>,
    /// How many shoppers made that next attempt.
    pub second_attempts: u64,
    /// `p_second_given_first` over `p_first_failure`; 1 if failures strike at random.
    pub lift: Option<f64>,
    /// Its interval.
    pub lift_ci95: Option<[f64; 2]>,
    /// (`p_second_given_first` − `p_first_failure`) / (1 − `p_first_failure`): 0 for passing failures, 1 for failures for good.
    pub stickiness: Option<f64>,
    /// Its interval.
    pub stickiness_ci95: Option<[f64; 2]>,
    /// What the intervals rest on: `blocks` of time, or attempts taken for `independent`, which is weak.
    pub interval_basis: String,
    /// Whether it goes with the shopper or with the moment.
    pub source: SourceDocument,
    /// The same, unit by unit.
    pub units: Vec<UnitRepeatsDocument>,
    /// Shoppers by the step of their first failure, the most frequent first.
    pub first_failed: Vec<PlaceDocument>,
    /// Shoppers by the step of their second failure.
    pub second_failed: Vec<PlaceDocument>,
}

/// How failures come back at one unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnitRepeatsDocument {
    /// Its name.
    pub unit: String,
    /// The journey that it belongs to.
    pub journey: String,
    /// First attempts.
    pub first_attempts: u64,
    /// How likely one fails.
    pub p_first_failure: Option<f64>,
    /// How likely the next fails too, for shoppers whose first failure was here.
    pub p_second_given_first: Option<f64>,
    /// How many shoppers made that next attempt.
    pub second_attempts: u64,
    /// The one over the other.
    pub lift: Option<f64>,
    /// 0 for passing failures, 1 for failures for good.
    pub stickiness: Option<f64>,
    /// Its interval.
    pub stickiness_ci95: Option<[f64; 2]>,
}

/// A group of shoppers who meet repeated failures more often than others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HotSpotDocument {
    /// The step at which it fails most; null if a little everywhere.
    pub step: Option<String>,
    /// All steps at which it fails again and again, the costliest first.
    pub steps: Vec<String>,
    /// `step`: the figures count repeated failures at `steps`; `journey`: anywhere.
    pub scope: String,
    /// Who: attributes or observed names with their values, one or two.
    #[serde(rename = "where")]
    pub group: BTreeMap<String, String>,
    /// Shoppers of the group.
    pub shoppers: u64,
    /// Those of them who met repeated failures.
    pub repeated: u64,
    /// Their share.
    pub rate: f64,
    /// Its interval.
    pub rate_ci95: [f64; 2],
    /// The share among all others. Shoppers whom a costlier finding at the same place explains are in neither.
    pub rate_elsewhere: f64,
    /// Its interval.
    pub rate_elsewhere_ci95: [f64; 2],
    /// The one over the other; where there were none elsewhere, the lower end of its interval.
    pub lift: f64,
    /// Its interval (Koopman's score interval); the upper end is null where there were none elsewhere.
    pub lift_ci95: (f64, Option<f64>),
    /// Whether there were none elsewhere, so that `lift` is the least that it can be.
    pub lift_is_least: bool,
    /// How likely so many would be without a cause (Fisher's exact test, one-sided).
    pub p_value: f64,
    /// The same, corrected for all looks taken (Benjamini and Hochberg).
    pub q_value: f64,
    /// Repeated failures beyond what the group would have met at the others' rate.
    pub excess_repeated: f64,
    /// Its interval (Newcombe's, of the difference of the two rates).
    pub excess_repeated_ci95: [f64; 2],
    /// Lost shoppers beyond what it would have lost at the others' rate; null for a closed load.
    pub excess_lost: Option<f64>,
    /// Its interval.
    pub excess_lost_ci95: Option<[f64; 2]>,
    /// `blocks`: the intervals hold for failures in bursts, as all shoppers at the place met them; `independent`: there were too few
    /// blocks of time to say, and they may be too narrow.
    pub interval_basis: String,
    /// `assigned`: drawn per shopper, so that the association is causal; `observed`: merely seen.
    pub basis: String,
}

/// An objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectiveDocument {
    /// As the scenario writes it.
    pub text: String,
    /// The line of the scenario file; 0 where it has none.
    pub line: u32,
    /// `fraction`, `ms` or `requests_per_s`: of `limit`, `observed` and `ci95`.
    pub unit: String,
    /// The limit.
    pub limit: f64,
    /// What was observed; in the worst window, where there are windows. Null where nothing was seen.
    pub observed: Option<f64>,
    /// Whether it is at least so long: the quantile lies among what never came to a success, and `in_time` says more.
    pub observed_at_least: bool,
    /// Its two-sided interval; the upper end is null where the sample does not bound it.
    pub ci95: Option<[Option<f64>; 2]>,
    /// The quantile of the successes alone.
    pub successes_only_ms: Option<f64>,
    /// Of a time: the share that came to a success within the limit, by which it is judged.
    pub in_time: Option<f64>,
    /// The two-sided interval of `in_time`.
    pub in_time_ci95: Option<[f64; 2]>,
    /// Of a time: how many never came to a success, given up as too slow or kept from the end by failures.
    pub never: Option<u64>,
    /// Shoppers, attempts, spans or requests that it was judged by.
    pub sample: u64,
    /// What the interval rests on: `blocks` of time, or figures taken for `independent`, which is weak.
    pub interval_basis: String,
    /// The worst window, where there are windows.
    pub window: Option<WindowDocument>,
    /// `pass`, `fail` or `inconclusive`.
    pub verdict: String,
    /// Why, in a few words.
    pub reason: String,
    /// Where inconclusive: how many more shoppers like these would decide it; null where no reasonable number would.
    pub more_shoppers: Option<u64>,
}

/// A window of the run, in seconds from the planned start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WindowDocument {
    /// From.
    pub from_s: f64,
    /// Until.
    pub until_s: f64,
    /// Of how many windows.
    pub of: u64,
}
