//! `cookie`: a cookie that the shopper holds for the final address after the exchange.

use serde_json::json;

use super::kind::{Capture, CaptureKind, ResponseView};
use super::value::Value;

pub(super) const KIND: CaptureKind = CaptureKind {
    key: "cookie",
    about: "A cookie that the shopper holds after the answer.",
    finds_several: false,
    takes_attribute: false,
    compile: |name, _| Ok(Box::new(CookieCapture(name.to_owned()))),
};

#[derive(Debug)]
struct CookieCapture(String);

impl Capture for CookieCapture {
    fn first(&self, response: &dyn ResponseView) -> Option<Value> {
        response.cookie(&self.0).map(|found| Value::text(&found))
    }

    fn canonical(&self) -> serde_json::Value {
        json!({ "Cookie": self.0 })
    }
}
