//! Think times: a log-normal law fitted to the gaps between pages, whatever the resolution of the stamps.

use statrs::distribution::{ContinuousCDF, Normal};

/// Gaps between the end of a page and the start of the next one, in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Gaps {
    gaps: Vec<i32>,
}

/// A log-normal law of think times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Think {
    /// The median in seconds.
    pub median: f64,
    /// The standard deviation of the logarithm.
    pub sigma: f64,
    /// Gaps that it was fitted to.
    pub sample: usize,
    /// The tenth and the ninetieth percentile of the gaps, in seconds.
    pub range: (f64, f64),
    /// Whether the gaps follow this law: their distance from it is below a fifth of the median.
    pub fits: bool,
}

/// Gaps beyond this many are not kept: the law is known well by then.
const MOST: usize = 200_000;
/// Fewer gaps say nothing.
const FEWEST: usize = 20;
/// The standard normal quantile of 90 %.
pub const Z90: f64 = 1.281_551_565_544_6;

// === impl Gaps ===

impl Gaps {
    /// Takes a gap.
    pub fn add(&mut self, milliseconds: i32) {
        if self.gaps.len() < MOST {
            self.gaps.push(milliseconds);
        }
    }

    /// The law, from stamps of this resolution in microseconds, where no gap can be longer than `longest` seconds.
    pub fn fit(&self, resolution: u32, longest: f64) -> Option<Think> {
        if self.gaps.len() < FEWEST {
            return None;
        }
        let mut sorted = self.gaps.clone();
        sorted.sort_unstable();
        let at = |share: f64| {
            f64::from(sorted[((sorted.len() - 1) as f64 * share).round() as usize].max(0)) / 1_000.0
        };
        let logs = || sorted.iter().map(|ms| (f64::from(*ms) / 1_000.0).max(0.05).ln());
        let n = sorted.len() as f64;
        let mean = logs().sum::<f64>() / n;
        let spread = (logs().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt().clamp(0.05, 4.0);
        let (mu, sigma) = if resolution >= 500_000 {
            let cells = cells(&sorted);
            highest(mean, spread, |mu, sigma| likelihood(&cells, mu, sigma, longest))
        } else {
            (mean, spread)
        };
        let law = (mu.exp(), sigma);
        let distance = distance(&sorted, law);
        Some(Think {
            median: law.0,
            sigma,
            sample: sorted.len(),
            range: (at(0.1), at(0.9)),
            fits: distance <= 0.2 * law.0.max(1.0),
        })
    }
}

// === impl Think ===

impl Think {
    /// The ninetieth percentile in seconds.
    pub fn p90(&self) -> f64 {
        self.median * (Z90 * self.sigma).exp()
    }
}

/// Gaps to the tenth of a second, with how many there are of each.
fn cells(sorted: &[i32]) -> Vec<(f64, f64)> {
    let mut cells: Vec<(f64, f64)> = Vec::new();
    for gap in sorted {
        // No person's pause is a whole second below nothing.
        let second = (f64::from(*gap) / 100.0).round().max(-9.0) / 10.0;
        match cells.last_mut() {
            Some((last, count)) if *last == second => *count += 1.0,
            Some(_) | None => cells.push((second, 1.0)),
        }
    }
    cells
}

/// The log-likelihood of gaps between two stamps that are each cut to the second. The error of a gap is triangular, from one second
/// too few to one too many; so the chance of x is G(x + 1) − 2 G(x) + G(x − 1), where G(t) is the mean of (t − T)⁺.
fn likelihood(cells: &[(f64, f64)], mu: f64, sigma: f64, longest: f64) -> f64 {
    let normal = Normal::standard();
    let mean = (mu + sigma * sigma / 2.0).exp();
    let shortfall = |t: f64| {
        if t <= 0.0 {
            return 0.0;
        }
        let z = (t.ln() - mu) / sigma;
        t * normal.cdf(z) - mean * normal.cdf(z - sigma)
    };
    let cut = normal.cdf((longest.ln() - mu) / sigma).max(1e-12).ln();
    cells
        .iter()
        .map(|(x, count)| {
            let chance = shortfall(x + 1.0) - 2.0 * shortfall(*x) + shortfall(x - 1.0);
            count * (chance.max(1e-12).ln() - cut)
        })
        .sum()
}

/// Where a function of μ and σ is highest, by a pattern search from a first guess.
fn highest(mut mu: f64, mut sigma: f64, value: impl Fn(f64, f64) -> f64) -> (f64, f64) {
    let mut best = value(mu, sigma);
    let mut step = 0.4;
    while step > 5e-4 {
        let around = [(step, 0.0), (-step, 0.0), (0.0, step), (0.0, -step)];
        let better = around.into_iter().find_map(|(m, s)| {
            let (mu, sigma) = (mu + m, (sigma + s).max(0.02));
            let value = value(mu, sigma);
            (value > best).then_some((mu, sigma, value))
        });
        match better {
            Some(found) => (mu, sigma, best) = found,
            None => step /= 2.0,
        }
    }
    (mu, sigma)
}

/// The mean distance between the gaps and the law, in seconds, over their middle ninety per cent: the far tail of a law that is cut at the
/// session's end says nothing of how people think.
fn distance(sorted: &[i32], (median, sigma): (f64, f64)) -> f64 {
    let normal = Normal::standard();
    let places = 180;
    let total: f64 = (0..places)
        .map(|i| {
            let share = 0.05 + 0.9 * (f64::from(i) + 0.5) / f64::from(places);
            let gap = f64::from(sorted[(share * sorted.len() as f64) as usize]) / 1_000.0;
            (gap - median * (sigma * normal.inverse_cdf(share)).exp()).abs()
        })
        .sum();
    total / f64::from(places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::{Purpose, uniform};

    #[test]
    fn median_and_spread_are_found_behind_stamps_of_whole_seconds() {
        let normal = Normal::standard();
        for (seed, median, sigma) in [(1, 12.0, 1.0), (2, 3.0, 0.7), (3, 30.0, 1.2)] {
            let mut gaps = Gaps::default();
            for i in 0..20_000 {
                let z = normal.inverse_cdf(uniform(seed, Purpose::Think, 2 * i));
                let think = median * (sigma * z).exp();
                let begin = uniform(seed, Purpose::Think, 2 * i + 1);
                let seconds = (begin + think).floor() - begin.floor();
                if seconds < 1_800.0 {
                    gaps.add((seconds * 1_000.0) as i32);
                }
            }
            let think = gaps.fit(1_000_000, 1_800.0).unwrap();
            assert!(
                (think.median / median - 1.0).abs() < 0.03,
                "median {} of {median}",
                think.median
            );
            assert!((think.sigma / sigma - 1.0).abs() < 0.05, "sigma {} of {sigma}", think.sigma);
            assert!(think.fits);
        }
    }

    #[test]
    fn two_kinds_of_people_are_no_log_normal_law() {
        let mut gaps = Gaps::default();
        (0..500).for_each(|i| gaps.add(if i % 2 == 0 { 500 + i } else { 60_000 + i }));
        assert!(!gaps.fit(1_000, 1_800.0).unwrap().fits);
    }
}
