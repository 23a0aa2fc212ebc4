//! Conditions on an answer, as the kinds of check have them.

use serde_json::{Value, json};

use super::decode::{
    AnyJson, Decode, Definitions, Keys, MappingReader, Named, ObjectSchema, OneOrMany,
};
use super::problem::Problems;
use super::source::{Located, LocatedText};
use super::tree::YamlNode;
use super::units::Extent;
use crate::capture::check::{CHECKS, StatusRange, Written};

/// Conditions on an answer, which must all hold.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// Where it stands, and which keys it has.
    pub keys: Keys,
    /// The kinds of check that are given, by key, in the order of `CHECKS`.
    pub checks: Vec<(&'static str, WrittenCheck)>,
    /// Sets of conditions of which at least one must hold.
    pub any_of: Option<Vec<Conditions>>,
}

/// What a kind of check is given.
#[derive(Clone, Debug)]
pub enum WrittenCheck {
    /// Statuses.
    Statuses(OneOrMany<Located<StatusRange>>),
    /// Texts, patterns or addresses.
    Texts(OneOrMany<LocatedText>),
    /// Names with what they must be.
    Named(Named<AnyJson>),
    /// A range of sizes.
    Size(Located<Extent>),
}

const ALL_KEYS: [&str; CHECKS.len() + 1] = {
    let mut keys = ["any_of"; CHECKS.len() + 1];
    let mut i = 0;
    while i < CHECKS.len() {
        keys[i] = CHECKS[i].key;
        i += 1;
    }
    keys
};

// === impl Conditions ===

impl Conditions {
    /// The keys that it knows.
    pub const KEYS: &'static [&'static str] = &ALL_KEYS;

    /// Whether nothing is asked.
    pub fn is_bare(&self) -> bool {
        self.checks.is_empty() && self.any_of.is_none()
    }
}

impl Decode for Conditions {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Conditions> {
        let fields = MappingReader::of(node, "a set of conditions", Conditions::KEYS, problems)?;
        let mut checks = Vec::new();
        for kind in CHECKS {
            let written = match kind.written {
                Written::Statuses(_) => {
                    fields.take(kind.key, false, problems).map(WrittenCheck::Statuses)
                }
                Written::Texts(_) | Written::Patterns(_) | Written::Addresses(_) => {
                    fields.take(kind.key, false, problems).map(WrittenCheck::Texts)
                }
                Written::Named { .. } => {
                    fields.take(kind.key, false, problems).map(WrittenCheck::Named)
                }
                Written::Size(_) => fields.take(kind.key, false, problems).map(WrittenCheck::Size),
            };
            checks.extend(written.map(|written| (kind.key, written)));
        }
        let any_of = fields.take("any_of", false, problems);
        Some(Conditions { keys: fields.into_keys(), checks, any_of })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        if !definitions.contains_key("Conditions") {
            // Known before it is whole: it may be a part of itself.
            definitions.insert("Conditions".to_owned(), Value::Null);
            let mut schema = ObjectSchema::new("Conditions on an answer, which must all hold.");
            for kind in CHECKS {
                let written = match kind.written {
                    Written::Statuses(_) => OneOrMany::<Located<StatusRange>>::schema(definitions),
                    Written::Texts(_) | Written::Patterns(_) | Written::Addresses(_) => {
                        OneOrMany::<LocatedText>::schema(definitions)
                    }
                    Written::Named { .. } => Named::<AnyJson>::schema(definitions),
                    Written::Size(_) => Located::<Extent>::schema(definitions),
                };
                schema.property(kind.key, kind.about, false, written);
            }
            let any_of = Vec::<Conditions>::schema(definitions);
            let about = "Sets of conditions of which at least one must hold.";
            schema.property("any_of", about, false, any_of);
            schema.rules(json!({ "minProperties": 1 }));
            definitions.insert("Conditions".to_owned(), schema.finish());
        }
        json!({ "$ref": "#/$defs/Conditions" })
    }
}
