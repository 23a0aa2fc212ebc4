//! Two groups compared within strata, so that what the strata differ in is taken out of the comparison (Mantel and
//! Haenszel 1959).
//!
//! Here one group are second attempts after a failed first one, the other first attempts of other shoppers, and a stratum is a
//! unit in a block of time. An outage makes both fail alike, so nothing is left between them; a card that never works makes the
//! second attempts fail where others' first attempts succeed.

use super::{Interval, Z95};

/// One stratum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stratum {
    /// Second attempts.
    pub again: u64,
    /// Those of them that failed.
    pub again_failed: u64,
    /// Those of them whose own first attempt, which failed, is among the first attempts below.
    pub own_within: u64,
    /// First attempts.
    pub first: u64,
    /// Those of them that failed.
    pub first_failed: u64,
    /// How likely a first attempt at this unit fails at any time.
    pub usual: f64,
}

/// What the strata say together, each weighted as Mantel and Haenszel have it: by how many there are to compare with.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MantelHaenszel {
    /// Second attempts that there was something to compare with.
    pub compared: u64,
    /// Those of them that failed.
    pub compared_failed: u64,
    /// Weighted second attempts.
    pub again: f64,
    /// Weighted failures among them.
    pub failed: f64,
    /// How many would have failed at the rate of the others' first attempts in the same stratum.
    pub expected_there: f64,
    /// How many would have failed at the unit's usual rate.
    pub expected_usually: f64,
    /// The variance of `failed − expected_there` if second attempts fail no more often than the others' first ones.
    variance: f64,
    /// The variance of the logarithm of `failed / expected_there` (Greenland and Robins 1985); its numerator.
    log_variance: f64,
}

// === impl MantelHaenszel ===

impl MantelHaenszel {
    /// Of these strata.
    pub fn of_strata(strata: impl Iterator<Item = Stratum>) -> MantelHaenszel {
        let mut sum = MantelHaenszel::default();
        strata.for_each(|stratum| sum.add(&stratum));
        sum
    }

    fn add(&mut self, stratum: &Stratum) {
        let (m, a) = (stratum.again as f64, stratum.again_failed as f64);
        let (n, c, own) =
            (stratum.first as f64, stratum.first_failed as f64, stratum.own_within as f64);
        // Whoever has nobody else to be compared with says nothing.
        if m == 0.0 || n < 1.0 || (own > 0.0 && n < 2.0) {
            return;
        }
        // Compared with all first attempts; with all but one's own where that is among them, so that
        // a shopper's own first failure doesn't speak for a bad moment.
        let there =
            (m - own) * c / n + if own > 0.0 { own * (c - 1.0).max(0.0) / (n - 1.0) } else { 0.0 };
        let (all, failed) = (m + n, a + c);
        let weight = n / all;
        self.compared += stratum.again;
        self.compared_failed += stratum.again_failed;
        self.again += weight * m;
        self.failed += weight * a;
        self.expected_there += weight * there;
        self.expected_usually += weight * m * stratum.usual;
        self.variance += m * n * failed * (all - failed) / (all * all * (all - 1.0));
        self.log_variance += (m * n * failed - a * c * all) / (all * all);
    }

    /// Failures of second attempts beyond what the others met at the same time, in standard errors of chance, half a failure
    /// taken off for counts being whole.
    pub fn z_score(&self) -> f64 {
        if self.variance <= 0.0 {
            0.0
        } else {
            (self.failed - self.expected_there - 0.5) / self.variance.sqrt()
        }
    }

    /// How many times as often second attempts fail as the others' first attempts at the same time, with its interval. None
    /// where none of the others failed.
    pub fn risk_ratio(&self) -> Option<(f64, Interval)> {
        (self.failed > 0.0 && self.expected_there > 0.0).then(|| {
            let ratio = self.failed / self.expected_there;
            let spread =
                Z95 * (self.log_variance / (self.failed * self.expected_there)).max(0.0).sqrt();
            (ratio, Interval { low: ratio * (-spread).exp(), high: ratio * spread.exp() })
        })
    }

    /// Of the second attempts that would otherwise have succeeded at that time: the share that failed.
    pub fn own_stickiness(&self) -> Option<f64> {
        let free = self.again - self.expected_there;
        (free > 0.0).then(|| ((self.failed - self.expected_there) / free).clamp(-1.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stratum(again: u64, again_failed: u64, first: u64, first_failed: u64) -> Stratum {
        Stratum { again, again_failed, own_within: 0, first, first_failed, usual: 0.01 }
    }

    #[test]
    fn one_stratum_is_a_plain_table() {
        // 10 of 20 against 5 of 100: risk ratio 10, its log's standard error √(1/10 − 1/20 + 1/5 − 1/100).
        let found = MantelHaenszel::of_strata([stratum(20, 10, 100, 5)].into_iter());
        let (ratio, interval) = found.risk_ratio().unwrap();
        let error = (0.1f64 - 0.05 + 0.2 - 0.01).sqrt();
        assert!(
            (ratio - 10.0).abs() < 1e-9
                && ((interval.high / ratio).ln() / Z95 - error).abs() < 1e-9
        );
        assert!((found.own_stickiness().unwrap() - (0.5 - 0.05) / 0.95).abs() < 1e-9);
        assert!(found.z_score() > 5.0);
    }

    #[test]
    fn an_outage_leaves_nothing_between_the_groups() {
        // All fail in one stratum, none in the other: pooled, second attempts look fifty times as bad.
        let found = MantelHaenszel::of_strata(
            [stratum(50, 50, 50, 50), stratum(1, 0, 5_000, 0)].into_iter(),
        );
        assert_eq!(found.z_score(), 0.0);
        assert!((found.failed - found.expected_there).abs() < 1e-9 && found.expected_usually < 1.0);
    }

    #[test]
    fn a_first_failure_of_one_s_own_is_no_sign_of_a_bad_moment() {
        let own = Stratum { own_within: 1, ..stratum(1, 1, 4, 1) };
        assert_eq!(MantelHaenszel::of_strata([own].into_iter()).expected_there, 0.0);
        let alone = Stratum { own_within: 1, ..stratum(1, 1, 1, 1) };
        assert_eq!(MantelHaenszel::of_strata([alone].into_iter()), MantelHaenszel::default());
    }

    #[test]
    fn without_anything_nothing_is_said() {
        let found =
            MantelHaenszel::of_strata([stratum(0, 0, 10, 1), stratum(3, 3, 0, 0)].into_iter());
        assert_eq!(
            (found, found.risk_ratio(), found.own_stickiness()),
            (MantelHaenszel::default(), None, None)
        );
    }
}
