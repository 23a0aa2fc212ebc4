//! Which kind of failure a status or a transport's error is.

use super::transport::TransportError;
use crate::tally::{FailureKind, OwnFault};

/// The kind of failure that an unexpected status is.
pub(super) fn classify_status(status: u16) -> FailureKind {
    match status {
        429 => FailureKind::Throttled,
        400..=499 => FailureKind::ClientError,
        500..=599 => FailureKind::ServerError,
        _ => FailureKind::UnexpectedStatus,
    }
}

/// The kind of failure that an error of the transport is.
///
/// # Errors
/// When the generator is at fault and not the shop: its fault and the cause.
pub(super) fn classify_transport_error(
    error: &TransportError,
) -> Result<FailureKind, (OwnFault, &str)> {
    Ok(match error {
        TransportError::Dns(_) => FailureKind::Dns,
        TransportError::Connect(_) => FailureKind::Connect,
        TransportError::Tls(_) => FailureKind::Tls,
        TransportError::TooSlow(_) => FailureKind::TooSlow,
        TransportError::Broken(_) => FailureKind::Broken,
        TransportError::BrokenReused(_) => FailureKind::BrokenReused,
        TransportError::Protocol(_) => FailureKind::Protocol,
        TransportError::BodyTooLarge(_) => {
            return Err((OwnFault::Limit, "response body larger than --max-body"));
        }
        TransportError::Own(cause) => return Err((OwnFault::Means, cause)),
        TransportError::NotAllowed(cause) => return Err((OwnFault::Permission, cause)),
    })
}
