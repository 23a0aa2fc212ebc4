//! Shoppers by the guards that hold for them: what decides which steps a forecast sends them to.

use std::collections::BTreeMap;

use crate::base::ShopperId;
use crate::base::random::{Purpose, draw};
use crate::plan::{Guard, GuardId, Persona, Plan};

/// Up to so many combinations of attribute values are gone through; of more, as many shoppers are drawn.
const MOST_COMBINATIONS: usize = 20_000;

/// Shoppers for whom the same guards hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GuardClass {
    /// The share of all of them.
    pub(super) share: f64,
    /// By guard. One that the shop's answers decide is taken to hold.
    pub(super) holds: Vec<bool>,
}

/// The classes of the shoppers with these attribute values (attribute, value). Their shares add up to 1.
pub(super) fn shopper_classes(plan: &Plan, only: &[(usize, usize)]) -> Vec<GuardClass> {
    if plan.guards.is_empty() {
        return vec![GuardClass { share: 1.0, holds: Vec::new() }];
    }
    let deciding = deciding_attributes(plan, &plan.guards);
    let few = are_few(plan, &deciding);
    let personas = if few { all_combinations(plan, &deciding) } else { sample(plan) };
    let mut classes: BTreeMap<Vec<bool>, f64> = BTreeMap::new();
    for (mut attributes, share) in personas {
        let fits = |(attribute, value): &(usize, usize)| {
            !deciding.contains(attribute) || usize::from(attributes[*attribute]) == *value
        };
        if few && !only.iter().all(fits) {
            continue;
        }
        only.iter().for_each(|(attribute, value)| attributes[*attribute] = *value as u8);
        let holds = plan.decided_guards(&attributes);
        *classes
            .entry(
                plan.guards
                    .iter()
                    .zip(holds)
                    .map(|(guard, holds)| holds.unwrap_or_else(|| guard.is_assumed()))
                    .collect(),
            )
            .or_default() += share;
    }
    let all: f64 = classes.values().sum();
    classes.into_iter().map(|(holds, share)| GuardClass { share: share / all, holds }).collect()
}

/// The attributes that decide these guards, by their places in the plan.
fn deciding_attributes(plan: &Plan, guards: &[Guard]) -> Vec<usize> {
    let read: Vec<_> =
        guards.iter().filter_map(|guard| guard.deciding_variables()).flatten().collect();
    let attributes = plan.shoppers.attributes.iter().enumerate();
    attributes.filter(|(_, attribute)| read.contains(&attribute.var)).map(|(i, _)| i).collect()
}

/// Whether all combinations of the values of these attributes can be gone through.
fn are_few(plan: &Plan, deciding: &[usize]) -> bool {
    let values = deciding.iter().map(|attribute| plan.shoppers.attributes[*attribute].values.len());
    let combinations = values.into_iter().try_fold(1usize, |product, n| product.checked_mul(n));
    combinations.is_some_and(|count| count <= MOST_COMBINATIONS)
}

/// All combinations of the values of these attributes, each with its share. Other attributes have their first value.
fn all_combinations(plan: &Plan, deciding: &[usize]) -> Vec<(Vec<u8>, f64)> {
    let mut combinations = vec![(vec![0; plan.shoppers.attributes.len()], 1.0)];
    for &attribute in deciding {
        let values = &plan.shoppers.attributes[attribute].values;
        let all: f64 = values.iter().map(|(_, weight)| weight).sum();
        let with_each = |(before, share): (Vec<u8>, f64)| {
            let with = move |(value, (_, weight)): (u8, &(String, f64))| {
                let mut attributes = before.clone();
                attributes[attribute] = value;
                (attributes, share * weight / all)
            };
            (0..).zip(values).map(with)
        };
        combinations = combinations.into_iter().flat_map(with_each).collect();
    }
    combinations
}

fn sample(plan: &Plan) -> Vec<(Vec<u8>, f64)> {
    let persona = |n: u64| Persona::of(plan, ShopperId(draw(n, Purpose::Shopper, 0))).attributes;
    let share = 1.0 / MOST_COMBINATIONS as f64;
    (0..MOST_COMBINATIONS as u64).map(|n| (persona(n), share)).collect()
}

// === impl Plan ===

impl Plan {
    /// Whether a guard holds for some shopper, as far as attributes tell.
    pub(crate) fn may_hold(&self, guard: &Guard) -> bool {
        let deciding = deciding_attributes(self, std::slice::from_ref(guard));
        !are_few(self, &deciding)
            || all_combinations(self, &deciding)
                .iter()
                .any(|(attributes, _)| self.decides(guard, attributes) != Some(false))
    }

    /// The guards that the shop's answers or captures decide, so that a forecast can't.
    pub fn undecided_guards(&self) -> Vec<GuardId> {
        if self.guards.is_empty() {
            return Vec::new();
        }
        let holds = self.decided_guards(&vec![0; self.shoppers.attributes.len()]);
        let undecided = holds.iter().enumerate().filter(|(_, holds)| holds.is_none());
        let told = undecided.filter(|(i, _)| self.guards[*i].is_assumed());
        told.map(|(i, _)| GuardId(i as u16)).collect()
    }
}
