//! The arrivals that a log had, kept beside the load that was made of them.

use super::decode::mapping;
use super::source::{Located, LocatedText};
use super::units::EventRate;
use crate::base::Micros;

mapping! {
    /// The arrivals that a log had: what the load was made of. An import writes it, `check` draws it next to the plan, and nothing is run by it.
    LoggedArrivals, "logged arrivals" {
        /// When they came.
        "when" required => when: LocatedText,
        /// How long each of the rates holds.
        "every" required => every: Located<Micros>,
        /// Arrivals per second, from the beginning to the end.
        "rates" required => rates: Vec<Located<EventRate>>,
    }
}
