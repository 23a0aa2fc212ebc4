//! What happened when, why failures repeat, what they cost a season, and what the run could have seen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::{figure, pair};
use crate::plan::Plan;
use crate::report::view::incidents;
use crate::verdict::{
    Among, Detectable, Overload, Pressure, SeasonLoss, Sight, Source, TimeWindow,
};

/// Whether failures repeat because of the shopper or because of the moment: second attempts after a failed first one beside other
/// shoppers' first attempts at the same unit in the same block of time (Mantel and Haenszel).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceDocument {
    /// `shopper`: a card, a coupon, a node; `moment`: the shop was down; `shopper_and_moment`, `moment_and_shopper`: both, the weightier
    /// first; `chance`: not beyond chance; `always`: most attempts fail, anyone's and at any time; `too_few`: too few tried again to say.
    pub why: String,
    /// Second attempts with others' first attempts to compare with.
    pub compared: u64,
    /// Those of them that failed.
    pub compared_failed: u64,
    /// How many times as often they fail as the others' first attempts at the same time; null if none of these failed.
    pub risk_ratio: Option<f64>,
    /// Its interval.
    pub risk_ratio_ci95: Option<[f64; 2]>,
    /// Of the second attempts that would otherwise have succeeded at that time: the share that failed.
    pub own_stickiness: Option<f64>,
    /// How far beyond chance that is, in standard errors.
    pub surprise: f64,
    /// How long a block of time is: shorter moments are not told from the shoppers' own circumstances.
    pub block_s: f64,
    /// What to beware of in `why`; null if nothing.
    pub warning: Option<String>,
}

/// A time at which the shop failed more than at others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimeWindowDocument {
    /// The unit at which it did; null for all of them together.
    pub unit: Option<String>,
    /// From, since the planned start; as exact as `generator.block_s`.
    pub from_s: f64,
    /// Until.
    pub until_s: f64,
    /// Whether no attempt began later, so that the end of the trouble was not seen.
    pub to_the_end: bool,
    /// First attempts in it.
    pub first_attempts: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Their share.
    pub rate: f64,
    /// Its interval; a window of fewer than 30 blocks has too few to judge clustering by, and it may be too narrow.
    pub rate_ci95: [f64; 2],
    /// The share at all other times.
    pub rate_elsewhere: f64,
    /// Its interval.
    pub rate_elsewhere_ci95: [f64; 2],
    /// How likely such a time would be anywhere in the run without a cause.
    pub p_value: f64,
    /// Shoppers whose first failure fell into it and who met another one.
    pub repeated: u64,
    /// Lost shoppers beyond what the rest of the time would have cost; null for a closed load.
    pub excess_lost: Option<f64>,
    /// Its interval.
    pub excess_lost_ci95: Option<[f64; 2]>,
}

/// What a season like the run would lose under one patience.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeasonDocument {
    /// Shoppers of the season, as the scenario states them.
    pub shoppers: u64,
    /// Lost shoppers.
    pub lost: f64,
    /// Its interval.
    pub lost_ci95: [f64; 2],
    /// Order value of the lost shoppers, in the smallest unit of the currency; null if no order value is known.
    pub revenue_at_risk_minor: Option<f64>,
    /// Its interval.
    pub revenue_at_risk_minor_ci95: Option<[f64; 2]>,
}

/// What trying again did to the shop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PressureDocument {
    /// Attempts at units for each first attempt.
    pub retry_amplification: Option<f64>,
    /// The times at which the load rose beyond what the shop bore.
    pub overloads: Vec<OverloadDocument>,
}

/// A time at which the load rose beyond what the shop bore.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OverloadDocument {
    /// When it began to fail, since the planned start.
    pub from_s: f64,
    /// When it had recovered; null if the run ended first.
    pub until_s: Option<f64>,
    /// Shoppers arriving per second when it began to fail.
    pub onset_rate_per_s: f64,
    /// Shoppers arriving per second at the highest point meanwhile.
    pub peak_rate_per_s: f64,
    /// From the load being back at the onset's until it had recovered; if it never did, until the end: at least that.
    pub recovery_s: f64,
    /// The rate at which it failed first minus the one at which it served again; null if it never did.
    pub hysteresis_per_s: Option<f64>,
    /// Attempts for each first attempt meanwhile.
    pub retry_amplification: Option<f64>,
}

/// What a run of this size could have seen, with 80 % power at 5 % on one side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DetectableDocument {
    /// `shoppers`: all who ended; `buyers`: those who came to pay.
    pub among: String,
    /// How many they were.
    pub shoppers: u64,
    /// How many of them are worth one independent shopper.
    pub design_effect: f64,
    /// The failure rate that is ruled out where none fails.
    pub if_none_fails: f64,
    /// What would be seen beside usual failure rates, and beside this run's own.
    pub sights: Vec<SightDocument>,
}

/// What would be seen beside one failure rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SightDocument {
    /// The failure rate.
    pub base: f64,
    /// The smallest rate that is told from it; null if none is.
    pub seen_from: Option<f64>,
    /// The smallest rate to which it may rise from one such run to another and be seen; null if none is.
    pub change_from: Option<f64>,
    /// How many shoppers see it double.
    pub to_see_double: u64,
    /// How many of these are missing.
    pub more_shoppers: u64,
}

pub(super) fn source(found: &Source) -> SourceDocument {
    let ratio = found.strata.risk_ratio();
    SourceDocument {
        why: found.why.key().to_owned(),
        compared: found.strata.compared,
        compared_failed: found.strata.compared_failed,
        risk_ratio: ratio.map(|(ratio, _)| figure(ratio)),
        risk_ratio_ci95: ratio.map(|(_, ci95)| pair(ci95)),
        own_stickiness: found.strata.own_stickiness().map(figure),
        surprise: figure(found.strata.z_score()),
        block_s: found.block.as_secs_f64(),
        warning: incidents::warning(found),
    }
}

pub(super) fn window(plan: &Plan, found: &TimeWindow) -> TimeWindowDocument {
    TimeWindowDocument {
        unit: found.unit.map(|unit| plan.unit(unit).name.clone()),
        from_s: found.from.as_secs_f64(),
        until_s: found.until.as_secs_f64(),
        to_the_end: found.to_the_end,
        first_attempts: found.inside.trials,
        failed: found.inside.events,
        rate: found.inside.value().map_or(0.0, figure),
        rate_ci95: found.inside.ci95().map_or([0.0, 1.0], pair),
        rate_elsewhere: found.outside.value().map_or(0.0, figure),
        rate_elsewhere_ci95: found.outside.ci95().map_or([0.0, 1.0], pair),
        p_value: figure(found.p_value),
        repeated: found.repeated,
        excess_lost: found.excess_lost.map(|(lost, _)| figure(lost)),
        excess_lost_ci95: found.excess_lost.map(|(_, ci95)| pair(ci95)),
    }
}

pub(super) fn season(shoppers: u64, found: &SeasonLoss) -> SeasonDocument {
    SeasonDocument {
        shoppers,
        lost: figure(found.lost),
        lost_ci95: pair(found.ci95),
        revenue_at_risk_minor: found.worth.map(|(worth, _)| worth.round()),
        revenue_at_risk_minor_ci95: found
            .worth
            .map(|(_, ci95)| [ci95.low.round(), ci95.high.round()]),
    }
}

pub(super) fn pressure(found: &Pressure) -> PressureDocument {
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
        among: match found.among {
            Among::Shoppers => "shoppers",
            Among::Buyers => "buyers",
        }
        .to_owned(),
        shoppers: found.shoppers,
        design_effect: figure(found.design_effect),
        if_none_fails: figure(found.if_none_fails),
        sights: found.sights.iter().map(sight).collect(),
    }
}
