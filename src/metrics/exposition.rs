//! The page that Prometheus scrapes, in its text format. It has classic histograms: the text has no others.

use std::fmt::Write;

use super::instrument::{Instrument, InstrumentKind};
use super::remote_write::label_name;
use super::resource::MetricsResource;
use super::run_metrics::{RunMetrics, SeriesKey, SeriesValue};
use super::span_histogram::SpanHistogram;

/// The state as text (version 0.0.4). `job` and `instance` are the scraper's to give.
pub fn write_exposition(metrics: &RunMetrics, resource: &MetricsResource) -> String {
    let own: Vec<(String, String)> = resource
        .labels()
        .into_iter()
        .filter(|(name, _)| name != "job" && name != "instance")
        .collect();
    let (mut text, mut last) = (String::new(), None);
    for (key, value) in metrics.series() {
        let name = key.instrument.prometheus_name();
        if last != Some(key.instrument) {
            last = Some(key.instrument);
            write_head(&mut text, key.instrument, &name);
        }
        let labels = labels_of(key, &own);
        match value {
            SeriesValue::Count(count) | SeriesValue::Level(count) => {
                write_line(&mut text, &name, &labels, &count.to_string());
            }
            SeriesValue::Seconds(seconds) => {
                write_line(&mut text, &name, &labels, &seconds.to_string());
            }
            SeriesValue::Spans(spans) => write_classic(&mut text, &name, &labels, spans),
        }
    }
    text
}

fn write_head(text: &mut String, instrument: Instrument, name: &str) {
    let kind = match instrument.kind() {
        InstrumentKind::Counter => "counter",
        InstrumentKind::Gauge => "gauge",
        InstrumentKind::Histogram => "histogram",
    };
    // A String takes all that is written.
    let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} {kind}", instrument.description());
}

fn write_line(text: &mut String, name: &str, labels: &str, value: &str) {
    let _ = writeln!(text, "{name}{{{labels}}} {value}");
}

fn write_classic(text: &mut String, name: &str, labels: &str, spans: &SpanHistogram) {
    for (bound, count) in SpanHistogram::BOUNDS.iter().zip(spans.at_most) {
        let bound = bound.0 as f64 / 1e6;
        let labels = format!("{labels},le=\"{bound}\"");
        write_line(text, &format!("{name}_bucket"), &labels, &count.to_string());
    }
    let labels_of_all = format!("{labels},le=\"+Inf\"");
    write_line(text, &format!("{name}_bucket"), &labels_of_all, &spans.count.to_string());
    write_line(text, &format!("{name}_sum"), labels, &spans.sum_seconds().to_string());
    write_line(text, &format!("{name}_count"), labels, &spans.count.to_string());
}

fn labels_of(key: &SeriesKey, own: &[(String, String)]) -> String {
    let labels = key.labels.iter().filter(|(_, value)| !value.is_empty());
    let labels = labels.map(|(name, value)| (label_name(name), value.to_string()));
    let all: Vec<String> = labels
        .chain(own.iter().cloned())
        .map(|(name, value)| format!("{name}=\"{}\"", escape(&value)))
        .collect();
    all.join(",")
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
