//! What is compared: figures of the shoppers, and of each step.

use crate::base::StepId;
use crate::plan::{ArrivalModel, Measure, Metric, MetricScope, Plan};
use crate::tally::{PairQuestion, Tally};
use crate::verdict::objectives::{Sample, SpanSample};
use crate::verdict::statistics::{SumOfSquares, SumsByBlock};

/// One figure that two runs have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject {
    /// Shoppers with two or more failed attempts.
    RepeatedFailures,
    /// Shoppers whose first attempt to buy failed, of those who tried to buy.
    FailedPurchases,
    /// Lost shoppers, as the report has them.
    LostShoppers,
    /// Failed attempts at a step.
    Failures(StepId),
    /// Declined attempts at a step.
    Declined(StepId),
    /// A quantile of a step's response time; what was given up counts as longer than anything.
    Response {
        /// Of which step.
        step: StepId,
        /// In 0..1.
        quantile: f64,
    },
    /// A quantile of the time from arrival to the order.
    TimeToBuy {
        /// In 0..1.
        quantile: f64,
    },
}

/// The quantiles of response times that are compared.
const QUANTILES: [f64; 3] = [0.5, 0.95, 0.99];

// === impl Subject ===

impl Subject {
    /// Everything of this plan that is compared, the primary one first.
    pub fn all(plan: &Plan, primary: Subject) -> Vec<Subject> {
        let buys = plan.units.iter().any(|unit| unit.purchase);
        let open = !matches!(plan.load.arrivals, ArrivalModel::Closed { .. });
        let shoppers = [
            Some(Subject::RepeatedFailures),
            buys.then_some(Subject::FailedPurchases),
            open.then_some(Subject::LostShoppers),
            buys.then_some(Subject::TimeToBuy { quantile: 0.95 }),
        ];
        let steps = (0..plan.steps.len()).map(|step| StepId(step as u16)).flat_map(|step| {
            let spans = QUANTILES.map(|quantile| Subject::Response { step, quantile });
            [Subject::Failures(step), Subject::Declined(step)].into_iter().chain(spans)
        });
        let others =
            shoppers.into_iter().flatten().chain(steps).filter(|subject| *subject != primary);
        std::iter::once(primary).chain(others).collect()
    }

    /// Its name, as objectives write it.
    pub fn key(&self, plan: &Plan) -> String {
        self.metric().map_or_else(|| "failed_purchases".to_owned(), |metric| metric.name(plan))
    }

    /// Whether it is a span of time, and not a rate.
    pub fn is_time(&self) -> bool {
        self.quantile().is_some()
    }

    /// The quantile, of a span of time.
    pub fn quantile(&self) -> Option<f64> {
        match self {
            Subject::Response { quantile, .. } | Subject::TimeToBuy { quantile } => Some(*quantile),
            Subject::RepeatedFailures
            | Subject::FailedPurchases
            | Subject::LostShoppers
            | Subject::Failures(_)
            | Subject::Declined(_) => None,
        }
    }

    /// The step that it is of.
    pub fn step(&self) -> Option<StepId> {
        match self {
            Subject::Failures(step) | Subject::Declined(step) | Subject::Response { step, .. } => {
                Some(*step)
            }
            Subject::RepeatedFailures
            | Subject::FailedPurchases
            | Subject::LostShoppers
            | Subject::TimeToBuy { .. } => None,
        }
    }

    /// The same subject in another plan, whose steps may stand elsewhere; none if it has no step of that name.
    pub(super) fn in_plan(&self, from: &Plan, to: &Plan) -> Option<Subject> {
        let found = |step: StepId| {
            let label = from.step_label(step);
            (0..to.steps.len())
                .map(|i| StepId(i as u16))
                .find(|other| to.step_label(*other) == label)
        };
        Some(match *self {
            Subject::Failures(step) => Subject::Failures(found(step)?),
            Subject::Declined(step) => Subject::Declined(found(step)?),
            Subject::Response { step, quantile } => {
                Subject::Response { step: found(step)?, quantile }
            }
            other @ (Subject::RepeatedFailures
            | Subject::FailedPurchases
            | Subject::LostShoppers
            | Subject::TimeToBuy { .. }) => other,
        })
    }

    /// The metric of an objective that it is; none for failed purchases.
    fn metric(&self) -> Option<Metric> {
        let step = |step: StepId| MetricScope::Steps(vec![step]);
        match *self {
            Subject::FailedPurchases => None,
            Subject::RepeatedFailures => Some(Metric::new(Measure::RepeatedFailures)),
            Subject::LostShoppers => Some(Metric::new(Measure::LostShoppers)),
            Subject::Failures(of) => Some(Metric::new(Measure::Failures).within(step(of))),
            Subject::Declined(of) => Some(Metric::new(Measure::Declined).within(step(of))),
            Subject::Response { step: of, quantile } => {
                Some(Metric::new(Measure::Response).within(step(of)).at(quantile))
            }
            Subject::TimeToBuy { quantile } => Some(Metric::new(Measure::TimeToBuy).at(quantile)),
        }
    }

    /// What was seen of it, of a rate.
    pub(super) fn sums(&self, plan: &Plan, tally: &Tally) -> SumsByBlock {
        let Some(metric) = self.metric() else { return first_purchases(plan, tally) };
        match Sample::of(plan, tally, &metric) {
            Sample::Shares(cells) => cells,
            Sample::Spans(_) | Sample::Requests(_) => SumsByBlock::new(),
        }
    }

    /// What pairs are asked about it; none where pairs say nothing of it.
    pub(super) fn pair_of(&self) -> Option<PairQuestion> {
        match self {
            Subject::RepeatedFailures => Some(PairQuestion::Repeated),
            Subject::FailedPurchases => Some(PairQuestion::Purchase),
            Subject::Failures(step) => Some(PairQuestion::Step(*step)),
            Subject::LostShoppers
            | Subject::Declined(_)
            | Subject::Response { .. }
            | Subject::TimeToBuy { .. } => None,
        }
    }

    /// What was seen of it, of a span of time.
    pub(super) fn spans<'t>(&self, plan: &Plan, tally: &'t Tally) -> SpanSample<'t> {
        let Some(metric) = self.metric() else { return SpanSample::default() };
        match Sample::of(plan, tally, &metric) {
            Sample::Spans(spans) => spans,
            Sample::Shares(_) | Sample::Requests(_) => SpanSample::default(),
        }
    }
}

/// First attempts at purchases, the failed ones marked: each shopper counts once a purchase.
fn first_purchases(plan: &Plan, tally: &Tally) -> SumsByBlock {
    let cell = |block: &crate::tally::BlockTally| {
        let first =
            block.attempts.iter().filter(|((unit, nth), _)| *nth == 1 && plan.unit(*unit).purchase);
        first.fold(SumOfSquares::default(), |sum, (_, tries)| {
            sum + SumOfSquares::of_events(tries.failed, tries.total())
        })
    };
    tally.blocks.iter().map(|(block, seen)| (*block, cell(seen))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::simulation::{SimulatedRun, failing, shop};

    #[test]
    fn subjects_have_the_names_that_objectives_have() {
        let plan = shop();
        let keys: Vec<String> = Subject::all(&plan, Subject::RepeatedFailures)
            .iter()
            .map(|subject| subject.key(&plan))
            .collect();
        assert_eq!(
            &keys[..4],
            ["repeated_failures", "failed_purchases", "lost_shoppers", "p95(time_to_buy)"]
        );
        assert!(
            keys.contains(&"p99(pay)".to_owned())
                && keys.contains(&"failures(buy/home)".to_owned()),
            "{keys:?}"
        );
        for key in
            keys.iter().filter(|key| *key != "failed_purchases" && !key.starts_with("declined"))
        {
            let limit = if key.starts_with('p') { "1s" } else { "1%" };
            assert!(plan.objective(&format!("{key} < {limit}"), 1).is_ok(), "{key}");
        }
    }

    #[test]
    fn a_failed_purchase_is_a_shopper_who_failed_to_buy_at_first() {
        let simulated = SimulatedRun::run(2_000, 60, |m| {
            failing(m.step == "confirm" && m.nth == 1 && m.luck < 0.1)
        });
        let cells = Subject::FailedPurchases.sums(&simulated.plan, &simulated.tally);
        let all = cells.values().fold(SumOfSquares::default(), |sum, cell| sum + *cell);
        let pay = &simulated.tally.steps[simulated.step("pay").index()];
        let confirm = &simulated.tally.steps[simulated.step("confirm").index()];
        assert_eq!(
            (all.sum, all.count),
            (confirm.failures() as f64, (pay.attempts() - confirm.failures()) as f64)
        );
    }
}
