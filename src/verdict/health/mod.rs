//! Whether the generator, and not the shop, made the figures what they are.
//!
//! The rule of open load: every shopper acts when the schedule says so, however the shop fares. Schedule lag is the
//! proof. A single attempt that acted late says nothing, nor do a few milliseconds beside a median of a
//! second; so an attempt counts as late when its lag exceeds a tolerance, and a block of time is late when more than
//! one in a hundred of its attempts are (that is, its p99 of lag exceeds the tolerance), with 95 % confidence so that two
//! hiccups among fifty attempts don't condemn it.
//!
//! Late blocks make the run suspect. It is invalid when late attempts are more than 1 % of the whole run, since then its
//! own p99 is ours and not the shop's; when more than 0.1 % of the arrivals never started, since repeated failures
//! are gated at about that rate; or when exchanges failed for want of our own means.

mod generator;
mod issue;
mod lateness;

pub use generator::{GeneratorHealth, LagQuantiles, NEGLIGIBLE_LAG, health};
pub use issue::{HealthIssue, IssueCause, Validity};
