//! Load against pain: shoppers, orders, failures and response times beneath each other on one axis of time.

use super::Chart;
use super::axis::Axis;
use super::canvas::{ChartLine, ChartSize, Colour, Plot};
use super::data::ChartData;
use super::time::{self, bands, clock_head, clock_rows, marks};
use crate::report::html::series::{Moment, OrderMoment, Series};
use crate::report::json::RunDocument;
use crate::report::view::format::{count, figure};

/// The charts of the overview, from top to bottom.
pub(in crate::report::html) fn overview(run: &RunDocument, series: &Series) -> Vec<Chart> {
    let orders = run.orders.as_ref().map(|_| orders(run, series));
    let times = time::all_responses(run, series);
    let mut charts = vec![inside(run, series), time::arrivals(run, series)];
    charts.extend(orders);
    charts.push(time::failures(run, series));
    charts.extend(times);
    charts
}

/// Shoppers in the shop at the end of each moment.
fn inside(run: &RunDocument, series: &Series) -> Chart {
    let at = |moment: &Moment| f64::from(moment.from_s) + f64::from(series.moment_s);
    let points: Vec<(f64, f64)> = std::iter::once((0.0, 0.0))
        .chain(series.moments.iter().map(|moment| (at(moment), moment.inside as f64)))
        .collect();
    let most = series.moments.iter().map(|moment| moment.inside).max().unwrap_or(0);
    let last = series.moments.last().map_or(0, |moment| moment.inside);
    let alternative =
        format!("Active shoppers over time: at most {}, {} at the end.", count(most), count(last));
    let plot = Plot {
        x: Axis::of_time(series.length_s, 12),
        y: Axis::from_zero(most as f64, 3),
        bands: bands(run),
        lines: vec![ChartLine {
            name: "active".to_owned(),
            colour: Colour::Blue,
            width: 4,
            stretches: vec![points.clone()],
            filled: true,
        }],
        marks: marks(run, series.length_s),
    };
    Chart {
        id: "inside".to_owned(),
        title: "Active shoppers".to_owned(),
        data: Some(ChartData::of(&plot, "", false)),
        svg: plot.svg_in(ChartSize::panels(), &alternative),
        alternative,
        head: ["run time", "clock", "active"].map(str::to_owned).to_vec(),
        rows: points
            .iter()
            .map(|(x, y)| [clock_rows(run, *x), vec![count(*y as u64)]].concat())
            .collect(),
        step: None,
    }
}

/// Orders per minute by what the shopper knows of them.
fn orders(run: &RunDocument, series: &Series) -> Chart {
    let total = run.orders.as_ref().map(|orders| &orders.total);
    let of = |get: fn(&crate::report::json::OrderCountsDocument) -> u64| total.map_or(0, get);
    let alternative = format!(
        "Orders per minute over time: {} confirmed, {} declined, {} failed, {} unknown.",
        count(of(|it| it.confirmed)),
        count(of(|it| it.declined)),
        count(of(|it| it.failed)),
        count(of(|it| it.unknown))
    );
    type Get = fn(&OrderMoment) -> u64;
    let kinds: [(&str, Colour, Get); 4] = [
        ("confirmed", Colour::Blue, |it| it.counts.confirmed),
        ("declined", Colour::Grey, |it| it.counts.declined),
        ("failed", Colour::Orange, |it| it.counts.failed),
        ("unknown", Colour::Vermillion, |it| it.counts.unknown),
    ];
    let width = f64::from(series.order_s);
    let per_minute = |it: &OrderMoment, get: Get| get(it) as f64 * 60.0 / it.seconds.max(1.0);
    let lines: Vec<ChartLine> = kinds
        .iter()
        .filter(|(name, _, get)| *name == "confirmed" || series.orders.iter().any(|it| get(it) > 0))
        .map(|(name, colour, get)| ChartLine {
            name: (*name).to_owned(),
            colour: *colour,
            width: 4,
            stretches: vec![
                series
                    .orders
                    .iter()
                    .map(|it| (f64::from(it.from_s) + it.seconds / 2.0, per_minute(it, *get)))
                    .collect(),
            ],
            filled: false,
        })
        .collect();
    let highest = lines.iter().flat_map(|line| &line.stretches).flatten().map(|(_, y)| *y);
    let plot = Plot {
        x: Axis::of_time(series.length_s, 12),
        y: Axis::from_zero(highest.fold(0.0, f64::max), 3),
        bands: bands(run),
        lines,
        marks: marks(run, series.length_s),
    };
    Chart {
        id: "orders".to_owned(),
        title: format!("Orders per minute, in steps of {width:.0} s"),
        data: Some(ChartData::of(&plot, "/min", false)),
        svg: plot.svg_in(ChartSize::panels(), &alternative),
        alternative,
        head: clock_head(kinds.iter().map(|(name, ..)| *name)),
        rows: series
            .orders
            .iter()
            .map(|it| {
                let numbers = kinds.iter().map(|(_, _, get)| figure(per_minute(it, *get)));
                clock_rows(run, f64::from(it.from_s)).into_iter().chain(numbers).collect()
            })
            .collect(),
        step: None,
    }
}
