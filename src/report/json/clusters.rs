//! The part of `run.json` that says what went wrong first.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::PlaceDocument;
use super::figures::figure;
use crate::plan::Plan;
use crate::verdict::Cluster;

/// Shoppers with the same first failure. Each failing shopper is in exactly one cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterDocument {
    /// Step of the first failure, with its journey before a slash if its name is not unique.
    pub step: String,
    /// Kind of failure.
    pub kind: String,
    /// Status of the response; null without one.
    pub status: Option<u16>,
    /// Error message without numbers and ids; null if there were too many different ones.
    pub message: Option<String>,
    /// The failure in words.
    pub what: String,
    /// Shoppers with this first failure.
    pub shoppers: u64,
    /// All failed attempts of these shoppers, at any step.
    pub failed_attempts: u64,
    /// Shoppers with two failed attempts or more.
    pub repeated: u64,
    /// Shoppers whose journey ended with a failure.
    pub unserved: u64,
    /// Lost shoppers under the scenario's abandonment model; null for a closed load.
    pub lost: Option<f64>,
    /// Steps of their second failures, the most frequent first.
    pub second_failed: Vec<PlaceDocument>,
    /// An example; null if none was kept.
    pub example: Option<ClusterExampleDocument>,
}

/// An example shopper, redacted. The whole journey is in `failures.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterExampleDocument {
    /// The shopper's key, in hexadecimal.
    pub shopper: String,
    /// Marker that was sent to the shop as `x-shopper`.
    pub marker: String,
    /// When the failing exchange began, from the planned start.
    pub began_at_s: f64,
    /// Duration of the exchange.
    pub took_ms: f64,
    /// What was expected and what was received.
    pub detail: String,
    /// Headers that identify the exchange in the shop's logs and traces.
    pub ids: BTreeMap<String, String>,
    /// The request: line, headers, body cut at 4 KiB.
    pub request: Option<String>,
    /// The response.
    pub response: Option<String>,
}

pub(super) fn cluster(plan: &Plan, found: &Cluster) -> ClusterDocument {
    let places = found.then.iter().map(|(step, shoppers)| PlaceDocument {
        step: plan.step_label(*step),
        shoppers: *shoppers,
    });
    let example = found.example.as_ref().map(|example| ClusterExampleDocument {
        shopper: example.line.shopper.to_string(),
        marker: example.line.marker.clone(),
        began_at_s: example.exchange.began_at.as_secs_f64(),
        took_ms: example.exchange.took.as_millis_f64(),
        detail: example.exchange.detail.clone(),
        ids: example.ids.iter().cloned().collect(),
        request: example.exchange.request.clone(),
        response: example.exchange.response.clone(),
    });
    ClusterDocument {
        step: plan.step_label(found.step),
        kind: found.kind.key().to_owned(),
        status: found.status,
        message: found.message.as_deref().map(str::to_owned),
        what: found.what(),
        shoppers: found.shoppers,
        failed_attempts: found.failed_attempts,
        repeated: found.repeated,
        unserved: found.unserved,
        lost: found.lost.map(figure),
        second_failed: places.collect(),
        example,
    }
}
