//! Figures as `run.json` writes them, and what several of its parts are made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::Micros;
use crate::verdict::statistics::{Interval, Quantiles, Rate};

/// Quantiles in milliseconds; null where the sample is too small to bound one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpansDocument {
    /// The sample's size.
    pub count: u64,
    /// The median.
    pub p50: Option<f64>,
    /// 90 %.
    pub p90: Option<f64>,
    /// 95 %.
    pub p95: Option<f64>,
    /// 99 %.
    pub p99: Option<f64>,
    /// 99.9 %.
    pub p999: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
}

/// Events among trials. The rate and its interval are null without trials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RateDocument {
    /// Number of events.
    pub events: u64,
    /// Number of trials.
    pub total: u64,
    /// Events over trials.
    pub rate: Option<f64>,
    /// 95 % confidence interval of the rate.
    pub ci95: Option<[f64; 2]>,
    /// `blocks`: the interval accounts for bursts; `independent`: too few time blocks, so it may be too narrow.
    pub interval_basis: String,
}

/// An estimate with its interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstimateDocument {
    /// The estimate.
    pub value: f64,
    /// Its 95 % confidence interval.
    pub ci95: [f64; 2],
}

/// Shoppers at a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceDocument {
    /// The step; with its journey before a slash where its name is not unique.
    pub step: String,
    /// How many.
    pub shoppers: u64,
}

/// How an interval was come by.
pub(super) fn basis_of(by_blocks: bool) -> String {
    if by_blocks { "blocks" } else { "independent" }.to_owned()
}

/// Quantiles, as far as the sample carries them.
pub(super) fn spans(found: &Quantiles) -> SpansDocument {
    let of = |quantile: Option<crate::verdict::statistics::Quantile>| {
        quantile.map(|quantile| millis(quantile.value))
    };
    SpansDocument {
        count: found.count,
        p50: of(found.p50),
        p90: of(found.p90),
        p95: of(found.p95),
        p99: of(found.p99),
        p999: of(found.p999),
        max: found.max.map(millis),
    }
}

/// A span in milliseconds.
pub(super) fn millis(span: Micros) -> f64 {
    span.as_millis_f64()
}

/// An interval's ends.
pub(super) fn pair(interval: Interval) -> [f64; 2] {
    [figure(interval.low), figure(interval.high)]
}

/// Six significant figures: more would be noise, and differ in the last place from machine to machine.
pub(in crate::report) fn figure(x: f64) -> f64 {
    format!("{x:.5e}").parse().unwrap_or(x)
}

// === impl RateDocument ===

impl From<&Rate> for RateDocument {
    fn from(found: &Rate) -> RateDocument {
        RateDocument {
            events: found.events,
            total: found.trials,
            rate: found.value().map(figure),
            ci95: found.ci95().map(pair),
            interval_basis: basis_of(found.by_blocks),
        }
    }
}

// === impl EstimateDocument ===

impl From<(f64, Interval)> for EstimateDocument {
    fn from((value, ci95): (f64, Interval)) -> EstimateDocument {
        EstimateDocument { value: figure(value), ci95: pair(ci95) }
    }
}
