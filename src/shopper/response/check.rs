//! The checks on a response: did what the shopper expected hold, did the shop decline, what went wrong.

use std::borrow::Cow;

use super::extract::Response;
use crate::capture::ResponseView;
use crate::capture::check::Texts;
use crate::plan::{Check, Conditions, RenderError, Template, TemplateScope, Templates};
use crate::shopper::failure_kind::classify_status;
use crate::tally::{Checked, FailureKind};

/// A condition that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedCheck {
    /// The kind of failure that it is.
    pub kind: FailureKind,
    /// What was expected and what came.
    pub detail: String,
}

/// Looks at answers with one shopper's variables at hand.
pub struct Checker<'a> {
    /// The plan's expressions.
    pub templates: &'a Templates,
    /// The shopper's variables.
    pub scope: &'a dyn TemplateScope,
}

// === impl Checker ===

impl Checker<'_> {
    /// The first condition that does not hold, if any.
    ///
    /// # Errors
    /// When an expected value can't be rendered.
    pub fn first_failed(
        &self,
        conditions: &Conditions,
        answer: &Response<'_>,
    ) -> Result<Option<FailedCheck>, RenderError> {
        for check in &conditions.checks {
            if let Some(detail) = self.check(check, answer)? {
                let kind = match check {
                    Check::One(check, _) if check.is_of_status() => {
                        classify_status(answer.status())
                    }
                    Check::One(..) | Check::AnyOf(_) => FailureKind::UnexpectedContent,
                };
                return Ok(Some(FailedCheck { kind, detail }));
            }
        }
        Ok(None)
    }

    /// Whether there are conditions, and all of them hold.
    ///
    /// # Errors
    /// When an expected value can't be rendered.
    pub fn holds(
        &self,
        conditions: &Conditions,
        answer: &Response<'_>,
    ) -> Result<bool, RenderError> {
        Ok(!conditions.is_empty() && self.first_failed(conditions, answer)?.is_none())
    }

    /// Every condition with whether it holds, in words: for walks.
    pub fn explain(&self, conditions: &Conditions, answer: &Response<'_>) -> Vec<Checked> {
        let explain = |check| match self.check(check, answer) {
            Ok(None) => Checked { what: describe(check), held: true },
            Ok(Some(detail)) => Checked { what: detail, held: false },
            Err(error) => Checked { what: error.to_string(), held: false },
        };
        conditions.checks.iter().map(explain).collect()
    }

    /// What is wrong with one condition, or nothing.
    fn check(&self, check: &Check, answer: &Response<'_>) -> Result<Option<String>, RenderError> {
        match check {
            Check::One(check, texts) => check.failure(answer, &Rendered { checker: self, texts }),
            Check::AnyOf(sets) => self.none_of(sets, answer),
        }
    }

    /// What is wrong if no set of conditions holds.
    fn none_of(
        &self,
        sets: &[Conditions],
        answer: &Response<'_>,
    ) -> Result<Option<String>, RenderError> {
        let mut wrong = Vec::with_capacity(sets.len());
        for set in sets {
            match self.first_failed(set, answer)? {
                Some(unmet) => wrong.push(unmet.detail),
                None => return Ok(None),
            }
        }
        Ok(Some(wrong.join(", and ")))
    }
}

/// The texts of a check, rendered when they are asked for.
struct Rendered<'c> {
    checker: &'c Checker<'c>,
    texts: &'c [Template],
}

// === impl Rendered ===

impl Texts for Rendered<'_> {
    fn count(&self) -> usize {
        self.texts.len()
    }

    fn text(&self, place: usize) -> Result<Cow<'_, str>, RenderError> {
        self.texts[place].render(self.checker.templates, self.checker.scope)
    }
}

/// What a condition asks for.
fn describe(check: &Check) -> String {
    match check {
        Check::One(check, _) => check.describe(),
        Check::AnyOf(_) => "any of".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::VarId;
    use crate::capture::check::{CHECKS, CheckKind, StatusRange, Written, status};
    use crate::plan::{Expected, Value};
    use http::HeaderMap;
    use serde_json::json;

    struct NoScope;
    impl TemplateScope for NoScope {
        fn value(&self, _: VarId) -> Option<&Value> {
            None
        }
        fn next_bits(&self) -> u64 {
            0
        }
    }

    fn unmet(check: Check, status: u16, body: &str) -> Option<(FailureKind, String)> {
        let (headers, templates) = (HeaderMap::new(), Templates::default());
        let checker = Checker { templates: &templates, scope: &NoScope };
        let conditions = Conditions { checks: vec![check] };
        let reading = Response::new(status, &headers, body.as_bytes(), &|_| None);
        checker.first_failed(&conditions, &reading).unwrap().map(|unmet| (unmet.kind, unmet.detail))
    }

    fn kind(key: &str) -> &'static CheckKind {
        CHECKS.into_iter().find(|kind| kind.key == key).unwrap()
    }

    fn text_check(key: &str, text: &str) -> Check {
        let Written::Texts(compile) = kind(key).written else { panic!() };
        Check::One(compile(), vec![Template::Literal(text.into())])
    }

    fn json_check(path: &str, expected: Expected) -> Check {
        let Written::Named { compile, .. } = kind("json").written else { panic!() };
        compile(path, expected).unwrap().into()
    }

    #[test]
    fn a_wrong_status_is_told_apart_by_its_class() {
        let kind =
            |code| unmet(status(vec![StatusRange::SUCCESS]).into(), code, "").map(|(kind, _)| kind);
        assert_eq!(kind(204), None);
        assert_eq!(kind(302), Some(FailureKind::UnexpectedStatus));
        assert_eq!(kind(404), Some(FailureKind::ClientError));
        assert_eq!(kind(429), Some(FailureKind::Throttled));
        assert_eq!(kind(503), Some(FailureKind::ServerError));
    }

    #[test]
    fn content_is_compared_by_value_and_the_difference_is_said() {
        let body = r#"{"state":"paid","n":1.0,"id":"5"}"#;
        assert_eq!(unmet(json_check("$.n", Expected::Value(json!(1))), 200, body), None);
        assert_eq!(unmet(json_check("$.id", Expected::Value(json!(5))), 200, body), None);
        assert_eq!(
            unmet(
                json_check("$.state", Expected::OneOf(vec![json!("paid"), json!("sent")])),
                200,
                body
            ),
            None
        );
        assert_eq!(unmet(json_check("$.gone", Expected::Absent), 200, body), None);
        let (kind, detail) =
            unmet(json_check("$.state", Expected::Value(json!("done"))), 200, body).unwrap();
        assert_eq!(
            (kind, detail.as_str()),
            (FailureKind::UnexpectedContent, r#"$.state is "paid", expected "done""#)
        );
        let (_, detail) = unmet(json_check("$.state", Expected::Present), 200, "<html>").unwrap();
        assert_eq!(detail, "the body is not JSON");
    }

    #[test]
    fn text_is_found_or_must_not_be() {
        assert_eq!(unmet(text_check("text", "thank you"), 200, "<p>thank you</p>"), None);
        assert!(unmet(text_check("text", "thank you"), 200, "sorry").is_some());
        assert!(unmet(text_check("no_text", "alert"), 200, "alert-danger").is_some());
        let Written::Patterns(compile) = kind("matches").written else { panic!() };
        assert_eq!(unmet(compile("order [0-9]+").unwrap().into(), 200, "order 17"), None);
    }

    #[test]
    fn no_conditions_never_decline() {
        let (headers, templates) = (HeaderMap::new(), Templates::default());
        let checker = Checker { templates: &templates, scope: &NoScope };
        assert!(
            !checker
                .holds(&Conditions::default(), &Response::new(200, &headers, b"", &|_| None))
                .unwrap()
        );
    }
}
