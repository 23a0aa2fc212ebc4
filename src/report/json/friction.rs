//! The part of `run.json` that says what a shopper must do to buy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::SpansDocument;
use super::figures::{figure, spans};
use crate::base::Micros;
use crate::plan::Plan;
use crate::verdict::statistics::{Quantile, Quantiles};
use crate::verdict::{EachBuyer, FrictionFinding};

/// What it takes to buy, in a journey in which somebody bought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FrictionDocument {
    /// The journey.
    pub journey: String,
    /// Shoppers who bought.
    pub buyers: u64,
    /// What one of them did until the order, on average, trouble included.
    pub per_buyer: EachBuyerDocument,
    /// Those who met neither a failure nor a decline before.
    pub smooth_buyers: u64,
    /// What one of those did, on average: the journey itself. Null if there was nobody.
    pub per_smooth_buyer: Option<EachBuyerDocument>,
    /// Fields of forms and JSON bodies that are sent on the way to the order, hidden ones included; on average, where the journey
    /// branches.
    pub form_fields: f64,
    /// Intended arrival to the order.
    pub time_to_buy_ms: SpansDocument,
    /// Where its quantiles lie with 95 % confidence.
    pub time_to_buy_ci95_ms: SpanRangesDocument,
    /// The same without thinking, and without pausing before trying again.
    pub time_to_buy_without_thinking_ms: SpansDocument,
    /// Where its quantiles lie.
    pub time_to_buy_without_thinking_ci95_ms: SpanRangesDocument,
}

/// Intervals of quantiles in milliseconds; null where there is no quantile, an upper end where no value of the sample lies that high.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpanRangesDocument {
    /// Of the median.
    pub p50: Option<(f64, Option<f64>)>,
    /// Of the 95 % quantile.
    pub p95: Option<(f64, Option<f64>)>,
}

/// What one buyer did, on average.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EachBuyerDocument {
    /// Requests, redirects and polls included.
    pub requests: f64,
    /// Turns that had to be waited for, one after the other: TCP connects, TLS handshakes, requests.
    pub round_trips: f64,
    /// Bytes of the requests' bodies.
    pub bytes_sent: f64,
    /// Bytes of the answers' bodies, as they came (compressed).
    pub bytes_received: f64,
}

pub(super) fn friction(plan: &Plan, found: &FrictionFinding) -> FrictionDocument {
    let each = |each: &EachBuyer| EachBuyerDocument {
        requests: figure(each.requests),
        round_trips: figure(each.round_trips),
        bytes_sent: figure(each.bytes_sent),
        bytes_received: figure(each.bytes_received),
    };
    FrictionDocument {
        journey: plan.journey(found.journey).name.clone(),
        buyers: found.buyers,
        per_buyer: each(&found.per_buyer),
        smooth_buyers: found.smooth_buyers,
        per_smooth_buyer: found.per_smooth_buyer.as_ref().map(each),
        form_fields: figure(found.form_fields),
        time_to_buy_ms: spans(&found.time_to_buy),
        time_to_buy_ci95_ms: ranges(&found.time_to_buy),
        time_to_buy_without_thinking_ms: spans(&found.busy_to_buy),
        time_to_buy_without_thinking_ci95_ms: ranges(&found.busy_to_buy),
    }
}

fn ranges(found: &Quantiles) -> SpanRangesDocument {
    let range = |quantile: Quantile| {
        (quantile.low.as_millis_f64(), quantile.high.map(Micros::as_millis_f64))
    };
    SpanRangesDocument { p50: found.p50.map(range), p95: found.p95.map(range) }
}
