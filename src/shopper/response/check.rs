//! The checks on a response: did what the shopper expected hold, did the shop decline, what went wrong.

use super::extract::Response;
use super::graphql;
use crate::capture::ResponseView;
use crate::plan::{Check, Conditions, Expected, RenderError, Scope, Template, Templates};
use crate::shopper::browser::address::{self, is_like};
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
    pub scope: &'a dyn Scope,
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
                    Check::Status(_) => classify_status(answer.status()),
                    _ => FailureKind::UnexpectedContent,
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
            Ok(None) => Checked { what: in_words(check), held: true },
            Ok(Some(detail)) => Checked { what: detail, held: false },
            Err(error) => Checked { what: error.to_string(), held: false },
        };
        conditions.checks.iter().map(explain).collect()
    }

    /// What is wrong with one condition, or nothing.
    fn check(&self, check: &Check, answer: &Response<'_>) -> Result<Option<String>, RenderError> {
        Ok(match check {
            Check::Status(ranges) => {
                let status = answer.status();
                let held = ranges.iter().any(|range| range.contains(status));
                (!held).then(|| {
                    format!(
                        "status {status}, expected {}",
                        ranges.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
                    )
                })
            }
            Check::Json { path, expected } => {
                let found = answer.json_at(path);
                self.compare(path, expected, found.as_deref(), || match answer.json() {
                    None => "the body is not JSON".to_owned(),
                    Some(_) => format!("nothing at {path}"),
                })?
            }
            Check::Header { name, expected } => {
                let found =
                    answer.header(name).map(|value| serde_json::Value::String(value.into_owned()));
                self.compare(&name, expected, found.as_ref(), || format!("no header {name}"))?
            }
            Check::Text(wanted) => {
                let wanted = self.render(wanted)?;
                (!answer.says(&wanted)).then(|| format!("the text '{wanted}' is not there"))
            }
            Check::NoText(unwanted) => {
                let unwanted = self.render(unwanted)?;
                answer.shows(&unwanted).then(|| format!("the text '{unwanted}' is there"))
            }
            Check::Matches(regex) => {
                (!answer.matches(regex)).then(|| format!("nothing matches /{regex}/"))
            }
            Check::Css(selector) => {
                (!answer.has_element(selector)).then(|| format!("no element matches {selector}"))
            }
            Check::NoCss(selector) => {
                answer.has_element(selector).then(|| format!("an element matches {selector}"))
            }
            Check::Url(wanted) => self.address("the address", answer.url(), wanted)?,
            Check::Location(wanted) => match answer.first_location() {
                Some(location) => self.address("the redirect's goal", location.as_ref(), wanted)?,
                None => Some("the answer did not redirect".to_owned()),
            },
            Check::Size { low, high } => {
                let size = answer.size();
                (size < *low || *high < size)
                    .then(|| format!("the body has {size} bytes, expected {}", extent(*low, *high)))
            }
            Check::AnyOf(sets) => self.none_of(sets, answer)?,
            Check::GraphQl(types) => graphql::wrong(answer.json(), types),
            Check::GraphQlType(types) => graphql::not_of(answer.json(), types),
        })
    }

    /// What is wrong with an address that should be like one of these.
    fn address(
        &self,
        what: &str,
        url: Option<&url::Url>,
        wanted: &[Template],
    ) -> Result<Option<String>, RenderError> {
        let wanted =
            wanted.iter().map(|wanted| self.render(wanted)).collect::<Result<Vec<_>, _>>()?;
        if let Some(url) = url.filter(|url| !wanted.iter().any(|wanted| is_like(wanted, url))) {
            return Ok(Some(format!(
                "{what} is {}, expected {}",
                address::path_and_query(url),
                wanted.join(" or ")
            )));
        }
        Ok(url.is_none().then(|| format!("{what} is none")))
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

    fn compare(
        &self,
        place: &dyn std::fmt::Display,
        expected: &Expected,
        found: Option<&serde_json::Value>,
        absent: impl Fn() -> String,
    ) -> Result<Option<String>, RenderError> {
        let Some(found) = found else {
            return Ok((!matches!(expected, Expected::Absent)).then(absent));
        };
        let wrong = |wanted: String| Some(format!("{place} is {found}, expected {wanted}"));
        Ok(match expected {
            Expected::Present => None,
            Expected::Absent => wrong("nothing there".into()),
            Expected::Value(wanted) if same(wanted, found) => None,
            Expected::Value(wanted) => wrong(wanted.to_string()),
            Expected::OneOf(wanted) if wanted.iter().any(|one| same(one, found)) => None,
            Expected::OneOf(wanted) => {
                wrong(format!("one of {}", serde_json::Value::Array(wanted.clone())))
            }
            Expected::Text(template) => {
                let wanted = self.render(template)?;
                let text = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
                if text == *wanted { None } else { wrong(format!("\"{wanted}\"")) }
            }
        })
    }

    fn render<'t>(&self, template: &'t Template) -> Result<std::borrow::Cow<'t, str>, RenderError> {
        template.render(self.templates, self.scope)
    }
}

/// What a condition asks for.
fn in_words(check: &Check) -> String {
    match check {
        Check::Status(ranges) => format!(
            "status {}",
            ranges.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
        ),
        Check::Json { path, .. } => format!("json {path}"),
        Check::Header { name, .. } => format!("header {name}"),
        Check::Text(_) => "text".to_owned(),
        Check::NoText(_) => "no text".to_owned(),
        Check::Matches(regex) => format!("matches /{regex}/"),
        Check::Css(selector) => format!("css {selector}"),
        Check::NoCss(selector) => format!("no css {selector}"),
        Check::Url(_) => "url".to_owned(),
        Check::Location(_) => "location".to_owned(),
        Check::Size { low, high } => format!("size {}", extent(*low, *high)),
        Check::AnyOf(_) => "any of".to_owned(),
        Check::GraphQl(types) if types.is_empty() => "GraphQL without errors".to_owned(),
        Check::GraphQl(types) => format!("GraphQL {}", types.join(" or ")),
        Check::GraphQlType(types) => format!("GraphQL {}", types.join(" or ")),
    }
}

/// A range of sizes, in bytes.
fn extent(low: u64, high: u64) -> String {
    match (low, high) {
        (low, u64::MAX) => format!("at least {low}"),
        (0, high) => format!("at most {high}"),
        (low, high) if low == high => low.to_string(),
        (low, high) => format!("{low} to {high}"),
    }
}

/// Equal as JSON; numbers by value, and a header's or a lenient shop's `"5"` equals `5`.
fn same(wanted: &serde_json::Value, found: &serde_json::Value) -> bool {
    use serde_json::Value::{Number, String};
    match (wanted, found) {
        (Number(a), Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Number(a), String(b)) => a.to_string() == *b,
        _ => wanted == found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::VarId;
    use crate::plan::JsonPlace;
    use crate::plan::{StatusRange, Value};
    use http::HeaderMap;
    use serde_json::json;

    struct NoScope;
    impl Scope for NoScope {
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

    fn json_check(path: &str, expected: Expected) -> Check {
        Check::Json { path: JsonPlace::parse(path).unwrap(), expected }
    }

    #[test]
    fn a_wrong_status_is_told_apart_by_its_class() {
        let status = |status| {
            unmet(Check::Status(vec![StatusRange::SUCCESS]), status, "").map(|(kind, _)| kind)
        };
        assert_eq!(status(204), None);
        assert_eq!(status(302), Some(FailureKind::UnexpectedStatus));
        assert_eq!(status(404), Some(FailureKind::ClientError));
        assert_eq!(status(429), Some(FailureKind::Throttled));
        assert_eq!(status(503), Some(FailureKind::ServerError));
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
        let text = |text: &str| Template::Literal(text.into());
        assert_eq!(unmet(Check::Text(text("thank you")), 200, "<p>thank you</p>"), None);
        assert!(unmet(Check::Text(text("thank you")), 200, "sorry").is_some());
        assert!(unmet(Check::NoText(text("alert")), 200, "alert-danger").is_some());
        assert_eq!(
            unmet(Check::Matches(regex::Regex::new("order [0-9]+").unwrap()), 200, "order 17"),
            None
        );
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
