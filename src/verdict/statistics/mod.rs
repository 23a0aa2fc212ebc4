//! What a finite sample can say: intervals, tests and their limits.
//!
//! Everything here is a pure function of counts. The rules of the house: every rate has an interval, no failure in
//! n is "at most 3/n" and never zero, and a quantile that the sample can't carry is not given at all.

mod beside;
mod blocks;
mod exact;
mod mean;
mod quantile;
mod rate;
mod strata;
mod stretches;

pub use beside::{difference, ratio};
pub use blocks::{MIN_BLOCKS, clustering, design_effect};
pub use exact::{benjamini_hochberg, fisher_greater, fisher_two_sided};
pub use mean::Cell;
pub use quantile::{Quantile, Quantiles, min_sample, quantile};
pub use rate::{
    Interval, Rate, clopper_pearson, clopper_pearson_upper, mean_interval, rule_of_three, wilson,
};
pub use strata::{Strata, Stratum};
pub use stretches::{RESAMPLES, Stretches};

/// The two-sided 95 % point of the standard normal distribution.
pub const Z95: f64 = 1.959_963_984_540_054;

/// The one-sided 95 % point of the standard normal distribution.
pub const Z_ONE_SIDED: f64 = 1.644_853_626_951_472_6;
