//! What happened when, why failures repeat, what they cost a season, and what the run could have seen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::{EstimateDocument, RateDocument, figure};
use super::revenue::{RevenueDocument, revenue};
use crate::plan::Plan;
use crate::report::view::incidents;
use crate::verdict::{
    Detectable, DetectablePopulation, Incident, Overload, RepeatSource, RetryPressure, SeasonLoss,
    Sight,
};

/// Whether repeated failures are specific to the shopper or come from incidents. Retries are compared with other shoppers' first
/// attempts at the same unit in the same time block (Mantel and Haenszel).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceDocument {
    /// `shopper`: such as a card, a coupon or a node; `moment`: incidents; `shopper_and_moment` and `moment_and_shopper`: both, the
    /// stronger first; `chance`; `always`: most attempts fail; `group`: hot spots; `too_few`: too few retries.
    pub why: String,
    /// Retries that were compared.
    pub compared: u64,
    /// Retries among them that failed.
    pub compared_failed: u64,
    /// Relative risk of a retry vs. other shoppers' first attempts at the same time; null if none of these failed.
    pub risk_ratio: Option<EstimateDocument>,
    /// Share of failed retries among those that would otherwise have succeeded at that time.
    pub own_stickiness: Option<f64>,
    /// Distance from chance, in standard errors.
    pub surprise: f64,
    /// Length of a time block; shorter incidents look specific to the shopper.
    pub block_s: f64,
    /// Caveat about `why`; null if there is none.
    pub warning: Option<String>,
}

/// A time with an elevated failure rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IncidentDocument {
    /// The failing unit; null for several.
    pub unit: Option<String>,
    /// Of several, those that were shown to fail while others did not; empty for the shop as a whole.
    pub units: Vec<String>,
    /// Start, since the planned start of the run; as exact as `generator.block_s`.
    pub from_s: f64,
    /// End.
    pub until_s: f64,
    /// Whether it lasted until the last attempt, so that its end was not observed.
    pub to_the_end: bool,
    /// First attempts during the incident, and those that failed.
    pub first_attempts: RateDocument,
    /// The same at all other times.
    pub other_times: RateDocument,
    /// Probability of such an incident anywhere in the run by chance.
    pub p_value: f64,
    /// Shoppers with their first failure in it and another one later.
    pub repeated: u64,
    /// Lost shoppers above those expected at the rate of other times; null for a closed load.
    pub excess_lost: Option<EstimateDocument>,
}

/// Projection to a season under one abandonment model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeasonDocument {
    /// Shoppers of the season.
    pub shoppers: u64,
    /// Lost shoppers.
    pub lost: EstimateDocument,
    /// Their order value; null if no order value is known.
    pub revenue_at_risk: Option<RevenueDocument>,
}

/// Effect of retries on the load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PressureDocument {
    /// Attempts per first attempt.
    pub retry_amplification: Option<f64>,
    /// Overloads of the shop.
    pub overloads: Vec<OverloadDocument>,
}

/// An overload: the arrival rate rose above what the shop could serve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OverloadDocument {
    /// When failures began, since the planned start.
    pub from_s: f64,
    /// When the shop had recovered; null if the run ended first.
    pub until_s: Option<f64>,
    /// Arrival rate when failures began.
    pub onset_rate_per_s: f64,
    /// Highest arrival rate during the overload.
    pub peak_rate_per_s: f64,
    /// Time from the rate falling back to the onset rate until recovery, or until the end of the run.
    pub recovery_s: f64,
    /// Onset rate minus the rate at recovery; null without recovery.
    pub hysteresis_per_s: Option<f64>,
    /// Attempts per first attempt during the overload.
    pub retry_amplification: Option<f64>,
}

/// Rises in failure rates that a run of this size detects, with 80 % power at 5 % one-sided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DetectableDocument {
    /// `shoppers`: all who ended; `buyers`: those who reached payment.
    pub among: String,
    /// Number of them.
    pub shoppers: u64,
    /// Shoppers per independent shopper; above 1 if failures came in bursts.
    pub design_effect: f64,
    /// Upper limit of the failure rate if none of them fails.
    pub if_none_fails: f64,
    /// For usual failure rates, and for this run's own.
    pub sights: Vec<SightDocument>,
}

/// The detectable rise from one failure rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SightDocument {
    /// The failure rate.
    pub base: f64,
    /// Smallest detectable higher rate; null if there is none.
    pub seen_from: Option<f64>,
    /// Smallest detectable higher rate when two such runs are compared; null if there is none.
    pub change_from: Option<f64>,
    /// Shoppers needed to detect a doubling.
    pub to_see_double: u64,
    /// Shoppers missing for that.
    pub more_shoppers: u64,
}

pub(super) fn source(found: &RepeatSource) -> SourceDocument {
    SourceDocument {
        why: found.cause.key().to_owned(),
        compared: found.strata.compared,
        compared_failed: found.strata.compared_failed,
        risk_ratio: found.strata.risk_ratio().map(Into::into),
        own_stickiness: found.strata.own_stickiness().map(figure),
        surprise: figure(found.strata.z_score()),
        block_s: found.block.as_secs_f64(),
        warning: incidents::warning(found),
    }
}

pub(super) fn incident(plan: &Plan, found: &Incident) -> IncidentDocument {
    IncidentDocument {
        unit: found.unit.map(|unit| plan.unit(unit).name.clone()),
        units: found.units.iter().map(|unit| plan.unit_label(*unit)).collect(),
        from_s: found.from.as_secs_f64(),
        until_s: found.until.as_secs_f64(),
        to_the_end: found.to_the_end,
        first_attempts: (&found.inside).into(),
        other_times: (&found.outside).into(),
        p_value: figure(found.p_value),
        repeated: found.repeated,
        excess_lost: found.excess_lost.map(Into::into),
    }
}

pub(super) fn season(shoppers: u64, found: &SeasonLoss) -> SeasonDocument {
    SeasonDocument {
        shoppers,
        lost: (found.lost, found.ci95).into(),
        revenue_at_risk: found.order_value.map(|(worth, ci95)| revenue(worth, ci95, None)),
    }
}

pub(super) fn pressure(found: &RetryPressure) -> PressureDocument {
    let overload = |found: &Overload| OverloadDocument {
        from_s: found.from.as_secs_f64(),
        until_s: found.until.map(|until| until.as_secs_f64()),
        onset_rate_per_s: figure(found.onset_rate),
        peak_rate_per_s: figure(found.peak_rate),
        recovery_s: found.recovery.as_secs_f64(),
        hysteresis_per_s: found.hysteresis.map(figure),
        retry_amplification: found.amplification.map(figure),
    };
    PressureDocument {
        retry_amplification: found.amplification.map(figure),
        overloads: found.overloads.iter().map(overload).collect(),
    }
}

pub(super) fn detectable(found: &Detectable) -> DetectableDocument {
    let sight = |sight: &Sight| SightDocument {
        base: figure(sight.base),
        seen_from: sight.seen_from.map(figure),
        change_from: sight.change_from.map(figure),
        to_see_double: sight.to_see_double,
        more_shoppers: sight.more,
    };
    DetectableDocument {
        among: match found.population {
            DetectablePopulation::Shoppers => "shoppers",
            DetectablePopulation::Buyers => "buyers",
        }
        .to_owned(),
        shoppers: found.shoppers,
        design_effect: figure(found.design_effect),
        if_none_fails: figure(found.if_none_fails),
        sights: found.sights.iter().map(sight).collect(),
    }
}
