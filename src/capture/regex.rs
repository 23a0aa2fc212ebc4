//! `regex`: a match in the body.

use regex::Regex;
use serde_json::json;

use super::address::first_group;
use super::kind::{Capture, CaptureKind, ResponseView};
use super::pattern;
use super::value::Value;

pub(super) const KIND: CaptureKind = CaptureKind {
    key: "regex",
    about: "The match of this regular expression: its first group, or all of it.",
    finds_several: true,
    takes_attribute: false,
    compile: |written, _| Ok(Box::new(Match(pattern::regex(written)?))),
};

#[derive(Debug)]
struct Match(Regex);

impl Capture for Match {
    fn first(&self, response: &dyn ResponseView) -> Option<Value> {
        first_group(&self.0.captures(response.text())?)
    }

    fn all(&self, response: &dyn ResponseView) -> Vec<Value> {
        self.0.captures_iter(response.text()).filter_map(|groups| first_group(&groups)).collect()
    }

    fn canonical(&self) -> serde_json::Value {
        json!({ "Regex": self.0.as_str() })
    }
}
