//! The first questions of a reader, each with a short answer.

use super::blocks::{Answer, Tone};
use super::format::{NOTHING, count, count_of, expected_count, interval, money, rate};
use super::hotspots::{group, places};
use super::loss::lost_share;
use super::{headline, hotspots, incidents, orders, power, records, slow_times};
use crate::plan::{Behaviour, Plan};
use crate::verdict::{Completion, Findings, HotSpot, RunFacts, Validity, Verdict};

/// Names beyond these are only counted.
const LISTED: usize = 3;

/// The answer where the sample could not have shown anything.
const TOO_FEW: &str = "Too few failures";

/// The questions in the order in which they are asked.
pub fn answers(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Vec<Answer> {
    let questions = [
        answer_passed(facts, findings),
        place(plan, findings),
        when(plan, facts, findings),
        who(plan, findings),
        answer_lost(plan, findings),
    ];
    let of_orders = orders::answer(findings);
    let of_books = of_orders.is_some().then(records::not_compared);
    questions.into_iter().chain(of_orders).chain(of_books).chain([trust(findings)]).collect()
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

fn answer_passed(facts: &RunFacts, findings: &Findings) -> Answer {
    let reason = headline::reason(facts, findings);
    let word = match findings.verdict {
        _ if facts.completion == Completion::Running => "Still running",
        Verdict::Pass if findings.objectives.is_empty() => "No objectives",
        Verdict::Pass => "Passed",
        Verdict::Fail => "Failed",
        Verdict::Inconclusive => "Inconclusive",
        Verdict::NotReconciled => "Not reconciled",
        Verdict::Invalid => "Invalid run",
        Verdict::Interrupted => "Interrupted",
    };
    Answer { of_the_run: true, ..answer("Did it pass?", reason.tone, word, reason.text) }
}

fn place(plan: &Plan, findings: &Findings) -> Answer {
    const QUESTION: &str = "Where do failures repeat?";
    let repeated = &findings.shoppers.repeated;
    let (share, ci95) = rate(repeated);
    if repeated.events == 0 {
        let tone = Tone::where_none_seen(headline::upper_end(repeated));
        return answer(
            QUESTION,
            tone,
            if tone == Tone::Good { "Nowhere" } else { "None observed" },
            format!("none of {} (95 % CI {ci95})", count_of(repeated.trials, "shopper")),
        );
    }
    let first_failed: Vec<String> =
        findings.repeats.repeated_from.iter().map(|(step, _)| plan.step_label(*step)).collect();
    let spots: Vec<String> = findings.hotspots.iter().map(|spot| places(plan, spot)).collect();
    let detail = format!(
        "{share} of shoppers had two or more failed attempts ({} of {}, 95 % CI {ci95})",
        count(repeated.events),
        count(repeated.trials)
    );
    let figure = repeated.value().map(|value| ("shoppers.repeated_failures_rate", value));
    let places = list(if spots.is_empty() { first_failed } else { spots });
    Answer { figure, ..answer(QUESTION, Tone::Bad, places, detail) }
}

fn when(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Answer {
    const QUESTION: &str = "When?";
    let slow = slow_times::first(plan, facts, findings);
    match (incidents::worst(plan, facts, findings), slow) {
        (Some((span, what, tone)), _) => return answer(QUESTION, tone, span, what),
        (None, Some((span, what))) => return answer(QUESTION, Tone::Bad, span, what),
        (None, None) => {}
    }
    if findings.shoppers.repeated.events == 0 {
        return answer(
            QUESTION,
            Tone::Plain,
            NOTHING,
            "no repeated failures, no incident, no slow time",
        );
    }
    match findings.trends.first() {
        Some(trend) => {
            answer(QUESTION, Tone::Bad, "More and more", slow_times::describe_trend(plan, trend))
        }
        None if !power::shows_groups(findings) => {
            answer(QUESTION, Tone::Plain, TOO_FEW, too_few(findings))
        }
        None => answer(
            QUESTION,
            Tone::Plain,
            "Throughout",
            "no incident: the failure rate did not vary over time beyond chance",
        ),
    }
}

fn who(plan: &Plan, findings: &Findings) -> Answer {
    const QUESTION: &str = "Who is affected?";
    match findings.hotspots.first() {
        None if findings.shoppers.repeated.events == 0 => {
            answer(QUESTION, Tone::Plain, NOTHING, "no repeated failures")
        }
        None if !findings.repeats.source.incidents.is_empty() => answer(
            QUESTION,
            Tone::Plain,
            "Anyone",
            "failures repeat because of the incident; no group of shoppers stands out",
        ),
        None if !power::shows_groups(findings) => {
            answer(QUESTION, Tone::Plain, TOO_FEW, too_few(findings))
        }
        None => answer(
            QUESTION,
            Tone::Plain,
            "No specific group",
            hotspots::too_small(findings).map_or_else(
                || "no group of shoppers has an elevated rate".to_owned(),
                |small| format!("no group has an elevated rate; too few to judge: {small}"),
            ),
        ),
        Some(_) => {
            let describe = |spot: &HotSpot| {
                let at = if spot.steps.is_empty() {
                    String::new()
                } else {
                    format!(" at {}", places(plan, spot))
                };
                let (events, of) = (count(spot.inside.events), count(spot.inside.trials));
                format!("{}{at}, {events} of {of}", group(spot))
            };
            let more = findings.hotspots.len().saturating_sub(LISTED);
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            let detail =
                findings.hotspots.iter().take(LISTED).map(describe).collect::<Vec<_>>().join("; ");
            let groups = list(findings.hotspots.iter().map(group).collect());
            answer(QUESTION, Tone::Bad, groups, format!("repeated failures: {detail}{more}"))
        }
    }
}

fn answer_lost(plan: &Plan, findings: &Findings) -> Answer {
    const QUESTION: &str = "How many shoppers are lost?";
    let Some((loss, own)) =
        findings.loss.as_ref().and_then(|loss| Some((loss, loss.by_patience.first()?)))
    else {
        return answer(QUESTION, Tone::Faint, NOTHING, "not estimated for a closed load");
    };
    let (share, ci95) = lost_share(own);
    if own.lost <= 0.0 {
        let tone = Tone::where_none_seen(own.ci95.high);
        let word = if tone == Tone::Good { "None" } else { "None observed" };
        return answer(QUESTION, tone, word, format!("95 % CI {ci95}"));
    }
    let how = match loss.behaviour {
        Behaviour::Probe | Behaviour::Experiment => "expected",
        Behaviour::Live => "observed",
    };
    let revenue =
        own.order_value.filter(|lost| lost.minor_units > 0.0).map_or_else(String::new, |lost| {
            format!("; they would have paid {}", money(plan.currency, lost.minor_units))
        });
    let detail = format!(
        "{} of {} (95 % CI {}), {how} under abandonment model {}{revenue}",
        expected_count(own.lost),
        count_of(findings.shoppers.ended, "shopper"),
        interval(own.ci95),
        own.patience
    );
    Answer {
        figure: Some(("loss.by_patience.0.lost_rate.value", own.rate)),
        ..answer(QUESTION, Tone::Bad, share, detail)
    }
}

fn trust(findings: &Findings) -> Answer {
    let health = &findings.health;
    let (tone, word) = match health.validity {
        Validity::Valid => (Tone::Good, "Yes"),
        Validity::Suspect => (Tone::Doubtful, "With caution"),
        Validity::Invalid => (Tone::Bad, "No"),
    };
    let issue = health.issues.first().filter(|doubt| doubt.severity != Validity::Valid);
    let detail = match (issue, health.lag) {
        (Some(issue), _) => issue.cause.to_string(),
        (None, Some(lag)) => {
            format!(
                "the schedule was held: {} of {} started, schedule lag p99 {}",
                count(health.started),
                count_of(health.planned, "arrival"),
                lag.p99
            )
        }
        (None, None) => "no shopper started".to_owned(),
    };
    Answer { of_the_run: true, ..answer("Can I trust this run?", tone, word, detail) }
}

fn too_few(findings: &Findings) -> String {
    let repeated = &findings.shoppers.repeated;
    format!(
        "{} of {} had repeated failures, too few to find a group or an incident",
        count(repeated.events),
        count_of(repeated.trials, "shopper")
    )
}

/// The first few names, and how many more there are.
fn list(names: Vec<String>) -> String {
    let mut distinct: Vec<String> = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    let more = distinct.len().saturating_sub(LISTED);
    distinct.truncate(LISTED);
    if more > 0 { format!("{}, and {more} more", distinct.join(", ")) } else { distinct.join(", ") }
}
