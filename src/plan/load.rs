//! How shoppers arrive, and what must not be exceeded.

use crate::base::{Micros, normal};
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
    /// Open: a Poisson process whose rate swings about the profile's. Crowds come in bursts: a mail, a post, a bus.
    Bursty(Profile, Bursts),
    /// Closed: a number of shoppers, each followed at once by another, for a time. For saturation; what
    /// shoppers would do when the shop is slow can't be seen, so no losses are derived.
    Closed {
        /// How many shop at the same time.
        users: u32,
        /// How long new shoppers start.
        length: Micros,
    },
}

/// How the rate of bursty arrivals swings: in each stretch of time it is multiplied by a gamma number of mean 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bursts {
    /// The variance of the number of arrivals in a stretch, over that of a Poisson process; above 1.
    pub dispersion: f64,
    /// How long a stretch is; never zero.
    pub every: Micros,
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

/// The arrivals that a log had.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedArrivals {
    /// When they came, as the author writes it.
    pub when: String,
    /// How long each rate holds; never zero.
    pub every: Micros,
    /// Arrivals per second; at least one is above zero.
    pub rates: Vec<f64>,
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
            ArrivalModel::Poisson(profile)
            | ArrivalModel::Paced(profile)
            | ArrivalModel::Bursty(profile, _) => profile.length(),
            ArrivalModel::Closed { length, .. } => *length,
        }
    }

    /// The rate over time, for an open load.
    pub fn profile(&self) -> Option<&Profile> {
        match &self.arrivals {
            ArrivalModel::Poisson(profile)
            | ArrivalModel::Paced(profile)
            | ArrivalModel::Bursty(profile, _) => Some(profile),
            ArrivalModel::Closed { .. } => None,
        }
    }
}

// === impl LoggedArrivals ===

impl LoggedArrivals {
    /// As a profile: a stage for each rate.
    pub fn profile(&self) -> Profile {
        let stage =
            |rate: &f64| Stage { from: *rate, to: *rate, length: self.every, label: String::new() };
        Profile { stages: self.rates.iter().map(stage).collect(), shape: None }
    }
}

// === impl Bursts ===

impl Bursts {
    /// The shape of the gamma number in a stretch of this many expected arrivals; its mean is 1, its variance one over this.
    ///
    /// With it, the variance of their number is `dispersion` times their mean, whatever the rate: the number is a negative
    /// binomial one.
    pub fn gamma_shape(self, expected: f64) -> f64 {
        expected / (self.dispersion - 1.0)
    }

    /// The rate that about one of this many stretches goes beyond, by the approximation of Wilson and Hilferty (1931).
    pub fn highest_rate(self, rate: f64, stretches: f64) -> f64 {
        let shape = self.gamma_shape(rate * self.every.as_secs_f64()).max(1e-3);
        let z = normal::quantile(1.0 - 1.0 / (stretches + 1.0));
        rate * (1.0 - 1.0 / (9.0 * shape) + z / (3.0 * shape.sqrt())).max(0.0).powi(3).max(1.0)
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
