//! What a value must be.

use std::fmt::Display;

use serde_json::{Value, json};

use super::condition::{RenderError, Texts};

/// What a value must be.
#[derive(Debug)]
pub enum Expected {
    /// Anything, as long as it is there.
    Present,
    /// Nothing there.
    Absent,
    /// Equal to this JSON value (a number equals a number of the same value, 1 and 1.0 alike).
    Value(Value),
    /// Equal, as text, to the check's text.
    Text,
    /// Equal to one of these JSON values.
    OneOf(Vec<Value>),
}

// === impl Expected ===

impl Expected {
    /// What is wrong with what was found at a place, or nothing.
    pub(super) fn compare(
        &self,
        place: &dyn Display,
        found: Option<&Value>,
        texts: &dyn Texts,
        absent: impl Fn() -> String,
    ) -> Result<Option<String>, RenderError> {
        let Some(found) = found else {
            return Ok((!matches!(self, Expected::Absent)).then(absent));
        };
        let wrong = |wanted: String| Some(format!("{place} is {found}, expected {wanted}"));
        Ok(match self {
            Expected::Present => None,
            Expected::Absent => wrong("nothing there".into()),
            Expected::Value(wanted) if same(wanted, found) => None,
            Expected::Value(wanted) => wrong(wanted.to_string()),
            Expected::OneOf(wanted) if wanted.iter().any(|one| same(one, found)) => None,
            Expected::OneOf(wanted) => wrong(format!("one of {}", Value::Array(wanted.clone()))),
            Expected::Text => {
                let wanted = texts.text(0)?;
                let text = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
                if text == *wanted { None } else { wrong(format!("\"{wanted}\"")) }
            }
        })
    }

    /// Its part of the canonical form.
    pub(super) fn canonical(&self, texts: Vec<Value>) -> Value {
        match self {
            Expected::Present => json!("Present"),
            Expected::Absent => json!("Absent"),
            Expected::Value(value) => json!({ "Value": value }),
            Expected::Text => json!({ "Text": texts.first() }),
            Expected::OneOf(values) => json!({ "OneOf": values }),
        }
    }
}

/// Equal as JSON; numbers by value, and a header's or a lenient shop's `"5"` equals `5`.
fn same(wanted: &Value, found: &Value) -> bool {
    use serde_json::Value::{Number, String};
    match (wanted, found) {
        (Number(a), Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Number(a), String(b)) => a.to_string() == *b,
        _ => wanted == found,
    }
}
