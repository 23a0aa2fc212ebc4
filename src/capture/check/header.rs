//! `header`: a header of the final response is as expected.

use serde_json::{Value, json};

use super::condition::{Check, RenderError, Texts};
use super::expected::Expected;
use super::kind::{CheckKind, Written};
use crate::capture::kind::ResponseView;
use crate::capture::pattern;

pub(super) const KIND: CheckKind = CheckKind {
    key: "header",
    about: "Response headers and what they must be: a value, a list of allowed values, or `{ present: true }`.",
    written: Written::Named {
        as_text: true,
        compile: |name, expected| {
            Ok(Box::new(HeaderCheck { name: pattern::header_name(name)?, expected }))
        },
    },
};

#[derive(Debug)]
struct HeaderCheck {
    /// In lower case.
    name: String,
    expected: Expected,
}

impl Check for HeaderCheck {
    fn failure(
        &self,
        response: &dyn ResponseView,
        texts: &dyn Texts,
    ) -> Result<Option<String>, RenderError> {
        let HeaderCheck { name, expected } = self;
        let found = response.header(name).map(|value| Value::String(value.into_owned()));
        expected.compare(name, found.as_ref(), texts, || format!("no header {name}"))
    }

    fn describe(&self) -> String {
        format!("header {}", self.name)
    }

    fn canonical(&self, texts: Vec<Value>) -> Value {
        json!({ "Header": { "name": self.name, "expected": self.expected.canonical(texts) } })
    }
}
