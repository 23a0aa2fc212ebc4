//! What the page says of the run itself.

use crate::base::plural;
use crate::report::json::RunDocument;

/// What it takes to run it again, and to tell it from other runs.
pub(super) fn about(run: &RunDocument) -> Vec<(&'static str, String)> {
    let load = &run.load;
    let tags: Vec<String> = run.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let machine = &run.machine;
    let attempts =
        load.max_attempts.map_or_else(|| "unlimited".to_owned(), |most| most.to_string());
    let facts = [
        ("Run", run.run_id.clone()),
        ("Started", run.started_at.clone()),
        ("Target", run.target.clone()),
        ("Seed", run.seed.to_string()),
        (
            "Load",
            format!(
                "{}, {} arrivals, connections {}",
                load.model,
                load.arrivals,
                load.connections.replace('_', " ")
            ),
        ),
        (
            "Shoppers",
            format!(
                "{} behaviour, abandonment model {}, at most {} per unit",
                load.behaviour,
                load.patience,
                plural(&attempts, "attempt")
            ),
        ),
        ("Slice", run.slice.clone()),
        ("Plan digest", run.plan_digest.clone()),
        ("Workload digest", run.workload_digest.clone()),
        ("Scenario SHA-256", run.scenario.sha256.clone()),
        ("Tags", tags.join(", ")),
        ("Version", run.tool_version.clone()),
        (
            "Machine",
            format!(
                "{} {}, {} processors, {} generator threads",
                machine.os, machine.arch, machine.cpus, machine.cores
            ),
        ),
        ("Completion", run.completion.clone()),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}
