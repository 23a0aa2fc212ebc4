//! Imports of simulated logs whose truth is known.

mod accuracy;
mod privacy;
mod simulate;
mod table;
