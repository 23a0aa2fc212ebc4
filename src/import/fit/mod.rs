//! What is estimated from counts and times: the load shape, think times, and intervals of shares.

mod interval;
mod pieces;
mod shape;
mod smooth;
mod think;

pub use interval::Proportion;
pub use pieces::Piece;
pub use shape::{FittedShape, busiest, fit_shape};
pub use think::{Gaps, Think};
