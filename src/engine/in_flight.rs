//! The shoppers who are in the shop.

use std::cell::Cell;
use std::rc::Rc;

use tokio::sync::Notify;

use crate::shopper::{CoreContext, Env};
use crate::tally::OwnFault;

/// The cause that is counted where a bug of ours ended a shopper's task.
pub(super) const TASK_PANICKED: &str = "a shopper's task panicked: please report it";

/// The shoppers of this core who are in the shop.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    count: Cell<u64>,
    empty: Notify,
    is_cut: Cell<bool>,
    cutting: Notify,
}

/// Counts a shopper as in flight until it is dropped: when the task ends, however it ends.
pub(super) struct InFlightGuard<E: Env> {
    context: Rc<CoreContext<E>>,
    in_flight: Rc<InFlight>,
}

// === impl InFlight ===

impl InFlight {
    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.count.get()
    }

    fn enter(&self) {
        self.count.set(self.count.get() + 1);
    }

    fn leave(&self) {
        self.count.set(self.count.get() - 1);
        if self.count.get() == 0 {
            self.empty.notify_waiters();
        }
    }

    /// Returns once nobody is in the shop.
    pub(super) async fn wait_until_empty(&self) {
        while self.count.get() > 0 {
            self.empty.notified().await;
        }
    }

    /// Cuts whoever is still in the shop.
    pub(super) fn cut(&self) {
        self.is_cut.set(true);
        self.cutting.notify_waiters();
    }

    /// Returns once those in the shop are cut.
    pub(super) async fn wait_until_cut(&self) {
        while !self.is_cut.get() {
            self.cutting.notified().await;
        }
    }
}

// === impl InFlightGuard ===

impl<E: Env> InFlightGuard<E> {
    pub(super) fn enter(
        context: &Rc<CoreContext<E>>,
        in_flight: &Rc<InFlight>,
    ) -> InFlightGuard<E> {
        in_flight.enter();
        InFlightGuard { context: Rc::clone(context), in_flight: Rc::clone(in_flight) }
    }
}

impl<E: Env> Drop for InFlightGuard<E> {
    fn drop(&mut self) {
        // A bug of ours in one shopper must neither hang the run nor pass unseen.
        if std::thread::panicking()
            && let Ok(mut tally) = self.context.tally.try_borrow_mut()
        {
            tally.own_failure(OwnFault::Bug, TASK_PANICKED);
        }
        self.in_flight.leave();
    }
}
