//! The funnel as shoppers live it: streams through the units of a journey, with those who leave and those who never get through
//! branching off, and the ways in which the others come out at its end. Units of which a shopper goes through one stand above each other.

use super::Chart;
use super::svg::Svg;
use crate::report::json::{FunnelDocument, JourneyDocument};
use crate::report::view::format::{count, count_of};

const LEFT: f64 = 40.0;
/// From the first bar to the last, at least.
const STREAM: f64 = 1_330.0;
/// What remains for the names of the endings.
const NAMES: f64 = 430.0;
/// From one bar to the next, at least.
const NEAREST: f64 = 110.0;
const BAR: f64 = 22.0;
const TOP: f64 = 84.0;
/// Between units above each other: the name of the lower one.
const BETWEEN: f64 = 52.0;
/// How thick all shoppers are.
const ALL: f64 = 250.0;
/// From the lowest bar to where those who branch off end, and from there to the edge.
const FALL: f64 = 136.0;
const BELOW: f64 = 90.0;
/// The room that a letter takes, in names and beneath.
const BOLD: f64 = 15.5;
const LETTER: f64 = 12.0;

/// The flow of a journey's shoppers.
pub(in crate::report::html) fn flow(place: usize, journey: &JourneyDocument) -> Chart {
    let alternative = alternative(journey);
    let units = &journey.funnel;
    let still = units.iter().any(|unit| still(unit) > 0);
    let mut head = vec!["unit", "entered", "first try", "on retry"];
    let cut_off = units.iter().any(|unit| unit.cut_off > 0);
    head.extend(still.then_some("in progress"));
    head.extend(cut_off.then_some("cut off"));
    head.extend(["never passed", "left by choice"]);
    let row = |unit: &FunnelDocument| {
        let mut numbers = vec![
            unit.entered,
            unit.passed_at_once,
            unit.passed.saturating_sub(unit.passed_at_once),
        ];
        numbers.extend(still.then(|| self::still(unit)));
        numbers.extend(cut_off.then_some(unit.cut_off));
        numbers.extend([unit.stopped, unit.left_by_choice]);
        [unit.unit.clone()].into_iter().chain(numbers.into_iter().map(count)).collect()
    };
    Chart {
        id: format!("flow-{place}"),
        title: format!("{}: shopper funnel (number of shoppers)", journey.name),
        svg: Drawing::of(journey).svg(&alternative),
        alternative,
        head: head.into_iter().map(str::to_owned).collect(),
        rows: units.iter().map(row).collect(),
        data: None,
        step: None,
    }
}

/// Who came, and neither got through nor was stopped or cut off yet.
fn still(unit: &FunnelDocument) -> u64 {
    unit.entered.saturating_sub(unit.passed + unit.stopped + unit.cut_off)
}

fn goes_on(unit: &FunnelDocument) -> u64 {
    unit.passed.saturating_sub(unit.left_by_choice)
}

/// Where everything stands.
struct Drawing<'j> {
    journey: &'j JourneyDocument,
    scale: f64,
    gap: f64,
    columns: usize,
    floor: f64,
    bars: Vec<Bar>,
}

/// A unit's place, and how much of its edges is taken by streams drawn so far.
#[derive(Clone, Copy)]
struct Bar {
    column: usize,
    /// Whether others stand in the column as well.
    shared: bool,
    top: f64,
    came: f64,
    gone: f64,
}

/// Its class, its name, how many, how far to the next bar it ends, and how far beneath its number stands.
type Branch = (&'static str, &'static str, fn(&FunnelDocument) -> u64, f64, f64);

// === impl Drawing ===

impl<'j> Drawing<'j> {
    fn of(journey: &'j JourneyDocument) -> Drawing<'j> {
        let scale = ALL / (journey.started.max(1) as f64);
        let mut columns: Vec<usize> = Vec::new();
        for unit in &journey.funnel {
            columns.push(
                unit.after
                    .iter()
                    .filter_map(|before| columns.get(*before))
                    .map(|before| before + 1)
                    .max()
                    .unwrap_or(0),
            );
        }
        let all = columns.iter().map(|column| column + 1).max().unwrap_or(1);
        let mut drawing = Drawing {
            journey,
            scale,
            gap: (STREAM / all as f64).max(NEAREST),
            columns: all,
            floor: TOP + ALL + FALL,
            bars: Vec::new(),
        };
        let mut lowest = vec![TOP; all];
        for (unit, column) in journey.funnel.iter().zip(&columns) {
            let shared = columns.iter().filter(|other| *other == column).count() > 1;
            let top = lowest[*column];
            lowest[*column] = top + drawing.thick(unit.entered) + BETWEEN;
            drawing.floor = drawing.floor.max(lowest[*column] - BETWEEN + FALL);
            drawing.bars.push(Bar { column: *column, shared, top, came: top, gone: top });
        }
        drawing
    }

    /// What is there is seen, however little it is.
    fn thick(&self, shoppers: u64) -> f64 {
        if shoppers == 0 { 0.0 } else { (shoppers as f64 * self.scale).max(2.5) }
    }

    fn x(&self, column: usize) -> f64 {
        LEFT + self.gap * column as f64
    }

    fn svg(mut self, alternative: &str) -> String {
        let mut svg = Svg::default();
        self.streams(&mut svg);
        self.branches(&mut svg);
        for (unit, bar) in self.journey.funnel.iter().zip(&self.bars) {
            self.bar(&mut svg, unit, bar);
        }
        self.endings(&mut svg);
        let width = self.x(self.columns) + NAMES;
        svg.finish("flow", (width as u32, (self.floor + BELOW) as u32), alternative)
    }

    /// Who goes on, and where to. Where the way parts, by how many came to each branch.
    fn streams(&mut self, svg: &mut Svg) {
        let units = &self.journey.funnel;
        for (from, unit) in units.iter().enumerate() {
            let next: Vec<usize> =
                (0..units.len()).filter(|to| units[*to].after.contains(&from)).collect();
            let right = self.x(self.bars[from].column) + BAR;
            let on = self.thick(goes_on(unit));
            if next.is_empty() {
                svg.ribbon(
                    "flow-on",
                    (right, self.bars[from].gone, on),
                    (self.x(self.columns), self.end(), on),
                );
                self.bars[from].gone += on;
                continue;
            }
            let came: u64 = next.iter().map(|to| units[*to].entered).sum();
            for to in next {
                let share = units[to].entered as f64 / came.max(1) as f64;
                let others: u64 = units[to]
                    .after
                    .iter()
                    .filter_map(|before| units.get(*before))
                    .map(goes_on)
                    .sum();
                let arrives =
                    self.thick(units[to].entered) * goes_on(unit) as f64 / others.max(1) as f64;
                let (start, end) = (self.bars[from].gone, self.bars[to].came);
                svg.ribbon(
                    "flow-on",
                    (right, start, on * share),
                    (self.x(self.bars[to].column), end, arrives),
                );
                self.bars[from].gone += on * share;
                self.bars[to].came += arrives;
            }
        }
    }

    /// How far down the last edge is taken by those who came to the end so far.
    fn end(&self) -> f64 {
        let last = |(place, _): &(usize, &Bar)| {
            !self.journey.funnel.iter().any(|unit| unit.after.contains(place))
        };
        TOP + self
            .bars
            .iter()
            .enumerate()
            .filter(last)
            .map(|(_, bar)| bar.gone - bar.top)
            .sum::<f64>()
    }

    /// Who leaves, and who never gets through: of all units of a column together.
    fn branches(&mut self, svg: &mut Svg) {
        let kinds: [Branch; 2] = [
            ("flow-left", "left by choice", |unit| unit.left_by_choice, 0.42, 26.0),
            ("flow-never", "never passed", |unit| unit.stopped, 0.72, 58.0),
        ];
        for column in 0..self.columns {
            for (class, word, of, at, line) in kinds {
                let here: Vec<usize> = (0..self.bars.len())
                    .filter(|place| self.bars[*place].column == column)
                    .collect();
                let parts: Vec<(usize, u64)> =
                    here.iter().map(|place| (*place, of(&self.journey.funnel[*place]))).collect();
                let all: u64 = parts.iter().map(|(_, shoppers)| shoppers).sum();
                if all == 0 {
                    continue;
                }
                let end = self.x(column) + BAR + at * self.gap;
                let mut y = self.floor
                    - parts.iter().map(|(_, shoppers)| self.thick(*shoppers)).sum::<f64>();
                svg.rect(&format!("{class} solid"), (end, y), (8.0, self.floor - y));
                for (place, shoppers) in parts.into_iter().filter(|(_, shoppers)| *shoppers > 0) {
                    let thick = self.thick(shoppers);
                    svg.ribbon(
                        class,
                        (self.x(column) + BAR, self.bars[place].gone, thick),
                        (end, y, thick),
                    );
                    self.bars[place].gone += thick;
                    y += thick;
                }
                // Names on two lines, and only where there is room, so that those of neighbouring units don't run into each other.
                let told = format!("{} {word}", count(all));
                let told = if (told.chars().count() + 2) as f64 * LETTER <= self.gap {
                    told
                } else {
                    count(all)
                };
                svg.words("middle", (end, self.floor + line), &told);
            }
        }
    }

    fn bar(&self, svg: &mut Svg, unit: &FunnelDocument, bar: &Bar) {
        let x = self.x(bar.column);
        let retried = unit.passed.saturating_sub(unit.passed_at_once);
        let parts = [
            ("flow-once", unit.passed_at_once),
            ("flow-retried", retried),
            ("flow-still", still(unit) + unit.cut_off),
            ("flow-never solid", unit.stopped),
        ];
        let mut y = bar.top;
        for (class, shoppers) in parts {
            svg.rect(class, (x, y), (BAR, self.thick(shoppers)));
            y += self.thick(shoppers);
        }
        let letters = ((self.gap - BOLD) / BOLD) as usize;
        let number = count(unit.entered);
        if bar.shared {
            let name = cut(&unit.unit, letters.saturating_sub(number.chars().count() + 1).max(3));
            svg.words("strong", (x, bar.top - 12.0), &format!("{name} {number}"));
        } else {
            svg.words("strong", (x, 30.0), &cut(&unit.unit, letters));
            svg.words("", (x, 62.0), &number);
        }
    }

    /// How those who came to the end came out, each with its name.
    fn endings(&self, svg: &mut Svg) {
        let (found, x) = (&self.journey.endings, self.x(self.columns));
        let ways = [
            ("flow-once", "bought without failures", found.bought_at_once),
            ("flow-retried", "bought after one failure", found.bought_after_one),
            ("flow-again", "bought after two or more", found.bought_after_more),
            ("flow-left solid", "finished without buying", found.completed_without_order),
        ];
        let (mut y, mut free) = (TOP, TOP);
        for (class, name, shoppers) in ways.into_iter().filter(|(_, _, shoppers)| *shoppers > 0) {
            svg.rect(class, (x, y), (BAR, self.thick(shoppers)));
            let line = (y + self.thick(shoppers) / 2.0).max(free + 14.0);
            svg.words("", (x + BAR + 12.0, line + 8.0), &format!("{} {name}", count(shoppers)));
            (y, free) = (y + self.thick(shoppers), line + 16.0);
        }
    }
}

fn alternative(journey: &JourneyDocument) -> String {
    let found = &journey.endings;
    let all = |of: fn(&FunnelDocument) -> u64| journey.funnel.iter().map(of).sum::<u64>();
    let trying = match all(still) {
        0 => String::new(),
        some => format!("; {} in progress", count(some)),
    };
    let cut_off = match all(|unit| unit.cut_off) {
        0 => String::new(),
        some => format!("; {} cut off by the end of the run", count(some)),
    };
    format!(
        "Of {} who started {}, {} bought without failures, {} after one failure, {} after two or more; {} left by choice, {} never passed a unit{trying}{cut_off}.",
        count_of(journey.started, "shopper"),
        journey.name,
        count(found.bought_at_once),
        count(found.bought_after_one),
        count(found.bought_after_more),
        count(all(|unit| unit.left_by_choice)),
        count(all(|unit| unit.stopped))
    )
}

fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}
