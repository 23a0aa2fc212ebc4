//! Figures with their intervals, drawn: objectives and losses.

use serde::Serialize;

use super::charts;
use super::parts::word;
use crate::base::plural;
use crate::report::json::{ObjectiveDocument, RunDocument};
use crate::report::view::format::expected_count;
use crate::report::view::{gate, loss};
use crate::verdict::{Findings, ObjectiveFinding};

/// A figure with its interval, drawn.
#[derive(Serialize)]
pub(super) struct StripPart {
    name: String,
    tone: &'static str,
    text: String,
    svg: String,
    figure: String,
    value: Option<f64>,
}

pub(super) fn losses(findings: &Findings, run: &RunDocument) -> Vec<StripPart> {
    let Some(found) = &findings.loss else { return Vec::new() };
    let most = found.by_patience.iter().map(|row| row.ci95.high).fold(0.0, f64::max) * 1.05;
    let rows = found
        .by_patience
        .iter()
        .zip(run.loss.iter().flat_map(|loss| &loss.by_patience))
        .enumerate();
    rows.map(|(place, (row, document))| {
        let (share, ci95) = loss::lost_share(row);
        let text = if row.lost > 0.0 {
            format!("{share} ({ci95}), {}", plural(&expected_count(row.lost), "shopper"))
        } else {
            format!("{share} ({ci95})")
        };
        StripPart {
            name: row.patience.clone(),
            tone: if place == 0 { "own" } else { "plain" },
            svg: charts::strip(
                "loss",
                Some(row.rate),
                Some((row.ci95.low, Some(row.ci95.high))),
                None,
                most,
                &text,
            ),
            text,
            figure: format!("loss.by_patience.{place}.lost_rate.value"),
            value: Some(document.lost_rate.value),
        }
    })
    .collect()
}

// === impl StripPart ===

impl StripPart {
    pub(super) fn objective(
        place: usize,
        found: &ObjectiveFinding,
        document: &ObjectiveDocument,
    ) -> StripPart {
        let interval = document.ci95.map(|[low, high]| (low.unwrap_or(0.0), high));
        let ends = [Some(document.limit), document.observed, interval.and_then(|(_, high)| high)];
        let most = ends.into_iter().flatten().fold(0.0, f64::max) * 1.15;
        let tone = word(gate::tone(found.verdict));
        let text = gate::sentence(found);
        StripPart {
            name: found.text.clone(),
            tone,
            svg: charts::strip(
                tone,
                document.observed,
                interval,
                Some(document.limit),
                most,
                &text,
            ),
            text,
            figure: format!("objectives.{place}.observed"),
            value: document.observed,
        }
    }
}
