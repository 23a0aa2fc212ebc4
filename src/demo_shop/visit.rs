//! A request as the shop's steps see it, and the two faces of an answer.
//!
//! The shop speaks JSON to programs and HTML to browsers. A step does its work once and hands back data and
//! a page; which of the two is sent depends on who asks. A browser that posts a form is sent on (302) to
//! the page that shows what came of it, as real shops do; a refusal waits there as an alert.

use std::fmt::Display;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::json;

use super::desk::html;
use super::session::Session;
use super::shop::Shop;

/// Who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    /// A program.
    Json,
    /// A browser.
    Html,
}

/// What the request carries: fields of the path, the query and the body by name. Fields inside JSON
/// objects have dotted names.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

/// A request at a step.
pub(super) struct Visit<'a> {
    pub(super) shop: &'a Shop,
    pub(super) face: Face,
    pub(super) fields: &'a Fields,
    pub(super) session: &'a mut Session,
    /// The header `x-shopper`, else the session.
    pub(super) shopper: &'a str,
    pub(super) headers: &'a HeaderMap,
    /// Tells whether two requests have the same body.
    pub(super) body_digest: u64,
    /// Since the shop opened.
    pub(super) now: Duration,
}

/// What the shop answers.
pub(super) enum Answer {
    /// Something to read.
    Content { status: StatusCode, kind: &'static str, body: Bytes },
    /// A file that browsers may keep.
    File { kind: &'static str, body: Bytes },
    /// A page to go to.
    Moved(String),
}

/// The shop works, and says no.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// For programs.
    pub(super) reason: &'static str,
    /// For people.
    pub(super) message: String,
    /// The page on which a browser shows it.
    pub(super) back: &'static str,
}

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";

// === impl Fields ===

impl Fields {
    /// The field's value; an empty one counts as missing.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// Adds the pairs of a query or a form.
    pub(super) fn push_form(&mut self, text: &[u8]) {
        self.0.extend(
            url::form_urlencoded::parse(text)
                .map(|(name, value)| (name.into_owned(), value.into_owned())),
        );
    }

    /// Adds the values of a JSON document.
    ///
    /// # Errors
    /// Where it isn't JSON.
    pub(super) fn push_json(&mut self, text: &[u8]) -> Result<(), serde_json::Error> {
        self.push_value(String::new(), serde_json::from_slice(text)?);
        Ok(())
    }

    fn push_value(&mut self, name: String, value: serde_json::Value) {
        use serde_json::Value;
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    self.push_value(
                        if name.is_empty() { key } else { format!("{name}.{key}") },
                        value,
                    );
                }
            }
            Value::String(text) => self.0.push((name, text)),
            Value::Null => {}
            other => self.0.push((name, other.to_string())),
        }
    }
}

// === impl Visit ===

impl Visit<'_> {
    /// Something to read: the data for a program, a page with this body for a browser.
    pub(super) fn show(
        &mut self,
        data: &impl Serialize,
        title: &str,
        page: impl FnOnce(&Visit<'_>) -> String,
    ) -> Result<Answer, Refusal> {
        match self.face {
            Face::Json => Answer::json(StatusCode::OK, data),
            Face::Html => {
                let body = page(self);
                Ok(Answer::html(StatusCode::OK, html::page(self, title, &body)))
            }
        }
    }

    /// Something was done: the data for a program, the way on for a browser.
    pub(super) fn done(
        &self,
        status: StatusCode,
        data: &impl Serialize,
        on_to: impl Into<String>,
    ) -> Result<Answer, Refusal> {
        match self.face {
            Face::Json => Answer::json(status, data),
            Face::Html => Ok(Answer::Moved(on_to.into())),
        }
    }

    /// A header's value, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        text(self.headers, name)
    }

    /// A field that must be there.
    pub(super) fn need(&self, name: &str, back: &'static str) -> Result<&str, Refusal> {
        self.fields.get(name).ok_or_else(|| Refusal::invalid(format!("'{name}' is missing"), back))
    }

    /// A refusal, as this visitor gets to see it.
    pub(super) fn refuse(&mut self, refusal: &Refusal) -> Answer {
        match self.face {
            Face::Json => refusal.json(),
            Face::Html if refusal.back.is_empty() => {
                let body =
                    format!("<p class=\"alert alert-danger\">{}</p>", html::Text(&refusal.message));
                Answer::html(refusal.status, html::page(self, "Sorry", &body))
            }
            Face::Html => {
                self.session.alert = Some(refusal.message.clone());
                Answer::Moved(refusal.back.to_owned())
            }
        }
    }
}

/// A header's value, if it is text.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

// === impl Answer ===

impl Answer {
    pub(super) fn json(status: StatusCode, data: &impl Serialize) -> Result<Answer, Refusal> {
        let body = serde_json::to_vec(data).map_err(|error| {
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "unserializable", error, "")
        })?;
        Ok(Answer::Content { status, kind: JSON, body: body.into() })
    }

    pub(super) fn html(status: StatusCode, page: String) -> Answer {
        Answer::Content { status, kind: HTML, body: page.into() }
    }
}

// === impl Refusal ===

impl Refusal {
    /// A refusal that a browser sees on the page `back`; with an empty `back` on a page of its own, with
    /// the status.
    pub(super) fn new(
        status: StatusCode,
        reason: &'static str,
        message: impl Display,
        back: &'static str,
    ) -> Refusal {
        Refusal { status, reason, message: message.to_string(), back }
    }

    /// The request isn't as it should be.
    pub(super) fn invalid(message: impl Display, back: &'static str) -> Refusal {
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message, back)
    }

    /// There is no such thing.
    pub(super) fn not_found(what: impl Display) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, "not_found", format!("There is no {what} here."), "")
    }

    /// The refusal for a program. `status` in the body is `declined` where a working shop said no to the
    /// purchase, else `refused`.
    pub(super) fn json(&self) -> Answer {
        let declined = matches!(self.status, StatusCode::PAYMENT_REQUIRED | StatusCode::CONFLICT);
        let status = if declined { "declined" } else { "refused" };
        let body = json!({ "status": status, "reason": self.reason, "message": self.message });
        Answer::Content { status: self.status, kind: JSON, body: body.to_string().into() }
    }
}
