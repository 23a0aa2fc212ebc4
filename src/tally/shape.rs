//! What a tally is indexed by, and the cohorts of shoppers that it counts separately.
//!
//! `p95(pay) < 800ms where payment = wallet` needs all that an objective without a condition needs, of fewer shoppers.
//! So a cohort has a tally of its own, of those shoppers only, and is read by the same code as the whole. Only the
//! cohorts that objectives name are counted: all of them would be a tally for each combination of values.

use serde::{Deserialize, Serialize};

use super::merge::{Merge, keep_larger};
use crate::base::Micros;

/// What a tally's vectors are indexed by; comes from the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TallyShape {
    /// How many steps the plan has.
    pub steps: usize,
    /// How many units.
    pub units: usize,
    /// How many journeys.
    pub journeys: usize,
    /// How many units each journey has.
    pub journey_units: Vec<usize>,
    /// How many values each assigned attribute has.
    pub attributes: Vec<usize>,
    /// How many observed values a shopper can have.
    pub observed: usize,
    /// The width of a time block: max(1 s, duration / 360).
    pub block: Micros,
    /// The parts of the shoppers that are counted apart as well: what objectives with a `where` speak of.
    pub cohorts: Vec<Cohort>,
}

/// A condition on shoppers: (an attribute's index, the index of its value), all of which must hold; ascending, at least one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cohort(Vec<(usize, usize)>);

// === impl Cohort ===

impl Cohort {
    /// The part for these conditions, in whatever order they come; none if there are no conditions.
    pub fn of(conditions: &[(usize, usize)]) -> Option<Cohort> {
        let mut conditions = conditions.to_vec();
        conditions.sort_unstable();
        conditions.dedup();
        (!conditions.is_empty()).then_some(Cohort(conditions))
    }

    /// The parts for the conditions of several objectives, each once.
    pub fn all_of<'a>(conditions: impl IntoIterator<Item = &'a [(usize, usize)]>) -> Vec<Cohort> {
        let mut parts: Vec<Cohort> = conditions.into_iter().filter_map(Cohort::of).collect();
        parts.sort_unstable();
        parts.dedup();
        parts
    }

    pub(super) fn holds(&self, attributes: &[u8]) -> bool {
        self.0.iter().all(|&(attribute, value)| {
            attributes.get(attribute).is_some_and(|&held| usize::from(held) == value)
        })
    }
}

// === impl TallyShape ===

impl TallyShape {
    /// The width of a block for a load of this length.
    pub fn block_for(length: Micros) -> Micros {
        (length / 360).max(Micros::from_secs(1))
    }

    /// How many seconds are counted as one: one, for loads of up to two hours. A day's seconds would not fit the memory that a
    /// run may take, and no chart or interval tells them apart.
    pub fn seconds_together(&self) -> u32 {
        u32::try_from(self.block.0 / 20_000_000).unwrap_or(u32::MAX).max(1)
    }

    /// The second that a moment is counted under: the first of those that are counted as one.
    pub fn second_of(&self, at: Micros) -> u32 {
        at.second() - at.second() % self.seconds_together()
    }

    /// The block that a moment falls into.
    pub fn block_of(&self, at: Micros) -> u32 {
        at.0.checked_div(self.block.0).unwrap_or(0) as u32
    }

    /// The first block of which nothing lies before a moment.
    pub fn block_at_or_after(&self, at: Micros) -> u32 {
        if self.block.0 == 0 { 0 } else { at.0.div_ceil(self.block.0) as u32 }
    }

    /// How many steps, units, journeys and observed values a tally of this shape has room for; none beyond all numbers.
    pub(super) fn places(&self) -> Option<usize> {
        let units =
            self.journey_units.iter().try_fold(0usize, |sum, units| sum.checked_add(*units))?;
        let own = [self.steps, self.units, self.journeys, self.observed]
            .into_iter()
            .try_fold(units, usize::checked_add)?;
        own.checked_mul(self.cohorts.len().checked_add(1)?)
    }

    /// The shape of a part: the same, without parts of its own.
    pub(super) fn of_cohort(&self) -> TallyShape {
        TallyShape { cohorts: Vec::new(), ..self.clone() }
    }
}

impl Merge for TallyShape {
    /// Of different shapes the larger: no run brings that about, for [`Shard::join`](super::shard::Shard::join) refuses shards of
    /// different plans.
    fn merge_with(&mut self, other: TallyShape) {
        fn each_larger(ours: &mut Vec<usize>, theirs: Vec<usize>) {
            ours.resize(ours.len().max(theirs.len()), 0);
            ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| keep_larger(ours, theirs));
        }
        let TallyShape {
            steps,
            units,
            journeys,
            journey_units,
            attributes,
            observed,
            block,
            cohorts,
        } = other;
        keep_larger(&mut self.steps, steps);
        keep_larger(&mut self.units, units);
        keep_larger(&mut self.journeys, journeys);
        each_larger(&mut self.journey_units, journey_units);
        each_larger(&mut self.attributes, attributes);
        keep_larger(&mut self.observed, observed);
        keep_larger(&mut self.block, block);
        keep_larger(&mut self.cohorts, cohorts);
    }

    fn volume(&self) -> u64 {
        0
    }
}
