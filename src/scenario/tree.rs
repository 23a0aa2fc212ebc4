//! A file of YAML as a tree in which every value knows its place.

use saphyr::Scalar;

use super::source::{Located, Span};

/// A value of the tree.
#[derive(Clone, Debug)]
pub struct YamlNode {
    /// Where it was written.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// Nothing, `~` or `null`.
    Null,
    /// A word, a number, a text.
    Scalar {
        /// As it reads: escapes resolved, otherwise as spelled.
        text: String,
        /// Neither quoted nor a block: may be a number or a truth value.
        plain: bool,
    },
    /// A sequence.
    List(Vec<YamlNode>),
    /// A mapping; each key once.
    Map(Vec<(Located<String>, YamlNode)>),
}

// === impl YamlNode ===

impl YamlNode {
    /// What it is, for a reader.
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            NodeKind::Null => "nothing",
            NodeKind::Scalar { .. } => "a single value",
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) => "a mapping",
        }
    }

    /// As JSON: plain scalars are numbers and truth values where YAML's core schema reads them so. What begins with a nought is a
    /// postcode or an article number, and stays text: as a number it would be another one.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.kind {
            NodeKind::Null => Value::Null,
            NodeKind::Scalar { text, plain: false } => Value::String(text.clone()),
            NodeKind::Scalar { text, plain: true } if has_leading_zero(text) => {
                Value::String(text.clone())
            }
            NodeKind::Scalar { text, plain: true } => {
                match Scalar::parse_from_cow(text.as_str().into()) {
                    Scalar::Null => Value::Null,
                    Scalar::Boolean(truth) => Value::Bool(truth),
                    Scalar::Integer(n) => Value::from(n),
                    // Whole numbers beyond 63 bits are not made into floats: that would change their digits.
                    Scalar::FloatingPoint(_) if text.bytes().all(|b| b.is_ascii_digit()) => text
                        .parse::<u64>()
                        .map_or_else(|_| Value::String(text.clone()), Value::from),
                    Scalar::FloatingPoint(x) => serde_json::Number::from_f64(x.0)
                        .map_or_else(|| Value::String(text.clone()), Value::Number),
                    Scalar::String(text) => Value::String(text.into_owned()),
                }
            }
            NodeKind::List(items) => Value::Array(items.iter().map(YamlNode::to_json).collect()),
            NodeKind::Map(entries) => Value::Object(
                entries.iter().map(|(key, value)| (key.value.clone(), value.to_json())).collect(),
            ),
        }
    }
}

/// Whether it is digits that a number would not keep.
fn has_leading_zero(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}
