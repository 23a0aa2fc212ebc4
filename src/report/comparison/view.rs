//! What a comparison says, ready to print in the formats of a report.

use super::{headline, tables};
use crate::report::view::View;
use crate::verdict::compare::{ComparedRun, Comparison};

/// The comparison without its layout.
pub fn comparison_view(
    base: &ComparedRun<'_>,
    candidate: &ComparedRun<'_>,
    found: &Comparison,
) -> View {
    let tables = [
        tables::shoppers(found),
        tables::failures(found),
        tables::times(found),
        tables::places(found),
        tables::funnels(base, candidate),
    ];
    View::under(
        headline::warning(found),
        View {
            title: headline::title(base, candidate),
            subtitle: headline::subtitle(base, candidate),
            verdict: found.verdict,
            word: found.verdict.key().to_uppercase(),
            reason: headline::reason(found),
            warning: None,
            headline: headline::statements(found),
            answers: Vec::new(),
            tables: tables.into_iter().filter(|table| !table.rows.is_empty()).collect(),
            generator: headline::generators(base, candidate),
            notes: headline::notes(found),
        },
    )
}

/// Each difference in a line, in the order of the comparisons.
pub fn difference_texts(found: &Comparison) -> Vec<String> {
    headline::differences(found)
}
