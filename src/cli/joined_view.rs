//! A run whose slices met in a store, as far as they have stored it. Slices are merged as `merge` does, so that what is seen is exact.

use std::collections::BTreeMap;

use super::merge_joined::{Delivered, SeenRun, see};
use crate::base::Micros;
use crate::join::{GateState, STOP, StartDecision, StopOrder, StopReason, slice_part, slice_tally};
use crate::plan::Plan;
use crate::store::{RunStore, StoreError};
use crate::tally::shard::Shard;
use crate::verdict;

/// The evidence is looked at as a whole here, and by each slice: each of the two has half of the chance to be wrong.
pub const SHARES_OF_CHANCE: u32 = 2;

/// The slices of a run, read again and again.
pub struct JoinedView {
    store: RunStore,
    slices: BTreeMap<u32, Shard>,
    /// Those that do not change any more.
    whole: Vec<u32>,
    has_ordered_stop: bool,
}

/// What there was at one look.
pub struct JoinedState {
    /// How far the run is.
    pub gate: GateState,
    /// When it began, or is to begin, and who takes part.
    pub start: Option<StartDecision>,
    /// Everything that the slices have stored, merged; none before the first has stored something.
    pub merged: Option<Shard>,
    /// Since the planned start, until when every slice that takes part has stored what it counted.
    pub seen_until: Micros,
    /// In how many slices the run is cut.
    pub slices: u32,
}

// === impl JoinedView ===

impl JoinedView {
    /// Of the run in this store.
    pub fn new(store: RunStore) -> JoinedView {
        JoinedView { store, slices: BTreeMap::new(), whole: Vec::new(), has_ordered_stop: false }
    }

    /// The store.
    pub const fn store(&self) -> &RunStore {
        &self.store
    }

    /// Reads what is new. None where there is no run.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn look(&mut self) -> Result<Option<JoinedState>, StoreError> {
        let Some(SeenRun { state, delivered, start, slices }) = see(&self.store)? else {
            return Ok(None);
        };
        self.read_new(&delivered)?;
        let merged = Shard::join(self.slices.values().cloned()).ok();
        let seen_until = self.seen_until(start.as_ref());
        Ok(Some(JoinedState { gate: state, start, merged, seen_until, slices }))
    }

    /// Orders all slices to end if what they have stored together breaks an objective with `abort` for certain. What to say.
    pub fn stop_if_violated(&mut self, plan: &Plan, state: &JoinedState) -> Option<String> {
        let is_running = matches!(state.gate, GateState::Waiting { .. });
        let tally = &state.merged.as_ref().filter(|_| is_running && !self.has_ordered_stop)?.tally;
        let violated =
            verdict::certainly_violated(plan, tally, state.seen_until, SHARES_OF_CHANCE)?;
        self.has_ordered_stop = true;
        let objective = plan.objectives.get(violated).map_or("", |objective| &objective.text);
        Some(match self.order_stop(StopReason::ObjectiveViolated, "watch") {
            Ok(_) => format!("stopping all slices: '{objective}' is certainly violated"),
            Err(error) => format!(
                "warning: '{objective}' is certainly violated, and the order to stop can't be stored: {:#}",
                anyhow::Error::from(error)
            ),
        })
    }

    /// Has all slices end. False if they were told before.
    ///
    /// # Errors
    /// When the store can't be written.
    pub fn order_stop(&self, reason: StopReason, by: &str) -> Result<bool, StoreError> {
        let order = StopOrder { reason, by: by.to_owned() };
        self.store.create(STOP, order.to_json().into_bytes())
    }

    fn read_new(&mut self, delivered: &[Delivered]) -> Result<(), StoreError> {
        let new: Vec<&Delivered> =
            delivered.iter().filter(|slice| !self.whole.contains(&slice.index)).collect();
        let name = |slice: &&Delivered| match slice.is_whole {
            true => slice_tally(slice.index),
            false => slice_part(slice.index),
        };
        let names: Vec<String> = new.iter().map(name).collect();
        for (slice, bytes) in new.into_iter().zip(self.store.read_all(&names)?) {
            // What is no tally is told by the merge; here, the slice's last one is shown.
            let Some(Ok(shard)) =
                bytes.map(|bytes| Shard::read(format!("slice {}", slice.index), bytes.as_slice()))
            else {
                continue;
            };
            self.slices.insert(slice.index, shard);
            if slice.is_whole {
                self.whole.push(slice.index);
            }
        }
        Ok(())
    }

    fn seen_until(&self, start: Option<&StartDecision>) -> Micros {
        let Some(StartDecision::Go { slices, .. }) = start else { return Micros::ZERO };
        let until = |index: &u32| {
            let tally = &self.slices.get(index)?.tally;
            tally.seconds.keys().next_back().copied()
        };
        let seen = slices.iter().filter(|index| !self.whole.contains(index)).map(until);
        let all = seen.map(Option::unwrap_or_default).min();
        // Once all have delivered, everything was seen.
        all.map_or(Micros(u64::MAX / 2), |second| Micros::from_secs(u64::from(second)))
    }
}
