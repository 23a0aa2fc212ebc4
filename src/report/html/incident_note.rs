//! A note on an incident, in Markdown for the channel where it is dealt with: when, where, who, how many, what it costs, and
//! what finds it in the shop's logs and traces.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::base::Micros;
use crate::report::inputs::RunReport;
use crate::report::view::format::{count, expected_count, interval, percent, range, rate};
use crate::report::view::hotspots::{group, places};
use crate::report::view::incidents::clock;
use crate::tally::{SampleLine, SampledExchange};
use crate::verdict::{Incident, trace_ids};

/// The most examples that a note names.
const MOST_EXAMPLES: usize = 5;

/// A note, ready to be copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct IncidentNote {
    title: String,
    markdown: String,
}

/// A note on each incident, in order of time.
pub(super) fn incident_notes(input: &RunReport<'_>) -> Vec<IncidentNote> {
    input.findings.incidents.iter().map(|incident| note(input, incident)).collect()
}

fn note(input: &RunReport<'_>, incident: &Incident) -> IncidentNote {
    let RunReport { plan, facts, .. } = *input;
    let units = incident.unit.iter().chain(&incident.units).map(|unit| plan.unit_label(*unit));
    let units: Vec<String> = units.collect();
    let place = if units.is_empty() { "the whole shop".to_owned() } else { units.join(", ") };
    let (from, until) = (moment(input, incident.from), moment(input, incident.until));
    let end = if incident.to_the_end { " (still failing when the run ended)" } else { "" };
    let share = percent(incident.inside.value().unwrap_or_default());
    let ci95 = incident
        .inside
        .ci95()
        .map_or_else(String::new, |it| format!(" (95 % CI {})", interval(it)));
    // Logs are mostly in UTC, people in their own time.
    let on_the_clock = |at: Micros| {
        if facts.zone.offset_s == 0 {
            String::new()
        } else {
            format!(" ({} {})", clock(facts, at), facts.zone.label())
        }
    };
    let mut lines = vec![
        format!("### {}: {place} failed {share} of first attempts", plan.name),
        String::new(),
        format!(
            "- **From:** {from}{}, {} after the start",
            on_the_clock(incident.from),
            incident.from
        ),
        format!(
            "- **To:** {until}{}, {} after the start{end}",
            on_the_clock(incident.until),
            incident.until
        ),
        "- **Times:** when failing attempts began; their failures may be logged later".to_owned(),
        format!("- **Where:** {place}, {}", facts.target),
        format!(
            "- **Failed:** {} of {} first attempts, {share}{ci95}; {} at other times",
            count(incident.inside.events),
            count(incident.inside.trials),
            rate(&incident.outside).0
        ),
        format!("- **Who:** {}", who(input, incident)),
        format!("- **Failed again:** {} shoppers", count(incident.repeated)),
    ];
    lines.extend(incident.excess_lost.map(|(lost, ci95)| {
        format!(
            "- **Lost:** about {} shoppers above other times (95 % CI {})",
            expected_count(lost),
            range(ci95)
        )
    }));
    lines.extend(evidence(input, incident));
    lines.push(format!("- **Run:** {}, seed {}", facts.run_id, facts.seed));
    IncidentNote { title: format!("{place}, {from}"), markdown: lines.join("\n") }
}

/// The groups that fail repeatedly at the place of the incident.
fn who(input: &RunReport<'_>, incident: &Incident) -> String {
    let plan = input.plan;
    let there =
        |step: &crate::base::StepId| incident.unit.is_none_or(|it| plan.step(*step).unit == it);
    let groups: Vec<String> = input
        .findings
        .hotspots
        .iter()
        .filter(|spot| spot.steps.iter().any(there))
        .map(|spot| format!("{} at {}", group(spot), places(plan, spot)))
        .collect();
    if groups.is_empty() {
        "any shopper: no group stands out".to_owned()
    } else {
        groups.join("; ")
    }
}

/// What finds failing shoppers of the incident: markers, trace ids, and a query with both.
fn evidence(input: &RunReport<'_>, incident: &Incident) -> Vec<String> {
    let found = failing(input, incident);
    if found.is_empty() {
        return Vec::new();
    }
    let markers: Vec<&str> = found.iter().map(|(line, _)| &*line.marker).collect();
    let ids: BTreeSet<String> = found
        .iter()
        .flat_map(|(_, exchange)| trace_ids(exchange))
        .map(|(name, value)| format!("`{name}: {value}`"))
        .collect();
    let mut lines = vec![format!(
        "- **Shoppers (header `x-shopper`):** {}",
        markers.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
    )];
    if !ids.is_empty() {
        let ids: Vec<String> = ids.into_iter().collect();
        lines.push(format!("- **Trace ids:** {}", ids.join(", ")));
    }
    lines.push(format!(
        "- **Log query:** `@timestamp:[\"{}\" TO \"{}\"] AND ({})`",
        moment(input, incident.from),
        moment(input, incident.until),
        markers.iter().map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(" OR ")
    ));
    lines.push(format!("- **In files:** `grep -E '{}'`", markers.join("|")));
    lines
}

/// Sampled shoppers with a failure at the place and in the time of the incident, each with the first one.
fn failing<'a>(
    input: &RunReport<'a>,
    incident: &Incident,
) -> Vec<(&'a SampleLine, &'a SampledExchange)> {
    let plan = input.plan;
    let steps: Option<BTreeSet<&str>> =
        incident.unit.map(|unit| plan.steps_of(unit).map(|(_, step)| &*step.name).collect());
    let there = |exchange: &&SampledExchange| {
        exchange.failure.is_some()
            && (incident.from..=incident.until).contains(&exchange.began_at)
            && steps.as_ref().is_none_or(|steps| steps.contains(&*exchange.step))
    };
    let mut seen = BTreeSet::new();
    let lines = input.tally.samples.strata.values().flat_map(|lines| lines.values());
    lines
        .filter_map(|line| Some((&**line, line.exchanges.iter().find(there)?)))
        .filter(|(line, _)| seen.insert(line.marker.clone()))
        .take(MOST_EXAMPLES)
        .collect()
}

/// A moment of the run in RFC 3339.
fn moment(input: &RunReport<'_>, at: Micros) -> String {
    let start = input.facts.started_at;
    let span = SignedDuration::from_micros(i64::try_from(at.0).unwrap_or(i64::MAX));
    let at: Timestamp = start.checked_add(span).unwrap_or(start);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
