//! How many arrivals fall into a block: a Poisson number of mean 64, by inversion of its distribution.

/// Expected arrivals in a block. Large enough that drawing a count costs little per arrival, small enough
/// that a block is sorted in the first-level cache.
pub const BLOCK: f64 = 64.0;

/// e⁻⁶⁴, the one constant that is not computed: `exp` differs between platforms.
const E_MINUS_64: f64 = 1.603_810_890_548_638e-28;

/// P(N ≤ k) for k = 0, 1, …; beyond 12 standard deviations nothing can be told from 1.
static AT_MOST: [f64; 161] = table();

const fn table() -> [f64; 161] {
    let mut at_most = [0.0; 161];
    let mut exactly = E_MINUS_64;
    let mut sum = E_MINUS_64;
    at_most[0] = sum;
    let mut k = 1;
    while k < at_most.len() {
        exactly = exactly * BLOCK / k as f64;
        sum += exactly;
        at_most[k] = sum;
        k += 1;
    }
    at_most
}

/// The smallest k with P(N ≤ k) > `u`, for `u` in 0..1.
pub fn count(u: f64) -> u64 {
    AT_MOST.partition_point(|at_most| *at_most <= u).min(AT_MOST.len() - 1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{DiscreteCDF, Poisson};

    #[test]
    fn the_table_is_the_distribution_function_of_poisson_64() {
        let law = Poisson::new(BLOCK).unwrap();
        for (k, at_most) in AT_MOST.iter().enumerate() {
            let exact = law.cdf(k as u64);
            assert!((at_most - exact).abs() < 1e-12, "P(N <= {k}) is {exact}, not {at_most}");
        }
        assert!(AT_MOST.is_sorted());
    }

    #[test]
    fn counts_invert_the_distribution_function() {
        assert_eq!(count(0.0), 0);
        assert_eq!(count(AT_MOST[63]), 64);
        assert_eq!(count(AT_MOST[64] - 1e-9), 64);
        assert!((100..=160).contains(&count(1.0 - f64::EPSILON / 2.0)));
    }
}
