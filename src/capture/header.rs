//! `header` and `redirect_header`: a header of the final response, and of one that redirected.

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

pub(super) const OF_REDIRECT: CaptureKind = CaptureKind {
    key: "redirect_header",
    about: "A header of an answer that redirected; the last that has it.",
    finds_several: false,
    takes_attribute: false,
    compile: |name, _| Ok(Box::new(RedirectHeaderCapture(pattern::header_name(name)?))),
};

#[derive(Debug)]
struct HeaderCapture(String);

#[derive(Debug)]
struct RedirectHeaderCapture(String);

impl Capture for HeaderCapture {
    fn first(&self, response: &dyn ResponseView) -> Option<Value> {
        response.header(&self.0).map(|found| Value::text(&found))
    }

    fn canonical(&self) -> serde_json::Value {
        json!({ "Header": self.0 })
    }
}

impl Capture for RedirectHeaderCapture {
    fn first(&self, response: &dyn ResponseView) -> Option<Value> {
        response.redirect_header(&self.0).map(|found| Value::text(&found))
    }

    fn canonical(&self) -> serde_json::Value {
        json!({ "RedirectHeader": self.0 })
    }
}
