//! What a chart's script is given: the same lines and bands as the picture, in figures.

use serde::Serialize;

use super::canvas::{Band, ChartLine, Colour, Plot};
use crate::base::visible;

/// A chart for the script.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(in crate::report::html) struct ChartData {
    /// The unit of the values: `ms` is told as a span.
    unit: &'static str,
    /// Whether the scale of the values is logarithmic.
    log: bool,
    /// The length of the time axis, in seconds.
    length: f64,
    lines: Vec<LineData>,
    bands: Vec<BandData>,
    marks: Vec<(f64, String)>,
}

/// A line: a null is a gap.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct LineData {
    name: String,
    colour: &'static str,
    filled: bool,
    x: Vec<f64>,
    y: Vec<Option<f64>>,
}

/// A stretch of time.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct BandData {
    from: f64,
    until: f64,
    kind: &'static str,
    name: String,
}

// === impl ChartData ===

impl ChartData {
    /// The lines and bands of a plot over time; the values of one with a log scale are powers of ten.
    pub(super) fn of(plot: &Plot, unit: &'static str, log: bool) -> ChartData {
        ChartData {
            unit,
            log,
            length: plot.x.high,
            lines: plot.lines.iter().map(|line| LineData::of(line, log)).collect(),
            bands: plot.bands.iter().filter_map(BandData::of).collect(),
            marks: plot.marks.iter().map(|(at, name)| (*at, display_name(name))).collect(),
        }
    }
}

/// A name as the page shows it. What is not seen is spelt out before it becomes JSON, which must not be changed later.
fn display_name(name: &str) -> String {
    visible(name).into_owned()
}

// === impl LineData ===

impl LineData {
    fn of(line: &ChartLine, log: bool) -> LineData {
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for stretch in line.stretches.iter().filter(|stretch| !stretch.is_empty()) {
            if let Some(last) = x.last().copied() {
                let first: f64 = stretch[0].0;
                x.push(round_to_millis(last + (first - last) / 2.0));
                y.push(None);
            }
            for (at, value) in stretch {
                x.push(round_to_millis(*at));
                y.push(Some(significant(if log { 10f64.powf(*value) } else { *value })));
            }
        }
        let (name, colour) = (display_name(&line.name), line.colour.key());
        LineData { name, colour, filled: line.filled, x, y }
    }
}

/// Milliseconds are enough for a place in time.
fn round_to_millis(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}

/// Four significant figures.
fn significant(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let scale = 10f64.powf(3.0 - value.abs().log10().floor());
    (value * scale).round() / scale
}

// === impl BandData ===

impl BandData {
    fn of(band: &Band) -> Option<BandData> {
        let kind = match band.colour {
            Colour::Stage | Colour::Blank => "stage",
            Colour::Outage => "outage",
            Colour::Slow => "slow",
            Colour::Late => "late",
            Colour::Blue
            | Colour::Sky
            | Colour::Orange
            | Colour::Vermillion
            | Colour::Purple
            | Colour::Grey
            | Colour::Ink
            | Colour::Grid => return None,
        };
        let (from, until) = (round_to_millis(band.from), round_to_millis(band.until));
        Some(BandData { from, until, kind, name: display_name(&band.name) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::html::charts::axis::Axis;

    #[test]
    fn a_gap_is_a_null_and_a_log_scale_is_undone() {
        let line = ChartLine {
            name: "p50".into(),
            colour: Colour::Sky,
            width: 4,
            stretches: vec![vec![(1.0, 1.0), (2.0, 2.0)], vec![(5.0, 0.5)]],
            filled: false,
        };
        let told = LineData::of(&line, true);
        assert_eq!(told.x, [1.0, 2.0, 3.5, 5.0]);
        assert_eq!(told.y, [Some(10.0), Some(100.0), None, Some(3.162)]);
    }

    #[test]
    fn a_name_that_is_not_seen_is_spelt_out_before_it_becomes_json() {
        let plot = Plot {
            x: Axis::of_time(60.0, 6),
            y: Axis::from_zero(1.0, 4),
            bands: vec![Band {
                from: 0.0,
                until: 60.0,
                colour: Colour::Stage,
                name: "\u{202e}a".into(),
            }],
            lines: Vec::new(),
            marks: Vec::new(),
        };
        let json = serde_json::to_string(&ChartData::of(&plot, "/s", false)).unwrap();
        assert_eq!(visible(&json), json);
        assert!(json.contains(r"\\u{202e}a"), "{json}");
    }
}
