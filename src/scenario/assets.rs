//! What stands under `assets:`: whether a page's own files are fetched, and whether they are judged.

use serde_json::{Value, json};

use super::decode::{Decode, Definitions, mapping};
use super::problem::Problems;
use super::source::Located;
use super::tree::{NodeKind, YamlNode};
use super::words::AllOf;

mapping! {
    /// How the files of a page are judged.
    AssetRules, "rules for a page's files" {
        /// all: a file that does not come fails the step.
        "expect" required => expect: Located<AllOf>,
    }
}

/// Whether the files of a page are fetched, and how they are judged.
#[derive(Clone, Debug)]
pub enum Assets {
    /// They are, or are not; they never fail the step.
    Fetched(bool),
    /// They are, and judged.
    Judged(AssetRules),
}

// === impl Assets ===

impl Decode for Assets {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Assets> {
        match &node.kind {
            NodeKind::Scalar { text, .. } if text == "true" || text == "false" => {
                Some(Assets::Fetched(text == "true"))
            }
            NodeKind::Map(_) => AssetRules::decode(node, problems).map(Assets::Judged),
            NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::List(_) => {
                let found = match &node.kind {
                    NodeKind::Scalar { text, .. } => format!("`{text}`"),
                    NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => {
                        node.describe().to_owned()
                    }
                };
                let message = format!("{found} does not say whether the page's files are fetched");
                problems.add(
                    node.span,
                    message,
                    "expected true or false",
                    "write `assets: true`, or `assets: { expect: all }`",
                );
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [{ "type": "boolean" }, AssetRules::schema(definitions)], "examples": [true, { "expect": "all" }] })
    }
}
