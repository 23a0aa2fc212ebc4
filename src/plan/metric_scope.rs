//! Metrics within a plan: their names, and the steps that they cover.

use super::metric::{Measure, Metric, MetricScope, Population};
use super::{Plan, Step};
use crate::base::{Micros, StepId};

// === impl Metric ===

impl Metric {
    /// Its name as an objective writes it: `failures(pay)`, `p95(pay)`, `p95(time_to_buy)`.
    pub fn name(&self, plan: &Plan) -> String {
        let scope = match &self.scope {
            MetricScope::All => None,
            MetricScope::Journey(journey) => Some(plan.journey(*journey).name.clone()),
            // Steps are pooled by name, so that one stands for all.
            MetricScope::Steps(steps) => steps.first().map(|step| match steps.len() {
                1 => plan.step_label(*step),
                _ => plan.step(*step).name.clone(),
            }),
        };
        let (outer, inner) = match (self.quantile, self.measure) {
            (None, measure) => (measure.word().to_owned(), scope),
            (Some(quantile), Measure::Response) => (percentile(quantile), scope),
            (Some(quantile), measure) => (percentile(quantile), Some(measure.word().to_owned())),
        };
        inner.map_or_else(|| outer.clone(), |inner| format!("{outer}({inner})"))
    }

    /// How long an observation may still be open after it was due. Shoppers and requests are known at once.
    pub fn longest_wait(&self, plan: &Plan) -> Micros {
        match self.population() {
            Population::Attempts(scope) => plan
                .steps_in(scope)
                .map(|(_, step)| step.longest_attempt())
                .max()
                .unwrap_or_default(),
            Population::Shoppers
            | Population::JourneyEnds(_)
            | Population::Buyers
            | Population::Orders
            | Population::Requests => Micros::ZERO,
        }
    }
}

/// `p95`, `p99.9`.
fn percentile(quantile: f64) -> String {
    format!("p{}", (quantile * 1e5).round() / 1e3)
}

// === impl Plan ===

impl Plan {
    /// The steps that a metric covers.
    pub fn steps_in(&self, scope: &MetricScope) -> impl Iterator<Item = (StepId, &Step)> {
        self.steps.iter().zip(0..).map(|(step, i)| (StepId(i), step)).filter(move |(id, step)| {
            match scope {
                MetricScope::All => true,
                MetricScope::Journey(journey) => step.journey == *journey,
                MetricScope::Steps(steps) => steps.contains(id),
            }
        })
    }
}

// === impl Step ===

impl Step {
    /// The longest that an attempt at it may take.
    fn longest_attempt(&self) -> Micros {
        self.gives_up_after + self.poll.as_ref().map_or(Micros::ZERO, |poll| poll.within)
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;
    use crate::base::JourneyId;
    use crate::plan::MetricUnit;
    use crate::plan::example::shop;

    #[test]
    fn every_measure_has_a_name_that_an_objective_understands() {
        let mut plan = shop();
        let declined = crate::capture::check::graphql(Vec::new());
        plan.steps[2].declined.checks.push(declined.into());
        for measure in Measure::VARIANTS {
            let scopes = [MetricScope::All, MetricScope::Steps(vec![StepId(2)])];
            let all_allowed = *measure != Measure::Response;
            let scopes = scopes.into_iter().filter(|scope| match scope {
                MetricScope::All => all_allowed,
                _ => measure.takes_scope(),
            });
            for scope in scopes {
                let metric = Metric::new(*measure).within(scope);
                let name = metric.name(&plan);
                let limit = match metric.unit() {
                    MetricUnit::Fraction => "1%",
                    MetricUnit::Time => "1s",
                    MetricUnit::PerSecond => "1/s",
                };
                let read = plan.objective(&format!("{name} < {limit}"), 1);
                assert_eq!(read.map(|objective| objective.metric), Ok(metric), "{name}");
            }
        }
    }

    #[test]
    fn quantiles_keep_their_decimals_in_names() {
        let name = |quantile| Metric::new(Measure::TimeToBuy).at(quantile).name(&shop());
        assert_eq!(name(0.5), "p50(time_to_buy)");
        assert_eq!(name(0.999), "p99.9(time_to_buy)");
    }

    #[test]
    fn only_attempts_are_open_for_long() {
        let plan = shop();
        let wait = |measure, scope| Metric::new(measure).within(scope).longest_wait(&plan);
        let journey = || MetricScope::Journey(JourneyId(0));
        assert_eq!(wait(Measure::Failures, journey()), Micros::from_secs(10));
        assert_eq!(wait(Measure::Response, journey()), Micros::ZERO);
        assert_eq!(wait(Measure::Response, MetricScope::All), Micros::from_secs(10));
        assert_eq!(wait(Measure::LostShoppers, MetricScope::All), Micros::ZERO);
    }
}
