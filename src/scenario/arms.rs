//! The ways to try again that an experiment compares, as they are written.

use serde_json::{Value, json};

use super::decode::{Decode, Definitions, Named, mapping};
use super::pause::WrittenPause;
use super::problem::Problems;
use super::source::{Located, LocatedText};
use super::tree::{NodeKind, YamlNode};
use super::words::Fresh;

/// A way to try again.
#[derive(Clone, Debug)]
pub enum Arm {
    /// The same once more.
    Same,
    /// With one thing changed.
    Changed(RetryStrategy),
    /// It could not be read, which has been told: there are as many arms as were written.
    Unread,
}

mapping! {
    /// A way to try again that differs from the first try in one thing: exactly one of redraw, set, fresh and wait.
    RetryStrategy, "a way to try again", rules({
        "oneOf": [{ "required": ["redraw"] }, { "required": ["set"] }, { "required": ["fresh"] }, { "required": ["wait"] }],
    }) {
        /// With another value of this attribute, drawn among its other values.
        "redraw" => redraw: LocatedText,
        /// With these values of attributes: `{ coupon: none }`.
        "set" => set: Named<LocatedText>,
        /// session: as a new customer, without cookies and on new connections; the journey is replayed from its start. key: the
        /// same purchase under a new idempotency key (`intent.id`).
        "fresh" => fresh: Located<Fresh>,
        /// After this pause, instead of `after`.
        "wait" => wait: WrittenPause,
    }
}

/// The keys of [`Otherwise`] of which exactly one is given.
pub const STRATEGIES: [&str; 4] = ["redraw", "set", "fresh", "wait"];

// === impl Arm ===

impl Decode for Arm {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Arm> {
        match &node.kind {
            NodeKind::Scalar { text, .. } if text == "same" => Some(Arm::Same),
            NodeKind::Map(_) => {
                Some(RetryStrategy::decode(node, problems).map_or(Arm::Unread, Arm::Changed))
            }
            NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::List(_) => {
                let remedy = "write same, redraw: ATTRIBUTE, set: { ATTRIBUTE: VALUE }, fresh: session, fresh: key or wait: PAUSE";
                problems.add(
                    node.span,
                    format!("{} is no way to try again", node.describe()),
                    "",
                    remedy,
                );
                Some(Arm::Unread)
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [{ "const": "same" }, RetryStrategy::schema(definitions)] })
    }
}
