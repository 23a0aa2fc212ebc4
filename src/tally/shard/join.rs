//! Joining the shards of one run.
//!
//! Merging is not idempotent: a slice that comes twice would be counted twice. So slices that overlap are
//! refused. Missing ones are not: what is there can be reported, and said to be incomplete.

use super::header::{Shard, ShardHeader};
use crate::base::Slice;

/// Why shards don't make one run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// There is nothing to join.
    #[error("no shards to join: name at least one run")]
    Nothing,
    /// The same workload, drawn differently.
    #[error(
        "{first} has seed {first_seed}, {other} has seed {other_seed}: shards of one run share the seed (compare two runs with `compare`)"
    )]
    OtherSeed {
        /// A shard.
        first: String,
        /// Its seed.
        first_seed: u64,
        /// A shard that differs from it.
        other: String,
        /// Its seed.
        other_seed: u64,
    },
    /// Different scenarios, settings or data.
    #[error(
        "{first} (plan {first_digest}) and {other} (plan {other_digest}) ran different plans: \
         shards of one run share scenario, settings and data"
    )]
    OtherPlan {
        /// A shard.
        first: String,
        /// The digest of its plan.
        first_digest: String,
        /// A shard that differs from it.
        other: String,
        /// The digest of its plan.
        other_digest: String,
    },
    /// The same plan, counted differently.
    #[error(
        "{first} and {other} ran the same plan but counted different things: \
         shards of one run share the objectives' `where` conditions, and the program's version"
    )]
    OtherShape {
        /// A shard.
        first: String,
        /// A shard that differs from it.
        other: String,
    },
    /// Some shoppers would be counted twice.
    #[error(
        "slice {first_slice} of {first} and slice {other_slice} of {other} overlap: their shoppers would be counted twice; leave one out"
    )]
    Overlap {
        /// A shard.
        first: String,
        /// Its slice.
        first_slice: Slice,
        /// A shard that has shoppers in common with it.
        other: String,
        /// Its slice.
        other_slice: Slice,
    },
    /// The slices have no manageable common denominator.
    #[error(
        "together the slices cut the schedule in {parts} parts, more than {}: cut the run in fewer",
        ShardHeader::MAX_PARTS
    )]
    TooFine {
        /// The number of parts.
        parts: u64,
    },
}

// === impl Shard ===

impl Shard {
    /// The run that these shards make. It may lack slices ([`Shard::missing`]), and is joined with them in its turn.
    ///
    /// # Errors
    /// When there are none, when they are not of one run, or when slices overlap.
    pub fn join(shards: impl IntoIterator<Item = Shard>) -> Result<Shard, MergeError> {
        let mut shards: Vec<Shard> = shards.into_iter().collect();
        for (i, shard) in shards.iter().enumerate() {
            shards[..i].iter().try_for_each(|earlier| earlier.joins(shard))?;
        }
        shards.reverse();
        let mut joined = shards.pop().ok_or(MergeError::Nothing)?;
        while let Some(shard) = shards.pop() {
            joined.add(shard);
        }
        joined.header.slices.sort_unstable_by_key(|slice| (slice.of(), slice.index()));
        joined.header.commands.sort_unstable();
        joined.header.commands.dedup();
        let parts = joined.header.parts();
        if parts > ShardHeader::MAX_PARTS { Err(MergeError::TooFine { parts }) } else { Ok(joined) }
    }

    fn add(&mut self, other: Shard) {
        let Shard { name, header, tally, ending, torn_bytes, loss } = other;
        self.name = format!("{}, {name}", self.name);
        self.header.add(header);
        self.tally.merge(tally);
        self.tally.compact();
        self.ending = self.ending.max(ending);
        self.torn_bytes = self.torn_bytes.saturating_add(torn_bytes);
        self.loss = match (self.loss, loss) {
            (Some(ours), Some(theirs)) => Some(ours.and(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
    }

    fn joins(&self, other: &Shard) -> Result<(), MergeError> {
        let (ours, theirs) = (&self.header, &other.header);
        let (first, other) = (self.name.clone(), other.name.clone());
        if ours.seed != theirs.seed && ours.workload_digest == theirs.workload_digest {
            return Err(MergeError::OtherSeed {
                first,
                first_seed: ours.seed,
                other,
                other_seed: theirs.seed,
            });
        }
        if ours.plan_digest != theirs.plan_digest {
            let (first_digest, other_digest) =
                (ours.plan_digest.clone(), theirs.plan_digest.clone());
            return Err(MergeError::OtherPlan { first, first_digest, other, other_digest });
        }
        if ours.shape != theirs.shape {
            return Err(MergeError::OtherShape { first, other });
        }
        let mut pairs =
            ours.slices.iter().flat_map(|&a| theirs.slices.iter().map(move |&b| (a, b)));
        match pairs.find(|&(a, b)| a.overlaps(b)) {
            Some((first_slice, other_slice)) => {
                Err(MergeError::Overlap { first, first_slice, other, other_slice })
            }
            None => Ok(()),
        }
    }
}
