//! What a tally counts while a run goes on.
//!
//! One core has one tally to itself, so nothing here locks. It allocates only for what is met for the first
//! time: a block, a second, a kind of failure, shoppers unlike any before.

mod attempts;
mod requests;
mod run;
mod shared;
mod shoppers;
