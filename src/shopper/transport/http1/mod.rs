//! HTTP/1.1 as a browser speaks it, driven inside the shopper's own task.
//!
//! hyper's client needs a task of its own for each connection, two channels between it and the shopper, and a copy of
//! every message; that was a third of a request's instructions. It also refuses what browsers read: more than a hundred
//! header lines, `transfer-encoding: identity`, odd status lines. Heads are parsed by `httparse`, as in hyper; framing,
//! leniency and reuse are here:
//!
//! - [`head`]: an answer's head, with every leniency that Chromium has;
//! - [`framing`]: where the body ends, and its chunks;
//! - [`request`]: a request's head in bytes;
//! - [`stream`]: what lies beneath, with or without TLS and a simulated network;
//! - [`connection`]: one exchange after the other.

#[cfg(test)]
mod against_hyper;
mod connection;
mod framing;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod head;
mod request;
mod stream;

pub(super) use connection::{Buffers, Http1, Http1Cause, Http1Error};
pub(super) use head::Head;
pub(super) use request::states_empty_body;
pub(super) use stream::Stream;
