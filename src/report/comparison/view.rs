//! What a comparison says, ready to print in the formats of a report.

use super::{tables, words};
use crate::report::view::View;
use crate::verdict::compare::{Comparison, Side};

/// The comparison without its layout.
pub fn comparison_view(base: &Side<'_>, candidate: &Side<'_>, found: &Comparison) -> View {
    let tables = [
        tables::shoppers(found),
        tables::failures(found),
        tables::times(found),
        tables::places(found),
    ];
    View::cautious(
        words::caution(found),
        View {
            title: words::title(base, candidate),
            subtitle: words::subtitle(base, candidate),
            verdict: found.verdict,
            word: found.verdict.key().to_uppercase(),
            reason: words::reason(found),
            caution: None,
            headline: words::found(found),
            answers: Vec::new(),
            tables: tables.into_iter().filter(|table| !table.rows.is_empty()).collect(),
            generator: words::generators(base, candidate),
            notes: words::notes(found),
        },
    )
}

/// Each difference in a line, in the order of the comparisons.
pub fn difference_texts(found: &Comparison) -> Vec<String> {
    words::differences(found)
}
