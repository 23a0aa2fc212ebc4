//! What an incident came to.

use std::collections::BTreeMap;

use super::first_attempts::{FirstAttempts, affected_units, alike, excess_lost};
use super::scan::{Found, first_attempts, scan};
use crate::base::{Micros, UnitId};
use crate::plan::{ArrivalModel, Plan};
use crate::tally::Tally;
use crate::verdict::abandonment::LossModel;
use crate::verdict::statistics::{Interval, Rate, SumOfSquares};

/// A time at which the shop failed more than at others.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// The unit at which it did; none for several together.
    pub unit: Option<UnitId>,
    /// Of several, those that it can be shown for, if others were well; empty for the whole shop.
    pub units: Vec<UnitId>,
    /// From when on, since the planned start; as exact as a block is long.
    pub from: Micros,
    /// Until when.
    pub until: Micros,
    /// Whether no attempt began later, so that the end of the trouble was not seen.
    pub to_the_end: bool,
    /// First attempts in it that failed. Shorter incidents have too few blocks to judge clustering by; then they are
    /// taken for independent.
    pub inside: Rate,
    /// The same of all other times, other incidents left out; of several units in the proportion in which they were attempted inside.
    pub outside: Rate,
    /// How likely such a time would be somewhere without any cause, all that might have been picked counted.
    pub p_value: f64,
    /// Second attempts in it, after a failed first one, that failed as well.
    pub failed_again: u64,
    /// Shoppers whose first failure fell into it and who met another one.
    pub repeated: u64,
    /// Lost shoppers beyond what the rest of the time would have cost; none for a closed load.
    /// And its interval.
    pub excess_lost: Option<(f64, Interval)>,
}

/// The times at which the shop failed more than at others, in order of time.
pub fn incidents(plan: &Plan, tally: &Tally) -> Vec<Incident> {
    let found = scan(first_attempts(tally, |tries| tries.failed), tally);
    let model = LossModel::of(plan, tally);
    let mut incidents: Vec<Incident> =
        found.iter().map(|one| incident(plan, tally, &model, one, &found)).collect();
    incidents.sort_by_key(|incident| (incident.from, incident.unit));
    incidents
}

fn incident(
    plan: &Plan,
    tally: &Tally,
    model: &LossModel<'_>,
    &(unit, span, p_value): &Found,
    all: &[Found],
) -> Incident {
    let here = |tried: UnitId| unit.is_none_or(|unit| unit == tried);
    // Another bad time of the same unit, or of the whole shop, is no measure of how good it is otherwise.
    let bad = |number: u32| {
        all.iter().any(|(of, other, _)| {
            (*of == unit || of.is_none()) && (other.first..=other.last).contains(&number)
        })
    };
    let within = |number: u32| (span.first..=span.last).contains(&number);
    let (mut inside, mut outside) = (FirstAttempts::default(), FirstAttempts::default());
    let mut by_unit: BTreeMap<UnitId, (FirstAttempts, FirstAttempts)> = BTreeMap::new();
    let (mut failed_again, mut repeated, mut to_the_end) = (0, 0, true);
    for (number, block) in &tally.blocks {
        let tries = || block.attempts.iter().filter(|((tried, nth), _)| *nth == 1 && here(*tried));
        to_the_end &= *number <= span.last || tries().next().is_none();
        if !within(*number) && bad(*number) {
            continue;
        }
        let mut lost: BTreeMap<UnitId, SumOfSquares> = BTreeMap::new();
        for ((_, fate), count) in &block.began_to_fail {
            let Some(blamed) = fate.blamed_step().map(|step| plan.step(step).unit) else {
                continue;
            };
            if !here(blamed) {
                continue;
            }
            *lost.entry(blamed).or_default() +=
                SumOfSquares::of_equal(model.to_failures(fate).high, count.shoppers);
            repeated += if within(*number) && fate.failures >= 2 { count.shoppers } else { 0 };
        }
        let (mut first, mut all_lost) = (Rate::new(0, 0), SumOfSquares::default());
        for ((tried, _), tries) in tries() {
            let of_unit = Rate::new(tries.failed, tries.total());
            let lost = lost.remove(tried).unwrap_or_default();
            let (there, elsewhere) = by_unit.entry(*tried).or_default();
            if within(*number) { there } else { elsewhere }.add(of_unit, lost);
            first = Rate::new(first.events + of_unit.events, first.trials + of_unit.trials);
            all_lost += lost;
        }
        if within(*number) {
            failed_again += block
                .retries
                .iter()
                .filter(|(tried, _)| here(**tried))
                .map(|(_, again)| again.attempts.failed)
                .sum::<u64>();
        }
        if within(*number) { &mut inside } else { &mut outside }.add(first, all_lost);
    }
    let open = !matches!(plan.load.arrivals, ArrivalModel::Closed { .. });
    let at = |number: u32| Micros(u64::from(number) * tally.shape.block.0);
    let until = if to_the_end { at(span.last + 1).max(end(tally)) } else { at(span.last + 1) };
    Incident {
        unit,
        units: if unit.is_none() { affected_units(&by_unit) } else { Vec::new() },
        from: at(span.first),
        until,
        to_the_end,
        inside: inside.rate(),
        outside: alike(&by_unit, outside.rate()),
        p_value,
        failed_again,
        repeated,
        excess_lost: open.then(|| excess_lost(&by_unit)),
    }
}

/// The end of the last second in which anything ended.
fn end(tally: &Tally) -> Micros {
    let last = tally.seconds.last_key_value();
    last.map_or(Micros::ZERO, |(second, _)| Micros::from_secs(u64::from(*second) + 1))
}
