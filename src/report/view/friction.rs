//! What a purchase takes, as a table.

use super::blocks::{Fit, Table, Tone};
use super::format::{NOTHING, count, span, span_range};
use crate::plan::Plan;
use crate::verdict::{BuyerEffort, Findings};

/// Whole, unless the journey branches.
fn fields(mean: f64) -> String {
    if mean.fract() == 0.0 { format!("{mean:.0}") } else { format!("{mean:.1}") }
}

/// Requests, data and time per purchase, by journey.
pub fn friction(plan: &Plan, findings: &Findings) -> Table {
    let columns = [
        ("journey", Fit::Name),
        ("bought", Fit::Figure),
        ("requests", Fit::Figure),
        ("round trips", Fit::Figure),
        ("KiB", Fit::Optional(1)),
        ("form fields", Fit::Figure),
        ("time p50", Fit::Figure),
        ("95 % CI", Fit::Optional(3)),
        ("p95", Fit::Figure),
        ("95 % CI", Fit::Optional(3)),
        ("without think time p50", Fit::Optional(2)),
        ("95 % CI", Fit::Optional(4)),
        ("p95", Fit::Optional(2)),
        ("95 % CI", Fit::Optional(4)),
    ];
    let mut table = Table::new(
        "Effort per purchase (requests to KiB: buyers without a failure; times: all buyers)",
        &columns,
    );
    for found in &findings.friction {
        let each = |figure: &dyn Fn(&BuyerEffort) -> String| {
            found.per_smooth_buyer.as_ref().map_or_else(|| NOTHING.to_owned(), figure)
        };
        table.row(
            Tone::Plain,
            [
                plan.journey(found.journey).name.clone(),
                count(found.buyers),
                each(&|each| format!("{:.1}", each.requests)),
                each(&|each| format!("{:.1}", each.round_trips)),
                each(&|each| format!("{:.1}", (each.bytes_sent + each.bytes_received) / 1_024.0)),
                fields(found.form_fields),
                span(found.time_to_buy.p50),
                span_range(found.time_to_buy.p50),
                span(found.time_to_buy.p95),
                span_range(found.time_to_buy.p95),
                span(found.busy_to_buy.p50),
                span_range(found.busy_to_buy.p50),
                span(found.busy_to_buy.p95),
                span_range(found.busy_to_buy.p95),
            ],
        );
    }
    table
}
