//! One simulated customer: its journey, its session with the shop, its patience.

pub mod address;
pub mod cookies;
pub mod session;
pub mod transport;
