//! The table of page assets: images, scripts and styles.

use super::blocks::{Fit, Table, Tone};
use super::format::{count, percent};
use crate::plan::Plan;
use crate::verdict::Findings;

/// The assets of each step's pages, where they are loaded.
pub(super) fn assets(plan: &Plan, findings: &Findings) -> Table {
    let mut table = Table::new(
        "Page assets",
        &[
            ("step", Fit::Name),
            ("per page", Fit::Figure),
            ("cached", Fit::Optional(1)),
            ("not modified", Fit::Optional(2)),
            ("missing", Fit::Figure),
            ("other hosts", Fit::Optional(3)),
            ("loaded p50", Fit::Figure),
            ("p95", Fit::Figure),
            ("reasons", Fit::Prose),
        ],
    );
    for step in &findings.steps {
        let Some(found) = &step.assets else { continue };
        let share = |n: u64| {
            if found.files == 0 { "–".to_owned() } else { percent(n as f64 / found.files as f64) }
        };
        let span = |quantile: Option<crate::verdict::statistics::Quantile>| {
            quantile.map_or_else(|| "–".to_owned(), |at| at.value.to_string())
        };
        let kinds: Vec<String> =
            found.kinds.iter().map(|(kind, n)| format!("{} {}", count(*n), kind.label())).collect();
        let cells = [
            plan.step_label(step.step),
            format!("{:.1}", found.files as f64 / found.pages.max(1) as f64),
            share(found.cached),
            share(found.not_modified),
            count(found.failures),
            count(found.elsewhere),
            span(found.load.p50),
            span(found.load.p95),
            kinds.join(", "),
        ];
        table.row(if found.failures > 0 { Tone::Doubtful } else { Tone::Plain }, cells);
    }
    table
}
