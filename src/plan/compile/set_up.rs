//! `before` and `after`: what is done once, before shoppers come and after they have gone.
//!
//! Each is a plan of its own with one journey and one shopper, so that its steps can do what all steps can.

use std::sync::Arc;

use super::compiler::compile;
use super::names::steps_of;
use crate::base::Micros;
use crate::plan::{Inputs, Overrides, Plan};
use crate::scenario::{
    Document, EventRate, Journey, JourneyItem, Located, Problems, Scenario, Span,
};

/// The plan of a scenario, with what is done before and after.
pub(super) fn whole(scenario: &Scenario, inputs: &Inputs<'_>, problems: &mut Problems) -> Plan {
    let document = &scenario.document;
    let shared = shared_names(document.before.as_deref().unwrap_or_default());
    let mut plan = compile(scenario, inputs, problems, &shared);
    // What is wrong with both is told once.
    if problems.is_empty() {
        let mut done_once = |items: &Option<Vec<JourneyItem>>, name, shared: &[String]| {
            let items = items.as_ref()?;
            let scenario = alone(scenario, name, items);
            let once = EventRate(1.0);
            let overrides = Overrides {
                rate: Some(once),
                duration: Some(Micros::from_secs(1)),
                target: inputs.overrides.target.clone(),
                ..Overrides::default()
            };
            let inputs = Inputs { overrides, ..inputs.clone() };
            Some(Arc::new(compile(&scenario, &inputs, problems, shared)))
        };
        plan.before = done_once(&document.before, "before", &[]);
        plan.after = done_once(&document.after, "after", &shared);
    }
    plan
}

/// What the steps capture and compute, by name.
fn shared_names(items: &[JourneyItem]) -> Vec<String> {
    let steps = items.iter().flat_map(steps_of);
    let names = steps.flat_map(|step| {
        let computed = step.lets.iter().flat_map(|lets| lets.0.iter().map(|(name, _)| name));
        let captured = step.capture.iter().flat_map(|named| named.0.iter().map(|(name, _)| name));
        computed.chain(captured)
    });
    let mut names: Vec<String> = names.map(|name| name.value.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The scenario of one shopper who does only this.
fn alone(scenario: &Scenario, name: &str, items: &[JourneyItem]) -> Scenario {
    let document = &scenario.document;
    let named = Located::new(name.to_owned(), Span::default());
    let journey =
        Journey { name: Some(named.clone()), steps: Some(items.to_vec()), ..Journey::default() };
    Scenario {
        document: Document {
            name: Some(named),
            target: document.target.clone(),
            targets: None,
            environment: document.environment.clone(),
            defaults: document.defaults.clone(),
            client: document.client.clone(),
            limits: document.limits.clone(),
            journeys: Some(vec![journey]),
            ..Document::default()
        },
        ..scenario.clone()
    }
}
