//! Incidents: times with an elevated failure rate; and whether failures repeat because of the shopper or because of an incident.

use jiff::Timestamp;

use super::blocks::{Fit, Statement, Table, Tone};
use super::format::{count, expected_count, interval_of, percent, range, rate, times};
use super::slow_times;
use super::warning::was_late;
use crate::base::{Micros, plural};
use crate::plan::{Behaviour, Plan};
use crate::verdict::statistics::MantelHaenszel;
use crate::verdict::{Findings, Incident, Overload, RepeatCause, RepeatSource, RunFacts};

/// From this share of failing first attempts on, an incident is an outage.
const OUTAGE: f64 = 0.9;
/// From this relative risk on, repetition matters: where it can't be ruled out, the report says so.
const MATTERS: f64 = 2.0;
/// Incidents beyond these are only counted in a sentence.
const LISTED: usize = 2;

/// The reason why failures repeat; none if too few shoppers retried.
pub fn source(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Option<Statement> {
    let found = &findings.repeats.source;
    let RepeatSource { cause, strata, incidents, .. } = found;
    let evidence = strata.risk_ratio().map_or_else(
        || "Retries often fail while other shoppers' first attempts at the same time succeed.".to_owned(),
        |(ratio, _)| format!("A retry fails {} times as often as other shoppers' first attempts at the same time.", times(ratio)),
    );
    let listed = || list(plan, facts, findings, incidents);
    let text = match cause {
        RepeatCause::TooFew => return None,
        RepeatCause::Chance => chance(strata),
        RepeatCause::Always => format!(
            "Most attempts fail, for any shopper and at any time: {} of first attempts where shoppers failed.",
            percent(findings.repeats.pooled.p_first.unwrap_or_default())
        ),
        RepeatCause::Group => group_source(findings),
        RepeatCause::Shopper => {
            format!("Repeated failures are specific to the shopper, not to a time. {evidence}")
        }
        RepeatCause::Moment => format!(
            "Repeated failures come from incidents: {}. A retry fails no more often than other shoppers' first attempts at the same time.",
            listed()
        ),
        RepeatCause::ShopperAndMoment => format!(
            "Repeated failures are mostly specific to the shopper. {evidence} Incidents contribute: {}.",
            listed()
        ),
        RepeatCause::MomentAndShopper => format!(
            "Repeated failures come mostly from incidents: {}. Some are specific to the shopper. {evidence}",
            listed()
        ),
    };
    let text = warning(found).map_or_else(|| text.clone(), |warning| format!("{text} {warning}"));
    Some(Statement::new(if *cause == RepeatCause::Chance { Tone::Plain } else { Tone::Bad }, text))
}

/// The groups whose retries fail, and what is known of all retries together.
fn group_source(findings: &Findings) -> String {
    let groups: Vec<String> =
        findings.hotspots.iter().take(LISTED).map(super::hotspots::group).collect();
    let second = &findings.repeats.pooled.second;
    format!(
        "Failures repeat among shoppers with {}. After a failure, {} of {} retries failed again, among all shoppers.",
        groups.join("; "),
        count(second.events),
        count(second.trials)
    )
}

/// What the comparison of retries with first attempts can't see, if that may matter.
pub fn warning(source: &RepeatSource) -> Option<String> {
    source.may_hide_a_moment().then(|| {
        format!(
            "Attempts are compared within time blocks of {}, so shorter incidents would look specific to the shopper.",
            source.block
        )
    })
}

/// That no repetition was found is no proof that there is none: its upper limit is stated as well.
fn chance(strata: &MantelHaenszel) -> String {
    let Some((ratio, ci95)) = strata.risk_ratio() else {
        let failed = if strata.compared_failed == 0 {
            "none".to_owned()
        } else {
            count(strata.compared_failed)
        };
        return format!(
            "No repetition of failures was found: of {} that retried, {failed} failed again.",
            plural(&count(strata.compared), "shopper")
        );
    };
    let conclusion = if ci95.high <= MATTERS {
        "Failures do not repeat beyond chance."
    } else {
        "Repetition of failures beyond chance is not shown, but not ruled out."
    };
    format!(
        "{conclusion} A retry fails {} times as often as other shoppers' first attempts at the same time (95 % CI {}).",
        times(ratio),
        interval_of(ci95, times),
    )
}

/// `the shop was down from 12:01:10 to 12:01:40`; the costliest, in order of time.
fn list(plan: &Plan, facts: &RunFacts, findings: &Findings, windows: &[Incident]) -> String {
    let mut ranked: Vec<&Incident> = windows.iter().collect();
    ranked.sort_by(|a, b| cost(b).total_cmp(&cost(a)).then(a.from.cmp(&b.from)));
    ranked.truncate(LISTED);
    ranked.sort_by_key(|window| window.from);
    let texts: Vec<String> =
        ranked.iter().map(|window| describe(plan, facts, findings, window)).collect();
    let more = match windows.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!("; and {} more", count(more as u64)),
    };
    texts.join("; ") + &more
}

/// What an incident is ranked by: lost shoppers, or repeated failures where there is no loss to derive.
fn cost(window: &Incident) -> f64 {
    window.excess_lost.map_or(window.repeated as f64, |(lost, _)| lost)
}

/// The costliest incident: when, what happened, and its tone; none if there was none.
pub fn worst(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Option<(String, String, Tone)> {
    let window = findings
        .incidents
        .iter()
        .max_by(|a, b| cost(a).total_cmp(&cost(b)).then(b.from.cmp(&a.from)))?;
    let what = failing_part(plan, window);
    let (inside, outside) = (rate(&window.inside).0, rate(&window.outside).0);
    let what = if is_limited(findings, window) {
        "the shop's limit on the load generator's address".to_owned()
    } else {
        what
    };
    let others = match findings.incidents.len() as u64 - 1 {
        0 => String::new(),
        more => format!("; {} more", crate::base::count_of(more, "incident")),
    };
    let late = late(findings, window);
    let text =
        format!("{what} failed {inside} of first attempts, {outside} at other times{late}{others}");
    let tone =
        if late.is_empty() && !is_limited(findings, window) { Tone::Bad } else { Tone::Doubtful };
    Some((format!("{} {}", span(facts, window), facts.zone.label()), text, tone))
}

/// Incidents that are not the reason for repeated failures: shoppers who leave after one failure are lost as well.
pub fn incidents(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Option<Statement> {
    let listed_as_source = !findings.repeats.source.incidents.is_empty();
    if listed_as_source || findings.incidents.is_empty() {
        return None;
    }
    let lost: f64 = findings
        .incidents
        .iter()
        .filter_map(|window| window.excess_lost)
        .map(|(lost, _)| lost)
        .sum();
    let cost = if lost > 0.0 {
        format!(" Excess loss: about {}.", plural(&expected_count(lost), "shopper"))
    } else {
        String::new()
    };
    let listed = list(plan, facts, findings, &findings.incidents);
    Some(Statement::new(Tone::Bad, format!("Incidents: {listed}.{cost}")))
}

/// The units of an incident by name; none for the whole shop.
fn units(plan: &Plan, window: &Incident) -> Option<String> {
    let units: Vec<String> =
        window.unit.iter().chain(&window.units).map(|unit| plan.unit_label(*unit)).collect();
    (!units.is_empty()).then(|| units.join(", "))
}

/// A unit, or the shop as a whole.
fn failing_part(plan: &Plan, window: &Incident) -> String {
    units(plan, window).unwrap_or_else(|| "the shop".to_owned())
}

/// What must be said of an incident during which the load generator was late: the shop may not be to blame.
fn late(findings: &Findings, window: &Incident) -> &'static str {
    if was_late(findings, window.from, window.until) { " (load generator was late)" } else { "" }
}

/// Whether the shop's limit on the load generator's address was met then: no real shopper would have met it.
fn is_limited(findings: &Findings, window: &Incident) -> bool {
    findings.health.address_limit().is_some_and(|met| met.began_at < window.until)
}

fn describe(plan: &Plan, facts: &RunFacts, findings: &Findings, window: &Incident) -> String {
    let share = window.inside.value().unwrap_or_default();
    let how = if is_limited(findings, window) {
        format!(
            "limited the load generator's address (429 or another failure for {} of first attempts)",
            percent(share)
        )
    } else if let Some((first, last)) = slow_times::rise_of(findings, window) {
        format!("failed more and more, up to {} of first attempts after {},", percent(last), {
            if first > 0.0 { percent(first) } else { "none".to_owned() }
        })
    } else if share >= OUTAGE {
        "was down".to_owned()
    } else {
        format!("failed {} of first attempts", percent(share))
    };
    format!(
        "{} {how} from {}{}",
        failing_part(plan, window),
        span(facts, window),
        late(findings, window)
    )
}

/// `12:01:10 to 12:01:40`; `12:01:10 to the end`.
fn span(facts: &RunFacts, window: &Incident) -> String {
    format!("{} to {}", clock(facts, window.from), end(facts, window))
}

fn end(facts: &RunFacts, window: &Incident) -> String {
    if window.to_the_end { "the end".to_owned() } else { clock(facts, window.until) }
}

/// The time of day, in the run's time zone.
pub fn clock(facts: &RunFacts, at: Micros) -> String {
    let moment = facts.started_at.as_microsecond().saturating_add_unsigned(at.0);
    let moment = Timestamp::from_microsecond(moment).unwrap_or(facts.started_at);
    facts.zone.time_of_day(moment)
}

/// All incidents.
pub fn table(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Table {
    let lost = findings.loss.is_some();
    let any_late = findings.incidents.iter().any(|window| !late(findings, window).is_empty());
    let from = format!("from ({})", facts.zone.label());
    let mut columns = vec![
        (from.as_str(), Fit::Name),
        ("to", Fit::Name),
        ("run time", Fit::Optional(3)),
        ("at", Fit::Name),
        ("first attempts", Fit::Optional(2)),
        ("failed", Fit::Figure),
        ("95 % CI", Fit::Optional(1)),
        ("other times", Fit::Figure),
        ("95 % CI", Fit::Optional(5)),
        ("repeated", Fit::Figure),
    ];
    columns.extend(lost.then_some(("excess lost", Fit::Figure)));
    columns.extend(lost.then_some(("95 % CI", Fit::Optional(4))));
    columns.extend(any_late.then_some(("load generator", Fit::Name)));
    let mut table =
        Table::new("Incidents (elevated failure rate, by when attempts began)", &columns);
    for window in &findings.incidents {
        let unit = units(plan, window).unwrap_or_else(|| "whole shop".to_owned());
        let (inside, outside) = (rate(&window.inside), rate(&window.outside));
        let mut cells = vec![
            clock(facts, window.from),
            end(facts, window),
            window.from.to_string(),
            unit,
            count(window.inside.trials),
            inside.0,
            inside.1,
            outside.0,
            outside.1,
            count(window.repeated),
        ];
        if lost {
            let excess = window.excess_lost;
            cells.extend([
                excess.map_or_else(String::new, |(lost, _)| expected_count(lost)),
                excess.map_or_else(String::new, |(_, ci95)| range(ci95)),
            ]);
        }
        let was_late = !late(findings, window).is_empty();
        cells.extend(any_late.then(|| if was_late { "late" } else { "on time" }.to_owned()));
        table.row(if was_late { Tone::Doubtful } else { Tone::Bad }, cells);
    }
    table
}

/// Overloads, and how much retries add to the load where shoppers really leave.
pub fn pressure(facts: &RunFacts, findings: &Findings) -> Vec<Statement> {
    // Where nobody leaves, the load of retries is not that of a real shop.
    let Some(loss) = findings.loss.as_ref().filter(|loss| loss.behaviour == Behaviour::Live) else {
        return Vec::new();
    };
    let retries = loss.pressure.amplification.filter(|times| *times > 1.0).map(|times| {
        Statement::new(
            Tone::Plain,
            format!("Retry amplification: {times:.2} attempts per first attempt."),
        )
    });
    let overloads = loss.pressure.overloads.iter().map(|overload| {
        let until = overload.until.unwrap_or(Micros(u64::MAX));
        let (tone, late) = if was_late(findings, overload.from, until) {
            (Tone::Doubtful, " The load generator was late then.")
        } else {
            (Tone::Bad, "")
        };
        Statement::new(tone, describe_overload(facts, overload) + late)
    });
    retries.into_iter().chain(overloads).collect()
}

fn describe_overload(facts: &RunFacts, overload: &Overload) -> String {
    let per_second = |rate: f64| format!("{}/s", super::format::figure(rate));
    let onset = format!(
        "Overload: failures began at {} with {} arriving; the rate peaked at {}.",
        clock(facts, overload.from),
        per_second(overload.onset_rate),
        per_second(overload.peak_rate)
    );
    let retries = overload
        .amplification
        .map_or_else(String::new, |times| format!(" Retry amplification: {times:.2}."));
    let recovery = overload.recovery;
    let recovered = match (overload.until, overload.hysteresis) {
        (Some(_), Some(hysteresis)) if hysteresis > 0.05 * overload.onset_rate => format!(
            "The shop recovered {recovery} after the rate fell back to that level, and only at {}.",
            per_second(overload.onset_rate - hysteresis)
        ),
        (Some(_), _) => {
            format!("The shop recovered {recovery} after the rate fell back to that level.")
        }
        (None, _) => format!(
            "The shop had not recovered when the run ended, {recovery} after the rate fell back to that level."
        ),
    };
    format!("{onset}{retries} {recovered}")
}
