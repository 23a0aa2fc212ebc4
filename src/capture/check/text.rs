//! `text`: the body contains a text.

use serde_json::{Value, json};

use super::condition::{Check, RenderError, Texts};
use super::kind::{CheckKind, Written};
use crate::capture::kind::ResponseView;

pub(super) const KIND: CheckKind = CheckKind {
    key: "text",
    about: "A text, or several, that the body must contain.",
    written: Written::Texts(|| Box::new(TextCheck)),
};

#[derive(Debug)]
struct TextCheck;

impl Check for TextCheck {
    fn failure(
        &self,
        response: &dyn ResponseView,
        texts: &dyn Texts,
    ) -> Result<Option<String>, RenderError> {
        let wanted = texts.text(0)?;
        Ok((!response.says(&wanted)).then(|| format!("the text '{wanted}' is not there")))
    }

    fn describe(&self) -> String {
        "text".to_owned()
    }

    fn canonical(&self, texts: Vec<Value>) -> Value {
        json!({ "Text": texts.first() })
    }
}
