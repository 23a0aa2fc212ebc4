//! The standard normal law, with the same bits on every platform: `exp` and `ln` of the system differ between them.

/// The chance that a standard normal number is above `z`.
pub fn upper_tail(z: f64) -> f64 {
    0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
}

/// The standard normal quantile: Hastings' rational approximation (Abramowitz and Stegun 26.2.23, error below 4.5e-4),
/// then a step of Newton on the distribution function.
pub fn quantile(u: f64) -> f64 {
    let tail = u.min(1.0 - u).max(1e-16);
    let t = libm::sqrt(-2.0 * libm::log(tail));
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let z = t - above / below;
    let density = libm::exp(-z * z / 2.0) / libm::sqrt(2.0 * std::f64::consts::PI);
    let z = z + (upper_tail(z) - tail) / density;
    if u < 0.5 { -z } else { z }
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, Normal};

    use super::*;

    #[test]
    fn the_normal_quantile_is_that_of_the_literature() {
        let normal = Normal::standard();
        for u in [1e-9, 1e-4, 0.01, 0.1, 0.3, 0.5, 0.77, 0.9, 0.999, 1.0 - 1e-7] {
            let (ours, theirs) = (quantile(u), normal.inverse_cdf(u));
            assert!((ours - theirs).abs() < 1e-6, "at {u}: {ours}, not {theirs}");
        }
    }
}
