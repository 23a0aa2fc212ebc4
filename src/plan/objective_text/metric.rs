//! The metric of an objective: `failures(pay)`, `p95(pay)`, `p95(time_to_buy)`.

use std::ops::Range;

use strum::VariantArray;

use super::error::{FORM, Parsed, error};
use super::words::trim;
use crate::base::{JourneyId, StepId};
use crate::plan::{Measure, Metric, MetricScope, Plan};
use crate::scenario::{join_words, nearest};

impl Plan {
    /// The metric that stands in this part of the text.
    pub(super) fn metric(&self, text: &str, head: Range<usize>) -> Parsed<Metric> {
        let (name, inner) = split_call(text, head.clone())?;
        let word = &text[name.clone()];
        if let Some(measure) = measure(word) {
            let metric = Metric::new(measure);
            return self.apply_scope(text, metric, name, inner, head);
        }
        let quantile = quantile(word, name.clone())?;
        let Some(inner) = inner else {
            let remedy =
                format!("write `{word}(a step)`, such as `p95(pay)`, or `{word}(time_to_buy)`");
            return error(name, format!("`{word}` of what?"), remedy);
        };
        let (name, scope) = match split_call(text, inner.clone()) {
            Ok((name, scope)) if measure(&text[name.clone()]).is_some() => (name, scope),
            // A step's name may have parentheses.
            _ => (inner.clone(), None),
        };
        match measure(&text[name.clone()]) {
            Some(measure) if Metric::new(measure).quantile.is_some() => {
                let metric = Metric::new(measure).at(quantile);
                self.apply_scope(text, metric, name, scope, inner)
            }
            _ => {
                let scope = self.scope(text, inner)?;
                Ok(Metric::new(Measure::Response).within(scope).at(quantile))
            }
        }
    }

    /// The metric in a scope, if it takes one and the plan has what it measures.
    fn apply_scope(
        &self,
        text: &str,
        metric: Metric,
        name: Range<usize>,
        scope: Option<Range<usize>>,
        whole: Range<usize>,
    ) -> Parsed<Metric> {
        let scope = match scope {
            None => MetricScope::All,
            Some(scope) if metric.measure.takes_scope() => self.scope(text, scope)?,
            Some(scope) => {
                let word = metric.measure.word();
                let message = format!("`{word}` is of all shoppers");
                return error(scope, message, format!("write `{word}` alone"));
            }
        };
        let metric = metric.within(scope);
        self.check_measurable(&metric, name, whole)?;
        Ok(metric)
    }

    /// Whether a run of this plan can have such a figure.
    fn check_measurable(
        &self,
        metric: &Metric,
        name: Range<usize>,
        whole: Range<usize>,
    ) -> Parsed<()> {
        let buys = || self.units.iter().any(|unit| unit.paying_step.is_some());
        let declines = || self.steps_in(&metric.scope).any(|(_, step)| !step.declined.is_empty());
        match metric.measure {
            Measure::LostShoppers if self.load.profile().is_none() => error(
                name,
                "lost shoppers can't be estimated in a closed load",
                "use an open load (stages or a shape), or `repeated_failures`",
            ),
            Measure::TimeToBuy
            | Measure::Orders
            | Measure::UnknownOrders
            | Measure::LateOrders
            | Measure::ReceiptsMissing
                if !buys() =>
            {
                error(
                    name,
                    "nobody buys in this scenario",
                    "put the steps that pay into a `purchase:`",
                )
            }
            Measure::Declined if !declines() => error(
                whole,
                "nothing can be declined there",
                "say on the step what a decline looks like: `declined: { status: 402 }`",
            ),
            Measure::DeclinedShoppers if !declines() => error(
                whole,
                "nothing can be declined in this scenario",
                "say on a step what a decline looks like: `declined: { status: 402 }`",
            ),
            Measure::LostShoppers
            | Measure::Orders
            | Measure::UnknownOrders
            | Measure::DeclinedShoppers
            | Measure::TimeToBuy
            | Measure::LateOrders
            | Measure::ReceiptsMissing
            | Measure::Declined
            | Measure::RepeatedFailures
            | Measure::Failures
            | Measure::Response
            | Measure::Requests => Ok(()),
        }
    }

    /// A step, a journey, or `journey/step`.
    fn scope(&self, text: &str, range: Range<usize>) -> Parsed<MetricScope> {
        let name = &text[range.clone()];
        let steps = |name: &str, journey: Option<JourneyId>| -> Vec<StepId> {
            let wanted = self.steps.iter().enumerate().filter(|(_, step)| {
                step.name == name && journey.is_none_or(|journey| step.journey == journey)
            });
            wanted.map(|(i, _)| StepId(i as u16)).collect()
        };
        let journey = |name: &str| {
            self.journeys
                .iter()
                .position(|journey| journey.name == name)
                .map(|i| JourneyId(i as u16))
        };
        match (steps(name, None), journey(name)) {
            (pooled, None) if !pooled.is_empty() => return Ok(MetricScope::Steps(pooled)),
            (pooled, Some(journey)) if pooled.is_empty() => {
                return Ok(MetricScope::Journey(journey));
            }
            (_, Some(_)) => {
                return error(
                    range,
                    format!("`{name}` is both a journey and a step"),
                    format!("write `{name}/{name}` for the step, or rename one"),
                );
            }
            _ => {}
        }
        for (slash, _) in name.match_indices('/') {
            let (within, step) = (name[..slash].trim(), name[slash + 1..].trim());
            if let Some(journey) = journey(within) {
                let steps = steps(step, Some(journey));
                if !steps.is_empty() {
                    return Ok(MetricScope::Steps(steps));
                }
            }
        }
        if let Some(unit) = self.units.iter().find(|unit| unit.purchase && unit.name == name) {
            let steps = self.steps[unit.steps.start as usize..unit.steps.end as usize]
                .iter()
                .map(|step| step.name.as_str());
            return error(
                range,
                format!("`{name}` is a purchase of several steps"),
                format!("name one of them: {}", join_words(steps, "or")),
            );
        }
        let names: Vec<&str> = self
            .steps
            .iter()
            .map(|step| step.name.as_str())
            .chain(self.journeys.iter().map(|journey| journey.name.as_str()))
            .collect();
        let remedy = match nearest(name, names.iter().copied()) {
            Some(meant) => format!("write `{meant}`"),
            None => format!("name a step or a journey: {}", join_words(unique(&names), "or")),
        };
        error(range, format!("there is no step or journey `{name}`"), remedy)
    }
}

/// The measures by their words. Response times are written by their quantile alone.
fn words() -> impl Iterator<Item = &'static str> {
    let measures = Measure::VARIANTS.iter().filter(|measure| **measure != Measure::Response);
    measures.map(|measure| measure.word())
}

fn measure(word: &str) -> Option<Measure> {
    let measures = Measure::VARIANTS.iter().filter(|measure| **measure != Measure::Response);
    measures.copied().find(|measure| measure.word() == word)
}

/// `name(inner)` as two places in the text.
fn split_call(text: &str, whole: Range<usize>) -> Parsed<(Range<usize>, Option<Range<usize>>)> {
    let written = &text[whole.clone()];
    match written.split_once('(') {
        Some((name, rest)) if rest.ends_with(')') => {
            let start = whole.start + name.len() + 1;
            let name = trim(text, whole.start..start - 1);
            Ok((name, Some(trim(text, start..whole.end - 1))))
        }
        Some(_) => error(whole, format!("`{written}` has no closing parenthesis"), FORM),
        None => Ok((whole, None)),
    }
}

fn unique<'n>(names: &[&'n str]) -> Vec<&'n str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(name) {
            seen.push(*name);
        }
    }
    seen
}

/// `p99.9` as 0.999.
fn quantile(name: &str, range: Range<usize>) -> Parsed<f64> {
    let number =
        name.strip_prefix('p').filter(|digits| digits.starts_with(|c: char| c.is_ascii_digit()));
    let Some(number) = number.and_then(|digits| digits.parse::<f64>().ok()) else {
        let remedy = match nearest(name, words()) {
            Some(meant) => format!("write `{meant}`"),
            None => {
                format!(
                    "the metrics are {} and quantiles such as p95(a step)",
                    words().collect::<Vec<_>>().join(", ")
                )
            }
        };
        return error(range, format!("`{name}` is not a metric"), remedy);
    };
    if number <= 0.0 || number >= 100.0 {
        return error(
            range,
            format!("`{name}` is not a quantile"),
            "write one between p0 and p100, such as p50, p95 or p99.9",
        );
    }
    // Through decimal text, so that p99.9 is the number nearest to 0.999.
    Ok(format!("{number}e-2").parse().unwrap_or(number / 100.0))
}
