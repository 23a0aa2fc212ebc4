//! Where a value is found in an answer, as the kinds of capture have it.

use serde_json::{Value, json};

use super::decode::{AnyJson, Decode, Definitions, Keys, MappingReader, ObjectSchema, one_of};
use super::problem::{Problems, join_words};
use super::source::{Located, LocatedText};
use super::tree::YamlNode;
use super::words::Pick;
use crate::capture::KINDS;

/// Where a value is found in an answer: exactly one kind of capture.
#[derive(Clone, Debug, Default)]
pub struct Extract {
    /// Where it stands, and which keys it has.
    pub keys: Keys,
    /// The kinds of capture that are given, by key, with their patterns.
    pub patterns: Vec<(&'static str, LocatedText)>,
    /// The attribute of the element that `css` matches.
    pub attribute: Option<LocatedText>,
    /// Which, where there are several.
    pub pick: Option<Located<Pick>>,
    /// The value where nothing is found.
    pub default: Option<AnyJson>,
}

/// The keys of an extract of which exactly one is given.
pub const CAPTURES: [&str; KINDS.len()] = {
    let mut keys = [""; KINDS.len()];
    let mut i = 0;
    while i < KINDS.len() {
        keys[i] = KINDS[i].key;
        i += 1;
    }
    keys
};

const ALL_KEYS: [&str; KINDS.len() + 3] = {
    let mut keys = ["attribute"; KINDS.len() + 3];
    let (mut i, mut next) = (0, 0);
    while i < KINDS.len() {
        keys[next] = KINDS[i].key;
        // The attribute stands behind the kind that takes it.
        next += if KINDS[i].takes_attribute { 2 } else { 1 };
        i += 1;
    }
    keys[KINDS.len() + 1] = "pick";
    keys[KINDS.len() + 2] = "default";
    keys
};

// === impl Extract ===

impl Extract {
    /// The keys that it knows.
    pub const KEYS: &'static [&'static str] = &ALL_KEYS;
}

impl Decode for Extract {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Extract> {
        let fields = MappingReader::of(node, "a place in the answer", Extract::KEYS, problems)?;
        let patterns = CAPTURES
            .into_iter()
            .filter_map(|key| Some((key, fields.take(key, false, problems)?)))
            .collect();
        let attribute = fields.take("attribute", false, problems);
        let pick = fields.take("pick", false, problems);
        let default = fields.take("default", false, problems);
        Some(Extract { keys: fields.into_keys(), patterns, attribute, pick, default })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        if !definitions.contains_key("Extract") {
            let keys = join_words(CAPTURES, "and").replace('`', "");
            let about = format!("Where a value is found in an answer: exactly one of {keys}.");
            let mut schema = ObjectSchema::new(&about);
            for kind in KINDS {
                schema.property(kind.key, kind.about, false, LocatedText::schema(definitions));
                if kind.takes_attribute {
                    let about =
                        format!("The attribute of the element that `{}` matches.", kind.key);
                    schema.property("attribute", &about, false, LocatedText::schema(definitions));
                }
            }
            let several = KINDS.iter().filter(|kind| kind.finds_several);
            let several = join_words(several.map(|kind| kind.key), "or");
            let about = format!(
                "Which, where there are several of {several}: first (the default), last or random."
            );
            schema.property("pick", &about, false, Located::<Pick>::schema(definitions));
            let about =
                "The value where nothing is found; of captures only. Without it that is a failure.";
            schema.property("default", about, false, AnyJson::schema(definitions));
            let takes_attribute = KINDS.iter().filter(|kind| kind.takes_attribute);
            let takes_attribute: Vec<&str> = takes_attribute.map(|kind| kind.key).collect();
            schema.rules(json!({
                "oneOf": one_of(&CAPTURES),
                "dependentRequired": { "attribute": takes_attribute },
            }));
            definitions.insert("Extract".to_owned(), schema.finish());
        }
        json!({ "$ref": "#/$defs/Extract" })
    }
}
