//! A shopper to look at for each cause, and what finds its request in the shop's logs.

use std::sync::Arc;

use crate::plan::Plan;
use crate::tally::{FailureSite, FirstFailure, SampleLine, SampledExchange, Samples};

/// A shopper to look at.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterExample {
    /// The journey.
    pub line: Arc<SampleLine>,
    /// The exchange that failed first.
    pub exchange: SampledExchange,
    /// What finds it in the shop's logs and traces: names and values of headers, the request's `traceparent` first.
    pub ids: Vec<(String, String)>,
}

/// Headers by which a shop, a balancer or a tracer names a request, in lower case.
const ID_HEADERS: [&str; 16] = [
    "traceparent",
    "traceresponse",
    "x-request-id",
    "request-id",
    "x-correlation-id",
    "x-trace-id",
    "x-b3-traceid",
    "uber-trace-id",
    "x-amzn-trace-id",
    "x-amzn-requestid",
    "x-amz-cf-id",
    "x-cloud-trace-context",
    "x-ms-request-id",
    "x-azure-ref",
    "x-vercel-id",
    "cf-ray",
];

/// The shopper kept for this very cause; for a place with too many messages, any shopper of the place.
pub(super) fn example(
    plan: &Plan,
    samples: &Samples,
    place: FailureSite,
    message: Option<&Arc<str>>,
) -> Option<ClusterExample> {
    let line = match message {
        Some(message) => samples
            .causes
            .get(&FirstFailure { site: place, message: Arc::clone(message) })?
            .values()
            .next()?,
        None => samples.of_site(place).next()?,
    };
    let exchange = failure_at(line, plan, place)?.clone();
    Some(ClusterExample { ids: ids(&exchange), exchange, line: Arc::clone(line) })
}

/// The failing exchange that the journey is an example for, in full if it was kept.
fn failure_at<'l>(
    line: &'l SampleLine,
    plan: &Plan,
    place: FailureSite,
) -> Option<&'l SampledExchange> {
    let step = &plan.step(place.step).name;
    let of_place = || {
        line.exchanges.iter().filter(|exchange| {
            exchange.step == *step
                && exchange.failure == Some(place.kind)
                && exchange.status == place.status
        })
    };
    of_place().find(|exchange| exchange.request.is_some()).or_else(|| of_place().next()).or_else(
        || {
            line.exchanges
                .iter()
                .find(|exchange| exchange.failure.is_some() || !exchange.detail.is_empty())
        },
    )
}

/// The headers of the exchange that name it elsewhere.
pub fn ids(exchange: &SampledExchange) -> Vec<(String, String)> {
    let headers = |message: &Option<String>| -> Vec<(String, String)> {
        let head =
            message.as_deref().unwrap_or_default().split("\r\n\r\n").next().unwrap_or_default();
        let pairs = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect()
    };
    let both: Vec<(String, String)> =
        headers(&exchange.request).into_iter().chain(headers(&exchange.response)).collect();
    let mut ids: Vec<(String, String)> = Vec::new();
    for name in ID_HEADERS {
        let found = both.iter().filter(|(known, value)| known == name && !value.is_empty());
        for pair in found {
            if !ids.contains(pair) {
                ids.push(pair.clone());
            }
        }
    }
    ids
}
