//! What the page can be narrowed to: a journey, a step, a value of an attribute, a kind of failure.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::plan::Plan;
use crate::report::view::hotspots::value_label;
use crate::tally::Tally;

/// A question that the page can be narrowed by, with its answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Filter {
    key: &'static str,
    label: &'static str,
    options: Vec<String>,
}

/// The filters of a run that have more than one option.
pub(super) fn filters(plan: &Plan, tally: &Tally) -> Vec<Filter> {
    let journeys = plan.journeys.iter().map(|journey| journey.name.to_string()).collect();
    let steps = (0..plan.steps.len()).map(|step| plan.step_label(crate::base::StepId(step as u16)));
    let values = plan.shoppers.attributes.iter().flat_map(|attribute| {
        attribute.values.iter().map(|(value, _)| value_label(&attribute.name, value))
    });
    let kinds: BTreeSet<&str> = tally
        .samples
        .strata
        .keys()
        .map(|(_, kind)| kind.label())
        .chain(tally.causes.keys().map(|site| site.kind.label()))
        .collect();
    let filters = [
        ("journey", "Journey", journeys),
        ("step", "Step", steps.collect()),
        ("group", "Shoppers", values.collect()),
        ("outcome", "Failure", kinds.into_iter().map(str::to_owned).collect()),
    ];
    filters
        .into_iter()
        .filter(|(_, _, options): &(_, _, Vec<String>)| options.len() > 1)
        .map(|(key, label, options)| Filter { key, label, options })
        .collect()
}
