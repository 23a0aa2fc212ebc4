//! Whether two runs can be compared: what differs between them must be the shop, and nothing else.

use serde_json::Value;

use super::Side;
use crate::plan::Plan;
use crate::verdict::facts::{Completion, RunFacts};

/// So many differences between two scenarios are listed.
const SHOWN: usize = 6;
/// A value is shown in so many letters.
const LETTERS: usize = 40;

/// In which ways two runs are not alike, in words; empty if they are. What is not stored of a scenario (rows of data,
/// secrets that were given on the command line) can't be compared.
pub fn unlike(base: &Side<'_>, candidate: &Side<'_>) -> Vec<String> {
    let mut reasons = Vec::new();
    let (b, c) = (base.facts, candidate.facts);
    if b.run_id == c.run_id && b.target == c.target && b.started_at == c.started_at && !b.run_id.is_empty() {
        reasons.push("both are the same run".to_owned());
    }
    reasons.extend(flaws("the base", b));
    reasons.extend(flaws("the candidate", c));
    reasons.extend(unlike_scenarios((base.plan, &b.workload_digest), (candidate.plan, &c.workload_digest)));
    reasons
}

/// What keeps a run from being compared with any other.
pub fn flaws(name: &str, facts: &RunFacts) -> Vec<String> {
    let cut = match facts.completion {
        Completion::Complete => None,
        Completion::Interrupted => Some(format!("{name} was cut short")),
        Completion::Aborted => Some(format!("{name} was stopped, since an objective was certainly broken")),
        Completion::Killed => Some(format!("{name} was killed before its end")),
        Completion::Running => Some(format!("{name} still runs")),
    };
    let slices: Vec<String> = facts.missing_slices.iter().map(ToString::to_string).collect();
    let missing = (!slices.is_empty()).then(|| format!("{name} lacks a part of its shoppers: slices {}", slices.join(", ")));
    cut.into_iter().chain(missing).collect()
}

/// What differs between two scenarios, as stored runs know them, with the digests that they had.
pub fn unlike_scenarios((base, base_digest): (&Plan, &str), (candidate, candidate_digest): (&Plan, &str)) -> Vec<String> {
    if base_digest == candidate_digest {
        return Vec::new();
    }
    let value = |plan: &Plan| serde_json::to_value(plan).unwrap_or_default();
    let mut found = Vec::new();
    differences(&value(base), &value(candidate), "", &mut found);
    let named = |(place, b, c): &(String, String, String)| format!("{}: {b} in the base, {c} in the candidate", readable(base, place));
    let mut shown: Vec<String> = found.iter().take(SHOWN).map(named).collect();
    shown.extend((found.len() > SHOWN).then(|| format!("{} more differences between the scenarios", found.len() - SHOWN)));
    shown
}

/// (place, base, candidate) of all that differs.
fn differences(base: &Value, candidate: &Value, place: &str, found: &mut Vec<(String, String, String)>) {
    let inside = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    match (base, candidate) {
        (Value::Object(b), Value::Object(c)) => {
            let names = b.keys().chain(c.keys().filter(|name| !b.contains_key(*name)));
            for name in names {
                differences(b.get(name).unwrap_or(&Value::Null), c.get(name).unwrap_or(&Value::Null), &inside(name), found);
            }
        }
        (Value::Array(b), Value::Array(c)) if b.len() == c.len() => {
            b.iter().zip(c).enumerate().for_each(|(i, (b, c))| differences(b, c, &format!("{place}[{i}]"), found));
        }
        (Value::Array(b), Value::Array(c)) => found.push((place.to_owned(), b.len().to_string(), c.len().to_string())),
        (b, c) if b == c => {}
        (b, c) => found.push((place.to_owned(), short(b), short(c))),
    }
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let short: String = text.chars().take(LETTERS).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

/// A place as people find it: with the step's name instead of its number.
fn readable(plan: &Plan, place: &str) -> String {
    let step = place.strip_prefix("steps[").and_then(|rest| rest.split_once(']'));
    let named = step.and_then(|(number, rest)| Some((number.parse::<u16>().ok()?, rest)));
    match named.filter(|(number, _)| usize::from(*number) < plan.steps.len()) {
        Some((number, rest)) => format!("step {}{}", plan.step_label(crate::base::StepId(number)), rest.replacen('.', ": ", 1)),
        None => place.to_owned(),
    }
}
