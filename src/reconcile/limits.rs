//! How sure a count of violations is: exact Poisson limits, each one-sided at 95 % confidence.
//!
//! Among n intents, k violations bound the rate from above by `upper_limit(k) / n`: for none seen, 3/n.

use statrs::distribution::{ContinuousCDF, Gamma};

use crate::base::bisect;

/// The largest mean under which a count of `k` or fewer still comes with 5 %.
pub fn upper_limit(k: u64) -> f64 {
    quantile(k + 1, 0.95)
}

/// The smallest mean under which a count of `k` or more still comes with 5 %; 0 for none.
pub fn lower_limit(k: u64) -> f64 {
    if k == 0 { 0.0 } else { quantile(k, 0.05) }
}

/// The quantile of the law of the `shape`-th event of a Poisson process of rate 1.
fn quantile(shape: u64, p: f64) -> f64 {
    let shape = shape as f64;
    let Ok(law) = Gamma::new(shape, 1.0) else { return f64::NAN };
    let reach = shape + 10.0 * shape.sqrt() + 10.0;
    bisect(0.0, reach, 80, |x| law.cdf(x) >= p).1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Garwood's limits, as printed in tables of the Poisson distribution.
    #[test]
    fn limits_are_those_of_the_tables() {
        let tables = [
            (0, 0.0, 3.00),
            (1, 0.05, 4.74),
            (2, 0.36, 6.30),
            (3, 0.82, 7.75),
            (5, 1.97, 10.51),
            (10, 5.43, 16.96),
        ];
        for (k, low, high) in tables {
            assert!((lower_limit(k) - low).abs() < 0.01, "{k}: {}", lower_limit(k));
            assert!((upper_limit(k) - high).abs() < 0.01, "{k}: {}", upper_limit(k));
        }
        let (low, high) = (lower_limit(100_000), upper_limit(100_000));
        assert!((low - 99_480.0).abs() < 10.0 && (high - 100_522.0).abs() < 10.0, "{low} {high}");
    }
}
