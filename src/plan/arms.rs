//! The ways to try again that an experiment compares, and which shopper tries which.
//!
//! Shoppers who fail are no random sample: those who choose another card are others than those who reload. So the way is drawn for
//! each shopper, before anything has failed, from the shopper's own stream: what then differs between the arms is
//! the way's doing.

use crate::base::Delay;

/// One arm of the experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// As reports name it: `same`, `redraw: payment`.
    pub label: String,
    /// What is done otherwise.
    pub strategy: RetryStrategy,
}

/// How a shopper tries again.
#[derive(Clone, Debug, PartialEq)]
pub enum RetryStrategy {
    /// The same once more.
    Same,
    /// With another value of the attribute at this place.
    Redraw(usize),
    /// With these values: places of attributes and of their values.
    Set(Vec<(usize, u8)>),
    /// As a new customer: without cookies, on new connections, from the start of the journey.
    FreshSession,
    /// The same purchase under a new idempotency key.
    FreshKey,
    /// After this pause.
    Wait(Delay),
}

/// How many arms an experiment may have.
pub const MAX_ARMS: usize = 16;
