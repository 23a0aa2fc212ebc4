//! `when`: on what condition shoppers take a step or a way.

use serde_json::{Value, json};

use super::conditions::Conditions;
use super::decode::{Decode, Definitions, Keys, OneOrMany};
use super::problem::Problems;
use super::source::LocatedText;
use super::steps::{Branch, Choose, JourneyItem};
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

/// Puts the condition of an inclusion on the items that were put in: on each, or around all of them.
pub(super) fn on_condition(
    when: &OneOrMany<GuardTerm>,
    keys: &Keys,
    mut items: Vec<JourneyItem>,
    in_purchase: bool,
) -> Vec<JourneyItem> {
    if !in_purchase {
        let branch = Branch {
            keys: keys.clone(),
            when: Some(when.clone()),
            steps: Some(items),
            ..Branch::default()
        };
        let choose =
            Choose { keys: keys.clone(), branches: Some(vec![branch]), ..Choose::default() };
        return vec![JourneyItem::Choose(choose)];
    }
    for item in &mut items {
        if let JourneyItem::Step(step) = item {
            let mut terms = when.clone();
            terms.0.extend(step.when.take().into_iter().flat_map(|own| own.0));
            step.when = Some(terms);
        }
    }
    items
}
