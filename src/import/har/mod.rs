//! Recordings of a browser (HAR) become a journey that buys: forms are submitted, values that come from earlier answers are captured,
//! and what is a person's own is replaced.

mod entry;
mod forms;
mod graphql;
mod order;
mod plain_text;
mod polls;
mod recorded;
mod replace;
mod scenario;
mod sources;
mod steps;
mod tokens;
mod values;
mod varying;

pub use entry::{HarError, Recording};
pub use scenario::{har_in_log, har_scenario};

#[cfg(test)]
mod tests;
