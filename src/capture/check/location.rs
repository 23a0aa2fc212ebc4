//! `location`: the first answer redirected to an address that is like one of these.

use serde_json::{Value, json};

use super::address;
use super::condition::{Check, RenderError, Texts};
use super::kind::{CheckKind, Written};
use crate::capture::kind::ResponseView;

pub(super) const KIND: CheckKind = CheckKind {
    key: "location",
    about: "Where the first answer redirected to, the same way.",
    written: Written::Addresses(|| Box::new(Location)),
};

#[derive(Debug)]
struct Location;

impl Check for Location {
    fn failure(
        &self,
        response: &dyn ResponseView,
        texts: &dyn Texts,
    ) -> Result<Option<String>, RenderError> {
        match response.first_location() {
            Some(location) => address::failure("the redirect's goal", location.as_ref(), texts),
            None => Ok(Some("the answer did not redirect".to_owned())),
        }
    }

    fn describe(&self) -> String {
        "location".to_owned()
    }

    fn canonical(&self, texts: Vec<Value>) -> Value {
        json!({ "Location": texts })
    }
}
