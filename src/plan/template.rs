//! Text with placeholders, compiled once.
//!
//! Most placeholders are a bare variable: those are cut into segments when the plan is made, and filled
//! without an interpreter (an order of magnitude cheaper). Anything richer is a compiled minijinja expression.

use std::borrow::Cow;
use std::rc::Rc;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

pub use super::expression::Templates;
use crate::base::VarId;

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
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Segment {
    /// As it is.
    Text(String),
    /// The value of a variable.
    Variable(VarId),
}

/// What a variable holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text: attributes, headers, matches.
    Text(Rc<str>),
    /// Taken from a JSON document, with its type.
    Json(Rc<serde_json::Value>),
}

/// Where a template finds its values: one shopper's variables and random stream.
pub trait Scope {
    /// The value of a variable, if it has one yet.
    fn value(&self, var: VarId) -> Option<&Value>;
    /// The next 64 uniform bits of this shopper's stream for choices in templates.
    fn next_bits(&self) -> u64;
}

/// Why a template could not be filled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A variable that no earlier step has filled for this shopper.
    #[error("'{0}' has no value yet")]
    Missing(String),
    /// The expression failed.
    #[error("{0}")]
    Expression(String),
}

// === impl Template ===

impl Template {
    /// The text with its placeholders filled.
    ///
    /// # Errors
    /// When a variable has no value or an expression fails.
    pub fn render<'t>(
        &'t self,
        templates: &Templates,
        scope: &dyn Scope,
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

impl Serialize for Template {
    /// A literal as a string, segments as a list, an expression as a mapping: one can't pass for another.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Template::Literal(text) => serializer.serialize_str(text),
            Template::Segments(segments) => {
                let mut list = serializer.serialize_seq(Some(segments.len()))?;
                for segment in segments {
                    list.serialize_element(segment)?;
                }
                list.end()
            }
            Template::Expression { source, constants, .. } => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("expression", source)?;
                map.serialize_entry("constants", constants)?;
                map.end()
            }
        }
    }
}

// === impl Value ===

impl Value {
    /// As a template prints it: text as it is, JSON strings without quotes, other JSON as JSON.
    pub fn as_text(&self) -> Cow<'_, str> {
        match self {
            Value::Text(text) => Cow::Borrowed(text),
            Value::Json(json) => match &**json {
                serde_json::Value::String(text) => Cow::Borrowed(text),
                other => Cow::Owned(other.to_string()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_templates_can_not_be_mistaken_for_each_other_in_the_digest() {
        let json = |template: &Template| serde_json::to_string(template).unwrap();
        let segments =
            Template::Segments(vec![Segment::Text("a".into()), Segment::Variable(VarId(3))]);
        let expression = |value: &str| Template::Expression {
            name: "t0".into(),
            source: "{{ env.A|upper }}".into(),
            reads: vec![],
            constants: vec![("A".into(), value.into())],
        };
        assert_eq!(json(&Template::Literal("[]".into())), r#""[]""#);
        assert_eq!(json(&segments), r#"[{"text":"a"},{"variable":3}]"#);
        assert_eq!(
            json(&expression("x")),
            r#"{"expression":"{{ env.A|upper }}","constants":[["A","x"]]}"#
        );
        assert_ne!(
            json(&expression("x")),
            json(&expression("y")),
            "what the command line gave is part of the plan"
        );
    }
}
