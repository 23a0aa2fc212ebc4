//! The times of attempts at steps, indexed by what is measured and how the attempt came out.
//!
//! A new time is a variant of [`Timing`] and its series in [`StepTime`]: merging, compacting, storing and the interval
//! log go over all series. The array is stored in the order of [`StepTime`], so a new one is a new stored form.

use std::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};

use super::failure::FailureKind;
use super::latency_by_block::LatencyByBlock;
use super::merge::Merge;
use super::outcome::Outcome;
use crate::base::Micros;

/// What is measured of an attempt at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// Intended start to last byte, or to the moment of giving up.
    Response,
    /// First byte of the first request to last byte of the last answer.
    Service,
}

/// A series of times that is kept of each step, in the order in which they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepTime {
    /// Response times of successes.
    ResponseOk,
    /// Response times of declines.
    ResponseDeclined,
    /// Response times of failures of all kinds but `TooSlow`.
    ResponseFailed,
    /// Attempts given up as too slow: right-censored at the moment of giving up.
    ResponseCensored,
    /// Service times of successes.
    ServiceOk,
    /// Service times of declines and failures.
    ServiceFailed,
}

/// The times of one attempt; none where something did not come to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttemptTimes([Option<Micros>; Timing::ALL.len()]);

/// The series of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTimes([LatencyByBlock; StepTime::ALL.len()]);

// === impl Timing ===

impl Timing {
    /// Every time that is measured.
    pub const ALL: [Timing; 2] = [Timing::Response, Timing::Service];

    /// Where the time of an attempt with this outcome is counted; nowhere if it ended without a judgement.
    pub fn series(self, outcome: Outcome) -> Option<StepTime> {
        match (self, outcome) {
            (Timing::Response, Outcome::Ok) => Some(StepTime::ResponseOk),
            (Timing::Response, Outcome::Declined) => Some(StepTime::ResponseDeclined),
            (Timing::Response, Outcome::Failed(FailureKind::TooSlow)) => {
                Some(StepTime::ResponseCensored)
            }
            (Timing::Response, Outcome::Failed(_)) => Some(StepTime::ResponseFailed),
            (Timing::Service, Outcome::Ok) => Some(StepTime::ServiceOk),
            (Timing::Service, Outcome::Declined | Outcome::Failed(_)) => {
                Some(StepTime::ServiceFailed)
            }
            (Timing::Response | Timing::Service, Outcome::Unjudged) => None,
        }
    }

    /// The series of successes.
    pub fn successes(self) -> StepTime {
        match self {
            Timing::Response => StepTime::ResponseOk,
            Timing::Service => StepTime::ServiceOk,
        }
    }

    /// The series of attempts that were given up, if they are kept apart: their times are lower bounds.
    pub fn given_up(self) -> Option<StepTime> {
        match self {
            Timing::Response => Some(StepTime::ResponseCensored),
            Timing::Service => None,
        }
    }
}

// === impl StepTime ===

impl StepTime {
    /// Every series, as stored.
    pub const ALL: [StepTime; 6] = [
        StepTime::ResponseOk,
        StepTime::ResponseDeclined,
        StepTime::ResponseFailed,
        StepTime::ResponseCensored,
        StepTime::ServiceOk,
        StepTime::ServiceFailed,
    ];

    /// As the interval log writes it.
    pub const fn key(self) -> &'static str {
        match self {
            StepTime::ResponseOk => "response.ok",
            StepTime::ResponseDeclined => "response.declined",
            StepTime::ResponseFailed => "response.failed",
            StepTime::ResponseCensored => "response.censored",
            StepTime::ServiceOk => "service.ok",
            StepTime::ServiceFailed => "service.failed",
        }
    }
}

// === impl AttemptTimes ===

impl AttemptTimes {
    /// The same with one time set.
    #[must_use]
    pub fn with(mut self, timing: Timing, span: Option<Micros>) -> AttemptTimes {
        self.0[timing as usize] = span;
        self
    }

    /// The times that there are.
    pub fn iter(self) -> impl Iterator<Item = (Timing, Micros)> {
        Timing::ALL.into_iter().zip(self.0).filter_map(|(timing, span)| Some((timing, span?)))
    }
}

// === impl StepTimes ===

impl StepTimes {
    /// Each series.
    pub fn iter(&self) -> impl Iterator<Item = (StepTime, &LatencyByBlock)> {
        StepTime::ALL.into_iter().zip(&self.0)
    }
}

impl Index<StepTime> for StepTimes {
    type Output = LatencyByBlock;

    fn index(&self, series: StepTime) -> &LatencyByBlock {
        &self.0[series as usize]
    }
}

impl IndexMut<StepTime> for StepTimes {
    fn index_mut(&mut self, series: StepTime) -> &mut LatencyByBlock {
        &mut self.0[series as usize]
    }
}

impl Merge for StepTimes {
    fn merge_with(&mut self, StepTimes(theirs): StepTimes) {
        self.0.merge_with(theirs);
    }

    fn volume(&self) -> u64 {
        self.0.volume()
    }

    fn compact(&mut self) {
        self.0.compact();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_stands_at_its_own_place() {
        for (place, series) in StepTime::ALL.into_iter().enumerate() {
            assert_eq!(series as usize, place, "{series:?}");
        }
        for (place, timing) in Timing::ALL.into_iter().enumerate() {
            assert_eq!(timing as usize, place, "{timing:?}");
        }
    }

    #[test]
    fn what_is_read_as_successes_and_given_up_is_what_was_counted_as_such() {
        for timing in Timing::ALL {
            assert_eq!(timing.series(Outcome::Ok), Some(timing.successes()));
            let slow = timing.series(Outcome::Failed(FailureKind::TooSlow));
            assert!(timing.given_up().is_none_or(|series| slow == Some(series)));
        }
    }
}
