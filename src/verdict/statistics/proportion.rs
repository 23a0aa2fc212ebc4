//! Proportions: what a count of events among a number of trials says of the chance behind it.

use statrs::distribution::{Beta, ContinuousCDF};

use super::Z95;
use crate::base::bisect;

/// Where a figure lies with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Events among trials, with what is needed to say how sure the rate is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// How often it happened.
    pub events: u64,
    /// How often it could have happened.
    pub trials: u64,
    /// By how much the events' clustering in time inflates the variance; at least 1.
    pub design_effect: f64,
    /// Whether clustering could be judged: false where there were too few blocks, so that the interval takes
    /// shoppers or attempts for independent and may be too narrow.
    pub by_blocks: bool,
}

/// Wilson's score interval (Wilson 1927) for a share `p` of an effective sample of `n`, at the standard normal point
/// `z`: (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n).
pub fn wilson(p: f64, n: f64, z: f64) -> Interval {
    if n <= 0.0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let (z2, scale) = (z * z, 1.0 + z * z / n);
    let centre = (p + z2 / (2.0 * n)) / scale;
    let half = z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt() / scale;
    // At the ends the interval closes exactly; rounding must not leave a crumb.
    Interval {
        low: if p <= 0.0 { 0.0 } else { (centre - half).max(0.0) },
        high: if p >= 1.0 { 1.0 } else { (centre + half).min(1.0) },
    }
}

/// The exact two-sided interval of Clopper and Pearson (1934) at confidence `1 − alpha`; events and sample may be
/// effective (fractional), as Korn and Graubard (1998) have it for clustered samples.
pub fn clopper_pearson(events: f64, n: f64, alpha: f64) -> Interval {
    Interval {
        low: 1.0 - clopper_pearson_upper(n - events, n, alpha / 2.0),
        high: clopper_pearson_upper(events, n, alpha / 2.0),
    }
}

/// The exact one-sided upper limit at confidence `1 − alpha`: the largest chance under which so few events, or fewer,
/// still happen with probability `alpha`.
pub fn clopper_pearson_upper(events: f64, n: f64, alpha: f64) -> f64 {
    if n <= 0.0 || events >= n {
        return 1.0;
    }
    let Ok(beta) = Beta::new(events.max(0.0) + 1.0, n - events.max(0.0)) else { return 1.0 };
    // The distribution's own inverse is Newton's method, which may leave its course in the far tails.
    // Halving can't, and 60 halvings are exact to the last bit that matters.
    bisect(0.0, 1.0, 60, |p| beta.cdf(p) >= 1.0 - alpha).1
}

/// No event in `n`: with 95 % confidence the chance is at most 3/n (Hanley and Lippman-Hand 1983).
pub fn rule_of_three(n: u64) -> f64 {
    if n == 0 { 1.0 } else { (3.0 / n as f64).min(1.0) }
}

/// The interval of a mean of figures in 0..=1 whose standard error is known: Wilson's, at the sample of yes-and-no
/// answers that would have the same error (Korn and Graubard's effective sample). It never leaves 0..=1, and it is
/// lopsided where the mean is near an end, as a symmetrical one can't be.
pub fn mean_interval(mean: f64, standard_error: f64, n: u64) -> Interval {
    if mean <= 0.0 {
        return Interval { low: 0.0, high: rule_of_three(n) };
    }
    let n = if standard_error > 0.0 {
        mean * (1.0 - mean) / (standard_error * standard_error)
    } else {
        n as f64
    };
    wilson(mean, n, Z95)
}

// === impl Rate ===

impl Rate {
    /// A rate of events that cluster in time by this design effect; none where clustering could not be judged.
    pub fn from_clusters(events: u64, trials: u64, design_effect: Option<f64>) -> Rate {
        Rate {
            events,
            trials,
            design_effect: design_effect.unwrap_or(1.0),
            by_blocks: design_effect.is_some(),
        }
    }

    /// A rate of independent events.
    pub const fn new(events: u64, trials: u64) -> Rate {
        Rate { events, trials, design_effect: 1.0, by_blocks: false }
    }

    /// The rate, if there was any chance at all.
    pub fn value(&self) -> Option<f64> {
        (self.trials > 0).then(|| self.events as f64 / self.trials as f64)
    }

    /// The sample of independent chances that would be as informative.
    pub fn effective_sample(&self) -> f64 {
        self.trials as f64 / self.design_effect
    }

    /// Where the chance lies with 95 % confidence: Wilson's interval at the effective sample. With no event it
    /// runs from zero to 3/n: nothing can be missed below zero, so that all doubt is spent above.
    pub fn ci95(&self) -> Option<Interval> {
        let p = self.value()?;
        Some(match self.events {
            0 => Interval { low: 0.0, high: rule_of_three(self.trials) },
            _ => wilson(p, self.effective_sample(), Z95),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::{Purpose, uniform};

    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance, "{a} is not {b}");
    }

    #[test]
    fn wilson_gives_the_published_examples() {
        // Newcombe 1998, table I: 81/263, 15/148, 0/20, 1/29.
        for (events, n, low, high) in [
            (81.0, 263.0, 0.2553, 0.3662),
            (15.0, 148.0, 0.0624, 0.1605),
            (0.0, 20.0, 0.0, 0.1611),
            (1.0, 29.0, 0.0061, 0.1718),
        ] {
            let interval = wilson(events / n, n, Z95);
            close(interval.low, low, 5e-5);
            close(interval.high, high, 5e-5);
        }
        let rate = Rate::new(12, 2_000).ci95().unwrap();
        close(rate.low, 0.0034, 5e-5);
        close(rate.high, 0.0105, 5e-5);
    }

    #[test]
    fn clopper_and_pearson_give_the_published_examples() {
        // Newcombe 1998, table I.
        for (events, n, low, high) in [
            (81.0, 263.0, 0.2527, 0.3676),
            (15.0, 148.0, 0.0578, 0.1617),
            (0.0, 20.0, 0.0, 0.1684),
            (1.0, 29.0, 0.0009, 0.1776),
        ] {
            let interval = clopper_pearson(events, n, 0.05);
            close(interval.low, low, 5e-5);
            close(interval.high, high, 5e-5);
        }
    }

    #[test]
    fn clopper_and_pearson_close_exactly_at_the_ends() {
        for n in [1.0, 10.0, 1_000.0, 1e7] {
            close(clopper_pearson_upper(0.0, n, 0.025), 1.0 - 0.025f64.powf(1.0 / n), 1e-12);
            assert_eq!(clopper_pearson(n, n, 0.05).high, 1.0);
            assert_eq!(clopper_pearson(0.0, n, 0.05).low, 0.0);
        }
    }

    #[test]
    fn clopper_and_pearson_stay_exact_in_huge_samples() {
        // Where both are many, the exact interval and the score interval agree to a half event or so.
        for (events, n) in [(1e4, 1e6), (5e5, 1e6), (1e5, 1e7), (9.99e6, 1e7)] {
            let (exact, score) = (clopper_pearson(events, n, 0.05), wilson(events / n, n, Z95));
            close(exact.low * n, score.low * n, 3.0);
            close(exact.high * n, score.high * n, 3.0);
        }
    }

    #[test]
    fn no_event_is_at_most_three_over_n() {
        assert_eq!(Rate::new(0, 1_000).ci95(), Some(Interval { low: 0.0, high: 0.003 }));
        assert_eq!(Rate::new(0, 2).ci95(), Some(Interval { low: 0.0, high: 1.0 }));
        assert_eq!(Rate::new(0, 0).ci95(), None);
        close(clopper_pearson_upper(0.0, 1_000.0, 0.05), 0.00299, 5e-6);
        close(clopper_pearson_upper(0.0, 1_000.0, 0.025), 0.00368, 5e-6);
    }

    #[test]
    fn a_clustered_rate_has_a_wider_interval() {
        let clustered = Rate { design_effect: 4.0, by_blocks: true, ..Rate::new(20, 2_000) };
        let independent = Rate::new(5, 500);
        assert_eq!(clustered.ci95(), independent.ci95());
    }

    #[test]
    fn clopper_and_pearson_hold_the_truth_at_least_nineteen_times_in_twenty() {
        // Not by simulation: the chance of every count whose interval holds the truth, summed.
        use statrs::distribution::{Binomial, Discrete};
        let mut least = 1.0f64;
        for n in [20u64, 200, 2_000] {
            let intervals: Vec<Interval> =
                (0..=n / 2).map(|events| clopper_pearson(events as f64, n as f64, 0.05)).collect();
            for p in [0.003, 0.01, 0.02, 0.05, 0.1, 0.2] {
                let law = Binomial::new(p, n).unwrap();
                let held = (0..)
                    .zip(&intervals)
                    .filter(|(_, ci)| ci.low <= p && p <= ci.high)
                    .map(|(events, _)| law.pmf(events))
                    .sum::<f64>();
                least = least.min(held);
            }
        }
        assert!((0.95..0.97).contains(&least), "{least}");
    }

    #[test]
    fn nineteen_in_twenty_intervals_hold_the_truth() {
        let (n, trials) = (400u64, 1_000u64);
        for (key, p) in [(1, 0.01), (2, 0.05), (3, 0.3)] {
            let held = (0..trials)
                .filter(|simulated| {
                    let events = (0..n)
                        .filter(|i| uniform(key, Purpose::Bootstrap, simulated * n + i) < p)
                        .count() as u64;
                    let interval = wilson(events as f64 / n as f64, n as f64, Z95);
                    interval.low <= p && p <= interval.high
                })
                .count();
            assert!((920..=985).contains(&held), "p {p}: {held} of {trials}");
        }
    }
}
