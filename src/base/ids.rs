//! Identities: of shoppers, of places in the plan, and of a slice of the schedule.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A shopper's own key: it names the shopper and seeds every random stream of that shopper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShopperId(pub u64);

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u16);

        impl $name {
            /// As an index into the plan's list.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index!(
    /// A step's place in `Plan::steps`.
    StepId
);
index!(
    /// A unit's place in `Plan::units`: what a shopper tries and tries again.
    UnitId
);
index!(
    /// A journey's place in `Plan::journeys`.
    JourneyId
);
index!(
    /// A variable's place in a shopper's scope and in `Plan::variables`.
    VarId
);
index!(
    /// An observed value's place in `Plan::observed`.
    ObservedId
);

/// A share of the schedule: the arrivals whose ordinal leaves `index` when divided by `of`.
/// A core in a process and a machine in a cluster are the same thing at two scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slice {
    index: u32,
    of: u32,
}

/// Why a slice can't be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SliceError {
    /// The text is not two whole numbers around a slash.
    #[error("'{0}' is not a slice: write index/count, such as 0/3 for the first of three")]
    Malformed(String),
    /// The index is not below the count, or the count is zero.
    #[error("slice {index}/{of} does not exist: the index runs from 0 to one below the count")]
    OutOfRange {
        /// The index that was asked for.
        index: u32,
        /// The number of slices that was asked for.
        of: u32,
    },
}

// === impl ShopperId ===

impl fmt::Display for ShopperId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

// === impl Slice ===

impl Slice {
    /// The whole schedule.
    pub const WHOLE: Slice = Slice { index: 0, of: 1 };

    /// The slice `index` of `of`.
    ///
    /// # Errors
    /// When `index` is not below `of`.
    pub const fn try_new(index: u32, of: u32) -> Result<Slice, SliceError> {
        if index < of { Ok(Slice { index, of }) } else { Err(SliceError::OutOfRange { index, of }) }
    }

    /// Which of the slices this is, from 0.
    pub const fn index(self) -> u32 {
        self.index
    }

    /// How many slices make the whole.
    pub const fn of(self) -> u32 {
        self.of
    }

    /// Whether the arrival with this ordinal is in this slice.
    pub const fn keeps(self, ordinal: u64) -> bool {
        ordinal % self.of as u64 == self.index as u64
    }

    /// This slice cut in `parts`, which together keep exactly what it keeps.
    pub fn split(self, parts: u32) -> Vec<Slice> {
        (0..parts.max(1))
            .map(|i| Slice { index: self.index + self.of * i, of: self.of * parts.max(1) })
            .collect()
    }

    /// Whether some ordinal is in both slices.
    pub const fn overlaps(self, other: Slice) -> bool {
        let (mut a, mut b) = (self.of, other.of);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        self.index % a == other.index % a
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl FromStr for Slice {
    type Err = SliceError;

    fn from_str(text: &str) -> Result<Slice, SliceError> {
        let malformed = || SliceError::Malformed(text.to_owned());
        let (index, of) = text.split_once('/').ok_or_else(malformed)?;
        Slice::try_new(
            index.trim().parse().map_err(|_| malformed())?,
            of.trim().parse().map_err(|_| malformed())?,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slices_are_written_index_of_count() {
        assert_eq!("1/3".parse::<Slice>(), Slice::try_new(1, 3));
        assert_eq!("3/3".parse::<Slice>(), Err(SliceError::OutOfRange { index: 3, of: 3 }));
        for text in ["", "1", "a/b", "1/3/5", "-1/2", "0/0x"] {
            assert!(matches!(text.parse::<Slice>(), Err(SliceError::Malformed(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_split_keeps_what_the_slice_keeps(of in 1u32..20, pick in 0u32..20, parts in 1u32..9, ordinal: u64) {
            let slice = Slice::try_new(pick % of, of).unwrap();
            let kept = slice.split(parts).into_iter().filter(|part| part.keeps(ordinal)).count();
            prop_assert_eq!(kept, usize::from(slice.keeps(ordinal)));
        }

        #[test]
        fn overlap_means_a_common_ordinal(a in 1u32..12, i in 0u32..12, b in 1u32..12, j in 0u32..12) {
            let (one, other) = (Slice::try_new(i % a, a).unwrap(), Slice::try_new(j % b, b).unwrap());
            let common = (0..u64::from(a * b)).any(|ordinal| one.keeps(ordinal) && other.keeps(ordinal));
            prop_assert_eq!(one.overlaps(other), common);
        }
    }
}
