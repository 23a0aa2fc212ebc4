//! What a transport is to a shopper: connections of its own, over which exchanges go.

use std::rc::Rc;

use ::http::{HeaderMap, Method, StatusCode, Version};
use bytes::Bytes;

use super::error::TransportError;
use crate::base::{Micros, ShopperId};
use crate::plan::Network;
use crate::tally::Phases;

/// Where requests go.
pub trait Transport {
    /// One shopper's connections.
    type Connections: ShopperConnections;

    /// Connections for a shopper; nothing is dialled yet.
    fn connections(&self, shopper: ShopperId) -> Self::Connections;
}

/// One shopper's connections. Dropped, they close (or go back to the pool, where connections are kept).
pub trait ShopperConnections {
    /// Sends one request and reads the whole answer, until `give_up_at` on the run's clock.
    fn exchange(
        &mut self,
        request: &WireRequest,
        give_up_at: Micros,
    ) -> impl Future<Output = Exchange>;

    /// Now, on the run's clock.
    fn now(&self) -> Micros;

    /// More connections of the same shopper, to send requests at the same time. Those that carry several requests at once (HTTP/2) are shared.
    fn sibling(&self) -> Self
    where
        Self: Sized;

    /// From now on all leads over this network, on new connections where it is another one than before.
    fn use_network(&mut self, _network: Option<Network>) {}

    /// Lets go of all connections, as if dropped; the next exchange dials anew.
    fn disconnect(&mut self) {}
}

/// The time of a run: microseconds since its planned start, on a monotonic clock.
pub trait Clock {
    /// Now; zero before the planned start.
    fn now(&self) -> Micros;
    /// Returns as soon as possible after `moment`, never before.
    fn sleep_until(&self, moment: Micros) -> impl Future<Output = ()>;
}

/// A scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Whether TLS is spoken.
    pub tls: bool,
    /// The host as in an address: a name, an IPv4 address, an IPv6 address in brackets.
    pub host: String,
    /// The port, also where it is the scheme's default.
    pub port: u16,
}

/// A request, ready to be sent.
#[derive(Clone, Debug)]
pub struct WireRequest {
    /// To whom.
    pub origin: Rc<Origin>,
    /// The method.
    pub method: Method,
    /// Path and query, beginning with a slash.
    pub path: String,
    /// All headers but `host` and `content-length`, which the transport sets.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Bytes,
}

/// What one exchange came to.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When the exchange was asked for.
    pub began_at: Micros,
    /// When the first byte of the request was handed to an open connection; none if it never came to that.
    pub sent_at: Option<Micros>,
    /// When the last byte was read, or it ended otherwise.
    pub ended_at: Micros,
    /// Where the time went.
    pub phases: Phases,
    /// Connections opened for it.
    pub connections: u32,
    /// How often it was dialled again because a kept-alive connection was closed before a byte was sent.
    pub redials: u32,
    /// Whether its TLS handshake resumed a session.
    pub resumed: bool,
    /// Bytes of the answer's body on the wire.
    pub bytes_received: u64,
    /// The answer, or why there is none.
    pub result: Result<WireResponse, TransportError>,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireResponse {
    /// The status.
    pub status: StatusCode,
    /// The protocol's version.
    pub version: Version,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Bytes,
}

// === impl Origin ===

impl Origin {
    /// The origin of an absolute `http` or `https` address.
    pub fn from_url(url: &url::Url) -> Option<Origin> {
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        Some(Origin { tls, host: url.host_str()?.to_owned(), port: url.port_or_known_default()? })
    }

    /// Whether the address is of this origin.
    pub fn matches(&self, url: &url::Url) -> bool {
        url.scheme() == if self.tls { "https" } else { "http" }
            && url.host_str() == Some(&*self.host)
            && url.port_or_known_default() == Some(self.port)
    }

    /// As the `host` header has it: without the port where it is the scheme's default.
    pub fn authority(&self) -> String {
        if self.port == if self.tls { 443 } else { 80 } {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}
