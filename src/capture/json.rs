//! `json`: a node of the body's JSON document.

use std::sync::Arc;

use serde_json::json;

use super::json_place::JsonPlace;
use super::kind::{BodyKind, Capture, CaptureKind, ResponseView};
use super::pattern;
use super::value::Value;

pub(super) const KIND: CaptureKind = CaptureKind {
    key: "json",
    about: "The node that this JSONPath (RFC 9535) selects in the body; the first, unless `pick` says otherwise.",
    finds_several: true,
    takes_attribute: false,
    compile: |path, _| Ok(Box::new(JsonCapture(pattern::json_path(path)?))),
};

#[derive(Debug)]
struct JsonCapture(JsonPlace);

impl Capture for JsonCapture {
    fn first(&self, response: &dyn ResponseView) -> Option<Value> {
        Some(Value::Json(Arc::new(response.json_at(&self.0)?.into_owned())))
    }

    fn all(&self, response: &dyn ResponseView) -> Vec<Value> {
        let nodes = response.json().map(|document| self.0.find_all(document)).unwrap_or_default();
        nodes.into_iter().map(|node| Value::Json(Arc::new(node.clone()))).collect()
    }

    fn reads(&self) -> BodyKind {
        BodyKind::Json
    }

    fn canonical(&self) -> serde_json::Value {
        json!({ "Json": self.0.to_string() })
    }
}
