//! The tables of shoppers and steps.

use super::blocks::{Fit, Table, Tone};
use super::format::{NOTHING, count, expected_count, longest, percent, rate, span};
use crate::plan::{Behaviour, Plan};
use crate::tally::FunnelStage;
use crate::verdict::{Findings, StepFinding};

/// The funnel: shoppers who entered each unit, and how they left it.
pub fn funnel(plan: &Plan, findings: &Findings) -> Table {
    let several = findings.journeys.len() > 1;
    let still = |stage: &FunnelStage| {
        stage.entered.saturating_sub(stage.passed + stage.stopped + stage.cut_off)
    };
    let stages = || findings.journeys.iter().flat_map(|journey| &journey.funnel);
    let trying = stages().any(|(_, stage)| still(stage) > 0);
    let cut_off = stages().any(|(_, stage)| stage.cut_off > 0);
    let mut columns = vec![(if several { "journey / unit" } else { "unit" }, Fit::Name)];
    columns.extend([
        ("entered", Fit::Figure),
        ("first try", Fit::Figure),
        ("on retry", Fit::Figure),
    ]);
    columns.extend(trying.then_some(("in progress", Fit::Figure)));
    columns.extend(cut_off.then_some(("cut off", Fit::Figure)));
    columns.extend([("never passed", Fit::Figure), ("left by choice", Fit::Optional(1))]);
    let mut table = Table::new("Shopper outcomes by unit (funnel)", &columns);
    for journey in findings.journeys.iter().filter(|journey| journey.started > 0) {
        let ways = plan.ways_to(journey.journey);
        for ((unit, stage), way) in journey.funnel.iter().zip(&ways) {
            let name = &plan.unit(*unit).name;
            let name = if several {
                format!("{} / {name}", plan.journey(journey.journey).name)
            } else {
                name.clone()
            };
            // Branches of a choice follow the same units.
            let branches = ways.iter().filter(|other| *other == way).count();
            let name = if branches > 1 { format!("{name} (one of {branches})") } else { name };
            let tone = if stage.stopped > 0 { Tone::Bad } else { Tone::Plain };
            let mut numbers = vec![
                stage.entered,
                stage.passed_at_once,
                stage.passed.saturating_sub(stage.passed_at_once),
            ];
            numbers.extend(trying.then(|| still(stage)));
            numbers.extend(cut_off.then_some(stage.cut_off));
            numbers.extend([stage.stopped, stage.left]);
            table.row(
                tone,
                [name].into_iter().chain(numbers.into_iter().map(count)).collect::<Vec<_>>(),
            );
        }
    }
    table
}

/// Failure rates and response times of each step.
pub fn steps(plan: &Plan, findings: &Findings) -> Table {
    let declined = findings.steps.iter().any(|step| step.declined > 0);
    let service = findings.steps.iter().any(service_differs);
    let mut columns = vec![
        ("step", Fit::Name),
        ("attempts", Fit::Figure),
        ("failed", Fit::Figure),
        ("95 % CI", Fit::Figure),
    ];
    columns.extend(declined.then_some(("declined", Fit::Optional(3))));
    columns.extend([
        ("p50", Fit::Figure),
        ("p95", Fit::Figure),
        ("p99", Fit::Figure),
        ("max", Fit::Optional(1)),
    ]);
    columns.extend(service.then_some(("service time p50", Fit::Optional(2))));
    let mut table = Table::new("Steps (response times of successful attempts)", &columns);
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

/// Failures by step and kind.
pub fn kinds(plan: &Plan, findings: &Findings) -> Table {
    let mut table = Table::new(
        "Failures by kind",
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
        ("share", Fit::Figure),
        ("bought", Fit::Figure),
    ];
    let lost = findings.loss.as_ref().map(|loss| match loss.behaviour {
        Behaviour::Probe | Behaviour::Experiment => "lost (expected)",
        Behaviour::Live => "lost (observed)",
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
        cells.extend(lost.map(|_| expected_count(row.lost)));
        table.row(if failures >= 2 && row.shoppers > 0 { Tone::Bad } else { Tone::Plain }, cells);
    }
    table
}

/// Whether the medians of response and service time are apart by more than a tenth: connecting, lag or a queue.
fn service_differs(step: &StepFinding) -> bool {
    let (Some(response), Some(service)) = (step.response.p50, step.service.p50) else {
        return false;
    };
    response.value.since(service.value).0 * 10 > response.value.0
}
