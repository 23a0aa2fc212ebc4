//! First results by idempotency key.

use std::time::Duration;

use serde::Serialize;

use super::answer::Rejection;
use super::sharded::Sharded;

/// IdempotencyKeys remembered; real shops forget them after a day.
const REMEMBERED: usize = 200_000;

/// First results by idempotency key.
pub(super) struct IdempotencyKeys(Sharded<String, Option<First>>);

/// The first result under a key.
#[derive(Clone)]
pub(super) struct First {
    pub(super) body_digest: u64,
    pub(super) outcome: Result<Confirmed, Rejection>,
    /// When it was asked for, since the shop opened.
    pub(super) at: Duration,
}

/// A payment that went through.
#[derive(Clone, Serialize)]
pub(super) struct Confirmed {
    pub(super) status: &'static str,
    pub(super) order_id: String,
    pub(super) total: u64,
    pub(super) currency: &'static str,
}

// === impl IdempotencyKeys ===

impl IdempotencyKeys {
    pub(super) fn new() -> IdempotencyKeys {
        IdempotencyKeys(Sharded::bounded(REMEMBERED))
    }

    /// Does something with the first result under a key. The key's shard is locked meanwhile.
    pub(super) fn with<R>(&self, key: &str, act: impl FnOnce(&mut Option<First>) -> R) -> R {
        self.0.with(key, || None, act)
    }

    pub(super) fn clear(&self) {
        self.0.clear();
    }
}
