//! `css`: the page has an element for a CSS selector.

use serde_json::{Value, json};

use super::condition::{Check, RenderError, Texts};
use super::kind::{CheckKind, Written};
use crate::capture::kind::{BodyKind, ResponseView};
use crate::capture::{html, pattern};

pub(super) const KIND: CheckKind = CheckKind {
    key: "css",
    about: "A CSS selector, or several, that the page must have an element for.",
    written: Written::Patterns(|selector| Ok(Box::new(CssCheck(pattern::selector(selector)?)))),
};

#[derive(Debug)]
struct CssCheck(String);

impl Check for CssCheck {
    fn failure(
        &self,
        response: &dyn ResponseView,
        _: &dyn Texts,
    ) -> Result<Option<String>, RenderError> {
        let CssCheck(selector) = self;
        Ok((!html::has_element(response.text(), selector))
            .then(|| format!("no element matches {selector}")))
    }

    fn describe(&self) -> String {
        format!("css {}", self.0)
    }

    fn reads(&self) -> BodyKind {
        BodyKind::Page
    }

    fn canonical(&self, _: Vec<Value>) -> Value {
        json!({ "Css": self.0 })
    }
}
