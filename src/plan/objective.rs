//! The release gate: one objective a line, in words an SRE writes.

use crate::base::{JourneyId, Micros, StepId};

/// A statement that must hold of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// As the scenario writes it.
    pub text: String,
    /// The line of the scenario file, from 1; 0 where it came from the command line.
    pub line: u32,
    /// What is measured.
    pub metric: Metric,
    /// Which side of the limit is good.
    pub comparison: Comparison,
    /// The limit: a fraction for rates, microseconds for times, requests per second for `requests`.
    pub limit: f64,
    /// `for 30s`: must hold in every window of this length.
    pub window: Option<Micros>,
    /// `after 30s`: what arrived earlier is left out.
    pub after: Option<Micros>,
    /// `where payment = wallet`: the attribute's index in the plan, and the value's.
    pub only: Vec<(usize, usize)>,
    /// `abort`: stop the run once it is certain that it is broken.
    pub abort: bool,
}

/// What an objective measures.
#[derive(Clone, Debug, PartialEq)]
pub enum Metric {
    /// Shoppers with two or more failed attempts, of those who started.
    RepeatedFailures,
    /// Expected (probe) or observed (live) lost shoppers, of those who started.
    LostShoppers,
    /// Failed attempts of all attempts.
    Failures(Place),
    /// Declined attempts of all attempts.
    Declined(Place),
    /// A quantile of response time; for a journey, from arrival to its end.
    Response {
        /// In 0..1.
        quantile: f64,
        /// Of what.
        place: Place,
    },
    /// A quantile of the time from arrival to the order.
    TimeToBuy {
        /// In 0..1.
        quantile: f64,
    },
    /// Requests sent per second.
    Requests,
}

/// What part of the scenario an objective speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Everything.
    Anywhere,
    /// One journey.
    Journey(JourneyId),
    /// Steps, pooled: one, or the steps of that name in several journeys.
    Steps(Vec<StepId>),
}

/// Which side of the limit is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

// === impl Comparison ===

impl Comparison {
    /// Whether the good side is below the limit.
    pub fn small_is_good(self) -> bool {
        matches!(self, Comparison::Below | Comparison::AtMost)
    }
}
