//! Adding tallies up.
//!
//! Merging is total: counts that can't grow any more stay at their largest, and tallies of different shapes
//! take the larger one. No run can bring either about ([`Shard::join`](super::shard::Shard::join) refuses parts of different plans),
//! but a sum that may fail half-way is no sum. An empty tally changes nothing.

use std::collections::BTreeMap;
use std::iter::Sum;
use std::ops::AddAssign;

use super::shoppers::collapse;
use super::{Distinct, Latency, Shape, Tally};
use crate::base::Micros;

/// What adds up, associatively and commutatively; `default()` changes nothing.
pub(super) trait Merge {
    fn absorb(&mut self, other: Self);
}

/// A helper beside the counts, which was not seen and so is no part of what was counted: equal to any other, and
/// never stored.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aside<T>(pub(crate) T);

impl<T> PartialEq for Aside<T> {
    fn eq(&self, _: &Aside<T>) -> bool {
        true
    }
}

impl<T> Eq for Aside<T> {}

// === impl Merge ===

impl Merge for u64 {
    fn absorb(&mut self, other: u64) {
        *self = self.saturating_add(other);
    }
}

impl Merge for (u32, u32) {
    fn absorb(&mut self, other: (u32, u32)) {
        *self = (self.0.saturating_add(other.0), self.1.saturating_add(other.1));
    }
}

impl Merge for Micros {
    fn absorb(&mut self, other: Micros) {
        *self = self.saturating_add(other);
    }
}

impl<T: Merge + Default> Merge for Vec<T> {
    fn absorb(&mut self, other: Vec<T>) {
        if self.len() < other.len() {
            self.resize_with(other.len(), T::default);
        }
        self.iter_mut().zip(other).for_each(|(ours, theirs)| ours.absorb(theirs));
    }
}

impl<K: Ord, V: Merge + Default> Merge for BTreeMap<K, V> {
    fn absorb(&mut self, other: BTreeMap<K, V>) {
        for (key, theirs) in other {
            self.entry(key).or_default().absorb(theirs);
        }
    }
}

impl Merge for Latency {
    fn absorb(&mut self, mut other: Latency) {
        if self.is_empty() {
            other.seal();
            *self = other;
        } else {
            self.merge(&other);
        }
    }
}

impl Merge for Shape {
    fn absorb(&mut self, other: Shape) {
        fn larger(ours: &mut Vec<usize>, theirs: &[usize]) {
            ours.resize(ours.len().max(theirs.len()), 0);
            ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| *ours = (*ours).max(*theirs));
        }
        self.steps = self.steps.max(other.steps);
        self.units = self.units.max(other.units);
        self.journeys = self.journeys.max(other.journeys);
        larger(&mut self.journey_units, &other.journey_units);
        larger(&mut self.attributes, &other.attributes);
        self.observed = self.observed.max(other.observed);
        self.block = self.block.max(other.block);
        if self.parts < other.parts {
            self.parts = other.parts;
        }
    }
}

// === impl Tally ===

impl Tally {
    /// Adds what `other` counted.
    pub fn merge(&mut self, mut other: Tally) {
        self.shape.absorb(other.shape);
        self.arrivals.absorb(other.arrivals);
        self.steps.absorb(other.steps);
        self.journeys.absorb(other.journeys);
        let blurred = |names: &[Distinct]| names.iter().filter(|name| !name.told_apart()).count();
        let before = blurred(&self.distinct);
        self.distinct.absorb(other.distinct);
        if blurred(&self.distinct) > before {
            self.collapse_observed();
        }
        collapse(&mut other.shoppers, &self.distinct);
        collapse(&mut other.tries, &self.distinct);
        self.shoppers.absorb(other.shoppers);
        self.tries.absorb(other.tries);
        self.treatments.absorb(other.treatments);
        self.blocks.absorb(other.blocks);
        self.seconds.absorb(other.seconds);
        self.causes.absorb(other.causes);
        self.samples.absorb(other.samples);
        self.generator.absorb(other.generator);
        self.parts.absorb(other.parts);
        self.pairs.absorb(other.pairs);
    }

    /// Rewrites the joint counts, for what is no longer told apart.
    pub(super) fn collapse_observed(&mut self) {
        collapse(&mut self.shoppers, &self.distinct);
        collapse(&mut self.tries, &self.distinct);
    }

    /// Packs what was counted lately, so that nothing takes more memory than need be. Nothing that can be read changes.
    pub fn seal(&mut self) {
        self.steps.iter_mut().for_each(super::StepTally::seal);
        self.journeys.iter_mut().for_each(super::JourneyTally::seal);
        self.blocks.values_mut().for_each(super::BlockTally::seal);
        self.parts.iter_mut().for_each(Tally::seal);
    }
}

impl Merge for Tally {
    fn absorb(&mut self, other: Tally) {
        self.merge(other);
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.merge(other);
    }
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        self.merge(other.clone());
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Tally>>(parts: I) -> Tally {
        parts.fold(Tally::default(), |mut sum, part| {
            sum += part;
            sum
        })
    }
}
