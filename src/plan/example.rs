//! Plans made by hand, for tests.

use super::*;
use crate::base::{Delay, Micros};

/// A profile of (rate at the start, rate at the end, seconds).
pub fn profile(stages: &[(f64, f64, f64)]) -> Profile {
    let stage = |&(from, to, seconds): &(f64, f64, f64)| Stage { from, to, length: Micros::from_secs_f64(seconds), label: String::new() };
    Profile { stages: stages.iter().map(stage).collect(), shape: None }
}

/// An attribute with values of these weights.
pub fn attribute(name: &str, weights: &[f64]) -> Attribute {
    let values = weights.iter().enumerate().map(|(i, weight)| (format!("{name}-{i}"), *weight)).collect();
    Attribute { name: name.to_owned(), var: VarId(0), values }
}

/// A journey without units; [`Builder`] gives it some.
pub fn journey(name: &str, weight: f64) -> Journey {
    Journey { name: name.to_owned(), weight, units: 0..0 }
}

/// A plan of ten shoppers per second for a minute, with journeys that have no steps yet.
pub fn plan(journeys: Vec<Journey>, attributes: Vec<Attribute>) -> Plan {
    Plan {
        name: "example".to_owned(),
        target: None,
        load: Load { arrivals: Arrivals::Poisson(profile(&[(10.0, 10.0, 60.0)])), connections: Connections::PerShopper },
        shoppers: Shoppers {
            attributes,
            patience: Patience::preset("applause-2024").expect("the default preset exists"),
            behaviour: Behaviour::Probe,
            max_attempts: Some(3),
            retry_after: Delay { low: Micros::from_secs(2), high: Micros::from_secs(20) },
            data: Vec::new(),
        },
        journeys,
        units: Vec::new(),
        steps: Vec::new(),
        variables: BUILT_IN_VARIABLES.map(str::to_owned).into(),
        observed: Vec::new(),
        objectives: Vec::new(),
        limits: Limits::default(),
        templates: Templates::default(),
    }
}
