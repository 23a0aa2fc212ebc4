//! What a number of shoppers can show: sample sizes, and the smallest rise that is seen.
//!
//! Sample sizes are approximations by the normal law, as they are printed in textbooks (Fleiss, Levin and Paik
//! 2003, chapter 4); the smallest rise is exact, because runs are often too small for the approximation.
//! Tests are at 5 % on one side. All of it holds for independent shoppers: where failures come in bursts,
//! numbers of shoppers multiply by the design effect, which only the run itself shows.

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal};

use crate::base::bisect;

/// The chance that is accepted of calling a good shop bad.
pub const LEVEL: f64 = 0.05;

/// The usual chance to see what is there.
pub const POWER: f64 = 0.8;

/// The failure rates from which a rise is of interest.
pub const BASELINES: [f64; 3] = [0.001, 0.005, 0.01];

/// The rise over one failure rate that a number of shoppers shows, with the usual power.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    /// The failure rate.
    pub base: f64,
    /// The smallest rate that is told from it; none if not even 100 % is.
    pub seen_from: Option<f64>,
    /// The smallest rate to which it may rise from one such run to another and be seen; none if not even 100 % is.
    pub change_from: Option<f64>,
    /// How many shoppers see it double.
    pub to_see_double: u64,
    /// How many of these are missing; none are if it is 0.
    pub more: u64,
}

/// With more shoppers than these the smallest rise is no longer told apart from the base rate, nor can the law be computed.
const MOST_SHOPPERS: u64 = 1_000_000_000;

/// How many shoppers show, with this power, that the failure rate is `risen` and not `base` or less.
///
/// n = ((z₀.₉₅ √(p₀q₀) + z_power √(p₁q₁)) / (p₁ − p₀))²
pub fn shoppers_needed(base: f64, risen: f64, power: f64) -> u64 {
    let spread = quantile(1.0 - LEVEL) * (base * (1.0 - base)).sqrt()
        + quantile(power) * (risen * (1.0 - risen)).sqrt();
    (spread / (risen - base)).powi(2).ceil() as u64
}

/// How many shoppers each of two runs needs to show, with this power, that the rate rose from `base` to `risen`.
///
/// n = ((z₀.₉₅ √(2p̄q̄) + z_power √(p₀q₀ + p₁q₁)) / (p₁ − p₀))², p̄ the mean of both rates.
pub fn needed_in_each(base: f64, risen: f64, power: f64) -> u64 {
    let mean = f64::midpoint(base, risen);
    let spread = quantile(1.0 - LEVEL) * (2.0 * mean * (1.0 - mean)).sqrt()
        + quantile(power) * (base * (1.0 - base) + risen * (1.0 - risen)).sqrt();
    (spread / (risen - base)).powi(2).ceil() as u64
}

/// The smallest failure rate that is told from `base` with the usual power, by the exact binomial test of
/// `shoppers`; none if not even 100 % is.
pub fn smallest_rise(base: f64, shoppers: u64) -> Option<f64> {
    let shoppers = shoppers.min(MOST_SHOPPERS);
    // This many failures are a surprise at the base rate: P(N ≥ surprise) ≤ 5 %.
    let surprise = Binomial::new(base, shoppers).ok()?.inverse_cdf(1.0 - LEVEL) + 1;
    if surprise > shoppers {
        return None;
    }
    let seen =
        |risen: f64| Binomial::new(risen, shoppers).is_ok_and(|law| law.sf(surprise - 1) >= POWER);
    Some(bisect(base, 1.0, 40, seen).1)
}

/// The smallest failure rate that is told from `base`, seen in a run of this many shoppers each, with the usual power; by
/// the normal law, as [`needed_in_each`]. None if not even 100 % is.
pub fn smallest_change(base: f64, shoppers: u64) -> Option<f64> {
    if base >= 1.0 || needed_in_each(base, 1.0, POWER) > shoppers {
        return None;
    }
    Some(bisect(base, 1.0, 40, |risen| needed_in_each(base, risen, POWER) <= shoppers).1)
}

/// The failure rate that is ruled out where none of `shoppers` failed: 3/n, the rule of three.
pub fn bound_of_none(shoppers: u64) -> f64 {
    (3.0 / shoppers.max(1) as f64).min(1.0)
}

/// How many shoppers must all come through to show, at this level, that the rate is below `rate`; as well how
/// many values must all lie below a limit to show it of their quantile `1 − rate`. None shows a rate of zero.
///
/// (1 − p)ⁿ ≤ level.
pub fn needed_without_failure(rate: f64, level: f64) -> Option<u64> {
    (rate > 0.0).then(|| (level.ln() / (-rate.min(1.0)).ln_1p()).ceil().max(1.0) as u64)
}

/// How many it takes for "below `limit`" to be shown in each of this many windows with 95 % power, where the true share is
/// half of the limit. None shows a limit of zero.
///
/// Two fifths are added to the textbook's number: the exact limits are a little wider than the normal law's, and clustering
/// is estimated from some thirty stretches of time even where there is none.
pub fn needed_to_hold(limit: f64, windows: u64) -> Option<u64> {
    (limit > 0.0).then(|| {
        (1.4 * shoppers_needed(
            limit.min(1.0),
            limit.min(1.0) / 2.0,
            1.0 - LEVEL / windows.max(1) as f64,
        ) as f64)
            .ceil() as u64
    })
}

// === impl Sight ===

impl Sight {
    /// What `shoppers` see beside `base`, where `effect` of them are worth one independent shopper.
    pub fn of(base: f64, shoppers: u64, effect: f64) -> Sight {
        let worth = (shoppers as f64 / effect) as u64;
        let to_see_double =
            (effect * shoppers_needed(base, (2.0 * base).min(1.0), POWER) as f64).ceil() as u64;
        Sight {
            base,
            seen_from: smallest_rise(base, worth),
            change_from: smallest_change(base, worth),
            to_see_double,
            more: to_see_double.saturating_sub(shoppers),
        }
    }
}

fn quantile(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_needs_what_the_tables_say() {
        for (base, risen, at_80, at_90) in
            [(0.001, 0.002, 8_027, 11_935), (0.005, 0.01, 1_597, 2_373), (0.01, 0.02, 793, 1_178)]
        {
            assert_eq!(
                [shoppers_needed(base, risen, 0.8), shoppers_needed(base, risen, 0.9)],
                [at_80, at_90],
                "{base} to {risen}"
            );
        }
    }

    #[test]
    fn two_runs_need_what_the_tables_say() {
        for (base, risen, each) in [
            (0.001, 0.002, 18_519),
            (0.005, 0.01, 3_681),
            (0.01, 0.015, 6_105),
            (0.02, 0.03, 3_013),
        ] {
            assert_eq!(needed_in_each(base, risen, 0.8), each, "{base} to {risen}");
        }
    }

    #[test]
    fn the_smallest_change_is_that_of_the_tables() {
        for (base, risen, each) in
            [(0.001, 0.002, 18_519), (0.005, 0.01, 3_681), (0.01, 0.015, 6_105)]
        {
            assert!(
                (smallest_change(base, each).unwrap() / risen - 1.0).abs() < 0.001,
                "{base} to {risen}"
            );
        }
        assert_eq!([smallest_change(0.01, 0), smallest_change(1.0, 1_000)], [None; 2]);
    }

    #[test]
    fn what_is_missing_to_see_a_rate_double_is_said() {
        let few = Sight::of(0.005, 1_000, 1.0);
        assert_eq!((few.to_see_double, few.more), (1_597, 597));
        assert_eq!(Sight::of(0.005, 1_597, 1.0).more, 0);
        let bursts = Sight::of(0.005, 1_597, 3.0);
        assert_eq!((bursts.to_see_double, bursts.more), (4_791, 3_194));
        assert!(few.seen_from < few.change_from && few.seen_from.unwrap() > 0.01, "{few:?}");
    }

    #[test]
    fn the_smallest_rise_is_near_the_textbook_s_where_failures_are_many() {
        for (base, risen) in [(0.02, 0.025), (0.01, 0.012), (0.1, 0.11)] {
            let found = smallest_rise(base, shoppers_needed(base, risen, POWER)).unwrap();
            assert!((found / risen - 1.0).abs() < 0.01, "{base} to {risen}: {found}");
        }
    }

    #[test]
    fn the_smallest_rise_is_exact_where_failures_are_few() {
        // Of 270 at 0.1 %, two failures are a surprise: P(N ≥ 2) = 0.030. At 1.105 %, P(N ≥ 2) = 0.8.
        let risen = smallest_rise(0.001, 270).unwrap();
        let none_or_one = (1.0 - risen).powi(270) + 270.0 * risen * (1.0 - risen).powi(269);
        assert!((none_or_one - 0.2).abs() < 1e-6, "{risen}: {none_or_one}");
        assert!(
            (smallest_rise(0.0, 100).unwrap() - (1.0 - 0.2f64.powf(0.01))).abs() < 1e-9,
            "a single failure where none can be"
        );
        assert_eq!(
            [smallest_rise(0.01, 0), smallest_rise(1.0, 1_000), smallest_rise(0.5, 2)],
            [None; 3]
        );
        assert!(smallest_rise(0.001, 100_000_000).unwrap() < 0.001_01);
        assert!(
            smallest_rise(0.001, u64::MAX).unwrap() < 0.001_01,
            "more than can be reckoned with"
        );
    }

    #[test]
    fn a_clean_run_shows_a_bound_and_never_zero() {
        assert_eq!(bound_of_none(1_000), 0.003);
        assert_eq!(bound_of_none(0), 1.0);
        assert_eq!(needed_without_failure(0.001, LEVEL), Some(2_995));
        assert_eq!(needed_without_failure(0.0, LEVEL), None);
        assert_eq!(needed_without_failure(1.0, LEVEL), Some(1));
    }

    #[test]
    fn quantiles_need_their_well_known_samples() {
        let needed =
            [0.95, 0.99, 0.999, 0.9999].map(|q: f64| needed_without_failure(1.0 - q, LEVEL));
        assert_eq!(needed, [59, 299, 2_995, 29_956].map(Some));
    }
}
