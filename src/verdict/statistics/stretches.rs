//! Stretches of time, and what resampling them tells: the one mechanism behind every interval that must hold for
//! failures in bursts.
//!
//! Shoppers who come at the same time share the shop's good and bad moments, so they are not independent; stretches of time
//! that are longer than a bad moment nearly are. Blocks are joined to about [`MIN_BLOCKS`] stretches with as much in each,
//! so that a burst that lasts longer than a block is still one burst, and the stretches are resampled (Carlstein 1986). Neighbours
//! that still go together, as they do where a retry falls into the next stretch, widen the error by their covariance (Newey and
//! West 1987). Draws are addressed, not taken in turn: the same tally gives the same interval.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{MIN_BLOCKS, Z95};
use crate::base::random::{Purpose, below, draw};

/// How often stretches are resampled.
pub const RESAMPLES: u64 = 2_000;
/// Chooses the draws; any number does.
const KEY: u64 = 0x0057_4e7c_4e5d;

/// Sums of figures over stretches of time.
#[derive(Clone, Debug)]
pub struct Stretches {
    sums: Vec<Vec<f64>>,
}

// === impl Stretches ===

impl Stretches {
    /// From sums by block, in order of time; the first figure of each is how much was counted. None if fewer than
    /// [`MIN_BLOCKS`] blocks have counted anything.
    pub fn of(blocks: impl Iterator<Item = Vec<f64>>) -> Option<Stretches> {
        let filled: Vec<Vec<f64>> = blocks.filter(|sums| sums[0] > 0.0).collect();
        if filled.len() < MIN_BLOCKS {
            return None;
        }
        let total: f64 = filled.iter().map(|sums| sums[0]).sum();
        // As few as there may be: full blocks may overshoot, which leaves fewer.
        let sums = (MIN_BLOCKS..filled.len())
            .map(|parts| joined(&filled, total / parts as f64))
            .find(|stretches| stretches.len() >= MIN_BLOCKS)
            .unwrap_or(filled);
        Some(Stretches { sums })
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.sums.len()
    }

    /// The sums over each.
    pub fn each(&self) -> impl Iterator<Item = &[f64]> {
        self.sums.iter().map(Vec::as_slice)
    }

    /// The sums over all of them.
    pub fn total(&self) -> Vec<f64> {
        let mut total = vec![0.0; self.sums[0].len()];
        self.sums.iter().for_each(|sums| add(&mut total, sums));
        total
    }

    /// The standard error of a figure of the sums, by the bootstrap, widened as Student's t has it for an error that is
    /// itself an estimate from so few stretches: to be used with normal points. None where hardly any sample has the figure.
    pub fn error(&self, figure: impl Fn(&[f64]) -> Option<f64>) -> Option<f64> {
        let count = self.sums.len() as u64;
        let mut total = vec![0.0; self.sums[0].len()];
        let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
        let centre = figure(&self.total())?;
        for sample in 0..RESAMPLES {
            total.fill(0.0);
            for i in 0..count {
                add(
                    &mut total,
                    &self.sums
                        [below(draw(KEY, Purpose::Bootstrap, sample * count + i), count) as usize],
                );
            }
            if let Some(found) = figure(&total).map(|found| found - centre) {
                (n, sum, squares) = (n + 1.0, sum + found, squares + found * found);
            }
        }
        let variance =
            (squares / n - (sum / n).powi(2)).max(0.0) * (1.0 + self.neighbours(&figure, centre));
        let count = count as f64;
        (n > RESAMPLES as f64 / 2.0)
            .then(|| (variance * count / (count - 1.0)).sqrt() * student(count - 1.0))
    }

    /// How much neighbours widen the variance of a figure.
    fn neighbours(&self, figure: &impl Fn(&[f64]) -> Option<f64>, centre: f64) -> f64 {
        let total = self.total();
        let without = |sums: &[f64]| -> Vec<f64> {
            total.iter().zip(sums).map(|(total, sum)| total - sum).collect()
        };
        covariance(
            &self
                .each()
                .map(|sums| centre - figure(&without(sums)).unwrap_or(centre))
                .collect::<Vec<_>>(),
        )
    }
}

/// The covariance of neighbouring figures over their variance: the share that it adds to the variance of their sum, since one lag
/// is weighed with a half and counts twice (Newey and West 1987). At least zero: going apart is no merit.
pub(super) fn covariance(figures: &[f64]) -> f64 {
    let mean = figures.iter().sum::<f64>() / figures.len() as f64;
    let squares: f64 = figures.iter().map(|figure| (figure - mean).powi(2)).sum();
    let products: f64 = figures.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    if squares > 0.0 { (products / squares).max(0.0) } else { 0.0 }
}

/// By how much Student's two-sided 95 % point exceeds the normal one.
pub fn student(freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(1.0, |law| law.inverse_cdf(0.975) / Z95)
}

fn joined(blocks: &[Vec<f64>], target: f64) -> Vec<Vec<f64>> {
    let mut stretches: Vec<Vec<f64>> = Vec::new();
    let mut open = vec![0.0; blocks[0].len()];
    for block in blocks {
        add(&mut open, block);
        if open[0] >= target {
            stretches.push(std::mem::replace(&mut open, vec![0.0; block.len()]));
        }
    }
    if let Some(last) = stretches.last_mut() {
        add(last, &open);
    }
    stretches
}

fn add(sum: &mut [f64], other: &[f64]) {
    sum.iter_mut().zip(other).for_each(|(sum, other)| *sum += other);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::uniform;

    fn rate(sums: &[f64]) -> Option<f64> {
        (sums[0] > 0.0).then(|| sums[1] / sums[0])
    }

    #[test]
    fn the_error_of_independent_events_is_the_binomial_one() {
        let blocks = (0..120).map(|block| {
            let events =
                (0..200).filter(|i| uniform(3, Purpose::Think, block * 200 + i) < 0.1).count();
            vec![200.0, events as f64]
        });
        let stretches = Stretches::of(blocks).unwrap();
        assert_eq!((stretches.count(), stretches.total()[0]), (30, 24_000.0));
        let binomial = (0.1f64 * 0.9 / 24_000.0).sqrt();
        let found = stretches.error(rate).unwrap() / binomial;
        assert!((0.7..1.5).contains(&found), "{found}");
    }

    #[test]
    fn a_burst_over_many_blocks_is_one_burst() {
        let blocks = |struck: fn(u32) -> bool| {
            (0..360).map(move |block| vec![50.0, if struck(block) { 25.0 } else { 0.0 }])
        };
        let burst = Stretches::of(blocks(|block| (100..112).contains(&block)))
            .unwrap()
            .error(rate)
            .unwrap();
        let spread = Stretches::of(blocks(|block| block % 12 == 0)).unwrap().error(rate).unwrap();
        assert!(burst > 10.0 * spread.max(1e-6), "{burst} and {spread}");
    }

    #[test]
    fn few_blocks_and_figures_without_a_value_have_no_error() {
        assert!(Stretches::of((0..29).map(|_| vec![10.0, 1.0])).is_none());
        let stretches = Stretches::of((0..40).map(|_| vec![10.0, 0.0])).unwrap();
        assert_eq!(stretches.error(|sums| (sums[1] > 0.0).then_some(1.0)), None);
        assert_eq!(stretches.error(rate), Some(0.0));
    }

    #[test]
    fn uneven_blocks_are_joined_to_even_stretches() {
        let stretches =
            Stretches::of((0..200u32).map(|block| vec![f64::from(1 + block % 7), 0.0])).unwrap();
        assert!((30..=36).contains(&stretches.count()), "{}", stretches.count());
        assert_eq!(
            stretches.total()[0],
            (0..200u32).map(|block| f64::from(1 + block % 7)).sum::<f64>()
        );
    }
}
