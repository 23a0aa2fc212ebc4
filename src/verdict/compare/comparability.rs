//! Whether two runs can be compared: what differs between them must be the shop, and nothing else.

use super::run::ComparedRun;
use super::scenario_diff::{ScenarioSource, differences};
use crate::base::count_of;
use crate::verdict::facts::{Completion, RunFacts};

/// The most differences between two scenarios that are listed.
const MAX_SHOWN: usize = 6;

/// In which ways two runs are not alike, in words; empty if they are. What is not stored of a scenario (rows of data,
/// secrets that were given on the command line) can't be compared.
pub fn incomparable(base: &ComparedRun<'_>, candidate: &ComparedRun<'_>) -> Vec<String> {
    let mut reasons = Vec::new();
    let (b, c) = (base.facts, candidate.facts);
    if b.run_id == c.run_id
        && b.target == c.target
        && b.started_at == c.started_at
        && !b.run_id.is_empty()
    {
        reasons.push("both are the same run".to_owned());
    }
    reasons.extend(defects("the base", b));
    reasons.extend(defects("the candidate", c));
    reasons.extend(scenario_differences(
        (base.scenario, &b.workload_digest),
        (candidate.scenario, &c.workload_digest),
    ));
    reasons
}

/// What keeps a run from being compared with any other.
pub fn defects(name: &str, facts: &RunFacts) -> Vec<String> {
    let cut = match facts.completion {
        Completion::Complete => None,
        Completion::Interrupted => Some(format!("{name} was cut short")),
        Completion::Aborted => {
            Some(format!("{name} was stopped, since an objective was certainly violated"))
        }
        Completion::Killed => Some(format!("{name} was killed before its end")),
        Completion::Running => Some(format!("{name} still runs")),
        Completion::Damaged => Some(format!("a part of {name} is damaged and left out")),
    };
    let slices: Vec<String> = facts.missing_slices.iter().map(ToString::to_string).collect();
    let missing = (!slices.is_empty())
        .then(|| format!("{name} lacks a part of its shoppers: slices {}", slices.join(", ")));
    cut.into_iter().chain(missing).collect()
}

/// What differs between the scenarios of two runs with these workload digests; empty if the digests are equal.
pub fn scenario_differences(
    (base, base_digest): (ScenarioSource<'_>, &str),
    (candidate, candidate_digest): (ScenarioSource<'_>, &str),
) -> Vec<String> {
    if base_digest == candidate_digest {
        return Vec::new();
    }
    let mut found = differences(base, candidate);
    let more = found.len().saturating_sub(MAX_SHOWN);
    found.truncate(MAX_SHOWN);
    found.extend(
        (more > 0).then(|| count_of(more as u64, "more difference") + " between the scenarios"),
    );
    found
}
