//! What a GraphQL answer says, whatever its status: errors, and of which type each field is.

use serde_json::{Value, json};

use super::condition::{Check, RenderError, Texts};
use crate::capture::kind::{BodyKind, ResponseView};

#[derive(Debug)]
struct GraphQl(Vec<String>);

/// A check that a GraphQL answer has no errors and that its fields are of these types; of no type whose name ends in
/// `Error`, if none is named.
pub fn graphql(types: Vec<String>) -> Box<dyn Check> {
    Box::new(GraphQl(types))
}

impl Check for GraphQl {
    fn failure(
        &self,
        response: &dyn ResponseView,
        _: &dyn Texts,
    ) -> Result<Option<String>, RenderError> {
        Ok(wrong(response.json(), &self.0))
    }

    fn describe(&self) -> String {
        match self.0.as_slice() {
            [] => "GraphQL without errors".to_owned(),
            types => format!("GraphQL {}", types.join(" or ")),
        }
    }

    fn reads(&self) -> BodyKind {
        BodyKind::Json
    }

    fn canonical(&self, _: Vec<Value>) -> Value {
        json!({ "GraphQl": self.0 })
    }
}

/// What is wrong with an answer whose fields should be of these types; of no type whose name ends in `Error`, if none is named.
fn wrong(answer: Option<&Value>, types: &[String]) -> Option<String> {
    let Some(answer) = answer else { return Some("the body is not JSON".to_owned()) };
    if let Some(error) = answer["errors"].as_array().and_then(|errors| errors.first()) {
        let code = error["extensions"]["code"]
            .as_str()
            .map(|code| format!(" ({code})"))
            .unwrap_or_default();
        return Some(format!(
            "GraphQL error: {}{code}",
            error["message"].as_str().unwrap_or("without a message")
        ));
    }
    let Some(data) = answer["data"].as_object() else {
        return Some("a GraphQL answer without data".to_owned());
    };
    data.iter().find_map(|(field, value)| {
        let found = value["__typename"].as_str();
        let good = match found {
            Some(name) if types.is_empty() => !name.ends_with("Error"),
            Some(name) => types.iter().any(|known| known == name),
            None => types.is_empty(),
        };
        let expected = if types.is_empty() {
            String::new()
        } else {
            format!(", expected {}", types.join(" or "))
        };
        let reason =
            value["message"].as_str().map(|reason| format!(": {reason}")).unwrap_or_default();
        (!good).then(|| {
            format!(
                "{field} is {}{expected}{reason}",
                found.unwrap_or(if value.is_null() { "null" } else { "of no named type" })
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(types: &[&str]) -> Vec<String> {
        types.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn an_error_in_an_answer_of_status_200_is_seen() {
        let wrong = |answer: Value, types: &[&str]| super::wrong(Some(&answer), &names(types));
        let order = json!({ "data": { "add": { "__typename": "Order", "code": "X" } } });
        assert_eq!((wrong(order.clone(), &[]), wrong(order.clone(), &["Order"])), (None, None));
        assert_eq!(wrong(order, &["Cart"]).as_deref(), Some("add is Order, expected Cart"));
        let refused = json!({ "data": { "add": { "__typename": "InsufficientStockError", "message": "only 3" } } });
        assert_eq!(
            wrong(refused.clone(), &[]).as_deref(),
            Some("add is InsufficientStockError: only 3")
        );
        assert_eq!(
            super::super::graphql_type::not_of(Some(&refused), &names(&["InsufficientStockError"])),
            None
        );
        assert_eq!(
            super::super::graphql_type::not_of(Some(&refused), &names(&["OtherError"])).as_deref(),
            Some("no field is OtherError")
        );
        let broken = json!({ "data": null, "errors": [{ "message": "no such country", "extensions": { "code": "USER_INPUT_ERROR" } }] });
        assert_eq!(
            wrong(broken, &[]).as_deref(),
            Some("GraphQL error: no such country (USER_INPUT_ERROR)")
        );
        assert_eq!(
            wrong(json!({ "data": { "order": null } }), &["Order"]).as_deref(),
            Some("order is null, expected Order")
        );
        assert_eq!(wrong(json!({ "data": { "order": null, "n": 3 } }), &[]), None);
        assert_eq!(
            wrong(json!({ "data": { "n": [] } }), &["N"]).as_deref(),
            Some("n is of no named type, expected N")
        );
        assert_eq!(wrong(json!({}), &[]).as_deref(), Some("a GraphQL answer without data"));
        assert_eq!(super::wrong(None, &[]).as_deref(), Some("the body is not JSON"));
    }
}
