//! The state of a run as an export of metrics, all cumulative.

use prost::Message;

use super::messages::{
    AnyValue, Buckets, ExponentialHistogram, ExponentialHistogramDataPoint, ExportAnswer,
    ExportMetrics, Gauge, KeyValue, NumberDataPoint, OtlpExemplar, OtlpMetric, OtlpScope, Resource,
    ResourceMetrics, ScopeMetrics, Sum, any_value, metric, number_data_point,
};
use crate::metrics::exemplars;
use crate::metrics::instrument::{Instrument, InstrumentKind};
use crate::metrics::labels::Labels;
use crate::metrics::resource::MetricsResource;
use crate::metrics::run_metrics::{RunMetrics, SeriesKey, SeriesValue};
use crate::metrics::span_histogram::SpanHistogram;

/// Since the start: a message that is lost is made up for by the next.
const CUMULATIVE: i32 = 2;

/// What a receiver took, but not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialRejection {
    /// Data points or spans that it did not take.
    pub rejected: u64,
    /// Why, in its words.
    pub reason: String,
}

/// The state at `now`, in microseconds since 1970-01-01T00:00:00Z, as the body of `/v1/metrics`.
pub fn encode_metrics(
    metrics: &RunMetrics,
    resource: &MetricsResource,
    now_unix_us: u64,
) -> Vec<u8> {
    let times = (resource.started_unix_us.saturating_mul(1_000), now_unix_us.saturating_mul(1_000));
    let mut families: Vec<OtlpMetric> = Vec::new();
    for (key, value) in metrics.series() {
        let name = key.instrument.name();
        if families.last().is_none_or(|last| last.name != name) {
            families.push(empty_family(key.instrument));
        }
        if let Some(data) = families.last_mut().and_then(|family| family.data.as_mut()) {
            add_point(data, (key, value), metrics.exemplar(key), times);
        }
    }
    let scope_metrics = vec![ScopeMetrics { scope: Some(scope(resource)), metrics: families }];
    let resource = Some(resource_of(resource));
    ExportMetrics { resource_metrics: vec![ResourceMetrics { resource, scope_metrics }] }
        .encode_to_vec()
}

/// What the receiver did not take of what it answered 200 to.
pub fn read_rejection(answer: &[u8]) -> Option<PartialRejection> {
    let partial = ExportAnswer::decode(answer).ok()?.partial_success?;
    let rejected = u64::try_from(partial.rejected).unwrap_or(0);
    (rejected > 0).then_some(PartialRejection { rejected, reason: partial.error_message })
}

pub(super) fn scope(resource: &MetricsResource) -> OtlpScope {
    OtlpScope { name: "tillrush".to_owned(), version: resource.version.clone() }
}

pub(super) fn resource_of(resource: &MetricsResource) -> Resource {
    let attributes = resource.attributes();
    Resource { attributes: attributes.iter().map(|(name, value)| attribute(name, value)).collect() }
}

/// An attribute. The conventions have ports and statuses as numbers.
pub(super) fn attribute(name: &str, value: &str) -> KeyValue {
    let is_number =
        matches!(name, "server.port" | "http.response.status_code" | "tillrush.attempt");
    let number = is_number.then(|| value.parse().ok()).flatten();
    let value = match number {
        Some(number) => any_value::AttributeValue::Int(number),
        None => any_value::AttributeValue::String(value.to_owned()),
    };
    KeyValue { key: name.to_owned(), value: Some(AnyValue { value: Some(value) }) }
}

fn attributes(labels: &Labels) -> Vec<KeyValue> {
    labels.iter().map(|(name, value)| attribute(name, value)).collect()
}

fn empty_family(instrument: Instrument) -> OtlpMetric {
    let data = match instrument.kind() {
        InstrumentKind::Counter => metric::Data::Sum(Sum {
            data_points: Vec::new(),
            aggregation_temporality: CUMULATIVE,
            is_monotonic: true,
        }),
        InstrumentKind::Gauge => metric::Data::Gauge(Gauge::default()),
        InstrumentKind::Histogram => metric::Data::ExponentialHistogram(ExponentialHistogram {
            data_points: Vec::new(),
            aggregation_temporality: CUMULATIVE,
        }),
    };
    OtlpMetric {
        name: instrument.name().to_owned(),
        description: instrument.description().to_owned(),
        unit: instrument.unit().to_owned(),
        data: Some(data),
    }
}

fn add_point(
    data: &mut metric::Data,
    (key, value): (&SeriesKey, &SeriesValue),
    exemplar: Option<&exemplars::Exemplar>,
    times: (u64, u64),
) {
    let number = match value {
        SeriesValue::Count(count) | SeriesValue::Level(count) => {
            number_data_point::Number::AsInt(i64::try_from(*count).unwrap_or(i64::MAX))
        }
        SeriesValue::Seconds(seconds) => number_data_point::Number::AsDouble(*seconds),
        SeriesValue::Spans(spans) => {
            if let metric::Data::ExponentialHistogram(family) = data {
                family.data_points.push(distribution(key, spans, exemplar, times));
            }
            return;
        }
    };
    let point = NumberDataPoint {
        attributes: attributes(&key.labels),
        start_time_unix_nano: times.0,
        time_unix_nano: times.1,
        value: Some(number),
    };
    match data {
        metric::Data::Gauge(family) => family.data_points.push(point),
        metric::Data::Sum(family) => family.data_points.push(point),
        metric::Data::ExponentialHistogram(_) => {}
    }
}

fn distribution(
    key: &SeriesKey,
    spans: &SpanHistogram,
    exemplar: Option<&exemplars::Exemplar>,
    times: (u64, u64),
) -> ExponentialHistogramDataPoint {
    let ends = spans.buckets.keys().next().zip(spans.buckets.keys().next_back());
    let positive = ends.map(|(first, last)| Buckets {
        offset: *first,
        bucket_counts: (*first..=*last)
            .map(|index| spans.buckets.get(&index).copied().unwrap_or(0))
            .collect(),
    });
    ExponentialHistogramDataPoint {
        attributes: attributes(&key.labels),
        start_time_unix_nano: times.0,
        time_unix_nano: times.1,
        count: spans.count,
        sum: Some(spans.sum_seconds()),
        scale: SpanHistogram::SCALE,
        zero_count: spans.zero,
        positive,
        exemplars: exemplar.map(example).into_iter().collect(),
    }
}

fn example(exemplar: &exemplars::Exemplar) -> OtlpExemplar {
    OtlpExemplar {
        time_unix_nano: exemplar.at_unix_us.saturating_mul(1_000),
        as_double: exemplar.seconds,
        span_id: exemplar.trace.span.to_be_bytes().to_vec(),
        trace_id: exemplar.trace.trace.to_be_bytes().to_vec(),
    }
}
