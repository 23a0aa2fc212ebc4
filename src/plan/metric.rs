//! What an objective measures: the one place that knows a metric's word, unit and population.
//!
//! A new metric is a variant of [`Measure`] here and an arm of `verdict::objectives::sample`; whatever else
//! differs between metrics is asked of these methods.

use strum::{IntoStaticStr, VariantArray};

use crate::base::{JourneyId, Micros, StepId};
use crate::scenario::{EventRate, Fraction, Quantity, QuantityError};

/// A figure that an objective limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// What is measured.
    pub measure: Measure,
    /// In which part of the scenario.
    pub scope: MetricScope,
    /// Of a time: which quantile, between 0 and 1. `None` for rates and counts.
    pub quantile: Option<f64>,
}

/// What is measured. The word in the scenario is the variant's in snake case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Measure {
    /// Shoppers with two or more failed attempts, of those who started.
    RepeatedFailures,
    /// Expected (probe) or observed (live) lost shoppers, of those who started.
    LostShoppers,
    /// Failed attempts of all attempts.
    Failures,
    /// Declined attempts of all attempts.
    Declined,
    /// Time from arrival to the order.
    TimeToBuy,
    /// Requests sent per second.
    Requests,
    /// Orders that the shop's records had too late, of those confirmed.
    LateOrders,
    /// Orders without a receipt, of those confirmed.
    ReceiptsMissing,
    /// Orders confirmed per second.
    Orders,
    /// Shoppers who can't tell whether they have an order, of those who started.
    UnknownOrders,
    /// Shoppers who were declined at least once, of those who started.
    DeclinedShoppers,
    /// Response time of a step; of a journey, time from arrival to its end. Written `p95(pay)`.
    Response,
}

/// The part of the scenario that a metric covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricScope {
    /// Everything.
    All,
    /// One journey.
    Journey(JourneyId),
    /// Steps, pooled: one, or the steps of that name in several journeys.
    Steps(Vec<StepId>),
}

/// What a metric's figure and limit count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricUnit {
    /// A share of a whole, from 0 to 1.
    Fraction,
    /// A time in microseconds.
    Time,
    /// Events per second.
    PerSecond,
}

/// What a metric takes its figure from: one observation for each of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Population<'m> {
    /// Shoppers who started.
    Shoppers,
    /// Shoppers who reach the end of a journey, or are kept from it.
    JourneyEnds(JourneyId),
    /// Shoppers who buy, or are kept from it.
    Buyers,
    /// Attempts at the steps in this scope.
    Attempts(&'m MetricScope),
    /// Requests.
    Requests,
    /// Confirmed orders, as the shop's records have them.
    Orders,
}

// === impl Metric ===

impl Metric {
    /// The quantile of a time where none is named.
    pub const DEFAULT_QUANTILE: f64 = 0.95;

    /// A metric of everything; of a time, its 95th percentile.
    pub fn new(measure: Measure) -> Metric {
        let quantile = (measure.unit() == MetricUnit::Time).then_some(Metric::DEFAULT_QUANTILE);
        Metric { measure, scope: MetricScope::All, quantile }
    }

    /// The same in a part of the scenario.
    #[must_use]
    pub fn within(self, scope: MetricScope) -> Metric {
        Metric { scope, ..self }
    }

    /// The same at another quantile; for times.
    #[must_use]
    pub fn at(self, quantile: f64) -> Metric {
        Metric { quantile: Some(quantile), ..self }
    }

    /// What its figure counts.
    pub fn unit(&self) -> MetricUnit {
        self.measure.unit()
    }

    /// What it takes its figure from.
    pub fn population(&self) -> Population<'_> {
        match (self.measure, &self.scope) {
            (
                Measure::RepeatedFailures
                | Measure::LostShoppers
                | Measure::UnknownOrders
                | Measure::DeclinedShoppers,
                _,
            ) => Population::Shoppers,
            (Measure::TimeToBuy, _) => Population::Buyers,
            (Measure::Requests | Measure::Orders, _) => Population::Requests,
            (Measure::LateOrders | Measure::ReceiptsMissing, _) => Population::Orders,
            (Measure::Response, MetricScope::Journey(journey)) => Population::JourneyEnds(*journey),
            (Measure::Failures | Measure::Declined | Measure::Response, scope) => {
                Population::Attempts(scope)
            }
        }
    }

    /// The share of the population that may be bad: beyond the limit, of a time; `None` where nothing is
    /// estimated but counted.
    pub fn allowed_share(&self, limit: f64) -> Option<f64> {
        match self.unit() {
            MetricUnit::Fraction => Some(limit),
            MetricUnit::Time => Some(1.0 - self.quantile.unwrap_or(Metric::DEFAULT_QUANTILE)),
            MetricUnit::PerSecond => None,
        }
    }
}

// === impl Measure ===

impl Measure {
    /// Its word in the scenario.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// What its figure counts.
    pub const fn unit(self) -> MetricUnit {
        match self {
            Measure::RepeatedFailures
            | Measure::LostShoppers
            | Measure::Failures
            | Measure::UnknownOrders
            | Measure::DeclinedShoppers
            | Measure::Declined
            | Measure::LateOrders
            | Measure::ReceiptsMissing => MetricUnit::Fraction,
            Measure::Response | Measure::TimeToBuy => MetricUnit::Time,
            Measure::Requests | Measure::Orders => MetricUnit::PerSecond,
        }
    }

    /// Whether it is counted in the shop's own records, and not in the tally.
    pub const fn is_of_records(self) -> bool {
        match self {
            Measure::LateOrders | Measure::ReceiptsMissing => true,
            Measure::RepeatedFailures
            | Measure::LostShoppers
            | Measure::Failures
            | Measure::Declined
            | Measure::TimeToBuy
            | Measure::Requests
            | Measure::Orders
            | Measure::UnknownOrders
            | Measure::DeclinedShoppers
            | Measure::Response => false,
        }
    }

    /// Whether it can be narrowed to journeys and steps.
    pub const fn takes_scope(self) -> bool {
        match self {
            Measure::Failures | Measure::Declined | Measure::Response => true,
            Measure::RepeatedFailures
            | Measure::LostShoppers
            | Measure::TimeToBuy
            | Measure::LateOrders
            | Measure::ReceiptsMissing
            | Measure::UnknownOrders
            | Measure::DeclinedShoppers
            | Measure::Orders
            | Measure::Requests => false,
        }
    }
}

// === impl MetricUnit ===

impl MetricUnit {
    /// Reads a limit in this unit.
    ///
    /// # Errors
    /// When the text is not a figure of this unit: what to write instead.
    pub fn read(self, text: &str) -> Result<f64, QuantityError> {
        match self {
            MetricUnit::Fraction => Fraction::read(text).map(|share| share.0),
            MetricUnit::Time => Micros::read(text).map(|time| time.0 as f64),
            MetricUnit::PerSecond => EventRate::read(text).map(|rate| rate.0),
        }
    }
}

// === impl Population ===

impl Population<'_> {
    /// Whether each observation is a shopper, who may still be in the shop.
    pub const fn is_of_shoppers(self) -> bool {
        match self {
            Population::Shoppers | Population::JourneyEnds(_) | Population::Buyers => true,
            Population::Attempts(_) | Population::Requests | Population::Orders => false,
        }
    }
}
