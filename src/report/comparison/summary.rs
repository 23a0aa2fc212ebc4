//! The comparison as a document for programs.

use serde_json::Value;

use super::document::{
    ChangedSpotDocument, ComparisonDocument, DifferenceDocument, PlacesDocument, RunReference,
    SCHEMA,
};
use super::headline;
use crate::plan::Plan;
use crate::report::json::{figure, hotspot};
use crate::verdict::Verdict;
use crate::verdict::compare::{ComparedRun, Comparison, Difference, HotspotChange};

/// The document as it is written, ending with a line break.
pub fn comparison_json(document: &ComparisonDocument) -> String {
    serde_json::to_string_pretty(document).expect("a document of numbers and text can be written")
        + "\n"
}

/// The JSON Schema of a comparison, as it is published.
pub fn comparison_schema() -> Value {
    let mut schema = schemars::schema_for!(ComparisonDocument).to_value();
    schema["properties"]["schema"]["const"] = SCHEMA.into();
    schema
}

/// A comparison for programs.
pub fn comparison_document(
    base: &ComparedRun<'_>,
    candidate: &ComparedRun<'_>,
    found: &Comparison,
) -> ComparisonDocument {
    ComparisonDocument {
        schema: SCHEMA.to_owned(),
        verdict: word(found.verdict).to_owned(),
        verdict_reason: headline::reason(found).text,
        headline: headline::headline(found),
        base: reference(base),
        candidate: reference(candidate),
        paired: found.duet,
        unlike: found.incomparable.clone(),
        primary: found.primary_key.clone(),
        margin: figure(found.margin),
        noise_runs: found.noise_runs.clone(),
        detectable_rise: found.detectable.map(figure),
        comparisons: found.differences.iter().map(difference).collect(),
        hotspots: PlacesDocument {
            new: found
                .hotspots
                .new
                .iter()
                .map(|spot| document_change(candidate.plan, spot))
                .collect(),
            vanished: found
                .hotspots
                .vanished
                .iter()
                .map(|spot| document_change(base.plan, spot))
                .collect(),
            stayed: found.hotspots.unchanged as u64,
        },
    }
}

/// A comparison's verdict as the document writes it.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail | Verdict::NotReconciled => "regression",
        Verdict::Pass => "no_regression",
        Verdict::Invalid => "invalid",
        Verdict::Inconclusive | Verdict::Interrupted => "inconclusive",
    }
}

fn reference(side: &ComparedRun<'_>) -> RunReference {
    let facts = side.facts;
    RunReference {
        run_id: facts.run_id.clone(),
        scenario: side.plan.name.clone(),
        target: facts.target.clone(),
        started_at: facts.started_at.to_string(),
        seed: facts.seed,
        tags: facts.tags.clone(),
        workload_digest: facts.workload_digest.clone(),
        shoppers: side.findings.shoppers.started,
        generator: side.findings.health.validity.key().to_owned(),
    }
}

fn difference(found: &Difference) -> DifferenceDocument {
    let (unit, scale) = if found.subject.is_time() { ("ms", 1e-3) } else { ("fraction", 1.0) };
    DifferenceDocument {
        name: found.key.clone(),
        primary: found.primary,
        unit: unit.to_owned(),
        base: figure(found.base.value * scale),
        candidate: figure(found.candidate.value * scale),
        base_at_least: found.base.at_least,
        candidate_at_least: found.candidate.at_least,
        base_sample: found.base.sample,
        candidate_sample: found.candidate.sample,
        change: figure(found.change),
        change_ci95: found.known_ci95().map(|ci95| [figure(ci95.low), figure(ci95.high)]),
        times: (found.base.value > 0.0).then(|| figure(found.candidate.value / found.base.value)),
        distance_ms: found.distance.map(|distance| figure(distance.as_millis_f64())),
        noise: figure(found.noise),
        margin: figure(found.margin),
        p_value: figure(found.p_value),
        p_corrected: figure(found.p_corrected),
        better: found.better,
        verdict: found.verdict.key().to_owned(),
        times_as_many_shoppers: found.times_needed.map(figure),
        interval_basis: if found.weak { "independent" } else { "blocks" }.to_owned(),
    }
}

fn document_change(plan: &Plan, spot: &HotspotChange) -> ChangedSpotDocument {
    ChangedSpotDocument {
        hotspot: hotspot(plan, &spot.spot),
        rate_in_other: spot.other.and_then(|rate| rate.value()).map(figure),
        sure: spot.sure,
    }
}
