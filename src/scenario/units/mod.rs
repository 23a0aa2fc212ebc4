//! Quantities as people write them: `50/s`, `1h30m`, `1s..4s`, `26%`, `2xx`.
//!
//! The same notation holds in the scenario, in objectives and on the command line.

mod number;
mod quantity;
mod size;
mod time;

pub use number::{Attempts, Count, Dispersion, Fraction, Times, Weight};
pub(super) use quantity::wrong;
pub use quantity::{Quantity, QuantityError};
pub use size::{Bandwidth, Extent};
pub use time::{EventRate, StageFlag};
