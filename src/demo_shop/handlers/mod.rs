//! What the shop does at each step: data for programs, pages for browsers.
//!
//! Nothing here waits or draws: delays and faults are added by the middleware.

pub(super) mod basket;
pub(super) mod browse;
pub(super) mod checkout;
pub(super) mod help;
pub(super) mod orders;
pub(super) mod payment;
