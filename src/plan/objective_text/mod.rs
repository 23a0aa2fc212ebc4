//! Objectives as people write them: `p95(pay) < 800ms for 30s where payment = wallet`.

mod clauses;
mod error;
mod metric;
mod objective;
mod words;

pub use error::ObjectiveError;
