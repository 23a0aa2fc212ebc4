//! Reading an answer's body over HTTP/2, within bounds: a hostile or broken shop must not cost us our memory.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use super::{TransportError, error};

/// Room made at once for a body of stated length; a longer one grows as it comes, so that a statement alone
/// costs nothing.
const FIRST_ROOM: u64 = 1 << 20;

/// Reads a body of at most `bound` bytes, counting them in `received`.
pub(super) async fn read(
    mut body: Incoming,
    bound: u64,
    reused: bool,
    received: &mut u64,
) -> Result<Bytes, TransportError> {
    let stated = body.size_hint();
    if stated.lower() > bound {
        return Err(TransportError::BodyTooLarge(bound));
    }
    // Most answers come in one piece, which is then handed on as it is.
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(|error| error::from_exchange(&error, reused))?.into_data()
        else {
            continue;
        };
        *received += piece.len() as u64;
        if *received > bound {
            return Err(TransportError::BodyTooLarge(bound));
        }
        if first.is_empty() && all.is_empty() {
            first = piece;
            continue;
        }
        if all.is_empty() {
            all.reserve(stated.lower().clamp(first.len() as u64, FIRST_ROOM) as usize);
            all.extend_from_slice(&first);
        }
        all.extend_from_slice(&piece);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}
