//! Examples of failing journeys as an export of spans.

use prost::Message;

use super::messages::{ExportSpans, OtlpSpan, OtlpStatus, ResourceSpans, ScopeSpans};
use super::metrics::{attribute, resource_of, scope};
use crate::metrics::exemplars::ExchangeSpan;
use crate::metrics::resource::MetricsResource;

/// Who asks, and waits for the answer.
const CLIENT: i32 = 3;
const ERROR: i32 = 2;

/// These spans as the body of `/v1/traces`.
pub fn encode_spans(spans: &[ExchangeSpan], resource: &MetricsResource) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans {
        scope: Some(scope(resource)),
        spans: spans.iter().map(encode).collect(),
    }];
    let resource = Some(resource_of(resource));
    ExportSpans { resource_spans: vec![ResourceSpans { resource, scope_spans }] }.encode_to_vec()
}

fn encode(span: &ExchangeSpan) -> OtlpSpan {
    let mut attributes: Vec<_> =
        span.attributes.iter().map(|(name, value)| attribute(name, value)).collect();
    attributes.extend(span.error.map(|error| attribute("error.type", error)));
    let status = span.error.map(|error| OtlpStatus { message: error.to_owned(), code: ERROR });
    OtlpSpan {
        trace_id: span.trace.trace.to_be_bytes().to_vec(),
        span_id: span.trace.span.to_be_bytes().to_vec(),
        name: span.name.clone(),
        kind: CLIENT,
        start_time_unix_nano: span.began_unix_ns,
        end_time_unix_nano: span.ended_unix_ns,
        attributes,
        status,
    }
}
