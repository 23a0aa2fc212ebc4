//! How attempts and journeys end.

use serde::{Deserialize, Serialize};

use super::failure::FailureKind;

/// How an attempt came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As expected.
    Ok,
    /// The shop worked, and said no.
    Declined,
    /// The shopper saw something go wrong.
    Failed(FailureKind),
    /// The run was cut, or the generator itself failed: nothing can be said about the shop.
    Unjudged,
}

/// How a shopper's journey ended. Each shopper ends in exactly one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Went through all units.
    Completed,
    /// Left after a success, as some shoppers do.
    LeftByChoice,
    /// Left after a failed attempt, out of patience (live behaviour only).
    Lost,
    /// Tried a unit as often as the scenario allows.
    StoppedByCap,
    /// The run ended first, or the generator failed.
    Unfinished,
}
