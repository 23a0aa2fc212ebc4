//! Random streams without state: a draw is a pure function of a key, a purpose and an ordinal.
//!
//! Two reasons rule out a shared generator. What one shopper draws must not shift what another draws,
//! and the same plan must give the same shoppers on any number of cores and machines. So every draw is
//! addressed, not taken in turn. Only integer arithmetic and exact conversions are used: the same bits
//! on every platform.

/// What a draw is for. Draws for different purposes are independent of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum Purpose {
    /// How many arrivals fall into a block of the schedule.
    ArrivalCount = 1,
    /// Where in its block an arrival falls.
    ArrivalPosition = 2,
    /// The key of an arriving shopper.
    Shopper = 3,
    /// Which journey the shopper takes.
    Journey = 4,
    /// The value of an attribute; the ordinal is the attribute's place in the plan.
    Attribute = 5,
    /// Think time before a step.
    Think = 6,
    /// Whether the shopper goes on after a step, or leaves by choice.
    Continue = 7,
    /// The pause before trying again.
    RetryAfter = 8,
    /// Whether a failed attempt makes this shopper leave.
    Patience = 9,
    /// Choices inside templates: `pick`, `random`.
    Pick = 10,
    /// Markers, idempotency keys and other identities.
    Identity = 11,
    /// The arm of a retry experiment.
    Arm = 12,
    /// Whether a failing journey is kept as a sample.
    Sample = 13,
    /// Resampling in the statistics.
    Bootstrap = 14,
    /// Sub-seeds derived from a seed.
    Seed = 15,
    /// A row of a data set; the ordinal is the set's place in the plan.
    Row = 16,
    /// Which branch a shopper takes, and how often a shopper repeats.
    Route = 17,
    /// One of several things found in an answer.
    Found = 18,
    /// The identity of a request in a distributed trace.
    Trace = 19,
    /// What a shopper does besides paying, to test the shop.
    Provocation = 20,
    /// By how much the rate of arrivals swings in a stretch of time.
    Burst = 21,
}

/// 64 uniform bits for this key, purpose and ordinal.
///
/// Two rounds of the SplitMix64 finaliser (Steele, Lea and Flood, OOPSLA 2014; Stafford's variant 13
/// of the constants), the purpose and the ordinal entering before a round each.
pub const fn draw(key: u64, purpose: Purpose, ordinal: u64) -> u64 {
    let keyed = finalise(key ^ (purpose as u64).wrapping_mul(0xD134_2543_DE82_EF95));
    finalise(
        keyed
            .wrapping_add(ordinal.wrapping_mul(0x9E37_79B9_7F4A_7C15))
            .wrapping_add(0x9E37_79B9_7F4A_7C15),
    )
}

/// A number in 0..1 (1 excluded), a multiple of 2⁻⁵³, for this key, purpose and ordinal.
pub const fn uniform(key: u64, purpose: Purpose, ordinal: u64) -> f64 {
    unit(draw(key, purpose, ordinal))
}

/// The upper 53 of 64 uniform bits as a number in 0..1 (1 excluded).
pub const fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// An index below `bound` from 64 uniform bits (multiply-shift; the bias is below `bound` / 2⁶⁴).
pub const fn below(bits: u64, bound: u64) -> u64 {
    ((bits as u128 * bound as u128) >> 64) as u64
}

const fn finalise(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_the_same_everywhere_and_forever() {
        assert_eq!(draw(0, Purpose::ArrivalCount, 0), 0x5cfc_c391_b726_f0d3);
        assert_eq!(draw(42, Purpose::Think, 7), 0x4e22_acef_237b_08e2);
    }

    #[test]
    fn neighbouring_draws_are_uniform_and_uncorrelated() {
        let n = 200_000u64;
        let draws: Vec<f64> =
            (0..n).map(|i| uniform(i / 1_000, Purpose::Pick, i % 1_000)).collect();
        let mean = draws.iter().sum::<f64>() / n as f64;
        let product = draws.windows(2).map(|pair| (pair[0] - 0.5) * (pair[1] - 0.5)).sum::<f64>()
            / (n - 1) as f64;
        // Standard errors: 0.2887/√n for the mean, (1/12)/√n for the lag-1 product.
        assert!((mean - 0.5).abs() < 4.0 * 0.2887 / (n as f64).sqrt(), "mean {mean}");
        assert!(product.abs() < 4.0 / 12.0 / (n as f64).sqrt(), "lag-1 product {product}");
        let mut sorted = draws;
        sorted.sort_by(f64::total_cmp);
        let ks = sorted
            .iter()
            .enumerate()
            .map(|(i, u)| ((i as f64 + 0.5) / n as f64 - u).abs())
            .fold(0.0, f64::max);
        assert!(ks < 1.63 / (n as f64).sqrt(), "Kolmogorov-Smirnov distance {ks}");
    }

    #[test]
    fn purposes_are_independent() {
        let n = 100_000u64;
        let agree = (0..n)
            .filter(|&i| (draw(i, Purpose::Journey, 0) ^ draw(i, Purpose::Attribute, 0)) >> 63 == 0)
            .count();
        assert!((agree as f64 - n as f64 / 2.0).abs() < 4.0 * (n as f64).sqrt() / 2.0, "{agree}");
    }
}
