//! `json`: what a JSONPath selects is as expected.

use serde_json::{Value, json};

use super::condition::{Check, RenderError, Texts};
use super::expected::Expected;
use super::kind::{CheckKind, Written};
use crate::capture::kind::{BodyKind, ResponseView};
use crate::capture::{JsonPlace, pattern};

pub(super) const KIND: CheckKind = CheckKind {
    key: "json",
    about: "JSONPaths and what they must select: a value, a list of allowed values, or `{ present: true }`.",
    written: Written::Named {
        as_text: false,
        compile: |path, expected| {
            Ok(Box::new(JsonCheck { path: pattern::json_path(path)?, expected }))
        },
    },
};

#[derive(Debug)]
struct JsonCheck {
    path: JsonPlace,
    expected: Expected,
}

impl Check for JsonCheck {
    fn failure(
        &self,
        response: &dyn ResponseView,
        texts: &dyn Texts,
    ) -> Result<Option<String>, RenderError> {
        let JsonCheck { path, expected } = self;
        let found = response.json_at(path);
        expected.compare(path, found.as_deref(), texts, || match response.json() {
            None => "the body is not JSON".to_owned(),
            Some(_) => format!("nothing at {path}"),
        })
    }

    fn describe(&self) -> String {
        format!("json {}", self.path)
    }

    fn reads(&self) -> BodyKind {
        BodyKind::Json
    }

    fn canonical(&self, texts: Vec<Value>) -> Value {
        json!({ "Json": { "path": self.path.to_string(), "expected": self.expected.canonical(texts) } })
    }
}
