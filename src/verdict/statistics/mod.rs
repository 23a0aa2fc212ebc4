//! What a finite sample can say: intervals, tests and their limits.
//!
//! Everything here is a pure function of counts. The rules of the house: every rate has an interval, no failure in
//! n is "at most 3/n" and never zero, and a quantile that the sample can't carry is not given at all.

mod clustering;
mod exact;
mod mantel_haenszel;
mod neighbours;
pub mod power;
mod proportion;
mod quantile;
mod quantile_shift;
mod rate_shift;
mod share;
mod shift;
pub mod student;
mod sums;
mod time_blocks;
mod two_samples;

pub use clustering::{Clustering, clustering, design_effect};
pub use exact::{benjamini_hochberg, binomial_greater, fisher_greater, fisher_two_sided, holm};
pub use mantel_haenszel::{MantelHaenszel, Stratum};
pub use proportion::{
    Interval, Rate, clopper_pearson, clopper_pearson_upper, mean_interval, rule_of_three, wilson,
};
pub use quantile::{Quantile, Quantiles, min_sample, quantile};
pub use quantile_shift::{QuantileShift, SpanCounts, SpansOfTwoRuns};
pub use rate_shift::RateShift;
pub use share::Share;
pub use shift::Shift;
pub use sums::{SumOfSquares, SumsByBlock};
pub use time_blocks::{MIN_BLOCKS, RESAMPLES, TimeBlocks};
pub use two_samples::{difference, ratio};

/// The two-sided 95 % point of the standard normal distribution.
pub const Z95: f64 = 1.959_963_984_540_054;

/// The one-sided 95 % point of the standard normal distribution.
pub const Z_ONE_SIDED: f64 = 1.644_853_626_951_472_6;
