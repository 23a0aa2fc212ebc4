//! Times at which the shop answered slowly, and what grew worse with every minute.

use super::blocks::{Fit, Statement, Table, Tone};
use super::format::{NOTHING, count, figure, percent, rate};
use super::incidents::clock;
use super::warning::was_late;
use crate::base::Micros;
use crate::plan::Plan;
use crate::verdict::{Findings, Incident, Rise, RunFacts, SlowTime, Trend};

/// Slow times beyond these are only counted in a sentence.
const LISTED: usize = 2;

/// The slow times and the trends, in sentences.
pub fn statements(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Vec<Statement> {
    let slow = slow(plan, facts, findings);
    let trends = findings
        .trends
        .iter()
        .map(|trend| Statement::new(Tone::Bad, format!("{}.", describe_trend(plan, trend))));
    slow.into_iter().chain(trends).collect()
}

fn slow(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Option<Statement> {
    let times = &findings.slow_times;
    let described: Vec<String> = times
        .iter()
        .take(LISTED)
        .map(|time| format!("{}, {}", span(facts, time), describe(plan, findings, time)))
        .collect();
    let more = match times.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!("; and {} more", count(more as u64)),
    };
    (!described.is_empty()).then(|| {
        let text = format!("Slow times, by when attempts began: {}{more}.", described.join("; "));
        Statement::new(Tone::Bad, text)
    })
}

/// The first slow time: when, and what it was like.
pub fn first(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Option<(String, String)> {
    let time = findings.slow_times.first()?;
    let more = match findings.slow_times.len() as u64 - 1 {
        0 => String::new(),
        more => format!("; {} more", crate::base::count_of(more, "slow time")),
    };
    Some((
        format!("{} {}", span(facts, time), facts.zone.label()),
        format!("slow, without failures: {}{more}", describe(plan, findings, time)),
    ))
}

/// `the shop: p50 3.2s, 45ms at other times, at most 5.1s`.
fn describe(plan: &Plan, findings: &Findings, time: &SlowTime) -> String {
    let at = time.unit.map_or_else(|| "the shop".to_owned(), |unit| plan.unit_label(unit));
    let slow = percent(time.inside.value().unwrap_or_default());
    let p50 = time.p50.map(|p50| match time.p50_outside {
        Some(usual) => format!(" (p50 {p50}, {usual} at other times)"),
        None => format!(" (p50 {p50})"),
    });
    let max = time.max.map_or_else(String::new, |max| format!(", the slowest after {max}"));
    let late = if is_late(findings, time) { " (load generator was late)" } else { "" };
    format!("{at} answered {slow} of attempts slowly{}{max}{late}", p50.unwrap_or_default())
}

fn is_late(findings: &Findings, time: &SlowTime) -> bool {
    was_late(findings, time.from, time.until)
}

fn span(facts: &RunFacts, time: &SlowTime) -> String {
    format!("{} to {}", clock(facts, time.from), end(facts, time))
}

fn end(facts: &RunFacts, time: &SlowTime) -> String {
    if time.to_the_end { "the end".to_owned() } else { clock(facts, time.until) }
}

/// All slow times.
pub fn table(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Table {
    let from = format!("from ({})", facts.zone.label());
    let columns = [
        (from.as_str(), Fit::Name),
        ("to", Fit::Name),
        ("run time", Fit::Optional(3)),
        ("at", Fit::Name),
        ("answers", Fit::Optional(2)),
        ("slow", Fit::Figure),
        ("other times", Fit::Optional(1)),
        ("p50", Fit::Figure),
        ("other times", Fit::Figure),
        ("max", Fit::Figure),
    ];
    let mut table =
        Table::new("Slow times (three times as long as usual, by when attempts began)", &columns);
    let shown = |span: Option<Micros>| span.map_or_else(|| NOTHING.to_owned(), |it| it.to_string());
    for time in &findings.slow_times {
        let tone = if is_late(findings, time) { Tone::Doubtful } else { Tone::Bad };
        table.row(
            tone,
            [
                clock(facts, time.from),
                end(facts, time),
                time.from.to_string(),
                time.unit.map_or_else(|| "whole shop".to_owned(), |unit| plan.unit_label(unit)),
                count(time.inside.trials),
                rate(&time.inside).0,
                rate(&time.outside).0,
                shown(time.p50),
                shown(time.p50_outside),
                shown(time.max),
            ],
        );
    }
    table
}

/// `Failures at pay rose throughout the run, from 2.0 % to 48 % of first attempts`.
pub(super) fn describe_trend(plan: &Plan, trend: &Trend) -> String {
    let at = plan.unit_label(trend.unit);
    let rise = match trend.rise {
        Rise::Failures { first, last } => format!(
            "Failures at {at} rose throughout the run, from {} to {} of first attempts",
            share(first),
            percent(last)
        ),
        Rise::ResponseTime { first, last } => format!(
            "Response times at {at} rose throughout the run, from a p50 of {first} to {last}"
        ),
    };
    let load = trend.load.map_or_else(
        || ", though the load did not".to_owned(),
        |(first, last)| {
            format!(", while arrivals rose from {}/s to {}/s", figure(first), figure(last))
        },
    );
    rise + &load
}

fn share(share: f64) -> String {
    if share > 0.0 { percent(share) } else { "none".to_owned() }
}

/// The rise of failures that an incident until the end is: from what share to what.
pub(super) fn rise_of(findings: &Findings, window: &Incident) -> Option<(f64, f64)> {
    let of_incident = |trend: &Trend| match window.unit {
        Some(unit) => unit == trend.unit,
        None => window.units.is_empty() || window.units.contains(&trend.unit),
    };
    let rises = findings.trends.iter().filter(|trend| of_incident(trend)).filter_map(|trend| {
        match trend.rise {
            Rise::Failures { first, last } => Some((first, last)),
            Rise::ResponseTime { .. } => None,
        }
    });
    rises.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|_| window.to_the_end)
}
