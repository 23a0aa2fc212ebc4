//! Of which type a field of a GraphQL answer is.

use serde_json::{Value, json};

use super::condition::{Check, RenderError, Texts};
use crate::capture::kind::{BodyKind, ResponseView};

#[derive(Debug)]
struct GraphQlType(Vec<String>);

/// A check that a field of a GraphQL answer is of one of these types.
pub fn graphql_type(types: Vec<String>) -> Box<dyn Check> {
    Box::new(GraphQlType(types))
}

impl Check for GraphQlType {
    fn failure(
        &self,
        response: &dyn ResponseView,
        _: &dyn Texts,
    ) -> Result<Option<String>, RenderError> {
        Ok(not_of(response.json(), &self.0))
    }

    fn describe(&self) -> String {
        format!("GraphQL {}", self.0.join(" or "))
    }

    fn reads(&self) -> BodyKind {
        BodyKind::Json
    }

    fn canonical(&self, _: Vec<Value>) -> Value {
        json!({ "GraphQlType": self.0 })
    }
}

/// What is said of an answer of which no field is of one of these types.
pub(super) fn not_of(answer: Option<&Value>, types: &[String]) -> Option<String> {
    let fields = answer.and_then(|answer| answer["data"].as_object());
    let mut found =
        fields.into_iter().flatten().filter_map(|(_, value)| value["__typename"].as_str());
    let held = found.any(|name| types.iter().any(|known| known == name));
    (!held).then(|| format!("no field is {}", types.join(" or ")))
}
