//! The part of `run.json` that says what a shopper must do to buy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::SpansDocument;
use super::figures::{figure, spans};
use crate::base::Micros;
use crate::plan::Plan;
use crate::verdict::statistics::{Quantile, Quantiles};
use crate::verdict::{BuyerEffort, FrictionFinding};

/// Effort per purchase in a journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FrictionDocument {
    /// The journey.
    pub journey: String,
    /// Shoppers who bought.
    pub buyers: u64,
    /// Mean per buyer until the order, with failures.
    pub per_buyer: EachBuyerDocument,
    /// Buyers without a failed or declined attempt.
    pub smooth_buyers: u64,
    /// Mean per such buyer; null without one.
    pub per_smooth_buyer: Option<EachBuyerDocument>,
    /// Fields of forms and JSON bodies sent until the order, with hidden ones; the mean if the journey branches.
    pub form_fields: f64,
    /// Intended arrival until the order.
    pub time_to_buy_ms: SpansDocument,
    /// 95 % confidence intervals of its quantiles.
    pub time_to_buy_ci95_ms: SpanRangesDocument,
    /// The same without think time and retry pauses.
    pub time_to_buy_without_thinking_ms: SpansDocument,
    /// 95 % confidence intervals of its quantiles.
    pub time_to_buy_without_thinking_ci95_ms: SpanRangesDocument,
}

/// 95 % confidence intervals of quantiles in milliseconds. An upper end is null if the sample does not bound it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpanRangesDocument {
    /// Of the median.
    pub p50: Option<(f64, Option<f64>)>,
    /// Of the 95 % quantile.
    pub p95: Option<(f64, Option<f64>)>,
}

/// Mean per buyer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EachBuyerDocument {
    /// Requests, redirects and polls included.
    pub requests: f64,
    /// Sequential round trips: TCP connects, TLS handshakes, requests.
    pub round_trips: f64,
    /// Bytes of request bodies.
    pub bytes_sent: f64,
    /// Bytes of response bodies, compressed.
    pub bytes_received: f64,
}

pub(super) fn friction(plan: &Plan, found: &FrictionFinding) -> FrictionDocument {
    let each = |each: &BuyerEffort| EachBuyerDocument {
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
