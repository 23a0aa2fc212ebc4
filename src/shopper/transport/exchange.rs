//! What a transport is to a shopper: connections of its own, over which exchanges go.

use ::http::{HeaderMap, StatusCode, Version};
use bytes::Bytes;

use super::error::TransportError;
use super::wire_request::WireRequest;
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
