//! What adds up.
//!
//! Merging is total: counts that can't grow any more stay at their largest. A sum that may fail half-way is no sum.

use std::collections::BTreeMap;

use crate::base::{Micros, MinorUnits};

/// What adds up, associatively and commutatively; `default()` changes nothing.
pub(super) trait Merge {
    /// Adds what `other` counted.
    fn merge_with(&mut self, other: Self);

    /// All that it counted, in sum: as large as any of its counts, and as any sum of them.
    fn volume(&self) -> u64;

    /// Packs the distributions in it, so that nothing takes more memory than need be. Nothing that can be read changes.
    fn compact(&mut self) {}
}

/// Implements [`Merge`] field by field: `merge_fields!(Struct { a, b, c => with })`.
///
/// Every field must be in the list, or it does not compile: a count that is not merged would be lost unseen. A field
/// is merged as its type is, or by the function `with(&mut ours, theirs)`.
macro_rules! merge_fields {
    (@one $ours:expr, $theirs:ident) => { $crate::tally::merge::Merge::merge_with(&mut $ours, $theirs) };
    (@one $ours:expr, $theirs:ident, $with:path) => { $with(&mut $ours, $theirs) };
    ($name:ident { $($field:ident $(=> $with:path)?),+ $(,)? }) => {
        impl $crate::tally::merge::Merge for $name {
            fn merge_with(&mut self, other: $name) {
                let $name { $($field),+ } = other;
                $($crate::tally::merge::merge_fields!(@one self.$field, $field $(, $with)?);)+
            }

            fn volume(&self) -> u64 {
                let $name { $($field),+ } = self;
                [$($crate::tally::merge::Merge::volume($field)),+].into_iter().fold(0, u64::saturating_add)
            }

            fn compact(&mut self) {
                let $name { $($field),+ } = self;
                $($crate::tally::merge::Merge::compact($field);)+
            }
        }
    };
}

pub(super) use merge_fields;

/// Keeps the larger of two figures that don't add up.
pub(super) fn keep_larger<T: Ord>(ours: &mut T, theirs: T) {
    if *ours < theirs {
        *ours = theirs;
    }
}

fn sum_of<'a, T: Merge + 'a>(parts: impl IntoIterator<Item = &'a T>) -> u64 {
    parts.into_iter().map(T::volume).fold(0, u64::saturating_add)
}

// === impl Merge ===

impl Merge for u64 {
    fn merge_with(&mut self, other: u64) {
        *self = self.saturating_add(other);
    }

    fn volume(&self) -> u64 {
        *self
    }
}

impl Merge for (u32, u32) {
    fn merge_with(&mut self, other: (u32, u32)) {
        *self = (self.0.saturating_add(other.0), self.1.saturating_add(other.1));
    }

    fn volume(&self) -> u64 {
        u64::from(self.0) + u64::from(self.1)
    }
}

impl Merge for bool {
    fn merge_with(&mut self, other: bool) {
        *self |= other;
    }

    fn volume(&self) -> u64 {
        0
    }
}

impl Merge for Micros {
    fn merge_with(&mut self, other: Micros) {
        *self = self.saturating_add(other);
    }

    fn volume(&self) -> u64 {
        self.0
    }
}

impl Merge for MinorUnits {
    fn merge_with(&mut self, other: MinorUnits) {
        self.0.merge_with(other.0);
    }

    fn volume(&self) -> u64 {
        self.0
    }
}

impl<T: Merge + Default> Merge for Vec<T> {
    fn merge_with(&mut self, other: Vec<T>) {
        if self.len() < other.len() {
            self.resize_with(other.len(), T::default);
        }
        self.iter_mut().zip(other).for_each(|(ours, theirs)| ours.merge_with(theirs));
    }

    fn volume(&self) -> u64 {
        sum_of(self)
    }

    fn compact(&mut self) {
        self.iter_mut().for_each(T::compact);
    }
}

impl<T: Merge, const N: usize> Merge for [T; N] {
    fn merge_with(&mut self, other: [T; N]) {
        self.iter_mut().zip(other).for_each(|(ours, theirs)| ours.merge_with(theirs));
    }

    fn volume(&self) -> u64 {
        sum_of(self)
    }

    fn compact(&mut self) {
        self.iter_mut().for_each(T::compact);
    }
}

impl<K: Ord, V: Merge + Default> Merge for BTreeMap<K, V> {
    fn merge_with(&mut self, other: BTreeMap<K, V>) {
        for (key, theirs) in other {
            self.entry(key).or_default().merge_with(theirs);
        }
    }

    fn volume(&self) -> u64 {
        sum_of(self.values())
    }

    fn compact(&mut self) {
        self.values_mut().for_each(V::compact);
    }
}
