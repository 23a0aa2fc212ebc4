//! Answers that are not what they should be.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use hyper::body::Frame;

use super::file::StatusFault;
use crate::demo_shop::answer::{Answer, respond};

/// A body that stops in the middle. It is sent with the length of the whole, so that the HTTP layer can
/// only close the connection when it ends.
struct Half {
    part: Option<Bytes>,
    /// Whether the part has had a chance to leave the buffers.
    flushed: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("cut in the middle, as the fault file asks")]
struct CutShort;

/// The answer of a `status` fault.
pub(in crate::demo_shop) fn error_answer(fault: &StatusFault) -> Response {
    let status = StatusCode::from_u16(fault.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = fault.body.clone().unwrap_or_else(|| format!("{status}\n"));
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// The answer of a `wrong_content` fault: everything looks right but the content.
pub(in crate::demo_shop) fn wrong_content(content: &str) -> Response {
    let kind = if content.trim_start().starts_with(['{', '[']) {
        "application/json"
    } else {
        "text/html; charset=utf-8"
    };
    let mut response = Response::new(Body::from(content.to_owned()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// The first half of an answer. An answer without a body gets one that is promised and never sent.
pub(in crate::demo_shop) fn truncate(answer: Answer) -> Response {
    let whole = match &answer {
        Answer::Content { body, .. } | Answer::File { body, .. } => body.clone(),
        Answer::Moved(_) => Bytes::new(),
    };
    let (mut parts, _) = respond(answer).into_parts();
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(whole.len().max(2)));
    let part = whole.slice(..whole.len() / 2);
    Response::from_parts(
        parts,
        Body::new(Half { part: Some(part).filter(|part| !part.is_empty()), flushed: false }),
    )
}

// === impl Half ===

impl HttpBody for Half {
    type Data = Bytes;
    type Error = CutShort;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutShort>>> {
        if let Some(part) = self.part.take() {
            return Poll::Ready(Some(Ok(Frame::data(part))));
        }
        if !self.flushed {
            self.flushed = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(CutShort)))
    }
}
