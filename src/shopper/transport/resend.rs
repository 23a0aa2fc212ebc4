//! Which requests are sent again on another connection, because they surely were not processed.
//!
//! Browsers do this unseen, so a shopper would see nothing go wrong. It happens at most once for each request, and is
//! counted as a redial. A request that the shop may have processed is never sent again, unless its method is safe
//! (RFC 9110 9.2.1): nobody may pay twice by our doing.
//!
//! | what came back | why it was not processed |
//! |---|---|
//! | a kept-alive connection was closed before a byte was written | nothing was sent |
//! | a kept-alive connection was closed without a byte of an answer, and the method is safe | nothing can have changed |
//! | GOAWAY with a lower last stream | RFC 9113 6.8 |
//! | the stream was reset with REFUSED_STREAM | RFC 9113 8.7 |
//! | the stream was reset with HTTP_1_1_REQUIRED (sent again over HTTP/1.1) | RFC 9113 7 |
//! | 421 Misdirected Request | RFC 9110 15.5.20 |

use std::error::Error;

use ::http::Method;
use h2::Reason;

use super::http1::{Http1Cause, Http1Error};

/// How a request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resend {
    /// On a new connection.
    Anew,
    /// On a new connection that speaks HTTP/1.1.
    OverHttp1,
}

/// Whether a request that failed over HTTP/1.1 may be sent again.
pub(super) fn after_http1(error: &Http1Error, method: &Method, reused: bool) -> Option<Resend> {
    let closed = match error.cause {
        Http1Cause::Io(_) | Http1Cause::Closed => reused && error.silent,
        Http1Cause::NotHttp(_) | Http1Cause::HeadTooLarge | Http1Cause::BodyTooLarge => false,
    };
    (closed && (error.unsent || method.is_safe())).then_some(Resend::Anew)
}

/// Whether a request that failed over HTTP/2 may be sent again.
pub(super) fn after_http2(error: &hyper::Error, method: &Method, reused: bool) -> Option<Resend> {
    let mut causes = std::iter::successors(error.source(), |&error| error.source());
    let Some(error) = causes.find_map(|error| error.downcast_ref::<h2::Error>()) else {
        return (reused && error.is_closed() && method.is_safe()).then_some(Resend::Anew);
    };
    if !error.is_remote() {
        return (reused && error.is_io() && method.is_safe()).then_some(Resend::Anew);
    }
    // h2 tells GOAWAY only to streams above the last one that the shop says it took.
    if error.is_go_away() {
        return Some(Resend::Anew);
    }
    match error.reason()? {
        Reason::REFUSED_STREAM => Some(Resend::Anew),
        Reason::HTTP_1_1_REQUIRED => Some(Resend::OverHttp1),
        _ => None,
    }
}
