//! Limits that all shoppers share: a standstill, a rate limit, and workers behind a queue.
//!
//! These do depend on who else is there: that is their point. Waiting here is real waiting, so an
//! overloaded practice shop slows down as a real one does.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::file::{Capacity, Faults, RateLimit, RatedPer};
use crate::demo_shop::operation::Operation;

/// The shop's shared limits.
pub(in crate::demo_shop) struct Pace {
    rate: Option<(RateLimit, Limiter)>,
    workers: Option<Workers>,
    /// When the present or last standstill ends, in microseconds since the opening.
    still_until: AtomicU64,
    /// By fault, whether its standstill has been: each happens once.
    stalled: Vec<AtomicBool>,
}

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::demo_shop) enum TurnedAwayBy {
    /// Too many requests per second.
    RateLimited,
    /// Nobody is free, and the queue is full.
    QueueFull,
}

enum Limiter {
    Shop(DefaultDirectRateLimiter),
    Shopper(DefaultKeyedRateLimiter<String>),
}

struct Workers {
    free: Semaphore,
    capacity: Capacity,
    waiting: AtomicU32,
}

/// Counts a waiting request for as long as it waits, also if its shopper hangs up meanwhile.
struct Waiting<'a>(&'a AtomicU32);

// === impl Pace ===

impl Pace {
    pub(in crate::demo_shop) fn new(faults: &Faults) -> Pace {
        Pace {
            rate: faults.rate_limit.as_ref().map(|limit| (limit.clone(), Limiter::new(limit))),
            workers: faults.capacity.map(|capacity| Workers {
                free: Semaphore::new(capacity.workers.get() as usize),
                capacity,
                waiting: AtomicU32::new(0),
            }),
            still_until: AtomicU64::new(0),
            stalled: faults.faults.iter().map(|_| AtomicBool::new(false)).collect(),
        }
    }

    /// Forgets past standstills, as if the shop had just opened.
    pub(in crate::demo_shop) fn reset(&self) {
        self.still_until.store(0, Ordering::Relaxed);
        self.stalled.iter().for_each(|stalled| stalled.store(false, Ordering::Relaxed));
    }

    /// Begins the standstill of a fault, unless it has been.
    pub(in crate::demo_shop) fn stall(&self, fault: usize, now: Duration, length: Duration) {
        if !self.stalled[fault].swap(true, Ordering::Relaxed) {
            self.still_until.fetch_max((now + length).as_micros() as u64, Ordering::Relaxed);
        }
    }

    /// How long the shop still stands still.
    pub(in crate::demo_shop) fn standstill(&self, now: Duration) -> Duration {
        Duration::from_micros(self.still_until.load(Ordering::Relaxed)).saturating_sub(now)
    }

    /// Waits for a worker; the worker is free again when the permit is dropped. `None` where there is no
    /// limit on workers.
    pub(in crate::demo_shop) async fn enter(
        &self,
        step: Operation,
        shopper: &str,
    ) -> Result<Option<SemaphorePermit<'_>>, TurnedAwayBy> {
        if self
            .rate
            .as_ref()
            .is_some_and(|(limit, rate)| limit.covers(step) && !rate.allows(shopper))
        {
            return Err(TurnedAwayBy::RateLimited);
        }
        let Some(workers) = &self.workers else { return Ok(None) };
        if let Ok(permit) = workers.free.try_acquire() {
            return Ok(Some(permit));
        }
        let before = workers.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&workers.waiting);
        if workers.capacity.queue.is_some_and(|queue| before >= queue) {
            return Err(TurnedAwayBy::QueueFull);
        }
        Ok(workers.free.acquire().await.ok())
    }

    /// How long a worker is busy with a request, at `u` in 0..1 of the distribution.
    pub(in crate::demo_shop) fn service_time(&self, u: impl FnOnce() -> f64) -> Duration {
        self.workers
            .as_ref()
            .map_or(Duration::ZERO, |workers| workers.capacity.service_time.at(u()))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

// === impl Limiter ===

impl Limiter {
    fn new(limit: &RateLimit) -> Limiter {
        let burst: NonZeroU32 = limit.burst.unwrap_or(limit.per_second);
        let quota = Quota::per_second(limit.per_second).allow_burst(burst);
        match limit.per {
            RatedPer::Shop => Limiter::Shop(RateLimiter::direct(quota)),
            RatedPer::Shopper => Limiter::Shopper(RateLimiter::keyed(quota)),
        }
    }

    fn allows(&self, shopper: &str) -> bool {
        match self {
            Limiter::Shop(limiter) => limiter.check().is_ok(),
            Limiter::Shopper(limiter) => limiter.check_key(&shopper.to_owned()).is_ok(),
        }
    }
}

// === impl RateLimit ===

impl RateLimit {
    fn covers(&self, step: Operation) -> bool {
        self.at.is_empty() || self.at.contains(&step)
    }
}
