//! Redirects: what stands behind their heads is read by nobody, and no browser waits for it.

use std::pin::{Pin, pin};

use ::http::StatusCode;
use ::http::header::{HeaderMap, LOCATION};

use super::run_clock::Clock;
use crate::base::Micros;

/// How long the body of a redirect may take, so that its connection can be used again.
const PATIENCE: Micros = Micros::from_millis(50);

/// Whether an answer of this status leads on, if it says where to.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Whether an answer leads on.
pub(super) fn leads_on(status: StatusCode, headers: &HeaderMap) -> bool {
    is_redirect(status)
        && headers
            .get(LOCATION)
            .is_some_and(|location| !location.as_bytes().trim_ascii().is_empty())
}

/// What `reading` comes to, or nothing if it takes too long or fails: then a browser has gone on without it.
///
/// It is on the heap, since every exchange's future would have room for it otherwise.
pub(super) fn read_in_time<'r, C: Clock, T: Default + 'r, E: 'r>(
    clock: &'r C,
    reading: impl Future<Output = Result<T, E>> + 'r,
) -> Pin<Box<dyn Future<Output = T> + 'r>> {
    Box::pin(async move {
        let alarm = pin!(clock.sleep_until(clock.now().saturating_add(PATIENCE)));
        tokio::select! {
            biased;
            read = reading => read.unwrap_or_default(),
            () = alarm => T::default(),
        }
    })
}
