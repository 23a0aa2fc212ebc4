//! What may be behind the failures: messages that repeat, bad times of the shop, and ways to try again that help.

mod clusters;
mod examples;
mod experiment;
mod incidents;
mod refusals;
mod slow_times;
mod throttling;
mod trends;

pub use clusters::{Cluster, clusters};
pub use examples::{ClusterExample, ids as trace_ids};
pub use experiment::{ArmComparison, ArmFinding, ExperimentFinding, VersusSame, experiment};
pub use incidents::{Incident, incidents};
pub use refusals::{RefusalFinding, RefusalTime, RefusedGroup, refusals};
pub use slow_times::{SlowTime, slow_times};
pub use throttling::{Throttling, throttling};
pub use trends::{Rise, Trend, trends};
