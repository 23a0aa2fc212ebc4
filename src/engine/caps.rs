//! Safety caps: what holds requests back, and what ends a run that has done enough.
//!
//! A limiter never paces arrivals: waiting for a permit would close the model. It only protects others, such as a
//! payment sandbox, and everything that it holds back is counted.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use super::stop::{Phase, Stop, StopCause};
use crate::base::Micros;
use crate::plan::Limits;
use crate::shopper::browser::session::RequestGate;
use crate::shopper::transport::{Clock, Origin};

/// Stands before every request of one core.
pub struct Caps<C> {
    clock: C,
    all: Option<DefaultDirectRateLimiter>,
    hosts: Vec<(String, DefaultDirectRateLimiter)>,
    budget: Budget,
}

/// How much a run may do in all, over all cores.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    /// Requests left.
    pub requests: Option<Arc<AtomicU64>>,
    /// Purchase attempts left.
    pub orders: Option<Arc<AtomicU64>>,
    /// Whether purchases can't be remembered any more.
    pub ledger_lost: Arc<AtomicBool>,
    /// Told when one is spent.
    pub stop: Arc<Stop>,
}

// === impl Caps ===

impl<C: Clock> Caps<C> {
    /// The caps of one of `shares` equal cores, over all slices of the run.
    pub fn new(clock: C, limits: &Limits, shares: u32, budget: Budget) -> Caps<C> {
        let share = |rate: f64| RateLimiter::direct(quota(rate / f64::from(shares.max(1))));
        Caps {
            clock,
            all: limits.requests.map(share),
            hosts: limits.hosts.iter().map(|(host, rate)| (host.clone(), share(*rate))).collect(),
            budget,
        }
    }

    async fn wait_for(&self, limiter: &DefaultDirectRateLimiter) -> Micros {
        let began_at = self.clock.now();
        while let Err(not_until) = limiter.check() {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            self.clock.sleep_until(self.clock.now().saturating_add(wait.into())).await;
        }
        self.clock.now().since(began_at)
    }
}

/// A rate as a quota, with a burst of a twentieth of a second's worth.
fn quota(rate: f64) -> Quota {
    let rate = rate.max(1e-6);
    let burst = NonZeroU32::new((rate / 20.0) as u32).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(Duration::from_secs_f64(1.0 / rate))
        .unwrap_or(Quota::per_second(NonZeroU32::MAX))
        .allow_burst(burst)
}

impl<C: Clock> RequestGate for Caps<C> {
    async fn pass(&self, origin: &Origin) -> Option<Micros> {
        if !spend(self.budget.requests.as_deref()) {
            self.budget.stop.advance(Phase::Draining, StopCause::RequestsSpent);
            // The run ends: this shopper goes no further, while requests on the wire come to their end.
            std::future::pending::<()>().await;
        }
        let mut held = Micros::ZERO;
        for limiter in self.all.iter().chain(
            self.hosts.iter().filter(|(host, _)| *host == origin.host).map(|(_, limiter)| limiter),
        ) {
            if limiter.check().is_err() {
                held += self.wait_for(limiter).await;
            }
        }
        (held > Micros::ZERO).then_some(held)
    }
}

// === impl Budget ===

impl Budget {
    /// Nothing may be bought any more, because it could not be remembered. Ends the run.
    pub fn lose_ledger(&self, error: &std::io::Error) {
        if !self.ledger_lost.swap(true, Ordering::Relaxed) {
            eprintln!(
                "error: the ledger of purchases can't be written ({error}): the run ends, so that nothing is bought unremembered"
            );
        }
        self.stop.advance(Phase::Draining, StopCause::LedgerLost);
    }

    /// Whether one more purchase attempt may be made. Ends the run where not.
    pub fn admits_order(&self) -> bool {
        if self.ledger_lost.load(Ordering::Relaxed) {
            return false;
        }
        let admitted = spend(self.orders.as_deref());
        if !admitted {
            self.stop.advance(Phase::Draining, StopCause::OrdersSpent);
        }
        admitted
    }
}

/// Takes one of what is left; true where there is no bound.
fn spend(left: Option<&AtomicU64>) -> bool {
    left.is_none_or(|left| {
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::TokioClock;
    use tokio::time::Instant;

    fn origin(host: &str) -> Origin {
        Origin { tls: false, host: host.into(), port: 80 }
    }

    #[tokio::test]
    async fn a_cap_holds_back_and_says_how_long() {
        let limits = Limits { requests: None, hosts: vec![("pay".into(), 100.0)] };
        let caps = Caps::new(TokioClock::start(Instant::now()), &limits, 2, Budget::default());
        let mut held = Micros::ZERO;
        let began = Instant::now();
        for _ in 0..7 {
            assert_eq!(caps.pass(&origin("shop")).await, None);
            held += caps.pass(&origin("pay")).await.unwrap_or_default();
        }
        // Two at once (a twentieth of a second's worth of 50/s), five more at 20 ms each.
        assert!(began.elapsed() >= Duration::from_millis(95), "{:?}", began.elapsed());
        assert!(held >= Micros::from_millis(90), "{held}");
    }

    #[tokio::test]
    async fn a_spent_budget_ends_the_run_and_lets_requests_on_the_wire_finish() {
        let stop = Arc::new(Stop::default());
        let budget = Budget {
            requests: Some(Arc::new(AtomicU64::new(2))),
            orders: Some(Arc::new(AtomicU64::new(1))),
            stop: Arc::clone(&stop),
            ..Budget::default()
        };
        let caps =
            Caps::new(TokioClock::start(Instant::now()), &Limits::default(), 1, budget.clone());
        caps.pass(&origin("shop")).await;
        caps.pass(&origin("shop")).await;
        let shop = origin("shop");
        tokio::select! {
            _ = caps.pass(&shop) => panic!("a third request passed"),
            () = async { stop.signal().reached(Phase::Draining).await } => {}
        }
        assert_eq!(stop.cause(), Some(StopCause::RequestsSpent));
        assert!(budget.admits_order());
        assert!(!budget.admits_order());
    }
}
