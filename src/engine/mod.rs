//! The effects: arrivals become shoppers at their time, on one runtime per core.
//!
//! ```text
//! schedule ─► core 0 ─► shoppers ─► tally ─┐ once a second
//!        └──► core 1 ─► shoppers ─► tally ─┴─► on_delta (merge, write, show)
//! ```
//!
//! The engine never sees a report: whoever runs it gets deltas, whose sum is the run.

mod budget;
mod clock;
mod epoch;
mod in_flight;
mod machine;
mod options;
mod purchase_archive;
mod purchase_log;
mod rate_limit;
mod reporter;
mod run;
mod shopper_task;
mod stop;
mod stop_rules;
#[cfg(test)]
mod tests;
#[cfg(target_os = "linux")]
mod wake_latency;
mod worker;

pub use self::budget::Budget;
#[cfg(target_os = "linux")]
pub use self::clock::PreciseClock;
pub use self::clock::TokioClock;
pub use self::machine::{cores, peak_rss_kib, raise_file_limit};
pub use self::options::{BaselineShop, RunOptions};
pub use self::purchase_archive::{PIECE_BYTES, PurchaseLogPaths};
pub use self::purchase_log::{PurchaseLogFile, PurchaseLogWriter};
pub use self::rate_limit::RateLimitGate;
pub use self::reporter::ShopRole;
pub use self::run::{EngineError, RunEnd, run};
pub use self::stop::{Phase, Stop, StopCause, StopSignal};
pub use self::stop_rules::StopRules;
