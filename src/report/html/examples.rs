//! Examples of failing journeys, as the page shows them: few, and cut, since a page is looked at and `failures.jsonl` has the rest.

use serde::Serialize;

use crate::plan::Plan;
use crate::report::view::clusters;
use crate::report::view::format::count_of;
use crate::report::view::hotspots::{examples_id, group, places, value_label};
use crate::tally::{SampleLine, Samples};
use crate::verdict::{Findings, HotSpot, HotspotScope, trace_ids};

/// The most examples of a page.
const MOST: usize = 24;
/// The most examples of a hot spot.
const MOST_OF_SPOT: usize = 2;
/// The longest request or response, in characters.
const LONGEST: usize = 1_600;
/// The most exchanges of one journey.
const MOST_EXCHANGES: usize = 30;

/// Examples of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Examples {
    /// Where links find it.
    id: String,
    /// What they are examples of.
    pub(super) title: String,
    pub(super) journeys: Vec<Example>,
    /// Markers of journeys that are shown elsewhere.
    others: Vec<String>,
}

/// A failing journey.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Example {
    title: String,
    marker: String,
    /// Its journey, steps, values and failures: what the page is narrowed by.
    journey: String,
    steps: Vec<String>,
    values: Vec<String>,
    failures: Vec<String>,
    who: String,
    /// What finds it in the shop's logs and traces.
    marks: Vec<String>,
    exchanges: Vec<ExchangeView>,
    more: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct ExchangeView {
    at: String,
    step: String,
    attempt: u32,
    status: String,
    took: String,
    failed: String,
    detail: String,
    request: Option<String>,
    response: Option<String>,
}

/// Examples of each cause, then of each hot spot, then of what else failed; each journey once.
pub(super) fn examples(plan: &Plan, samples: &Samples, findings: &Findings) -> Vec<Examples> {
    let all: Vec<(String, &SampleLine)> = samples
        .strata
        .iter()
        .flat_map(|((step, kind), lines)| {
            let title = format!("{} at {}", kind.label(), plan.step_label(*step));
            lines.values().map(move |line| (title.clone(), &**line))
        })
        .collect();
    let mut shown: Vec<&SampleLine> = Vec::new();
    let mut found = Vec::new();
    for cluster in findings.clusters.iter().take(clusters::SHOWN) {
        let Some(example) = &cluster.example else { continue };
        let step = plan.step_label(cluster.step);
        // A shopper may be the example of two causes.
        if !shown.contains(&&*example.line) {
            shown.push(&example.line);
            let title = format!("{step}: {}", cluster.what());
            found.push(Examples {
                id: format!("examples-of-cause-{}", found.len()),
                journeys: vec![Example::of(&title, &example.line)],
                title,
                others: Vec::new(),
            });
        }
    }
    for (place, spot) in findings.hotspots.iter().enumerate() {
        let of_spot: Vec<&(String, &SampleLine)> =
            all.iter().filter(|(_, line)| belongs(plan, spot, line)).collect();
        let (known, fresh): (Vec<_>, Vec<_>) =
            of_spot.into_iter().partition(|(_, line)| shown.contains(line));
        let room = MOST_OF_SPOT.min(MOST.saturating_sub(shown.len()));
        let fresh: Vec<_> = fresh.into_iter().take(room).collect();
        shown.extend(fresh.iter().map(|(_, line)| *line));
        found.push(Examples {
            id: examples_id(place),
            title: format!("{} at {}", group(spot), places(plan, spot)),
            journeys: fresh.iter().map(|(title, line)| Example::of(title, line)).collect(),
            others: known.iter().take(MOST_OF_SPOT).map(|(_, line)| line.marker.clone()).collect(),
        });
    }
    let room = MOST.saturating_sub(shown.len());
    let rest: Vec<&(String, &SampleLine)> =
        all.iter().filter(|(_, line)| !shown.contains(line)).take(room).collect();
    for kind in rest.chunk_by(|one, other| one.0 == other.0) {
        found.push(Examples {
            id: format!("examples-of-others-{}", found.len()),
            title: format!("Other: {}", kind[0].0),
            journeys: kind.iter().map(|(title, line)| Example::of(title, line)).collect(),
            others: Vec::new(),
        });
    }
    found
}

/// Whether a journey is one of those that a hot spot is about.
fn belongs(plan: &Plan, spot: &HotSpot, line: &SampleLine) -> bool {
    let holds = |(name, value): &(String, String)| {
        line.attributes.get(name).or_else(|| line.observed.get(name)) == Some(value)
    };
    let steps: Vec<&str> = spot.steps.iter().map(|step| plan.step(*step).name.as_str()).collect();
    let failed_there = || {
        let failed = |exchange: &&crate::tally::SampledExchange| {
            exchange.failure.is_some() && steps.contains(&exchange.step.as_str())
        };
        line.exchanges.iter().filter(failed).count() >= 2
    };
    spot.group.iter().all(holds) && (spot.scope == HotspotScope::Journey || failed_there())
}

// === impl Example ===

impl Example {
    fn of(title: &str, line: &SampleLine) -> Example {
        let known = || line.attributes.iter().chain(&line.observed);
        let failing = || line.exchanges.iter().filter(|exchange| exchange.failure.is_some());
        let who: Vec<String> = known().map(|(name, value)| format!("{name} {value}")).collect();
        let exchanges = line.exchanges.iter().take(MOST_EXCHANGES).map(|exchange| ExchangeView {
            at: format!("{:.1} s", exchange.began_at.as_secs_f64()),
            step: exchange.step.clone(),
            attempt: exchange.attempt,
            status: exchange
                .status
                .map_or_else(|| "no response".to_owned(), |status| status.to_string()),
            took: exchange.took.to_string(),
            failed: exchange.failure.map_or_else(String::new, |kind| kind.label().to_owned()),
            detail: exchange.detail.clone(),
            request: exchange.request.as_deref().map(cut),
            response: exchange.response.as_deref().map(cut),
        });
        Example {
            title: format!("{title}, journey {}", line.journey),
            marker: line.marker.clone(),
            journey: line.journey.clone(),
            steps: failing().map(|exchange| exchange.step.clone()).collect(),
            values: known().map(|(name, value)| value_label(name, value)).collect(),
            failures: failing()
                .filter_map(|exchange| exchange.failure)
                .map(|kind| kind.label().to_owned())
                .collect(),
            who: who.join(", "),
            marks: marks(line),
            exchanges: exchanges.collect(),
            more: line.exchanges.len().saturating_sub(MOST_EXCHANGES),
        }
    }
}

/// The shopper's marker, and the ids that its failing exchanges carry in their headers.
fn marks(line: &SampleLine) -> Vec<String> {
    let ids =
        line.exchanges.iter().flat_map(trace_ids).map(|(name, value)| format!("{name} {value}"));
    let mut marks: Vec<String> =
        std::iter::once(format!("x-shopper {}", line.marker)).chain(ids).collect();
    let mut seen = std::collections::BTreeSet::new();
    marks.retain(|mark| seen.insert(mark.clone()));
    marks
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((at, _)) => format!(
            "{}\n… {} in failures.jsonl",
            &text[..at],
            count_of((text.len() - at) as u64, "more byte")
        ),
    }
}
