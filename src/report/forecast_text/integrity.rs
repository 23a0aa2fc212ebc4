//! What the run will show of orders that are lost, doubled or sold twice, by the shop's own records.

use super::text::{bound, count, count_about, pad_right, wrap};
use crate::base::Micros;
use crate::plan::forecast::{Forecast, Volume, detect};
use crate::plan::{Plan, ProvocationKind, RetryUnit};
use crate::reconcile::{shortest_window_ms, upper_limit};

/// The rates and windows that the run shows with 95 %.
pub fn integrity(plan: &Plan, forecast: &Forecast, width: usize) -> Vec<String> {
    let Some(flow) = forecast.arrivals.filter(|_| !forecast.at_most) else { return Vec::new() };
    let provoked: Vec<(&RetryUnit, f64)> = plan
        .units
        .iter()
        .filter_map(|unit| Some((unit, count_provoked(unit, forecast, flow)?)))
        .collect();
    let orders = flow.total * forecast.orders;
    if orders < 1.0 || (plan.records.is_none() && provoked.is_empty()) {
        return Vec::new();
    }
    let mut lines = vec!["Order integrity: what shows at least once with 95 %".to_owned()];
    let mut row = |name: &str, shown: &str| {
        lines.extend(
            wrap(shown, width - 32)
                .iter()
                .zip(std::iter::once(name).chain(std::iter::repeat("")))
                .map(|(line, name)| format!("  {}{line}", pad_right(name, 30))),
        );
    };
    let at_least = |intents: f64| match intents >= 3.0 {
        true => {
            format!("a rate of {} or more", bound(detect::bound_of_none(intents.round() as u64)))
        }
        false => "nothing: fewer than 3 of them".to_owned(),
    };
    row(&count_about(orders, "order"), &at_least(orders));
    for (unit, intents) in &provoked {
        for arm in &unit.provocations {
            let n = intents * arm.share;
            row(&format!("{} of {}", count(n), arm.label()), &at_least(n));
        }
        let clicks =
            unit.provocations.iter().filter(|arm| arm.kind == ProvocationKind::DoubleClick);
        let clicks: Vec<(f64, f64)> =
            clicks.map(|arm| (arm.after.0 as f64 / 1e3, intents * arm.share)).collect();
        if let Some(window) = shortest_window_ms(&clicks) {
            row("double clicks", &format!("{} from check to write, or more", milliseconds(window)));
        }
    }
    let stock = plan.records.as_ref().is_some_and(|records| records.stock.is_some());
    let peak = flow.peak * forecast.orders;
    if stock && peak > 0.0 {
        let window = upper_limit(0) / peak * 1e3;
        row(
            "the last units at the peak",
            &format!("{} from testing the stock to taking it, or more", milliseconds(window)),
        );
    }
    lines
}

/// How many come to the paying step of a purchase with provocations.
fn count_provoked(unit: &RetryUnit, forecast: &Forecast, flow: Volume) -> Option<f64> {
    let step = unit.paying_step.filter(|_| !unit.provocations.is_empty())?;
    Some(flow.total * forecast.visits[step.index()])
}

fn milliseconds(ms: f64) -> String {
    Micros((ms * 1e3).round() as u64).to_string()
}
