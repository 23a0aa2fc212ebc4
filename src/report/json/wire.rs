//! The part of `run.json` that says what a step came to on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::SpansDocument;
use super::figures::spans;
use crate::verdict::Wire;

/// Network traffic of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WireDocument {
    /// Requests, redirects and polls included.
    pub requests: u64,
    /// Requests caused by redirects.
    pub redirects: u64,
    /// Requests delayed by a rate limit.
    pub held: u64,
    /// Connections opened.
    pub connections: u64,
    /// Requests resent on a new connection, because the kept one was closed before a byte was sent.
    pub redials: u64,
    /// TLS handshakes that resumed a session.
    pub resumed_handshakes: u64,
    /// Bytes of request bodies.
    pub bytes_sent: u64,
    /// Bytes of response bodies, compressed.
    pub bytes_received: u64,
    /// Name resolution. Each phase counts the exchanges that had it.
    pub dns_ms: SpansDocument,
    /// TCP connect.
    pub connect_ms: SpansDocument,
    /// TLS handshake.
    pub tls_ms: SpansDocument,
    /// Request sent to first byte of the response.
    pub wait_ms: SpansDocument,
    /// First to last byte of the response.
    pub receive_ms: SpansDocument,
}

pub(super) fn wire(found: &Wire) -> WireDocument {
    WireDocument {
        requests: found.requests,
        redirects: found.redirects,
        held: found.held,
        connections: found.connections,
        redials: found.redials,
        resumed_handshakes: found.resumed,
        bytes_sent: found.bytes_sent,
        bytes_received: found.bytes_received,
        dns_ms: spans(&found.dns),
        connect_ms: spans(&found.connect),
        tls_ms: spans(&found.tls),
        wait_ms: spans(&found.wait),
        receive_ms: spans(&found.receive),
    }
}
