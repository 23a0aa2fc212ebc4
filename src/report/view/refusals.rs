//! What a working shop refused: how many, whose and when.

use super::blocks::{Fit, Statement, Table, Tone};
use super::format::{count, percent, rate};
use super::hotspots::value_label;
use super::incidents::clock;
use crate::plan::Plan;
use crate::verdict::{Findings, RefusalFinding, RefusalTime, RefusedGroup, RunFacts};

/// Groups and times beyond these are left to the table.
const LISTED: usize = 2;

/// Whether refusals concentrate in a group or a time: that of all is in the table of steps.
fn is_concentrated(found: &&RefusalFinding) -> bool {
    !(found.groups.is_empty() && found.times.is_empty())
}

/// Where refusals concentrate in a group or a time, in a sentence for each unit.
pub fn statements(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Vec<Statement> {
    let describe = |found: &RefusalFinding| {
        let whose = found.groups.iter().take(LISTED).map(|group| {
            let share = percent(group.inside.value().unwrap_or_default());
            format!("{share} of those with {}", value_label(&group.name, &group.value))
        });
        let when = found.times.iter().take(LISTED).map(|time| {
            let share = percent(time.inside.value().unwrap_or_default());
            format!("{share} from {}", span(facts, time))
        });
        let concentrated: Vec<String> = whose.chain(when).collect();
        let (share, _) = rate(&found.refused);
        let text = format!(
            "Declined by a working shop at {}: {share} of first attempts ({} of {}); {}.",
            plan.unit_label(found.unit),
            count(found.refused.events),
            count(found.refused.trials),
            concentrated.join(", "),
        );
        Statement::new(Tone::Plain, text)
    };
    findings.refusals.iter().filter(is_concentrated).map(describe).collect()
}

fn span(facts: &RunFacts, time: &RefusalTime) -> String {
    format!("{} to {}", clock(facts, time.from), clock(facts, time.until))
}

/// All refusals: those of everybody at a unit, then of groups and times that stand out.
pub fn table(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Table {
    let columns = [
        ("at", Fit::Name),
        ("who or when", Fit::Name),
        ("first attempts", Fit::Figure),
        ("declined", Fit::Figure),
        ("rate", Fit::Figure),
        ("95 % CI", Fit::Optional(1)),
        ("others' rate", Fit::Optional(2)),
    ];
    let mut table = Table::new("Declined by a working shop (no failures)", &columns);
    for found in findings.refusals.iter().filter(is_concentrated) {
        let mut row = |tone, who: String, inside: &crate::verdict::statistics::Rate, others| {
            let (share, ci95) = rate(inside);
            let numbers = [count(inside.trials), count(inside.events)];
            let [trials, events] = numbers;
            table
                .row(tone, [plan.unit_label(found.unit), who, trials, events, share, ci95, others]);
        };
        row(Tone::Plain, "everybody".to_owned(), &found.refused, String::new());
        for RefusedGroup { name, value, inside, outside, .. } in &found.groups {
            row(Tone::Plain, value_label(name, value), inside, rate(outside).0);
        }
        for time in &found.times {
            row(Tone::Plain, span(facts, time), &time.inside, String::new());
        }
    }
    table
}
