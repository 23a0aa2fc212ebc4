//! When a run begins.

use std::io;

#[cfg(target_os = "linux")]
use super::clock::PreciseClock;
#[cfg(not(target_os = "linux"))]
use super::clock::TokioClock;
use crate::base::Micros;

/// The planned start, on the clock that the platform has.
#[derive(Clone)]
pub(super) struct Epoch {
    #[cfg(target_os = "linux")]
    at: u64,
    #[cfg(not(target_os = "linux"))]
    at: tokio::time::Instant,
}

// === impl Epoch ===

#[cfg(target_os = "linux")]
impl Epoch {
    pub(super) fn in_from_now(wait: Micros) -> Epoch {
        Epoch { at: PreciseClock::monotonic() + wait.0 * 1_000 }
    }

    pub(super) fn clock(&self) -> io::Result<PreciseClock> {
        PreciseClock::start(self.at)
    }
}

#[cfg(not(target_os = "linux"))]
impl Epoch {
    pub(super) fn in_from_now(wait: Micros) -> Epoch {
        Epoch { at: tokio::time::Instant::now() + std::time::Duration::from(wait) }
    }

    pub(super) fn clock(&self) -> io::Result<TokioClock> {
        Ok(TokioClock::start(self.at))
    }
}
