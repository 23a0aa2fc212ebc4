//! The seam between a shopper and the network: one exchange, timed in its parts.
//!
//! A `Transport` opens a `ShopperConnections` for each shopper: that shopper's own connections. The real one speaks HTTP
//! (`http`); the fake one, in tests under a paused clock, declares its own service times. Nothing is
//! followed, retried or checked here: a redirect is a response like any other.

mod body;
mod connection;
mod content_coding;
mod dial;
mod error;
mod exchange;
#[cfg(test)]
pub mod fake;
mod http;
mod http1;
mod http2;
mod http2_leniency;
mod identity;
mod lookup;
mod network;
mod options;
mod redirect;
mod resend;
mod run_clock;
mod shared;
mod tls;
mod tls_error;
mod wire_request;

pub use self::error::TransportError;
pub use self::exchange::{Exchange, ShopperConnections, Transport, WireResponse};
pub use self::http::{HttpConnections, HttpTransport};
#[cfg(any(test, fuzzing))]
pub use self::http1::fuzzing;
pub use self::identity::{ClientIdentity, IdentityError};
pub use self::options::{HttpOptions, HttpSetupError};
pub(crate) use self::redirect::is_redirect;
pub use self::run_clock::Clock;
pub use self::tls::{RootsError, TlsResumption};
pub use self::tls_error::{TlsCause, TlsError};
pub use self::wire_request::{Origin, WireRequest};
