//! When each shopper arrives: a pure function of the load and a seed, without a clock.
//!
//! Arrivals are laid out in expected count instead of time: with Λ(t) = ∫₀ᵗ λ, a Poisson process of any rate
//! λ becomes one of rate 1, which is cut into blocks of 64 expected arrivals (Çinlar 1975, inversion). How
//! many fall into a block, and where, is drawn from streams addressed by the block's number. So each
//! block can be made by anyone without the others, any number of cores and machines agree on every
//! arrival without a word, and memory does not grow with the length of the run.
//!
//! Only `+ - * /` and `sqrt` are used, which IEEE 754 defines to the bit: a digest compares two machines.

mod arrivals;
mod bursts;
mod digest;
#[cfg(test)]
mod laws;
mod poisson;

pub use arrivals::{Arrival, Schedule, SliceArrivals, shopper_id};
pub use digest::{plan_digest, workload_digest};
