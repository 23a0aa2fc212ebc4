//! Faults: how the practice shop misbehaves, on purpose and reproducibly.
//!
//! A load tester can only be trusted if it finds what was planted and nothing else. So a fault is never a
//! matter of luck or of the order of requests: whether it strikes is a hash of the shopper's marker, which
//! is the same for any number of cores, machines and runs. `file` is the language they are written in,
//! `strike` decides which requests they affect, `inject` makes the broken answers, `pace` holds the limits that are shared by all shoppers.

mod books;
mod file;
pub(super) mod inject;
mod pace;
mod spans;
mod strike;

pub use books::{BookFault, BookFaultKind};
pub use file::{
    Capacity, DuringWindow, Fault, FaultKind, Faults, FaultsError, RateLimit, RatedPer, Scope,
    StatusFault, Where,
};
pub use spans::{Chance, DurationText, Pause};

pub(super) use pace::{Pace, TurnedAwayBy};
pub(super) use strike::{Circumstances, Draws};
