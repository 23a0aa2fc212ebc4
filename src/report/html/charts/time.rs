//! The run over time: arrivals, requests, failures, response times, and our own lag beneath them.

use super::Chart;
use super::axis::{Axis, clock, millis};
use super::canvas::{Band, ChartLine, ChartSize, Colour, Plot};
use super::data::ChartData;
use crate::report::html::clock::time_of_day;
use crate::report::html::series::{Moment, Series, StepSeries};
use crate::report::json::RunDocument;
use crate::report::view::format::{count, figure};

/// Arrivals planned and started.
pub(super) fn arrivals(run: &RunDocument, series: &Series) -> Chart {
    let title = "Shopper arrivals per second";
    let generator = &run.generator;
    let alternative = format!(
        "Shoppers arriving per second over time: {} planned, {} started.",
        count(generator.arrivals_planned),
        count(generator.arrivals_started)
    );
    let lines = [
        ("planned", Colour::Grey, 8, of(|moment| moment.planned)),
        ("started", Colour::Blue, 4, of(|moment| moment.started)),
    ];
    counts(run, series, ("arrivals", title, alternative), ChartSize::panels(), &lines)
}

/// Requests on the wire.
pub(in crate::report::html) fn requests(run: &RunDocument, series: &Series) -> Chart {
    let alternative =
        format!("Requests per second over time, {} in all.", count(run.requests_sent));
    counts(
        run,
        series,
        ("requests", "Requests per second", alternative),
        ChartSize::panels(),
        &[("requests", Colour::Blue, 4, of(|moment| moment.requests))],
    )
}

/// Failed attempts, and shoppers who failed again.
pub(super) fn failures(run: &RunDocument, series: &Series) -> Chart {
    let alternative = format!(
        "Failed attempts per second over time, {} in all; shoppers with their second failure, {} in all.",
        count(run.steps.iter().map(|step| step.failures).sum()),
        count(run.shoppers.repeated_failures)
    );
    let lines = [
        ("failures", Colour::Orange, 4, of(|moment| moment.failures)),
        ("again", Colour::Vermillion, 4, of(|moment| moment.repeated)),
    ];
    counts(
        run,
        series,
        (
            "failures",
            "Failed attempts, and shoppers with their second failure, per second",
            alternative,
        ),
        ChartSize::panels(),
        &lines,
    )
}

/// Response times of one step; none where too little was seen for any line.
pub(in crate::report::html) fn response(
    place: usize,
    run: &RunDocument,
    series: &Series,
    step: &StepSeries,
) -> Option<Chart> {
    let names = [("p50", Colour::Sky), ("p95", Colour::Orange), ("p99", Colour::Vermillion)];
    let lines: Vec<ChartLine> = names
        .into_iter()
        .zip(&step.quantiles)
        .filter(|(_, line)| !line.is_empty())
        .map(|((name, colour), line)| on_log_scale(name, colour, line))
        .collect();
    let alternative = format!(
        "Response time of successful attempts at {} over time: {}.",
        step.label,
        ranges(&lines)
    );
    let title = format!("{}: response time of successful attempts (log scale)", step.label);
    let chart =
        log_chart(run, series, (format!("response-{place}"), title, alternative), lines, true)?;
    Some(Chart { step: Some(step.label.clone()), ..chart })
}

/// Response times of all steps together, failed and unfinished attempts among them; none where too little was seen.
pub(super) fn all_responses(run: &RunDocument, series: &Series) -> Option<Chart> {
    let names = [("p50", Colour::Sky), ("p95", Colour::Orange), ("p99", Colour::Vermillion)];
    let lines: Vec<ChartLine> = names
        .into_iter()
        .zip(&series.all)
        .filter(|(_, line)| !line.is_empty())
        .map(|((name, colour), line)| on_log_scale(name, colour, line))
        .collect();
    let alternative = format!(
        "Response time of all attempts over time, failed ones among them: {}.",
        ranges(&lines)
    );
    let title = "Response time of all attempts, failed ones among them (log scale)".to_owned();
    log_chart(run, series, ("times".to_owned(), title, alternative), lines, false)
}

/// Our own lag.
pub(in crate::report::html) fn lag(run: &RunDocument, series: &Series) -> Option<Chart> {
    let lines =
        [("p50", Colour::Sky, &series.lag.p50), ("longest", Colour::Purple, &series.lag.longest)];
    let lines: Vec<ChartLine> = lines
        .into_iter()
        .filter(|(_, _, line)| !line.is_empty())
        .map(|(name, colour, line)| on_log_scale(name, colour, line))
        .collect();
    let alternative = format!("Schedule lag of the load generator over time: {}.", ranges(&lines));
    let title = "Schedule lag of the load generator (log scale)".to_owned();
    log_chart(run, series, ("lag".to_owned(), title, alternative), lines, false)
}

type Figure = fn(&Moment) -> u64;

fn of(figure: Figure) -> Figure {
    figure
}

fn counts(
    run: &RunDocument,
    series: &Series,
    (id, title, alternative): (&str, &str, String),
    formats: [ChartSize; 2],
    kinds: &[(&str, Colour, u32, Figure)],
) -> Chart {
    let per_second = |moment: &Moment, of: Figure| of(moment) as f64 / f64::from(series.moment_s);
    let middle = |moment: &Moment| f64::from(moment.from_s) + f64::from(series.moment_s) / 2.0;
    let line = |(name, colour, width, of): &(&str, Colour, u32, Figure)| ChartLine {
        name: (*name).to_owned(),
        colour: *colour,
        width: *width,
        stretches: vec![
            series.moments.iter().map(|moment| (middle(moment), per_second(moment, *of))).collect(),
        ],
        filled: false,
    };
    let lines: Vec<ChartLine> = kinds.iter().map(line).collect();
    let highest = lines
        .iter()
        .flat_map(|line| &line.stretches)
        .flatten()
        .map(|(_, y)| *y)
        .fold(0.0, f64::max);
    let plot = Plot {
        x: Axis::of_time(series.length_s, 12),
        y: Axis::from_zero(highest, 3),
        bands: bands(run),
        lines,
        marks: marks(run, series.length_s),
    };
    let row = |moment: &Moment| {
        let numbers = kinds.iter().map(|(_, _, _, of)| figure(per_second(moment, *of)));
        clock_rows(run, f64::from(moment.from_s)).into_iter().chain(numbers).collect()
    };
    Chart {
        id: id.to_owned(),
        title: title.to_owned(),
        data: Some(ChartData::of(&plot, "/s", false)),
        svg: plot.svg_in(formats, &alternative),
        alternative,
        head: clock_head(kinds.iter().map(|(name, ..)| *name)),
        rows: series.moments.iter().map(row).collect(),
        step: None,
    }
}

fn log_chart(
    run: &RunDocument,
    series: &Series,
    (id, title, alternative): (String, String, String),
    lines: Vec<ChartLine>,
    small: bool,
) -> Option<Chart> {
    let points = || lines.iter().flat_map(|line| &line.stretches).flatten();
    let low = points().map(|(_, y)| *y).min_by(f64::total_cmp)?;
    let high = points().map(|(_, y)| *y).max_by(f64::total_cmp)?;
    let mut times: Vec<f64> = points().map(|(x, _)| *x).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let at = |line: &ChartLine, time: f64| {
        let found = line.stretches.iter().flatten().find(|(x, _)| *x == time);
        found.map_or_else(String::new, |(_, y)| millis(10f64.powf(*y)))
    };
    let rows = times
        .iter()
        .map(|time| {
            clock_rows(run, *time)
                .into_iter()
                .chain(lines.iter().map(|line| at(line, *time)))
                .collect()
        })
        .collect();
    let head = ["run time".to_owned(), "clock".to_owned()]
        .into_iter()
        .chain(lines.iter().map(|line| line.name.clone()))
        .collect();
    let plot = Plot {
        x: Axis::of_time(series.length_s, if small { 6 } else { 12 }),
        y: Axis::of_log_ms(10f64.powf(low), 10f64.powf(high)),
        bands: bands(run),
        lines,
        marks: if small { Vec::new() } else { marks(run, series.length_s) },
    };
    let svg = if small {
        plot.small_svg(&alternative)
    } else {
        plot.svg_in(ChartSize::panels(), &alternative)
    };
    let data = Some(ChartData::of(&plot, "ms", true));
    Some(Chart { id, title, alternative, svg, head, rows, data, step: None })
}

fn on_log_scale(
    name: &str,
    colour: Colour,
    line: &crate::report::html::series::Curve,
) -> ChartLine {
    let stretch = |stretch: &Vec<(f64, f64)>| {
        stretch.iter().map(|(x, y)| (*x, y.max(0.01).log10())).collect()
    };
    ChartLine {
        name: name.to_owned(),
        colour,
        width: 4,
        stretches: line.iter().map(stretch).collect(),
        filled: false,
    }
}

fn ranges(lines: &[ChartLine]) -> String {
    let range = |line: &ChartLine| {
        let values = || line.stretches.iter().flatten().map(|(_, y)| *y);
        let ends =
            [values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max)];
        format!(
            "{} from {} to {}",
            line.name,
            millis(10f64.powf(ends[0])),
            millis(10f64.powf(ends[1]))
        )
    };
    lines.iter().map(range).collect::<Vec<_>>().join(", ")
}

/// The head of a table whose rows begin with [`clock_rows`].
pub(super) fn clock_head<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    ["run time", "clock"].into_iter().chain(names).map(str::to_owned).collect()
}

/// A place in time as two cells: since the planned start, and on the clock.
pub(super) fn clock_rows(run: &RunDocument, at: f64) -> Vec<String> {
    vec![clock(at), time_of_day(run, at)]
}

/// When the last shopper is due, where the run goes on after it.
pub(super) fn marks(run: &RunDocument, length_s: f64) -> Vec<(f64, String)> {
    let end = run.stages.last().map(|stage| stage.until_s);
    end.filter(|end| *end > 0.0 && *end + 1.0 < length_s)
        .map(|end| (end, String::new()))
        .into_iter()
        .collect()
}

/// Every other stage is shaded; above the stages, when the shop was slow or failed, and when we were late.
pub(super) fn bands(run: &RunDocument) -> Vec<Band> {
    let stage = |(place, stage): (usize, &crate::report::json::StageDocument)| Band {
        from: stage.from_s,
        until: stage.until_s,
        colour: if place % 2 == 0 { Colour::Stage } else { Colour::Blank },
        name: stage.label.clone(),
    };
    let outage = run.incidents.iter().map(|window| Band {
        from: window.from_s,
        until: window.until_s,
        colour: Colour::Outage,
        name: String::new(),
    });
    let slow = run.slow_times.iter().map(|window| Band {
        from: window.from_s,
        until: window.until_s,
        colour: Colour::Slow,
        name: String::new(),
    });
    let late = run.generator.late_windows_s.iter().map(|[from, until]| Band {
        from: *from,
        until: *until,
        colour: Colour::Late,
        name: String::new(),
    });
    run.stages.iter().enumerate().map(stage).chain(slow).chain(outage).chain(late).collect()
}
