//! `url`: the final address is like one of these.

use serde_json::{Value, json};

use super::address;
use super::condition::{Check, RenderError, Texts};
use super::kind::{CheckKind, Written};
use crate::capture::kind::ResponseView;

pub(super) const KIND: CheckKind = CheckKind {
    key: "url",
    about: "The address after redirects: a path, with its query or without, or a whole URL, or a list of these; a * stands for anything.",
    written: Written::Addresses(|| Box::new(FinalUrl)),
};

#[derive(Debug)]
struct FinalUrl;

impl Check for FinalUrl {
    fn failure(
        &self,
        response: &dyn ResponseView,
        texts: &dyn Texts,
    ) -> Result<Option<String>, RenderError> {
        address::failure("the address", response.url(), texts)
    }

    fn describe(&self) -> String {
        "url".to_owned()
    }

    fn canonical(&self, texts: Vec<Value>) -> Value {
        json!({ "Url": texts })
    }
}
