//! `no_css`: the page has no element for a CSS selector.

use serde_json::{Value, json};

use super::condition::{Check, RenderError, Texts};
use super::kind::{CheckKind, Written};
use crate::capture::kind::{BodyKind, ResponseView};
use crate::capture::{html, pattern};

pub(super) const KIND: CheckKind = CheckKind {
    key: "no_css",
    about: "A CSS selector, or several, that the page must have no element for.",
    written: Written::Patterns(|selector| Ok(Box::new(NoCss(pattern::selector(selector)?)))),
};

#[derive(Debug)]
struct NoCss(String);

impl Check for NoCss {
    fn failure(
        &self,
        response: &dyn ResponseView,
        _: &dyn Texts,
    ) -> Result<Option<String>, RenderError> {
        let NoCss(selector) = self;
        Ok(html::has_element(response.text(), selector)
            .then(|| format!("an element matches {selector}")))
    }

    fn describe(&self) -> String {
        format!("no css {}", self.0)
    }

    fn reads(&self) -> BodyKind {
        BodyKind::Page
    }

    fn canonical(&self, _: Vec<Value>) -> Value {
        json!({ "NoCss": self.0 })
    }
}
