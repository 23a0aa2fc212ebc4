//! Statistical power of the run, its objectives, its error budget, and the limits in its way.

use super::text::{bound, count, count_about, pad_right, percent, right, wrap};
use super::text::{indent, none_fails};
use crate::base::plural;
use crate::plan::Plan;
use crate::plan::forecast::detect::{BASELINES, Sight};
use crate::plan::forecast::{Forecast, Need, detect};

/// The rises in failure rates that the run detects.
pub fn rates(forecast: &Forecast, width: usize) -> Vec<String> {
    let Some(flow) = forecast.arrivals.filter(|_| !forecast.at_most) else { return Vec::new() };
    let mut lines = vec!["Rises in failure rates that this run detects (80 % power)".to_owned()];
    let heads = BASELINES.map(|base| right(&format!("from {}", percent(base)), 13));
    lines.push(format!("  {}{}{}", pad_right("", 24), right("if no failure", 14), heads.concat()));
    let rise = |base: f64, visits: f64| {
        detect::smallest_rise(base, (flow.total * visits) as u64)
            .map_or("none".to_owned(), |risen| format!("to {}", bound(risen)))
    };
    for (name, visits) in [("shoppers", 1.0), ("at payment", forecast.orders)]
        .into_iter()
        .filter(|(_, visits)| *visits > 0.0)
    {
        let seen = BASELINES.map(|base| right(&rise(base, visits), 13));
        let number = format!("{} {name}", count(flow.total * visits));
        lines.push(format!(
            "  {}{}{}",
            pad_right(&number, 24),
            right(&none_fails(forecast, visits), 14),
            seen.concat()
        ));
        let sights = BASELINES.map(|base| Sight::of(base, (flow.total * visits) as u64, 1.0));
        let row = |name: &str, show: &dyn Fn(&Sight) -> String| {
            let cells = sights.iter().map(|sight| right(&show(sight), 13)).collect::<String>();
            format!("  {}{}{cells}", pad_right(name, 24), right("", 14))
        };
        let change = |sight: &Sight| {
            sight.change_from.map_or("none".to_owned(), |risen| format!("to {}", bound(risen)))
        };
        let missing = |sight: &Sight| {
            if sight.more == 0 {
                "sufficient".to_owned()
            } else {
                format!("{} more", count(sight.more as f64))
            }
        };
        lines.push(row("  comparing two runs", &change));
        lines.push(row("  to detect a doubling", &missing));
    }
    let note = "Smaller rises may go undetected. Failures in bursts need more shoppers; the report states the effective sample.";
    lines.extend(wrap(note, width - 2).iter().map(indent));
    lines
}

/// The objectives that can be met.
pub fn objectives(plan: &Plan, forecast: &Forecast, width: usize) -> Vec<String> {
    if plan.objectives.is_empty() {
        return Vec::new();
    }
    let name_width = plan
        .objectives
        .iter()
        .map(|objective| objective.text.chars().count())
        .max()
        .unwrap_or(0)
        .min(width / 2)
        + 2;
    let lines = plan.objectives.iter().zip(&forecast.needs).flat_map(|(objective, need)| {
        let place = if objective.window.is_some() { " in each window" } else { "" };
        let answer = match need {
            None => String::new(),
            Some(Need { needed: None, .. }) => {
                "inconclusive at best: no sample shows a rate of zero".to_owned()
            }
            Some(need @ Need { needed: Some(needed), advised, expected }) => {
                let verdict = if need.is_met() { "can be met" } else { "inconclusive at best" };
                let advised = advised.map_or(String::new(), |advised| {
                    format!(", {} if the rate is half the limit", count(advised as f64))
                });
                format!(
                    "{verdict}: {} samples expected{place}; {} needed without failures{advised}",
                    count(*expected),
                    count(*needed as f64)
                )
            }
        };
        let lines = wrap(&answer, width - name_width - 2).into_iter().enumerate();
        lines.map(move |(i, line)| {
            format!("  {}{line}", pad_right(if i == 0 { &objective.text } else { "" }, name_width))
        })
    });
    std::iter::once("Objectives".to_owned()).chain(lines).collect()
}

/// The error budget, and the smallest burn rate that the run can show.
pub fn budget(plan: &Plan, forecast: &Forecast, width: usize) -> Vec<String> {
    let Some(budget) = &plan.budget else { return Vec::new() };
    let size = format!(
        "{}: the budget is {} of {} over {}.",
        budget.text,
        count(budget.size()),
        count_about(budget.shoppers, "shopper"),
        days(budget.window.as_secs_f64())
    );
    let flow = forecast.arrivals.filter(|_| !forecast.at_most);
    let sees = flow.map(|flow| {
        let hour = budget.peak_hour.unwrap_or(flow.mean * 3_600.0);
        let least = detect::bound_of_none(flow.total as u64) / budget.allowed;
        format!(
            "At a burn rate of 1, a peak hour ({}) spends {}. Without failures, this run shows a burn rate below {least:.1}.",
            count_about(hour, "shopper"),
            percent(hour / budget.shoppers),
        )
    });
    let lines =
        wrap(&[Some(size), sees].into_iter().flatten().collect::<Vec<_>>().join(" "), width - 2);
    std::iter::once("Error budget".to_owned()).chain(lines.iter().map(indent)).collect()
}

fn days(seconds: f64) -> String {
    if seconds >= 172_800.0 {
        plural(&format!("{:.0}", seconds / 86_400.0), "day")
    } else {
        plural(&format!("{:.0}", seconds / 3_600.0), "hour")
    }
}

/// The limits that the plan exceeds.
pub fn breaches(forecast: &Forecast, width: usize) -> Vec<String> {
    if forecast.breaches.is_empty() {
        return Vec::new();
    }
    let lines = forecast.breaches.iter().flat_map(|breach| {
        let word = if breach.refuses() { "refused" } else { "warning" };
        wrap(&format!("{word}: {breach}"), width - 2)
    });
    std::iter::once("Limits that this plan exceeds".to_owned())
        .chain(lines.map(|line| indent(&line)))
        .collect()
}
