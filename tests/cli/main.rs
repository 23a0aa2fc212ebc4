//! The acceptance tests: the real program, run against the practice shop, whose own books say what is right.
//!
//! Times differ from machine to machine and from minute to minute, so counts are compared, and milliseconds only
//! where a time is what the test is about.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod bench;

mod assets;
mod causes;
mod commands;
mod compare;
mod conditions;
mod cures;
mod documents;
mod duet;
mod durability;
mod equipment;
mod exactness;
mod hostile_scenarios;
mod hotspots;
mod import;
mod interrupts;
mod joined;
mod limits;
mod page;
mod payments;
mod provocations;
mod records;
mod refusals;
mod scenarios;
mod secrets;
mod slices;
mod storage;
mod tls;
