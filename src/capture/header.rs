//! `header`: a header of the final response.

use serde_json::json;

use super::kind::{Capture, CaptureKind, ResponseView};
use super::pattern;
use super::value::Value;

pub(super) const KIND: CaptureKind = CaptureKind {
    key: "header",
    about: "A response header.",
    finds_several: false,
    takes_attribute: false,
    compile: |name, _| Ok(Box::new(HeaderCapture(pattern::header_name(name)?))),
};

#[derive(Debug)]
struct HeaderCapture(String);

impl Capture for HeaderCapture {
    fn first(&self, response: &dyn ResponseView) -> Option<Value> {
        response.header(&self.0).map(|found| Value::text(&found))
    }

    fn canonical(&self) -> serde_json::Value {
        json!({ "Header": self.0 })
    }
}
