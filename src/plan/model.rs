//! The whole plan, and what can be looked up in it.

use std::sync::Arc;

use url::Url;

use super::{
    ErrorBudget, Guard, Journey, Limits, Load, LoggedArrivals, Method, Objective, RecordPlan,
    RetryUnit, Shoppers, Step, Templates,
};
use crate::base::{Currency, JourneyId, Redactor, StepId, UnitId, VarId};

/// The version of the mapping from (plan, seed) to arrivals and draws; part of the plan digest.
pub const SCHEDULE_VERSION: u32 = 1;

/// A compiled scenario.
#[derive(Debug)]
pub struct Plan {
    /// The scenario's name.
    pub name: String,
    /// The shop's base address, unless the command line gives one.
    pub target: Option<Url>,
    /// Several targets, of which each shopper goes to one.
    pub targets: Option<Targets>,
    /// How shoppers arrive.
    pub load: Load,
    /// Who they are.
    pub shoppers: Shoppers,
    /// What they mean to do.
    pub journeys: Vec<Journey>,
    /// What they try and try again, journey by journey, in order.
    pub units: Vec<RetryUnit>,
    /// What is done once before shoppers come, as a plan of one shopper who does it.
    pub before: Option<Arc<Plan>>,
    /// What is done once after they have gone.
    pub after: Option<Arc<Plan>>,
    /// The variables that hold what was captured before, each with its name there.
    pub shared: Vec<(String, VarId)>,
    /// On what conditions they take ways and steps; a `GuardId` is a place in it.
    pub guards: Vec<Guard>,
    /// What they ask of the shop, unit by unit, in order.
    pub steps: Vec<Step>,
    /// The names of the values that templates may use; a `VarId` is a place in it.
    pub variables: Vec<String>,
    /// The names of the captures kept as observational attributes; an `ObservedId` is a place in it.
    pub observed: Vec<String>,
    /// The release gate.
    pub objectives: Vec<Objective>,
    /// How many shoppers the season has that losses are scaled to. No part of what is run, nor of the digests.
    pub season: Option<u64>,
    /// What the author says still has to be filled in. No part of the digests.
    pub blanks: Vec<String>,
    /// The arrivals of the log that the load was made of. No part of what is run, nor of the digests.
    pub logged: Option<LoggedArrivals>,
    /// The currency of prices. No part of the digests.
    pub currency: Option<Currency>,
    /// The error budget.
    pub budget: Option<ErrorBudget>,
    /// Where the shop's own records are. No part of the digests.
    pub records: Option<RecordPlan>,
    /// Safety caps.
    pub limits: Limits,
    /// Whether each request carries a W3C `traceparent`.
    pub trace: bool,
    /// The compiled templates that need the expression language.
    pub templates: Templates,
    /// Masks what is secret to all shoppers: values of `-e`, and credentials written out in the scenario. No part of the digests.
    pub secrets: Redactor,
    /// The variables whose values are secrets of one shopper: secret columns of data, and whatever gives access.
    pub secret_variables: Arc<[VarId]>,
}

/// Several targets, such as regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    /// The place of the attribute by whose value a shopper goes to one of them.
    pub attribute: usize,
    /// Their base addresses, by value.
    pub urls: Vec<Url>,
}

/// The variables that exist in every scenario, in the order of their `VarId`s, before attributes,
/// data columns and captures.
pub const BUILT_IN_VARIABLES: [&str; 10] = [
    "intent.id",       // idempotency key of the purchase attempt; see design: intents
    "intent.marker",   // stable, unique text of this purchase intent
    "order.id",        // captured by `order`
    "order.total",     // captured by `order`
    "shopper.id",      // 16 hexadecimal digits
    "shopper.ordinal", // place in the schedule, from 0
    "shopper.marker",  // unique text of this shopper, sent as x-shopper
    "run.id",
    "attempt",       // which try at the unit this is, from 1
    "shopper.email", // unique to this shopper and run, at a domain that nobody has
];

// === impl Plan ===

impl Plan {
    /// The step with this identity.
    pub fn step(&self, id: StepId) -> &Step {
        &self.steps[id.index()]
    }

    /// The unit with this identity.
    pub fn unit(&self, id: UnitId) -> &RetryUnit {
        &self.units[id.index()]
    }

    /// The journey with this identity.
    pub fn journey(&self, id: JourneyId) -> &Journey {
        &self.journeys[id.index()]
    }

    /// The steps of a unit with their identities, in order.
    pub fn steps_of(&self, unit: UnitId) -> impl Iterator<Item = (StepId, &Step)> {
        let range = self.unit(unit).steps.clone();
        range.map(|i| (StepId(i), &self.steps[i as usize]))
    }

    /// The step of a purchase from whose request on there may be an order: its first that asks for more than to look, or
    /// its paying step if that comes first. `None` where the unit is no purchase.
    pub fn invoking_step(&self, unit: UnitId) -> Option<StepId> {
        self.steps_of(unit).map(|(id, _)| id).find(|id| self.may_invoke(unit, *id))
    }

    /// Whether there may be an order from this step's request on, if no step of the purchase before it asked for more than
    /// to look.
    pub fn may_invoke(&self, unit: UnitId, step: StepId) -> bool {
        let acts = !matches!(self.step(step).request.method, Method::Get | Method::Head);
        self.unit(unit).paying_step.is_some_and(|paying| step == paying || (acts && step < paying))
    }

    /// Whether a refusal of this step's request surely leaves no order: it is the first that may make one, or the one
    /// that makes it. Who is refused a look at the confirmation may have an order all the same.
    pub fn decides_order(&self, step: StepId) -> bool {
        let unit = self.step(step).unit;
        let makes_it = self.unit(unit).paying_step == Some(step)
            && !matches!(self.step(step).request.method, Method::Get | Method::Head);
        makes_it || self.invoking_step(unit) == Some(step)
    }

    /// A step's name as reports print it: with its journey where another journey has a step of that name.
    pub fn step_label(&self, id: StepId) -> String {
        let step = self.step(id);
        let elsewhere =
            self.steps.iter().any(|other| other.name == step.name && other.journey != step.journey);
        if elsewhere {
            format!("{}/{}", self.journey(step.journey).name, step.name)
        } else {
            step.name.clone()
        }
    }

    /// A unit's name as reports print it: with its journey where another journey has a unit of that name.
    pub fn unit_label(&self, id: UnitId) -> String {
        let unit = self.unit(id);
        let journey = |of: &RetryUnit| self.step(StepId(of.steps.start)).journey;
        let elsewhere = self
            .units
            .iter()
            .any(|other| other.name == unit.name && journey(other) != journey(unit));
        if elsewhere {
            format!("{}/{}", self.journey(journey(unit)).name, unit.name)
        } else {
            unit.name.clone()
        }
    }

    /// The addresses of several targets; none where there is one.
    pub fn target_urls(&self) -> &[Url] {
        self.targets.as_ref().map(|targets| targets.urls.as_slice()).unwrap_or_default()
    }

    /// The variable with this name, if templates may use it.
    pub fn variable(&self, name: &str) -> Option<VarId> {
        self.variables.iter().position(|known| known == name).map(|i| VarId(i as u16))
    }
}
