//! What grows worse with every minute: a leak, a table without an index, a queue that is never emptied.
//!
//! A run is cut into ten parts with as many attempts each. A trend is a rise from part to part: of all pairs of parts, the later is
//! the worse one in nearly all (Kendall's rank correlation; Mann 1945). A shop that breaks once and stays so is none: pairs on
//! the same side of the break are in no order. So an incident that is a trend is told as one, and not as an outage.

use crate::base::{Micros, StepId, UnitId};
use crate::plan::Plan;
use crate::tally::{Latency, StepTime, Tally};
use crate::verdict::statistics::quantile;

/// What rose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rise {
    /// The share of first attempts that failed.
    Failures {
        /// In the first part.
        first: f64,
        /// In the last.
        last: f64,
    },
    /// The median response time of successes.
    ResponseTime {
        /// In the first part.
        first: Micros,
        /// In the last.
        last: Micros,
    },
}

/// A rise from part to part.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// The unit at which it is.
    pub unit: UnitId,
    /// What rose.
    pub rise: Rise,
    /// Arrivals per second in the first part and in the last, if these rose from part to part as well.
    pub load: Option<(f64, f64)>,
}

/// Parts of a run.
const PARTS: usize = 10;
/// Of the pairs of parts, so large a part more must rise than fall: less than one in a thousand runs without a trend has that.
const LEAST_TAU: f64 = 0.75;
/// Fewer attempts in a part say too little.
const LEAST_ATTEMPTS: u64 = 20;
/// Failures must rise by so much, and double.
const LEAST_RISE: f64 = 0.05;
/// A median must rise by half, and by so much.
const LEAST_SLOWER: Micros = Micros(50_000);

/// The rises, by unit.
pub fn trends(plan: &Plan, tally: &Tally) -> Vec<Trend> {
    let units = (0..plan.units.len()).map(|place| UnitId(place as u16));
    let of_unit = |unit: UnitId| {
        let steps = plan.steps_of(unit).map(|(step, _)| step);
        let slower = steps.filter_map(|step| slower(tally, unit, step)).max_by(by_factor);
        [failing_more(tally, unit), slower].into_iter().flatten()
    };
    units.flat_map(of_unit).collect()
}

/// A rise of the share of first attempts that fail.
fn failing_more(tally: &Tally, unit: UnitId) -> Option<Trend> {
    let cells: Vec<(u32, (u64, u64))> = tally
        .blocks
        .iter()
        .filter_map(|(number, block)| Some((*number, *block.attempts.get(&(unit, 1))?)))
        .map(|(number, tries)| (number, (tries.total(), tries.failed)))
        .collect();
    let parts = cut(&cells, |(attempts, _)| *attempts)?;
    let shares: Vec<f64> = parts
        .iter()
        .map(|part| {
            let sum = part.iter().fold((0, 0), |sum, (_, cell)| (sum.0 + cell.0, sum.1 + cell.1));
            sum.1 as f64 / sum.0 as f64
        })
        .collect();
    let (first, last) = ends(&shares)?;
    let large = last >= first + LEAST_RISE && last >= 2.0 * first;
    large.then(|| Trend { unit, rise: Rise::Failures { first, last }, load: load(tally, &parts) })
}

/// A rise of the median response time.
fn slower(tally: &Tally, unit: UnitId, step: StepId) -> Option<Trend> {
    let blocks = &tally.steps[step.index()].times[StepTime::ResponseOk].blocks;
    let cells: Vec<(u32, &Latency)> = blocks.iter().map(|(number, it)| (*number, it)).collect();
    let parts = cut(&cells, |latency| latency.count())?;
    let median = |part: &&[(u32, &Latency)]| {
        let sample: Latency = part.iter().map(|(_, latency)| *latency).sum();
        quantile(&sample, 0.5).map(|median| median.value.0 as f64)
    };
    let medians = parts.iter().map(median).collect::<Option<Vec<f64>>>()?;
    let (first, last) = ends(&medians)?;
    let large = last >= first + LEAST_SLOWER.0 as f64 && last >= 1.5 * first;
    let rise = Rise::ResponseTime { first: Micros(first as u64), last: Micros(last as u64) };
    large.then(|| Trend { unit, rise, load: load(tally, &parts) })
}

/// Ten stretches of blocks with about as many attempts each; none if there are too few.
fn cut<C>(cells: &[(u32, C)], attempts: impl Fn(&C) -> u64) -> Option<Vec<&[(u32, C)]>> {
    let all: u64 = cells.iter().map(|(_, cell)| attempts(cell)).sum();
    if cells.len() < PARTS || all < PARTS as u64 * LEAST_ATTEMPTS {
        return None;
    }
    let (mut parts, mut start, mut seen) = (Vec::with_capacity(PARTS), 0, 0);
    for (place, (_, cell)) in cells.iter().enumerate() {
        seen += attempts(cell);
        let due = all * (parts.len() as u64 + 1) / PARTS as u64;
        if seen >= due {
            parts.push(&cells[start..=place]);
            start = place + 1;
        }
    }
    (parts.len() == PARTS).then_some(parts)
}

/// The first and the last of values that rise from one to the next; none if they don't.
fn ends(values: &[f64]) -> Option<(f64, f64)> {
    let pairs = || {
        values
            .iter()
            .enumerate()
            .flat_map(|(i, early)| values[i + 1..].iter().map(move |late| (early, late)))
    };
    let (rising, falling) =
        (pairs().filter(|(a, b)| b > a).count(), pairs().filter(|(a, b)| b < a).count());
    let tau = (rising as f64 - falling as f64) / pairs().count().max(1) as f64;
    (tau >= LEAST_TAU).then(|| Some((*values.first()?, *values.last()?)))?
}

/// Arrivals per second in the first part and in the last, if these rose as well.
fn load<C>(tally: &Tally, parts: &[&[(u32, C)]]) -> Option<(f64, f64)> {
    let width = tally.shape.block.as_secs_f64();
    let rate = |part: &&[(u32, C)]| {
        let (first, last) = (part.first()?.0, part.last()?.0);
        let planned: u64 = tally.blocks.range(first..=last).map(|(_, block)| block.planned).sum();
        Some(planned as f64 / (f64::from(last - first + 1) * width))
    };
    let rates = parts.iter().map(rate).collect::<Option<Vec<f64>>>()?;
    // After the last arrivals attempts go on: the highest rate counts.
    let highest = rates.iter().copied().fold(0.0, f64::max);
    let (first, _) = ends(&rates)?;
    (highest > 1.5 * first).then_some((first, highest))
}

fn by_factor(one: &Trend, other: &Trend) -> std::cmp::Ordering {
    one.rise.factor().total_cmp(&other.rise.factor())
}

// === impl Rise ===

impl Rise {
    /// How many times the first part's figure the last part has; infinity where that is zero.
    fn factor(self) -> f64 {
        match self {
            Rise::Failures { first, last } => last / first,
            Rise::ResponseTime { first, last } => last.0 as f64 / first.0 as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::simulation::{SimulatedRun, failing};

    fn found(simulated: &SimulatedRun) -> Vec<(String, Rise)> {
        let name = |unit| simulated.plan.unit_label(unit);
        trends(&simulated.plan, &simulated.tally)
            .into_iter()
            .map(|trend| (name(trend.unit), trend.rise))
            .collect()
    }

    #[test]
    fn what_fails_more_with_every_minute_is_a_trend_of_its_unit() {
        let simulated = SimulatedRun::run(8_000, 120, |m| {
            failing(m.step == "pay" && m.luck < 0.5 * m.now / 120.0)
        });
        let trends = found(&simulated);
        let [(unit, Rise::Failures { first, last })] = &trends[..] else { panic!("{trends:?}") };
        assert_eq!(unit, "pay");
        assert!(*first < 0.1 && *last > 0.35, "{trends:?}");
    }

    #[test]
    fn what_breaks_once_is_no_trend() {
        for from in [20.0, 60.0, 100.0] {
            let simulated = SimulatedRun::run(8_000, 120, |m| {
                failing(m.step == "pay" && m.luck < if m.now >= from { 0.5 } else { 0.02 })
            });
            assert_eq!(found(&simulated), [], "from {from} s on");
        }
        assert_eq!(found(&SimulatedRun::run(8_000, 120, |m| failing(m.luck < 0.1))), []);
    }

    #[test]
    fn answers_that_take_longer_with_every_minute_are_a_trend() {
        let mut simulated = SimulatedRun::run(6_000, 120, |_| failing(false));
        let search = simulated.step("search").index();
        for (number, block) in &mut simulated.tally.steps[search].times[StepTime::ResponseOk].blocks
        {
            let mut slower = Latency::default();
            let longer = u64::from(*number) * 5_000;
            block.iter().for_each(|(span, count)| slower.record_n(Micros(span.0 + longer), count));
            *block = slower;
        }
        let trends = found(&simulated);
        let [(unit, Rise::ResponseTime { first, last })] = &trends[..] else {
            panic!("{trends:?}")
        };
        assert_eq!(unit, "search");
        assert!(first.0 < 120_000 && last.0 > 450_000, "{trends:?}");
    }
}
