//! The noise floor, printed.

use crate::plan::Plan;
use crate::report::view::format::percent_figure;
use crate::verdict::compare::{NoiseFloor, Subject};

/// The noise floor of each metric: the difference between runs of the same shop.
pub fn noise_text(noise: &NoiseFloor, plan: &Plan) -> String {
    let metrics = Subject::all(plan, Subject::RepeatedFailures);
    let is_time =
        |key: &String| metrics.iter().any(|metric| metric.is_time() && metric.key(plan) == *key);
    let width = noise.floors.keys().map(|key| key.chars().count()).max().unwrap_or(0);
    let line = |(key, floor): (&String, &f64)| {
        // A difference of rates, or the logarithm of a ratio of times.
        let shown = if is_time(key) {
            format!("{} %", percent_figure(floor.exp() - 1.0))
        } else {
            format!("{} pt", percent_figure(*floor))
        };
        let shown = if *floor <= 0.0 { "none beyond chance".to_owned() } else { shown };
        format!("  {key:<width$}  {shown}\n")
    };
    let head = format!(
        "Noise floor of {} runs of {}: smaller changes do not count\n",
        noise.runs.len(),
        noise.scenario
    );
    head + &noise.floors.iter().map(line).collect::<String>()
}
