//! Text with placeholders, compiled once.
//!
//! Most placeholders are a bare variable: those are cut into segments when the plan is made, and filled
//! without an interpreter (an order of magnitude cheaper). Anything richer is a compiled minijinja expression.

use std::borrow::Cow;

pub use super::expression::Templates;
pub use super::template_scope::TemplateScope;
use crate::base::VarId;
use crate::capture::check::RenderError;

/// Text with placeholders.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    /// No placeholder.
    Literal(String),
    /// Fixed text and bare variables.
    Segments(Vec<Segment>),
    /// Needs the expression language.
    Expression {
        /// The name under which `Templates` holds it.
        name: String,
        /// As the scenario writes it.
        source: String,
        /// The variables that it reads.
        reads: Vec<VarId>,
        /// The values of `env` that it reads, given when the plan was made.
        constants: Vec<(String, String)>,
    },
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    /// As it is.
    Text(String),
    /// The value of a variable.
    Variable(VarId),
}

// === impl Template ===

impl Template {
    /// Whether a condition holds. A variable without a value is undefined in it, and no error.
    ///
    /// # Errors
    /// When the expression fails.
    pub(super) fn holds(
        &self,
        templates: &Templates,
        scope: &dyn TemplateScope,
    ) -> Result<bool, RenderError> {
        match self {
            Template::Expression { name, reads, constants, .. } => {
                templates.holds(name, reads, constants, scope)
            }
            Template::Literal(_) | Template::Segments(_) => Ok(false),
        }
    }

    /// Whether it begins with a value, such as a link that was captured, and not with text of its own.
    pub fn begins_with_value(&self) -> bool {
        match self {
            Template::Literal(_) => false,
            Template::Segments(segments) => matches!(segments.first(), Some(Segment::Variable(_))),
            Template::Expression { source, .. } => source.trim_start().starts_with('{'),
        }
    }

    /// Whether what it begins with says where it leads, so that it is relative to no page: a path or a whole address.
    pub fn is_rooted(&self) -> bool {
        let begin = match self {
            Template::Literal(text) => text.as_str(),
            Template::Segments(segments) => match segments.first() {
                Some(Segment::Text(text)) => text.as_str(),
                Some(Segment::Variable(_)) | None => "",
            },
            Template::Expression { source, .. } => source.as_str(),
        };
        let begin = begin.trim_start();
        begin.starts_with('/') || begin.starts_with("http:") || begin.starts_with("https:")
    }

    /// The text with its placeholders filled.
    ///
    /// # Errors
    /// When a variable has no value or an expression fails.
    pub fn render<'t>(
        &'t self,
        templates: &Templates,
        scope: &dyn TemplateScope,
    ) -> Result<Cow<'t, str>, RenderError> {
        match self {
            Template::Literal(text) => Ok(Cow::Borrowed(text)),
            Template::Segments(segments) => {
                let mut out = String::with_capacity(64);
                for segment in segments {
                    match segment {
                        Segment::Text(text) => out.push_str(text),
                        Segment::Variable(var) => match scope.value(*var) {
                            Some(value) => out.push_str(&value.as_text()),
                            None => return Err(RenderError::Missing(templates.variable(*var))),
                        },
                    }
                }
                Ok(Cow::Owned(out))
            }
            Template::Expression { name, reads, constants, .. } => {
                templates.evaluate(name, reads, constants, scope).map(Cow::Owned)
            }
        }
    }

    /// The variables that it reads.
    pub fn reads(&self) -> Vec<VarId> {
        match self {
            Template::Literal(_) => Vec::new(),
            Template::Segments(segments) => segments
                .iter()
                .filter_map(|segment| match segment {
                    Segment::Variable(var) => Some(*var),
                    Segment::Text(_) => None,
                })
                .collect(),
            Template::Expression { reads, .. } => reads.clone(),
        }
    }
}
