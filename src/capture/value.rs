//! What a variable holds.

use std::borrow::Cow;
use std::sync::Arc;

/// What a variable holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text: attributes, headers, matches.
    Text(Arc<str>),
    /// Taken from a JSON document, with its type.
    Json(Arc<serde_json::Value>),
}

// === impl Value ===

impl Value {
    /// A text.
    pub fn text(text: &str) -> Value {
        Value::Text(Arc::from(text))
    }

    /// Of a JSON document.
    pub fn of_json(json: &serde_json::Value) -> Value {
        match json.as_str() {
            Some(text) => Value::text(text),
            None => Value::Json(Arc::new(json.clone())),
        }
    }

    /// As a JSON document.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Text(text) => serde_json::Value::String(text.to_string()),
            Value::Json(json) => (**json).clone(),
        }
    }

    /// As a template prints it: text as it is, JSON strings without quotes, other JSON as JSON.
    pub fn as_text(&self) -> Cow<'_, str> {
        match self {
            Value::Text(text) => Cow::Borrowed(text),
            Value::Json(json) => match &**json {
                serde_json::Value::String(text) => Cow::Borrowed(text),
                other @ (serde_json::Value::Null
                | serde_json::Value::Bool(_)
                | serde_json::Value::Number(_)
                | serde_json::Value::Array(_)
                | serde_json::Value::Object(_)) => Cow::Owned(other.to_string()),
            },
        }
    }
}
