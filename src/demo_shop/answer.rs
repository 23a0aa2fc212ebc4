//! What the shop reads from a request and what it answers.
//!
//! The shop speaks JSON to programs and HTML to browsers.

use std::fmt::Display;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::json;

/// Who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Representation {
    /// A program.
    Json,
    /// A browser.
    Html,
}

/// What the request carries: fields of the path, the query and the body by name. Fields inside JSON
/// objects have dotted names.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

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
pub(super) struct Rejection {
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
            other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_)) => {
                self.0.push((name, other.to_string()))
            }
        }
    }
}

// === impl Answer ===

impl Answer {
    pub(super) fn json(status: StatusCode, data: &impl Serialize) -> Result<Answer, Rejection> {
        let body = serde_json::to_vec(data).map_err(|error| {
            Rejection::new(StatusCode::INTERNAL_SERVER_ERROR, "unserializable", error, "")
        })?;
        Ok(Answer::Content { status, kind: JSON, body: body.into() })
    }

    pub(super) fn html(status: StatusCode, page: String) -> Answer {
        Answer::Content { status, kind: HTML, body: page.into() }
    }
}

// === impl Rejection ===

impl Rejection {
    /// A rejection that a browser sees on the page `back`; with an empty `back` on a page of its own, with
    /// the status.
    pub(super) fn new(
        status: StatusCode,
        reason: &'static str,
        message: impl Display,
        back: &'static str,
    ) -> Rejection {
        Rejection { status, reason, message: message.to_string(), back }
    }

    /// The request isn't as it should be.
    pub(super) fn invalid(message: impl Display, back: &'static str) -> Rejection {
        Rejection::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message, back)
    }

    /// There is no such thing.
    pub(super) fn not_found(what: impl Display) -> Rejection {
        Rejection::new(StatusCode::NOT_FOUND, "not_found", format!("There is no {what} here."), "")
    }

    /// The rejection for a program. `status` in the body is `declined` where a working shop said no to the
    /// purchase, else `refused`.
    pub(super) fn json(&self) -> Answer {
        let declined = matches!(self.status, StatusCode::PAYMENT_REQUIRED | StatusCode::CONFLICT);
        let status = if declined { "declined" } else { "refused" };
        let body = json!({ "status": status, "reason": self.reason, "message": self.message });
        Answer::Content { status: self.status, kind: JSON, body: body.to_string().into() }
    }
}

/// Turns an answer into an HTTP response.
pub(super) fn respond(answer: Answer) -> Response {
    let mut response;
    match answer {
        Answer::Content { status, kind, body } => {
            response = Response::new(Body::from(body));
            *response.status_mut() = status;
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        Answer::File { kind, body } => {
            response = Response::new(Body::from(body));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            response
                .headers_mut()
                .insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
        }
        Answer::Moved(place) => {
            response = Response::default();
            *response.status_mut() = StatusCode::FOUND;
            // Every place is an address of the shop's own making.
            response
                .headers_mut()
                .insert(LOCATION, place.try_into().unwrap_or(HeaderValue::from_static("/")));
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
    }
    response
}

/// A header's value, if it is text.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
