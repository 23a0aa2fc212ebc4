//! One simulated customer: its journey, its session with the shop, its patience.

pub mod transport;
