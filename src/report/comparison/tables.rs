//! The tables of a comparison: the shoppers, what failed, how long it took, and which places came and went.

use crate::base::Micros;
use crate::report::view::format::{
    NOTHING, count, percent, percent_figure, rate, times as how_many_times,
};
use crate::report::view::hotspots::group_with_basis;
use crate::report::view::{Fit, Table, Tone};
use crate::tally::FunnelStage;
use crate::verdict::compare::{
    ChangeReason, ChangeVerdict, ComparedRun, Comparison, Difference, Figure, HotspotChange,
};
use crate::verdict::statistics::Interval;
use crate::verdict::statistics::Rate;

/// The shoppers' figures.
pub(super) fn shoppers(found: &Comparison) -> Table {
    table("Shoppers", found, |difference| difference.subject.step().is_none()).in_sight()
}

/// Failures and declines, step by step.
pub(super) fn failures(found: &Comparison) -> Table {
    table("Failed attempts by step", found, |difference| {
        difference.subject.step().is_some() && !difference.subject.is_time()
    })
}

/// Response times, step by step.
pub(super) fn times(found: &Comparison) -> Table {
    table("Response times by step (timeouts count as longest)", found, |difference| {
        difference.subject.step().is_some() && difference.subject.is_time()
    })
}

/// How far shoppers came, unit by unit, in both runs.
pub(super) fn funnels(base: &ComparedRun<'_>, candidate: &ComparedRun<'_>) -> Table {
    let columns = [
        ("unit", Fit::Name),
        ("base: entered", Fit::Optional(1)),
        ("base: passed", Fit::Figure),
        ("candidate: entered", Fit::Optional(1)),
        ("candidate: passed", Fit::Figure),
    ];
    let mut table = Table::new("Funnels (shoppers by unit)", &columns);
    let stages = |side: &ComparedRun<'_>| -> Vec<(String, FunnelStage)> {
        let stages = side.findings.journeys.iter().flat_map(|journey| &journey.funnel);
        stages.map(|(unit, stage)| (side.plan.unit_label(*unit), *stage)).collect()
    };
    let before = stages(base);
    let passed = |stage: &FunnelStage| {
        let share = match stage.entered {
            0 => NOTHING.to_owned(),
            entered => percent(stage.passed as f64 / entered as f64),
        };
        format!("{} ({share})", count(stage.passed))
    };
    for (unit, now) in stages(candidate) {
        // A unit that the base lacks has nothing beside it.
        let old = before.iter().find(|(name, _)| *name == unit).map(|(_, stage)| *stage);
        let [entered, through] = match &old {
            Some(old) => [count(old.entered), passed(old)],
            None => [NOTHING.to_owned(), NOTHING.to_owned()],
        };
        table.row(Tone::Plain, [unit, entered, through, count(now.entered), passed(&now)]);
    }
    table
}

fn table(title: &str, found: &Comparison, belongs: impl Fn(&Difference) -> bool) -> Table {
    let apart = found
        .differences
        .iter()
        .any(|difference| belongs(difference) && difference.distance.is_some());
    let mut columns = vec![
        ("metric", Fit::Name),
        ("base", Fit::Figure),
        ("candidate", Fit::Figure),
        ("change", Fit::Figure),
        ("95 % CI", Fit::Figure),
        ("ratio", Fit::Optional(2)),
    ];
    columns.extend(apart.then_some(("distance", Fit::Optional(3))));
    columns.extend([("p", Fit::Optional(1)), ("result", Fit::Prose)]);
    let mut table = Table::new(title, &columns);
    for difference in found.differences.iter().filter(|difference| belongs(difference)) {
        let tone = difference_tone(difference);
        let p = if difference.p_corrected < 0.001 {
            "<0.001".to_owned()
        } else {
            format!("{:.3}", difference.p_corrected)
        };
        let mut cells = vec![
            difference.key.clone(),
            figure(difference, &difference.base),
            figure(difference, &difference.candidate),
            observed_change(difference),
            range(difference),
            ratio(difference).map_or_else(|| NOTHING.to_owned(), how_many_times),
        ];
        cells.extend(apart.then(|| {
            difference.distance.map_or_else(|| NOTHING.to_owned(), |distance| distance.to_string())
        }));
        cells.extend([p, answer(difference)]);
        table.row(tone, cells);
    }
    table
}

/// The tone of a difference: only that of the primary metric is good or doubtful.
pub fn difference_tone(difference: &Difference) -> Tone {
    match (difference.verdict, difference.primary) {
        (ChangeVerdict::Regression, _) => Tone::Bad,
        (ChangeVerdict::NoRegression, true) => Tone::Good,
        (ChangeVerdict::Inconclusive, true) => Tone::Doubtful,
        (ChangeVerdict::NoRegression | ChangeVerdict::Inconclusive, false) => Tone::Plain,
    }
}

/// A figure of one run: `0.50 %`, `none`, `812 ms`, `≥ 10 s`.
pub(super) fn figure(difference: &Difference, figure: &Figure) -> String {
    let at_least = if figure.at_least { "≥ " } else { "" };
    match difference.subject.is_time() {
        true => format!("{at_least}{}", Micros(figure.value as u64)),
        false if figure.value <= 0.0 => "none".to_owned(),
        false => percent(figure.value),
    }
}

/// How many times the base's figure, where that is not zero.
pub(super) fn ratio(difference: &Difference) -> Option<f64> {
    (difference.base.value > 0.0).then(|| difference.candidate.value / difference.base.value)
}

/// A change as people say it: `+0.48` points of a rate, `+21 %` of a span.
pub(super) fn change(difference: &Difference, change: f64) -> String {
    let sign = if change < 0.0 { "−" } else { "+" };
    let size = percent_figure(change.abs());
    match difference.subject.is_time() {
        false => format!("{sign}{size} pt"),
        // Spans may grow beyond 100 %, as shares can't.
        true if change >= 1.0 => {
            format!(
                "{sign}{} %",
                if change >= 100.0 {
                    ">9,999".to_owned()
                } else {
                    count((100.0 * change).round() as u64)
                }
            )
        }
        true => format!("{sign}{size} %"),
    }
}

/// From so large a relative change on one says how many times as long it takes.
const LARGE: f64 = 9.0;

/// `×253`.
fn factor(times: f64) -> String {
    if times >= 10_000.0 { "×>9,999".to_owned() } else { format!("×{}", how_many_times(times)) }
}

/// The change that was seen: `+21 %`; `≥ +92 %` where the candidate's figure is only known to be at least this long, `≤ −40 %` where the
/// base's is, and nothing where both are.
pub(super) fn observed_change(difference: &Difference) -> String {
    let large = difference.subject.is_time() && difference.change >= LARGE;
    let shown =
        if large { factor(1.0 + difference.change) } else { change(difference, difference.change) };
    match (difference.base.at_least, difference.candidate.at_least) {
        (false, false) => shown,
        (false, true) => format!("≥ {shown}"),
        (true, false) => format!("≤ {shown}"),
        (true, true) => NOTHING.to_owned(),
    }
}

/// Where a change lies, if that can be said: `+0.2 to +0.7 pt`, `×100–×900`.
pub(super) fn range(difference: &Difference) -> String {
    let Some(Interval { low, high }) = difference.known_ci95() else { return NOTHING.to_owned() };
    if difference.subject.is_time() && difference.change >= LARGE {
        return format!("{}–{}", factor(1.0 + low), factor(1.0 + high));
    }
    let low = change(difference, low);
    let low = low.trim_end_matches(" pt").trim_end_matches(" %");
    format!("{low} to {}", change(difference, high))
}

/// The answer in words.
pub(super) fn answer(difference: &Difference) -> String {
    match (difference.verdict, difference.reason) {
        (ChangeVerdict::Regression, _) => "REGRESSION".to_owned(),
        (ChangeVerdict::NoRegression, ChangeReason::TooSmall) => "within margin".to_owned(),
        (ChangeVerdict::NoRegression, _) if difference.better => "better".to_owned(),
        (ChangeVerdict::NoRegression, _) => "no regression".to_owned(),
        (ChangeVerdict::Inconclusive, _) => "inconclusive".to_owned(),
    }
}

/// Hot spots that came and went.
pub(super) fn places(found: &Comparison) -> Table {
    let mut table = Table::new(
        "Groups with elevated repeated failures: new and resolved",
        &[
            ("", Fit::Name),
            ("shoppers with", Fit::Name),
            ("at", Fit::Name),
            ("base", Fit::Figure),
            ("candidate", Fit::Figure),
            ("significant", Fit::Prose),
        ],
    );
    let unknown = Rate::new(0, 0);
    let mut row = |tone, word: &str, changed: &HotspotChange, base: &Rate, candidate: &Rate| {
        let steps =
            if changed.steps.is_empty() { "anywhere".to_owned() } else { changed.steps.join(", ") };
        let sure = if changed.sure { "yes" } else { "no" };
        let cells = [
            word,
            &group_with_basis(&changed.spot),
            &steps,
            &rate(base).0,
            &rate(candidate).0,
            sure,
        ]
        .map(str::to_owned);
        table.row(tone, cells);
    };
    for new in &found.hotspots.new {
        row(Tone::Bad, "new", new, new.other.as_ref().unwrap_or(&unknown), &new.spot.inside);
    }
    for gone in &found.hotspots.vanished {
        row(
            Tone::Good,
            "resolved",
            gone,
            &gone.spot.inside,
            gone.other.as_ref().unwrap_or(&unknown),
        );
    }
    table
}
