//! The published JSON Schema of the scenario language: the language's own, with the names that the plan knows.

use serde_json::{Value, json};

use super::PATIENCE_PRESETS;
use super::shape;

/// The JSON Schema that editors use; `docs/scenario.schema.json` holds its text.
pub fn schema() -> Value {
    let mut schema = crate::scenario::schema();
    let shapes = shape::SHAPES
        .iter()
        .map(|shape| json!({ "const": shape.name, "description": shape.description }));
    schema["$defs"]["Load"]["properties"]["shape"]["type"] = json!("string");
    schema["$defs"]["Load"]["properties"]["shape"]["oneOf"] = shapes.collect();
    let presets = PATIENCE_PRESETS
        .iter()
        .map(|(name, _, basis)| json!({ "const": name, "description": basis }));
    schema["$defs"]["Shoppers"]["properties"]["patience"]["anyOf"][0] =
        json!({ "oneOf": presets.collect::<Value>() });
    schema
}
