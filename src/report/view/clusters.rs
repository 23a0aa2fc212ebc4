//! Failing shoppers by their first failure, as tables.

use super::blocks::{Fit, Table, Tone};
use super::format::{NOTHING, count, expected_count};
use crate::plan::Plan;
use crate::verdict::{Cluster, ClusterExample, Findings};

/// The most clusters shown; `run.json` has them all.
pub const SHOWN: usize = 8;
/// The most examples shown.
const EXAMPLES: usize = 3;

/// Failing shoppers by their first failure.
pub fn clusters(plan: &Plan, findings: &Findings) -> Table {
    let lost = findings.clusters.iter().any(|cluster| cluster.lost.is_some());
    let mut columns = vec![
        ("step", Fit::Name),
        ("failure", Fit::Prose),
        ("shoppers", Fit::Figure),
        ("repeated", Fit::Figure),
    ];
    columns.extend(lost.then_some(("lost", Fit::Figure)));
    columns.push(("second failure at", Fit::Name));
    let mut table =
        Table::new("Failing shoppers by failure (the one that repeats, or the first)", &columns);
    for cluster in findings.clusters.iter().take(SHOWN) {
        let tone = if cluster.repeated > 0 { Tone::Bad } else { Tone::Plain };
        let mut cells = vec![
            plan.step_label(cluster.step),
            cluster.what(),
            count(cluster.shoppers),
            count(cluster.repeated),
        ];
        cells.extend(lost.then(|| cluster.lost.map_or_else(|| NOTHING.to_owned(), expected_count)));
        cells.push(second_failure(plan, cluster));
        table.linked_row(cluster.example.as_ref().map(example_id), tone, cells);
    }
    let rest = findings.clusters.get(SHOWN..).unwrap_or_default();
    if !rest.is_empty() {
        let sum = |of: fn(&Cluster) -> u64| count(rest.iter().map(of).sum());
        let what = format!("{} more, in run.json", rest.len());
        let mut cells = vec![
            NOTHING.to_owned(),
            what,
            sum(|cluster| cluster.shoppers),
            sum(|cluster| cluster.repeated),
        ];
        cells.extend(
            lost.then(|| expected_count(rest.iter().filter_map(|cluster| cluster.lost).sum())),
        );
        cells.push(NOTHING.to_owned());
        table.row(Tone::Faint, cells);
    }
    table
}

/// A failing exchange of each of the largest clusters, with the ids that find it in the shop's logs and traces.
pub fn examples(plan: &Plan, findings: &Findings) -> Table {
    let columns = [
        ("step", Fit::Name),
        ("failure", Fit::Prose),
        ("at", Fit::Figure),
        ("search for", Fit::Prose),
    ];
    let mut table = Table::new(
        "Examples to look up in the shop's logs (full journeys in failures.jsonl)",
        &columns,
    );
    for cluster in findings.clusters.iter().take(EXAMPLES) {
        let Some(example) = &cluster.example else { continue };
        let ids = example.ids.iter().map(|(name, value)| format!("{name} {value}"));
        let search_for: Vec<String> =
            std::iter::once(format!("x-shopper {}", example.line.marker)).chain(ids).collect();
        let at = format!("{:.3}s", example.exchange.began_at.as_secs_f64());
        table.linked_row(
            Some(example_id(example)),
            Tone::Faint,
            [plan.step_label(cluster.step), cluster.what(), at, search_for.join(", ")],
        );
    }
    table
}

/// What a page calls the place of an example.
fn example_id(example: &ClusterExample) -> String {
    format!("example-{}", example.line.marker)
}

/// The step where the second failures of the cluster's shoppers fell.
fn second_failure(plan: &Plan, cluster: &Cluster) -> String {
    match cluster.then.as_slice() {
        [] => NOTHING.to_owned(),
        [(step, _)] if *step == cluster.step => "same step".to_owned(),
        [(step, _)] => plan.step_label(*step),
        [(step, most), ..] if *step == cluster.step => format!("same step ({})", count(*most)),
        [(step, most), ..] => format!("{} ({})", plan.step_label(*step), count(*most)),
    }
}
