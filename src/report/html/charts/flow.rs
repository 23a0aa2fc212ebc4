//! The funnel as shoppers live it: a stream through the units of a journey, with those who leave and those who never get through
//! branching off, and the ways in which the others come out at its end.

use super::Chart;
use super::svg::Svg;
use crate::report::json::JourneyDocument;
use crate::report::view::format::count;

const WIDTH: f64 = 1_800.0;
/// From the first bar to the last; what remains is for the names of the endings.
const STREAM: f64 = 1_330.0;
const BAR: f64 = 22.0;
const TOP: f64 = 84.0;
/// How thick all shoppers are.
const ALL: f64 = 250.0;
/// Where those who branch off end.
const FLOOR: f64 = 470.0;
const HEIGHT: u32 = 560;

/// The flow of a journey's shoppers.
pub(in crate::report::html) fn flow(place: usize, journey: &JourneyDocument) -> Chart {
    let units = &journey.funnel;
    let scale = ALL / (journey.started.max(1) as f64);
    // What is there is seen, however little it is.
    let thick = |shoppers: u64| if shoppers == 0 { 0.0 } else { (shoppers as f64 * scale).max(2.5) };
    let gap = STREAM / units.len().max(1) as f64;
    let x = |unit: usize| 40.0 + gap * unit as f64;
    let letters = (gap / 13.0) as usize;
    let mut svg = Svg::default();
    for (i, unit) in units.iter().enumerate() {
        let never = unit.entered.saturating_sub(unit.passed);
        let retried = unit.passed.saturating_sub(unit.passed_at_once);
        let on = unit.passed.saturating_sub(unit.left_by_choice);
        let right = x(i) + BAR;
        // Behind the bars, from the top: who goes on, who leaves, who never got through.
        let next = units.get(i + 1).map_or(thick(on), |next| thick(next.entered));
        svg.ribbon("flow-on", (right, TOP, thick(on)), (x(i + 1), TOP, next));
        let (mut y, branch) = (TOP + thick(on), right + 0.42 * gap);
        // Names on two lines, so that those of neighbouring units don't run into each other.
        let branches = [
            ("flow-left", "left by choice", unit.left_by_choice, branch, 26.0),
            ("flow-never", "never got through", never, branch + 0.3 * gap, 58.0),
        ];
        for (class, word, shoppers, end, line) in branches.into_iter().filter(|(_, _, shoppers, ..)| *shoppers > 0) {
            svg.ribbon(class, (right, y, thick(shoppers)), (end, FLOOR - thick(shoppers), thick(shoppers)));
            svg.rect(&format!("{class} solid"), (end, FLOOR - thick(shoppers)), (8.0, thick(shoppers)));
            let told = if letters >= 16 { format!("{} {word}", count(shoppers)) } else { count(shoppers) };
            svg.words("middle", (end, FLOOR + line), &told);
            y += thick(shoppers);
        }
        let mut y = TOP;
        for (class, shoppers) in [("flow-once", unit.passed_at_once), ("flow-retried", retried), ("flow-never solid", never)] {
            svg.rect(class, (x(i), y), (BAR, thick(shoppers)));
            y += thick(shoppers);
        }
        svg.words("strong", (x(i), 30.0), &cut(&unit.unit, letters));
        svg.words("", (x(i), 62.0), &count(unit.entered));
    }
    endings(&mut svg, journey, x(units.len()), thick);
    let alternative = alternative(journey);
    Chart {
        id: format!("flow-{place}"),
        title: format!("{}: shoppers from unit to unit (number of shoppers)", journey.name),
        svg: svg.finish("flow", (WIDTH as u32, HEIGHT), &alternative),
        alternative,
        head: ["unit", "came", "through at once", "through after retries", "never through", "left by choice"].map(str::to_owned).to_vec(),
        rows: units
            .iter()
            .map(|unit| {
                let numbers = [
                    unit.entered,
                    unit.passed_at_once,
                    unit.passed.saturating_sub(unit.passed_at_once),
                    unit.entered.saturating_sub(unit.passed),
                    unit.left_by_choice,
                ];
                [unit.unit.clone()].into_iter().chain(numbers.map(count)).collect()
            })
            .collect(),
    }
}

/// How those who came to the end came out, each with its name.
fn endings(svg: &mut Svg, journey: &JourneyDocument, x: f64, thick: impl Fn(u64) -> f64) {
    let found = &journey.endings;
    let ways = [
        ("flow-once", "bought at once", found.bought_at_once),
        ("flow-retried", "bought after one failure", found.bought_after_one),
        ("flow-again", "bought after two or more", found.bought_after_more),
        ("flow-left solid", "came to the end", found.completed_without_order),
    ];
    let (mut y, mut free) = (TOP, TOP);
    for (class, name, shoppers) in ways.into_iter().filter(|(_, _, shoppers)| *shoppers > 0) {
        svg.rect(class, (x, y), (BAR, thick(shoppers)));
        let line = (y + thick(shoppers) / 2.0).max(free + 14.0);
        svg.words("", (x + BAR + 12.0, line + 8.0), &format!("{} {name}", count(shoppers)));
        (y, free) = (y + thick(shoppers), line + 16.0);
    }
}

fn alternative(journey: &JourneyDocument) -> String {
    let found = &journey.endings;
    let never: u64 = journey.funnel.iter().map(|unit| unit.entered.saturating_sub(unit.passed)).sum();
    let left: u64 = journey.funnel.iter().map(|unit| unit.left_by_choice).sum();
    format!(
        "Of {} shoppers who began {}, {} bought at once, {} after one failure, {} after two or more; {} left by choice, {} never got through a unit.",
        count(journey.started),
        journey.name,
        count(found.bought_at_once),
        count(found.bought_after_one),
        count(found.bought_after_more),
        count(left),
        count(never)
    )
}

fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}
