//! How the slices of a run meet in a store that all of them can reach: who takes part, when the run begins, when its parts are
//! all there. Pure: the store, the clock and the waiting are elsewhere.
//!
//! Objects are created once and never changed, so that a store with atomic creation is all that is needed. One object, `start`,
//! decides for everybody: either the run begins at a moment of the store's clock, or it is called off.

mod barrier;
mod clock;
mod engine_variables;
mod gate;
mod names;
mod records;
#[cfg(test)]
mod simulation;

pub use barrier::{Admission, Barrier, NextMove, StoreReply, StoreRequest, WaitLimits};
pub use clock::{ClockBounds, ClockOffset};
pub use engine_variables::{FoundSlice, SliceChoice, SliceSearchError, find_slice};
pub use gate::{GateState, look};
pub use names::{
    MERGED, PROBE, READY, RUN, START, STOP, ready, slice_baseline_purchases, slice_baseline_tally,
    slice_index_of, slice_part, slice_purchases, slice_tally, slices_folder,
};
pub use records::{ReadyRecord, RunDifference, RunRecord, StartDecision, StopOrder, StopReason};
