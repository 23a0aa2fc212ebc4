//! Shoppers who wait for each other, to act at one instant: the door of a flash sale.
//!
//! Groups form in the order of coming: when this many are there, all of them go, and the next group begins. Nobody
//! waits for longer than the scenario says, since the one who is missing may have left. The shoppers of all cores
//! wait at one barrier.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::Notify;

use super::transport::Clock;
use crate::base::{Micros, Slice, StepId};
use crate::plan::{Plan, Rendezvous};

/// The barriers of a plan, by step.
#[derive(Debug)]
pub struct MeetingPoints(Vec<Option<MeetingPoint>>);

#[derive(Debug)]
struct MeetingPoint {
    rule: Rendezvous,
    group: Mutex<WaitingGroup>,
}

/// Those who wait now.
#[derive(Debug, Default)]
struct WaitingGroup {
    waiting: u32,
    opening: Arc<Release>,
}

/// The moment at which a group goes.
#[derive(Debug, Default)]
struct Release {
    at: OnceLock<Micros>,
    opened: Arc<Notify>,
}

// === impl MeetingPoints ===

impl MeetingPoints {
    /// The barriers of a process that runs this slice: it has its share of each group.
    pub fn new(plan: &Plan, slice: Slice) -> MeetingPoints {
        let share = |rule: Rendezvous| {
            let (index, of) = (slice.index(), slice.of());
            let shoppers = (rule.shoppers / of + u32::from(index < rule.shoppers % of)).max(1);
            MeetingPoint { rule: Rendezvous { shoppers, ..rule }, group: Mutex::default() }
        };
        MeetingPoints(plan.steps.iter().map(|step| step.rendezvous.map(share)).collect())
    }

    /// Waits before this step for the others; when they act, or nothing where there is nobody to wait for.
    pub(super) async fn wait<C: Clock>(&self, step: StepId, clock: &C) -> Option<Micros> {
        let barrier = self.0.get(step.index())?.as_ref()?;
        let came_at = clock.now();
        let (opening, opened) = barrier.join(came_at);
        tokio::select! {
            biased;
            () = opened => {}
            () = clock.sleep_until(came_at.saturating_add(barrier.rule.within)) => barrier.give_up(&opening, clock.now()),
        }
        opening.at.get().copied()
    }
}

// === impl MeetingPoint ===

impl MeetingPoint {
    fn group(&self) -> MutexGuard<'_, WaitingGroup> {
        self.group.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more is here. The group's opening, and what ends when it opens.
    fn join(&self, now: Micros) -> (Arc<Release>, impl Future<Output = ()> + use<>) {
        let mut group = self.group();
        group.waiting += 1;
        let opening = Arc::clone(&group.opening);
        // Made before the group can open, so that no opening is missed.
        let opened = Arc::clone(&opening.opened).notified_owned();
        if group.waiting >= self.rule.shoppers {
            group.open(now);
        }
        (opening, opened)
    }

    /// Somebody waited long enough: all go, unless they have gone.
    fn give_up(&self, opening: &Arc<Release>, now: Micros) {
        let mut group = self.group();
        if Arc::ptr_eq(&group.opening, opening) {
            group.open(now);
        }
    }
}

// === impl WaitingGroup ===

impl WaitingGroup {
    fn open(&mut self, now: Micros) {
        let group = std::mem::take(self);
        let _ = group.opening.at.set(now);
        group.opening.opened.notify_waiters();
    }
}
