//! Times at which the shop answered slowly: a frozen process, a lock, a queue that ran full.
//!
//! An answer is slow if it took three times as long as a quarter of the step's answers take, and a fifth of a second longer. Slow
//! answers are scanned for as failures are (see [`super::incidents`]), by when their attempts began. Whatever the test says, a time is
//! listed only if a reader would call it slow: a fair part of its answers, and several times as many as at other times.
//! Attempts that were given up are failures, and are told as incidents.

use std::collections::BTreeMap;

use super::incidents::{BlockCounts, Incident, scan};
use crate::base::{Micros, StepId, UnitId};
use crate::plan::Plan;
use crate::tally::{Latency, LatencyByBlock, StepTime, Tally};
use crate::verdict::statistics::{Rate, quantile};

/// A time at which the shop answered slowly.
#[derive(Clone, Debug, PartialEq)]
pub struct SlowTime {
    /// The unit at which it did; none for several together.
    pub unit: Option<UnitId>,
    /// From when on attempts began that were answered slowly, since the planned start; as exact as a block is long.
    pub from: Micros,
    /// Until when.
    pub until: Micros,
    /// Whether no attempt began later, so that the end of it was not seen.
    pub to_the_end: bool,
    /// Slow answers to attempts that began in it.
    pub inside: Rate,
    /// The same at all other times.
    pub outside: Rate,
    /// The median of the answers in it; none if the sample can't carry it.
    pub p50: Option<Micros>,
    /// The same at all other times.
    pub p50_outside: Option<Micros>,
    /// The slowest answer in it.
    pub max: Option<Micros>,
    /// How likely such a time would be somewhere without any cause, all that might have been picked counted.
    pub p_value: f64,
}

/// An answer that takes this many times as long as a quarter of all do is slow.
const TIMES_USUAL: u64 = 3;
/// And at least so much longer.
const LONGER: Micros = Micros(200_000);
/// This part of the answers must be slow.
const LEAST_SHARE: f64 = 0.3;
/// And this many times as large a part as at other times.
const LEAST_RATIO: f64 = 3.0;

/// The times at which the shop answered slowly, in order; those that are told as incidents are left out.
pub fn slow_times(plan: &Plan, tally: &Tally, incidents: &[Incident]) -> Vec<SlowTime> {
    let found = scan(slow_by_unit(plan, tally), tally);
    let mut slow: Vec<SlowTime> = found
        .into_iter()
        .map(|(unit, span, p_value)| describe(plan, tally, unit, span.first..=span.last, p_value))
        .filter(|time| is_slow(time) && !incidents.iter().any(|incident| covers(incident, time)))
        .collect();
    slow.sort_by_key(|time| (time.from, time.unit));
    slow
}

/// Answers to attempts, and the slow ones among them, by unit and block.
fn slow_by_unit(plan: &Plan, tally: &Tally) -> BTreeMap<UnitId, BlockCounts> {
    let mut units: BTreeMap<UnitId, BlockCounts> = BTreeMap::new();
    for (step, limit) in limits(tally) {
        let blocks = units.entry(plan.step(step).unit).or_default();
        for (number, answers) in answers(tally, step).into_iter().flat_map(|it| &it.blocks) {
            let cell = blocks.entry(*number).or_default();
            let slow = answers.count() - answers.count_at_or_below(limit);
            *cell = (cell.0 + answers.count(), cell.1 + slow);
        }
    }
    units
}

/// From when on an answer of each step is slow.
fn limits(tally: &Tally) -> Vec<(StepId, Micros)> {
    let steps = (0..tally.steps.len()).map(|place| StepId(place as u16));
    let limit = |step: StepId| {
        let all: Latency = answers(tally, step).iter().map(|series| series.total()).fold(
            Latency::default(),
            |mut all, part| {
                all.merge_into_open(&part);
                all
            },
        );
        let usual = all.quantile(0.25)?;
        Some((step, Micros((TIMES_USUAL * usual.0).max(usual.0 + LONGER.0))))
    };
    steps.filter_map(limit).collect()
}

/// The times of attempts that the shop answered.
fn answers(tally: &Tally, step: StepId) -> [&LatencyByBlock; 2] {
    let times = &tally.steps[step.index()].times;
    [&times[StepTime::ResponseOk], &times[StepTime::ResponseDeclined]]
}

fn describe(
    plan: &Plan,
    tally: &Tally,
    unit: Option<UnitId>,
    span: std::ops::RangeInclusive<u32>,
    p_value: f64,
) -> SlowTime {
    let (mut inside, mut outside) = (Latency::default(), Latency::default());
    let (mut slow_inside, mut slow_outside, mut to_the_end) = (0, 0, true);
    let here = |step: &StepId| unit.is_none_or(|unit| plan.step(*step).unit == unit);
    for (step, limit) in limits(tally).into_iter().filter(|(step, _)| here(step)) {
        for (number, part) in answers(tally, step).into_iter().flat_map(|it| &it.blocks) {
            let slow = part.count() - part.count_at_or_below(limit);
            to_the_end &= number <= span.end();
            let (all, counted) = if span.contains(number) {
                (&mut inside, &mut slow_inside)
            } else {
                (&mut outside, &mut slow_outside)
            };
            all.merge_into_open(part);
            *counted += slow;
        }
    }
    let p50 = |sample: &Latency| quantile(sample, 0.5).map(|median| median.value);
    SlowTime {
        unit,
        from: Micros(u64::from(*span.start()) * tally.shape.block.0),
        until: Micros(u64::from(span.end() + 1) * tally.shape.block.0),
        to_the_end,
        inside: Rate::new(slow_inside, inside.count()),
        outside: Rate::new(slow_outside, outside.count()),
        p50: p50(&inside),
        p50_outside: p50(&outside),
        max: inside.max(),
        p_value,
    }
}

/// Whether a reader would call it slow.
fn is_slow(time: &SlowTime) -> bool {
    let (inside, outside) =
        (time.inside.value().unwrap_or_default(), time.outside.value().unwrap_or_default());
    inside >= LEAST_SHARE && inside >= LEAST_RATIO * outside
}

/// Whether an incident is at least half of a slow time.
fn covers(incident: &Incident, time: &SlowTime) -> bool {
    let same = incident.unit.is_none() || incident.unit == time.unit;
    let (from, until) = (incident.from.max(time.from), incident.until.min(time.until));
    same && 2 * until.since(from).0 >= time.until.since(time.from).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::simulation::{SimulatedRun, failing};

    /// A run in which answers to attempts that begin in these seconds take so many times as long.
    fn slowed(seconds: std::ops::Range<u32>, factor: u64, step: Option<&str>) -> SimulatedRun {
        let mut simulated = SimulatedRun::run(4_000, 120, |_| failing(false));
        let only = step.map(|label| simulated.step(label).index());
        let width = simulated.tally.shape.block;
        assert_eq!(width, Micros::from_secs(1));
        for (place, seen) in simulated.tally.steps.iter_mut().enumerate() {
            if only.is_some_and(|only| only != place) {
                continue;
            }
            for (number, block) in &mut seen.times[StepTime::ResponseOk].blocks {
                if seconds.contains(number) {
                    let mut slower = Latency::default();
                    block
                        .iter()
                        .for_each(|(span, count)| slower.record_n(Micros(span.0 * factor), count));
                    *block = slower;
                }
            }
        }
        simulated
    }

    fn found(simulated: &SimulatedRun) -> Vec<SlowTime> {
        slow_times(&simulated.plan, &simulated.tally, &[])
    }

    #[test]
    fn a_shop_that_freezes_is_slow_for_as_long() {
        let frozen = found(&slowed(60..65, 100, None));
        assert_eq!(frozen.len(), 1, "{frozen:?}");
        assert_eq!(
            (frozen[0].unit, frozen[0].from, frozen[0].until, frozen[0].to_the_end),
            (None, Micros::from_secs(60), Micros::from_secs(65), false)
        );
        assert!(frozen[0].p50.unwrap().0 > 50 * frozen[0].p50_outside.unwrap().0, "{frozen:?}");
    }

    #[test]
    fn one_slow_step_is_told_by_its_unit_and_to_the_end() {
        let simulated = slowed(90..121, 100, Some("pay"));
        let slow = found(&simulated);
        assert_eq!(slow.len(), 1, "{slow:?}");
        assert_eq!(slow[0].unit, Some(simulated.plan.step(simulated.step("pay")).unit));
        assert!(slow[0].to_the_end && slow[0].from == Micros::from_secs(90), "{slow:?}");
    }

    #[test]
    fn times_that_vary_as_ever_are_no_slow_time() {
        assert_eq!(found(&slowed(0..0, 1, None)), []);
        assert_eq!(found(&slowed(60..65, 2, None)), [], "twice a few milliseconds is not slow");
    }

    #[test]
    fn what_is_told_as_an_incident_is_not_told_again() {
        let simulated = slowed(60..65, 100, None);
        let failing = SimulatedRun::run(4_000, 120, |m| failing((60.0..65.0).contains(&m.now)));
        let incidents = super::super::incidents(&failing.plan, &failing.tally);
        assert_eq!(slow_times(&simulated.plan, &simulated.tally, &incidents), []);
    }
}
