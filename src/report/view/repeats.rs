//! How often a retry fails as well, as a table.

use super::blocks::{Fit, Table, Tone};
use super::format::{NOTHING, count, interval, interval_of, percent, rate, times};
use crate::plan::Plan;
use crate::verdict::statistics::Interval;
use crate::verdict::{Findings, Stickiness};

/// How likely a retry fails after a first failure, overall and by unit; empty where nobody retried.
pub fn repeats(plan: &Plan, findings: &Findings) -> Table {
    let columns = [
        ("at", Fit::Name),
        ("retried", Fit::Figure),
        ("first fails", Fit::Figure),
        ("retry fails", Fit::Figure),
        ("95 % CI", Fit::Optional(3)),
        ("rel. risk", Fit::Figure),
        ("95 % CI", Fit::Optional(2)),
        ("stickiness", Fit::Figure),
        ("95 % CI", Fit::Optional(1)),
    ];
    let mut table = Table::new(
        "Retries after a failed attempt (stickiness: 0 = independent, 1 = permanent)",
        &columns,
    );
    let found = &findings.repeats;
    let units = || found.units.iter().filter(|unit| unit.stickiness.second.trials > 0);
    if units().count() > 1 {
        table.row(Tone::Bad, cells("anywhere".to_owned(), &found.pooled));
    }
    for unit in units() {
        table.row(Tone::Plain, cells(plan.unit_label(unit.unit), &unit.stickiness));
    }
    table
}

fn cells(name: String, found: &Stickiness) -> Vec<String> {
    let nothing = || NOTHING.to_owned();
    let of_second = |ci95: Interval| {
        if found.second.events == 0 {
            format!("≤ {}", percent(ci95.high))
        } else {
            interval(ci95)
        }
    };
    let two = |figure: f64| format!("{figure:.2}").replace('-', "−");
    vec![
        name,
        count(found.second.trials),
        found.p_first.map_or_else(nothing, percent),
        rate(&found.second).0,
        found.second_ci95().map_or_else(nothing, of_second),
        found.relative_risk.map_or_else(nothing, |(lift, _)| times(lift)),
        found.relative_risk.map_or_else(nothing, |(_, ci95)| interval_of(ci95, times)),
        found.rho.map_or_else(nothing, |(rho, _)| two(rho)),
        found.rho.map_or_else(nothing, |(_, ci95)| interval_of(ci95, two)),
    ]
}
