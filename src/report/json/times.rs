//! The parts of `run.json` about slow times, trends and what a working shop refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::{RateDocument, figure, millis};
use crate::base::RunZone;
use crate::plan::Plan;
use crate::verdict::{RefusalFinding, Rise, SlowTime, Trend};

/// The time zone of the machine that ran it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimeZoneDocument {
    /// As in the time zone database, such as `Europe/Paris`; null if unknown.
    pub name: Option<String>,
    /// Seconds east of UTC at the start of the run.
    pub utc_offset_s: i32,
}

/// A time at which the shop answered slowly, without failing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SlowTimeDocument {
    /// The slow unit; null for several.
    pub unit: Option<String>,
    /// Start, since the planned start of the run, by when attempts began; as exact as `generator.block_s`.
    pub from_s: f64,
    /// End.
    pub until_s: f64,
    /// Whether it lasted until the last attempt, so that its end was not observed.
    pub to_the_end: bool,
    /// Answers, and those that took three times as long as a quarter of the step's answers, and 200 ms longer.
    pub slow: RateDocument,
    /// The same at all other times.
    pub other_times: RateDocument,
    /// Median response time; null if the sample is too small.
    pub p50_ms: Option<f64>,
    /// The same at all other times.
    pub other_times_p50_ms: Option<f64>,
    /// Longest response time.
    pub max_ms: Option<f64>,
    /// Probability of such a time anywhere in the run by chance.
    pub p_value: f64,
}

/// What rose throughout the run at a unit, compared in ten parts of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendDocument {
    /// The unit.
    pub unit: String,
    /// `failures` (a share of first attempts) or `response_p50_ms`.
    pub of: String,
    /// In the first part of the run.
    pub first: f64,
    /// In the last part.
    pub last: f64,
    /// Arrivals per second in the first part and at most, if these rose as well; null if they did not.
    pub arrivals_per_s: Option<[f64; 2]>,
}

/// What a working shop refused at a unit: a card, a voucher, stock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RefusalDocument {
    /// The unit.
    pub unit: String,
    /// First attempts, and those that were declined.
    pub declined: RateDocument,
    /// Shoppers with an attribute value who were declined more often than all others.
    pub groups: Vec<RefusedGroupDocument>,
    /// Times at which more was declined than at others.
    pub times: Vec<RefusalTimeDocument>,
}

/// Shoppers with an attribute value who were declined more often than all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedGroupDocument {
    /// Attribute or observed name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Their first attempts, and those that were declined.
    pub declined: RateDocument,
    /// The same of all others.
    pub others: RateDocument,
    /// One-sided p-value of Fisher's exact test, corrected for the number of values (Holm).
    pub p_value: f64,
}

/// A time at which more was declined than at others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RefusalTimeDocument {
    /// Start, since the planned start of the run.
    pub from_s: f64,
    /// End.
    pub until_s: f64,
    /// First attempts in it, and those that were declined.
    pub declined: RateDocument,
}

pub(super) fn time_zone(zone: &RunZone) -> TimeZoneDocument {
    TimeZoneDocument { name: zone.name.clone(), utc_offset_s: zone.offset_s }
}

pub(super) fn slow_time(plan: &Plan, found: &SlowTime) -> SlowTimeDocument {
    SlowTimeDocument {
        unit: found.unit.map(|unit| plan.unit_label(unit)),
        from_s: found.from.as_secs_f64(),
        until_s: found.until.as_secs_f64(),
        to_the_end: found.to_the_end,
        slow: (&found.inside).into(),
        other_times: (&found.outside).into(),
        p50_ms: found.p50.map(millis),
        other_times_p50_ms: found.p50_outside.map(millis),
        max_ms: found.max.map(millis),
        p_value: figure(found.p_value),
    }
}

pub(super) fn trend(plan: &Plan, found: &Trend) -> TrendDocument {
    let (of, first, last) = match found.rise {
        Rise::Failures { first, last } => ("failures", figure(first), figure(last)),
        Rise::ResponseTime { first, last } => ("response_p50_ms", millis(first), millis(last)),
    };
    TrendDocument {
        unit: plan.unit_label(found.unit),
        of: of.to_owned(),
        first,
        last,
        arrivals_per_s: found.load.map(|(first, last)| [figure(first), figure(last)]),
    }
}

pub(super) fn refusal(plan: &Plan, found: &RefusalFinding) -> RefusalDocument {
    RefusalDocument {
        unit: plan.unit_label(found.unit),
        declined: (&found.refused).into(),
        groups: found
            .groups
            .iter()
            .map(|group| RefusedGroupDocument {
                name: group.name.clone(),
                value: group.value.clone(),
                declined: (&group.inside).into(),
                others: (&group.outside).into(),
                p_value: figure(group.p_value),
            })
            .collect(),
        times: found
            .times
            .iter()
            .map(|time| RefusalTimeDocument {
                from_s: time.from.as_secs_f64(),
                until_s: time.until.as_secs_f64(),
                declined: (&time.inside).into(),
            })
            .collect(),
    }
}
