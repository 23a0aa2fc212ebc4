//! `declined:`: what is a refusal, and what the shopper does then.

use serde_json::{Value, json};

use super::conditions::Conditions;
use super::decode::{Decode, Definitions, Keys, mapping};
use super::problem::Problems;
use super::source::{Located, LocatedText, Span};
use super::tree::{NodeKind, YamlNode};
use super::words::DeclineWord;

mapping! {
    /// What a shopper does after a refusal: exactly one of these.
    DeclineAction, "what a shopper does then", rules({ "minProperties": 1, "maxProperties": 1 }) {
        /// Go on at this later step or purchase of the journey.
        "skip_to" => skip_to: LocatedText,
        /// Try again with another value of this attribute, drawn by weight, such as another card.
        "redraw" => redraw: LocatedText,
    }
}

/// A refusal: its conditions, and what follows.
#[derive(Clone, Debug)]
pub struct Declined {
    /// What makes the answer a refusal; none where only an operation's types do.
    pub conditions: Option<Conditions>,
    /// Whether it is a refusal if the page has not the form, or a field of it, that the step would fill in.
    pub without_form: Option<Located<bool>>,
    /// What the shopper does then.
    pub then: Option<Then>,
}

/// What a shopper does after a refusal.
#[derive(Clone, Debug)]
pub enum Then {
    /// A word.
    Word(Located<DeclineWord>),
    /// A mapping.
    Action(DeclineAction),
}

// === impl Declined ===

impl Decode for Declined {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Declined> {
        let NodeKind::Map(entries) = &node.kind else {
            let conditions = Conditions::decode(node, problems)?;
            return Some(Declined { conditions: Some(conditions), without_form: None, then: None });
        };
        let mut others = entries.clone();
        let mut take = |wanted: &str| {
            let place = others.iter().position(|(key, _)| key.value == wanted)?;
            Some(others.remove(place).1)
        };
        let then = take("then").and_then(|then| Then::decode(&then, problems));
        let without_form = take("without_form").and_then(|node| Located::decode(&node, problems));
        let conditions = match others.as_slice() {
            [] if without_form.is_some() => None,
            [] => Some(Conditions { keys: Keys::at(node.span), ..Conditions::default() }),
            _ => Conditions::decode(
                &YamlNode { kind: NodeKind::Map(others), ..node.clone() },
                problems,
            ),
        };
        Some(Declined { conditions, without_form, then })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Conditions::schema(definitions);
        let then = Then::schema(definitions);
        let mut schema = definitions["Conditions"].clone();
        schema["properties"]["without_form"] = json!({ "type": "boolean", "description": "Whether a page without the form to fill in, or without one of its fields, is a refusal. An article that is sold out has no button." });
        schema["properties"]["then"] = then;
        schema["properties"]["then"]["description"] =
            "What the shopper does then: retry (the default), leave, next, { skip_to: STEP } or { redraw: ATTRIBUTE }.".into();
        schema["description"] =
            "What makes the answer a refusal, and what the shopper does then.".into();
        definitions.insert("Declined".to_owned(), schema);
        json!({ "$ref": "#/$defs/Declined" })
    }
}

// === impl Then ===

impl Then {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Then::Word(word) => word.span,
            Then::Action(action) => action.keys.span,
        }
    }
}

impl Decode for Then {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Then> {
        match &node.kind {
            NodeKind::Map(_) => DeclineAction::decode(node, problems).map(Then::Action),
            NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::List(_) => {
                Located::decode(node, problems).map(Then::Word)
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let action = DeclineAction::schema(definitions);
        json!({ "anyOf": [Located::<DeclineWord>::schema(definitions), action], "examples": ["leave", { "redraw": "payment" }] })
    }
}
