//! How long a shop takes from looking whether an order was placed to remembering that it was, by which double clicks it ordered twice.
//!
//! A second click that comes Δ after the first makes a second order if this window W is longer than Δ. With W exponential of mean w that is
//! P = e^(−Δ/w). The mean is estimated by maximum likelihood over all delays, its limits by the likelihood ratio.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::upper_limit;
use crate::base::bisect;

/// Half of the 95 % quantile of χ² with one degree of freedom: how far the log-likelihood may fall within the limits.
const DROP: f64 = 1.920_729;
/// Windows beyond these, in milliseconds, can't be told from none and from one without end.
const SHORTEST: f64 = 1e-3;
const LONGEST: f64 = 1e7;

/// The window between check and write that double clicks imply.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClickWindowDocument {
    /// Its mean in milliseconds; null where no double click made two orders, or nearly all did.
    pub mean_ms: Option<f64>,
    /// Its lower limit in milliseconds (95 %); null where nothing bounds it.
    pub low95_ms: Option<f64>,
    /// Its upper limit in milliseconds (95 %); null where nothing bounds it.
    pub high95_ms: Option<f64>,
}

/// Double clicks with one delay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Clicks {
    /// How long after the first click, in milliseconds.
    pub(super) after_ms: f64,
    /// Intents.
    pub(super) intents: u64,
    /// Of them, those with two orders.
    pub(super) doubled: u64,
}

/// The window that these imply; none without a delay, for clicks at once say nothing of how long it is.
pub(super) fn estimate_window(clicks: &[Clicks]) -> Option<ClickWindowDocument> {
    let clicks: Vec<Clicks> =
        clicks.iter().copied().filter(|arm| arm.after_ms > 0.0 && arm.intents > 0).collect();
    let doubled: u64 = clicks.iter().map(|arm| arm.doubled).sum();
    let intents: u64 = clicks.iter().map(|arm| arm.intents).sum();
    if intents == 0 {
        return None;
    }
    if doubled == 0 {
        let planned: Vec<(f64, f64)> =
            clicks.iter().map(|arm| (arm.after_ms, arm.intents as f64)).collect();
        let high = shortest_window_ms(&planned);
        return Some(ClickWindowDocument { mean_ms: None, low95_ms: None, high95_ms: high });
    }
    if doubled == intents {
        let expected = |w: f64| {
            clicks.iter().map(|arm| arm.intents as f64 * (1.0 - overlap(arm, w))).sum::<f64>()
        };
        let low = first_where(|w| expected(w) <= upper_limit(0));
        return Some(ClickWindowDocument { mean_ms: None, low95_ms: low, high95_ms: None });
    }
    // The score falls from +∞ to −∞, once through zero.
    let mean = first_where(|w| score(&clicks, w) <= 0.0)?;
    let floor = log_likelihood(&clicks, mean) - DROP;
    let low = first_where(|w| w >= mean || log_likelihood(&clicks, w) >= floor);
    let high = first_where(|w| w > mean && log_likelihood(&clicks, w) <= floor);
    Some(ClickWindowDocument { mean_ms: Some(mean), low95_ms: low, high95_ms: high })
}

/// The shortest window, in milliseconds, of which so many double clicks show at least one with 95 %: each a delay in milliseconds, and how
/// many intents. None where none is long enough.
pub fn shortest_window_ms(clicks: &[(f64, f64)]) -> Option<f64> {
    let delayed = || clicks.iter().filter(|(after_ms, _)| *after_ms > 0.0);
    let expected = |w: f64| delayed().map(|(after_ms, n)| n * (-after_ms / w).exp()).sum::<f64>();
    first_where(|w| expected(w) >= upper_limit(0))
}

/// The chance that a second click comes within the window.
fn overlap(arm: &Clicks, mean_ms: f64) -> f64 {
    (-arm.after_ms / mean_ms).exp()
}

/// The smallest window, in milliseconds, from which on something holds.
fn first_where(holds: impl Fn(f64) -> bool) -> Option<f64> {
    let (low, high) = (SHORTEST.ln(), LONGEST.ln());
    holds(LONGEST).then(|| bisect(low, high, 80, |x| holds(x.exp())).1.exp())
}

fn log_likelihood(clicks: &[Clicks], mean_ms: f64) -> f64 {
    clicks
        .iter()
        .map(|arm| {
            let rate = arm.after_ms / mean_ms;
            let single = (arm.intents - arm.doubled) as f64;
            let of_single = if single > 0.0 { single * (-(-rate).exp()).ln_1p() } else { 0.0 };
            of_single - arm.doubled as f64 * rate
        })
        .sum()
}

/// The derivative of the log-likelihood by w, times w²: its sign is all that matters.
fn score(clicks: &[Clicks], mean_ms: f64) -> f64 {
    clicks
        .iter()
        .map(|arm| {
            let single = (arm.intents - arm.doubled) as f64;
            arm.after_ms * (arm.doubled as f64 - single / (arm.after_ms / mean_ms).exp_m1())
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::{Purpose, uniform};

    fn clicks(mean_ms: f64, each: u64, seed: u64) -> Vec<Clicks> {
        let delays = [0.0, 20.0, 50.0, 150.0, 300.0];
        let arm = |(place, after_ms): (usize, f64)| {
            let hit = |n: &u64| {
                uniform(seed, Purpose::Provocation, (place as u64) << 32 | n)
                    < (-after_ms / mean_ms).exp()
            };
            let doubled = (0..each).filter(hit).count() as u64;
            Clicks { after_ms, intents: each, doubled }
        };
        delays.into_iter().enumerate().map(arm).collect()
    }

    #[test]
    fn the_true_window_is_within_the_limits_nineteen_times_in_twenty() {
        for mean_ms in [15.0, 80.0, 400.0] {
            let mut within = 0;
            for seed in 0..400 {
                let found = estimate_window(&clicks(mean_ms, 200, seed)).unwrap();
                let (low, high) = (found.low95_ms.unwrap(), found.high95_ms.unwrap());
                let mean = found.mean_ms.unwrap();
                assert!(low < mean && mean < high, "{found:?}");
                within += u32::from((low..=high).contains(&mean_ms));
            }
            // Of 400 draws, 380 are expected; three standard deviations are 13.
            assert!((367..=393).contains(&within), "{mean_ms} ms: {within} of 400");
        }
    }

    #[test]
    fn where_all_or_none_are_double_there_is_one_limit() {
        let none = Clicks { after_ms: 50.0, intents: 1_000, doubled: 0 };
        let found = estimate_window(&[none]).unwrap();
        // 1000·e^(−50/w) = 3.
        let bound = 50.0 / (1_000.0_f64 / 2.995_732).ln();
        assert!((found.high95_ms.unwrap() - bound).abs() < 0.01, "{found:?} {bound}");
        assert_eq!((found.mean_ms, found.low95_ms), (None, None));
        let all = Clicks { doubled: 1_000, ..none };
        let found = estimate_window(&[all]).unwrap();
        assert!(found.low95_ms.unwrap() > 10_000.0 && found.high95_ms.is_none(), "{found:?}");
        let at_once = Clicks { after_ms: 0.0, intents: 100, doubled: 100 };
        assert_eq!(estimate_window(&[at_once]), None);
    }
}
