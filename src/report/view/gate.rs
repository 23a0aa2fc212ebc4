//! The release gate in words and figures: what was observed of each objective, and what the answer is.

use super::blocks::{Fit, Table, Tone};
use super::format::{NOTHING, count, counted, interval, percent};
use crate::base::Micros;
use crate::plan::{Metric, MetricUnit, Population};
use crate::verdict::{Findings, InTime, ObjectiveFinding, ObjectiveVerdict, Why};

/// The release gate, a line for each objective.
pub fn objectives(findings: &Findings) -> Table {
    let columns = [
        ("objective", Fit::Prose),
        ("observed", Fit::Figure),
        ("exact 95 %", Fit::Optional(1)),
        ("answer", Fit::Prose),
    ];
    let mut table = Table::new("Objectives", &columns).in_sight();
    for found in &findings.objectives {
        let tone = match found.verdict {
            ObjectiveVerdict::Holds => Tone::Good,
            ObjectiveVerdict::Broken => Tone::Bad,
            ObjectiveVerdict::Inconclusive => Tone::Doubtful,
        };
        table
            .row(tone, [found.text.clone(), observed(found), observed_range(found), answer(found)]);
    }
    table
}

/// What was observed of an objective: `0.42 %`, `812 ms`, `31.0/s`. A quantile that lies among what never came to a success is no
/// span that anybody can name: then it is the share that came within the limit, `75.3 % in time`.
pub fn observed(found: &ObjectiveFinding) -> String {
    if let Some(in_time) = in_time(found) {
        let share = if in_time.share <= 0.0 { "none".to_owned() } else { percent(in_time.share) };
        return format!("{share} in time");
    }
    let Some(observed) = found.observed else { return NOTHING.to_owned() };
    if observed <= 0.0 && found.metric.unit() == MetricUnit::Fraction {
        return "none".to_owned();
    }
    figure_of(&found.metric, observed)
}

/// What came within the limit, where the quantile itself says nothing.
fn in_time(found: &ObjectiveFinding) -> Option<&InTime> {
    found.in_time.as_ref().filter(|_| found.observed_at_least)
}

/// Where what was observed lies with 95 % confidence.
pub fn observed_range(found: &ObjectiveFinding) -> String {
    if let Some(in_time) = in_time(found) {
        return if in_time.share <= 0.0 {
            format!("≤ {}", percent(in_time.ci95.high))
        } else {
            interval(in_time.ci95)
        };
    }
    match found.ci95 {
        None => NOTHING.to_owned(),
        Some(ci95) if is_time(&found.metric) && ci95.high.is_infinite() => {
            format!("≥ {}", figure_of(&found.metric, ci95.low))
        }
        Some(ci95) if is_time(&found.metric) => format!(
            "{}–{}",
            figure_of(&found.metric, ci95.low),
            figure_of(&found.metric, ci95.high)
        ),
        Some(ci95) if ci95.low <= 0.0 && found.observed == Some(0.0) => {
            format!("≤ {}", percent(ci95.high))
        }
        Some(ci95) => interval(ci95),
    }
}

/// The answer to an objective in words, with what it takes to decide it.
pub fn answer(found: &ObjectiveFinding) -> String {
    let word = match found.verdict {
        ObjectiveVerdict::Holds => "holds",
        ObjectiveVerdict::Broken => "broken",
        ObjectiveVerdict::Inconclusive => "inconclusive",
    };
    let because = match (found.why, found.more_shoppers) {
        (Why::Sure, _) => String::new(),
        (Why::NothingSeen, _) => ": nothing of the kind was seen".to_owned(),
        (Why::Certain, _) => ", so surely that the run was stopped".to_owned(),
        (Why::CutShort, _) => ": it seems to hold, but the run was cut short".to_owned(),
        (Why::HoldsSoFar, _) => ": it holds so far".to_owned(),
        (Why::BrokenSoFar, _) => ": it is broken so far".to_owned(),
        (Why::Suspect, _) => ": it seems to hold, but the generator is in doubt".to_owned(),
        (Why::Straddles, Some(more)) => {
            format!(": about {} would decide", counted(more.max(1), "more shopper"))
        }
        (Why::Straddles, None) => ": too close to the limit for any number of shoppers".to_owned(),
    };
    let window = found.window.filter(|_| found.observed.is_some()).map(|window| {
        format!(
            " (the worst of {}: {:.0}–{:.0} s)",
            counted(window.of, "window"),
            window.from.as_secs_f64(),
            window.until.as_secs_f64()
        )
    });
    format!("{word}{because}{}{}", window.unwrap_or_default(), never(found))
}

/// Who never came to a success, and how long it took the others, where the quantile lies among the former.
fn never(found: &ObjectiveFinding) -> String {
    let Some(in_time) = in_time(found) else { return String::new() };
    let Some(quantile) = found.metric.quantile else { return String::new() };
    let what = match found.metric.population() {
        Population::JourneyEnds(_) => "never came to the end",
        Population::Attempts(_) => "were given up as too slow",
        Population::Buyers => "never bought",
        Population::Shoppers | Population::Requests => return String::new(),
    };
    let percentile = (quantile * 1_000.0).round() / 10.0;
    let others = found
        .successes_only
        .map(|others| format!(" (p{percentile} of the others: {others})"))
        .unwrap_or_default();
    format!("; {} of {} {what}{others}", count(in_time.never), count(found.sample))
}

/// All of it in a line: what was observed, where it lies, and the answer.
pub fn sentence(found: &ObjectiveFinding) -> String {
    format!(
        "observed {} ({}), limit {}: {}",
        observed(found),
        observed_range(found),
        figure_of(&found.metric, found.limit),
        answer(found)
    )
}

/// Whether a metric is a span of time.
pub fn is_time(metric: &Metric) -> bool {
    metric.unit() == MetricUnit::Time
}

/// A figure of a metric with its unit.
pub fn figure_of(metric: &Metric, figure: f64) -> String {
    match metric.unit() {
        MetricUnit::PerSecond => format!("{figure:.1}/s"),
        MetricUnit::Time => Micros(figure as u64).to_string(),
        MetricUnit::Fraction => percent(figure),
    }
}
