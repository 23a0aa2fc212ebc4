//! The progress of a shopper's way: what was done at each unit in each round, and what of that the funnel is told.
//!
//! The funnel counts shoppers, not rounds. Who comes to a unit several times has got through it when the last time is over, and is stopped
//! at it whichever time that happens, so that all who came are through, stopped or still there.

use crate::base::{JourneyId, Micros, UnitId};
use crate::tally::{End, Tally};

/// What the shopper did at one unit on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct UnitProgress {
    pub attempts: u32,
    pub failures: u32,
    /// The attempt that succeeded; 0 before.
    pub passed_at: u32,
    /// The unit's place in the journey.
    pub place: u16,
    /// Whether the shopper came to it in this round.
    pub came: bool,
    /// When the last attempt should have begun, if that failed.
    pub failed_at: Option<Micros>,
}

/// Where a shopper is after a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnitEnd {
    /// Through it, at this moment, with this attempt.
    Passed { at: Micros, attempts: u32 },
    /// Refused, and on the way to this later unit, at this moment.
    Skipped { to: UnitId, at: Micros, attempts: u32 },
    /// At the start of the journey again, to begin at this moment.
    Restart { at: Micros },
    /// At the end.
    Ended(End),
}

// === impl UnitProgress ===

impl UnitProgress {
    /// Nothing done yet at the unit at this place in the journey.
    pub(super) fn new(place: u16) -> UnitProgress {
        UnitProgress { place, ..UnitProgress::default() }
    }
}

/// Who has passed this leg: at which attempt, of all rounds the latest, the shopper got through the unit; none if the way leads there again.
pub(super) fn through(progress: &[UnitProgress], leg: usize) -> Option<u32> {
    let place = progress[leg].place;
    progress[leg + 1..].iter().all(|later| later.place != place).then(|| latest(progress, place))
}

/// Tells where the shopper was stopped, and what else the end has settled: units that the way would have led to again.
pub(super) fn settle(progress: &[UnitProgress], journey: JourneyId, end: End, tally: &mut Tally) {
    for (i, last) in progress.iter().enumerate() {
        if last.passed_at > 0 || through(progress, i).is_none() {
            continue;
        }
        let mut rounds = progress.iter().filter(|leg| leg.place == last.place && leg.came);
        match latest(progress, last.place) {
            _ if rounds.any(|leg| leg.passed_at == 0) => match end {
                End::Unfinished => tally.cut_off(journey, last.place.into()),
                End::Completed | End::LeftByChoice | End::Lost | End::StoppedByCap => {
                    tally.record_stop(journey, last.place.into())
                }
            },
            0 => {}
            nth => tally.record_pass(journey, last.place.into(), nth),
        }
    }
}

fn latest(progress: &[UnitProgress], place: u16) -> u32 {
    progress.iter().filter(|leg| leg.place == place).map(|leg| leg.passed_at).max().unwrap_or(0)
}
