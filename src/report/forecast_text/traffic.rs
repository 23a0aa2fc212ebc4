//! The traffic that the shop will see: attempts by step, orders, concurrent shoppers.

use super::text::{count, count_about, pad_right, rate, right, wrap};
use super::text::{indent, none_fails};
use crate::plan::forecast::{Forecast, Volume};
use crate::plan::{Plan, RetryUnit};

/// A row for each step.
pub fn steps(plan: &Plan, forecast: &Forecast, width: usize) -> Vec<String> {
    let columns = ["per shopper", "attempts", "mean/s", "peak/s", "if no failure"];
    let sizes = [12, 11, 9, 9, 15];
    let name_width = (width - 2 - sizes.iter().sum::<usize>()).min(36);
    let row = |name: &str, cells: [String; 5]| {
        let cells: String = cells.iter().zip(sizes).map(|(cell, size)| right(cell, size)).collect();
        format!("  {}{cells}", pad_right(name, name_width))
    };
    let figures = |visits: f64| {
        let flow = forecast.arrivals.map(|flow| flow.times(visits));
        let cell = |of: fn(Volume) -> String| flow.map_or("?".to_owned(), of);
        [
            trim_visits(visits),
            cell(|flow| count(flow.total)),
            cell(|flow| rate(flow.mean)),
            cell(|flow| rate(flow.peak)),
            none_fails(forecast, visits),
        ]
    };
    let mut lines = vec![row("step", columns.map(str::to_owned))];
    for journey in &plan.journeys {
        if plan.journeys.len() > 1 {
            lines.push(format!("  {}", pad_right(&journey.name, width - 2)));
        }
        let indent = if plan.journeys.len() > 1 { "  " } else { "" };
        for unit in &plan.units[usize::from(journey.units.start)..usize::from(journey.units.end)] {
            let inside = if is_group(plan, unit) { "  " } else { "" };
            if is_group(plan, unit) {
                lines.push(pad_right(
                    &format!("  {indent}{} (retried as a unit)", unit.name),
                    width,
                ));
            }
            for step in unit.steps.clone().map(usize::from) {
                lines.push(row(
                    &format!("{indent}{inside}{}", plan.steps[step].name),
                    figures(forecast.visits[step]),
                ));
            }
        }
    }
    let [visits, total, mean, peak, _] = figures(forecast.visits.iter().sum());
    lines.push(row("all requests", [visits, total, mean, peak, String::new()]));
    if plan.steps.iter().any(|step| step.assets.is_some()) {
        lines.push(pad_right(
            "  page assets (`assets`) come on top: their number depends on the pages",
            width,
        ));
    }
    lines
}

/// A purchase whose name says more than its step's.
fn is_group(plan: &Plan, unit: &RetryUnit) -> bool {
    unit.steps.len() > 1
        || unit.steps.clone().any(|step| plan.steps[usize::from(step)].name != unit.name)
}

fn trim_visits(visits: f64) -> String {
    format!("{visits:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The conditions that no forecast can decide, and what is assumed of them.
pub fn render_undecided(plan: &Plan, width: usize) -> Vec<String> {
    let undecided = plan.undecided_guards();
    if undecided.is_empty() {
        return Vec::new();
    }
    let sources: Vec<String> =
        undecided.iter().map(|guard| plan.guard(*guard).to_string()).collect();
    let text = format!(
        "Assumed to hold, because captures or the shop's answers decide: {}.",
        sources.join("; ")
    );
    wrap(&text, width - 2).iter().map(indent).collect()
}

/// Orders, concurrent shoppers, and the assumptions.
pub fn stay(forecast: &Forecast, width: usize) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(flow) = forecast.arrivals.filter(|_| forecast.orders > 0.0) {
        let bound = if forecast.at_most { "at most " } else { "" };
        facts.push(format!("Orders: {bound}{}.", count(flow.total * forecast.orders)));
    }
    if let Some((low, high)) = forecast.at_once.filter(|_| !forecast.at_most) {
        facts.push(format!(
            "{} to {} are active at the peak. A visit takes {} if the shop responds instantly, and {} if every step takes its full time limit.",
            count(low),
            count_about(high, "shopper"),
            forecast.shortest_stay,
            forecast.longest_stay
        ));
    }
    facts.push(
        "Assumptions: no attempt fails, every step is one request, and the peak reaches all steps at once. Redirects and polls come on top."
            .to_owned(),
    );
    wrap(&facts.join(" "), width - 2).iter().map(indent).collect()
}
