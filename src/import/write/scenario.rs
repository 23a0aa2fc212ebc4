//! The scenario.

use jiff::Timestamp;

use super::journeys::journeys;
use super::load::{factors, load, logged_arrivals};
use super::yaml::{Yaml, pause, percent, quote};
use crate::import::flow::MeasuredPatience;
use crate::import::result::Import;

/// The scenario of an import, which `check` accepts. What the log does not tell is listed under `x-todo`.
pub fn scenario(import: &Import) -> String {
    assemble(import, None, None, Vec::new())
}

/// The same around the steps of a recorded purchase, with what is left to fill in there.
pub fn scenario_around(import: &Import, target: &str, steps: &str, blanks: Vec<String>) -> String {
    assemble(import, Some(target), Some(steps), blanks)
}

fn assemble(
    import: &Import,
    target: Option<&str>,
    recorded: Option<&str>,
    mut blanks: Vec<String>,
) -> String {
    let mut journeys_text = Yaml::default();
    journeys(import, recorded, &mut journeys_text, &mut blanks);
    let mut yaml = Yaml::default();
    yaml.line(0, format!("# {}", origin(import)));
    yaml.line(0, "# Made by `tillrush import`. What no log tells is listed under x-todo: fill it in, and try it with `tillrush walk`.");
    yaml.line(0, format!("name: {}", quote(&import.options.name)));
    match (target.or(import.options.target.as_deref()), &import.host) {
        (Some(target), _) => yaml.line(0, format!("target: {}", quote(target))),
        (None, Some(host)) => {
            yaml.line(0, format!("target: {}", quote(&format!("https://{host}"))))
        }
        (None, None) => {
            yaml.line(0, "target: http://127.0.0.1:8080");
            blanks.insert(0, "target: the log does not name the shop's host".to_owned());
        }
    }
    if !blanks.is_empty() {
        yaml.line(0, "x-todo:");
        blanks.iter().for_each(|blank| yaml.line(1, format!("- {}", quote(blank))));
    }
    logged_arrivals(import, &mut yaml);
    yaml.gap();
    load(import, &mut yaml);
    yaml.gap();
    shoppers(import, &mut yaml);
    yaml.gap();
    let text = yaml.finish() + &journeys_text.finish();
    text + "\nobjectives:\n  - repeated_failures < 0.1%\n  - lost_shoppers < 0.5%\n"
}

/// `1.6 x Friday 28 November 2025, 11:40 to 12:40 UTC`.
pub fn origin(import: &Import) -> String {
    let (rates, time) = factors(import);
    let times = if (rates - 1.0).abs() < 1e-9 { String::new() } else { format!("{rates:.3} x ") };
    let span = if (time - 1.0).abs() < 1e-9 {
        String::new()
    } else {
        format!(", in {time:.3} of the time")
    };
    format!("{times}{}{span}", window_of(import))
}

/// `Friday 28 November 2025, 11:40 to 12:40 UTC`.
pub fn window_of(import: &Import) -> String {
    let start = import.shape.start;
    let end = start + import.shape.seconds() as i64 * 1_000_000;
    let shown = |moment: i64, form: &str| {
        Timestamp::from_microsecond(moment)
            .map_or_else(|_| moment.to_string(), |time| time.strftime(form).to_string())
    };
    format!("{} to {} UTC", shown(start, "%A %-d %B %Y, %H:%M"), shown(end, "%H:%M"))
}

fn shoppers(import: &Import, yaml: &mut Yaml) {
    yaml.line(0, "shoppers:");
    let mobile = import.mobile.value();
    let returning = import.returning;
    let mixed = |share: f64| share > 0.005 && share < 0.995;
    let comes_back = returning.all >= 200 && mixed(returning.value());
    if mixed(mobile) || comes_back {
        yaml.line(1, "attributes:");
    }
    if mixed(mobile) {
        yaml.line(2, "device:");
        yaml.line(3, format!("mobile: {{ weight: {:.1}, device: mobile }}", mobile * 100.0));
        yaml.line(
            3,
            format!("desktop: {{ weight: {:.1}, device: desktop }}", (1.0 - mobile) * 100.0),
        );
    }
    if comes_back {
        let share = returning.value();
        yaml.line(2, "visit:");
        yaml.line(3, format!("first: {:.1}", (1.0 - share) * 100.0));
        yaml.line(3, format!("again: {{ weight: {:.1}, cookies: kept }}", share * 100.0));
    }
    match &import.patience {
        MeasuredPatience::Measured { hazards, retry, .. } => {
            let chances: Vec<String> = hazards.iter().map(|one| percent(one.chance)).collect();
            let counts: Vec<String> = hazards.iter().map(|one| one.failures.to_string()).collect();
            let comment = format!("measured at {} failures in a row", counts.join(", "));
            yaml.line(1, format!("patience: [{}]   # {comment}", chances.join(", ")));
            if let Some(retry) = retry {
                yaml.line(1, format!("retry: {{ after: {} }}", pause(retry)));
            }
        }
        MeasuredPatience::Refused(reason) => {
            yaml.line(1, format!("patience: applause-2024   # not measured: {reason}"));
        }
    }
}
