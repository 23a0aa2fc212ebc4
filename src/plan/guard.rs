//! Conditions on which shoppers take a way or a step: `when` in the scenario.

use std::fmt;

use super::answer_rules::{Check, Conditions};
use super::template::{Template, TemplateScope, Templates};
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
                && !compiled.holds(templates, scope)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
