//! Distributions of response times on a log scale, successes and failures apart.

use super::Chart;
use super::axis::{Axis, millis};
use super::canvas::{ChartLine, Colour, Plot};
use crate::report::html::series::{Spread, StepSeries};
use crate::report::json::SpansDocument;
use crate::report::view::format::{count, count_of};

/// One step's distributions, with the quantiles that its sample carries.
pub(in crate::report::html) fn spread(
    place: usize,
    step: &StepSeries,
    response: &SpansDocument,
) -> Option<Chart> {
    let kinds = [
        ("response", Colour::Blue, &step.response),
        ("service", Colour::Sky, &step.service),
        ("failures", Colour::Vermillion, &step.failures),
    ];
    let quantiles = [
        ("p50", response.p50),
        ("p95", response.p95),
        ("p99", response.p99),
        ("p99.9", response.p999),
    ];
    let told: Vec<String> = quantiles
        .iter()
        .filter_map(|(name, value)| Some(format!("{name} {}", millis((*value)?))))
        .collect();
    let title = format!("{}: response-time distribution (%, log scale)", step.label);
    let alternative = format!(
        "{}: successes: {}{}{}; {}.",
        step.label,
        count(step.response.count),
        if told.is_empty() { "" } else { ", " },
        told.join(", "),
        count_of(step.failures.count, "failure")
    );
    let marks = quantiles
        .iter()
        .filter_map(|(name, value)| Some(((*value)?, (*name).to_owned())))
        .collect();
    over(
        format!("spread-{place}"),
        title,
        alternative,
        &kinds.map(|(name, colour, spread)| (name.to_owned(), colour, spread)),
        marks,
    )
}

/// Several distributions over each other, with marks on the scale; none if all are empty.
pub(in crate::report::html) fn over(
    id: String,
    title: String,
    alternative: String,
    kinds: &[(String, Colour, &Spread)],
    marks: Vec<(f64, String)>,
) -> Option<Chart> {
    let bins = || kinds.iter().flat_map(|(_, _, spread)| &spread.bins);
    let low = bins().map(|bin| bin.from_ms).min_by(f64::total_cmp)?;
    let high = bins().map(|bin| bin.until_ms).max_by(f64::total_cmp)?;
    let share = |spread: &Spread, count: u64| 100.0 * count as f64 / (spread.count as f64).max(1.0);
    let line = |(name, colour, spread): &(String, Colour, &Spread)| ChartLine {
        name: name.clone(),
        colour: *colour,
        width: 4,
        stretches: outline(spread, |count| share(spread, count)),
        filled: *colour == Colour::Blue,
    };
    let lines: Vec<ChartLine> =
        kinds.iter().filter(|(_, _, spread)| spread.count > 0).map(line).collect();
    let tallest = lines
        .iter()
        .flat_map(|line| &line.stretches)
        .flatten()
        .map(|(_, y)| *y)
        .fold(0.0, f64::max);
    let x = Axis::of_log_ms(low, high);
    // A name takes about an eighth of the picture.
    let near = (x.high - x.low) / 8.0;
    let plot = Plot {
        x,
        y: Axis::from_zero(tallest, 4),
        bands: Vec::new(),
        lines,
        marks: apart(
            marks.into_iter().map(|(ms, name)| (ms.max(0.01).log10(), name)).collect(),
            near,
        ),
    };
    let mut edges: Vec<(f64, f64)> = bins().map(|bin| (bin.from_ms, bin.until_ms)).collect();
    edges.sort_by(|a, b| a.0.total_cmp(&b.0));
    edges.dedup_by(|a, b| (a.0 - b.0).abs() < 1e-9 * b.0);
    let at = |spread: &Spread, from: f64| {
        spread
            .bins
            .iter()
            .find(|bin| (bin.from_ms - from).abs() < 1e-9 * from)
            .map_or(0, |bin| bin.count)
    };
    let row = |(from, until): &(f64, f64)| {
        let span = format!("{}–{}", millis(*from), millis(*until));
        [span]
            .into_iter()
            .chain(kinds.iter().map(|(_, _, spread)| count(at(spread, *from))))
            .collect()
    };
    Some(Chart {
        id,
        svg: plot.small_svg(&alternative),
        title,
        alternative,
        head: ["took".to_owned()]
            .into_iter()
            .chain(kinds.iter().map(|(name, _, _)| name.clone()))
            .collect(),
        rows: edges.iter().map(row).collect(),
        data: None,
        step: None,
    })
}

/// The tops of the bins as steps.
fn outline(spread: &Spread, height: impl Fn(u64) -> f64) -> Vec<Vec<(f64, f64)>> {
    let (Some(first), Some(last)) = (spread.bins.first(), spread.bins.last()) else {
        return Vec::new();
    };
    let steps = spread.bins.iter().flat_map(|bin| {
        [(bin.from_ms.log10(), height(bin.count)), (bin.until_ms.log10(), height(bin.count))]
    });
    let ends = |at: f64| (at.log10(), 0.0);
    vec![[ends(first.from_ms)].into_iter().chain(steps).chain([ends(last.until_ms)]).collect()]
}

/// Marks so near to the one before that their names would overlap lose them; the line stays.
fn apart(mut marks: Vec<(f64, String)>, near: f64) -> Vec<(f64, String)> {
    let mut named: Option<f64> = None;
    for (at, name) in &mut marks {
        if named.is_some_and(|before| *at - before < near) {
            name.clear();
        } else {
            named = Some(*at);
        }
    }
    marks
}
