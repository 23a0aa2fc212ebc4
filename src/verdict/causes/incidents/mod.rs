//! Times at which the shop failed more than at others: an outage, a release, a queue that ran full.
//!
//! First attempts at a unit, or at all of them together, are counted by block of time. Of all stretches of neighbouring blocks the
//! one whose failures speak most evidently for a rate of its own is the candidate (the likelihood ratio of Kulldorff's scan statistic,
//! 1997, in one dimension: the pair of change points of highest likelihood). It is listed if a test of it beside the rest of the
//! time is still significant when multiplied by the number of all stretches that might have been picked. Then it is set
//! aside and the rest is scanned again. First attempts only: who failed once tries again, and would be counted twice.
//!
//! Units differ in how often they fail, and which of them shoppers are at changes in time: after the last arrivals only the late
//! steps are left. So the failures of the whole shop are set beside those that each unit's own rate makes expect (a scan stratified by
//! unit). One unit is tested by Fisher's exact test. Of several the sum of hypergeometric counts is bounded by the binomial one
//! of the same mean, whose upper tail is never smaller (Hoeffding 1956).

mod first_attempts;
mod incident;
mod scan;
#[cfg(test)]
mod tests;

pub use incident::{Incident, incidents};
pub(super) use scan::{BlockCounts, first_attempts, scan};
