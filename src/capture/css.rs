//! `css`: the text or an attribute of an element.

use serde_json::json;

use super::kind::{BodyKind, Capture, CaptureKind, ResponseView};
use super::value::Value;
use super::{html, pattern};

pub(super) const KIND: CaptureKind = CaptureKind {
    key: "css",
    about: "The element that this CSS selector matches: its text, or its `attribute`.",
    finds_several: true,
    takes_attribute: true,
    compile: |selector, attribute| {
        Ok(Box::new(CssCapture {
            selector: pattern::selector(selector)?,
            attribute: attribute.map(str::to_owned),
        }))
    },
};

#[derive(Debug)]
struct CssCapture {
    /// As written; it parses.
    selector: String,
    /// The attribute, or the element's text if none.
    attribute: Option<String>,
}

impl Capture for CssCapture {
    fn first(&self, response: &dyn ResponseView) -> Option<Value> {
        html::select(response.text(), &self.selector, self.attribute.as_deref())
            .map(|found| Value::text(&found))
    }

    fn all(&self, response: &dyn ResponseView) -> Vec<Value> {
        html::select_all(response.text(), &self.selector, self.attribute.as_deref())
            .iter()
            .map(|found| Value::text(found))
            .collect()
    }

    fn reads(&self) -> BodyKind {
        BodyKind::Page
    }

    fn canonical(&self) -> serde_json::Value {
        let CssCapture { selector, attribute } = self;
        json!({ "Css": { "selector": selector, "attribute": attribute } })
    }
}
