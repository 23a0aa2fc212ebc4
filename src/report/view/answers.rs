//! What a reader of a report asks first, and the answers in a few words each.

use super::format::{NOTHING, count, interval, percent, rate};
use super::moments;
use super::page::Tone;
use super::tables::{group, lost_share, places};
use super::words;
use crate::plan::{Behaviour, Plan};
use crate::verdict::{Findings, RunFacts, Soundness, Verdict};

/// More names than this are counted, not told.
const NAMED: usize = 3;

/// A question and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The question.
    pub question: &'static str,
    /// How the answer should strike the reader.
    pub tone: Tone,
    /// The answer in a word or a figure.
    pub answer: String,
    /// What it rests on.
    pub detail: String,
    /// The figure of `run.json` that the answer is, by path, where it is one.
    pub figure: Option<(&'static str, f64)>,
}

/// The questions in the order in which they are asked.
pub fn answers(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Vec<Answer> {
    vec![passed(facts, findings), place(plan, findings), since(plan, facts, findings), who(findings), lost(findings), trust(findings)]
}

fn answer(question: &'static str, tone: Tone, answer: impl Into<String>, detail: impl Into<String>) -> Answer {
    Answer { question, tone, answer: answer.into(), detail: detail.into(), figure: None }
}

fn passed(facts: &RunFacts, findings: &Findings) -> Answer {
    let reason = words::reason(facts, findings);
    let word = match findings.verdict {
        Verdict::Pass => "Passed",
        Verdict::Fail => "Failed",
        Verdict::Inconclusive => "Not decided",
        Verdict::Invalid => "Invalid run",
        Verdict::Interrupted => "Cut short",
    };
    answer("Did it pass?", reason.tone, word, reason.text)
}

fn place(plan: &Plan, findings: &Findings) -> Answer {
    const QUESTION: &str = "Where do shoppers fail twice?";
    let repeated = &findings.shoppers.repeated;
    let (share, ci95) = rate(repeated);
    if repeated.events == 0 {
        return answer(
            QUESTION,
            if repeated.of > 0 { Tone::Good } else { Tone::Doubtful },
            "Nowhere",
            format!("none of {} shoppers, {ci95}", count(repeated.of)),
        );
    }
    let begun: Vec<String> = findings.repeats.repeated_from.iter().map(|(step, _)| plan.step_label(*step)).collect();
    let spots: Vec<String> = findings.hotspots.iter().map(|spot| places(plan, spot)).collect();
    let detail = format!("{share} of shoppers met two failures or more ({} of {}, {ci95})", count(repeated.events), count(repeated.of));
    let figure = repeated.value().map(|value| ("shoppers.repeated_failures_rate", value));
    Answer { figure, ..answer(QUESTION, Tone::Bad, named(if spots.is_empty() { begun } else { spots }), detail) }
}

fn since(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Answer {
    const QUESTION: &str = "Since when?";
    if findings.shoppers.repeated.events == 0 {
        return answer(QUESTION, Tone::Plain, NOTHING, "nobody failed twice");
    }
    match moments::worst(plan, facts, findings) {
        Some((span, what)) => answer(QUESTION, Tone::Bad, span, what),
        None => answer(QUESTION, Tone::Plain, "Throughout", "at no time did the shop fail more than at others, beyond chance"),
    }
}

fn who(findings: &Findings) -> Answer {
    const QUESTION: &str = "Who?";
    match findings.hotspots.first() {
        None if findings.shoppers.repeated.events == 0 => answer(QUESTION, Tone::Plain, NOTHING, "nobody failed twice"),
        None => answer(QUESTION, Tone::Plain, "Anybody", "no group of shoppers stands out"),
        Some(worst) => {
            let share = percent(worst.inside.value().unwrap_or_default());
            let detail = format!(
                "{share} of those with {} fail again and again, {} of {}",
                group(worst),
                count(worst.inside.events),
                count(worst.inside.of)
            );
            answer(QUESTION, Tone::Bad, named(findings.hotspots.iter().map(group).collect()), detail)
        }
    }
}

fn lost(findings: &Findings) -> Answer {
    const QUESTION: &str = "How many are lost?";
    let Some((loss, own)) = findings.loss.as_ref().and_then(|loss| Some((loss, loss.by_patience.first()?))) else {
        return answer(QUESTION, Tone::Faint, NOTHING, "not derived from a closed load");
    };
    let (share, ci95) = lost_share(own);
    if own.lost <= 0.0 {
        return answer(QUESTION, Tone::Good, "None", format!("{ci95} with 95 % confidence"));
    }
    let how = match loss.behaviour {
        Behaviour::Probe | Behaviour::Experiment => "expected",
        Behaviour::Live => "seen",
    };
    let detail = format!(
        "{} of every 10,000 shoppers ({}), {how} under {}",
        count((10_000.0 * own.rate).round() as u64),
        interval(own.ci95),
        own.patience
    );
    Answer { figure: Some(("loss.by_patience.0.lost_rate", own.rate)), ..answer(QUESTION, Tone::Bad, share, detail) }
}

fn trust(findings: &Findings) -> Answer {
    let health = &findings.health;
    let (tone, word) = match health.soundness {
        Soundness::Valid => (Tone::Good, "Yes"),
        Soundness::Suspect => (Tone::Doubtful, "With caution"),
        Soundness::Invalid => (Tone::Bad, "No"),
    };
    let doubt = health.doubts.first().filter(|doubt| doubt.gravity != Soundness::Valid);
    let detail = match (doubt, health.lag) {
        (Some(doubt), _) => doubt.cause.to_string(),
        (None, Some(lag)) => {
            format!("the schedule was held: {} of {} arrivals started, lag p99 {}", count(health.started), count(health.planned), lag.p99)
        }
        (None, None) => "nothing was seen".to_owned(),
    };
    answer("Can I trust this run?", tone, word, detail)
}

/// The first few names, and how many more there are.
fn named(names: Vec<String>) -> String {
    let mut told: Vec<String> = Vec::new();
    for name in names {
        if !told.contains(&name) {
            told.push(name);
        }
    }
    let more = told.len().saturating_sub(NAMED);
    told.truncate(NAMED);
    if more > 0 { format!("{}, and {more} more", told.join(", ")) } else { told.join(", ") }
}
