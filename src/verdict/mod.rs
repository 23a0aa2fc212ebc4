//! Judgement.
pub mod statistics;
