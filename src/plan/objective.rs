//! The release gate: one objective a line, in words an SRE writes.

use super::Metric;
use crate::base::Micros;

/// A statement that must hold of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// As the scenario writes it.
    pub text: String,
    /// The line of the scenario file, from 1; 0 where it came from the command line.
    pub line: u32,
    /// What is measured.
    pub metric: Metric,
    /// Which side of the limit is good.
    pub operator: Operator,
    /// The limit: a fraction for rates, microseconds for times, requests per second for `requests`.
    pub limit: f64,
    /// `for 30s`: must hold in every window of this length.
    pub window: Option<Micros>,
    /// `after 30s`: what arrived earlier is left out.
    pub after: Option<Micros>,
    /// `where payment = wallet`: the attribute's index in the plan, and the value's.
    pub only: Vec<(usize, usize)>,
    /// `abort`: stop the run once it is certain that it is violated.
    pub abort: bool,
}

/// Which side of the limit is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

// === impl Operator ===

impl Operator {
    /// Whether the good side is below the limit.
    pub const fn small_is_good(self) -> bool {
        match self {
            Operator::Below | Operator::AtMost => true,
            Operator::Above | Operator::AtLeast => false,
        }
    }

    /// Whether a figure that is counted, not estimated, is on the good side.
    pub fn accepts(self, figure: f64, limit: f64) -> bool {
        match self {
            Operator::Below => figure < limit,
            Operator::AtMost => figure <= limit,
            Operator::Above => figure > limit,
            Operator::AtLeast => figure >= limit,
        }
    }
}
