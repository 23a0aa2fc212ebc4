//! tillrush rehearses a rush at the till: it replays peak-season shopping flows against a checkout and
//! reports where shoppers would meet repeated failures.
//!
//! The flow of a run, and the map of the rooms:
//!
//! ```text
//! scenario ─► plan ─► schedule ─► engine ─► shopper ─► tally ─► verdict ─► report
//! └────── pure preparation ─────┘ └──── effects ────┘          └─── judgement ───┘
//! ```
//!
//! `capture` has the kinds of captures and checks, one file each: their keys in a scenario, their compilation, and their
//! reading of a response.
//!
//! Preparation and judgement have no clock, no socket and no randomness of their own. Effects and judgement
//! meet only in the tally. `demo_shop` is the practice shop; it shares nothing with the shopper, so that no
//! bug can hide in both.

#![forbid(unsafe_code)]
#![warn(missing_docs)]
// A new variant must not compile until every match has dealt with it.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

// The simulated run of tests/calibration is shared with the tests in here, and names the library from outside.
#[cfg(test)]
extern crate self as tillrush;

pub mod base;
pub mod browser_recording;
pub mod capture;
pub mod cli;
pub mod demo_shop;
pub mod engine;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod import;
pub mod join;
pub mod metrics;
pub mod plan;
pub mod reconcile;
pub mod records;
pub mod report;
pub mod scenario;
pub mod schedule;
pub mod shopper;
pub mod store;
pub mod tally;
pub mod verdict;
