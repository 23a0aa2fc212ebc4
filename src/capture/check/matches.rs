//! `matches`: the body matches a regular expression.

use regex::Regex;
use serde_json::{Value, json};

use super::condition::{Check, RenderError, Texts};
use super::kind::{CheckKind, Written};
use crate::capture::kind::ResponseView;
use crate::capture::pattern;

pub(super) const KIND: CheckKind = CheckKind {
    key: "matches",
    about: "A regular expression, or several, that the body must match.",
    written: Written::Patterns(|regex| Ok(Box::new(Matches(pattern::regex(regex)?)))),
};

#[derive(Debug)]
struct Matches(Regex);

impl Check for Matches {
    fn failure(
        &self,
        response: &dyn ResponseView,
        _: &dyn Texts,
    ) -> Result<Option<String>, RenderError> {
        let Matches(regex) = self;
        Ok((!response.matches(regex)).then(|| format!("nothing matches /{regex}/")))
    }

    fn describe(&self) -> String {
        format!("matches /{}/", self.0)
    }

    fn canonical(&self, _: Vec<Value>) -> Value {
        json!({ "Matches": self.0.as_str() })
    }
}
