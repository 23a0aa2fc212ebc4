//! The noise floor, printed.

use crate::report::view::format::percent_figure;
use crate::verdict::compare::NoiseFloor;

/// What like runs differ by, a line for each figure.
pub fn noise_text(noise: &NoiseFloor) -> String {
    let width = noise.floors.keys().map(|key| key.chars().count()).max().unwrap_or(0);
    let line = |(key, floor): (&String, &f64)| {
        // Of rates a difference, of spans the logarithm of a ratio.
        let shown = match key.starts_with('p') {
            true => format!("{} %", percent_figure(floor.exp() - 1.0)),
            false => format!("{} pt", percent_figure(*floor)),
        };
        let shown = if *floor <= 0.0 { "nothing beyond chance".to_owned() } else { shown };
        format!("  {key:<width$}  {shown}\n")
    };
    let head = format!(
        "What {} like runs of {} differ by, so that a smaller change counts for nothing\n",
        noise.runs.len(),
        noise.scenario
    );
    head + &noise.floors.iter().map(line).collect::<String>()
}
