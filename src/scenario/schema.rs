//! The JSON Schema of the language, for editors.

use serde_json::{Value, json};

use super::decode::{Decode, Definitions};
use super::document::Document;

/// The JSON Schema (draft 2020-12) of a scenario. Names of presets and shapes belong to the plan, which adds them.
pub fn schema() -> Value {
    let mut definitions = Definitions::new();
    let root = Document::schema(&mut definitions);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "tillrush scenario",
        "$ref": root["$ref"],
        "$defs": definitions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::MAPPINGS;

    #[test]
    fn the_schema_and_the_decoder_know_the_same_keys() {
        let schema = schema();
        let definitions = schema["$defs"].as_object().unwrap();
        // `Declined` is `Conditions` with what follows from them.
        let mappings = MAPPINGS.iter().map(|(name, _)| *name).chain(["Declined"]);
        let mut mappings: Vec<_> = mappings.collect();
        mappings.sort_unstable();
        assert_eq!(definitions.keys().collect::<Vec<_>>(), mappings);
        for (name, keys) in MAPPINGS {
            let mut properties: Vec<_> = definitions[name]["properties"]
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            let mut keys = keys.to_vec();
            properties.sort_unstable();
            keys.sort_unstable();
            assert_eq!(properties, keys, "{name}");
            assert_eq!(definitions[name]["additionalProperties"], false, "{name}");
        }
    }

    #[test]
    fn every_key_is_described() {
        for (name, definition) in schema()["$defs"].as_object().unwrap() {
            for (key, property) in definition["properties"].as_object().unwrap() {
                assert!(
                    property["description"].as_str().is_some_and(|about| about.len() > 10),
                    "{name}.{key}"
                );
            }
        }
    }
}
