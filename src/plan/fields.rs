//! How much a shopper is asked for: the fields of a request's body.

use serde_json::Value;

use super::{Body, JsonSegment};

// === impl Body ===

impl Body {
    /// The fields of a form, or the values in a JSON document, those that no person types included, as the plan can't know
    /// them; of a form of the page, those that are filled in.
    pub fn fields(&self) -> u64 {
        match self {
            Body::Empty | Body::Text(_) => 0,
            Body::Form(pairs) => pairs.len() as u64,
            Body::Multipart(pairs) => pairs.len() as u64,
            Body::Submit(form) => (form.fields.len() + form.extra.len()) as u64,
            Body::Json(segments) => {
                let text: String = segments
                    .iter()
                    .map(|segment| match segment {
                        JsonSegment::Raw(text) => text,
                        JsonSegment::Text(_) | JsonSegment::Value(_) | JsonSegment::Computed(_) => {
                            "0"
                        }
                    })
                    .collect();
                serde_json::from_str(&text).map_or(0, |json| values(&json))
            }
        }
    }
}

/// The values that are no list and no mapping; of a GraphQL operation, its variables.
fn values(json: &Value) -> u64 {
    match json {
        Value::Object(members) if members.get("query").is_some_and(Value::is_string) => {
            members.get("variables").map_or(0, values)
        }
        Value::Array(items) => items.iter().map(values).sum(),
        Value::Object(members) => members.values().map(values).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::VarId;
    use crate::plan::Template;

    #[test]
    fn the_values_of_a_json_document_are_its_fields() {
        let body = Body::Json(vec![
            JsonSegment::Raw(r#"{"method":"card","card":{"number":"#.into()),
            JsonSegment::Text(Template::Literal("4242".into())),
            JsonSegment::Raw(r#","months":[1,"#.into()),
            JsonSegment::Value(VarId(0)),
            JsonSegment::Raw("]}}".into()),
        ]);
        assert_eq!(body.fields(), 4);
        assert_eq!(
            (Body::Empty.fields(), Body::Text(Template::Literal("a=b".into())).fields()),
            (0, 0)
        );
    }
}
