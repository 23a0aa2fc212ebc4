//! The release gate: the observed figure and the result of each objective.

use super::blocks::{Fit, Table, Tone};
use super::format::{NOTHING, count, count_of, interval, percent};
use crate::base::Micros;
use crate::plan::{Metric, MetricUnit, Population};
use crate::verdict::statistics::min_sample;
use crate::verdict::{Findings, ObjectiveFinding, ObjectiveVerdict, Reason, WithinLimit};

/// One row per objective.
pub fn objectives(findings: &Findings) -> Table {
    let columns = [
        ("objective", Fit::Prose),
        ("observed", Fit::Figure),
        ("95 % CI", Fit::Optional(1)),
        ("result", Fit::Prose),
    ];
    let mut table = Table::new("Objectives", &columns).in_sight();
    for found in &findings.objectives {
        let tone = tone(found.verdict);
        table.row(
            tone,
            [found.text.clone(), observed_figure(found), observed_range(found), result(found)],
        );
    }
    table
}

/// The tone of an objective's result.
pub const fn tone(verdict: ObjectiveVerdict) -> Tone {
    match verdict {
        ObjectiveVerdict::Met => Tone::Good,
        ObjectiveVerdict::Violated => Tone::Bad,
        ObjectiveVerdict::Inconclusive => Tone::Doubtful,
    }
}

/// The observed figure of an objective: `0.42 %`, `812 ms`, `31.0/s`. A quantile that lies among attempts without a success has no
/// value: then it is the share within the limit, `75.3 % within limit`.
pub fn observed_figure(found: &ObjectiveFinding) -> String {
    if let Some(in_time) = in_time(found) {
        let share = if in_time.share <= 0.0 { "none".to_owned() } else { percent(in_time.share) };
        return format!("{share} within limit");
    }
    let Some(observed) = found.observed else { return NOTHING.to_owned() };
    if observed <= 0.0 && found.metric.unit() == MetricUnit::Fraction {
        return "none".to_owned();
    }
    figure_of(&found.metric, observed)
}

/// The share within the limit, where the quantile has no value, or where the sample can't carry it.
fn in_time(found: &ObjectiveFinding) -> Option<&WithinLimit> {
    found.within_limit.as_ref().filter(|_| found.observed_at_least || found.observed.is_none())
}

/// The one-sided limit that decided, where the two-sided interval beside it lies on both sides of the objective's limit.
fn decided_by(found: &ObjectiveFinding) -> Option<String> {
    let quantile = found.metric.quantile;
    let (ci95, limit) = match (&found.within_limit, quantile) {
        (Some(within), Some(q)) => (within.ci95, q),
        _ => (found.ci95?, found.limit),
    };
    // Of several windows, each is tested at a level of its own.
    let in_doubt = found.window.is_none() && ci95.low <= limit && limit <= ci95.high;
    let decided_by = found.decided_by.filter(|_| in_doubt)?;
    let shown = if quantile.is_some() { 1.0 - decided_by } else { decided_by };
    let within = if quantile.is_some() { " within limit" } else { "" };
    Some(format!(" (decided by the one-sided 95 % limit: {}{within})", percent(shown)))
}

/// The confidence interval of the observed figure.
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
        Some(ci95) if found.metric.unit() == MetricUnit::Time && ci95.high.is_infinite() => {
            format!("≥ {}", figure_of(&found.metric, ci95.low))
        }
        Some(ci95) if found.metric.unit() == MetricUnit::Time => format!(
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

/// The result of an objective, with the sample that it takes to decide it.
pub fn result(found: &ObjectiveFinding) -> String {
    let word = match found.verdict {
        ObjectiveVerdict::Met => "met",
        ObjectiveVerdict::Violated => "violated",
        ObjectiveVerdict::Inconclusive => "inconclusive",
    };
    let because = match (found.reason, found.more_shoppers) {
        (Reason::Sure, _) => decided_by(found).unwrap_or_default(),
        (Reason::NothingSeen, _) => ": no samples".to_owned(),
        (Reason::Certain, _) => " (the run was stopped)".to_owned(),
        (Reason::CutShort, _) => ": met until the run was cut short".to_owned(),
        (Reason::MetSoFar, _) => ": met so far".to_owned(),
        (Reason::ViolatedSoFar, _) => ": violated so far".to_owned(),
        (Reason::Suspect, _) => ": met, but the load generator is suspect".to_owned(),
        (Reason::Straddles, Some(more)) => {
            format!(": about {} needed", count_of(more.max(1), "more shopper"))
        }
        (Reason::Straddles, None) => ": too close to the limit for any sample size".to_owned(),
    };
    let window = found.window.filter(|_| found.sample > 0).map(|window| {
        format!(
            " (worst of {}: {:.0}–{:.0} s)",
            count_of(window.windows, "window"),
            window.from.as_secs_f64(),
            window.until.as_secs_f64()
        )
    });
    format!("{word}{because}{}{}", window.unwrap_or_default(), without_success(found))
}

/// The number without a success, and the quantile of the others, where the quantile lies among the former.
fn without_success(found: &ObjectiveFinding) -> String {
    let Some(in_time) = in_time(found) else { return String::new() };
    let Some(quantile) = found.metric.quantile else { return String::new() };
    let percentile = (quantile * 1_000.0).round() / 10.0;
    let needed = min_sample(quantile);
    if found.sample < needed {
        return format!(
            "; a p{percentile} needs {} and has {}",
            count(needed),
            count(found.sample)
        );
    }
    let what = match found.metric.population() {
        Population::JourneyEnds(_) => "never finished the journey",
        Population::Attempts(_) => "timed out",
        Population::Buyers => "never bought",
        Population::Shoppers | Population::Requests | Population::Orders => return String::new(),
    };
    let others = found
        .successes_only
        .map(|others| format!(" (p{percentile} of the others: {others})"))
        .unwrap_or_default();
    format!("; {} of {} {what}{others}", count(in_time.never), count(found.sample))
}

/// Observed figure, interval, limit and result in a line.
pub fn sentence(found: &ObjectiveFinding) -> String {
    let range = observed_range(found);
    let ci95 = if range == NOTHING { String::new() } else { format!(" (95 % CI {range})") };
    format!(
        "observed {}{ci95}, limit {}: {}",
        observed_figure(found),
        figure_of(&found.metric, found.limit),
        result(found)
    )
}

/// A figure of a metric with its unit.
pub fn figure_of(metric: &Metric, figure: f64) -> String {
    match metric.unit() {
        MetricUnit::PerSecond => format!("{figure:.1}/s"),
        MetricUnit::Time => Micros(figure as u64).to_string(),
        MetricUnit::Fraction => percent(figure),
    }
}
