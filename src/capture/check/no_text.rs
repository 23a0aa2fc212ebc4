//! `no_text`: the body does not contain a text.

use serde_json::{Value, json};

use super::condition::{Check, RenderError, Texts};
use super::kind::{CheckKind, Written};
use crate::capture::kind::ResponseView;

pub(super) const KIND: CheckKind = CheckKind {
    key: "no_text",
    about: "A text, or several, that the body must not contain.",
    written: Written::Texts(|| Box::new(NoText)),
};

#[derive(Debug)]
struct NoText;

impl Check for NoText {
    fn failure(
        &self,
        response: &dyn ResponseView,
        texts: &dyn Texts,
    ) -> Result<Option<String>, RenderError> {
        let unwanted = texts.text(0)?;
        Ok(response.shows(&unwanted).then(|| format!("the text '{unwanted}' is there")))
    }

    fn describe(&self) -> String {
        "no text".to_owned()
    }

    fn canonical(&self, texts: Vec<Value>) -> Value {
        json!({ "NoText": texts.first() })
    }
}
