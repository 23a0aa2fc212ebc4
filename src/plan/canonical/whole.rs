//! The canonical form of the whole plan, of its journeys and of its units.

use serde_json::{Value, json};

use super::form::{Canonical, add_unless_null, kind};
use crate::plan::{Guard, GuardId, GuardTerm, Journey, JourneyItem, Plan, RetryUnit};

impl Canonical for Plan {
    fn canonical(&self) -> Value {
        let Plan {
            name,
            load,
            shoppers,
            journeys,
            units,
            guards,
            before,
            after,
            steps,
            variables,
            observed,
            limits,
            trace,
            // The same shoppers can be sent to another shop and held to other objectives.
            target: _,
            // Who goes where follows from the attribute.
            targets: _,
            objectives: _,
            season: _,
            blanks: _,
            logged: _,
            budget: _,
            records: _,
            currency: _,
            // Compiled from the templates' sources, which are part of the steps.
            templates: _,
            // Their names are among the variables.
            shared: _,
            // What is masked changes nothing that is sent.
            secrets: _,
            secret_variables: _,
        } = self;
        let mut form = json!({
            "name": name,
            "load": load.canonical(),
            "shoppers": shoppers.canonical(),
            "journeys": journeys.canonical(),
            "units": units.canonical(),
            "steps": steps.canonical(),
            "variables": variables,
            "observed": observed,
            "limits": limits.canonical(),
        });
        add_unless_null(&mut form, "trace", trace.then_some(true).canonical());
        for (key, plan) in [("before", before), ("after", after)] {
            add_unless_null(
                &mut form,
                key,
                plan.as_ref().map_or(Value::Null, |plan| plan.canonical()),
            );
        }
        add_unless_null(
            &mut form,
            "when",
            if guards.is_empty() { Value::Null } else { guards.canonical() },
        );
        form
    }
}

impl Canonical for Journey {
    fn canonical(&self) -> Value {
        let Journey { name, weight, units, route } = self;
        json!({
            "name": name,
            "weight": weight,
            "units": units.canonical(),
            "route": route.canonical(),
        })
    }
}

impl Canonical for JourneyItem {
    fn canonical(&self) -> Value {
        match self {
            JourneyItem::Unit(unit) => kind("Unit", unit.canonical()),
            JourneyItem::Repeat { times, parts } => {
                kind("Repeat", json!({ "times": times.canonical(), "parts": parts.canonical() }))
            }
            JourneyItem::Each { guards, parts } => {
                let guards: Vec<u16> = guards.iter().map(|guard| guard.0).collect();
                kind("Each", json!({ "guards": guards, "parts": parts.canonical() }))
            }
            JourneyItem::Choose(ways) => kind("Choose", ways.canonical()),
            JourneyItem::First(ways) => {
                let way = |(guard, parts): &(Option<GuardId>, Vec<JourneyItem>)| {
                    json!([guard.map(|guard| guard.0), parts.canonical()])
                };
                kind("First", ways.iter().map(way).collect())
            }
        }
    }
}

impl Canonical for RetryUnit {
    fn canonical(&self) -> Value {
        let RetryUnit { name, journey, steps, purchase, paying_step, provocations } = self;
        let mut form = json!({
            "name": name,
            "journey": journey.canonical(),
            "steps": steps.canonical(),
            "purchase": purchase,
            "paying_step": paying_step.canonical(),
        });
        let arms: Vec<Value> = provocations
            .iter()
            .map(|arm| json!({ "kind": arm.kind.word(), "share": arm.share, "after": arm.after.0 }))
            .collect();
        add_unless_null(
            &mut form,
            "provocations",
            if arms.is_empty() { Value::Null } else { arms.into() },
        );
        form
    }
}

impl Canonical for Guard {
    fn canonical(&self) -> Value {
        let Guard { terms } = self;
        terms.canonical()
    }
}

impl Canonical for GuardTerm {
    fn canonical(&self) -> Value {
        match self {
            // What `env` holds is part of the compiled expression.
            GuardTerm::Holds { source: _, compiled } => kind("Holds", compiled.canonical()),
            GuardTerm::Answer(conditions) => kind("Answer", conditions.canonical()),
            GuardTerm::Item { item, list, place } => kind(
                "Item",
                json!({ "item": item.canonical(), "list": list.canonical(), "place": place }),
            ),
        }
    }
}
