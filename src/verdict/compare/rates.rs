//! By how much a rate differs between two runs: Newcombe's interval, at the sample that is left of shoppers who fail in bursts.
//!
//! The limits of the difference come from the limits of each rate (Newcombe 1998, method 10: the hybrid score interval).
//! Clustering is judged on the difference itself, stretch of time by stretch of time: the runs follow one schedule, so that
//! what the load does to both (failures at the peak) is no noise, and neither is what hits both sides of a duet at once.

use super::stretches::{MOST_STRETCHES, joined};
use crate::verdict::objectives::share::{Cell, Cells};
use crate::verdict::statistics::{Interval, wilson};

/// A difference of two rates, or of two means of figures in 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RateShift {
    base: Side,
    candidate: Side,
    /// The degrees of freedom of what is known of clustering; infinite where nothing is.
    pub(super) freedom: f64,
    /// Whether clustering could be judged.
    pub(super) by_blocks: bool,
}

/// One run's rate.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Side {
    value: f64,
    /// What was counted.
    of: f64,
    /// Independent yes-and-no answers that would say as much.
    effective: f64,
}

// === impl RateShift ===

impl RateShift {
    /// From what was counted by block; none where either run counted nothing.
    pub(super) fn of(base: &Cells, candidate: &Cells) -> Option<RateShift> {
        let (b, c) = (total(base), total(candidate));
        if b.of <= 0.0 || c.of <= 0.0 {
            return None;
        }
        let independent = b.variance() / b.of + c.variance() / c.of;
        let stretches = joined(base, candidate);
        let clustering = stretches.as_ref().map_or(1.0, |stretches| match independent > 0.0 {
            true => (variance(stretches, b, c) / independent).max(1.0),
            false => 1.0,
        });
        // Where nothing happened on either side nothing is known of clustering, and nothing is estimated.
        let freedom = stretches.as_ref().filter(|_| independent > 0.0).map_or(f64::INFINITY, |stretches| stretches.len() as f64 - 1.0);
        Some(RateShift { base: Side::of(b, clustering), candidate: Side::of(c, clustering), freedom, by_blocks: stretches.is_some() })
    }

    /// The candidate's rate less the base's.
    pub(super) fn estimate(&self) -> f64 {
        self.candidate.value - self.base.value
    }

    /// Both rates, the base's first.
    pub(super) fn values(&self) -> (f64, f64) {
        (self.base.value, self.candidate.value)
    }

    /// What was counted in both runs, the base's first.
    pub(super) fn samples(&self) -> (u64, u64) {
        (self.base.of as u64, self.candidate.of as u64)
    }

    /// Newcombe's limits at this critical value on either side.
    pub(super) fn limits(&self, critical: f64) -> Interval {
        let at = |side: &Side| wilson(side.value, side.effective, critical);
        let (base, candidate) = (at(&self.base), at(&self.candidate));
        let apart = |a: f64, b: f64| a.hypot(b);
        Interval {
            low: self.estimate() - apart(self.candidate.value - candidate.low, base.high - self.base.value),
            high: self.estimate() + apart(candidate.high - self.candidate.value, self.base.value - base.low),
        }
    }

    /// The standard error of the estimate. Never zero: no failure among n leaves a doubt of about 1/n.
    pub(super) fn error(&self) -> f64 {
        let at = |side: &Side| {
            let p = ((side.value * side.effective + 0.5) / (side.effective + 1.0)).clamp(0.0, 1.0);
            p * (1.0 - p) / side.effective.max(1.0)
        };
        (at(&self.base) + at(&self.candidate)).sqrt()
    }

    /// As if so many times as much had been seen, to the same effect.
    pub(super) fn with_more(&self, times: f64) -> RateShift {
        let more = |side: Side| Side { effective: side.effective * times, ..side };
        RateShift { base: more(self.base), candidate: more(self.candidate), ..*self }
    }

    /// The smallest rise of the base's rate whose lower limit lies above `floor` in four of five runs like these.
    pub(super) fn detectable(&self, critical: f64, floor: f64) -> Option<f64> {
        /// The normal law's 80 % point.
        const POWER: f64 = 0.841_621;
        let (n, m) = (self.base.effective, self.candidate.effective);
        let p = (self.base.value * n + 0.5) / (n + 1.0);
        let seen = |risen: f64| {
            let mean = f64::midpoint(p, risen);
            let under_none = critical * (mean * (1.0 - mean) * (1.0 / n + 1.0 / m)).sqrt();
            let under_rise = POWER * (p * (1.0 - p) / n + risen * (1.0 - risen) / m).sqrt();
            risen - p - floor >= under_none + under_rise
        };
        let (mut low, mut high) = (p, 1.0);
        if !seen(high) {
            return None;
        }
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            if seen(middle) { high = middle } else { low = middle }
        }
        Some(high - p)
    }
}

// === impl Side ===

impl Side {
    fn of(total: Cell, clustering: f64) -> Side {
        let (value, variance) = (total.mean(), total.variance());
        // Chances vary less than yes-and-no answers of the same mean, and say more.
        let sharper = if variance > 0.0 { value * (1.0 - value) / variance } else { 1.0 };
        Side { value, of: total.of, effective: total.of * sharper / clustering }
    }
}

fn total(cells: &Cells) -> Cell {
    cells.values().fold(Cell::default(), |sum, cell| sum + *cell)
}

/// The variance of the difference of two ratios over the same stretches of time (Cochran 1977, 6.3, of each). A burst across
/// the edge of two stretches shows in their covariance (Newey and West 1987); a negative one is no merit.
fn variance(stretches: &[[Cell; 2]], base: Cell, candidate: Cell) -> f64 {
    let excess = |cell: &Cell, total: Cell| (cell.sum - total.mean() * cell.of) / total.of;
    let excesses: Vec<f64> = stretches.iter().map(|[b, c]| excess(c, candidate) - excess(b, base)).collect();
    let squares: f64 = excesses.iter().map(|e| e * e).sum();
    let neighbours: f64 = excesses.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let count = excesses.len() as f64;
    // With few stretches the covariance of neighbours is mostly noise.
    let neighbours = if stretches.len() * 2 > MOST_STRETCHES { neighbours.max(0.0) } else { 0.0 };
    count / (count - 1.0) * (squares + 2.0 * neighbours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::statistics::Z95;

    fn counts(of: impl IntoIterator<Item = (u64, u64)>) -> Cells {
        (0..).zip(of.into_iter().map(|(events, of)| Cell::counts(events, of))).collect()
    }

    #[test]
    fn newcombe_gives_the_published_examples() {
        // Newcombe 1998 (Statistics in Medicine 17, 873–890), table II, method 10: 56/70 − 48/80, 9/10 − 3/10, 5/56 − 0/29, 0/10 − 0/10.
        for (candidate, base, low, high) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((5, 56), (0, 29), -0.0381, 0.1926),
            ((0, 10), (0, 10), -0.2775, 0.2775),
        ] {
            let found = RateShift::of(&counts([base]), &counts([candidate])).unwrap().limits(Z95);
            assert!((found.low - low).abs() < 5e-5 && (found.high - high).abs() < 5e-5, "{found:?}");
        }
    }

    #[test]
    fn a_burst_in_one_run_is_worth_less_than_its_count() {
        let base = counts([(1, 100); 60]);
        let mut burst = vec![(1, 100); 60];
        burst[20..22].fill((31, 100));
        let steady = RateShift::of(&base, &counts([(2, 100); 60])).unwrap();
        let burst = RateShift::of(&base, &counts(burst)).unwrap();
        assert!((steady.estimate() - burst.estimate()).abs() < 1e-12);
        assert!(steady.limits(2.0).low > 0.0 && burst.limits(2.0).low < 0.0, "{burst:?}");
    }

    #[test]
    fn what_the_load_does_to_both_runs_is_no_noise() {
        let peak = |at: u32| counts((0..60).map(|block| if (at..at + 6).contains(&block) { (50, 100) } else { (0, 100) }));
        let (together, apart) = (RateShift::of(&peak(20), &peak(20)).unwrap(), RateShift::of(&peak(20), &peak(40)).unwrap());
        assert!(together.base.effective > 5_999.0 && apart.base.effective < 500.0, "{together:?} {apart:?}");
    }

    #[test]
    fn more_of_the_same_decides_and_what_is_detectable_is_detected() {
        let shift = RateShift::of(&counts([(30, 6_000)]), &counts([(40, 6_000)])).unwrap();
        assert!(shift.limits(1.75).low < 0.0 && shift.with_more(20.0).limits(1.75).low > 0.0);
        let rise = shift.detectable(1.75, 0.0).unwrap();
        assert!((0.003..0.005).contains(&rise), "{rise}");
        let risen = RateShift::of(&counts([(30, 6_000)]), &counts([((6_000.0 * (0.005 + rise)) as u64, 6_000)])).unwrap();
        assert!(risen.limits(1.75).low > 0.0);
    }
}
