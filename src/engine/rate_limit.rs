//! Rate limits: what holds requests back.
//!
//! A limit never paces arrivals: waiting for a permit would close the model. It only protects others, such as a
//! payment sandbox, and everything that it holds back is counted.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use super::budget::Budget;
use crate::base::Micros;
use crate::plan::Limits;
use crate::shopper::browser::fetch::RequestGate;
use crate::shopper::transport::{Clock, Origin};

/// What each request of one core passes.
pub struct RateLimitGate<C> {
    clock: C,
    all: Option<DefaultDirectRateLimiter>,
    hosts: Vec<(String, DefaultDirectRateLimiter)>,
    budget: Budget,
}

// === impl RateLimitGate ===

impl<C: Clock> RateLimitGate<C> {
    /// The gate of one of `shares` equal cores, over all slices of the run.
    pub fn new(clock: C, limits: &Limits, shares: u32, budget: Budget) -> RateLimitGate<C> {
        let share = |rate: f64| RateLimiter::direct(quota(rate / f64::from(shares.max(1))));
        RateLimitGate {
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

impl<C: Clock> RequestGate for RateLimitGate<C> {
    async fn pass(&self, origin: &Origin) -> Option<Micros> {
        if !self.budget.take_request() {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::Slice;
    use crate::engine::{Phase, Stop, StopCause, StopRules, TokioClock};
    use tokio::time::Instant;

    fn origin(host: &str) -> Origin {
        Origin { tls: false, host: host.into(), port: 80 }
    }

    #[tokio::test]
    async fn a_limit_holds_back_and_says_how_long() {
        let limits = Limits { requests: None, hosts: vec![("pay".into(), 100.0)] };
        let gate =
            RateLimitGate::new(TokioClock::start(Instant::now()), &limits, 2, Budget::default());
        let mut held = Micros::ZERO;
        let began = Instant::now();
        for _ in 0..7 {
            assert_eq!(gate.pass(&origin("shop")).await, None);
            held += gate.pass(&origin("pay")).await.unwrap_or_default();
        }
        // Two at once (a twentieth of a second's worth of 50/s), five more at 20 ms each.
        assert!(began.elapsed() >= Duration::from_millis(95), "{:?}", began.elapsed());
        assert!(held >= Micros::from_millis(90), "{held}");
    }

    #[tokio::test]
    async fn a_spent_budget_ends_the_run_and_lets_requests_on_the_wire_finish() {
        let stop = Arc::new(Stop::default());
        let rules = StopRules { max_requests: Some(2), max_orders: Some(1) };
        let budget = Budget::new(rules, Slice::WHOLE, &stop);
        let clock = TokioClock::start(Instant::now());
        let gate = RateLimitGate::new(clock, &Limits::default(), 1, budget.clone());
        let shop = origin("shop");
        gate.pass(&shop).await;
        gate.pass(&shop).await;
        tokio::select! {
            _ = gate.pass(&shop) => panic!("a third request passed"),
            () = async { stop.signal().wait_for(Phase::Draining).await } => {}
        }
        assert_eq!(stop.cause(), Some(StopCause::MaxRequestsReached));
        assert!(budget.take_order());
        assert!(!budget.take_order());
    }
}
