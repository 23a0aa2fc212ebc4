//! The identity of a request in the shop's own traces: W3C Trace Context (<https://www.w3.org/TR/trace-context/>).

use sha2::{Digest, Sha256};

use super::ids::ShopperId;
use super::random::{Purpose, draw};

/// A trace of its own for one request, and the span that the shop's spans are children of. Neither is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestTrace {
    /// The trace.
    pub trace: u128,
    /// The span of the request.
    pub span: u64,
}

// === impl RequestTrace ===

impl RequestTrace {
    /// Of a shopper's `nth` exchange. Unique to the run, so that two runs with one seed don't share traces.
    pub fn of(run: &str, shopper: ShopperId, nth: u64) -> RequestTrace {
        let run = Sha256::digest(run.as_bytes());
        let key = shopper.0 ^ run.iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte));
        let [high, low, span] =
            [0, 1, 2].map(|part| draw(key, Purpose::Trace, 4 * nth + part).max(1));
        RequestTrace { trace: u128::from(high) << 64 | u128::from(low), span }
    }
}
