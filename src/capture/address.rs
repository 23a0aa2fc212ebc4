//! `url` and `location`: a part of the final address, and of the one that the first answer redirected to.

use regex::{Captures, Regex};
use serde_json::json;
use url::Url;

use super::kind::{Capture, CaptureKind, ResponseView};
use super::pattern;
use super::value::Value;

pub(super) const URL: CaptureKind = CaptureKind {
    key: "url",
    about: "The match of this regular expression in the address after redirects: its first group, or all of it.",
    finds_several: false,
    takes_attribute: false,
    compile: |written, _| Ok(Box::new(FinalAddress(pattern::regex(written)?))),
};

pub(super) const LOCATION: CaptureKind = CaptureKind {
    key: "location",
    about: "The match of this regular expression in the address that the first answer redirected to: its first group, or all of it.",
    finds_several: false,
    takes_attribute: false,
    compile: |written, _| Ok(Box::new(FirstLocation(pattern::regex(written)?))),
};

#[derive(Debug)]
struct FinalAddress(Regex);

#[derive(Debug)]
struct FirstLocation(Regex);

impl Capture for FinalAddress {
    fn first(&self, response: &dyn ResponseView) -> Option<Value> {
        group_in(&self.0, response.url()?)
    }

    fn canonical(&self) -> serde_json::Value {
        json!({ "Url": self.0.as_str() })
    }
}

impl Capture for FirstLocation {
    fn first(&self, response: &dyn ResponseView) -> Option<Value> {
        group_in(&self.0, &response.first_location()??)
    }

    fn canonical(&self) -> serde_json::Value {
        json!({ "Location": self.0.as_str() })
    }
}

fn group_in(pattern: &Regex, address: &Url) -> Option<Value> {
    pattern.captures(address.as_str()).and_then(|groups: Captures<'_>| first_group(&groups))
}

/// The first group of a match, or all of it.
pub(super) fn first_group(groups: &Captures<'_>) -> Option<Value> {
    groups.get(1).or_else(|| groups.get(0)).map(|found| Value::text(found.as_str()))
}
