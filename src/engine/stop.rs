//! How a run ends: arrivals stop, shoppers finish, the rest is cut.

use tokio::sync::watch;

/// What shoppers may still do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Arrive and shop.
    #[default]
    Running,
    /// Finish, for a bounded time; nobody arrives any more.
    Draining,
    /// Nothing: what is under way is cut.
    Cut,
}

/// Why a run ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopCause {
    /// A signal.
    Interrupted,
    /// All requests were sent that the run may send.
    MaxRequestsReached,
    /// All purchase attempts were made that the run may make.
    MaxOrdersReached,
    /// An objective with `abort` is certainly violated.
    ObjectiveViolated,
    /// The purchase log can't be written: no purchase may go unlogged.
    PurchaseLogFailed,
    /// The run that this slice is of was stopped from elsewhere.
    StoppedElsewhere,
}

/// Ends a run from anywhere. Phases only go forward, and the first cause stays.
#[derive(Debug)]
pub struct Stop {
    state: watch::Sender<(Phase, Option<StopCause>)>,
}

/// What a core waits on.
#[derive(Clone, Debug)]
pub struct StopSignal(watch::Receiver<(Phase, Option<StopCause>)>);

// === impl Stop ===

impl Default for Stop {
    fn default() -> Stop {
        Stop { state: watch::Sender::new((Phase::Running, None)) }
    }
}

impl Stop {
    /// Goes on to `phase`, unless the run is further already.
    pub fn advance(&self, phase: Phase, cause: StopCause) {
        self.state.send_if_modified(|state| {
            let further = phase > state.0;
            if further {
                *state = (phase, state.1.or(Some(cause)));
            }
            further
        });
    }

    /// Why the run was ended before its time, if it was.
    pub fn cause(&self) -> Option<StopCause> {
        self.state.borrow().1
    }

    /// Something to wait on.
    pub fn signal(&self) -> StopSignal {
        StopSignal(self.state.subscribe())
    }
}

// === impl StopSignal ===

impl StopSignal {
    /// Returns once the run is in this phase or further. Never returns if the `Stop` is gone before.
    pub async fn wait_for(&mut self, phase: Phase) {
        if self.0.wait_for(|state| state.0 >= phase).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_go_forward_and_the_first_cause_stays() {
        let stop = Stop::default();
        stop.advance(Phase::Draining, StopCause::Interrupted);
        stop.advance(Phase::Cut, StopCause::MaxOrdersReached);
        stop.advance(Phase::Draining, StopCause::MaxRequestsReached);
        assert_eq!(*stop.state.borrow(), (Phase::Cut, Some(StopCause::Interrupted)));
    }
}
