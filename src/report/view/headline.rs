//! The verdict with its reason, and the findings in sentences.

use super::blocks::{Statement, Tone};
use super::format::{count, count_of, rate};
use super::{experiment, hotspots, incidents, loss, power, refusals, slow_times, warning};
use crate::plan::{ArrivalModel, Plan};
use crate::verdict::statistics::Rate;
use crate::verdict::{
    CameThrough, Completion, Findings, ObjectiveFinding, ObjectiveVerdict, Reason, RunFacts,
    Validity, Verdict,
};

/// The size of the run, its target and its load, in a line.
pub fn subtitle(plan: &Plan, facts: &RunFacts, findings: &Findings) -> String {
    let load = match &plan.load.arrivals {
        ArrivalModel::Poisson(_) => "open load".to_owned(),
        ArrivalModel::Paced(_) => "open load with evenly spaced arrivals".to_owned(),
        ArrivalModel::Bursty(..) => "open load with bursty arrivals".to_owned(),
        ArrivalModel::Closed { users, .. } => {
            format!("closed load with {}", count_of(u64::from(*users), "concurrent shopper"))
        }
    };
    let shoppers = count_of(findings.shoppers.started, "shopper");
    let requests = count_of(findings.requests_sent, "request");
    format!(
        "{shoppers} and {requests} in {} against {}, {load}, seed {}",
        facts.duration, facts.target, facts.seed
    )
}

/// The verdict in capitals. A run without objectives does not pass, though its exit code is 0.
pub fn verdict(facts: &RunFacts, findings: &Findings) -> String {
    match findings.verdict {
        _ if facts.completion == Completion::Running => "STILL RUNNING".to_owned(),
        Verdict::Pass if findings.objectives.is_empty() => "NO OBJECTIVES".to_owned(),
        verdict @ (Verdict::Pass
        | Verdict::Fail
        | Verdict::Inconclusive
        | Verdict::NotReconciled
        | Verdict::Invalid
        | Verdict::Interrupted) => verdict.key().to_uppercase(),
    }
}

/// The reason for the verdict.
pub fn reason(facts: &RunFacts, findings: &Findings) -> Statement {
    let objectives = findings.objectives.len() as u64;
    match findings.verdict {
        _ if facts.completion == Completion::Running => {
            Statement::new(Tone::Doubtful, still_running(facts, findings))
        }
        Verdict::Pass if objectives == 0 => Statement::new(
            Tone::Plain,
            "the scenario sets no objectives, so the run neither passes nor fails",
        ),
        Verdict::Pass if objectives == 1 => Statement::new(Tone::Good, "the objective is met"),
        Verdict::Pass => {
            Statement::new(Tone::Good, format!("all {} are met", count_of(objectives, "objective")))
        }
        Verdict::Fail if facts.completion == Completion::Aborted => Statement::new(
            Tone::Bad,
            format!("run stopped after {}, {}", facts.duration, describe_violated(findings)),
        ),
        Verdict::Fail => Statement::new(Tone::Bad, describe_violated(findings)),
        Verdict::NotReconciled => {
            Statement::new(Tone::Bad, "orders do not reconcile with the shop's records")
        }
        Verdict::Invalid => Statement::new(
            Tone::Doubtful,
            "the load generator was saturated, so the results do not describe the shop",
        ),
        Verdict::Interrupted if facts.completion == Completion::Killed => Statement::new(
            Tone::Doubtful,
            "the process was killed; the results cover what it had stored",
        ),
        Verdict::Interrupted if facts.completion == Completion::Damaged => Statement::new(
            Tone::Doubtful,
            "the stored run is damaged; the results leave out what can't be read",
        ),
        Verdict::Interrupted => Statement::new(
            Tone::Doubtful,
            "the run was interrupted; the results cover the time until then",
        ),
        Verdict::Inconclusive => Statement::new(Tone::Doubtful, inconclusive(facts, findings)),
    }
}

fn still_running(facts: &RunFacts, findings: &Findings) -> String {
    let until = incidents::clock(facts, facts.duration);
    let so_far = |why| findings.objectives.iter().filter(|found| found.reason == why).count();
    let objectives = match findings.objectives.len() as u64 {
        0 => String::new(),
        all => format!(
            "; {} met and {} violated so far, of {}",
            so_far(Reason::MetSoFar),
            so_far(Reason::ViolatedSoFar),
            count_of(all, "objective"),
        ),
    };
    format!("results until {until} {}{objectives}", facts.zone.label())
}

/// What is violated: the objective that every scenario has, and the scenario's own.
fn describe_violated(findings: &Findings) -> String {
    if findings.shoppers.came_through() == CameThrough::AllFailed {
        return nobody_came_through(findings);
    }
    let violated: Vec<&str> = findings
        .objectives
        .iter()
        .filter(|found| found.verdict == ObjectiveVerdict::Violated)
        .map(|found| found.text.as_str())
        .collect();
    format!(
        "{} of {} violated: {}",
        violated.len(),
        count_of(findings.objectives.len() as u64, "objective"),
        violated.join("; ")
    )
}

/// The violation of the objective that every scenario has.
pub fn nobody_came_through(findings: &Findings) -> String {
    let all = count_of(findings.shoppers.ended, "shopper");
    format!("no shopper came through: every one of {all} failed")
}

fn inconclusive(facts: &RunFacts, findings: &Findings) -> String {
    if findings.health.started == 0 {
        "no shopper started".to_owned()
    } else if !facts.missing_slices.is_empty() {
        let missing: Vec<String> = facts.missing_slices.iter().map(ToString::to_string).collect();
        format!("the results of these slices are missing: {}", missing.join(", "))
    } else if facts.completion == Completion::Aborted {
        "an abort condition stopped a part of the run, but the whole run violates no objective"
            .to_owned()
    } else if findings.health.validity == Validity::Suspect && !findings.objectives.is_empty() {
        "the load generator is suspect, so no objective can count as met".to_owned()
    } else if findings.objectives.is_empty()
        && findings.shoppers.came_through() == CameThrough::None
    {
        "no shopper came through: none completed the journey, bought, or left after a success"
            .to_owned()
    } else {
        describe_undecided(&findings.objectives)
    }
}

/// What leaves a whole run with a sound generator undecided: objectives, or else the shop's records.
fn describe_undecided(objectives: &[ObjectiveFinding]) -> String {
    let open = objectives.iter().filter(|found| found.verdict == ObjectiveVerdict::Inconclusive);
    if open.clone().next().is_none() {
        return "orders are not yet reconciled with the shop's records".to_owned();
    }
    let needed = open
        .clone()
        .map(|found| found.more_shoppers)
        .collect::<Option<Vec<u64>>>()
        .and_then(|needed| needed.into_iter().max());
    let needed = needed
        .map(|more| format!("; about {} needed", count_of(more.max(1), "more shopper")))
        .unwrap_or_default();
    let texts: Vec<&str> = open.map(|found| found.text.as_str()).collect();
    format!("the sample is too small to decide: {}{needed}", texts.join("; "))
}

/// The warning about the load generator, then the findings, as sentences.
pub fn headline(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Vec<String> {
    let found = statements(plan, facts, findings).into_iter().map(|statement| statement.text);
    warning::warning(findings).map(|warning| warning.sentence).into_iter().chain(found).collect()
}

/// The findings, the costliest hot spot first.
pub fn statements(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Vec<Statement> {
    let mut statements = hotspots::statements(plan, findings);
    statements.extend(experiment::statements(plan, findings));
    statements.push(state_repeats(plan, findings));
    statements.extend(incidents::source(plan, facts, findings));
    statements.extend(incidents::incidents(plan, facts, findings));
    statements.extend(slow_times::statements(plan, facts, findings));
    statements.extend(incidents::pressure(facts, findings));
    statements.extend(loss::statement(plan, findings));
    statements.extend(refusals::statements(plan, facts, findings));
    statements.extend(findings.budget.as_ref().map(super::burn::budget));
    statements
}

/// The upper end of a rate's interval; 1 where nothing was seen.
pub(super) fn upper_end(rate: &Rate) -> f64 {
    rate.ci95().map_or(1.0, |ci95| ci95.high)
}

fn state_repeats(plan: &Plan, findings: &Findings) -> Statement {
    let repeated = &findings.shoppers.repeated;
    let (share, ci95) = rate(repeated);
    if repeated.trials == 0 {
        return Statement::new(
            Tone::Doubtful,
            "No shopper finished, so the rate of repeated failures is unknown.",
        );
    }
    if repeated.events == 0 {
        return Statement::new(
            Tone::where_none_seen(upper_end(repeated)),
            format!(
                "Repeated failures (two or more failed attempts): none among {} (95 % CI {ci95}).",
                count_of(repeated.trials, "shopper")
            ),
        );
    }
    let first_failed = match findings.repeats.repeated_from.first() {
        Some((step, shoppers)) => {
            format!(" {} of them failed at {}.", count(*shoppers), plan.step_label(*step))
        }
        None => String::new(),
    };
    let no_group = if findings.hotspots.is_empty() && power::shows_groups(findings) {
        " No group of shoppers has an elevated rate."
    } else {
        ""
    };
    let text = format!(
        "Repeated failures (two or more failed attempts): {share} of shoppers ({} of {}, 95 % CI {ci95}).{first_failed}{no_group}",
        count(repeated.events),
        count(repeated.trials)
    );
    Statement::new(Tone::Bad, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::simulation::{SimulatedRun, planted, shop};

    #[test]
    fn where_every_objective_is_met_it_is_the_records_that_leave_a_run_undecided() {
        let mut plan = shop();
        plan.objectives = vec![plan.objective("repeated_failures < 50%", 1).unwrap()];
        let mut findings = SimulatedRun::of(plan, 1_000, 60, planted).findings();
        assert_eq!(findings.objectives[0].verdict, ObjectiveVerdict::Met);
        let records = "orders are not yet reconciled with the shop's records";
        assert_eq!(describe_undecided(&findings.objectives), records);
        findings.objectives[0].verdict = ObjectiveVerdict::Inconclusive;
        assert!(
            describe_undecided(&findings.objectives)
                .starts_with("the sample is too small to decide: ")
        );
    }
}
