//! Options of a run whose metrics go to other programs.

use clap::Args;
use url::Url;

/// Where the metrics of a run go while it goes on.
#[derive(Clone, Debug, Default, Args)]
pub struct MetricsArgs {
    /// Send metrics, and spans of failing journeys, to this OpenTelemetry collector, by OTLP over HTTP. The standard OTEL_ variables work as well
    #[arg(long, env = "TILLRUSH_OTLP", value_name = "URL", value_hint = clap::ValueHint::Url)]
    pub otlp: Option<Url>,

    /// Send metrics to this Prometheus remote-write address, such as http://prometheus:9090/api/v1/write. Headers are taken from TILLRUSH_REMOTE_WRITE_HEADERS
    #[arg(long, env = "TILLRUSH_REMOTE_WRITE", value_name = "URL", value_hint = clap::ValueHint::Url)]
    pub remote_write: Option<Url>,
}
