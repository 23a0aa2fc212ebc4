//! What a scenario says and nothing makes use of, and what it may not have time or shoppers for. No error: it can be meant.

use std::collections::BTreeSet;

use super::forecast::Forecast;
use super::{Check, Conditions, GuardTerm, Plan, PollAddress, RetryStrategy, Step, Template};
use crate::base::{Micros, VarId};

/// Remarks on a plan, a sentence each, where shoppers have `drain` to finish after the last arrival.
pub fn remarks(plan: &Plan, forecast: &Forecast, drain: Micros) -> Vec<String> {
    let read = read_variables(plan);
    let mut remarks = name_unused(plan, &read);
    if plan.load.profile().is_some() && forecast.longest_stay > drain {
        remarks.push(format!(
            "A visit may take {}, and the run ends {drain} after the last arrival: give it more with `--drain`.",
            forecast.longest_stay
        ));
    }
    let planned = forecast.arrivals.map(|arrivals| arrivals.total);
    for step in &plan.steps {
        if let (Some(rendezvous), Some(planned)) = (step.rendezvous, planned)
            && planned < f64::from(rendezvous.shoppers)
        {
            let wanted = rendezvous.shoppers;
            let name = &step.name;
            remarks.push(format!(
                "`{name}` waits for {wanted} shoppers, and {planned} come with this seed: the group is never full."
            ));
        }
    }
    remarks
}

fn name_unused(plan: &Plan, read: &BTreeSet<VarId>) -> Vec<String> {
    let attributes = plan.shoppers.attributes.iter().enumerate();
    let attributes = attributes
        .filter(|(place, attribute)| {
            !read.contains(&attribute.var)
                && attribute.brings.is_empty()
                && !plan.matters_by_itself(*place)
        })
        .map(|(_, attribute)| {
            format!("No step makes use of the attribute `{}`: it changes nothing.", attribute.name)
        });
    let mut remarks: Vec<String> = attributes.collect();
    for step in &plan.steps {
        let captured = step.captures.iter().filter(|capture| capture.observed.is_none());
        for capture in captured.filter(|capture| !read.contains(&capture.var)) {
            let name = &plan.variables[capture.var.index()];
            remarks.push(format!("Nothing makes use of `{name}`, which `{}` captures.", step.name));
        }
    }
    remarks
}

// === impl Plan ===

impl Plan {
    /// Whether shoppers do differently by this attribute, whatever steps read: its target, or a way to try again.
    fn matters_by_itself(&self, place: usize) -> bool {
        let draws_target = self.targets.as_ref().is_some_and(|targets| targets.attribute == place);
        draws_target
            || self.shoppers.arms.iter().any(|arm| match &arm.strategy {
                RetryStrategy::Redraw(changed) => *changed == place,
                RetryStrategy::Set(changed) => changed.iter().any(|(changed, _)| *changed == place),
                RetryStrategy::Same
                | RetryStrategy::Wait(_)
                | RetryStrategy::FreshKey
                | RetryStrategy::FreshSession => false,
            })
    }
}

/// The variables that something reads.
fn read_variables(plan: &Plan) -> BTreeSet<VarId> {
    let mut read: BTreeSet<VarId> = plan.steps.iter().flat_map(read_by_step).collect();
    for term in plan.guards.iter().flat_map(|guard| &guard.terms) {
        match term {
            GuardTerm::Holds { compiled: template, .. }
            | GuardTerm::Item { list: template, .. } => {
                read.extend(template.reads());
            }
            GuardTerm::Answer(conditions) => read.extend(read_by_conditions(conditions)),
        }
    }
    read
}

fn read_by_step(step: &Step) -> Vec<VarId> {
    let mut read = step.request.reads();
    read.extend(step.lets.iter().flat_map(|computed| computed.from.reads()));
    read.extend(read_by_conditions(&step.expect));
    read.extend(read_by_conditions(&step.declined));
    if let Some(poll) = &step.poll {
        read.extend(read_by_conditions(&poll.until));
        if let Some(PollAddress::Address(address)) = &poll.at {
            read.extend(address.reads());
        }
    }
    read
}

fn read_by_conditions(conditions: &Conditions) -> Vec<VarId> {
    let read = |check: &Check| match check {
        Check::One(_, texts) => texts.iter().flat_map(Template::reads).collect(),
        Check::AnyOf(sets) => sets.iter().flat_map(read_by_conditions).collect::<Vec<VarId>>(),
    };
    conditions.checks.iter().flat_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Inputs;

    fn remarks_of(steps: &str, attributes: &str) -> Vec<String> {
        let text = format!(
            "name: x\nload: {{ stages: [{{ hold: 1/s, for: 10s }}] }}\nshoppers: {{ attributes: {attributes} }}\ndefaults: {{ gives_up_after: 5s }}\njourneys:\n  - name: buy\n    steps:\n{steps}"
        );
        let plan = Plan::from_text("x.yaml", &text, &Inputs::default()).unwrap();
        remarks(&plan, &Forecast::of(&plan, Some(10)), Micros::from_secs(30))
    }

    #[test]
    fn what_nothing_makes_use_of_is_told() {
        let steps = "      - { name: home, get: /, capture: { sku: { json: $.sku }, csrf: { json: $.csrf } } }\n      - { name: pay, post: /pay, json: { sku: \"{{ sku }}\" } }\n";
        let told = remarks_of(steps, "{ payment: { card: 1, wallet: 1 } }");
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("the attribute `payment`"), "{told:?}");
        assert!(told[1].contains("`csrf`, which `home` captures"), "{told:?}");
        let used = steps.replace("/pay,", "\"/pay/{{ payment }}/{{ csrf }}\",");
        assert_eq!(remarks_of(&used, "{ payment: { card: 1, wallet: 1 } }"), [""; 0]);
    }

    #[test]
    fn a_drain_that_is_shorter_than_a_visit_is_told() {
        let slow = "      - { name: home, get: /, gives_up_after: 2m }\n";
        let told = remarks_of(slow, "{ payment: { card: 1 } }");
        assert!(told.iter().any(|remark| remark.contains("--drain")), "{told:?}");
    }
}
