//! Conditions on which shoppers take a way or a step: `when` in the scenario.

use std::fmt;

use super::answer_rules::{Check, Conditions};
use super::flow::JourneyItem;
use super::template::{Template, TemplateScope, Templates};
use super::{Plan, Value};
use crate::base::VarId;
use crate::capture::check::RenderError;

/// A guard's place in `Plan::guards`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GuardId(pub u16);

/// What must hold for a shopper to take a way or a step: all of its terms.
#[derive(Debug)]
pub struct Guard {
    /// In the order of the scenario.
    pub terms: Vec<GuardTerm>,
}

/// A part of a guard.
#[derive(Debug)]
pub enum GuardTerm {
    /// An expression over the shopper's variables. It holds if its value is true in the expression language.
    Holds {
        /// As the scenario writes it.
        source: String,
        /// The same, compiled by `Templates::add_condition`.
        compiled: Template,
    },
    /// Conditions on the last answer that the shopper got.
    Answer(Conditions),
    /// That a list has an item at this place, which is then the shopper's.
    Item {
        /// The variable that holds the item.
        item: VarId,
        /// Renders to the list, as JSON text.
        list: Template,
        /// The place, from 0.
        place: u32,
    },
}

// === impl Guard ===

impl fmt::Display for Guard {
    /// As the scenario writes it, conditions on an answer by their kinds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, term) in self.terms.iter().enumerate() {
            if place > 0 {
                f.write_str(" and ")?;
            }
            match term {
                GuardTerm::Holds { source, .. } => f.write_str(source)?,
                GuardTerm::Item { list, place, .. } => match list {
                    Template::Expression { source, .. } => {
                        let list =
                            source.trim_start_matches("{{ (").trim_end_matches(")|tojson }}");
                        write!(f, "item {} of {list}", place + 1)?;
                    }
                    Template::Literal(_) | Template::Segments(_) => {
                        write!(f, "item {}", place + 1)?;
                    }
                },
                GuardTerm::Answer(conditions) => {
                    let described = conditions.checks.iter().map(|check| match check {
                        Check::One(check, _) => check.describe(),
                        Check::AnyOf(_) => "any of several".to_owned(),
                    });
                    let described: Vec<String> = described.collect();
                    write!(f, "last answer: {}", described.join(", "))?;
                }
            }
        }
        Ok(())
    }
}

impl Guard {
    /// Whether it looks at an answer.
    pub fn reads_answer(&self) -> bool {
        self.terms.iter().any(|term| matches!(term, GuardTerm::Answer(_)))
    }

    /// Whether a forecast takes it to hold where more than attributes decides: of a list, that it has one item.
    pub fn is_assumed(&self) -> bool {
        !self.terms.iter().any(|term| matches!(term, GuardTerm::Item { place: 1.., .. }))
    }

    /// The variables that decide it, if nothing else does.
    pub fn deciding_variables(&self) -> Option<Vec<VarId>> {
        let mut read = Vec::new();
        for term in &self.terms {
            match term {
                GuardTerm::Holds { compiled, .. } => read.extend(compiled.reads()),
                GuardTerm::Answer(_) | GuardTerm::Item { .. } => return None,
            }
        }
        Some(read)
    }

    /// Whether all its expressions hold for this shopper.
    ///
    /// # Errors
    /// When an expression fails.
    pub fn expressions_hold(
        &self,
        templates: &Templates,
        scope: &dyn TemplateScope,
    ) -> Result<bool, RenderError> {
        for term in &self.terms {
            if let GuardTerm::Holds { compiled, .. } = term
                && !templates.holds(compiled, scope)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

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
