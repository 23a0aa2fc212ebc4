//! How shoppers arrive, and what must not be exceeded.

use crate::base::Micros;
use crate::scenario::ConnectionReuse;

/// How shoppers come to the shop.
#[derive(Debug)]
pub struct Load {
    /// Where arrivals come from.
    pub arrivals: ArrivalModel,
    /// Whether shoppers reuse each other's connections.
    pub connections: ConnectionReuse,
}

/// Where arrivals come from.
#[derive(Clone, Debug)]
pub enum ArrivalModel {
    /// Open: a Poisson process of the profile's rate. Arrivals never wait for the shop.
    Poisson(Profile),
    /// Open: evenly spaced in the profile's expected count. Understates queueing; for comparisons.
    Paced(Profile),
    /// Closed: a number of shoppers, each followed at once by another, for a time. For saturation; what
    /// shoppers would do when the shop is slow can't be seen, so no losses are derived.
    Closed {
        /// How many shop at the same time.
        users: u32,
        /// How long new shoppers start.
        length: Micros,
    },
}

/// A rate over time: stages, each linear.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The stages in order; at least one, with a positive expected count in all.
    pub stages: Vec<Stage>,
    /// The named shape that it came from, if any.
    pub shape: Option<String>,
}

/// A stretch of time in which the rate moves linearly.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Shoppers per second at the start.
    pub from: f64,
    /// Shoppers per second at the end.
    pub to: f64,
    /// How long it takes; never zero.
    pub length: Micros,
    /// What to call it on a screen: `ramp to 20/s`, `9 h`. Of a shape it is a part of what is rehearsed (an
    /// hour of its day), however short the run.
    pub label: String,
}

/// Safety caps. What they hold back is counted, never hidden.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// Requests per second in all.
    pub requests: Option<f64>,
    /// Requests per second by host name.
    pub hosts: Vec<(String, f64)>,
}

// === impl Load ===

impl Load {
    /// How long shoppers keep arriving.
    pub fn length(&self) -> Micros {
        match &self.arrivals {
            ArrivalModel::Poisson(profile) | ArrivalModel::Paced(profile) => profile.length(),
            ArrivalModel::Closed { length, .. } => *length,
        }
    }

    /// The rate over time, for an open load.
    pub fn profile(&self) -> Option<&Profile> {
        match &self.arrivals {
            ArrivalModel::Poisson(profile) | ArrivalModel::Paced(profile) => Some(profile),
            ArrivalModel::Closed { .. } => None,
        }
    }
}

// === impl Profile ===

impl Profile {
    /// How long all stages take.
    pub fn length(&self) -> Micros {
        self.stages.iter().map(|stage| stage.length).sum()
    }

    /// How many shoppers are expected to arrive: the integral of the rate.
    pub fn expected_arrivals(&self) -> f64 {
        self.stages.iter().map(Stage::expected_arrivals).sum()
    }
}

// === impl Stage ===

impl Stage {
    /// How many shoppers are expected to arrive in this stage.
    pub fn expected_arrivals(&self) -> f64 {
        (self.from + self.to) / 2.0 * self.length.as_secs_f64()
    }
}
