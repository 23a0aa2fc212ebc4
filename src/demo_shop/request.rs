//! A request as the shop's handlers see it.
//!
//! A handler does its work once and returns data and a page; who asks decides which is sent. A browser that
//! posts a form is redirected (302) to the page that shows the result, as real shops do; a rejection is shown
//! there as an alert.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::answer::{Answer, Fields, Rejection, Representation, text};
use super::pages::{self, Frame};
use super::session::Session;
use super::shop::Shop;

/// A request at a step.
pub(super) struct ShopRequest<'a> {
    pub(super) shop: &'a Shop,
    pub(super) representation: Representation,
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

// === impl ShopRequest ===

impl ShopRequest<'_> {
    /// Something to read: the data for a program, a page with this body for a browser.
    pub(super) fn show(
        &mut self,
        data: &impl Serialize,
        title: &str,
        page: impl FnOnce(&ShopRequest<'_>) -> String,
    ) -> Result<Answer, Rejection> {
        match self.representation {
            Representation::Json => Answer::json(StatusCode::OK, data),
            Representation::Html => {
                let body = page(self);
                Ok(Answer::html(StatusCode::OK, self.page(title, &body)))
            }
        }
    }

    /// Something was done: the data for a program, the way on for a browser.
    pub(super) fn answer_done(
        &self,
        status: StatusCode,
        data: &impl Serialize,
        on_to: impl Into<String>,
    ) -> Result<Answer, Rejection> {
        match self.representation {
            Representation::Json => Answer::json(status, data),
            Representation::Html => Ok(Answer::Moved(on_to.into())),
        }
    }

    /// A whole page around a body. An alert that is waiting for the visitor is shown once.
    fn page(&mut self, title: &str, body: &str) -> String {
        let alert = self.session.alert.take();
        let frame = Frame {
            units: self.session.cart.iter().map(|line| line.quantity).sum(),
            account: self.session.account.as_deref(),
            alert: alert.as_deref(),
        };
        pages::page(&frame, title, body)
    }

    /// A header's value, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        text(self.headers, name)
    }

    /// A field that must be there.
    pub(super) fn need(&self, name: &str, back: &'static str) -> Result<&str, Rejection> {
        self.fields
            .get(name)
            .ok_or_else(|| Rejection::invalid(format!("'{name}' is missing"), back))
    }

    /// A rejection, as this visitor gets to see it.
    pub(super) fn refuse(&mut self, rejection: &Rejection) -> Answer {
        match self.representation {
            Representation::Json => rejection.json(),
            Representation::Html if rejection.back.is_empty() => {
                let body = format!(
                    "<p class=\"alert alert-danger\">{}</p>",
                    pages::HtmlText(&rejection.message)
                );
                Answer::html(rejection.status, self.page("Sorry", &body))
            }
            Representation::Html => {
                self.session.alert = Some(rejection.message.clone());
                Answer::Moved(rejection.back.to_owned())
            }
        }
    }
}
