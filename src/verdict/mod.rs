//! What a run says: figures with their intervals, where repeated failures concentrate, what they cost, whether
//! the generator can be believed, and one word for the gate.
//!
//! Everything is a pure function of the plan, the merged tally and a few facts, so that a stored run can be judged again at
//! any time, and a run cut in slices says the same as one that was not.

mod assets;
mod clusters;
pub mod compare;
mod detectable;
mod endings;
mod experiment;
mod facts;
mod friction;
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
mod weight;
mod windows;
pub(crate) mod wire;

use crate::plan::Plan;
use crate::tally::Tally;

pub use assets::AssetFinding;
pub use clusters::{Cluster, ClusterExample, clusters, ids as trace_ids};
pub use detectable::{Among, Detectable, Sight, detectable};
pub use endings::{Endings, endings};
pub use experiment::{Against, ArmFinding, Comparison, Experiment, experiment};
pub use facts::{Completion, Machine, RunFacts};
pub use friction::{EachBuyer, FrictionFinding, friction};
pub use health::{Cause, Doubt, Health, Lag, Soundness, health};
pub use hotspots::{
    Basis, HeatCell, HotSpot, MAX_Q, MIN_REPEATED, MIN_SHOPPERS, Scope, heat, hotspots,
};
pub use loss::{Loss, LostWorth, Overload, PatienceLoss, Pressure, SeasonLoss, loss};
pub use objectives::{BudgetFinding, BudgetOf, BurnAlarm, budget, certainly_broken, objectives};
pub use outcome::{InTime, ObjectiveFinding, ObjectiveVerdict, Verdict, Why, Window};
pub use repeats::{Repeats, Source, Stickiness, UnitRepeats, Why as WhyRepeated, repeats};
pub use shoppers::{ByFailures, ShopperFindings, shoppers};
pub use steps::{JourneyFinding, StepFinding, journeys, steps};
pub use weight::weight;
pub use windows::{TimeWindow, windows};
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
    /// What it takes to buy, journey by journey.
    pub friction: Vec<FrictionFinding>,
    /// What became of the shoppers.
    pub shoppers: ShopperFindings,
    /// Failing shoppers by the first thing that went wrong, the most frequent first.
    pub clusters: Vec<Cluster>,
    /// How failures come back to the same shopper.
    pub repeats: Repeats,
    /// Which way to try again cures; none without an experiment.
    pub experiment: Option<Experiment>,
    /// Lost shoppers; none for a closed load.
    pub loss: Option<Loss>,
    /// Where repeated failures concentrate, the costliest first.
    pub hotspots: Vec<HotSpot>,
    /// Repeated failures by step and by each value of attributes and observed names.
    pub heat: Vec<HeatCell>,
    /// Times at which the shop failed more than at others, in order.
    pub windows: Vec<TimeWindow>,
    /// What a run of this size could have seen.
    pub detectable: Vec<Detectable>,
    /// The objectives that were judged.
    pub objectives: Vec<ObjectiveFinding>,
    /// The error budget, if the plan has one.
    pub budget: Option<BudgetFinding>,
    /// Requests on the wire, those for the files of pages among them.
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
        let (windows, shoppers) = (windows(plan, tally), shoppers(plan, tally));
        Findings {
            verdict: Verdict::of(
                facts.completion,
                &health,
                &objectives,
                facts.missing_slices.is_empty(),
            ),
            health,
            steps: steps(plan, tally),
            journeys: journeys(plan, tally),
            friction: friction(plan, tally),
            clusters: clusters(plan, tally),
            experiment: experiment(plan, tally),
            repeats: repeats(plan, tally, &windows),
            loss: loss(plan, tally, &windows),
            hotspots: hotspots(plan, tally),
            heat: heat(plan, tally),
            detectable: detectable(plan, tally, &shoppers),
            shoppers,
            windows,
            objectives,
            budget: budget(plan, tally),
            requests_sent: tally
                .steps
                .iter()
                .map(|step| step.requests + step.assets.requests)
                .sum(),
            wire: Wire::of(tally.steps.iter()),
        }
    }
}
