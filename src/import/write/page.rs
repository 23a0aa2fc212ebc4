//! The report of an import as a page: the fitted curve over the logged points, tables of shares and patience, and the whole report.

use minijinja::Environment;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::load::factors;
use super::report::report;
use super::scenario::origin;
use crate::base::thousands;
use crate::import::fit::FittedShape;
use crate::import::flow::MeasuredPatience;
use crate::import::result::Import;

const TEMPLATE: &str = include_str!("templates/import.html");

/// The drawing's edges, in its own units.
const LEFT: f64 = 70.0;
const RIGHT: f64 = 990.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 320.0;
/// The most points that are drawn: bins are put together where there are more.
const MOST_POINTS: usize = 480;

#[derive(Serialize)]
struct ImportPage {
    name: String,
    origin: String,
    chart: CurveChart,
    steps: Vec<StepRow>,
    hazards: Vec<HazardRow>,
    report: String,
}

#[derive(Serialize)]
struct CurveChart {
    bin: String,
    ticks: Vec<Tick>,
    times: Vec<Tick>,
    jumps: Vec<String>,
    dots: Vec<Dot>,
    band: String,
    fit: String,
    /// None where the plan is as the log was.
    plan: Option<String>,
}

#[derive(Serialize)]
struct Tick {
    at: f64,
    label: String,
}

#[derive(Serialize)]
struct Dot {
    x: String,
    y: String,
}

#[derive(Serialize)]
struct StepRow {
    name: String,
    share: String,
    interval: String,
    all: String,
    median: String,
    p90: String,
}

#[derive(Serialize)]
struct HazardRow {
    nth: usize,
    chance: String,
    interval: String,
    failures: String,
}

/// The page, in one file that needs no network and has no script.
pub fn page(import: &Import, format: &str) -> String {
    let page = ImportPage {
        name: import.options.name.clone(),
        origin: origin(import),
        chart: CurveChart::of(import),
        steps: steps(import),
        hazards: hazards(import),
        report: report(import, format),
    };
    let mut environment = Environment::new();
    environment.add_template("import.html", TEMPLATE).expect("the template can be read");
    environment
        .get_template("import.html")
        .and_then(|template| template.render(Value::from(Serde(page))))
        .unwrap_or_else(|error| panic!("import.html: {error:#}"))
}

// === impl CurveChart ===

impl CurveChart {
    fn of(import: &Import) -> CurveChart {
        let shape = &import.shape;
        let (rates, _) = factors(import);
        let bin = f64::from(shape.bin);
        let scaled = (rates - 1.0).abs() > 1e-9;
        let highest = highest(shape) / bin * if scaled { rates.max(1.0) } else { 1.0 };
        let step = round_step(highest / 4.0);
        let top = (highest / step).ceil().max(1.0) * step;
        let bins = shape.counts.len() as f64;
        let x = |place: f64| LEFT + (RIGHT - LEFT) * place / bins.max(1.0);
        let y = |rate: f64| BOTTOM - (BOTTOM - TOP) * (rate / top).clamp(0.0, 1.0);
        let point = |place: f64, rate: f64| format!("{:.1},{:.1}", x(place), y(rate));
        let together = shape.counts.len().div_ceil(MOST_POINTS).max(1);
        let dots = shape.counts.chunks(together).enumerate().map(|(place, counts)| {
            let rate = f64::from(counts.iter().sum::<u32>()) / counts.len() as f64 / bin;
            let middle = place as f64 * together as f64 + counts.len() as f64 / 2.0;
            Dot { x: format!("{:.1}", x(middle)), y: format!("{:.1}", y(rate)) }
        });
        let edge = |side: f64| {
            move |t: usize| {
                ((t as f64) + 0.5, (shape.rate[t] + side * shape.half[t]).max(0.0) / bin)
            }
        };
        let along = || (0..shape.rate.len()).step_by(together);
        let band: Vec<String> = along()
            .map(edge(1.0))
            .chain(along().rev().map(edge(-1.0)))
            .map(|(place, rate)| point(place, rate))
            .collect();
        let line = |factor: f64| {
            let ends = shape
                .pieces
                .iter()
                .flat_map(|piece| [(piece.from as f64, piece.low), (piece.to as f64, piece.high)]);
            let points = ends.map(|(place, rate)| point(place, rate / bin * factor));
            points.collect::<Vec<_>>().join(" ")
        };
        let ticks = (0..=(top / step).round() as usize).map(|nth| {
            let rate = nth as f64 * step;
            Tick { at: y(rate), label: format!("{}/s", number(rate)) }
        });
        CurveChart {
            bin: if together == 1 {
                format!("{} s", shape.bin)
            } else {
                format!("{} s", together as u64 * u64::from(shape.bin))
            },
            ticks: ticks.collect(),
            times: times(shape, &x),
            jumps: shape.jumps.iter().map(|jump| format!("{:.1}", x(*jump as f64))).collect(),
            dots: dots.collect(),
            band: band.join(" "),
            fit: line(1.0),
            plan: scaled.then(|| line(rates)),
        }
    }
}

/// The highest count, rate or end of a stage, in arrivals a bin.
fn highest(shape: &FittedShape) -> f64 {
    let counts = shape.counts.iter().map(|count| f64::from(*count));
    let ends = shape.pieces.iter().map(|piece| piece.low.max(piece.high));
    counts.chain(ends).fold(0.0, f64::max)
}

/// Five moments of the window, in UTC.
fn times(shape: &FittedShape, x: &dyn Fn(f64) -> f64) -> Vec<Tick> {
    let bins = shape.counts.len() as f64;
    let long = shape.seconds() > 2 * 86_400;
    (0..=4)
        .map(|nth| {
            let place = bins * f64::from(nth) / 4.0;
            let moment = shape.start + (place * f64::from(shape.bin) * 1e6) as i64;
            let form = if long { "%-d %b" } else { "%H:%M" };
            let label = jiff::Timestamp::from_microsecond(moment)
                .map_or_else(|_| String::new(), |time| time.strftime(form).to_string());
            Tick { at: x(place), label }
        })
        .collect()
}

/// The next of 1, 2 and 5 times a power of ten.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.max(1e-6).log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|times| times * power >= step);
    times.unwrap_or(10.0) * power
}

fn number(rate: f64) -> String {
    let text = format!("{rate:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn range((low, high): (f64, f64)) -> String {
    format!("{:.1} to {:.1} %", low * 100.0, high * 100.0)
}

fn steps(import: &Import) -> Vec<StepRow> {
    let steps = import.funnel.iter().flat_map(|funnel| &funnel.steps);
    let row = |step: &crate::import::flow::SpineStep| StepRow {
        name: import.templates.get(step.kind).name.clone(),
        share: step.goes_on.map_or_else(String::new, |share| percent(share.value())),
        interval: step.goes_on.map_or_else(String::new, |share| range(share.interval())),
        all: step.goes_on.map_or_else(String::new, |share| thousands(share.all)),
        median: step.think.map_or_else(String::new, |think| format!("{:.1} s", think.median)),
        p90: step.think.map_or_else(String::new, |think| format!("{:.1} s", think.p90())),
    };
    steps.map(row).collect()
}

fn hazards(import: &Import) -> Vec<HazardRow> {
    match &import.patience {
        MeasuredPatience::Refused(_) => Vec::new(),
        MeasuredPatience::Measured { hazards, .. } => {
            let row = |(place, hazard): (usize, &crate::import::flow::Hazard)| HazardRow {
                nth: place + 1,
                chance: percent(hazard.chance),
                interval: range(hazard.interval),
                failures: thousands(hazard.failures),
            };
            hazards.iter().enumerate().map(row).collect()
        }
    }
}
