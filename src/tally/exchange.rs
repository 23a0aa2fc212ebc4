//! One request on the wire.

use serde::{Deserialize, Serialize};

use crate::base::{Micros, StepId};

/// The parts of one exchange; zero where there was no such part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phases {
    /// Looking up the host.
    pub dns: Option<Micros>,
    /// TCP connect.
    pub connect: Option<Micros>,
    /// TLS handshake.
    pub tls: Option<Micros>,
    /// Request sent to first byte of the answer.
    pub wait: Option<Micros>,
    /// First to last byte of the answer.
    pub receive: Option<Micros>,
}

/// One request on the wire, and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct ExchangeSeen {
    /// The step that it belongs to.
    pub step: StepId,
    /// When it began.
    pub began_at: Micros,
    /// Where the time went.
    pub phases: Phases,
    /// Whether it was caused by a redirect.
    pub redirect: bool,
    /// Connections opened for it.
    pub connections: u32,
    /// How often it was dialled again before a byte was sent.
    pub redials: u32,
    /// Whether its first byte was handed to an open connection; what never came to that is no request on the wire.
    pub sent: bool,
    /// Whether its TLS handshake resumed a session.
    pub resumed: bool,
    /// Whether a safety cap held it back.
    pub held: bool,
    /// Bytes of the request's body.
    pub bytes_sent: u64,
    /// Bytes of the answer's body on the wire.
    pub bytes_received: u64,
}
