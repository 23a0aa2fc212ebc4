//! What first attempts inside an incident came to, and outside, by unit.

use std::collections::BTreeMap;

use crate::base::UnitId;
use crate::verdict::hotspots::MIN_REPEATED;
use crate::verdict::statistics::{
    Interval, Rate, SumOfSquares, clustering, difference, fisher_greater,
};

/// The level at which a unit is said to fail more in an incident.
pub(super) const UNIT_LEVEL: f64 = 0.01;

/// What first attempts inside a incident came to, or outside, block by block.
#[derive(Default)]
pub(super) struct FirstAttempts {
    /// Those that failed.
    pub(super) first: Vec<SumOfSquares>,
    /// The chance that their shoppers are lost, where it is their first failure.
    pub(super) lost: Vec<SumOfSquares>,
}

/// What first attempts at each unit came to, inside and outside.
pub(super) type ByUnit = BTreeMap<UnitId, (FirstAttempts, FirstAttempts)>;

/// The units that failed more inside, if any that were attempted as well did not.
pub(super) fn affected_units(by_unit: &ByUnit) -> Vec<UnitId> {
    let (mut affected, mut spared) = (Vec::new(), false);
    for (unit, (inside, outside)) in by_unit {
        let (inside, outside) = (inside.rate(), outside.rate());
        let p_value = fisher_greater(inside.events, inside.trials, outside.events, outside.trials);
        if p_value < UNIT_LEVEL {
            affected.push(*unit);
        } else {
            // Enough attempts to have seen an outage of this unit too.
            spared |= inside.trials >= 2 * MIN_REPEATED;
        }
    }
    if spared { affected } else { Vec::new() }
}

/// The rate outside, of the units in the proportion in which they were attempted inside.
pub(super) fn alike(by_unit: &ByUnit, outside: Rate) -> Rate {
    let (mut expected, mut attempts) = (0.0, 0.0);
    for (inside, outside) in by_unit.values() {
        let (inside, outside) = (inside.rate(), outside.rate());
        expected += inside.trials as f64 * outside.value().unwrap_or_default();
        attempts += inside.trials as f64;
    }
    if by_unit.len() < 2 || attempts <= 0.0 {
        return outside;
    }
    let events = (outside.trials as f64 * expected / attempts).round() as u64;
    Rate { events: events.min(outside.trials), ..outside }
}

/// Lost shoppers beyond what each unit's first attempts would have cost at the rate of other times, all units together.
pub(super) fn excess_lost(by_unit: &ByUnit) -> (f64, Interval) {
    let (mut lost, mut below, mut above) = (0.0, 0.0, 0.0);
    for (inside, outside) in by_unit.values().filter(|(inside, _)| !inside.first.is_empty()) {
        let (excess, ci95) = inside.excess_lost(outside);
        lost += excess;
        below += (excess - ci95.low).powi(2);
        above += (ci95.high - excess).powi(2);
    }
    let at_least_none = |figure: f64| figure.max(0.0);
    let ci95 = Interval {
        low: at_least_none(lost - below.sqrt()),
        high: at_least_none(lost + above.sqrt()),
    };
    (at_least_none(lost), ci95)
}

// === impl FirstAttempts ===

impl FirstAttempts {
    pub(super) fn add(&mut self, first: Rate, lost: SumOfSquares) {
        self.first.push(SumOfSquares::of_events(first.events, first.trials));
        // Of as many as attempted first: all others were lost to nothing that began here.
        self.lost.push(SumOfSquares { count: first.trials as f64, ..lost });
    }

    pub(super) fn rate(&self) -> Rate {
        let (sum, effect) = (sum(&self.first), clustering(self.first.iter().copied()));
        Rate {
            design_effect: effect.unwrap_or(1.0),
            by_blocks: effect.is_some(),
            ..Rate::new(sum.sum as u64, sum.count as u64)
        }
    }

    /// Where the mean loss of a first attempt lies.
    fn loss(&self) -> (f64, Interval) {
        let lost = sum(&self.lost);
        let ci95 = lost.ci95(clustering(self.lost.iter().copied()).unwrap_or(1.0));
        (if lost.count > 0.0 { lost.mean() } else { 0.0 }, ci95)
    }

    /// Lost shoppers beyond what these first attempts would have cost at the rate of the others.
    fn excess_lost(&self, others: &FirstAttempts) -> (f64, Interval) {
        let (one, other, times) = (self.loss(), others.loss(), sum(&self.first).count);
        let ci95 = difference(one, other);
        let beyond = |loss: f64| times * loss;
        (beyond(one.0 - other.0), Interval { low: beyond(ci95.low), high: beyond(ci95.high) })
    }
}

fn sum(cells: &[SumOfSquares]) -> SumOfSquares {
    cells.iter().fold(SumOfSquares::default(), |sum, cell| sum + *cell)
}
