//! One simulated customer: its journey, its session with the shop, its patience.

mod judge;
mod reading;
mod request;
mod scope;
pub mod transport;
