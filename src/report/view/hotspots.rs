//! Groups of shoppers with an elevated rate of repeated failures, in sentences and in a table.

use super::blocks::{Fit, Statement, Table, Tone};
use super::format::{
    NOTHING, count, count_of, expected_count, interval_of, q_value, range, rate, times,
};
use crate::plan::Plan;
use crate::verdict::statistics::Interval;
use crate::verdict::{Basis, Findings, HotSpot, SmallGroup};

/// Hot spots with sentences of their own; the table has all.
const WORST: usize = 3;

/// Groups too small to be judged beyond these are only counted.
const SMALL: usize = 5;

/// The costliest hot spots.
pub fn statements(plan: &Plan, findings: &Findings) -> Vec<Statement> {
    findings.hotspots.iter().take(WORST).map(|spot| statement(plan, findings, spot)).collect()
}

fn statement(plan: &Plan, findings: &Findings, spot: &HotSpot) -> Statement {
    let at =
        if spot.steps.is_empty() { String::new() } else { format!(" at {}", places(plan, spot)) };
    let (share, _) = rate(&spot.inside);
    let risk = match relative_risk_range(spot) {
        Some(range) => format!("{} (95 % CI {range})", times(spot.relative_risk)),
        None => format!("at least {}", times(spot.relative_risk)),
    };
    let of_all = 10_000.0 / findings.shoppers.ended.max(1) as f64;
    let per_10_000 = |(excess, ci95): (f64, Interval)| {
        let ci95 = Interval { low: of_all * ci95.low, high: of_all * ci95.high };
        format!("{} (95 % CI {})", expected_count(of_all * excess), range(ci95))
    };
    let cost = match spot.excess_lost {
        Some(lost) => format!("Excess loss per 10,000 shoppers: {}.", per_10_000(lost)),
        None => format!(
            "Excess repeated failures per 10,000 shoppers: {}.",
            per_10_000(spot.excess_repeated)
        ),
    };
    let confounding = match spot.basis {
        Basis::Assigned => "",
        Basis::Observed => {
            " The attribute is observed, not assigned: a correlated factor may be the cause."
        }
    };
    let text = format!(
        "Shoppers with {} fail repeatedly{at}: {share} ({} of {}), relative risk {risk} vs. everyone else. {cost}{confounding}",
        group(spot),
        count(spot.inside.events),
        count(spot.inside.trials),
    );
    Statement::new(Tone::Bad, text)
}

/// The groups that are too small to be judged, if there are any: `bank rare (3 shoppers, 3 with repeated failures)`.
pub fn too_small(findings: &Findings) -> Option<String> {
    let describe = |group: &SmallGroup| {
        let repeated = match (group.repeated, group.shoppers) {
            (_, 0) => String::new(),
            (0, _) => ", none with repeated failures".to_owned(),
            (some, _) => format!(", {} with repeated failures", count(some)),
        };
        let shoppers = count_of(group.shoppers, "shopper");
        format!("{} ({shoppers}{repeated})", value_label(&group.name, &group.value))
    };
    let groups = &findings.small_groups;
    let named: Vec<String> = groups.iter().take(SMALL).map(describe).collect();
    let more = groups.len().saturating_sub(SMALL);
    let more = if more > 0 {
        format!("; and {}", count_of(more as u64, "more group"))
    } else {
        String::new()
    };
    (!named.is_empty()).then(|| format!("{}{more}", named.join("; ")))
}

/// All hot spots.
pub fn table(plan: &Plan, findings: &Findings) -> Table {
    let lost = findings.loss.is_some();
    let columns = [
        ("shoppers with", Fit::Name),
        ("at", Fit::Name),
        ("repeated", Fit::Figure),
        ("rate", Fit::Figure),
        ("95 % CI", Fit::Optional(3)),
        ("others' rate", Fit::Optional(5)),
        ("95 % CI", Fit::Optional(6)),
        ("rel. risk", Fit::Figure),
        ("95 % CI", Fit::Optional(4)),
        (if lost { "excess lost" } else { "excess repeated" }, Fit::Figure),
        ("95 % CI", Fit::Optional(2)),
        ("q", Fit::Optional(1)),
    ];
    let mut table =
        Table::new("Groups with elevated repeated failures (vs. everyone else)", &columns);
    for (place, spot) in findings.hotspots.iter().enumerate() {
        let (inside, outside) = (rate(&spot.inside), rate(&spot.outside));
        let (excess, excess_ci95) = spot.excess_lost.unwrap_or(spot.excess_repeated);
        let cells = [
            group_with_basis(spot),
            places(plan, spot),
            count(spot.inside.events),
            inside.0,
            inside.1,
            outside.0,
            outside.1,
            if spot.relative_risk_is_lower_bound() {
                format!("≥ {}", times(spot.relative_risk))
            } else {
                times(spot.relative_risk)
            },
            relative_risk_range(spot).unwrap_or_else(|| NOTHING.to_owned()),
            expected_count(excess),
            range(excess_ci95),
            q_value(spot.q_value),
        ];
        table.linked_row(Some(examples_id(place)), Tone::Bad, cells);
    }
    table
}

/// What a page calls the place of the examples of a hot spot.
pub fn examples_id(place: usize) -> String {
    format!("examples-of-group-{place}")
}

/// The interval of the relative risk; none where only a lower bound is known.
fn relative_risk_range(spot: &HotSpot) -> Option<String> {
    (!spot.relative_risk_is_lower_bound()).then(|| interval_of(spot.relative_risk_ci95, times))
}

/// A hot spot's group: `payment wallet`; a value that begins with its name stands alone: `node-3`.
pub fn group(spot: &HotSpot) -> String {
    let values = spot.group.iter().map(|(name, value)| value_label(name, value));
    values.collect::<Vec<_>>().join(", ")
}

/// A value with the name that it is of, unless it says so itself: `payment wallet`, `node-3`.
pub fn value_label(name: &str, value: &str) -> String {
    if value.starts_with(name) { value.to_owned() } else { format!("{name} {value}") }
}

/// A hot spot's group, marked where its values were observed in responses and not assigned to shoppers.
pub fn group_with_basis(spot: &HotSpot) -> String {
    match spot.basis {
        Basis::Assigned => group(spot),
        Basis::Observed => format!("{} (observed)", group(spot)),
    }
}

/// A hot spot's steps: `cart, checkout`.
pub fn places(plan: &Plan, spot: &HotSpot) -> String {
    let steps: Vec<String> = spot.steps.iter().map(|step| plan.step_label(*step)).collect();
    if steps.is_empty() { "anywhere".to_owned() } else { steps.join(", ") }
}
