//! What a reader of a report asks first, and the answers in a few words each.

use super::blocks::{Answer, Tone};
use super::format::{NOTHING, count, counted, expected, interval, rate};
use super::incidents;
use super::tables::{group, lost_share, places};
use super::{headline, power};
use crate::plan::{Behaviour, Plan};
use crate::verdict::{Completion, Findings, HotSpot, RunFacts, Soundness, Verdict};

/// More names than this are counted, not told.
const NAMED: usize = 3;

/// What is said where the sample could not have shown anything.
const TOO_FEW: &str = "Too few to say";

/// The questions in the order in which they are asked.
pub fn answers(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Vec<Answer> {
    vec![
        passed(facts, findings),
        place(plan, findings),
        since(plan, facts, findings),
        who(plan, findings),
        lost(findings),
        trust(findings),
    ]
}

fn answer(
    question: &'static str,
    tone: Tone,
    answer: impl Into<String>,
    detail: impl Into<String>,
) -> Answer {
    Answer {
        question,
        tone,
        answer: answer.into(),
        detail: detail.into(),
        of_the_run: false,
        figure: None,
    }
}

fn passed(facts: &RunFacts, findings: &Findings) -> Answer {
    let reason = headline::reason(facts, findings);
    let word = match findings.verdict {
        _ if facts.completion == Completion::Running => "Still running",
        Verdict::Pass if findings.objectives.is_empty() => "No objectives",
        Verdict::Pass => "Passed",
        Verdict::Fail => "Failed",
        Verdict::Inconclusive => "Not decided",
        Verdict::Invalid => "Invalid run",
        Verdict::Interrupted => "Cut short",
    };
    Answer { of_the_run: true, ..answer("Did it pass?", reason.tone, word, reason.text) }
}

fn place(plan: &Plan, findings: &Findings) -> Answer {
    const QUESTION: &str = "Where do shoppers fail twice?";
    let repeated = &findings.shoppers.repeated;
    let (share, ci95) = rate(repeated);
    if repeated.events == 0 {
        let tone = headline::good_news(repeated.ci95().map_or(1.0, |ci95| ci95.high));
        return answer(
            QUESTION,
            tone,
            if tone == Tone::Good { "Nowhere" } else { "Nowhere seen" },
            format!("none of {}, {ci95}", counted(repeated.trials, "shopper")),
        );
    }
    let begun: Vec<String> =
        findings.repeats.repeated_from.iter().map(|(step, _)| plan.step_label(*step)).collect();
    let spots: Vec<String> = findings.hotspots.iter().map(|spot| places(plan, spot)).collect();
    let detail = format!(
        "{share} of shoppers met two failures or more ({} of {}, {ci95})",
        count(repeated.events),
        count(repeated.trials)
    );
    let figure = repeated.value().map(|value| ("shoppers.repeated_failures_rate", value));
    Answer {
        figure,
        ..answer(QUESTION, Tone::Bad, named(if spots.is_empty() { begun } else { spots }), detail)
    }
}

fn since(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Answer {
    const QUESTION: &str = "Since when?";
    if findings.shoppers.repeated.events == 0 {
        return answer(QUESTION, Tone::Plain, NOTHING, "nobody failed twice");
    }
    match incidents::worst(plan, facts, findings) {
        Some((span, what, tone)) => answer(QUESTION, tone, span, what),
        None if !power::shows_groups(findings) => {
            answer(QUESTION, Tone::Plain, TOO_FEW, too_few(findings))
        }
        None => answer(
            QUESTION,
            Tone::Plain,
            "Throughout",
            "at no time did the shop fail more than at others, beyond chance",
        ),
    }
}

fn who(plan: &Plan, findings: &Findings) -> Answer {
    const QUESTION: &str = "Who?";
    match findings.hotspots.first() {
        None if findings.shoppers.repeated.events == 0 => {
            answer(QUESTION, Tone::Plain, NOTHING, "nobody failed twice")
        }
        None if !power::shows_groups(findings) => {
            answer(QUESTION, Tone::Plain, TOO_FEW, too_few(findings))
        }
        None => answer(QUESTION, Tone::Plain, "No group shown", "no group of shoppers stands out"),
        Some(_) => {
            let told = |spot: &HotSpot| {
                let (events, of) = (count(spot.inside.events), count(spot.inside.trials));
                format!("{} at {}, {events} of {of}", group(spot), places(plan, spot))
                    .replace(" at anywhere", " anywhere")
            };
            let more = findings.hotspots.len().saturating_sub(NAMED);
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            let detail =
                findings.hotspots.iter().take(NAMED).map(told).collect::<Vec<_>>().join("; ");
            let detail = format!("who failed again and again: {detail}{more}");
            answer(
                QUESTION,
                Tone::Bad,
                named(findings.hotspots.iter().map(group).collect()),
                detail,
            )
        }
    }
}

fn lost(findings: &Findings) -> Answer {
    const QUESTION: &str = "How many are lost?";
    let Some((loss, own)) =
        findings.loss.as_ref().and_then(|loss| Some((loss, loss.by_patience.first()?)))
    else {
        return answer(QUESTION, Tone::Faint, NOTHING, "not derived from a closed load");
    };
    let (share, ci95) = lost_share(own);
    if own.lost <= 0.0 {
        let tone = headline::good_news(own.ci95.high);
        let word = if tone == Tone::Good { "None" } else { "None seen" };
        return answer(QUESTION, tone, word, format!("{ci95} with 95 % confidence"));
    }
    let how = match loss.behaviour {
        Behaviour::Probe | Behaviour::Experiment => "expected",
        Behaviour::Live => "seen",
    };
    let detail = format!(
        "{} of {}, {} of every 10,000 ({}), {how} under {}",
        expected(own.lost),
        counted(findings.shoppers.ended, "shopper"),
        count((10_000.0 * own.rate).round() as u64),
        interval(own.ci95),
        own.patience
    );
    Answer {
        figure: Some(("loss.by_patience.0.lost_rate", own.rate)),
        ..answer(QUESTION, Tone::Bad, share, detail)
    }
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
            format!(
                "the schedule was held: {} of {} started, lag p99 {}",
                count(health.started),
                counted(health.planned, "arrival"),
                lag.p99
            )
        }
        (None, None) => "nothing was seen".to_owned(),
    };
    Answer { of_the_run: true, ..answer("Can I trust this run?", tone, word, detail) }
}

/// Why nothing is said.
fn too_few(findings: &Findings) -> String {
    let repeated = &findings.shoppers.repeated;
    format!(
        "{} of {} failed again, too few to show a group or a time",
        count(repeated.events),
        counted(repeated.trials, "shopper")
    )
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
