//! What is known of guards before a run: whether attributes alone decide them, and which steps they leave open.

use super::flow::JourneyItem;
use super::guard::{Guard, GuardId};
use super::template::TemplateScope;
use super::{Plan, Value};
use crate::base::VarId;

/// A shopper of whom the attributes are known, and nothing else.
struct AttributeScope<'p> {
    values: Vec<(VarId, Value)>,
    plan: &'p Plan,
}

// === impl AttributeScope ===

impl<'p> AttributeScope<'p> {
    fn new(plan: &'p Plan, attributes: &[u8]) -> AttributeScope<'p> {
        let values = plan.shoppers.attributes.iter().zip(attributes).map(|(attribute, value)| {
            let text = &attribute.values[usize::from(*value)].0;
            (attribute.var, Value::Text(text.as_str().into()))
        });
        AttributeScope { values: values.collect(), plan }
    }

    /// Whether the guard holds; none where more than attributes decides.
    fn decides(&self, guard: &Guard) -> Option<bool> {
        let read = guard.deciding_variables()?;
        let known = |var: &VarId| self.values.iter().any(|(known, _)| known == var);
        if !read.iter().all(known) {
            return None;
        }
        guard.expressions_hold(&self.plan.templates, self).ok()
    }
}

impl TemplateScope for AttributeScope<'_> {
    fn value(&self, var: VarId) -> Option<&Value> {
        self.values.iter().find(|(known, _)| *known == var).map(|(_, value)| value)
    }

    fn next_bits(&self) -> u64 {
        0
    }
}

// === impl Plan ===

impl Plan {
    /// The guard with this identity.
    pub fn guard(&self, id: GuardId) -> &Guard {
        &self.guards[usize::from(id.0)]
    }

    /// Whether a guard holds for shoppers with these attributes; none where more than attributes decides.
    pub fn decides(&self, guard: &Guard, attributes: &[u8]) -> Option<bool> {
        AttributeScope::new(self, attributes).decides(guard)
    }

    /// By guard: whether it holds for shoppers with these attributes; none where more than attributes decides.
    pub fn decided_guards(&self, attributes: &[u8]) -> Vec<Option<bool>> {
        let scope = AttributeScope::new(self, attributes);
        self.guards.iter().map(|guard| scope.decides(guard)).collect()
    }

    /// By step: whether shoppers with these attributes may come to it, as far as guards tell; none where no guard does.
    pub fn steps_open_to(&self, attributes: &[u8]) -> Option<Vec<bool>> {
        if self.guards.is_empty() {
            return None;
        }
        let holds = self.decided_guards(attributes);
        let decided = |guard: GuardId| holds[usize::from(guard.0)];
        let mut open = vec![false; self.steps.len()];
        for journey in &self.journeys {
            self.open_steps(&journey.route, &decided, &mut open);
        }
        for (step, open) in self.steps.iter().zip(&mut open) {
            *open &= step.guard.and_then(&decided) != Some(false);
        }
        Some(open)
    }

    fn open_steps(
        &self,
        parts: &[JourneyItem],
        decided: &impl Fn(GuardId) -> Option<bool>,
        open: &mut [bool],
    ) {
        for part in parts {
            match part {
                JourneyItem::Unit(unit) => {
                    self.steps_of(*unit).for_each(|(step, _)| open[step.index()] = true)
                }
                JourneyItem::Repeat { parts, .. } | JourneyItem::Each { parts, .. } => {
                    self.open_steps(parts, decided, open)
                }
                JourneyItem::Choose(branches) => {
                    branches.iter().for_each(|(_, parts)| self.open_steps(parts, decided, open))
                }
                JourneyItem::First(ways) => {
                    for (guard, parts) in ways {
                        let holds = guard.map_or(Some(true), decided);
                        if holds != Some(false) {
                            self.open_steps(parts, decided, open);
                        }
                        if holds == Some(true) {
                            break;
                        }
                    }
                }
            }
        }
    }
}
