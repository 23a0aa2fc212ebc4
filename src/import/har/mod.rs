//! A recording of a browser (HAR) becomes a journey that buys: forms are submitted, values that come from earlier answers are captured,
//! and what is a person's own is replaced.

mod correlate;
mod entry;
mod forms;
mod recorded;
mod replace;
mod write;

pub use entry::{HarError, Recording};
pub use write::har_scenario;

#[cfg(test)]
mod tests;
