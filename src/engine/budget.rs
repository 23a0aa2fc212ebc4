//! What a run may do in all, over all its cores.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::stop::{Phase, Stop, StopCause};
use super::stop_rules::StopRules;
use crate::base::Slice;

/// What a run may do in all, over all its cores. Clones spend from one budget.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    /// Requests left.
    requests: Option<Arc<AtomicU64>>,
    /// Purchase attempts left.
    orders: Option<Arc<AtomicU64>>,
    /// Why purchases can't be logged any more.
    log_error: Arc<OnceLock<String>>,
    /// Advanced when something is spent.
    stop: Arc<Stop>,
}

// === impl Budget ===

impl Budget {
    /// The budget of one slice: limits are for the whole run, and all slices together keep them.
    pub fn new(rules: StopRules, slice: Slice, stop: &Arc<Stop>) -> Budget {
        let StopRules { max_requests, max_orders } = rules;
        let (index, slices) = (u64::from(slice.index()), u64::from(slice.of()));
        let of_slice = |total: u64| {
            Arc::new(AtomicU64::new(total / slices + u64::from(index < total % slices)))
        };
        Budget {
            requests: max_requests.map(of_slice),
            orders: max_orders.map(of_slice),
            log_error: Arc::default(),
            stop: Arc::clone(stop),
        }
    }

    /// Takes one request from the budget. Ends the run where none is left.
    pub(super) fn take_request(&self) -> bool {
        self.take(self.requests.as_deref(), StopCause::MaxRequestsReached)
    }

    /// Takes one purchase attempt from the budget. Ends the run where none is left; none is after an attempt could not
    /// be logged.
    pub(super) fn take_order(&self) -> bool {
        self.log_error.get().is_none()
            && self.take(self.orders.as_deref(), StopCause::MaxOrdersReached)
    }

    /// Ends the run: nothing may be bought that is not logged.
    pub(super) fn fail_purchase_log(&self, error: &io::Error) {
        // The first error is the one that is reported.
        let _ = self.log_error.set(error.to_string());
        self.stop.advance(Phase::Draining, StopCause::PurchaseLogFailed);
    }

    /// Why purchases could not be logged.
    pub(super) fn log_error(&self) -> Option<String> {
        self.log_error.get().cloned()
    }

    fn take(&self, left: Option<&AtomicU64>, cause: StopCause) -> bool {
        let taken = left.is_none_or(|left| {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                .is_ok()
        });
        if !taken {
            self.stop.advance(Phase::Draining, cause);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_share_a_limit_to_the_last_request() {
        let rules = StopRules { max_requests: Some(8), max_orders: None };
        let taken = Slice::WHOLE.split(3).into_iter().map(|slice| {
            let budget = Budget::new(rules, slice, &Arc::default());
            std::iter::repeat_with(|| budget.take_request()).take_while(|taken| *taken).count()
        });
        assert_eq!(taken.collect::<Vec<_>>(), [3, 3, 2]);
    }

    #[test]
    fn nothing_is_bought_after_a_purchase_could_not_be_logged() {
        let stop = Arc::new(Stop::default());
        let budget = Budget::new(StopRules::default(), Slice::WHOLE, &stop);
        let other_core = budget.clone();
        assert!(budget.take_order());
        other_core.fail_purchase_log(&io::Error::other("disk full"));
        other_core.fail_purchase_log(&io::Error::other("still full"));
        assert!(!budget.take_order());
        assert_eq!(stop.cause(), Some(StopCause::PurchaseLogFailed));
        assert_eq!(budget.log_error().as_deref(), Some("disk full"));
    }
}
