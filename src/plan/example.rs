//! Plans made by hand, for tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::base::{Delay, JourneyId, Micros, StepId, UnitId, VarId};

/// A profile of (rate at the start, rate at the end, seconds).
pub fn profile(stages: &[(f64, f64, f64)]) -> Profile {
    let stage = |&(from, to, seconds): &(f64, f64, f64)| Stage {
        from,
        to,
        length: Micros::from_secs_f64(seconds),
        label: String::new(),
    };
    Profile { stages: stages.iter().map(stage).collect(), shape: None }
}

/// An attribute with values of these weights.
pub fn attribute(name: &str, weights: &[f64]) -> Attribute {
    let values =
        weights.iter().enumerate().map(|(i, weight)| (format!("{name}-{i}"), *weight)).collect();
    Attribute { name: name.to_owned(), var: VarId(0), values, brings: BTreeMap::new() }
}

/// A journey without units; [`add_unit`] gives it some.
pub fn journey(name: &str, weight: f64) -> Journey {
    Journey { name: name.to_owned(), weight, units: 0..0, route: Vec::new() }
}

/// A plan of ten shoppers per second for a minute, with journeys that have no steps yet.
pub fn plan(journeys: Vec<Journey>, attributes: Vec<Attribute>) -> Plan {
    Plan {
        name: "example".to_owned(),
        target: None,
        load: Load {
            arrivals: ArrivalModel::Poisson(profile(&[(10.0, 10.0, 60.0)])),
            connections: ConnectionReuse::PerShopper,
        },
        shoppers: Shoppers {
            attributes,
            patience: Patience::preset("applause-2024").expect("the default preset exists"),
            behaviour: Behaviour::Probe,
            max_attempts: Some(3),
            retry_after: Delay::Uniform { low: Micros::from_secs(2), high: Micros::from_secs(20) },
            arms: Vec::new(),
            data: Vec::new(),
        },
        journeys,
        units: Vec::new(),
        guards: Vec::new(),
        steps: Vec::new(),
        variables: BUILT_IN_VARIABLES.map(str::to_owned).into(),
        targets: None,
        before: None,
        after: None,
        shared: Vec::new(),
        observed: Vec::new(),
        objectives: Vec::new(),
        season: None,
        blanks: Vec::new(),
        logged: None,
        currency: None,
        budget: None,
        records: None,
        limits: Limits::default(),
        trace: false,
        templates: Templates::default(),
        secrets: crate::base::Redactor::default(),
        secret_variables: Arc::default(),
    }
}

/// Appends a unit to the plan's last journey: a purchase, or a lone step, of steps with (name, seconds of think
/// time before it, share that goes on). They post to a path of that name and are given up after 10 s.
pub fn add_unit(plan: &mut Plan, purchase: bool, steps: &[(&str, f64, f64)]) {
    let journey = JourneyId(plan.journeys.len() as u16 - 1);
    let unit = UnitId(plan.units.len() as u16);
    let first = plan.steps.len() as u16;
    for (name, think, continues) in steps {
        let url = Template::Literal(format!("/{name}"));
        plan.steps.push(Step {
            name: (*name).to_owned(),
            journey,
            unit,
            line: 0,
            request: Request {
                method: Method::Post,
                url,
                headers: Vec::new(),
                auth: None,
                body: Body::Empty,
            },
            think: Delay::fixed(Micros::from_secs_f64(*think)),
            gives_up_after: Micros::from_secs(10),
            expect: Conditions::default(),
            declined: Conditions::default(),
            declined_without_form: false,
            after_decline: AfterDecline::Retry,
            optional: false,
            lets: Vec::new(),
            captures: Vec::new(),
            basket: None,
            order: None,
            poll: None,
            guard: None,
            rendezvous: None,
            assets: None,
            client: None,
            on_pages: false,
            scripted: false,
            keeps_page: false,
            continues: *continues,
        });
    }
    let steps_of_unit = first..plan.steps.len() as u16;
    let paying_step = purchase.then_some(StepId(first));
    plan.units.push(RetryUnit {
        provocations: Vec::new(),
        name: steps[0].0.to_owned(),
        journey,
        steps: steps_of_unit,
        purchase,
        paying_step,
    });
    plan.journeys[journey.index()].units.end = plan.units.len() as u16;
    plan.journeys[journey.index()].route.push(JourneyItem::Unit(unit));
}

/// Appends a journey; [`add_unit`] fills it.
pub fn add_journey(plan: &mut Plan, name: &str, weight: f64) {
    let units = plan.units.len() as u16;
    plan.journeys.push(Journey { units: units..units, ..journey(name, weight) });
}

/// Ten shoppers per second for a minute: nine in ten buy, one browses.
pub fn shop() -> Plan {
    let mut plan = plan(Vec::new(), vec![attribute("payment", &[75.0, 25.0])]);
    add_journey(&mut plan, "buy", 9.0);
    add_unit(&mut plan, false, &[("home", 0.0, 1.0)]);
    add_unit(&mut plan, false, &[("product", 2.0, 0.5)]);
    add_unit(&mut plan, true, &[("pay", 4.0, 1.0), ("confirmation", 0.0, 1.0)]);
    add_journey(&mut plan, "browse", 1.0);
    add_unit(&mut plan, false, &[("home", 0.0, 0.8)]);
    add_unit(&mut plan, false, &[("search", 1.0, 1.0)]);
    plan
}
