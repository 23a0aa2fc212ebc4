//! By what rules two runs are compared.

use super::noise::NoiseFloor;
use super::subject::Subject;
use crate::base::Micros;

/// By what terms two runs are compared.
#[derive(Clone, Copy, Debug)]
pub struct ComparisonTerms<'n> {
    /// The comparison that decides, and is not corrected for the number of the others.
    pub primary: Subject,
    /// The relative change that matters: 0.1 is a tenth more. For rates at least [`LEAST_MARGIN`], for times at least [`LEAST_SLOWER`].
    pub margin: f64,
    /// What like runs have shown to differ by.
    pub noise: Option<&'n NoiseFloor>,
    /// Whether the runs are the two sides of a duet, so that shoppers are pairs.
    pub duet: bool,
    /// Who arrived, and what began, before this time of the run is left out: a shop that has just been started is cold.
    pub after: Micros,
}

/// A relative change of a tenth matters, unless the user says otherwise.
pub const MARGIN: f64 = 0.1;
/// A smaller difference of rates does not matter, however rare failures are: one shopper in a thousand.
pub const LEAST_MARGIN: f64 = 0.001;
/// Nor does a smaller difference of times, however quick the shop is: what takes a millisecond takes a fifth longer when the machine's
/// clock slows down, and no shopper knows.
pub const LEAST_SLOWER: Micros = Micros::from_millis(5);
