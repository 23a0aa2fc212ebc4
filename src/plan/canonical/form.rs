//! The trait, and the canonical form of what plans are made of.

use std::ops::Range;

use serde_json::{Map, Value, json};

use crate::base::{Delay, JourneyId, Micros, ObservedId, StepId, UnitId, VarId};
use crate::plan::{JsonPlace, Segment, Template};

/// Has a canonical form.
pub trait Canonical {
    /// The canonical form. Mappings keep their order.
    fn canonical(&self) -> Value;
}

/// One of several kinds, with what it holds.
pub(super) fn kind(name: &str, content: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), content)]))
}

/// Adds a field unless it is null: for fields that older plans did not have.
pub(super) fn add_unless_null(object: &mut Value, key: &str, value: Value) {
    if !value.is_null() {
        object[key] = value;
    }
}

// === plain values ===

macro_rules! plain {
    ($($type:ty),+) => {
        $(impl Canonical for $type {
            fn canonical(&self) -> Value {
                json!(self)
            }
        })+
    };
}

plain!(bool, u8, u16, u32, u64, f64, String, Value);

macro_rules! index {
    ($($type:ty),+) => {
        $(impl Canonical for $type {
            fn canonical(&self) -> Value {
                self.0.canonical()
            }
        })+
    };
}

index!(JourneyId, UnitId, StepId, VarId, ObservedId, Micros);

impl Canonical for Delay {
    fn canonical(&self) -> Value {
        match self {
            Delay::Uniform { low, high } => {
                json!({ "low": low.canonical(), "high": high.canonical() })
            }
            Delay::LogNormal { median, p90 } => {
                json!({ "median": median.canonical(), "p90": p90.canonical() })
            }
        }
    }
}

impl Canonical for Range<u16> {
    fn canonical(&self) -> Value {
        let Range { start, end } = self;
        json!({ "start": start, "end": end })
    }
}

// === containers ===

impl<T: Canonical> Canonical for Option<T> {
    fn canonical(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::canonical)
    }
}

impl<T: Canonical> Canonical for [T] {
    fn canonical(&self) -> Value {
        self.iter().map(T::canonical).collect()
    }
}

impl<T: Canonical> Canonical for Vec<T> {
    fn canonical(&self) -> Value {
        self.as_slice().canonical()
    }
}

impl<T: Canonical> Canonical for Box<T> {
    fn canonical(&self) -> Value {
        (**self).canonical()
    }
}

impl<A: Canonical, B: Canonical> Canonical for (A, B) {
    fn canonical(&self) -> Value {
        json!([self.0.canonical(), self.1.canonical()])
    }
}

// === text with placeholders ===

impl Canonical for JsonPlace {
    fn canonical(&self) -> Value {
        self.to_string().into()
    }
}

impl Canonical for Template {
    /// A literal as a string, segments as a list, an expression as a mapping: one can't pass for another.
    fn canonical(&self) -> Value {
        match self {
            Template::Literal(text) => text.canonical(),
            Template::Segments(segments) => segments.canonical(),
            // The name follows from the place among the templates, `reads` from the source.
            Template::Expression { name: _, source, reads: _, constants } => {
                json!({ "expression": source, "constants": constants.canonical() })
            }
        }
    }
}

impl Canonical for Segment {
    fn canonical(&self) -> Value {
        match self {
            Segment::Text(text) => kind("text", text.canonical()),
            Segment::Variable(var) => kind("variable", var.canonical()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_templates_can_not_be_mistaken_for_each_other() {
        let segments =
            Template::Segments(vec![Segment::Text("a".into()), Segment::Variable(VarId(3))]);
        let expression = |value: &str| Template::Expression {
            name: "t0".into(),
            source: "{{ env.A|upper }}".into(),
            reads: vec![],
            constants: vec![("A".into(), value.into())],
        };
        assert_eq!(Template::Literal("[]".into()).canonical(), json!("[]"));
        assert_eq!(segments.canonical(), json!([{ "text": "a" }, { "variable": 3 }]));
        assert_eq!(
            expression("x").canonical(),
            json!({ "expression": "{{ env.A|upper }}", "constants": [["A", "x"]] })
        );
        assert_ne!(
            expression("x").canonical(),
            expression("y").canonical(),
            "what the command line gave is part of the plan"
        );
    }
}
