//! The seam between a shopper and the network: one exchange, timed in its parts.
//!
//! A `Shop` opens a `Line` for each shopper: that shopper's own connections. The real shop speaks HTTP
//! (`http`); the fake one, in tests under a paused clock, declares its own service times. Nothing is
//! followed, retried or judged here: a redirect is an answer like any other.

mod body;
mod connection;
mod core;
mod dial;
mod error;
mod exchange;
#[cfg(test)]
pub mod fake;
mod http;
mod identity;
mod lookup;
mod network;
mod tls;

pub use self::error::Trouble;
pub use self::exchange::{Answer, Clock, Exchange, Line, Origin, Shop, WireRequest};
pub use self::http::{HttpLine, HttpShop, HttpShopError, HttpShopOptions};
pub use self::identity::{Identity, IdentityError};
pub use self::tls::{RootsError, TlsResumption};
