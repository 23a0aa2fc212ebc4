//! How an answer is judged, and what the shopper does about it.

use super::extract::Extract;
use super::template::Template;
use crate::base::{Micros, UnitId};
use crate::capture::check;

/// Conditions on an answer that must all hold.
#[derive(Debug, Default)]
pub struct Conditions {
    /// The conditions, in the order of the scenario.
    pub checks: Vec<Check>,
}

/// One condition on an answer.
#[derive(Debug)]
pub enum Check {
    /// A check of a kind, with its texts.
    One(Box<dyn check::Check>, Vec<Template>),
    /// One of these holds.
    AnyOf(Vec<Conditions>),
}

/// What a shopper does after a refusal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterDecline {
    /// Tries again, as after a failure.
    #[default]
    Retry,
    /// Leaves by choice.
    Leave,
    /// Goes on with the next step, in a purchase as well.
    Next,
    /// Goes on at this unit, which is a later one of the journey.
    SkipTo(UnitId),
    /// Tries again with another value of the attribute at this place.
    Redraw(u8),
}

/// A step that asks again until a condition holds. One attempt; each request is an exchange.
#[derive(Debug)]
pub struct Poll {
    /// The pause between an answer and the next request; none: when and where the page says.
    pub every: Option<Micros>,
    /// Where it asks after the first request; none: the request is repeated.
    pub at: Option<PollAddress>,
    /// What ends it well.
    pub until: Conditions,
    /// How long the shopper waits for it, from the first request.
    pub within: Micros,
    /// Whether an answer with an error status (400 and above) ends it: none of its conditions speaks of the status.
    pub fails_on_error: bool,
}

/// Where a poll asks, by GET.
#[derive(Debug)]
pub enum PollAddress {
    /// At this address.
    Address(Template),
    /// Where the first answer says.
    Found(Extract),
}

// === impl Check ===

impl From<Box<dyn check::Check>> for Check {
    /// A check without texts.
    fn from(check: Box<dyn check::Check>) -> Check {
        Check::One(check, Vec::new())
    }
}

// === impl Conditions ===

impl Conditions {
    /// Whether nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }

    /// Whether a status is asked for.
    pub(super) fn speaks_of_status(&self) -> bool {
        self.checks.iter().any(|check| match check {
            Check::One(check, _) => check.is_of_status(),
            Check::AnyOf(sets) => sets.iter().any(Conditions::speaks_of_status),
        })
    }
}
