//! From the located tree to typed values, collecting every problem on the way.
//!
//! A deserialiser in the usual style stops at the first error. Here a value that can't be read is a problem
//! and a gap: its neighbours are read all the same, and so is what can be checked of their meaning. The same
//! description of a mapping gives its type, its decoder and its JSON Schema, so that the three can't part.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::problem::{Problems, join_words, nearest};
use super::source::{Located, Span};
use super::tree::{NodeKind, YamlNode};
use super::units::Quantity;

/// A value of the language.
pub trait Decode: Sized {
    /// Whether it may be written as nothing at all.
    const MAY_BE_NULL: bool = false;

    /// Reads it; nothing where there is a problem, which has then been added.
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Self>;

    /// Its JSON Schema; named parts go into the definitions.
    fn schema(definitions: &mut Definitions) -> Value;
}

/// The named parts of a schema.
pub type Definitions = BTreeMap<String, Value>;

/// Where a mapping stands, and which of its keys are given.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// The mapping.
    pub span: Span,
    given: Vec<(&'static str, Span)>,
}

/// A mapping whose keys the author chooses: names and their values, in the order of the file.
#[derive(Clone, Debug)]
pub struct Named<T>(pub Vec<(Located<String>, Option<T>)>);

/// One value, or a list of them.
#[derive(Clone, Debug)]
pub struct OneOrMany<T>(pub Vec<T>);

/// Any JSON value, with its places.
#[derive(Clone, Debug)]
pub struct AnyJson(pub YamlNode);

/// A mapping with known keys, while it is read.
pub(crate) struct MappingReader<'n> {
    entries: &'n [(Located<String>, YamlNode)],
    what: &'static str,
    keys: Keys,
}

// === impl Keys ===

impl Keys {
    /// No keys yet, of a mapping that stands here.
    pub fn at(span: Span) -> Keys {
        Keys { span, given: Vec::new() }
    }

    /// Whether the key is given, be its value good or bad.
    pub fn has(&self, key: &str) -> bool {
        self.span_of(key).is_some()
    }

    /// Where the key stands.
    pub fn span_of(&self, key: &str) -> Option<Span> {
        self.given.iter().find(|(known, _)| *known == key).map(|(_, span)| *span)
    }

    /// Those of the keys that are given, in the order of the file.
    pub fn among(&self, keys: &[&str]) -> Vec<(&'static str, Span)> {
        self.given.iter().copied().filter(|(known, _)| keys.contains(known)).collect()
    }
}

// === impl Fields ===

impl<'n> MappingReader<'n> {
    /// The mapping at this node, its unknown keys reported; nothing if it is no mapping.
    pub(crate) fn of(
        node: &'n YamlNode,
        what: &'static str,
        known: &[&'static str],
        problems: &mut Problems,
    ) -> Option<MappingReader<'n>> {
        let NodeKind::Map(entries) = &node.kind else {
            let remedy = format!(
                "write it as `key: value` lines; its keys are {}",
                join_words(known.iter().copied(), "and")
            );
            problems.add(
                node.span,
                format!("expected {what}, found {}", node.describe()),
                "",
                remedy,
            );
            return None;
        };
        let mut keys = Keys { span: node.span, given: Vec::new() };
        for (key, _) in entries {
            match known.iter().find(|known| **known == key.value) {
                Some(known) => keys.given.push((known, key.span)),
                None if what == "a scenario" && key.value.starts_with("x-") => {}
                // It is counted only.
                None if problems.is_full() => problems.add(key.span, "", "", ""),
                None => {
                    let remedy = match nearest(&key.value, known.iter().copied()) {
                        Some(meant) => {
                            // Counts as given, so that a typo is not told as a missing key besides.
                            let written = keys.given.iter().any(|(given, _)| *given == meant)
                                || entries.iter().any(|(key, _)| key.value == meant);
                            keys.given.extend(
                                known
                                    .iter()
                                    .filter(|known| **known == meant && !written)
                                    .map(|known| (*known, key.span)),
                            );
                            format!("write `{meant}`")
                        }
                        None => {
                            format!(
                                "{what} has the keys {}",
                                join_words(known.iter().copied(), "and")
                            )
                        }
                    };
                    problems.add(
                        key.span,
                        format!("unknown key `{}`", key.value),
                        format!("not a key of {what}"),
                        remedy,
                    );
                }
            }
        }
        Some(MappingReader { entries, what, keys })
    }

    /// The value of a key, if it is given and good.
    pub(crate) fn take<T: Decode>(
        &self,
        key: &str,
        required: bool,
        problems: &mut Problems,
    ) -> Option<T> {
        let Some((name, node)) = self.entries.iter().find(|(name, _)| name.value == key) else {
            if required && !self.keys.has(key) {
                let message = format!("{} needs `{key}`", self.what);
                problems.add(
                    self.keys.span,
                    message,
                    format!("`{key}` is missing"),
                    format!("add `{key}:`"),
                );
            }
            return None;
        };
        if matches!(node.kind, NodeKind::Null) && !T::MAY_BE_NULL {
            problems.add(
                name.span,
                format!("`{key}` has no value"),
                "",
                "give it a value, or remove the line",
            );
            return None;
        }
        T::decode(node, problems)
    }

    /// Where the mapping stands, and which keys it has.
    pub(crate) fn into_keys(self) -> Keys {
        self.keys
    }
}

/// Defines a mapping: its type, its decoder and its schema. Every field is optional in the type, because
/// what can't be read leaves a gap; `required` says that a missing key is a problem.
macro_rules! mapping {
    (
        $(#[doc = $doc:literal])+
        $name:ident, $what:literal $(, rules($($rules:tt)+))? {
            $( $(#[doc = $about:literal])+ $key:literal $($required:ident)? => $field:ident: $ty:ty ),+ $(,)?
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Default)]
        pub struct $name {
            /// Where it stands, and which keys it has.
            pub keys: $crate::scenario::decode::Keys,
            $( $(#[doc = $about])+ pub $field: Option<$ty>, )+
        }

        impl $name {
            /// The keys that it knows.
            pub const KEYS: &'static [&'static str] = &[$($key),+];
        }

        impl $crate::scenario::decode::Decode for $name {
            fn decode(node: &$crate::scenario::tree::YamlNode, problems: &mut $crate::scenario::problem::Problems) -> Option<$name> {
                let fields = $crate::scenario::decode::MappingReader::of(node, $what, $name::KEYS, problems)?;
                $( let $field = fields.take($key, [$(stringify!($required))?].contains(&"required"), problems); )+
                Some($name { keys: fields.into_keys(), $($field),+ })
            }

            fn schema(definitions: &mut $crate::scenario::decode::Definitions) -> serde_json::Value {
                if !definitions.contains_key(stringify!($name)) {
                    // Known before it is whole: it may be a part of itself.
                    definitions.insert(stringify!($name).to_owned(), serde_json::Value::Null);
                    let mut schema = $crate::scenario::decode::ObjectSchema::new(concat!($($doc),+));
                    $( schema.property($key, concat!($($about),+), [$(stringify!($required))?].contains(&"required"), <$ty>::schema(definitions)); )+
                    $( schema.rules(serde_json::json!($($rules)+)); )?
                    definitions.insert(stringify!($name).to_owned(), schema.finish());
                }
                serde_json::json!({ "$ref": concat!("#/$defs/", stringify!($name)) })
            }
        }
    };
}
pub(crate) use mapping;

/// The schema of a mapping, while it is built.
pub(crate) struct ObjectSchema(serde_json::Map<String, Value>);

impl ObjectSchema {
    pub(crate) fn new(doc: &str) -> ObjectSchema {
        let Value::Object(object) = json!({ "description": doc.trim(), "type": "object", "additionalProperties": false, "properties": {} })
        else {
            return ObjectSchema(serde_json::Map::new());
        };
        ObjectSchema(object)
    }

    pub(crate) fn property(&mut self, key: &str, about: &str, required: bool, mut schema: Value) {
        if let Value::Object(schema) = &mut schema {
            schema.insert("description".to_owned(), about.trim().into());
        }
        self.0["properties"][key] = schema;
        if required {
            let list = self.0.entry("required").or_insert_with(|| json!([]));
            list.as_array_mut().into_iter().for_each(|list| list.push(key.into()));
        }
    }

    pub(crate) fn rules(&mut self, rules: Value) {
        if let Value::Object(rules) = rules {
            self.0.extend(rules);
        }
    }

    pub(crate) fn finish(self) -> Value {
        Value::Object(self.0)
    }
}

// === impl Decode ===

impl<U: Quantity> Decode for Located<U> {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Located<U>> {
        let NodeKind::Scalar { text, .. } = &node.kind else {
            problems.add(
                node.span,
                format!("expected {}, found {}", U::WHAT, node.describe()),
                "",
                U::REMEDY,
            );
            return None;
        };
        match U::read(text) {
            Ok(value) => Some(Located::new(value, node.span)),
            Err(error) => {
                problems.add(
                    node.span,
                    error.message,
                    format!("expected {}", U::WHAT),
                    error.remedy,
                );
                None
            }
        }
    }

    fn schema(_: &mut Definitions) -> Value {
        U::notation()
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Vec<T>> {
        let NodeKind::List(items) = &node.kind else {
            problems.add(
                node.span,
                format!("expected a list, found {}", node.describe()),
                "",
                "begin each item with a dash: `- ...`",
            );
            return None;
        };
        if items.is_empty() {
            problems.add(node.span, "an empty list", "", "give it an item, or remove the key");
            return None;
        }
        Some(items.iter().filter_map(|item| T::decode(item, problems)).collect())
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "type": "array", "minItems": 1, "items": T::schema(definitions) })
    }
}

impl<T: Decode> Decode for Box<T> {
    const MAY_BE_NULL: bool = T::MAY_BE_NULL;

    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Box<T>> {
        T::decode(node, problems).map(Box::new)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}

impl<T: Decode> Decode for OneOrMany<T> {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<OneOrMany<T>> {
        match &node.kind {
            NodeKind::List(_) => Vec::decode(node, problems).map(OneOrMany),
            NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::Map(_) => {
                T::decode(node, problems).map(|one| OneOrMany(vec![one]))
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let one = T::schema(definitions);
        json!({ "anyOf": [one, { "type": "array", "minItems": 1, "items": one }] })
    }
}

impl<T: Decode> Decode for Named<T> {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Named<T>> {
        let NodeKind::Map(entries) = &node.kind else {
            problems.add(
                node.span,
                format!("expected names with values, found {}", node.describe()),
                "",
                "write `name: value` lines",
            );
            return None;
        };
        let mut named = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let value = if matches!(value.kind, NodeKind::Null) && !T::MAY_BE_NULL {
                problems.add(
                    key.span,
                    format!("`{}` has no value", key.value),
                    "",
                    "give it a value, or remove the line",
                );
                None
            } else {
                T::decode(value, problems)
            };
            named.push((key.clone(), value));
        }
        Some(Named(named))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "type": "object", "additionalProperties": T::schema(definitions) })
    }
}

impl Decode for AnyJson {
    const MAY_BE_NULL: bool = true;

    fn decode(node: &YamlNode, _: &mut Problems) -> Option<AnyJson> {
        Some(AnyJson(node.clone()))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({})
    }
}

/// The JSON Schema of mappings with exactly one of these keys.
pub(super) fn one_of(keys: &[&str]) -> Value {
    keys.iter().map(|key| json!({ "required": [key] })).collect()
}
