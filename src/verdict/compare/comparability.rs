//! Whether two runs can be compared: what differs between them must be the shop, and nothing else.

use super::run::ComparedRun;
use super::scenario_diff::{Places, in_words};
use crate::base::counted;
use crate::plan::Plan;
use crate::verdict::facts::{Completion, RunFacts};

/// So many differences between two scenarios are listed.
const SHOWN: usize = 6;
/// A value is shown in so many letters.
const LETTERS: usize = 80;

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
        (base.plan, &b.workload_digest),
        (candidate.plan, &c.workload_digest),
    ));
    reasons
}

/// What keeps a run from being compared with any other.
pub fn defects(name: &str, facts: &RunFacts) -> Vec<String> {
    let cut = match facts.completion {
        Completion::Complete => None,
        Completion::Interrupted => Some(format!("{name} was cut short")),
        Completion::Aborted => {
            Some(format!("{name} was stopped, since an objective was certainly broken"))
        }
        Completion::Killed => Some(format!("{name} was killed before its end")),
        Completion::Running => Some(format!("{name} still runs")),
    };
    let slices: Vec<String> = facts.missing_slices.iter().map(ToString::to_string).collect();
    let missing = (!slices.is_empty())
        .then(|| format!("{name} lacks a part of its shoppers: slices {}", slices.join(", ")));
    cut.into_iter().chain(missing).collect()
}

/// What differs between two scenarios, as stored runs know them, with the digests that they had.
pub fn scenario_differences(
    (base, base_digest): (&Plan, &str),
    (candidate, candidate_digest): (&Plan, &str),
) -> Vec<String> {
    if base_digest == candidate_digest {
        return Vec::new();
    }
    let (b, c) = (in_words(base), in_words(candidate));
    let mut found = differences(&b, &c);
    if found.is_empty() {
        found.push("the scenarios differ in a detail that has no words of its own".to_owned());
    }
    let more = found.len().saturating_sub(SHOWN);
    found.truncate(SHOWN);
    found.extend(
        (more > 0).then(|| counted(more as u64, "more difference") + " between the scenarios"),
    );
    found
}

/// What stands in one and not in the other, or otherwise: the base's places first.
fn differences(base: &Places, candidate: &Places) -> Vec<String> {
    // A step that only one of them has is told by its journey.
    let step = |place: &str| {
        place
            .split_once(": ")
            .map(|(subject, _)| subject.to_owned())
            .filter(|subject| subject.starts_with("step "))
    };
    let known = |other: &Places, place: &str| {
        step(place).is_none_or(|of| {
            other.iter().any(|(there, _)| step(there).as_deref() == Some(of.as_str()))
        })
    };
    let in_other = |other: &Places, place: &str| {
        other.iter().find(|(there, _)| there == place).map(|(_, value)| value.clone())
    };
    let told = |place: &str, b: Option<String>, c: Option<String>| {
        let shown =
            |value: Option<String>| value.map_or_else(|| "none".to_owned(), |value| short(&value));
        (b != c)
            .then(|| format!("{place}: {} in the base, {} in the candidate", shown(b), shown(c)))
    };
    let changed = base
        .iter()
        .filter(|(place, _)| known(candidate, place))
        .filter_map(|(place, value)| told(place, Some(value.clone()), in_other(candidate, place)));
    let added =
        candidate.iter().filter(|(place, _)| in_other(base, place).is_none() && known(base, place));
    changed
        .chain(added.filter_map(|(place, value)| told(place, None, Some(value.clone()))))
        .collect()
}

fn short(text: &str) -> String {
    let short: String = text.chars().take(LETTERS).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}
