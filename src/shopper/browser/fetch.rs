//! One fetch: what is asked, who may hold it back, who sees it, and what comes of it.

use std::borrow::Cow;
use std::rc::Rc;

use bytes::Bytes;
use http::Method;
use http::header::HeaderMap;
use url::Url;

use super::address::AddressError;
use super::cors::CorsError;
use super::request_headers::RequestKind;
use crate::base::Micros;
use crate::shopper::transport::{Exchange, Origin, TransportError, WireRequest, WireResponse};

/// Stands before every request: safety caps hold requests back here.
pub trait RequestGate {
    /// Returns when a request to this origin may go; how long it was held back, if it was.
    fn pass(&self, origin: &Origin) -> impl Future<Output = Option<Micros>>;
}

/// Sees what a fetch does, as it happens.
pub trait FetchWatcher {
    /// A request goes now: nothing holds it back any more. A preflight only asks for leave.
    fn sending(&mut self, preflight: bool) {
        let _ = preflight;
    }
    /// It was answered, or wasn't.
    fn exchange_done(&mut self, request: &WireRequest, exchange: &Exchange, hop: RedirectHop);
}

/// Holds nothing back.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoGate;

/// A request as a step means it.
#[derive(Clone, Debug)]
pub struct PageRequest<'a> {
    /// The method.
    pub method: Method,
    /// Absolute, a path below the target, or relative to the page that the shopper is on.
    pub url: Cow<'a, str>,
    /// Whether the address was found in a page or an answer, and is not the scenario's own.
    pub is_link: bool,
    /// Who makes it, and what for.
    pub kind: RequestKind,
    /// The step's own headers; they replace the session's of the same name.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Bytes,
}

/// Which exchange of a fetch this is, and whether it was held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedirectHop {
    /// 0 for the request itself, 1 for what its redirect led to, and so on.
    pub index: u32,
    /// Whether it only asks for leave (CORS).
    pub preflight: bool,
    /// How long a safety cap held it back, if one did.
    pub held: Option<Micros>,
}

/// What came of a request and the redirects it caused.
#[derive(Clone, Debug)]
pub struct FetchOutcome {
    /// The page, or why there is none.
    pub result: Result<FetchedPage, FetchError>,
    /// The last request, as it was sent; none if there was none.
    pub last_request: Option<WireRequest>,
    /// How far it came.
    pub progress: FetchProgress,
}

/// The final answer, and where it is from.
#[derive(Clone, Debug)]
pub struct FetchedPage {
    /// The answer that was no redirect.
    pub answer: WireResponse,
    /// Its address, after redirects.
    pub final_url: Rc<Url>,
}

/// Why a fetch has no page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The last exchange had no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Redirected more often than browsers follow.
    #[error("redirected {hops} times, then to {location} as well, which no browser follows")]
    RedirectLoop {
        /// Redirects followed.
        hops: u32,
        /// The redirect that was not followed.
        location: String,
    },
    /// The page's script may not ask this of another origin. The request itself was not sent.
    #[error("a browser does not send this: {0}")]
    PreflightRefused(CorsError),
    /// The page's script may not read what another origin answered.
    #[error("a browser keeps this from the page: {0}")]
    CorsBlocked(CorsError),
    /// A redirect to what is no address of a page.
    #[error("redirected where no browser can go: {0}")]
    BadRedirect(AddressError),
    /// A redirect off the hosts that may be loaded. Not the shop's failure: it was refused by us.
    #[error("redirected to {location}, which is not among the allowed hosts")]
    RedirectNotAllowed {
        /// Where it led.
        location: String,
        /// The answer that redirected.
        answer: Box<WireResponse>,
        /// The address of that answer.
        from: Rc<Url>,
    },
    /// The request itself is to a host that may not be loaded. Nothing was sent.
    #[error("{0} is not among the allowed hosts")]
    HostNotAllowed(String),
    /// The request's address is none. Nothing was sent.
    #[error(transparent)]
    BadAddress(AddressError),
}

/// How far a fetch came.
#[derive(Clone, Debug, Default)]
pub struct FetchProgress {
    /// Exchanges made.
    pub exchanges: u32,
    /// When the first byte of the first request was handed to an open connection.
    pub sent_at: Option<Micros>,
    /// When the last exchange ended; none if there was none.
    pub ended_at: Option<Micros>,
    /// How long safety caps held the requests back, in all.
    pub held: Micros,
    /// Where the first answer redirected to, as an absolute address where it is one.
    pub first_location: Option<String>,
    /// The headers of the answers that redirected, in their order.
    pub redirects: Vec<HeaderMap>,
}

// === impl RequestGate ===

impl RequestGate for NoGate {
    async fn pass(&self, _origin: &Origin) -> Option<Micros> {
        None
    }
}

/// Nobody watches.
impl FetchWatcher for () {
    fn exchange_done(&mut self, _: &WireRequest, _: &Exchange, _: RedirectHop) {}
}

impl<G: RequestGate> RequestGate for Rc<G> {
    async fn pass(&self, origin: &Origin) -> Option<Micros> {
        G::pass(self, origin).await
    }
}
