//! What was seen, as a mergeable sum: the waist of the house.
//!
//! A `Tally` is a commutative monoid: merging is total, associative and commutative, and an empty tally
//! is its identity. Cores, seconds and machines are all the same thing to it, so a run's report is a pure
//! function of one merged tally however the run was cut. It holds integers only (sums of floats don't
//! associate) and never a rate, a percentile or a verdict. Its size is bounded by the plan, not by the
//! length of the run.
//!
//! Shoppers tell it what they met ([`observation`]) through the methods of `record`; `merge` adds tallies up;
//! [`shard`] stores them, and joins the shards of one run.

mod assets;
mod buckets;
mod causes;
mod failure;
mod friction;
mod generator;
pub mod interval_log;
mod latency;
mod merge;
pub mod observation;
mod pairs;
mod part;
mod record;
mod samples;
mod series;
pub mod shard;
mod shoppers;
mod step;
#[cfg(test)]
mod tests;
mod timeline;
mod treatment;

pub use assets::{AssetExchange, AssetTally, AssetsSeen};
pub use causes::{Cause, CausePlace, Fates, Messages};
pub use failure::{FailureKind, OrderKnowledge};
pub use friction::{Effort, Friction};
pub use generator::{Arrivals, Generator, MOST_CAUSES, OwnFault, TOO_MANY_CAUSES};
pub use latency::Latency;
pub use observation::{
    Checked, End, ExchangeSeen, Outcome, Phases, SampleLine, SampledExchange, ShopperEnd,
    StepAttempt, UnitAttempt,
};
pub use pairs::{PairOf, Pairs};
pub use part::Part;
pub use samples::Samples;
pub use series::Series;
pub use shoppers::{Distinct, Fate, Observed, ShopperCount, ShopperKey, Tries, TryKey};
pub use step::{FunnelStage, JourneyTally, PhaseTally, StepTally};
pub use timeline::{Again, BlockTally, SecondTally};
pub use treatment::Treatment;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::Micros;
use merge::Aside;
use record::Scratch;

/// What a tally's vectors are indexed by; comes from the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
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
    pub parts: Vec<Part>,
}

/// Everything that was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// What it is indexed by.
    pub shape: Shape,
    /// Arrivals by what became of them.
    pub arrivals: Arrivals,
    /// By `StepId`.
    pub steps: Vec<StepTally>,
    /// By `JourneyId`.
    pub journeys: Vec<JourneyTally>,
    /// The values that each observed name was seen with, by `ObservedId`.
    pub distinct: Vec<Distinct>,
    /// Shoppers who ended, counted jointly by what they were and what they met.
    pub shoppers: BTreeMap<ShopperKey, ShopperCount>,
    /// Attempts at units, counted jointly by order, attributes and observed values.
    pub tries: BTreeMap<TryKey, Tries>,
    /// The second tries of an experiment.
    pub treatments: BTreeMap<Treatment, Tries>,
    /// By block of the schedule: what inference resamples.
    pub blocks: BTreeMap<u32, BlockTally>,
    /// By second since the planned start: what charts draw.
    pub seconds: BTreeMap<u32, SecondTally>,
    /// Failing shoppers by the first thing that went wrong.
    pub causes: BTreeMap<CausePlace, Messages>,
    /// A bounded, unbiased choice of failing journeys.
    pub samples: Samples,
    /// What is known of the generator itself.
    pub generator: Generator,
    /// What was seen of each of `shape.parts`.
    pub parts: Vec<Tally>,
    /// Of the target's side of a duet: what became of the shoppers who were in both shops, by block of their arrival.
    pub pairs: BTreeMap<u32, BTreeMap<PairOf, Pairs>>,
    /// Keys to look up by, reused so that recording allocates only for what is met for the first time.
    #[serde(skip)]
    pub(crate) scratch: Aside<Scratch>,
}

// === impl Shape ===

impl Shape {
    /// The width of a block for a load of this length.
    pub fn block_for(length: Micros) -> Micros {
        (length / 360).max(Micros::from_secs(1))
    }

    /// The block that a moment falls into.
    pub fn block_of(&self, at: Micros) -> u32 {
        at.0.checked_div(self.block.0).unwrap_or(0) as u32
    }
}
