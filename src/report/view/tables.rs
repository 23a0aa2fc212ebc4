//! The tables of a report.

use super::blocks::{Fit, Table, Tone};
use super::format::{
    NOTHING, count, expected, interval, interval_of, longest, percent, percent_figure, range, rate,
    span, times,
};
use crate::plan::{Behaviour, Plan};
use crate::tally::FunnelStage;
use crate::verdict::{Basis, Findings, HotSpot, PatienceLoss, StepFinding};

/// The funnel as shoppers live it: who came to each unit, who got through and how, who didn't.
pub fn funnel(plan: &Plan, findings: &Findings) -> Table {
    let several = findings.journeys.len() > 1;
    let still = |stage: &FunnelStage| stage.entered.saturating_sub(stage.passed + stage.stopped);
    let trying = findings
        .journeys
        .iter()
        .flat_map(|journey| &journey.funnel)
        .any(|(_, stage)| still(stage) > 0);
    let mut columns = vec![(if several { "journey / unit" } else { "unit" }, Fit::Name)];
    columns.extend([
        ("came", Fit::Figure),
        ("at once", Fit::Figure),
        ("after retries", Fit::Figure),
    ]);
    columns.extend(trying.then_some(("still trying", Fit::Figure)));
    columns.extend([("never", Fit::Figure), ("then left", Fit::Optional(1))]);
    let mut table = Table::new("How far shoppers came, and how they got through", &columns);
    for journey in findings.journeys.iter().filter(|journey| journey.started > 0) {
        let ways = plan.ways_to(journey.journey);
        for ((unit, stage), way) in journey.funnel.iter().zip(&ways) {
            let name = &plan.unit(*unit).name;
            let name = if several {
                format!("{} / {name}", plan.journey(journey.journey).name)
            } else {
                name.clone()
            };
            // Branches of a choice are come to from the same units.
            let branches = ways.iter().filter(|other| *other == way).count();
            let name = if branches > 1 { format!("{name} (one of {branches})") } else { name };
            let tone = if stage.stopped > 0 { Tone::Bad } else { Tone::Plain };
            let mut numbers = vec![
                stage.entered,
                stage.passed_at_once,
                stage.passed.saturating_sub(stage.passed_at_once),
            ];
            numbers.extend(trying.then(|| still(stage)));
            numbers.extend([stage.stopped, stage.left]);
            table.row(
                tone,
                [name].into_iter().chain(numbers.into_iter().map(count)).collect::<Vec<_>>(),
            );
        }
    }
    table
}

/// Each step: how often it failed, and how long successes took.
pub fn steps(plan: &Plan, findings: &Findings) -> Table {
    let declined = findings.steps.iter().any(|step| step.declined > 0);
    let service = findings.steps.iter().any(service_differs);
    let mut columns = vec![
        ("step", Fit::Name),
        ("attempts", Fit::Figure),
        ("failed", Fit::Figure),
        ("95 % range", Fit::Figure),
    ];
    columns.extend(declined.then_some(("declined", Fit::Optional(3))));
    columns.extend([
        ("p50", Fit::Figure),
        ("p95", Fit::Figure),
        ("p99", Fit::Figure),
        ("max", Fit::Optional(1)),
    ]);
    columns.extend(service.then_some(("service p50", Fit::Optional(2))));
    let mut table = Table::new("Steps (response time of successes)", &columns);
    for step in findings.steps.iter().filter(|step| step.failed.trials > 0) {
        let (failed, ci95) = rate(&step.failed);
        let mut cells = vec![plan.step_label(step.step), count(step.failed.trials), failed, ci95];
        cells.extend(declined.then(|| count(step.declined)));
        cells.extend([
            span(step.response.p50),
            span(step.response.p95),
            span(step.response.p99),
            longest(step.response.max),
        ]);
        cells.extend(service.then(|| span(step.service.p50)));
        table.row(if step.failed.events > 0 { Tone::Bad } else { Tone::Plain }, cells);
    }
    table
}

/// What went wrong, step by step.
pub fn kinds(plan: &Plan, findings: &Findings) -> Table {
    let mut table = Table::new(
        "What went wrong",
        &[("step", Fit::Name), ("failures", Fit::Figure), ("kinds", Fit::Prose)],
    );
    for step in findings.steps.iter().filter(|step| step.failed.events > 0) {
        let kinds = step
            .kinds
            .iter()
            .map(|(kind, failures)| format!("{} {}", kind.label(), count(*failures)))
            .collect::<Vec<_>>()
            .join(", ");
        table.row(Tone::Plain, [plan.step_label(step.step), count(step.failed.events), kinds]);
    }
    table
}

/// Shoppers by number of failed attempts.
pub fn by_failures(findings: &Findings) -> Table {
    let mut columns = vec![
        ("failed attempts", Fit::Name),
        ("shoppers", Fit::Figure),
        ("of all", Fit::Figure),
        ("bought", Fit::Figure),
    ];
    let lost = findings.loss.as_ref().map(|loss| match loss.behaviour {
        Behaviour::Probe | Behaviour::Experiment => "lost (expected)",
        Behaviour::Live => "lost (seen)",
    });
    columns.extend(lost.map(|title| (title, Fit::Figure)));
    let mut table = Table::new("Shoppers by number of failed attempts", &columns);
    let shoppers = &findings.shoppers;
    for (failures, row) in shoppers.by_failures.iter().enumerate().filter(|_| shoppers.ended > 0) {
        let name = ["none", "1", "2", "3 or more"][failures];
        let share = if row.shoppers == 0 {
            NOTHING.to_owned()
        } else {
            percent(row.shoppers as f64 / shoppers.ended as f64)
        };
        let mut cells = vec![name.to_owned(), count(row.shoppers), share, count(row.purchased)];
        cells.extend(lost.map(|_| expected(row.lost)));
        table.row(if failures >= 2 && row.shoppers > 0 { Tone::Bad } else { Tone::Plain }, cells);
    }
    table
}

/// The loss under every patience, if there is any.
pub fn loss(findings: &Findings) -> Table {
    let worth =
        findings.loss.iter().flat_map(|loss| &loss.by_patience).any(|loss| loss.worth.is_some());
    let live = findings.loss.as_ref().is_some_and(|loss| loss.behaviour == Behaviour::Live);
    let mut columns = vec![
        ("patience", Fit::Name),
        ("lost", Fit::Figure),
        ("at least", Fit::Optional(3)),
        ("of all", Fit::Figure),
        ("95 % range", Fit::Figure),
        ("effective sample", Fit::Optional(4)),
    ];
    columns.extend(worth.then_some(("worth, minor units", Fit::Optional(1))));
    columns.extend(worth.then_some(("range of worth", Fit::Optional(2))));
    let mut table = Table::new(
        if live {
            "Shoppers lost"
        } else {
            "Shoppers lost, by how patient they are (this scenario's patience first)"
        },
        &columns,
    );
    let rows = findings.loss.iter().flat_map(|loss| &loss.by_patience);
    for (place, row) in rows.enumerate().filter(|(_, row)| row.lost > 0.0) {
        let (share, ci95) = lost_share(row);
        let mut cells = vec![
            row.patience.clone(),
            expected(row.lost),
            expected(row.lost_at_least),
            share,
            ci95,
            count(row.effective_sample as u64),
        ];
        if worth {
            cells.push(
                row.worth.map_or_else(|| NOTHING.to_owned(), |worth| expected(worth.minor_units)),
            );
            cells.push(row.worth.map_or_else(|| NOTHING.to_owned(), |worth| range(worth.ci95)));
        }
        table.row(if place == 0 { Tone::Plain } else { Tone::Faint }, cells);
    }
    table
}

/// Where repeated failures concentrate.
pub fn hotspots(plan: &Plan, findings: &Findings) -> Table {
    let lost = findings.loss.is_some();
    let columns = [
        ("shoppers with", Fit::Name),
        ("at", Fit::Name),
        ("repeated", Fit::Figure),
        ("rate", Fit::Figure),
        ("95 % range", Fit::Optional(3)),
        ("elsewhere", Fit::Optional(5)),
        ("95 % range", Fit::Optional(6)),
        ("lift", Fit::Figure),
        ("range of lift", Fit::Optional(4)),
        (if lost { "excess lost" } else { "excess repeated" }, Fit::Figure),
        ("range of excess", Fit::Optional(2)),
        ("q", Fit::Optional(1)),
    ];
    let mut table =
        Table::new("Where failures repeat (groups of shoppers, beside all others)", &columns);
    for spot in &findings.hotspots {
        let (inside, outside) = (rate(&spot.inside), rate(&spot.outside));
        let q =
            if spot.q_value < 0.001 { "<0.001".to_owned() } else { format!("{:.3}", spot.q_value) };
        let (excess, excess_ci95) = spot.excess_lost.unwrap_or(spot.excess_repeated);
        let cells = [
            who(spot),
            places(plan, spot),
            count(spot.inside.events),
            inside.0,
            inside.1,
            outside.0,
            outside.1,
            if spot.lift_is_least() {
                format!("≥ {}", times(spot.lift))
            } else {
                times(spot.lift)
            },
            lift_range(spot).unwrap_or_else(|| NOTHING.to_owned()),
            expected(excess),
            range(excess_ci95),
            q,
        ];
        table.row(Tone::Bad, cells);
    }
    table
}

/// Where the lift of a hot spot lies; none where it is only known what it is at least.
pub fn lift_range(spot: &HotSpot) -> Option<String> {
    (!spot.lift_is_least()).then(|| interval_of(spot.lift_ci95, times))
}

/// A hot spot's group: `payment wallet`; a value that says what it is stands alone: `node-3`.
pub fn group(spot: &HotSpot) -> String {
    let named = |(name, value): &(String, String)| {
        if value.starts_with(name.as_str()) { value.clone() } else { format!("{name} {value}") }
    };
    spot.group.iter().map(named).collect::<Vec<_>>().join(", ")
}

/// A hot spot's group, and whether its values were only seen in answers, not dealt to the shoppers.
pub fn who(spot: &HotSpot) -> String {
    match spot.basis {
        Basis::Assigned => group(spot),
        Basis::Observed => format!("{} (seen)", group(spot)),
    }
}

/// A hot spot's steps: `cart, checkout`.
pub fn places(plan: &Plan, spot: &HotSpot) -> String {
    let steps: Vec<String> = spot.steps.iter().map(|step| plan.step_label(*step)).collect();
    if steps.is_empty() { "anywhere".to_owned() } else { steps.join(", ") }
}

/// The share of all shoppers that is lost, with its interval.
pub fn lost_share(loss: &PatienceLoss) -> (String, String) {
    if loss.lost > 0.0 {
        (percent(loss.rate), interval(loss.ci95))
    } else {
        ("none".to_owned(), format!("≤ {} %", percent_figure(loss.ci95.high)))
    }
}

/// Whether the medians of response and service time are apart by more than a tenth: connecting, lag or a queue.
fn service_differs(step: &StepFinding) -> bool {
    let (Some(response), Some(service)) = (step.response.p50, step.service.p50) else {
        return false;
    };
    response.value.since(service.value).0 * 10 > response.value.0
}
