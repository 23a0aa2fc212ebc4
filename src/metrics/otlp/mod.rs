//! OpenTelemetry's protocol, as protobuf: metrics and spans.

mod messages;
mod metrics;
mod spans;

#[cfg(test)]
pub(super) use messages::{ExportMetrics, metric, number_data_point};
pub use metrics::{PartialRejection, encode_metrics, read_rejection};
pub use spans::encode_spans;
