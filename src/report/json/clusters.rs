//! The part of `run.json` that says what went wrong first.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::PlaceDocument;
use super::figures::figure;
use crate::plan::Plan;
use crate::verdict::Cluster;

/// Shoppers whose first failure was the same trouble. Each failing shopper is in exactly one cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterDocument {
    /// The step where it fell; with its journey before a slash where its name is not unique.
    pub step: String,
    /// The kind of failure.
    pub kind: String,
    /// The status of the answer; null if there was none.
    pub status: Option<u16>,
    /// What was said, without numbers and identities; null if too many different things were said.
    pub message: Option<String>,
    /// The same in words.
    pub what: String,
    /// Shoppers whose first failure it was.
    pub shoppers: u64,
    /// All failed attempts of these shoppers, at whatever step.
    pub failed_attempts: u64,
    /// Those of them who met two failed attempts or more.
    pub repeated: u64,
    /// Those of them whose journey ended with a failure.
    pub unserved: u64,
    /// How many of them are lost under the scenario's patience; null for a closed load.
    pub lost: Option<f64>,
    /// Where their second failures fell, the most frequent first.
    pub second_failed: Vec<PlaceDocument>,
    /// One of them; null if none was kept.
    pub example: Option<ClusterExampleDocument>,
}

/// A shopper to look at, redacted; the whole journey is in `failures.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterExampleDocument {
    /// The shopper's key, in hexadecimal.
    pub shopper: String,
    /// The text that the shop was sent as `x-shopper`.
    pub marker: String,
    /// When the failing exchange began, from the planned start.
    pub began_at_s: f64,
    /// How long it took.
    pub took_ms: f64,
    /// What was expected and what came.
    pub detail: String,
    /// Headers that name the exchange in the shop's logs and traces.
    pub ids: BTreeMap<String, String>,
    /// The request: line, headers, body cut at 4 KiB.
    pub request: Option<String>,
    /// The answer.
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
