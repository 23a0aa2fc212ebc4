//! What was seen in a run, as a mergeable sum: everything before it counts, everything after it reads.
//!
//! A `Tally` is a commutative monoid: merging is total, associative and commutative, and an empty tally
//! is its identity. Cores, seconds and machines are all the same thing to it, so a run's report is a pure
//! function of one merged tally however the run was cut. It holds integers only (sums of floats don't
//! associate) and never a rate, a percentile or a verdict. Its size is bounded by the plan, not by the
//! length of the run.
//!
//! Shoppers report what they met ([`observation`]) through the methods of `record`; `merge` adds tallies up;
//! [`shard`] stores them, and joins the shards of one run.

mod assets;
mod buckets;
mod exchange;
mod experiment;
mod failure;
mod first_failures;
mod fit;
mod friction;
mod generator;
pub mod interval_log;
mod journey;
mod key_buffer;
mod latency;
mod latency_by_block;
mod merge;
pub mod observation;
mod outcome;
mod paired;
mod purchases;
mod record;
mod run_tally;
mod samples;
mod shape;
pub mod shard;
mod shoppers;
mod step;
#[cfg(test)]
mod tests;
mod timeline;
mod timing;
mod untracked;

pub use assets::{AssetExchange, AssetTally, AssetsSeen};
pub use exchange::{ExchangeSeen, Phases};
pub use experiment::RetryArmKey;
pub use failure::{FailureKind, OrderKnowledge};
pub use first_failures::{FailureMessages, FailureSite, FirstFailure, OutcomeCounts};
pub use fit::Misfit;
pub use friction::{Effort, Friction};
pub use generator::{ArrivalCounts, Generator, MAX_CAUSES, OwnFault, TOO_MANY_CAUSES};
pub use journey::{FunnelStage, JourneyTally};
pub use latency::Latency;
pub use latency_by_block::LatencyByBlock;
pub use observation::{Checked, SampleLine, SampledExchange, ShopperEnd, StepAttempt, UnitAttempt};
pub use outcome::{End, Outcome};
pub use paired::{PairCounts, PairQuestion};
pub use purchases::{PurchaseCounts, PurchaseStage};
pub use run_tally::Tally;
pub use samples::Samples;
pub use shape::{Cohort, TallyShape};
pub use shoppers::{
    AttemptCounts, AttemptKey, DistinctValues, Observed, OrderStatus, Setback, Setbacks,
    ShopperCount, ShopperKey, ShopperOutcome,
};
pub use step::{PhaseTally, StepTally};
pub use timeline::{BlockTally, RetryCounts, SecondTally};
pub use timing::{AttemptTimes, StepTime, StepTimes, Timing};
