//! All that one run says: every finding of every part of this room.

use super::causes::{
    Cluster, ExperimentFinding, Incident, RefusalFinding, SlowTime, Trend, clusters, experiment,
    incidents, refusals, slow_times, trends,
};
use super::facts::RunFacts;
use super::health::{GeneratorHealth, health};
use super::hotspots::{HeatmapCell, HotSpot, SmallGroup, heatmap, search};
use super::loss::{Loss, loss};
use super::objectives::{
    BudgetFinding, ObjectiveFinding, RecordFindings, Verdict, budget, judge_records, objectives,
};
use super::repeats::{Repeats, repeats};
use super::summary::{
    Detectable, FrictionFinding, JourneyFinding, OrderSummary, ShopperFindings, StepFinding, Wire,
    detectable, friction, journeys, orders, shoppers, steps,
};
use crate::plan::{Measure, Plan};
use crate::tally::Tally;

/// Everything that a run says, in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// One word for the gate.
    pub verdict: Verdict,
    /// Whether the generator can be believed.
    pub health: GeneratorHealth,
    /// Step by step.
    pub steps: Vec<StepFinding>,
    /// How far shoppers came, journey by journey.
    pub journeys: Vec<JourneyFinding>,
    /// What it takes to buy, journey by journey.
    pub friction: Vec<FrictionFinding>,
    /// What became of the shoppers.
    pub shoppers: ShopperFindings,
    /// What shoppers know of their orders; none without a purchase in the plan.
    pub orders: Option<OrderSummary>,
    /// Failing shoppers by the first thing that went wrong, the most frequent first.
    pub clusters: Vec<Cluster>,
    /// How failures come back to the same shopper.
    pub repeats: Repeats,
    /// Which way to try again cures; none without an experiment.
    pub experiment: Option<ExperimentFinding>,
    /// Lost shoppers; none for a closed load.
    pub loss: Option<Loss>,
    /// Where repeated failures concentrate, the costliest first.
    pub hotspots: Vec<HotSpot>,
    /// Groups of so few shoppers that no outcome could have shown them to stand out.
    pub small_groups: Vec<SmallGroup>,
    /// Repeated failures by step and by each value of attributes and observed names.
    pub heatmap: Vec<HeatmapCell>,
    /// Times at which the shop failed more than at others, in order.
    pub incidents: Vec<Incident>,
    /// Times at which the shop answered slowly, in order; those told as incidents are left out.
    pub slow_times: Vec<SlowTime>,
    /// What grew worse with every part of the run, by unit.
    pub trends: Vec<Trend>,
    /// What a working shop refused, by unit.
    pub refusals: Vec<RefusalFinding>,
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
    /// The same with what the shop's records say: objectives of them are judged, and the verdict is the gravest of all.
    #[must_use]
    pub fn with_records(
        mut self,
        plan: &Plan,
        facts: &RunFacts,
        records: RecordFindings,
    ) -> Findings {
        for (finding, objective) in self.objectives.iter_mut().zip(&plan.objectives) {
            let bad = match objective.metric.measure {
                Measure::LateOrders => Some(records.late),
                Measure::ReceiptsMissing => records.receipts_missing,
                Measure::RepeatedFailures
                | Measure::LostShoppers
                | Measure::Failures
                | Measure::Declined
                | Measure::TimeToBuy
                | Measure::Requests
                | Measure::Orders
                | Measure::UnknownOrders
                | Measure::DeclinedShoppers
                | Measure::Response => None,
            };
            if let Some(bad) = bad.filter(|_| records.undecided == 0) {
                *finding =
                    judge_records(finding, objective, (bad, records.confirmed), &self.health);
            }
        }
        let whole = facts.missing_slices.is_empty();
        let came_through = self.shoppers.came_through();
        let decided =
            Verdict::decide(facts.completion, &self.health, &self.objectives, whole, came_through);
        self.verdict = decided.with_records(records);
        self
    }

    /// What this tally says of this plan.
    pub fn new(plan: &Plan, tally: &Tally, facts: &RunFacts) -> Findings {
        let health = health(plan, tally, facts);
        let objectives = objectives(plan, tally, &health, facts);
        let (incidents, shoppers) = (incidents(plan, tally), shoppers(plan, tally));
        let (hotspots, small_groups) = search(plan, tally);
        Findings {
            verdict: Verdict::decide(
                facts.completion,
                &health,
                &objectives,
                facts.missing_slices.is_empty(),
                shoppers.came_through(),
            ),
            health,
            steps: steps(plan, tally),
            journeys: journeys(plan, tally),
            friction: friction(plan, tally),
            orders: orders(plan, tally),
            clusters: clusters(plan, tally),
            experiment: experiment(plan, tally),
            repeats: repeats(plan, tally, &incidents, &hotspots),
            loss: loss(plan, tally, &incidents),
            hotspots,
            small_groups,
            heatmap: heatmap(plan, tally),
            detectable: detectable(plan, tally, &shoppers),
            shoppers,
            slow_times: slow_times(plan, tally, &incidents),
            trends: trends(plan, tally),
            refusals: refusals(plan, tally),
            incidents,
            objectives,
            budget: budget(plan, tally),
            requests_sent: tally
                .steps
                .iter()
                .map(|step| step.requests + step.assets.requests)
                .sum(),
            wire: Wire::total(tally.steps.iter()),
        }
    }
}
