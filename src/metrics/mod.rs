//! A run as other programs' dashboards take it: metrics, exemplars and spans, as OpenTelemetry (OTLP), Prometheus remote write and a
//! page to scrape have them.
//!
//! What is sent is the state since the start, added up from the same deltas as the run's tally. So a lost message costs nothing, and
//! the last one has the counts of the report. The number of series follows from the scenario: no shopper, order or address is a label.

mod exemplars;
mod exposition;
mod instrument;
mod labels;
mod otlp;
mod remote_write;
mod resource;
mod run_metrics;
mod span_histogram;
#[cfg(test)]
mod tests;

pub use exemplars::{ExchangeSpan, Exemplar, exchange_spans};
pub use exposition::write_exposition;
pub use instrument::{Instrument, InstrumentKind};
pub use otlp::{PartialRejection, encode_metrics, encode_spans, read_rejection};
pub use remote_write::{WriteRequests, write_requests};
pub use resource::MetricsResource;
pub use run_metrics::{RunMetrics, RunOutcome, SeriesKey, SeriesValue};
pub use span_histogram::SpanHistogram;
