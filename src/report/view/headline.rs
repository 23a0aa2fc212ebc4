//! The sentences of a report: what a tired engineer reads before any table.

use super::blocks::{Statement, Tone};
use super::experiment;
use super::format::{count, counted, expected, interval, percent, range, rate, times};
use super::incidents;
use super::power;
use super::tables::{group, lift_range, lost_share, places};
use super::warning::warning;
use crate::plan::{ArrivalModel, Behaviour, Plan};
use crate::tally::FailureKind;
use crate::verdict::statistics::{Interval, MIN_BLOCKS};
use crate::verdict::{
    AssetFinding, Basis, Completion, Findings, HotSpot, ObjectiveVerdict, RunFacts, Scope,
    Soundness, Verdict, Why,
};

/// What was run where.
pub fn subtitle(plan: &Plan, facts: &RunFacts, findings: &Findings) -> String {
    let load = match &plan.load.arrivals {
        ArrivalModel::Poisson(_) => "open load".to_owned(),
        ArrivalModel::Paced(_) => "open load, paced".to_owned(),
        ArrivalModel::Closed { users, .. } => format!("closed load of {users} at a time"),
    };
    let shoppers = counted(findings.shoppers.started, "shopper");
    let requests = counted(findings.requests_sent, "request");
    format!(
        "{shoppers} and {requests} in {} against {}, {load}, seed {}",
        facts.duration, facts.target, facts.seed
    )
}

/// The verdict in capitals. Where nothing was asked of the run it did not pass, though its exit code is that of one that did.
pub fn verdict(facts: &RunFacts, findings: &Findings) -> String {
    match findings.verdict {
        _ if facts.completion == Completion::Running => "STILL RUNNING".to_owned(),
        Verdict::Pass if findings.objectives.is_empty() => "NO OBJECTIVES".to_owned(),
        verdict => verdict.key().to_uppercase(),
    }
}

/// Why the verdict is what it is.
pub fn reason(facts: &RunFacts, findings: &Findings) -> Statement {
    let objectives = findings.objectives.len();
    match findings.verdict {
        _ if facts.completion == Completion::Running => {
            Statement::new(Tone::Doubtful, still_running(facts, findings))
        }
        Verdict::Pass if objectives == 0 => {
            Statement::new(Tone::Plain, "nothing was asked of this run, and nothing judged")
        }
        Verdict::Pass => Statement::new(Tone::Good, "all objectives hold"),
        Verdict::Fail if facts.completion == Completion::Aborted => Statement::new(
            Tone::Bad,
            format!("stopped after {}, {}", facts.duration, broken(findings)),
        ),
        Verdict::Fail => Statement::new(Tone::Bad, broken(findings)),
        Verdict::Invalid => Statement::new(
            Tone::Doubtful,
            "the generator, not the shop, was the bottleneck: the figures below say little of the shop",
        ),
        Verdict::Interrupted if facts.completion == Completion::Killed => Statement::new(
            Tone::Doubtful,
            "the process died; the figures are of what it had written until then",
        ),
        Verdict::Interrupted => Statement::new(
            Tone::Doubtful,
            "the run was cut short; the figures are of what was seen until then",
        ),
        Verdict::Inconclusive => Statement::new(Tone::Doubtful, inconclusive(facts, findings)),
    }
}

/// How far the figures go, and what the objectives look like by them.
fn still_running(facts: &RunFacts, findings: &Findings) -> String {
    let until = incidents::clock(facts, facts.duration);
    let so_far = |why| findings.objectives.iter().filter(|found| found.why == why).count();
    let objectives = match findings.objectives.len() {
        0 => String::new(),
        all => format!(
            "; of {} {} so far, and {} broken",
            counted(all as u64, "objective"),
            match so_far(Why::HoldsSoFar) {
                1 => "1 holds".to_owned(),
                hold => format!("{hold} hold"),
            },
            match so_far(Why::BrokenSoFar) {
                1 => "1 is".to_owned(),
                broken => format!("{broken} are"),
            }
        ),
    };
    format!("these are the figures until {until} UTC{objectives}")
}

fn broken(findings: &Findings) -> String {
    let broken: Vec<&str> = findings
        .objectives
        .iter()
        .filter(|found| found.verdict == ObjectiveVerdict::Broken)
        .map(|found| found.text.as_str())
        .collect();
    format!(
        "{} of {} broken: {}",
        broken.len(),
        counted(findings.objectives.len() as u64, "objective"),
        broken.join("; ")
    )
}

fn inconclusive(facts: &RunFacts, findings: &Findings) -> String {
    if findings.health.started == 0 {
        "no shopper started".to_owned()
    } else if !facts.missing_slices.is_empty() {
        let missing: Vec<String> = facts.missing_slices.iter().map(ToString::to_string).collect();
        format!("a part of the shoppers is missing: slices {}", missing.join(", "))
    } else if facts.completion == Completion::Aborted {
        "a part of the run was stopped, since there an objective was certainly broken; in all that was seen it is not".to_owned()
    } else if findings.health.soundness == Soundness::Suspect {
        "the generator is suspect, so that no objective can be said to hold".to_owned()
    } else {
        let open = findings
            .objectives
            .iter()
            .filter(|found| found.verdict == ObjectiveVerdict::Inconclusive);
        let needed = open
            .clone()
            .map(|found| found.more_shoppers)
            .collect::<Option<Vec<u64>>>()
            .and_then(|needed| needed.into_iter().max());
        let needed = needed
            .map(|more| format!("; about {} would decide", counted(more.max(1), "more shopper")))
            .unwrap_or_default();
        let texts: Vec<&str> = open.map(|found| found.text.as_str()).collect();
        format!("too little was seen to say whether this holds: {}{needed}", texts.join("; "))
    }
}

/// How many places for repeated failures have a sentence of their own; the table has all.
const WORST: usize = 3;

/// What matters most, after what must be known before it is believed, as sentences.
pub fn headline(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Vec<String> {
    let found = found(plan, facts, findings).into_iter().map(|remark| remark.text);
    warning(findings).map(|caution| caution.sentence).into_iter().chain(found).collect()
}

/// The worst places for repeated failures, then all of them, then what they cost.
pub fn found(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Vec<Statement> {
    let mut remarks: Vec<Statement> =
        findings.hotspots.iter().take(WORST).map(|spot| worst(plan, findings, spot)).collect();
    remarks.extend(experiment::remarks(plan, findings));
    remarks.push(repeated(plan, findings));
    remarks.extend(incidents::source(plan, facts, findings));
    remarks.extend(incidents::bad_times(plan, facts, findings));
    remarks.extend(incidents::pressure(facts, findings));
    remarks.extend(cost(findings));
    remarks.extend(findings.budget.as_ref().map(super::burn::budget));
    remarks
}

fn worst(plan: &Plan, findings: &Findings, spot: &HotSpot) -> Statement {
    let who = match spot.basis {
        Basis::Assigned => format!("Shoppers with {}", group(spot)),
        Basis::Observed => format!("Shoppers who met {}", group(spot)),
    };
    let (there, at) = match spot.scope {
        Scope::Steps => (" there", format!(" at {}", places(plan, spot))),
        Scope::Journey => ("", String::new()),
    };
    let share = percent(spot.inside.value().unwrap_or_default());
    let lift = match lift_range(spot) {
        Some(range) => format!("{} times ({range}) the rate of the others", times(spot.lift)),
        None => format!("at least {} times the rate of the others", times(spot.lift)),
    };
    let of_all = 10_000.0 / findings.shoppers.ended.max(1) as f64;
    let of_10_000 = |(excess, ci95): (f64, Interval)| {
        let ci95 = Interval { low: of_all * ci95.low, high: of_all * ci95.high };
        format!("{} ({}) of every 10,000 shoppers", expected(of_all * excess), range(ci95))
    };
    let cost = match spot.excess_lost {
        Some(lost) => format!("that loses about {}", of_10_000(lost)),
        None => format!("about {} meet it", of_10_000(spot.excess_repeated)),
    };
    let caution = match spot.basis {
        Basis::Assigned => "",
        Basis::Observed => {
            " (Observed, not assigned: something that goes with it may be the cause.)"
        }
    };
    let text = format!(
        "{who} fail again and again{at}: {share} of them ({} of {}) met two failures or more{there}, {lift}; {cost}.{caution}",
        count(spot.inside.events),
        count(spot.inside.trials),
    );
    Statement::new(Tone::Bad, text)
}

/// How it strikes the reader that nothing was seen: as good news only where that rules out more than one shopper in twenty.
pub(super) fn good_news(at_most: f64) -> Tone {
    if at_most <= 0.05 { Tone::Good } else { Tone::Doubtful }
}

fn repeated(plan: &Plan, findings: &Findings) -> Statement {
    let repeated = &findings.shoppers.repeated;
    let (share, ci95) = rate(repeated);
    if repeated.trials == 0 {
        return Statement::new(
            Tone::Doubtful,
            "No shopper came to an end, so nothing can be said of repeated failures.",
        );
    }
    if repeated.events == 0 {
        return Statement::new(
            good_news(repeated.ci95().map_or(1.0, |ci95| ci95.high)),
            format!(
                "No shopper of {} met two failures or more ({ci95} with 95 % confidence).",
                count(repeated.trials)
            ),
        );
    }
    let begun = match findings.repeats.repeated_from.first() {
        Some((step, shoppers)) => {
            format!("; for {} of them it began at {}", count(*shoppers), plan.step_label(*step))
        }
        None => String::new(),
    };
    let nobody = if findings.hotspots.is_empty() && power::shows_groups(findings) {
        " No group of shoppers stands out."
    } else {
        ""
    };
    let text = format!(
        "In all, {share} of shoppers met two failures or more ({} of {}, {ci95}){begun}.{nobody}",
        count(repeated.events),
        count(repeated.trials)
    );
    Statement::new(Tone::Bad, text)
}

fn cost(findings: &Findings) -> Option<Statement> {
    let Some(loss) = &findings.loss else {
        let text = "Closed load: shoppers wait for one another, so what a slow or failing shop would lose is not derived.";
        return Some(Statement::new(Tone::Faint, text));
    };
    let own = loss.by_patience.first()?;
    let (share, ci95) = lost_share(own);
    if own.lost <= 0.0 {
        return Some(Statement::new(
            good_news(own.ci95.high),
            format!("No shopper is lost to failures ({ci95})."),
        ));
    }
    let would = match loss.behaviour {
        Behaviour::Probe | Behaviour::Experiment => {
            format!("would leave for good under {}", own.patience)
        }
        Behaviour::Live => format!("left because of failures under {}", own.patience),
    };
    let rates = || loss.by_patience.iter().map(|row| row.rate);
    let band = Some((rates().fold(1.0, f64::min), rates().fold(0.0, f64::max)))
        .filter(|(low, high)| low < high);
    let band = band
        .map(|(low, high)| {
            format!("; {} to {} over all patience presets", percent(low), percent(high))
        })
        .unwrap_or_default();
    let worth =
        own.worth.filter(|worth| worth.minor_units > 0.0).map_or_else(String::new, |worth| {
            format!(
                " They would have paid {} ({}) in minor units.",
                expected(worth.minor_units),
                range(worth.ci95)
            )
        });
    let cause = if findings.shoppers.failed.events == 0 {
        " None of them met a failure: their payments were declined."
    } else {
        ""
    };
    Some(Statement::new(
        Tone::Bad,
        format!(
            "{share} of shoppers {would} ({}, {}){band}.{worth}{cause}",
            expected(own.lost),
            interval(own.ci95)
        ),
    ))
}

/// The generator's figures, then each doubt with its remedy.
pub fn generator(findings: &Findings) -> Vec<Statement> {
    let health = &findings.health;
    let tone = match health.soundness {
        Soundness::Valid => Tone::Plain,
        Soundness::Suspect | Soundness::Invalid => Tone::Doubtful,
    };
    let lag = health.lag.map_or_else(String::new, |lag| {
        format!("; lag p50 {}, p99 {}, max {}", lag.p50, lag.p99, lag.max)
    });
    let cpu = health.cpu_fraction.map_or_else(String::new, |cpu| format!("; cpu {}", percent(cpu)));
    let rss = if health.peak_rss_kib > 0 {
        format!("; memory {} MiB", count(health.peak_rss_kib.div_ceil(1024)))
    } else {
        String::new()
    };
    let started =
        format!("{} of {} started", count(health.started), counted(health.planned, "arrival"));
    let mut remarks = vec![Statement::new(
        tone,
        format!("Generator {}: {started}{lag}{cpu}{rss}", health.soundness.key()),
    )];
    remarks.extend(wire(findings));
    remarks.extend(health.doubts.iter().map(|doubt| {
        let tone = if doubt.gravity == Soundness::Valid { Tone::Faint } else { Tone::Doubtful };
        Statement::new(
            tone,
            format!(
                "{}: {}. Remedy: {}.",
                doubt.gravity.label(),
                doubt.cause,
                doubt.cause.remedy()
            ),
        )
    }));
    remarks
}

/// What the run came to on the wire: connections, and where the time of an exchange went; then the same of the files of pages, which are
/// counted apart, and whose phases are not known.
fn wire(findings: &Findings) -> Option<Statement> {
    let wire = &findings.wire;
    let listed = |parts: &[(u64, &str)]| -> String {
        parts
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!(", {} {what}", count(*n)))
            .collect()
    };
    let also = listed(&[
        (wire.redirects, "by redirects"),
        (wire.held, "held back by a cap"),
        (wire.redials, "dialled again unsent"),
    ]);
    let resumed = if wire.resumed > 0 {
        format!(" ({} by TLS resumption)", count(wire.resumed))
    } else {
        String::new()
    };
    let phases = wire.phases().into_iter().filter_map(|(name, spans)| {
        let (p50, p99) =
            (spans.p50?.value, spans.p99.map_or_else(String::new, |p99| format!("–{}", p99.value)));
        Some(format!("{name} {p50}{p99}"))
    });
    let phases: Vec<String> = phases.collect();
    let phases = if phases.is_empty() {
        String::new()
    } else {
        format!("; p50–p99 {}", phases.join(", "))
    };
    let sum = |of: fn(&AssetFinding) -> u64| {
        findings.steps.iter().filter_map(|step| step.assets.as_ref()).map(of).sum::<u64>()
    };
    let (requests, connections) = (sum(|found| found.requests), sum(|found| found.connections));
    let held = listed(&[(sum(|found| found.held), "held back by a cap")]);
    let (of_steps, files) = match requests {
        0 => ("", String::new()),
        _ => (
            " of steps",
            format!(
                "; and {} for the files of their pages{held}, over {}",
                counted(requests, "request"),
                counted(connections, "connection")
            ),
        ),
    };
    let (own, opened) =
        (counted(wire.requests, "request"), counted(wire.connections, "connection"));
    let text = format!("On the wire: {own}{of_steps}{also}; {opened}{resumed}{phases}{files}");
    (wire.connections > 0).then(|| Statement::new(Tone::Plain, text))
}

/// What a reader must know to read the figures rightly.
pub fn notes(plan: &Plan, findings: &Findings) -> Vec<String> {
    let mut notes = Vec::new();
    let reached = || findings.steps.iter().filter(|step| step.failed.trials > 0);
    if reached().any(|step| step.response.p99.is_none()) {
        notes.push(
            "– : too few successes to carry this quantile (p50 takes 5, p95 59, p99 299)."
                .to_owned(),
        );
    }
    if reached().any(|step| step.kinds.iter().any(|(kind, _)| *kind == FailureKind::TooSlow)) {
        notes.push("Attempts that were too slow count as failures; they took longer than any response time shown for them.".to_owned());
    }
    if !findings.objectives.is_empty() {
        notes.push(
            "Ranges of objectives are exact (Clopper and Pearson), those of other rates Wilson's."
                .to_owned(),
        );
    }
    if !findings.shoppers.repeated.by_blocks && findings.shoppers.repeated.events > 0 {
        notes.push(format!(
            "Intervals are weak: with fewer than {MIN_BLOCKS} blocks of time, bursts of failures can't be told from independent ones."
        ));
    }
    if findings.experiment.is_some() {
        notes.push(
            "In an experiment shoppers try again in different ways: repeated failures, losses and the groups that stand out are of the mixture, and \
             observed values those of the last session."
                .to_owned(),
        );
    }
    let (known, new) = (findings.shoppers.returned, findings.shoppers.returned_as_new);
    if known + new > 0 {
        let others = if new > 0 {
            format!("; {} more should have, and came as new, since nobody had left yet", count(new))
        } else {
            String::new()
        };
        notes.push(format!(
            "{} came again, with the cookies of one who had left{others}.",
            counted(known, "shopper")
        ));
    }
    if plan.shoppers.behaviour == Behaviour::Live && findings.shoppers.failed.events > 0 {
        notes.push(
            "Who left after a failure could not fail again: in live runs repeated failures are of those who stayed, and too few."
                .to_owned(),
        );
    }
    notes.extend(power::detectable(findings));
    if let Some(loss) = &findings.loss {
        let open = loss.by_patience.iter().any(|row| row.lost_at_least < row.lost);
        if open {
            let cap = plan.shoppers.max_attempts.map_or_else(String::new, |cap| {
                format!(" after {} at a unit, or", counted(cap.into(), "attempt"))
            });
            notes.push(format!(
                "Some shoppers were stopped{cap} by the end of the run. \"lost\" takes it that they would never have been served, \"at least\" that the \
                 next attempt would have served them."
            ));
        }
        if loss.behaviour != Behaviour::Live && findings.steps.iter().any(|step| step.declined > 0)
        {
            notes.push(
                "A declined attempt is no failure, but it costs the shopper's patience like one."
                    .to_owned(),
            );
        }
        if loss
            .by_patience
            .iter()
            .filter_map(|row| row.worth)
            .any(|worth| worth.estimated_share > 0.0)
        {
            notes
                .push("Where a lost shopper's basket was not seen, its worth is estimated from the others of the same journey.".to_owned());
        }
    }
    notes
}

// === impl Soundness ===

impl Soundness {
    /// As a sentence about a doubt begins.
    const fn label(self) -> &'static str {
        match self {
            Soundness::Valid => "Note",
            Soundness::Suspect => "Suspect",
            Soundness::Invalid => "Invalid",
        }
    }
}
