//! `when`: on what condition shoppers take a step or a way.

use serde_json::{Value, json};

use super::conditions::Conditions;
use super::decode::{Decode, Definitions};
use super::problem::Problems;
use super::source::LocatedText;
use super::tree::{NodeKind, YamlNode};

/// A part of a condition.
#[derive(Clone, Debug)]
pub enum GuardTerm {
    /// An expression over attributes and captures.
    Expression(LocatedText),
    /// Conditions on the last answer.
    Answer(Conditions),
}

// === impl GuardTerm ===

impl Decode for GuardTerm {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<GuardTerm> {
        match &node.kind {
            NodeKind::Map(_) => Conditions::decode(node, problems).map(GuardTerm::Answer),
            NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::List(_) => {
                LocatedText::decode(node, problems).map(GuardTerm::Expression)
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let conditions = Conditions::schema(definitions);
        json!({
            "anyOf": [{ "type": ["string", "boolean"] }, conditions],
            "examples": ["payment == 'wallet'", { "url": "/queue" }],
        })
    }
}
