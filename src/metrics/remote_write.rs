//! Prometheus remote write 1.0 (<https://prometheus.io/docs/specs/prw/remote_write_spec/>): protobuf in a raw block of snappy.

use prost::Message;

use super::exemplars;
use super::resource::MetricsResource;
use super::run_metrics::{RunMetrics, SeriesKey, SeriesValue};
use super::span_histogram::SpanHistogram;

/// What is posted for one state. Histograms go apart: a receiver without native histograms still takes the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteRequests {
    /// Counts and levels.
    pub samples: Vec<u8>,
    /// Native histograms, with exemplars.
    pub histograms: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    pub(super) timeseries: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    pub(super) labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<WriteSample>,
    #[prost(message, repeated, tag = "3")]
    exemplars: Vec<WriteExemplar>,
    #[prost(message, repeated, tag = "4")]
    pub(super) histograms: Vec<Histogram>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Label {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) value: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct WriteSample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    timestamp_ms: i64,
}

#[derive(Clone, PartialEq, Message)]
struct WriteExemplar {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(double, tag = "2")]
    value: f64,
    #[prost(int64, tag = "3")]
    timestamp_ms: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Histogram {
    #[prost(uint64, tag = "1")]
    pub(super) count: u64,
    #[prost(double, tag = "3")]
    sum: f64,
    #[prost(sint32, tag = "4")]
    schema: i32,
    #[prost(double, tag = "5")]
    zero_threshold: f64,
    #[prost(uint64, tag = "6")]
    pub(super) zero_count: u64,
    #[prost(message, repeated, tag = "11")]
    pub(super) positive_spans: Vec<BucketSpan>,
    #[prost(sint64, repeated, tag = "12")]
    pub(super) positive_deltas: Vec<i64>,
    #[prost(int64, tag = "15")]
    timestamp_ms: i64,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct BucketSpan {
    #[prost(sint32, tag = "1")]
    pub(super) offset: i32,
    #[prost(uint32, tag = "2")]
    pub(super) length: u32,
}

/// The state at `now`, in microseconds since 1970-01-01T00:00:00Z.
///
/// # Errors
/// When it can't be compressed: it is longer than 4 GiB.
pub fn write_requests(
    metrics: &RunMetrics,
    resource: &MetricsResource,
    now_unix_us: u64,
) -> Result<WriteRequests, snap::Error> {
    let (samples, histograms) = series(metrics, resource, now_unix_us);
    let pack = |timeseries: Vec<TimeSeries>| {
        snap::raw::Encoder::new().compress_vec(&WriteRequest { timeseries }.encode_to_vec())
    };
    Ok(WriteRequests { samples: pack(samples)?, histograms: pack(histograms)? })
}

/// Series of samples, and of histograms.
pub(super) fn series(
    metrics: &RunMetrics,
    resource: &MetricsResource,
    now_unix_us: u64,
) -> (Vec<TimeSeries>, Vec<TimeSeries>) {
    let timestamp_ms = milliseconds(now_unix_us);
    let own = resource.labels();
    let sample = |value| vec![WriteSample { value, timestamp_ms }];
    let (mut samples, mut histograms) =
        (vec![target_info(resource, &own, timestamp_ms)], Vec::new());
    for (key, value) in metrics.series() {
        let labels = labels(key, &own);
        let empty = TimeSeries { labels, ..TimeSeries::default() };
        match value {
            SeriesValue::Count(count) | SeriesValue::Level(count) => {
                samples.push(TimeSeries { samples: sample(*count as f64), ..empty });
            }
            SeriesValue::Seconds(seconds) => {
                samples.push(TimeSeries { samples: sample(*seconds), ..empty });
            }
            SeriesValue::Spans(spans) => histograms.push(TimeSeries {
                histograms: vec![native(spans, timestamp_ms)],
                exemplars: metrics.exemplar(key).map(example).into_iter().collect(),
                ..empty
            }),
        }
    }
    (samples, histograms)
}

/// What the labels of all series leave out, once.
fn target_info(
    resource: &MetricsResource,
    own: &[(String, String)],
    timestamp_ms: i64,
) -> TimeSeries {
    let more = resource.more.iter().map(|(name, value)| (label_name(name), value.clone()));
    let name = ("__name__".to_owned(), "target_info".to_owned());
    let version = ("service_version".to_owned(), resource.version.clone());
    let labels = sort_labels([name, version].into_iter().chain(more).chain(own.iter().cloned()));
    TimeSeries {
        labels,
        samples: vec![WriteSample { value: 1.0, timestamp_ms }],
        ..TimeSeries::default()
    }
}

fn labels(key: &SeriesKey, own: &[(String, String)]) -> Vec<Label> {
    let name = ("__name__".to_owned(), key.instrument.prometheus_name());
    let labels = key.labels.iter().filter(|(_, value)| !value.is_empty());
    let labels = labels.map(|(name, value)| (label_name(name), value.to_string()));
    sort_labels([name].into_iter().chain(labels).chain(own.iter().cloned()))
}

/// Sorted by name, the last of a name kept.
fn sort_labels(labels: impl Iterator<Item = (String, String)>) -> Vec<Label> {
    let labels: std::collections::BTreeMap<_, _> = labels.collect();
    labels.into_iter().map(|(name, value)| Label { name, value }).collect()
}

/// A name as Prometheus allows it.
pub(super) fn label_name(name: &str) -> String {
    let allowed = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    let name: String = name.chars().map(|sign| if allowed(sign) { sign } else { '_' }).collect();
    let needs_start = name.chars().next().is_none_or(|first| first.is_ascii_digit());
    if needs_start { format!("key_{name}") } else { name }
}

fn native(spans: &SpanHistogram, timestamp_ms: i64) -> Histogram {
    let (mut positive_spans, mut positive_deltas) = (Vec::<BucketSpan>::new(), Vec::new());
    let (mut next, mut last) = (0, 0i64);
    for (index, count) in &spans.buckets {
        // Prometheus names a bucket by its upper bound, OpenTelemetry by its lower one.
        let index = index + 1;
        match positive_spans.last_mut() {
            Some(span) if index == next => span.length += 1,
            Some(_) | None => positive_spans.push(BucketSpan { offset: index - next, length: 1 }),
        }
        next = index + 1;
        let count = i64::try_from(*count).unwrap_or(i64::MAX);
        positive_deltas.push(count - last);
        last = count;
    }
    Histogram {
        count: spans.count,
        sum: spans.sum_seconds(),
        schema: SpanHistogram::SCALE,
        zero_threshold: 1e-9,
        zero_count: spans.zero,
        positive_spans,
        positive_deltas,
        timestamp_ms,
    }
}

fn example(exemplar: &exemplars::Exemplar) -> WriteExemplar {
    let label = |name: &str, value: String| Label { name: name.to_owned(), value };
    WriteExemplar {
        labels: vec![
            label("span_id", format!("{:016x}", exemplar.trace.span)),
            label("trace_id", format!("{:032x}", exemplar.trace.trace)),
        ],
        value: exemplar.seconds,
        timestamp_ms: milliseconds(exemplar.at_unix_us),
    }
}

fn milliseconds(unix_us: u64) -> i64 {
    i64::try_from(unix_us / 1_000).unwrap_or(i64::MAX)
}
