//! Percentiles of each step, as a table.

use serde::Serialize;

use crate::base::Micros;
use crate::report::json::{RunDocument, SpansDocument};

#[derive(Serialize)]
pub(super) struct PercentilesPart {
    step: String,
    kind: &'static str,
    cells: Vec<(String, String, Option<f64>)>,
}

pub(super) fn percentiles(place: usize, step: &str, run: &RunDocument) -> [PercentilesPart; 2] {
    let of = |kind: &'static str, key: &str, spans: &SpansDocument| {
        let values = [
            ("p50", spans.p50),
            ("p90", spans.p90),
            ("p95", spans.p95),
            ("p99", spans.p99),
            ("p999", spans.p999),
            ("max", spans.max),
        ];
        let cell = |(name, value): (&str, Option<f64>)| {
            let shown = value.map_or_else(
                || "–".to_owned(),
                |ms| Micros((ms * 1_000.0).round() as u64).to_string(),
            );
            (format!("steps.{place}.{key}.{name}"), shown, value)
        };
        PercentilesPart { step: step.to_owned(), kind, cells: values.map(cell).to_vec() }
    };
    let found = &run.steps[place];
    [
        of("response", "response_ms", &found.response_ms),
        of("service", "service_ms", &found.service_ms),
    ]
}
