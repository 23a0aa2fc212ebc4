//! What a run says: figures with their intervals, where repeated failures concentrate, what they cost, whether
//! the generator can be believed, and one word for the gate.
//!
//! Everything is a pure function of the plan, the merged tally and a few facts, so that a stored run can be judged again at
//! any time, and a run cut in slices says the same as one that was not.

pub mod compare;
mod facts;
mod health;
mod hotspots;
mod loss;
mod objectives;
mod outcome;
mod repeats;
mod shoppers;
pub mod statistics;
mod steps;
#[cfg(test)]
pub(crate) mod trial;
pub(crate) mod wire;

use crate::plan::Plan;
use crate::tally::Tally;

pub use facts::{Completion, Machine, RunFacts};
pub use health::{Cause, Doubt, Health, Lag, Soundness, health};
pub use hotspots::{Basis, HotSpot, MAX_Q, MIN_REPEATED, MIN_SHOPPERS, Scope, hotspots};
pub use loss::{Loss, LostWorth, PatienceLoss, loss, weight};
pub use objectives::{BudgetFinding, BudgetOf, BurnAlarm, budget, certainly_broken, objectives};
pub use outcome::{InTime, ObjectiveFinding, ObjectiveVerdict, Verdict, Why, Window};
pub use repeats::{Repeats, Stickiness, UnitRepeats, repeats};
pub use shoppers::{ByFailures, ShopperFindings, shoppers};
pub use steps::{JourneyFinding, StepFinding, journeys, steps};
pub use wire::Wire;

/// Everything that a run says, in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// One word for the gate.
    pub verdict: Verdict,
    /// Whether the generator can be believed.
    pub health: Health,
    /// Step by step.
    pub steps: Vec<StepFinding>,
    /// How far shoppers came, journey by journey.
    pub journeys: Vec<JourneyFinding>,
    /// What became of the shoppers.
    pub shoppers: ShopperFindings,
    /// How failures come back to the same shopper.
    pub repeats: Repeats,
    /// Lost shoppers; none for a closed load.
    pub loss: Option<Loss>,
    /// Where repeated failures concentrate, the costliest first.
    pub hotspots: Vec<HotSpot>,
    /// The objectives that were judged.
    pub objectives: Vec<ObjectiveFinding>,
    /// The error budget, if the plan has one.
    pub budget: Option<BudgetFinding>,
    /// Requests on the wire.
    pub requests_sent: u64,
    /// What all steps came to on the wire.
    pub wire: Wire,
}

// === impl Findings ===

impl Findings {
    /// What this tally says of this plan.
    pub fn of(plan: &Plan, tally: &Tally, facts: &RunFacts) -> Findings {
        let health = health(plan, tally, facts.completion);
        let objectives = objectives(plan, tally, &health, facts);
        Findings {
            verdict: Verdict::of(facts.completion, &health, &objectives, facts.missing_slices.is_empty()),
            health,
            steps: steps(plan, tally),
            journeys: journeys(plan, tally),
            shoppers: shoppers(plan, tally),
            repeats: repeats(plan, tally),
            loss: loss(plan, tally),
            hotspots: hotspots(plan, tally),
            objectives,
            budget: budget(plan, tally),
            requests_sent: tally.steps.iter().map(|step| step.requests).sum(),
            wire: Wire::of(tally.steps.iter()),
        }
    }
}
